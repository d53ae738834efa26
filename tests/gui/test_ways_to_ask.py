"""Every way to ask, in the whole window: a file, a drop, the clipboard, a region, several pictures, the history."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QToolButton

from gui.dialogs import HistoryDialog
from gui.session_state import Part, Query
from tests.gui.person import Person


@pytest.fixture
def opened(person: Person, photo_folder: Path) -> Person:
    """Somebody who has opened a folder."""
    return person.opens(photo_folder)


@pytest.fixture
def clipboard() -> Iterator[object]:
    """The clipboard, empty again afterwards."""
    yield QGuiApplication.clipboard()
    QGuiApplication.clipboard().clear()


def drops(person: Person, data: QMimeData) -> bool:
    """Drops something on the window; whether the window would have it."""
    at, button, none = QPointF(600, 400), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(at.toPoint(), Qt.DropAction.CopyAction, data, button, none)
    entered.ignore()
    person.window.dragEnterEvent(entered)
    if entered.isAccepted():
        person.window.dropEvent(QDropEvent(at, Qt.DropAction.CopyAction, data, button, none))
    return entered.isAccepted()


def outside(tmp_path: Path, photo_folder: Path) -> Path:
    """A picture that does not lie in the library."""
    file = tmp_path / "outside.jpg"
    shutil.copy(photo_folder / "red/3.jpg", file)
    return file


def test_a_file_chosen_in_the_dialog(
    opened: Person, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = outside(tmp_path, photo_folder)
    offered: list[str] = []
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", lambda *given: (offered.append(given[3]), ([str(file)], ""))[1]
    )
    opened.chooses("open_image")
    opened.waits_for_results()
    assert opened.controller.query == Query((Part(file=file),))
    assert opened.sees[0] == "red/3.jpg"
    assert len(opened.sees) == 24
    assert "*.jpg" in offered[0]


def test_a_folder_chosen_in_the_dialog(person: Person, photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(photo_folder))
    person.window.centre.open_folder.click()
    person.waits_for_indexing()
    assert len(person.sees) == 24


def test_two_files_dropped_together_are_one_query(opened: Person, photo_folder: Path, tmp_path: Path) -> None:
    data = QMimeData()
    files = [outside(tmp_path, photo_folder), photo_folder / "blue/1.jpg"]
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    assert drops(opened, data)
    opened.waits_until(lambda: opened.controller.query is not None)
    opened.waits_for_results()
    assert opened.controller.query == Query((Part(file=files[0]), Part(path="blue/1.jpg")))


def test_a_picture_dragged_out_of_a_browser(opened: Person, photo_folder: Path) -> None:
    """It has an address in the network, which is not fetched, and the pixels, which are used."""
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/cat.jpg")])
    data.setImageData(QImage(str(photo_folder / "yellow/4.jpg")))
    assert drops(opened, data)
    opened.waits_until(lambda: opened.controller.query is not None)
    opened.waits_for_results()
    assert opened.sees[0] == "yellow/4.jpg"
    assert "pasted" in opened.headline.lower()


def test_text_is_not_taken(opened: Person) -> None:
    data = QMimeData()
    data.setText("hello")
    assert not drops(opened, data)


def test_a_path_in_the_clipboard(opened: Person, photo_folder: Path, clipboard: QGuiApplication) -> None:
    clipboard.setText(str(photo_folder / "green/2.jpg"))  # type: ignore[attr-defined]
    opened.chooses("paste")
    opened.waits_for_results()
    assert opened.controller.query == Query.by_path("green/2.jpg")


def test_a_picture_before_a_folder_is_open_says_what_to_do(
    person: Person, photo_folder: Path, clipboard: QGuiApplication
) -> None:
    clipboard.setImage(QImage(str(photo_folder / "green/2.jpg")))  # type: ignore[attr-defined]
    person.chooses("paste")
    assert "Open a folder first" in person.window.status.currentMessage()


def test_a_rectangle_on_the_query_searches_with_that_part_and_back_with_the_whole(opened: Person) -> None:
    opened.searches(0)
    whole = opened.distances
    panel = opened.window.side.query
    opened.waits_until(lambda: not panel.picture._image.isNull())
    box = panel.picture.picture_rect()

    def point(x: float, y: float) -> QPoint:
        return QPoint(round(box.left() + x * box.width()), round(box.top() + y * box.height()))

    opened.drags(lambda: (panel.picture, point(0.2, 0.2), point(0.7, 0.8)))
    opened.waits_for_results()
    assert opened.controller.query is not None
    region = opened.controller.query.parts[0].region
    assert region == pytest.approx((0.2, 0.2, 0.7, 0.8), abs=0.02)
    assert opened.distances != whole
    assert "part of" in opened.headline
    panel.whole_picture.click()
    opened.waits_for_results()
    assert opened.distances == whole


def test_each_of_several_pictures_can_be_turned_to_minus_and_taken_out(opened: Person) -> None:
    opened.clicks(0, Qt.KeyboardModifier.ControlModifier)
    opened.clicks(7, Qt.KeyboardModifier.ControlModifier)
    opened.chooses("find_similar")
    opened.waits_for_results()
    both = opened.sees

    def buttons(row: int) -> list[QToolButton]:
        """Of a picture in the panel: show it, its sign, take it out."""
        return opened.window.side.query._rows_layout.itemAt(row).widget().findChildren(QToolButton)

    buttons(1)[1].click()
    opened.waits_for_results()
    assert opened.controller.query == Query((Part(path="blue/0.jpg"), Part(path="green/1.jpg", sign=-1)))
    assert opened.sees != both
    assert opened.headline == "Like 1 picture(s), unlike 1"
    greens = [rank for rank, path in enumerate(opened.sees) if path.startswith("green/")]
    assert min(greens) > 10  # what is unlike stands at the end
    buttons(1)[2].click()
    opened.waits_for_results()
    assert opened.controller.query == Query.by_path("blue/0.jpg")


def test_the_list_of_the_history_leads_back(opened: Person) -> None:
    first = opened.searches(0)
    opened.searches(3)
    opened.searches(2)
    opened.chooses("history")
    dialog = opened.window.findChild(HistoryDialog)
    assert dialog is not None
    names = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert len(names) == 4
    assert names[-1] == "Whole library"
    assert names[-2] == "Like 0.jpg"
    assert dialog.list.currentRow() == 0
    dialog.list.setCurrentRow(2)
    QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    opened.waits_for_results()
    assert opened.controller.query == Query.by_path(first)
    assert opened.action("forward").isEnabled()

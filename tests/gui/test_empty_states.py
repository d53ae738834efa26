"""Whatever is empty says why, names the next step, and takes a drop."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QLabel

from engine.errors import DecodeError
from gui.dialogs import ErrorDialog
from gui.session_state import Part, Query, Scope
from tests.conftest import draw_photo
from tests.gui.person import Person


def says(person: Person) -> str:
    """What stands in the empty grid, which is on the screen."""
    grid = person.window.grid
    assert grid.isVisible()
    assert person.sees == []
    return grid._placeholder


def takes_a_drop(person: Person, folder: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDragEnterEvent(QPoint(600, 400), Qt.DropAction.CopyAction, data, buttons, keys)
    event.ignore()
    person.window.dragEnterEvent(event)
    return event.isAccepted()


def test_the_first_start_offers_one_thing_and_takes_a_drop(person: Person, photo_folder: Path) -> None:
    centre = person.window.centre
    assert centre.open_folder.isVisible()
    texts = " ".join(label.text() for label in centre.findChildren(QLabel) if label.isVisible())
    assert "Open a folder of photos, or drop one here" in texts
    assert not person.window.side.isVisible()
    assert takes_a_drop(person, photo_folder)


def test_a_second_start_offers_the_folders_of_the_first(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, photo_folder):
        person.settings.remember_library(folder)
    recent = person.window.centre.recent
    buttons = [recent.itemAt(place).widget() for place in range(recent.count())]
    assert [button.text() for button in buttons] == [str(photo_folder), str(tmp_path)]  # type: ignore[attr-defined]
    buttons[0].click()  # type: ignore[attr-defined]
    person.waits_for_indexing()
    assert len(person.sees) == 24


def test_an_empty_folder(person: Person, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    seen: list[str] = []
    person.controller.items_changed.connect(lambda *_: seen.append(person.window.grid._placeholder))
    person.controller.open_library(tmp_path / "none")
    person.waits_until(lambda: "There are no photos in this folder" in person.window.grid._placeholder)
    assert "Open another one (Ctrl+O), or drop it here" in says(person)
    assert "Looking" in seen[0] or "Opening" in seen[0]  # it did not say so before it had looked
    assert takes_a_drop(person, tmp_path)
    assert "drop a picture here" in person.window.side.query._empty.findChild(QLabel).text()
    assert "Select a photo" in person.window.viewing.inspector._empty.text()


def test_a_filter_that_nothing_fits(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.window.centre.filter.setText("purple")
    person.waits_until(lambda: person.sees == [])
    assert says(person) == "No photo has this in its name. Esc empties the filter."


def test_a_limit_below_the_nearest(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.controller.set_limit(0.0)
    assert "Raise the distance" in says(person)


def test_a_folder_with_nothing_but_the_query(person: Person, photo_folder: Path) -> None:
    (photo_folder / "alone").mkdir()
    draw_photo("red", 9).save(photo_folder / "alone/1.jpg")
    person.opens(photo_folder)
    person.controller.set_query(Query.by_path("alone/1.jpg"))
    person.waits_for_results()
    person.controller.set_scope(Scope(folder="alone"))
    person.waits_for_results()
    assert "Choose another one on the left" in says(person)


def test_all_photos_in_the_querys_own_folder(person: Person, tmp_path: Path) -> None:
    for number in range(3):
        draw_photo("red", number).save(tmp_path / f"{number}.jpg")
    person.opens(tmp_path)
    person.searches(0)
    person.window.side.other_folders.click()
    person.waits_for_results()
    assert "Take the tick on the left away" in says(person)


def test_the_only_photo_there_is(person: Person, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    draw_photo("red", 1).save(tmp_path / "one/1.jpg")
    person.opens(tmp_path / "one")
    person.searches(0)
    assert "There is no other photo to compare with" in says(person)
    assert takes_a_drop(person, tmp_path)


def test_a_model_that_has_seen_nothing_yet(person: Person, photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person.controller.indexing, "start_when_free", lambda *_: None)  # as if it had been stopped
    person.starts_opening(photo_folder)
    person.controller.set_query(Query((Part(file=photo_folder / "red/0.jpg"),)))
    person.waits_for_results()
    assert "Look for changes (F5)" in says(person)


def test_a_query_that_cannot_be_read_is_told_once(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    broken = tmp_path / "letter.jpg"
    broken.write_text("Dear aunt")
    told: list[Exception] = []
    person.controller.failed.connect(told.append)
    person.controller.set_query(Query((Part(file=broken),)))
    person.waits_until(lambda: bool(told))
    assert isinstance(told[0], DecodeError)
    assert "Search with another picture, or go back" in says(person)
    for _ in range(3):  # as the window does while it indexes
        person.controller.refresh()
        person.waits_until(lambda: person.controller._looks.idle and person.controller._searches.idle)
    assert len(told) == 1
    dialogs = person.window.findChildren(ErrorDialog)
    assert len(dialogs) == 1
    dialogs[0].close()
    person.chooses("back")
    person.waits_until(lambda: len(person.sees) == 24)

"""What can be done with results: numbers, limit, order, size, the menu of a photo, and other programs."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtDBus import QDBusConnection
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from gui import photo_actions
from gui.dialogs import ErrorDialog
from gui.session_state import Query, Sort
from tests.gui.person import Person


@pytest.fixture
def results(person: Person, photo_folder: Path) -> Person:
    """Somebody who looks at the results of the first photo."""
    person.opens(photo_folder)
    person.searches(0)
    return person


@pytest.fixture
def opened_elsewhere(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to other programs, of which the tests start none."""
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: (opened.append(url.toLocalFile()), True)[1])
    return opened


def menu_of(person: Person, row: int) -> QMenu:
    """The menu that a right click on a photo brings."""
    grid = person.window.grid
    at = grid.visualRect(grid.gallery.index(row)).center()
    QTest.mousePress(grid.viewport(), Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, at)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, grid.viewport().mapToGlobal(at))
    QApplication.sendEvent(grid.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def chosen_in_menu(person: Person, row: int, command: str) -> None:
    """Right-clicks a photo and chooses an entry."""
    menu = menu_of(person, row)
    action = next(action for action in menu.actions() if action.objectName() == command)
    assert action.isEnabled()
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def test_rank_and_distance_can_be_switched_off(results: Person) -> None:
    grid = results.window.grid
    tall = grid.visualRect(grid.gallery.index(0)).height()
    assert grid.numbers
    results.chooses("numbers")
    assert not grid.numbers
    assert grid.visualRect(grid.gallery.index(0)).height() < tall
    assert not results.settings.show_numbers


def test_dragging_the_line_of_the_histogram_keeps_what_lies_below_it(results: Person) -> None:
    histogram = results.window.side.limit.histogram
    all_distances = [distance for distance in results.distances if distance is not None]
    middle = histogram.height() // 2

    def x_of(distance: float) -> int:
        return round(histogram.position_of(distance))

    results.drags(
        lambda: (histogram, QPoint(x_of(all_distances[-1]), middle), QPoint(x_of(all_distances[9]) + 1, middle))
    )
    results.waits_until(lambda: len(results.sees) < 23)
    limit = results.controller.limit
    assert limit is not None
    assert results.distances == [distance for distance in all_distances if distance <= limit]
    assert f"{len(results.sees)} of 23" in results.window.side.limit.kept.text()
    assert "of 24 photos" in results.window.centre.note.text()


def test_the_grid_follows_while_the_line_is_dragged(results: Person) -> None:
    histogram, followed = results.window.side.limit.histogram, []
    results.controller.limit_changed.connect(followed.append)
    middle, width = histogram.height() // 2, histogram.width()
    QTest.mousePress(histogram, Qt.MouseButton.LeftButton, pos=QPoint(width - 20, middle))
    for step in range(1, 31):  # the mouse never rests for as long as the grid takes to follow
        QTest.mouseMove(histogram, QPoint(width - 20 - 4 * step, middle))
        QTest.qWait(10)
    assert len(followed) > 1
    QTest.mouseRelease(histogram, Qt.MouseButton.LeftButton, pos=QPoint(width - 140, middle))
    results.waits_until(lambda: results.controller.limit == histogram.limit)


@pytest.mark.parametrize("sort", [Sort.NAME, Sort.DATE, Sort.SIZE])
def test_every_order_shows_the_same_photos_and_distance_brings_the_ranking_back(results: Person, sort: Sort) -> None:
    ranking, box = results.sees, results.window.centre.sort
    model = results.window.grid.gallery
    place = [Sort.DISTANCE, Sort.NAME, Sort.DATE, Sort.SIZE].index(sort)
    box.setCurrentIndex(place)
    box.activated.emit(place)
    assert sorted(results.sees) == sorted(ranking)
    columns = {
        Sort.NAME: results.sees,
        Sort.DATE: [-(model.mtime_ns(row) or 0) for row in range(23)],
        Sort.SIZE: [-(model.size(row) or 0) for row in range(23)],
    }
    assert columns[sort] == sorted(columns[sort])  # type: ignore[type-var]
    box.setCurrentIndex(0)
    box.activated.emit(0)
    assert results.sees == ranking


def test_the_slider_changes_the_size_of_the_tiles(results: Person) -> None:
    slider = results.window.centre.size_slider
    slider.setFocus()
    before = results.window.grid.tile_size
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert results.window.grid.tile_size == before + 20
    assert results.settings.tile_size == before + 20


def test_the_menu_of_a_photo_has_all_that_can_be_done_with_it(results: Person) -> None:
    menu = menu_of(results, 3)
    assert [action.objectName() for action in menu.actions() if not action.isSeparator()] == [
        "find_similar",
        "add_plus",
        "add_minus",
        "view",
        "compare",
        "unfold",
        "open_outside",
        "show_in_folder",
        "copy_path",
        "copy_image",
        "export_results",
    ]
    # Nothing is folded here.
    assert [action.objectName() for action in menu.actions() if not action.isEnabled()] == ["unfold"]
    menu.close()
    QApplication.sendPostedEvents(menu, 0)
    assert results.window.grid.selected_count() == 1


def test_find_similar_in_the_menu(results: Person) -> None:
    path = results.sees[4]
    chosen_in_menu(results, 4, "find_similar")
    results.waits_for_results()
    assert results.controller.query == Query.by_path(path)


def test_view_and_compare_in_the_menu(results: Person) -> None:
    path, viewing = results.sees[4], results.window.viewing
    chosen_in_menu(results, 4, "view")
    assert viewing.page is viewing.viewer
    assert viewing.viewer.path() == path
    results.presses(Qt.Key.Key_Escape)
    chosen_in_menu(results, 4, "compare")
    assert viewing.page is viewing.compare
    assert viewing.compare.path() == path


def test_export_in_the_menu(results: Person) -> None:
    chosen_in_menu(results, 4, "export_results")
    dialog = results.window.commands.jobs.window("screen")
    assert dialog is not None
    assert not dialog.isModal()
    dialog.close()


def test_path_and_picture_into_the_clipboard(results: Person, photo_folder: Path) -> None:
    clipboard = QGuiApplication.clipboard()
    path = results.sees[2]
    chosen_in_menu(results, 2, "copy_path")
    assert clipboard.text() == str(photo_folder / path)
    assert clipboard.mimeData().urls() == [QUrl.fromLocalFile(str(photo_folder / path))]
    chosen_in_menu(results, 2, "copy_image")
    results.waits_until(lambda: clipboard.mimeData().hasImage())
    assert clipboard.image().size().toTuple() == (96, 72)
    assert results.window.status.currentMessage() == "Picture copied"
    clipboard.clear()


def test_another_program_opens_the_photo_and_the_file_manager_its_folder(
    results: Person, photo_folder: Path, opened_elsewhere: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = results.sees[2]
    chosen_in_menu(results, 2, "open_outside")
    assert opened_elsewhere == [str(photo_folder / path)]
    monkeypatch.setattr(QDBusConnection, "sessionBus", lambda: QDBusConnection("none"))
    monkeypatch.setattr(photo_actions.sys, "platform", "linux")
    chosen_in_menu(results, 2, "show_in_folder")
    results.waits_until(lambda: len(opened_elsewhere) == 2)
    assert opened_elsewhere[1] == str((photo_folder / path).parent)


def test_no_program_for_a_photo_is_told(results: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    chosen_in_menu(results, 2, "open_outside")
    dialog = results.window.findChild(ErrorDialog)
    assert dialog is not None
    assert results.sees[2].split("/")[-1] in dialog.message.text + dialog.message.details
    dialog.close()

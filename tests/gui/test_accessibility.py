"""Keyboard alone reaches everything, and a screen reader hears a name for every control and every tile."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QDialog, QScrollArea, QWidget

from gui.dialogs import ErrorDialog
from gui.messages import Message
from tests.gui.person import Person


@pytest.fixture(autouse=True)
def _screen_reader() -> Iterator[None]:
    """A screen reader listens."""
    QAccessible.setActive(True)
    yield
    QAccessible.setActive(False)


@pytest.fixture
def full(person: Person, photo_folder: Path) -> Person:
    """Somebody whose window shows all there is: skipped files, two pictures as the query, a limit, a mark."""
    (photo_folder / "empty.jpg").touch()
    person.opens(photo_folder)
    person.clicks(0, Qt.KeyboardModifier.ControlModifier)
    person.clicks(7, Qt.KeyboardModifier.ControlModifier)
    person.chooses("find_similar")
    person.waits_for_results()
    person.window.side.limit.check.click()
    person.waits_until(lambda: person.controller.limit is not None)
    person.window.grid.setFocus()
    person.presses(Qt.Key.Key_Home)
    person.presses(Qt.Key.Key_Plus)
    person.waits_for_results()
    return person


def controls(window: QWidget) -> list[QWidget]:
    """What takes the keyboard or the mouse, and is more than a frame around such."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and widget.window() is window
        and (widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, QAbstractButton))
        and type(widget) is not QScrollArea
        and not isinstance(widget.parent(), QAbstractSpinBox)
    ]


def nameless(window: QWidget) -> list[str]:
    """Controls for which a screen reader has no name."""
    found = []
    for widget in controls(window):
        if type(widget).__name__ in ("SidePanel", "QTabBar") or widget.objectName().startswith("qt_"):
            continue  # the frame around named parts, Qt's own arrows
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is not None and not interface.text(QAccessible.Text.Name).strip():
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


def test_every_control_of_the_window_has_a_name(full: Person) -> None:
    assert nameless(full.window) == []


def test_every_tile_on_the_screen_has_its_name(full: Person) -> None:
    grid = full.window.grid
    listed = QAccessible.queryAccessibleInterface(grid)
    rows = list(grid._visible_rows())
    assert len(rows) > 4
    for row in rows:
        said = listed.child(row).text(QAccessible.Text.Name)
        assert f"Rank {grid.gallery.rank(row)}, distance" in said
        assert full.sees[row].split("/")[-1] in said
    assert "marked as like this" in "".join(listed.child(row).text(QAccessible.Text.Name) for row in rows)


@pytest.mark.parametrize("page", ["view", "compare"])
def test_every_control_of_the_large_pages_has_a_name(full: Person, page: str) -> None:
    full.chooses(page)
    full.waits_until(lambda: full.window.viewing.page is not None)
    assert nameless(full.window) == []
    shown = full.window.viewing.page
    assert shown is not None
    buttons = [widget for widget in controls(shown.window()) if widget.parent() is shown]
    assert all(button.toolTip() for button in buttons if isinstance(button, QAbstractButton))


@pytest.mark.parametrize(
    "command",
    [
        *("preferences", "shortcuts", "history", "skipped", "about", "save_search", "saved_searches"),
        *("export_results", "export_batch", "evaluate"),
    ],
)
def test_every_control_of_the_small_windows_has_a_name_and_is_reached_by_tab(full: Person, command: str) -> None:
    full.chooses(command)
    dialog = next(dialog for dialog in full.window.findChildren(QDialog) if dialog.isVisible())
    try:
        assert not dialog.isModal()
        assert nameless(dialog) == []
        assert left_out(full, dialog) == []
    finally:
        dialog.close()


def test_an_error_can_be_read_and_copied_by_keyboard(full: Person) -> None:
    dialog = ErrorDialog(Message("It did not work", "Because.", "Traceback"), full.window)
    dialog.show()
    dialog.more.setChecked(True)
    assert nameless(dialog) == []
    assert left_out(full, dialog) == []
    dialog.close()


def left_out(person: Person, window: QWidget) -> list[str]:
    """Presses Tab until it comes round again; what could be reached by it and was not."""
    person.waits_until(lambda: activated(window))
    wanted = {
        widget
        for widget in controls(window)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isEnabled()
        and widget.focusProxy() is None
        and not leads_elsewhere(widget)
    }
    reached: set[QWidget | None] = set()
    for _ in range(3 * len(wanted) + 10):
        focus = window.focusWidget()
        reached.add(focus)
        QTest.keyClick(focus or window, Qt.Key.Key_Tab)
    return sorted(f"{type(widget).__name__} {widget.accessibleName()}" for widget in wanted - reached)


def activated(window: QWidget) -> bool:
    """Whether the window is the active one; asks for it, for on a busy machine another one may come up in between."""
    if QApplication.activeWindow() is window:
        return True
    window.activateWindow()
    return False


def leads_elsewhere(widget: QWidget) -> bool:
    """Of radio buttons in a group only the chosen one is reached by Tab, the others by arrows."""
    return isinstance(widget, QAbstractButton) and widget.autoExclusive() and not widget.isChecked()


def test_tab_alone_reaches_every_control_of_the_window(full: Person) -> None:
    full.window.grid.setFocus()
    assert left_out(full, full.window) == []


def test_every_command_is_in_a_menu(full: Person) -> None:
    """So that F10 or Alt and a letter, arrows and Enter do all that a shortcut or a button does."""
    window = full.window
    listed = {
        action.objectName()
        for title in window.menuBar().actions()
        for action in title.menu().actions()  # type: ignore[union-attr]
    }
    missing = set(window.actions_._by_key) - listed - {"recent"}  # a sub-menu stands in its place
    assert missing == set()
    assert any(
        action.menu() is window._recent_menu
        for action in window.menuBar().actions()[0].menu().actions()  # type: ignore[union-attr]
    )


def test_the_main_job_by_keyboard_alone(person: Person, photo_folder: Path) -> None:
    """Walk to a photo, search, mark, sort, limit, look, compare, go back: no mouse."""
    person.opens(photo_folder)
    window, viewing = person.window, person.window.viewing
    window.grid.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Right):
        person.presses(key)
    QTest.keyClick(window, Qt.Key.Key_S)
    person.waits_until(lambda: person.controller.query is not None)
    person.waits_for_results()
    assert "2.jpg" in person.headline
    window.side.limit.histogram.setFocus()
    for _ in range(5):
        person.presses(Qt.Key.Key_PageDown)
    person.waits_until(lambda: 0 < len(person.sees) < 23)
    person.presses(Qt.Key.Key_Delete)
    person.waits_until(lambda: len(person.sees) == 23)
    window.centre.sort.setFocus()
    person.presses(Qt.Key.Key_Down)
    assert person.sees == sorted(person.sees)
    person.presses(Qt.Key.Key_Up)
    window.grid.setFocus()
    person.presses(Qt.Key.Key_Home)
    person.presses(Qt.Key.Key_Space)
    assert viewing.page is viewing.viewer
    person.presses(Qt.Key.Key_Right)
    QTest.keyClick(window, Qt.Key.Key_C)
    assert viewing.page is viewing.compare
    person.presses(Qt.Key.Key_Escape)
    person.presses(Qt.Key.Key_Escape)
    assert person.controller.query is None

"""The grid under mouse and keyboard, as in a file manager."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.path_table import PathTable
from gui.gallery_model import GalleryItems
from gui.gallery_view import LARGEST_TILE, GalleryView
from gui.thumbnails import Thumbnails, Wanted, _Loaded
from tests.gui.conftest import ranked

Names = Callable[[int], list[str]]
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def middle(grid: GalleryView, row: int) -> QPoint:
    return grid.visualRect(grid.gallery.index(row)).center()


def click(
    qtbot: QtBot, grid: GalleryView, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    qtbot.mouseClick(grid.viewport(), LEFT, keys, middle(grid, row))


def press(qtbot: QtBot, grid: GalleryView, key: Qt.Key, keys: Qt.KeyboardModifier | None = None) -> None:
    qtbot.keyClick(grid, key, keys or Qt.KeyboardModifier.NoModifier)


def drag(qtbot: QtBot, grid: GalleryView, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier | None = None) -> None:
    held, port = keys or Qt.KeyboardModifier.NoModifier, grid.viewport()
    qtbot.mousePress(port, LEFT, held, start)
    for step in (0.3, 0.6, 1.0):
        point = QPointF(start) + (QPointF(end) - QPointF(start)) * step
        send_move(port, point, held)
    qtbot.mouseRelease(port, LEFT, held, end)


def send_move(port: object, point: QPointF, held: Qt.KeyboardModifier) -> None:
    """QTest's own move has no button down."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    at = port.mapToGlobal(point)  # type: ignore[attr-defined]
    QApplication.sendEvent(port, QMouseEvent(QEvent.Type.MouseMove, point, at, LEFT, LEFT, held))  # type: ignore[call-overload]


def selected(grid: GalleryView) -> list[str]:
    return list(grid.selected_paths())


def collect(signal: object) -> list[object]:
    """What a signal carries from now on."""
    got: list[object] = []
    signal.connect(got.append)  # type: ignore[attr-defined]
    return got


# -- clicks ------------------------------------------------------------------------------------------------------------


def test_a_click_asks_for_a_query(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(ranked(names(50)))
    with qtbot.waitSignal(grid.query_requested) as asked:
        click(qtbot, grid, 2)
    assert asked.args == ["0000047.jpg"]
    assert selected(grid) == ["0000047.jpg"]


def test_a_double_click_opens_the_photo_and_asks_for_no_query(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.click_delay_ms = 10_000
    grid.show_items(ranked(names(50)))
    queries = collect(grid.query_requested)
    with qtbot.waitSignal(grid.view_requested) as opened:
        click(qtbot, grid, 3)
        qtbot.mouseDClick(grid.viewport(), LEFT, pos=middle(grid, 3))
    assert opened.args == ["0000046.jpg"]
    assert not grid._click.isActive()
    assert queries == []


def test_a_slow_double_click_opens_the_photo_of_the_first_click(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(ranked(names(50)))
    with qtbot.waitSignal(grid.query_requested):
        click(qtbot, grid, 3)
    place = middle(grid, 3)
    grid.show_items(GalleryItems(names(50)))  # another ranking has come between the clicks
    with qtbot.waitSignal(grid.view_requested) as opened:
        qtbot.mouseDClick(grid.viewport(), LEFT, pos=place)
    assert opened.args == ["0000046.jpg"]


def test_ctrl_click_selects_without_a_query(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(50)))
    queries = collect(grid.query_requested)
    for row in (1, 4, 2, 4):
        click(qtbot, grid, row, CTRL)
    qtbot.wait(20)
    assert selected(grid) == ["0000001.jpg", "0000002.jpg"]
    assert queries == []


def test_shift_click_selects_a_range_from_an_anchor_that_stays(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    names_ = names(50)
    grid.show_items(GalleryItems(names_))
    queries = collect(grid.query_requested)
    click(qtbot, grid, 5, CTRL)
    click(qtbot, grid, 8, SHIFT)
    assert selected(grid) == names_[5:9]
    click(qtbot, grid, 2, SHIFT)
    assert selected(grid) == names_[2:6]
    click(qtbot, grid, 10, CTRL)
    click(qtbot, grid, 11, SHIFT | CTRL)
    assert selected(grid) == [*names_[2:6], *names_[10:12]]
    qtbot.wait(20)
    assert queries == []


def test_a_click_beside_the_photos_selects_nothing(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(3)))
    grid.selectAll()
    queries = collect(grid.query_requested)
    qtbot.mouseClick(grid.viewport(), LEFT, pos=QPoint(20, 500))
    qtbot.wait(20)
    assert (selected(grid), queries) == ([], [])


def test_a_right_click_selects_and_asks_for_the_menu(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(20)))
    queries = collect(grid.query_requested)
    qtbot.mouseClick(grid.viewport(), RIGHT, pos=middle(grid, 6))
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, middle(grid, 6), grid.viewport().mapToGlobal(middle(grid, 6))
    )
    with qtbot.waitSignal(grid.menu_requested) as asked:
        QApplication.sendEvent(grid.viewport(), event)
    assert list(asked.args[1]) == ["0000006.jpg"]
    qtbot.wait(20)
    assert queries == []


def test_a_right_click_into_a_selection_keeps_it(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(20)))
    click(qtbot, grid, 2, CTRL)
    click(qtbot, grid, 5, SHIFT)
    qtbot.mouseClick(grid.viewport(), RIGHT, pos=middle(grid, 4))
    assert grid.selected_count() == 4


def test_the_menu_key_asks_for_the_menu_at_the_current_photo(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(200)))
    grid.set_current_path("0000150.jpg")
    grid.verticalScrollBar().setValue(0)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    with qtbot.waitSignal(grid.menu_requested) as asked:
        QApplication.sendEvent(grid.viewport(), event)
    at = grid.viewport().mapFromGlobal(asked.args[0])
    assert grid.indexAt(at).row() == 150
    assert list(asked.args[1]) == ["0000150.jpg"]


# -- rubber band -------------------------------------------------------------------------------------------------------


def test_a_rubber_band_selects_a_rectangle_and_asks_for_no_query(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(50)))
    queries = collect(grid.query_requested)
    drag(qtbot, grid, middle(grid, 1), middle(grid, 6))
    qtbot.wait(20)
    assert selected(grid) == ["0000001.jpg", "0000002.jpg", "0000005.jpg", "0000006.jpg"]
    assert queries == []


def test_a_rubber_band_that_shrinks_lets_go(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(50)))
    none, port = Qt.KeyboardModifier.NoModifier, grid.viewport()
    qtbot.mousePress(port, LEFT, none, middle(grid, 0))
    send_move(port, QPointF(middle(grid, 6)), none)
    assert grid.selected_count() == 6
    send_move(port, QPointF(middle(grid, 1)), none)
    assert selected(grid) == ["0000000.jpg", "0000001.jpg"]
    qtbot.mouseRelease(port, LEFT, none, middle(grid, 1))


def test_a_rubber_band_with_ctrl_turns_over_and_with_shift_adds(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(50)))
    click(qtbot, grid, 5, CTRL)
    click(qtbot, grid, 9, CTRL)
    gap = QPoint(2, 2)
    drag(qtbot, grid, gap, middle(grid, 5), CTRL)
    assert selected(grid) == ["0000000.jpg", "0000001.jpg", "0000004.jpg", "0000009.jpg"]
    drag(qtbot, grid, gap, middle(grid, 4), SHIFT)
    assert selected(grid) == ["0000000.jpg", "0000001.jpg", "0000004.jpg", "0000009.jpg"]


def test_a_ctrl_band_that_begins_on_a_photo_turns_it_over_once(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(50)))
    drag(qtbot, grid, middle(grid, 0), middle(grid, 1), CTRL)
    assert selected(grid) == ["0000000.jpg", "0000001.jpg"]


def test_a_band_drawn_beyond_the_edge_scrolls_and_goes_on_selecting(
    qtbot: QtBot, grid: GalleryView, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid.show_items(GalleryItems(names(400)))
    below = QPoint(300, grid.viewport().height() + 60)
    monkeypatch.setattr("gui.gallery_view.QCursor.pos", staticmethod(lambda: grid.viewport().mapToGlobal(below)))
    none, port = Qt.KeyboardModifier.NoModifier, grid.viewport()
    qtbot.mousePress(port, LEFT, none, middle(grid, 0))
    send_move(port, QPointF(below), none)
    before = grid.selected_count()
    qtbot.waitUntil(lambda: grid.verticalScrollBar().value() > 300, timeout=5000)
    qtbot.mouseRelease(port, LEFT, none, below)
    assert grid.selected_count() > before
    stopped = grid.verticalScrollBar().value()
    qtbot.wait(60)
    assert grid.verticalScrollBar().value() == stopped


# -- keyboard ----------------------------------------------------------------------------------------------------------


def test_the_arrow_keys_move_and_select(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(50)))
    columns = grid._geometry.columns
    assert columns == 4
    for key, row in (
        (Qt.Key.Key_Right, 0),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 5),
        (Qt.Key.Key_Left, 4),
        (Qt.Key.Key_Left, 3),
        (Qt.Key.Key_Up, 3),
        (Qt.Key.Key_End, 49),
        (Qt.Key.Key_Down, 49),
        (Qt.Key.Key_Right, 49),
        (Qt.Key.Key_Up, 45),
        (Qt.Key.Key_Home, 0),
    ):
        press(qtbot, grid, key)
        assert grid.current_path() == f"{row:07d}.jpg", key
        assert selected(grid) == [f"{row:07d}.jpg"]


def test_down_into_a_short_last_line_ends_at_its_last_photo(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(6)))
    grid.set_current_path("0000003.jpg")
    press(qtbot, grid, Qt.Key.Key_Down)
    assert grid.current_path() == "0000005.jpg"


def test_page_down_moves_by_what_is_on_the_screen_and_scrolls(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(1000)))
    grid.set_current_path("0000001.jpg")
    lines = grid.viewport().height() // grid._geometry.line_height
    press(qtbot, grid, Qt.Key.Key_PageDown)
    row = 1 + lines * 4
    assert grid.current_path() == f"{row:07d}.jpg"
    assert grid.viewport().rect().contains(grid.visualRect(grid.gallery.index(row)))
    press(qtbot, grid, Qt.Key.Key_PageUp)
    assert grid.current_path() == "0000001.jpg"


def test_shift_and_arrows_stretch_the_range_and_ctrl_only_moves(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    names_ = names(50)
    grid.show_items(GalleryItems(names_))
    grid.set_current_path(names_[5])
    press(qtbot, grid, Qt.Key.Key_Right, SHIFT)
    press(qtbot, grid, Qt.Key.Key_Down, SHIFT)
    assert selected(grid) == names_[5:11]
    press(qtbot, grid, Qt.Key.Key_Up, SHIFT)
    press(qtbot, grid, Qt.Key.Key_Left, SHIFT)
    press(qtbot, grid, Qt.Key.Key_Left, SHIFT)
    assert selected(grid) == names_[4:6]
    press(qtbot, grid, Qt.Key.Key_End, CTRL)
    assert grid.current_path() == names_[49]
    assert selected(grid) == names_[4:6]
    press(qtbot, grid, Qt.Key.Key_Space, CTRL)
    assert selected(grid) == [*names_[4:6], names_[49]]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_and_space_open_the_photo(qtbot: QtBot, grid: GalleryView, names: Names, key: Qt.Key) -> None:
    grid.show_items(GalleryItems(names(9)))
    grid.set_current_path("0000004.jpg")
    with qtbot.waitSignal(grid.view_requested) as opened:
        press(qtbot, grid, key)
    assert opened.args == ["0000004.jpg"]


def test_plus_and_minus_mark_what_is_selected_or_else_where_the_keyboard_is(
    qtbot: QtBot, grid: GalleryView, names: Names
) -> None:
    grid.show_items(GalleryItems(names(9)))
    added: list[tuple[list[str], int]] = []
    grid.add_requested.connect(lambda paths, sign: added.append((list(paths), sign)))
    press(qtbot, grid, Qt.Key.Key_Plus)
    assert added == []
    click(qtbot, grid, 1, CTRL)
    click(qtbot, grid, 3, CTRL)
    press(qtbot, grid, Qt.Key.Key_Plus)
    press(qtbot, grid, Qt.Key.Key_Minus)
    both = ["0000001.jpg", "0000003.jpg"]
    assert added == [(both, 1), (both, -1)]
    grid.clearSelection()
    press(qtbot, grid, Qt.Key.Key_Minus)
    assert added[2] == (["0000003.jpg"], -1)


def test_letters_are_left_to_the_window(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(50)))
    grid.set_current_path("0000000.jpg")
    qtbot.keyClicks(grid, "0000007")
    assert grid.current_path() == "0000000.jpg"


# -- everything at once ------------------------------------------------------------------------------------------------


def test_ctrl_a_on_a_million_photos_is_one_range(qtbot: QtBot, grid: GalleryView) -> None:
    class Names(list[str]):
        def __len__(self) -> int:
            return 1_000_000

        def __getitem__(self, at: int) -> str:  # type: ignore[override]
            return f"{at:07d}.jpg"

    grid.show_items(GalleryItems(Names(), np.arange(1_000_000), np.linspace(0, 1, 1_000_000)))
    press(qtbot, grid, Qt.Key.Key_A, CTRL)
    assert grid.selectionModel().selection().size() == 1
    paths = grid.selected_paths()
    assert len(paths) == grid.selected_count() == 1_000_000
    assert (paths[0], paths[-1], paths[2:4]) == ("0000000.jpg", "0999999.jpg", ["0000002.jpg", "0000003.jpg"])
    press(qtbot, grid, Qt.Key.Key_End)
    assert selected(grid) == ["0999999.jpg"]
    grid.invert_selection()
    assert grid.selected_count() == 999_999
    grid.clearSelection()
    assert grid.selected_count() == 0


def test_signals_tell_the_current_photo_and_how_many_are_selected(
    qtbot: QtBot, grid: GalleryView, names: Names
) -> None:
    grid.show_items(GalleryItems(names(9)))
    currents, counts = collect(grid.current_changed), collect(grid.selection_changed)
    click(qtbot, grid, 2)
    click(qtbot, grid, 4, SHIFT)
    assert currents == ["0000002.jpg", "0000004.jpg"]
    assert counts[-1] == 3
    grid.show_items(GalleryItems(names(9)))
    assert currents[-1] is None
    assert counts[-1] == 0


# -- layout ------------------------------------------------------------------------------------------------------------


def test_a_resize_keeps_the_first_photo_on_the_screen(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(5000)))
    grid.scrollTo(grid.gallery.index(2001), GalleryView.ScrollHint.PositionAtTop)
    first = grid._visible_rows().start
    for width in (420, 1300, 655, 4 * 190 + 30):
        grid.resize(width, 600)
        qtbot.wait(1)
        assert first in grid._visible_rows()
        assert grid._visible_rows().start <= first < grid._visible_rows().start + grid._geometry.columns
    assert grid._visible_rows().start == first


def test_another_tile_size_keeps_the_first_photo_and_tells_the_slider(
    qtbot: QtBot, grid: GalleryView, names: Names
) -> None:
    grid.show_items(GalleryItems(names(5000)))
    grid.scrollTo(grid.gallery.index(2000), GalleryView.ScrollHint.PositionAtTop)
    first = grid._visible_rows().start
    with qtbot.waitSignal(grid.tile_size_changed) as told:
        grid.tile_size = 240
    assert told.args == [240]
    assert first in grid._visible_rows()
    grid.tile_size = 10_000
    assert grid.tile_size == LARGEST_TILE


def test_ctrl_and_the_wheel_change_the_tile_size(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(500)))
    before = grid.tile_size
    for held, turn in ((CTRL, 120), (CTRL, -120), (CTRL, -120), (Qt.KeyboardModifier.NoModifier, -120)):
        event = QWheelEvent(
            QPointF(50, 50),
            QPointF(50, 50),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            held,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(grid.viewport(), event)
    assert grid.tile_size == before - 20
    assert grid.verticalScrollBar().value() > 0


def test_the_last_photo_can_be_reached(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(1001)))
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum())
    last = grid.visualRect(grid.gallery.index(1000))
    assert grid.viewport().rect().contains(last)
    assert grid.indexAt(last.center()).row() == 1000


def test_without_rank_and_distance_the_tiles_are_shorter(grid: GalleryView, names: Names) -> None:
    grid.show_items(ranked(names(50)))
    with_numbers = grid.visualRect(grid.gallery.index(0)).height()
    grid.numbers = False
    without = grid.visualRect(grid.gallery.index(0)).height()
    assert without < with_numbers
    grid.numbers = True
    grid.show_items(GalleryItems(names(50)))
    assert grid.visualRect(grid.gallery.index(0)).height() == without


def test_a_new_list_begins_at_the_top_and_a_refreshed_one_stays(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    old = names(2000)
    grid.show_items(GalleryItems(old[::2]))
    grid.set_current_path(old[1000])
    qtbot.keyClick(grid, Qt.Key.Key_Right, SHIFT)
    kept, first = selected(grid), grid.gallery.path(grid._visible_rows().start)
    grid.refresh_items(GalleryItems(old))
    assert first in [grid.gallery.path(row) for row in grid._visible_rows()][:4]
    assert selected(grid) == kept == [old[1000], old[1002]]
    assert grid.current_path() == old[1002]
    grid.show_items(GalleryItems(old))
    assert grid.verticalScrollBar().value() == 0
    assert selected(grid) == []


def test_a_million_selected_photos_stay_selected_in_another_order(grid: GalleryView) -> None:
    paths = PathTable.from_sorted(f"{number:07d}.jpg" for number in range(1_000_000))
    order = np.random.default_rng(1).permutation(len(paths))
    distances = np.linspace(0, 1, len(paths))
    grid.show_items(GalleryItems(paths, order, distances))
    grid.selectAll()
    start = time.thread_time()
    grid.refresh_items(GalleryItems(paths, order[::-1].copy(), distances))
    assert time.thread_time() - start < 2  # looked up one by one it takes minutes
    assert grid.selected_count() == 1_000_000
    grid.clearSelection()
    grid._selecting.select_rows(np.array([5, 3, 4, 999_999]))
    three = selected(grid)
    assert len(three) == 4
    grid.refresh_items(GalleryItems(paths, order, distances))
    assert sorted(selected(grid)) == sorted(three)


def test_a_selection_is_found_again_in_a_library_that_has_changed(grid: GalleryView) -> None:
    grid.show_items(ranked(["a.jpg", "b.jpg", "c.jpg", "d.jpg"]))
    grid._selecting.select_rows(np.array([0, 2, 3]))  # d, b, a
    grid.refresh_items(ranked(["a.jpg", "aa.jpg", "c.jpg", "d.jpg"]))
    assert selected(grid) == ["d.jpg", "a.jpg"]


def test_a_refreshed_list_that_stood_at_the_top_stays_at_the_top(grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(100)[50:]))
    grid.refresh_items(GalleryItems(names(100)))
    assert grid.verticalScrollBar().value() == 0


def test_a_refresh_without_the_current_photo_has_no_current_photo(grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(10)))
    grid.set_current_path("0000009.jpg")
    grid.refresh_items(GalleryItems(names(5)))
    assert grid.current_path() is None
    assert not grid.set_current_path("0000009.jpg")


def test_an_empty_grid_says_what_to_do(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    blank = grid.grab().toImage()
    grid.set_placeholder("No photo is that near. Move the limit to the right.")
    assert grid.grab().toImage() != blank
    grid.show_items(GalleryItems(names(1)))
    press(qtbot, grid, Qt.Key.Key_End)
    assert grid.current_path() == "0000000.jpg"


def test_keys_do_nothing_in_an_empty_grid(qtbot: QtBot, grid: GalleryView) -> None:
    opened = collect(grid.view_requested)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Plus):
        press(qtbot, grid, key)
    press(qtbot, grid, Qt.Key.Key_A, CTRL)
    assert opened == []
    assert grid.selected_count() == 0


def test_only_the_tiles_on_the_screen_are_painted(
    qtbot: QtBot, grid: GalleryView, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[int] = []
    original = grid._delegate.paint
    monkeypatch.setattr(
        grid._delegate,
        "paint",
        lambda painter, option, index: (painted.append(index.row()), original(painter, option, index)),
    )
    grid.show_items(GalleryItems(names(100_000)))
    grid.scrollTo(grid.gallery.index(50_000))
    painted.clear()
    grid.viewport().repaint()
    assert painted == list(grid._visible_rows())
    assert len(painted) < 30


def test_a_row_under_the_mouse_is_drawn_otherwise(
    qtbot: QtBot, grid: GalleryView, names: Names, thumbnails: Thumbnails
) -> None:
    grid.show_items(GalleryItems(names(9)))
    qtbot.waitUntil(lambda: bool(thumbnails.failure("0000001.jpg")))
    plain = tile(grid, 1)
    qtbot.mouseMove(grid.viewport(), middle(grid, 1))
    qtbot.waitUntil(lambda: grid._hovered == 1)
    assert tile(grid, 1) != plain
    qtbot.mouseMove(grid.viewport(), QPoint(700, 590))
    qtbot.waitUntil(lambda: grid._hovered is None)
    assert tile(grid, 1) == plain


def tile(grid: GalleryView, row: int) -> QImage:
    return grid.viewport().grab(grid.visualRect(grid.gallery.index(row))).toImage()


# -- thumbnails --------------------------------------------------------------------------------------------------------


def test_what_is_on_the_screen_is_asked_for_first_then_a_page_around_it(
    qtbot: QtBot, grid: GalleryView, names: Names, thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(thumbnails, "want", lambda photos, client="grid": asked.append([p.path for p in photos]))
    grid.show_items(GalleryItems(names(10_000)))
    grid.scrollTo(grid.gallery.index(5000), GalleryView.ScrollHint.PositionAtTop)
    qtbot.waitUntil(lambda: bool(asked))
    visible = [grid.gallery.path(row) for row in grid._visible_rows()]
    assert asked[-1][: len(visible)] == visible
    assert len(visible) < len(asked[-1]) <= 4 * len(visible)
    assert len(set(asked[-1])) == len(asked[-1])


def test_an_arriving_thumbnail_repaints_its_tile_alone(
    qtbot: QtBot, grid: GalleryView, photo_folder: object, photo_paths: list[str], thumbnails: Thumbnails
) -> None:
    thumbnails.set_root(photo_folder)  # type: ignore[arg-type]
    grid.show_items(GalleryItems(photo_paths))
    before = tile(grid, 0)
    qtbot.waitUntil(lambda: thumbnails.pixmap(photo_paths[0]) is not None)
    assert tile(grid, 0) != before


def test_a_thumbnail_that_another_panel_got_first_is_painted_too(
    qtbot: QtBot,
    grid: GalleryView,
    photo_folder: Path,
    photo_paths: list[str],
    thumbnails: Thumbnails,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The list changes, is painted, and the picture arrives before the grid has said what it shows now."""
    thumbnails.set_root(photo_folder)
    grid.show_items(GalleryItems(photo_paths[:1]))
    qtbot.waitUntil(lambda: thumbnails.pixmap(photo_paths[0]) is not None and thumbnails.idle)
    grid.show_items(GalleryItems(photo_paths[1:2]))
    grid.viewport().repaint()
    painted: list[int] = []
    monkeypatch.setattr(grid._delegate, "paint", lambda painter, option, index: painted.append(index.row()))
    image = QImage(160, 120, QImage.Format.Format_RGB32)
    thumbnails._keep(_Loaded(Wanted(photo_paths[1], 160), thumbnails._era, image, 160))
    qtbot.waitUntil(lambda: painted == [0])


# -- accessibility -----------------------------------------------------------------------------------------------------


def test_a_screen_reader_finds_a_list_of_named_photos(qtbot: QtBot, grid: GalleryView, names: Names) -> None:
    QAccessible.setActive(True)
    try:
        grid.show_items(ranked(names(100_000)))
        interface = QAccessible.queryAccessibleInterface(grid)
        assert interface.role() == QAccessible.Role.List
        assert interface.text(QAccessible.Text.Name) == "Photos"
        assert interface.childCount() == 100_000
        child = interface.child(41)
        assert child.role() == QAccessible.Role.ListItem
        assert child.text(QAccessible.Text.Name) == "Rank 42, distance 0.0410, 0099958.jpg"
        grid.set_current_path("0099958.jpg")
        assert interface.child(41).state().selected
        corner = grid.viewport().mapToGlobal(grid.visualRect(grid.gallery.index(41)).topLeft())
        assert child.rect().topLeft() == corner
        grid.selectAll()  # must not list a hundred thousand indexes
        assert grid.selected_count() == 100_000
    finally:
        QAccessible.setActive(False)


def test_an_odd_file_name_comes_back_as_it_is(qtbot: QtBot, grid: GalleryView) -> None:
    odd = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    grid.show_items(GalleryItems([odd]))
    with qtbot.waitSignal(grid.query_requested) as asked:
        click(qtbot, grid, 0)
    assert asked.args == [odd]
    assert grid.current_path() == odd


def test_qts_own_way_of_selecting_a_rectangle_works_too(grid: GalleryView, names: Names) -> None:
    grid.show_items(GalleryItems(names(20)))
    box = grid.visualRect(grid.gallery.index(0)).united(grid.visualRect(grid.gallery.index(5)))
    grid.setSelection(box, QItemSelectionModel.SelectionFlag.ClearAndSelect)
    assert selected(grid) == ["0000000.jpg", "0000001.jpg", "0000004.jpg", "0000005.jpg"]

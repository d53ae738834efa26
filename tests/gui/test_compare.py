"""The comparison: query and result, zoomed and moved as one."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from gui.compare import Compare
from gui.pictures import Pictures
from gui.query_side import QuerySide
from tests.gui.conftest import ranked


@pytest.fixture
def compare(qtbot: QtBot, pictures: Pictures, photo_folder: Path, photo_paths: list[str]) -> Compare:
    made = Compare(pictures)
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    qtbot.waitExposed(made)
    made.show_pair(QuerySide("blue.jpg", photo_folder / photo_paths[0]), photo_folder, ranked(photo_paths), 1)
    qtbot.waitUntil(lambda: made.left.view.has_image and made.right.view.has_image)
    return made


def test_both_pictures_are_named(compare: Compare, photo_paths: list[str]) -> None:
    name = photo_paths[-2].rsplit("/", 1)[-1]
    assert compare.left.caption.text() == "Query: blue.jpg"
    assert compare.right.caption.text() == f"Rank 2, distance 0.0010  ·  {name}  ·  96 × 72"
    assert compare.left.view.accessibleName() == "Query: blue.jpg"


def test_zoom_and_position_are_the_same_on_both_sides(qtbot: QtBot, compare: Compare) -> None:
    compare.left.view.zoom_by(3)
    compare.left.view.pan(40, -20)
    assert compare.left.view.look.zoom == 3
    assert compare.right.view.look == compare.left.view.look
    qtbot.keyClick(compare.right.view, Qt.Key.Key_0)
    assert compare.left.view.look == compare.right.view.look
    assert compare.left.view.look.zoom == 1


def test_the_next_result_is_looked_at_in_the_same_place(qtbot: QtBot, compare: Compare, photo_paths: list[str]) -> None:
    compare.right.view.zoom_by(3)
    compare.right.view.pan(30, 0)
    look = compare.left.view.look
    with qtbot.waitSignal(compare.current_changed) as told:
        qtbot.keyClick(compare.right.view, Qt.Key.Key_Right)
    assert told.args == [photo_paths[-3]]
    qtbot.waitUntil(lambda: compare.right.view.has_image)
    assert compare.right.view.look == look
    qtbot.keyClick(compare.right.view, Qt.Key.Key_Left)
    qtbot.keyClick(compare.right.view, Qt.Key.Key_Left)
    qtbot.keyClick(compare.right.view, Qt.Key.Key_Left)
    assert compare.path() == photo_paths[-1]
    assert not compare._previous.isEnabled()


def test_tab_flicks_between_them_in_one_place_and_esc_goes_back(qtbot: QtBot, compare: Compare) -> None:
    assert not compare.flicking
    qtbot.keyClick(compare.right.view, Qt.Key.Key_Tab)
    assert (compare.left.isVisible(), compare.right.isVisible()) == (True, False)
    qtbot.waitUntil(lambda: compare.left.width() > 800)
    compare.left.view.zoom_by(2)
    place, look = compare.left.geometry(), compare.left.view.look
    qtbot.keyClick(compare.left.view, Qt.Key.Key_Tab)
    assert (compare.left.isVisible(), compare.right.isVisible()) == (False, True)
    qtbot.waitUntil(lambda: compare.right.geometry() == place)
    assert compare.right.view.look == look
    with qtbot.assertNotEmitted(compare.closed):
        qtbot.keyClick(compare.right.view, Qt.Key.Key_Escape)
    assert not compare.flicking
    with qtbot.waitSignal(compare.closed):
        qtbot.keyClick(compare.right.view, Qt.Key.Key_Escape)


def test_a_pasted_picture_can_be_compared_too(
    qtbot: QtBot, compare: Compare, photo_folder: Path, photo_paths: list[str]
) -> None:
    pasted = QImage(50, 40, QImage.Format.Format_RGB32)
    pasted.fill(QColor("green"))
    compare.show_pair(QuerySide("Pasted picture", image=pasted), photo_folder, ranked(photo_paths), 0)
    assert compare.left.view.has_image
    assert compare.left.caption.text() == "Query: Pasted picture"


def test_a_result_that_cannot_be_read_says_so(
    qtbot: QtBot, compare: Compare, photo_folder: Path, photo_paths: list[str], pictures: Pictures
) -> None:
    (photo_folder / photo_paths[5]).unlink()
    row = len(photo_paths) - 6
    compare.show_pair(QuerySide("q", photo_folder / photo_paths[0]), photo_folder, ranked(photo_paths), row)
    qtbot.waitUntil(lambda: compare.right.view._message == "This picture cannot be read.")
    assert compare.left.view.has_image


def test_f_asks_for_the_full_screen_and_clear_lets_go(qtbot: QtBot, compare: Compare) -> None:
    with qtbot.waitSignal(compare.full_screen_requested):
        qtbot.keyClick(compare.left.view, Qt.Key.Key_F)
    compare.clear()
    assert compare.path() is None
    assert not compare.left.view.has_image
    assert not compare.right.view.has_image

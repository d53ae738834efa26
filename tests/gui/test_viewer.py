"""The viewer: one photo large, the others of the ranking a key away."""

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from gui.gallery_model import GalleryItems
from gui.pictures import Pictures
from gui.viewer import Viewer
from tests.gui.conftest import ranked


@pytest.fixture
def viewer(qtbot: QtBot, pictures: Pictures) -> Viewer:
    made = Viewer(pictures)
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    return made


@pytest.fixture
def opened(qtbot: QtBot, viewer: Viewer, photo_folder: Path, photo_paths: list[str]) -> Viewer:
    viewer.show_photo(photo_folder, ranked(photo_paths), 2)
    qtbot.waitUntil(lambda: viewer.view.has_image)
    return viewer


def press(qtbot: QtBot, viewer: Viewer, key: Qt.Key) -> None:
    qtbot.keyClick(viewer.view, key)


def test_it_shows_the_photo_and_says_rank_distance_name_and_size(opened: Viewer, photo_paths: list[str]) -> None:
    name = photo_paths[-3].rsplit("/", 1)[-1]
    assert opened.path() == photo_paths[-3]
    assert opened._caption.text() == f"Rank 3, distance 0.0020  ·  {name}  ·  96 × 72"
    assert opened.view.accessibleName() == opened._caption.text()


def test_left_and_right_go_along_the_ranking_and_stop_at_its_ends(
    qtbot: QtBot, opened: Viewer, photo_paths: list[str]
) -> None:
    seen: list[object] = []
    opened.current_changed.connect(seen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left):
        press(qtbot, opened, key)
    assert seen == [photo_paths[-4], photo_paths[-3], photo_paths[-2], photo_paths[-1]]
    press(qtbot, opened, Qt.Key.Key_End)
    assert opened.path() == photo_paths[0]
    press(qtbot, opened, Qt.Key.Key_Right)
    assert opened.path() == photo_paths[0]
    press(qtbot, opened, Qt.Key.Key_Home)
    assert opened.path() == photo_paths[-1]


def test_the_next_photo_is_there_before_it_is_asked_for(
    qtbot: QtBot, opened: Viewer, pictures: Pictures, photo_folder: Path, photo_paths: list[str]
) -> None:
    qtbot.waitUntil(lambda: pictures.get(photo_folder / photo_paths[-4]) is not None)
    opened.step(1)
    assert opened.view.has_image


def test_esc_closes_and_f_asks_for_the_full_screen(qtbot: QtBot, opened: Viewer) -> None:
    with qtbot.waitSignal(opened.closed):
        press(qtbot, opened, Qt.Key.Key_Escape)
    with qtbot.waitSignal(opened.full_screen_requested):
        press(qtbot, opened, Qt.Key.Key_F)


def test_tab_flicks_to_the_query_and_back_with_the_same_zoom(
    qtbot: QtBot, opened: Viewer, photo_folder: Path, photo_paths: list[str]
) -> None:
    opened.set_query(photo_folder / photo_paths[0])
    opened.view.zoom_by(2)
    look, caption = opened.view.look, opened._caption.text()
    press(qtbot, opened, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: opened.view.has_image)
    assert opened._caption.text() == "Query: 0.jpg"
    press(qtbot, opened, Qt.Key.Key_Tab)
    assert opened._caption.text() == caption
    assert opened.view.look == look
    press(qtbot, opened, Qt.Key.Key_Tab)
    press(qtbot, opened, Qt.Key.Key_Right)
    assert opened.path() == photo_paths[-4]


def test_zooming_in_brings_the_full_detail(qtbot: QtBot, viewer: Viewer, tmp_path: Path) -> None:
    file = tmp_path / "large.jpg"
    Image.new("RGB", (3200, 2400), (40, 90, 160)).save(file)
    viewer.show_file(file)
    qtbot.waitUntil(lambda: viewer.view.has_image)
    assert viewer.view.detail < 3200
    viewer.view.one_to_one()
    qtbot.waitUntil(lambda: viewer.view.detail == 3200)
    assert viewer._zoom.text() == "100 %"
    assert viewer.view.percent == pytest.approx(100)


def test_a_photo_that_cannot_be_read_says_so_and_the_next_is_shown(
    qtbot: QtBot, viewer: Viewer, photo_folder: Path, photo_paths: list[str]
) -> None:
    (photo_folder / photo_paths[1]).write_bytes(b"broken")
    viewer.show_photo(photo_folder, GalleryItems(photo_paths), 1)
    qtbot.waitUntil(lambda: viewer.view._message == "This picture cannot be read.")
    viewer.step(1)
    qtbot.waitUntil(lambda: viewer.view.has_image)
    assert viewer._caption.text().endswith("96 × 72")


def test_buttons_have_names_and_know_when_there_is_no_next(opened: Viewer, photo_paths: list[str]) -> None:
    names = [button.accessibleName() for button in opened.findChildren(QToolButton)]
    assert names == ["Previous photo (Left)", "Next photo (Right)", "Back to the photos (Esc)"]
    assert opened._next.isEnabled()
    opened.step(len(photo_paths))
    assert not opened._next.isEnabled()
    assert opened._previous.isEnabled()
    opened._previous.click()
    assert opened.path() == photo_paths[1]


def test_clear_lets_go(opened: Viewer) -> None:
    opened.clear()
    assert opened.path() is None
    assert not opened.view.has_image
    assert opened.sizeHint() == QSize(640, 480)

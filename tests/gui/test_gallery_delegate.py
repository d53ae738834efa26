"""A tile as it is drawn: read from its pixels, in light and in dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from gui.gallery_delegate import PADDING, GalleryDelegate, mixed
from gui.gallery_model import GalleryItems, GalleryModel
from gui.theme import DARK, LIGHT, palette
from gui.thumbnails import Thumbnails, Wanted
from tests.gui.conftest import ranked

NAMES = ["a.png", "b.png"]
SELECTED, HOVER, FOCUS = (
    QStyle.StateFlag.State_Selected,
    QStyle.StateFlag.State_MouseOver,
    QStyle.StateFlag.State_HasFocus,
)
NOTHING = QStyle.StateFlag.State_Enabled


class Easel:
    """Draws tiles of a delegate on images."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self.delegate = GalleryDelegate(thumbnails)
        self.model = GalleryModel()
        self.model.set_items(ranked(NAMES))
        self.palette = palette(LIGHT)

    def draw(self, row: int = 0, state: QStyle.StateFlag = NOTHING, top: int = 0) -> QImage:
        size = self.delegate.extent(QFont(), self.model.ranked)
        image = QImage(size.width(), size.height() + top, QImage.Format.Format_RGB32)
        image.fill(self.palette.color(QPalette.ColorRole.Base))
        option = QStyleOptionViewItem()
        option.palette = self.palette
        option.rect = QRect(0, top, size.width(), size.height())
        option.state = state
        option.font = QFont()
        with QPainter(image) as painter:
            self.delegate.paint(painter, option, self.model.index(row))
        return image


@pytest.fixture
def easel(qapp: object, thumbnails: Thumbnails) -> Iterator[Easel]:
    return Easel(thumbnails)


def colours(image: QImage, area: QRect) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(area.left(), area.right())
        for y in range(area.top(), area.bottom())
    }


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_selected_hovered_and_plain_tiles_differ_in_both_themes(easel: Easel, scheme: str) -> None:
    easel.palette = palette(scheme)
    states = [NOTHING, HOVER, SELECTED, SELECTED | HOVER, FOCUS]
    images = [easel.draw(0, NOTHING | state) for state in states]
    for number, image in enumerate(images):
        assert image not in images[:number]
    edge = images[2].pixelColor(images[2].width() // 2, 1)
    assert edge == easel.palette.color(QPalette.ColorRole.Highlight)


def test_colours_come_from_the_palette_of_the_option(easel: Easel) -> None:
    strange = palette(LIGHT)
    strange.setColor(QPalette.ColorRole.AlternateBase, QColor("#123456"))
    strange.setColor(QPalette.ColorRole.Text, QColor("#abcdef"))
    easel.palette = strange
    seen = colours(easel.draw(), QRect(4, 4, 4, 4))
    assert seen == {"#123456"}
    assert "#abcdef" in colours(easel.draw(), QRect(PADDING, 180, 160, 20))


def test_the_photo_stands_in_the_middle_whole(
    qtbot: QtBot, easel: Easel, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    Image.new("RGB", (400, 200), (10, 200, 10)).save(tmp_path / "b.png")
    thumbnails.set_root(tmp_path)
    thumbnails.want([Wanted("b.png", 160)])
    qtbot.waitUntil(lambda: thumbnails.pixmap("b.png") is not None)
    image = easel.draw(0)
    green = QColor(10, 200, 10)
    middle_y = PADDING + 80
    assert image.pixelColor(PADDING + 80, middle_y) == green
    assert image.pixelColor(PADDING + 1, middle_y) == green
    assert image.pixelColor(PADDING + 158, middle_y) == green
    assert image.pixelColor(PADDING + 80, PADDING + 38) != green
    assert image.pixelColor(PADDING + 80, PADDING + 42) == green


def test_a_photo_keeps_its_place_in_the_tile_wherever_the_tile_is(
    qtbot: QtBot, easel: Easel, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    Image.new("RGB", (160, 119), (10, 200, 10)).save(tmp_path / "b.png")  # half a pixel of room above
    thumbnails.set_root(tmp_path)
    thumbnails.want([Wanted("b.png", 160)])
    qtbot.waitUntil(lambda: thumbnails.pixmap("b.png") is not None)
    tile = QRect(0, 0, 176, 210)
    assert easel.draw(0, top=7).copy(tile.translated(0, 7)) == easel.draw(0, top=8).copy(tile.translated(0, 8))


def test_a_small_photo_is_not_blown_up(qtbot: QtBot, easel: Easel, thumbnails: Thumbnails, tmp_path: Path) -> None:
    Image.new("RGB", (20, 20), (10, 200, 10)).save(tmp_path / "b.png")
    thumbnails.set_root(tmp_path)
    thumbnails.want([Wanted("b.png", 160)])
    qtbot.waitUntil(lambda: thumbnails.pixmap("b.png") is not None)
    image = easel.draw(0)
    green = QColor(10, 200, 10)
    row = [x for x in range(image.width()) if image.pixelColor(x, PADDING + 80) == green]
    assert len(row) == 20


def test_a_file_that_cannot_be_read_says_so(qtbot: QtBot, easel: Easel, thumbnails: Thumbnails, tmp_path: Path) -> None:
    waiting = easel.draw(0)
    (tmp_path / "b.png").write_bytes(b"no picture")
    thumbnails.set_root(tmp_path)
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want([Wanted("b.png", 160)])
    square = QRect(PADDING, PADDING, 160, 160)
    assert len(colours(waiting, square)) < len(colours(easel.draw(0), square))


def test_rank_and_distance_can_be_switched_off(easel: Easel) -> None:
    with_numbers = easel.draw()
    easel.delegate.numbers = False
    without = easel.draw()
    assert without.height() < with_numbers.height()
    easel.delegate.numbers = True
    easel.model.set_items(GalleryItems(NAMES))
    assert easel.draw().height() == without.height()


def test_a_long_name_is_shortened_in_the_middle(easel: Easel) -> None:
    easel.delegate.numbers = False
    long = "first " + "m" * 80 + " last.png"
    easel.model.set_items(GalleryItems([long]))
    first = easel.draw()
    easel.model.set_items(GalleryItems([long.replace("mmm", "mm")]))
    assert easel.draw() == first  # what differs is hidden behind the dots
    easel.model.set_items(GalleryItems([long.replace("last", "lost")]))
    assert easel.draw() != first
    outside = QRect(2, 170, PADDING - 3, first.height() - 180)
    assert len(colours(first, outside)) == 1


def test_the_tile_grows_with_its_size(easel: Easel) -> None:
    small = easel.delegate.extent(QFont(), True)
    easel.delegate.tile_size = 200
    large = easel.delegate.extent(QFont(), True)
    assert (large.width() - small.width(), large.height() - small.height()) == (40, 40)


def test_mixing_colours() -> None:
    assert mixed(QColor(0, 0, 0), QColor(255, 255, 255), 0.2).red() == 51
    assert mixed(QColor("#102030"), QColor("#ffffff"), 0.0).name() == "#102030"

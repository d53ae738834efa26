"""Folders as groups, and the shades of distances."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPalette

from engine.path_table import PathTable
from gui.map_groups import COLOURED, RAMP, REST, by_folder, folder_colours, packed, ramp, shades
from gui.theme import DARK, LIGHT, palette


def grouped(*paths: str) -> tuple[tuple[str, ...], dict[str, int], int]:
    table = PathTable.from_paths(paths)
    found = by_folder(table)
    return found.names, dict(zip(table, found.number.tolist(), strict=True)), found.others


def test_photos_belong_to_the_outermost_folder_the_largest_first() -> None:
    names, number, others = grouped("a/1.jpg", "b/x/1.jpg", "b/y/2.jpg", "b/3.jpg", "c.jpg")
    assert names == ("b", "", "a")
    assert number == {"a/1.jpg": 2, "b/3.jpg": 0, "b/x/1.jpg": 0, "b/y/2.jpg": 0, "c.jpg": 1}
    assert others == 0


def test_where_all_lie_in_one_folder_its_folders_tell_them_apart() -> None:
    names, number, _ = grouped("all/a/1.jpg", "all/a/2.jpg", "all/b/1.jpg", "all/0.jpg")
    assert names == ("all/a", "", "all/b")
    assert number["all/0.jpg"] == 1


def test_names_that_begin_alike_are_two_folders() -> None:
    names, number, _ = grouped("a/1.jpg", "a b/1.jpg", "a-b/1.jpg", "a/2.jpg", "a.jpg")
    assert names[0] == "a"
    assert len(set(number.values())) == 4


def test_many_folders_share_the_last_colour() -> None:
    paths = [f"{folder:02}/{photo}.jpg" for folder in range(14) for photo in range(20 - folder)]
    names, number, others = grouped(*paths)
    assert names == tuple(f"{folder:02}" for folder in range(COLOURED))
    assert others == 14 - COLOURED
    assert {number["09/0.jpg"], number["13/0.jpg"]} == {REST}


def test_an_empty_library_and_one_without_folders_have_groups_too() -> None:
    assert grouped() == ((), {}, 0)
    assert grouped("1.jpg", "2.jpg") == (("",), {"1.jpg": 0, "2.jpg": 0}, 0)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_folders_can_be_told_from_the_ground_and_from_each_other(theme: str) -> None:
    colours = palette(theme)
    ground = colours.color(QPalette.ColorRole.Base)
    hues = folder_colours(colours)
    assert len(hues) == COLOURED + 1
    assert min(contrast(hue, ground) for hue in hues) >= 3.0
    assert len({hue.name() for hue in hues}) == COLOURED + 1


def contrast(one: QColor, other: QColor) -> float:
    """As WCAG 2 defines it."""

    def luminance(colour: QColor) -> float:
        parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.getRgbF()[:3])
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_nearest_photo_has_the_first_shade_and_half_of_all_the_last() -> None:
    distances = np.array([0.0, 0.2, 0.3, 0.6, 0.8, 1.0], dtype=np.float32)
    # The query itself at 0 is not counted: from 0.2 to the median 0.6, of which 0.3 is a quarter.
    assert shades(distances, own=[0]).tolist() == [0, 0, round((RAMP - 1) / 4), RAMP - 1, RAMP - 1, RAMP - 1]
    assert shades(np.full(3, 0.5, dtype=np.float32)).tolist() == [0, 0, 0]
    assert shades(np.array([0.5], dtype=np.float32), own=[0]).tolist() == [0]


def test_the_ramp_goes_from_a_colour_of_its_own_to_the_quiet_one() -> None:
    steps = ramp(palette(LIGHT))
    assert len(steps) == RAMP
    assert steps[-1].name() == palette(LIGHT).color(QPalette.ColorRole.Mid).name()
    assert packed([QColor("#102030")]).tolist() == [0xFF102030]

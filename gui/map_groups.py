"""Which folder each photo of a map belongs to, and the colours that tell folders and distances apart; no widgets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPalette

from engine.path_table import PathTable

COLOURED = 9  # folders with a colour of their own: more cannot be told apart
REST = COLOURED  # the number of the other folders' group
RAMP = 64  # shades between near and far

# Hues that differ for the colour-blind as well (after Okabe and Ito), each with a contrast of at least 3 to 1 on its
# ground: dark ones for light windows, and the other way round.
_LIGHT = ("#0072b2", "#c8500a", "#00875f", "#b03a8c", "#7a6a00", "#3b3fb8", "#c2203b", "#187f9c", "#7d4b1e")
_DARK = ("#4fa8e8", "#f08a3c", "#2fc295", "#e48cc4", "#e0d34a", "#9aa0ff", "#ff7d8b", "#7cd5ee", "#d1a273")


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """`number` int16 [N] gives each photo's group: an index into `names` (the largest folder first), or REST.
    `others` is how many folders share REST."""

    names: tuple[str, ...]
    number: NDArray[np.int16]
    others: int


def by_folder(paths: PathTable) -> Groups:
    """Group photos by the outermost folder in which they differ: where all lie in one folder, by those inside it.

    Photos that lie in none of them are a group named "".
    """
    base = ""
    while True:
        ranges = _folders(paths, base)
        if len(ranges) != 1 or not ranges[0][0] or ranges[0][1:] != (0, len(paths)):
            break
        base = ranges[0][0]
    sizes: dict[str, int] = {}
    for name, first, end in ranges:
        sizes[name] = sizes.get(name, 0) + end - first
    names = sorted(sizes, key=lambda name: (-sizes[name], name))
    numbers = {name: min(place, REST) for place, name in enumerate(names)}
    number = np.zeros(len(paths), dtype=np.int16)
    for name, first, end in ranges:
        number[first:end] = numbers[name]
    return Groups(tuple(names[:COLOURED]), number, max(0, len(names) - COLOURED))


def _folders(paths: PathTable, base: str) -> list[tuple[str, int, int]]:
    """The ranges of the folders directly in `base` and, named "", of the photos between them."""
    inner = len(base) + 1 if base else 0
    found: list[tuple[str, int, int]] = []
    position = 0
    while position < len(paths):
        name, slash, _ = paths[position][inner:].partition("/")
        if slash:
            folder = paths[position][: inner + len(name)]
            first, end = position, paths.folder_range(folder)[1]
        else:
            folder, first, end = "", position, position + 1
        if found and not folder and found[-1][0] == "" and found[-1][2] == first:
            found[-1] = ("", found[-1][1], end)
        else:
            found.append((folder, first, end))
        position = end
    return found


def is_dark(palette: QPalette) -> bool:
    return palette.color(QPalette.ColorRole.Base).lightness() < 128


def folder_colours(palette: QPalette) -> list[QColor]:
    """A colour for each group, that of the rest last."""
    hues = _DARK if is_dark(palette) else _LIGHT
    return [*map(QColor, hues), palette.color(QPalette.ColorRole.Dark)]


def ramp(palette: QPalette) -> list[QColor]:
    """The shades from near to far."""
    near = QColor("#ffb020" if is_dark(palette) else "#c2203b")
    middle, far = palette.color(QPalette.ColorRole.Highlight), palette.color(QPalette.ColorRole.Mid)
    return [_between(near, middle, far, step / (RAMP - 1)) for step in range(RAMP)]


def _between(near: QColor, middle: QColor, far: QColor, share: float) -> QColor:
    first, second, part = (near, middle, 2 * share) if share < 0.5 else (middle, far, 2 * share - 1)
    return mixed(first, second, part)


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """A colour between two: 0 is the first, 1 the second."""
    pairs = (
        (first.redF(), second.redF()),
        (first.greenF(), second.greenF()),
        (first.blueF(), second.blueF()),
    )
    return QColor.fromRgbF(*(a + (b - a) * share for a, b in pairs))


def shades(distances: NDArray[np.float32], own: Sequence[int] = ()) -> NDArray[np.int16]:
    """The step of the ramp for each distance, int16 [N]: even steps from the nearest photo, the query's `own` left out,
    to the middle one of all; what is farther is far. Most photos of a large library are about equally far from any
    query."""
    others = np.delete(distances, own)
    if not len(others):
        return np.zeros(len(distances), dtype=np.int16)
    low, middle = float(others.min()), float(np.median(others))
    if middle <= low:
        return np.zeros(len(distances), dtype=np.int16)
    steps = np.clip((distances - low) / (middle - low), 0.0, 1.0) * (RAMP - 1)
    whole: NDArray[np.int16] = np.rint(steps).astype(np.int16)
    return whole


def packed(colours: list[QColor]) -> NDArray[np.uint32]:
    """Colours as opaque pixels, 0xAARRGGBB."""
    return np.array([colour.rgba() for colour in colours], dtype=np.uint32)

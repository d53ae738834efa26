"""What a map shows: the places of photos, their colours and order, and what is said of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPalette

from engine.path_table import PathTable
from gui import messages
from gui.gallery_model import shown_name, shown_text
from gui.map_groups import Groups, folder_colours, mixed, packed, ramp
from gui.map_points import Points

_NOTHING = np.empty((0, 2), dtype=np.float32)
NEAREST = 500  # photos that no farther one may hide
FAINT = 0.25  # how strong the colour of a photo is that the filter or the scope leaves out


@dataclass(frozen=True, eq=False)
class Scene:
    """`points` float32 [N, 2] belong to `paths` [N] (sorted). `shade` int16 [N] is each photo's place in the colours:
    of a folder, or of a distance where `distances` float32 [N] are known. `shown` bool [N] are photos that stand out;
    None: all do. `queries` are the query's own photos. `contents` uint8 [N, 16] are hashes, the keys of thumbnails."""

    points: Points = field(default_factory=lambda: _NOTHING)
    paths: PathTable = field(default_factory=lambda: PathTable.from_sorted(()))
    shade: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    palette: QPalette = field(default_factory=QPalette)
    groups: Groups | None = None
    distances: NDArray[np.float32] | None = None
    shown: NDArray[np.bool_] | None = None
    queries: tuple[int, ...] = ()
    contents: NDArray[np.uint8] | None = None
    description: str = ""
    caption_of: Callable[[str, float | None], str] = lambda path, _distance: shown_name(path)

    def recoloured(self, palette: QPalette) -> "Scene":
        """The same in a window of other colours."""
        return replace(self, palette=QPalette(palette))

    @property
    def by_distance(self) -> bool:
        return self.distances is not None

    @cached_property
    def colours(self) -> list[QColor]:
        """The colour of each shade."""
        return ramp(self.palette) if self.by_distance else folder_colours(self.palette)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The photos in the order in which they are drawn, what matters most last: the nearest over the others, or
        shuffled, so that no folder hides another."""
        if self.distances is not None:
            order = np.argsort(-self.distances, kind="stable")
        else:
            order = np.random.default_rng(0).permutation(len(self.points))
        if self.shown is not None:
            order = np.concatenate((order[~self.shown[order]], order[self.shown[order]]))
        return order.astype(np.int64)

    @property
    def layers(self) -> tuple[slice, ...]:
        """Parts of that order, each to be drawn over those before it: what stands out, or the nearest, above all."""
        size = len(self.points)
        below = int((~self.shown).sum()) if self.shown is not None else size - NEAREST if self.by_distance else 0
        return tuple(part for part in (slice(0, below), slice(max(0, below), size)) if part.stop > part.start)

    @cached_property
    def drawn(self) -> Points:
        """The points in that order."""
        return self.points[self.order]

    @cached_property
    def pixels(self) -> NDArray[np.uint32]:
        """The colours in that order, as pixels."""
        return self.pixels_of(self.order)

    def pixels_of(self, indices: NDArray[np.int64]) -> NDArray[np.uint32]:
        """The colours of some photos, as pixels."""
        strong = packed(self.colours)
        found: NDArray[np.uint32] = strong[self.shade[indices]]
        if self.shown is not None:
            ground = self.palette.color(QPalette.ColorRole.Base)
            faint = packed([mixed(ground, colour, FAINT) for colour in self.colours])
            found = np.where(self.shown[indices], found, faint[self.shade[indices]])
        return found

    @cached_property
    def _place(self) -> NDArray[np.int64]:
        place = np.empty(len(self.order), dtype=np.int64)
        place[self.order] = np.arange(len(self.order))
        return place

    def among(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Some photos in the order in which they are drawn."""
        return indices[np.argsort(self._place[indices], kind="stable")]

    def path(self, index: int) -> str:
        return self.paths[index]

    def index_of(self, path: str) -> int | None:
        return self.paths.index_of(path)

    def content(self, index: int) -> bytes | None:
        """The hash of a photo's file, where it is known."""
        return None if self.contents is None else self.contents[index].tobytes()

    def colour(self, index: int) -> QColor:
        return QColor.fromRgba(int(self.pixels_of(np.array([index]))[0]))

    def distance(self, index: int) -> float | None:
        return None if self.distances is None else float(self.distances[index])

    def caption(self, index: int) -> str:
        """What stands under a photo: its name, its folder or its distance."""
        return self.caption_of(self.paths[index], self.distance(index))

    def spoken(self, index: int) -> str:
        """What a screen reader says of a photo."""
        return ", ".join(self.caption(index).split("\n"))


def folder_of(path: str) -> str:
    """The folder that a photo lies in, as it can be drawn; "" for the library itself."""
    return shown_text(path.rpartition("/")[0])


def caption(path: str, distance: float | None, about: str) -> str:
    """A photo's name over its folder, and its distance where there is one: `about` holds the place %1 for it."""
    lines: Sequence[str] = [line for line in (shown_name(path), folder_of(path)) if line]
    return "\n".join(lines if distance is None else [*lines, about.replace("%1", messages.distance(distance))])

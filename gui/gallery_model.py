"""The photos of the grid as columns, shown to Qt as a list model: no Python object is kept per photo."""

import html
import os
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from gui import messages
from gui.guard import guarded

PathRole = Qt.ItemDataRole.UserRole + 1
RankRole = Qt.ItemDataRole.UserRole + 2
DistanceRole = Qt.ItemDataRole.UserRole + 3

AnyIndex = QModelIndex | QPersistentModelIndex


class StackRole(IntEnum):
    """What a row is to a stack of near-identical photos."""

    NONE = 0
    FOLDED = 1  # its best photo, which stands for all
    UNFOLDED = 2  # its best photo, with the others behind it
    MEMBER = 3  # another photo of an unfolded stack


@dataclass(frozen=True, eq=False)
class GalleryItems:
    """What the grid shows. `paths` [N] are sorted; row r of the grid is `paths[order[r]]`.

    `sizes` (bytes), `mtimes_ns` and `content` (hash, uint8 [N, 16]) go with `paths`; `distances` [R] and `ranks` [R] go
    with the rows. Any of them may be unknown (None). Rows that have distances but no `ranks` stand in order of rank.
    `stack_sizes` [R] counts the photos of the stack that a row lies in (0: none); `stack_roles` [R]: see `StackRole`.
    """

    paths: Sequence[str]
    order: NDArray[np.int64] | None = None
    distances: NDArray[np.float64] | None = None
    sizes: NDArray[np.int64] | None = None
    mtimes_ns: NDArray[np.int64] | None = None
    content: NDArray[np.uint8] | None = None
    ranks: NDArray[np.int64] | None = None
    stack_sizes: NDArray[np.int64] | None = None
    stack_roles: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        rows, photos = len(self), len(self.paths)
        for name, column, length in (
            ("distances", self.distances, rows),
            ("ranks", self.ranks, rows),
            ("stack_sizes", self.stack_sizes, rows),
            ("stack_roles", self.stack_roles, rows),
            ("sizes", self.sizes, photos),
            ("mtimes_ns", self.mtimes_ns, photos),
            ("content", self.content, photos),
        ):
            if column is not None and len(column) != length:
                raise ValueError(f"{name} has {len(column)} entries for {length}")

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.paths) if self.order is None else len(self.order)


EMPTY = GalleryItems(())


def shown_name(path: str) -> str:
    """The file name as it can be drawn: bytes that are no UTF-8 become replacement characters."""
    return shown_text(path.rpartition("/")[2])


def shown_text(text: str) -> str:
    """A path or a name without the lone surrogates that Qt drops."""
    return os.fsencode(text).decode("utf-8", "replace") if not text.isascii() else text


def tooltip(text: str) -> str:
    """Text for a tooltip: Qt takes for HTML what looks like it, and a file may be named so."""
    if "<" not in text:
        return text
    return f'<p style="white-space: pre-wrap">{html.escape(text)}</p>'


class GalleryModel(QAbstractListModel):
    """Rows over `GalleryItems`. Python asks `path(row)` rather than `PathRole`: Qt's strings lose undecodable bytes."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items = EMPTY
        self.about: Callable[[float], str] | None = None  # what a distance means, for the tooltip
        self.marks: Mapping[str, int] = {}  # path -> 1 "like this" or −1 "not this"

    @property
    def items(self) -> GalleryItems:
        """What is shown now."""
        return self._items

    @property
    def ranked(self) -> bool:
        """Whether the rows have distances to a query."""
        return self._items.distances is not None

    def set_items(self, items: GalleryItems) -> None:
        """Show other photos, or the same in another order."""
        self.beginResetModel()
        self._items = items
        self.endResetModel()

    def index_in_paths(self, row: int) -> int:
        """Where the photo of a row stands in `items.paths`."""
        return row if self._items.order is None else int(self._items.order[row])

    def path(self, row: int) -> str:
        """The path of a row's photo relative to the library, exactly as the file system has it."""
        return self._items.paths[self.index_in_paths(row)]

    def rank(self, row: int) -> int:
        """The rank from 1, or 0 where there is none."""
        if self._items.distances is None:
            return 0
        return row + 1 if self._items.ranks is None else int(self._items.ranks[row])

    def distance(self, row: int) -> float | None:
        """The distance to the query, None where there is none."""
        return None if self._items.distances is None else float(self._items.distances[row])

    def stack(self, row: int) -> tuple[StackRole, int]:
        """What the row is to a stack of near-identical photos, and how many these are."""
        items = self._items
        if items.stack_roles is None or items.stack_sizes is None or not items.stack_roles[row]:
            return StackRole.NONE, 0
        return StackRole(items.stack_roles[row]), int(items.stack_sizes[row])

    def content(self, row: int) -> bytes | None:
        """The hash of the file's bytes (16), None while it is not known."""
        content = self._items.content
        return None if content is None else content[self.index_in_paths(row)].tobytes()

    def size(self, row: int) -> int | None:
        """The file's size in bytes."""
        sizes = self._items.sizes
        return None if sizes is None else int(sizes[self.index_in_paths(row)])

    def mtime_ns(self, row: int) -> int | None:
        """When the file was last changed, in nanoseconds since 1970."""
        mtimes = self._items.mtimes_ns
        return None if mtimes is None else int(mtimes[self.index_in_paths(row)])

    def facts(self, path: str) -> tuple[bytes | None, int | None, int | None]:
        """Hash, size and time of a photo, shown in a row or not, as far as they are known."""
        items, at = self._items, self._place_of(path)
        if at is None:
            return None, None, None
        return (
            None if items.content is None else items.content[at].tobytes(),
            None if items.sizes is None else int(items.sizes[at]),
            None if items.mtimes_ns is None else int(items.mtimes_ns[at]),
        )

    def _place_of(self, path: str) -> int | None:
        """Where a photo stands in `items.paths`."""
        at = bisect_left(self._items.paths, path)
        return at if at < len(self._items.paths) and self._items.paths[at] == path else None

    def row_of(self, path: str) -> int | None:
        """The row that shows a photo; None where no row does."""
        at = self._place_of(path)
        if at is None:
            return None
        if self._items.order is None:
            return at
        rows = np.flatnonzero(self._items.order == at)
        return int(rows[0]) if len(rows) else None

    def rows_at(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows that show the photos at some places of `items.paths`, without those that no row shows."""
        if self._items.order is None:
            return positions
        row_of = np.full(len(self._items.paths), -1, dtype=np.int64)
        row_of[self._items.order] = np.arange(len(self._items), dtype=np.int64)
        rows: NDArray[np.int64] = row_of[positions]
        return rows[rows >= 0]

    @guarded(0)
    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._items)

    @guarded()
    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        if not index.isValid() or row >= len(self._items):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return shown_name(self.path(row))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.spoken(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(row)
        if role == PathRole:
            return self.path(row)
        if role == RankRole:
            return self.rank(row)
        if role == DistanceRole:
            return self.distance(row)
        return None

    def _tooltip(self, row: int) -> str:
        path, distance = shown_text(self.path(row)), self.distance(row)
        return tooltip(path if distance is None or self.about is None else f"{path}\n{self.about(distance)}")

    def spoken(self, row: int) -> str:
        """What a screen reader says of a tile: rank, distance, file name, mark and stack."""
        name = shown_name(self.path(row))
        distance = self.distance(row)
        if mark := self.marks.get(self.path(row)):
            name = f"{name}, " + (self.tr("marked as like this") if mark > 0 else self.tr("marked as not this"))
        role, size = self.stack(row)
        if role is StackRole.FOLDED:
            name = f"{name}, " + self.tr("stack of {size}, folded").format(size=size)
        elif role is not StackRole.NONE:
            name = f"{name}, " + self.tr("stack of {size}, unfolded").format(size=size)
        if distance is None:
            return name
        return self.tr("Rank {rank}, distance {distance}, {name}").format(
            rank=self.rank(row), distance=messages.distance(distance), name=name
        )

    @guarded(Qt.ItemFlag.NoItemFlags)
    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren

"""Selecting in the grid as in a file manager, in ranges of rows: a million selected photos are one range."""

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QItemSelectionModel
from PySide6.QtWidgets import QAbstractItemView

from gui.gallery_geometry import GridGeometry
from gui.gallery_model import GalleryItems, GalleryModel

_Flag = QItemSelectionModel.SelectionFlag
_MOST_RUNS = 10_000  # stretches of selected rows that Qt is handed at once: a tenth of a second


class SelectedPaths(Sequence[str]):
    """The paths of some rows, made when they are asked for: to select a million photos builds no million strings."""

    def __init__(self, items: GalleryItems, rows: NDArray[np.int64]) -> None:
        self._paths = items.paths
        self._at = rows if items.order is None else items.order[rows]

    @property
    def positions(self) -> NDArray[np.int64]:
        """Where they stand in the items' paths."""
        return self._at

    def __len__(self) -> int:
        return len(self._at)

    @overload
    def __getitem__(self, position: int) -> str: ...

    @overload
    def __getitem__(self, position: slice) -> list[str]: ...

    def __getitem__(self, position: int | slice) -> str | list[str]:
        if isinstance(position, slice):
            return [self._paths[int(at)] for at in self._at[position]]
        return self._paths[int(self._at[position])]


class GallerySelection:
    """Turns clicks and keys into ranges of a selection model. `anchor` is where Shift begins."""

    def __init__(self, model: GalleryModel, view: QAbstractItemView) -> None:
        self._model = model
        self._view = view
        self._anchor: int | None = None
        self._band_command = _Flag.NoUpdate
        self._band_started = False

    @property
    def _selection(self) -> QItemSelectionModel:
        return self._view.selectionModel()

    def _range(self, first: int, last: int) -> QItemSelection:
        return QItemSelection(self._model.index(first), self._model.index(last))

    def _move(self, row: int) -> None:
        self._selection.setCurrentIndex(self._model.index(row), _Flag.NoUpdate)

    def forget(self) -> None:
        """The rows mean other photos now."""
        self._anchor = None

    def choose(self, row: int) -> None:
        """Only this one."""
        self._selection.select(self._model.index(row), _Flag.ClearAndSelect)
        self._anchor = row
        self._move(row)

    def toggle(self, row: int) -> None:
        """This one too, or this one not any more."""
        self._selection.select(self._model.index(row), _Flag.Toggle)
        self._anchor = row
        self._move(row)

    def extend(self, row: int, keep: bool) -> None:
        """All from the anchor to this one, in place of what was selected or (`keep`) besides it."""
        if self._anchor is None:
            self._anchor = max(0, self._selection.currentIndex().row())
        first, last = sorted((self._anchor, row))
        self._selection.select(self._range(first, last), _Flag.Select if keep else _Flag.ClearAndSelect)
        self._move(row)

    def move(self, row: int) -> None:
        """Only the keyboard's frame goes there."""
        self._move(row)

    def everything(self) -> None:
        """All photos, as one range."""
        count = len(self._model.items)
        if count:
            self._selection.select(self._range(0, count - 1), _Flag.ClearAndSelect)

    def invert(self) -> None:
        """Those that are not selected."""
        count = len(self._model.items)
        if count:
            self._selection.select(self._range(0, count - 1), _Flag.Toggle)

    def nothing(self) -> None:
        """No photo."""
        self._selection.clearSelection()

    def select_rows(self, rows: NDArray[np.int64]) -> None:
        """Exactly these; they need not be sorted. Of very many scattered ones the first are selected."""
        selection = QItemSelection()
        chosen = np.zeros(len(self._model.items), dtype=np.bool_)
        chosen[rows] = True
        at = np.flatnonzero(chosen)
        ends = np.flatnonzero(np.diff(at, append=np.iinfo(np.int64).max) > 1)[:_MOST_RUNS]
        first = 0
        for last in ends.tolist():
            selection.append(self._range(int(at[first]), int(at[last])).at(0))
            first = last + 1
        self._selection.select(selection, _Flag.ClearAndSelect)

    # -- the rubber band -------------------------------------------------------------------------------------------

    def begin_band(self, keep: bool, toggle: bool) -> None:
        """A band begins: it replaces what is selected, adds to it (`keep`), or turns it over (`toggle`)."""
        self._band_command = _Flag.Toggle if toggle else _Flag.Select
        self._band_started = False
        if not keep and not toggle:
            self._selection.clearSelection()

    def stretch_band(self, geometry: GridGeometry, left: int, top: int, right: int, bottom: int) -> None:
        """The band covers this rectangle now, in coordinates of the whole grid."""
        selection = QItemSelection()
        for first, last in geometry.ranges_in(left, top, right, bottom):
            selection.append(self._range(first, last).at(0))
        # `Current` replaces what the same band selected before and leaves alone what was selected before the band.
        command = self._band_command | _Flag.Current if self._band_started else self._band_command
        self._selection.select(selection, command)
        self._band_started = True

    # -- what is selected ------------------------------------------------------------------------------------------

    def _ranges(self) -> list[tuple[int, int]]:
        selection = self._selection.selection()
        return sorted((selection.at(i).top(), selection.at(i).bottom()) for i in range(selection.size()))

    def count(self) -> int:
        """How many photos are selected."""
        return sum(last - first + 1 for first, last in self._ranges())

    def is_selected(self, row: int) -> bool:
        """Whether this one is."""
        return self._selection.isSelected(self._model.index(row))

    def paths(self) -> SelectedPaths:
        """The selected photos in the order of the grid."""
        runs = [np.arange(first, last + 1, dtype=np.int64) for first, last in self._ranges()]
        return SelectedPaths(self._model.items, np.concatenate(runs) if runs else np.empty(0, np.int64))

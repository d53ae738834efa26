"""Folds near-identical results into one tile with a count; arithmetic on the grid's columns, and the job behind it."""

import logging
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.stacks import Stacks
from engine.store import Library
from gui.backend import Backend
from gui.gallery_model import GalleryItems, StackRole
from gui.search_job import SearchReply
from gui.settings import Settings
from gui.worker import Lane

SETTING = "fold_copies"
_log = logging.getLogger(__name__)


class Folding(QObject):
    """Follows the searches. `changed`: the same results are to be shown otherwise. `close` ends the thread."""

    changed = Signal()

    def __init__(self, backend: Backend, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._settings = settings
        self._lane = Lane("stacks", self)
        self._searched: tuple[Library, SearchReply] | None = None
        self._files: NDArray[np.int64] | None = None  # rows of the listing that lie in a stack, ascending
        self._numbers = np.empty(0, np.int64)  # each one's stack
        self._unfolded: set[int] = set()
        self.folded = 0  # photos that the last `fold` left out
        settings.changed.connect(self._on_setting)

    # -- what is compared ------------------------------------------------------------------------------------------

    def follow(self, library: Library, reply: SearchReply) -> None:
        """Look for stacks among these results; until they are found, nothing is folded."""
        self.forget()
        self._searched = library, reply
        self._start()

    def forget(self) -> None:
        """There are no results any more."""
        self._lane.cancel_all()
        self._searched, self._files = None, None
        self._unfolded = set()
        self.folded = 0

    def look_again(self) -> None:
        """Somebody called photos different, or took it back."""
        if self._searched is not None:
            self._start()

    @property
    def busy(self) -> bool:
        """Whether stacks are still being looked for."""
        return self._lane.busy

    def _start(self) -> None:
        if self._searched is None or not self._settings.fold_copies:
            return
        library, reply = self._searched
        from gui.stack_job import stack_steps  # with it come decoders that no start should wait for

        self._lane.submit(
            lambda _token: stack_steps(self._backend, library, reply),
            done=self._on_found,
            # Without stacks the results are as good as before: not worth a window.
            failed=lambda error: _log.warning("near-identical results are not folded: %s", error),
            replace=True,
        )

    def _on_found(self, stacks: Stacks) -> None:
        if self._searched is None:
            return
        to_file = self._searched[1].to_file
        files = stacks.positions if to_file is None else to_file[stacks.positions]
        order = np.argsort(files, kind="stable")
        self._files, self._numbers = files[order], stacks.numbers[order]
        self._unfolded = set()
        if len(files):
            self.changed.emit()

    def _on_setting(self, name: str) -> None:
        if name not in (SETTING, ""):
            return
        if self._settings.fold_copies and self._files is None:
            self._start()
        self.changed.emit()

    def close(self) -> None:
        """Wait for the thread to end."""
        self._lane.close()

    # -- what is shown ---------------------------------------------------------------------------------------------

    def toggle(self, items: GalleryItems, row: int) -> int | None:
        """Unfold the stack of a row of the shown items, or fold it again; returns where its first photo stands in the
        items' paths, None for a photo that lies in no stack."""
        number = self._number_of(items, row)
        if number is None:
            return None
        assert items.order is not None
        self._unfolded ^= {number}
        while items.stack_roles is not None and items.stack_roles[row] == StackRole.MEMBER:
            row -= 1
        return int(items.order[row])

    def _number_of(self, items: GalleryItems, row: int) -> int | None:
        if items.stack_roles is None or items.order is None or items.stack_roles[row] == StackRole.NONE:
            return None
        assert self._files is not None
        return int(self._numbers[np.searchsorted(self._files, items.order[row])])

    def fold(self, items: GalleryItems) -> GalleryItems:
        """The same results with each stack under its best photo; an unfolded stack stands together, there."""
        self.folded = 0
        if not self._settings.fold_copies or self._files is None or not len(self._files) or items.order is None:
            return items
        numbers = self._stack_numbers(items.order)
        rows = np.flatnonzero(numbers >= 0)
        ranks = np.arange(1, len(items) + 1) if items.ranks is None else items.ranks
        # By stack, and in it the best first.
        rows = rows[np.lexsort((ranks[rows], numbers[rows]))]
        stack, first, count = np.unique(numbers[rows], return_index=True, return_counts=True)
        if not (count > 1).any():
            return items
        unfolded = np.isin(stack, list(self._unfolded))
        leader = np.repeat(rows[first], count)
        leads, several = rows == leader, np.repeat(count > 1, count)
        roles = np.zeros(len(items), dtype=np.uint8)
        roles[rows[leads & several]] = StackRole.FOLDED
        roles[rows[leads & several & np.repeat(unfolded, count)]] = StackRole.UNFOLDED
        roles[rows[~leads]] = StackRole.MEMBER
        sizes = np.zeros(len(items), dtype=np.int64)
        sizes[rows] = np.repeat(np.where(count > 1, count, 0), count)
        hidden = np.zeros(len(items), dtype=np.bool_)
        hidden[rows[~leads & ~np.repeat(unfolded, count)]] = True
        # Members of an unfolded stack come right behind its first photo; all others stay where they are.
        place = np.arange(len(items), dtype=np.int64)
        place[rows] = leader
        behind = np.zeros(len(items), dtype=np.int64)
        behind[rows] = np.arange(len(rows))
        behind[rows[leads]] = -1
        order = np.lexsort((behind, place))
        order = order[~hidden[order]]
        self.folded = int(hidden.sum())
        assert items.distances is not None
        return replace(
            items,
            order=items.order[order],
            distances=items.distances[order],
            ranks=ranks[order],
            stack_sizes=sizes[order],
            stack_roles=roles[order],
        )

    def _stack_numbers(self, files: NDArray[np.int64]) -> NDArray[np.int64]:
        """The stack of each file of the listing, −1 for none."""
        assert self._files is not None
        at = np.minimum(np.searchsorted(self._files, files), len(self._files) - 1)
        return np.where(self._files[at] == files, self._numbers[at], -1)

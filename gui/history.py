"""Back and Forward over what was looked at, as a browser does it."""

from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

LIMIT = 200  # entries are small, but a list that nobody can read to the end helps nobody


class History(Generic[T]):
    """A line of places with a "you are here". Visiting a place drops what lay ahead of it."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._entries: list[T] = []
        self._position = -1
        self._limit = limit

    @property
    def entries(self) -> Sequence[T]:
        return tuple(self._entries)

    @property
    def position(self) -> int:
        """Index of the current place in `entries`; -1 while there is none."""
        return self._position

    @property
    def current(self) -> T | None:
        return self._entries[self._position] if self._position >= 0 else None

    @property
    def can_go_back(self) -> bool:
        return self._position > 0

    @property
    def can_go_forward(self) -> bool:
        return self._position < len(self._entries) - 1

    def visit(self, entry: T) -> bool:
        """Go to a new place; False if it is where we are already (nothing changes then)."""
        if self._position >= 0 and self._entries[self._position] == entry:
            return False
        del self._entries[self._position + 1 :]
        self._entries.append(entry)
        del self._entries[: -self._limit]
        self._position = len(self._entries) - 1
        return True

    def back(self) -> T | None:
        """The place before this one, now the current one; None at the beginning."""
        return self.jump(self._position - 1)

    def forward(self) -> T | None:
        """The place after this one, now the current one; None at the end."""
        return self.jump(self._position + 1)

    def jump(self, position: int) -> T | None:
        """Go to `entries[position]`; None if there is no such place (nothing changes then)."""
        if not 0 <= position < len(self._entries):
            return None
        self._position = position
        return self._entries[position]

    def clear(self) -> None:
        self._entries.clear()
        self._position = -1

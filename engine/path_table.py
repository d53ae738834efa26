"""A sorted list of paths as one block of bytes: a million of them open in no time and cost no Python objects."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import overload

import numpy as np
from numpy.typing import NDArray

# UTF-8 in which lone surrogates (undecodable bytes of a file name, PEP 383) are kept: in this form, and only in it,
# the order of the bytes is the code-point order of the strings, so that a binary search may compare bytes.
ENCODING = "utf-8"
ERRORS = "surrogatepass"

# Paths gathered at a time by `take`: bounds the index array that numpy needs, one number per byte of text.
_TAKE_AT_ONCE = 65_536
# So many runs of neighbours are faster copied one by one.
_FEW_RUNS = 1_000


class PathTable(Sequence[str]):
    """Paths in code-point order, without doubles.

    `blob` holds each path and a NUL after it (no file name can contain one), `offsets` int64 [N + 1] where each path
    begins. Both may be memory-mapped; nothing is copied.
    """

    __slots__ = ("_view", "blob", "offsets")

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        if blob.ndim != 1 or offsets.ndim != 1 or len(offsets) < 1 or int(offsets[-1]) != len(blob):
            raise ValueError("the offsets do not fit the text")
        # As plain arrays: looking up one number of a `numpy.memmap` takes ten times as long.
        self.blob = np.asarray(blob)
        self.offsets = np.asarray(offsets)
        self._view = self.blob.data

    @classmethod
    def from_sorted(cls, paths: Iterable[str]) -> "PathTable":
        """The table of paths that are already in order and unique (not checked)."""
        encoded = [path.encode(ENCODING, ERRORS) for path in paths]
        offsets = np.fromiter(
            accumulate((len(path) + 1 for path in encoded), initial=0), dtype=np.int64, count=len(encoded) + 1
        )
        text = b"\0".join(encoded) + b"\0" if encoded else b""
        return cls(np.frombuffer(text, dtype=np.uint8), offsets)

    @classmethod
    def from_paths(cls, paths: Iterable[str]) -> "PathTable":
        """The table of any paths: sorted here, doubles dropped."""
        return cls.from_sorted(sorted(set(paths)))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, position: int) -> str: ...

    @overload
    def __getitem__(self, position: slice) -> list[str]: ...

    def __getitem__(self, position: int | slice) -> str | list[str]:
        if isinstance(position, slice):
            start, stop, step = position.indices(len(self))
            if step == 1:
                return self._strings(start, max(start, stop))
            return [self[i] for i in range(start, stop, step)]
        if position < 0:
            position += len(self)
        if not 0 <= position < len(self):
            raise IndexError(position)
        return str(self._bytes(position), ENCODING, ERRORS)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _TAKE_AT_ONCE):
            yield from self._strings(start, min(start + _TAKE_AT_ONCE, len(self)))

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same paths; a comparison of memory, not of strings."""
        if not isinstance(other, PathTable):
            return NotImplemented
        return np.array_equal(self.offsets, other.offsets) and np.array_equal(self.blob, other.blob)

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.index_of(path) is not None

    def index_of(self, path: str) -> int | None:
        """Where `path` stands, or None; a binary search, about 20 comparisons at a million."""
        wanted = path.encode(ENCODING, ERRORS)
        position = self._bisect(wanted)
        return position if position < len(self) and self._bytes(position) == wanted else None

    def index(self, path: object, start: int = 0, stop: int | None = None) -> int:
        """Where `path` stands, as `list.index` says it; raises ValueError where it is not there."""
        position = self.index_of(path) if isinstance(path, str) else None
        if position is None or position not in range(*slice(start, stop).indices(len(self))):
            raise ValueError(f"{path!r} is not in the table")
        return position

    def folder_range(self, folder: str) -> tuple[int, int]:
        """The half-open range of the paths beneath `folder` (relative, with `/`; "" is the whole library)."""
        if not folder:
            return 0, len(self)
        prefix = folder.rstrip("/").encode(ENCODING, ERRORS)
        # "0" follows "/" in ASCII: everything that begins with "folder/" lies before "folder0".
        return self._bisect(prefix + b"/"), self._bisect(prefix + b"0")

    def take(self, positions: NDArray[np.int64]) -> "PathTable":
        """The table of the paths at ascending `positions` int64 [K]; itself where that is all of them."""
        if len(positions) == len(self):
            return self
        lengths = self.offsets[positions + 1] - self.offsets[positions]
        offsets = np.zeros(len(positions) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        breaks = np.flatnonzero(np.diff(positions) != 1) + 1
        if len(breaks) < _FEW_RUNS:
            starts, stops = [0, *breaks.tolist()], [*breaks.tolist(), len(positions)]
            runs = [self._text(positions[i], positions[j - 1] + 1) for i, j in zip(starts, stops, strict=True) if i < j]
            return PathTable(_joined(runs), offsets)
        blob = np.empty(int(offsets[-1]), dtype=np.uint8)
        for start in range(0, len(positions), _TAKE_AT_ONCE):
            stop = min(start + _TAKE_AT_ONCE, len(positions))
            size = lengths[start:stop]
            first, last = int(offsets[start]), int(offsets[stop])
            shift = self.offsets[positions[start:stop]] - offsets[start:stop]
            blob[first:last] = self.blob[np.arange(first, last) + np.repeat(shift, size)]
        return PathTable(blob, offsets)

    def inserted(self, paths: Sequence[str]) -> tuple["PathTable", NDArray[np.int64]]:
        """The table with `paths` added, which are in order and not in it yet, and where each was put: positions [K]
        in this table, as `numpy.insert` takes them."""
        encoded = [path.encode(ENCODING, ERRORS) for path in paths]
        at = np.array([self._bisect(path) for path in encoded], dtype=np.int64)
        lengths = np.insert(np.diff(self.offsets), at, [len(path) + 1 for path in encoded])
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        pieces: list[NDArray[np.uint8]] = []
        before = 0
        for position, path in zip(at.tolist(), encoded, strict=True):
            pieces += [self._text(before, position), np.frombuffer(path + b"\0", dtype=np.uint8)]
            before = position
        return PathTable(_joined([*pieces, self._text(before, len(self))]), offsets), at

    def _text(self, start: int, stop: int) -> NDArray[np.uint8]:
        return self.blob[int(self.offsets[start]) : int(self.offsets[stop])]

    def _bytes(self, position: int) -> memoryview:
        return self._view[int(self.offsets[position]) : int(self.offsets[position + 1]) - 1]

    def _strings(self, start: int, stop: int) -> list[str]:
        if start >= stop:
            return []
        text = self._view[int(self.offsets[start]) : int(self.offsets[stop]) - 1]
        return str(text, ENCODING, ERRORS).split("\0")

    def _bisect(self, wanted: bytes) -> int:
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if bytes(self._bytes(middle)) < wanted:
                low = middle + 1
            else:
                high = middle
        return low


def _joined(pieces: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.uint8)

"""A gallery whose vectors lie on a server: its index finds the candidates, and only their vectors come here."""

import threading

import numpy as np
from numpy.typing import NDArray

from engine.errors import VectorStoreError
from engine.gallery import Gallery
from engine.metric import Metric
from engine.milvus_store import MilvusStore
from engine.path_table import PathTable
from engine.vector_store import MOST_HITS

# More than are wanted are asked for: what the index takes for the next ones may be among the nearest.
MORE, AT_LEAST = 1.5, 32
# So few photos to choose from are read and compared one by one.
FEW = 2_000
# Vectors that are kept here once they were read: 200 MB at 256 numbers. What needs all vectors at once works up to it.
MOST_KEPT = 200_000
# Where the index does not know the order that is asked for, every vector is read: at some thousands a second, minutes.
MOST_READ = 1_000_000


class ServedGallery(Gallery):
    """What `Gallery` is, with `rows` being positions in `contents` S16 [E], sorted: the contents that the server has.

    Distances and their order come from `engine.metric`, as ever; `approximate` is which photos are among the nearest.
    """

    __slots__ = ("_contents", "_held", "_kept", "_lock", "_order", "_slots", "_starts", "_store")

    approximate = True

    def __init__(
        self,
        paths: PathTable,
        store: MilvusStore,
        contents: NDArray[np.bytes_],
        rows: NDArray[np.int64],
        model: str,
        generation: int,
    ) -> None:
        # Not Gallery's own, which wants a matrix.
        if rows.shape != (len(paths),):
            raise ValueError(f"{len(paths)} paths and rows {rows.shape} do not fit together")
        self.paths = paths
        self.rows = rows
        self.model = model
        self.generation = generation
        self.codes = None
        self._file_order = None
        self._lengths = None
        self._store = store
        self._contents = contents
        self._lock = threading.RLock()
        self._slots = np.full(len(contents), -1, dtype=np.int64)  # where each content's vector is kept
        self._kept = np.empty((0, store.dimension), dtype=np.float32)
        self._held = 0
        # Positions by content: `_order[_starts[row] : _starts[row + 1]]` are those of one.
        self._order = np.argsort(rows, kind="stable")
        self._starts = np.searchsorted(rows[self._order], np.arange(len(contents) + 1))

    @property
    def dimension(self) -> int:
        return self._store.dimension

    @property
    def whole(self) -> bool:  # type: ignore[override]
        """Whether there are so few photos that what needs all their vectors at once can have them."""
        return len(self._contents) <= MOST_KEPT

    @property
    def matrix(self) -> NDArray[np.float32]:  # type: ignore[override]
        """All vectors, float32 [E, D], read when first asked for. Raises VectorStoreError where they are too many."""
        if not self.whole:
            reason = f"this needs all vectors at once, and {len(self._contents):,} are more than {MOST_KEPT:,}"
            raise VectorStoreError(self._store.place, reason)
        with self._lock:
            everything = np.arange(len(self._contents), dtype=np.int64)
            if not np.array_equal(self._slots, everything):
                self._kept = self._read(everything)
                self._slots, self._held = everything, len(everything)
            return self._kept

    def vector(self, position: int) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self.vectors(np.array([position], dtype=np.int64))[0]
        return found

    def vectors(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        wanted = self.rows[positions]
        with self._lock:
            missing = np.unique(wanted[self._slots[wanted] < 0])
            if len(missing) and len(missing) + self._held > MOST_KEPT:
                self._slots[:] = -1
                self._held = 0
                missing = np.unique(wanted)
            if len(missing) > MOST_KEPT:
                return self._read(wanted.ravel()).reshape(*wanted.shape, self.dimension)
            if len(missing):
                self._keep(missing)
            return self._kept.take(self._slots[wanted], axis=0)

    def lengths(self) -> NDArray[np.float64]:
        self.matrix  # noqa: B018 - has all of them kept, or says that they are too many
        return super().lengths()

    def candidates(
        self, queries: NDArray[np.float32], metric: Metric, count: int, within: NDArray[np.int64] | None
    ) -> list[NDArray[np.int64]]:
        size = len(self) if within is None else len(within)
        all_of_few = count >= size or (within is not None and size <= FEW)
        if all_of_few or count > MOST_HITS or not self._store.ranks(metric):
            return [self._everything(within)] * len(queries)
        found = self._searched(queries, metric, count, within)
        # At once, and not for each query by itself.
        rows = np.unique(self.rows[np.unique(np.concatenate(found))])
        if len(rows) <= MOST_KEPT // 2:
            self.vectors(self._order[self._starts[rows]])
        return found

    def _searched(
        self, queries: NDArray[np.float32], metric: Metric, count: int, within: NDArray[np.int64] | None
    ) -> list[NDArray[np.int64]]:
        """As the index finds them; where it finds too few that may be found, it is asked for more, at last for all."""
        folder, among = self._folder(within)
        allowed = None
        share = 1.0
        if within is not None:
            allowed = np.zeros(len(self), dtype=np.bool_)
            allowed[within] = True
            share = len(within) / max(1, among)
        found: list[NDArray[np.int64] | None] = [None] * len(queries)
        ask = min(MOST_HITS, int(MORE * (count + AT_LEAST) / share))
        left = np.arange(len(queries))
        while len(left):
            hits = self._store.search(queries[left], metric, ask, folder=folder)
            for query, hit in zip(left.tolist(), hits, strict=True):
                positions = self._positions(hit.contents)
                if allowed is not None:
                    positions = positions[allowed[positions]]
                if len(positions) >= count:
                    found[query] = positions
            left = np.array([query for query in left.tolist() if found[query] is None], dtype=np.int64)
            if ask >= MOST_HITS:
                break
            ask = min(MOST_HITS, 4 * ask)
        return [self._everything(within) if positions is None else positions for positions in found]

    def _everything(self, within: NDArray[np.int64] | None) -> NDArray[np.int64]:
        """All positions, to be compared one by one."""
        size = len(self) if within is None else len(within)
        if size > MOST_READ:
            reason = f"this compares {size:,} vectors one by one, and from a server no more than {MOST_READ:,} are read"
            raise VectorStoreError(self._store.place, reason)
        return np.arange(len(self), dtype=np.int64) if within is None else within

    def _folder(self, within: NDArray[np.int64] | None) -> tuple[str, int]:
        """The deepest folder that all positions lie beneath, and how many photos do; "" and all."""
        if within is None or not len(within):
            return "", len(self)
        first, last = self.paths[int(within[0])].split("/")[:-1], self.paths[int(within[-1])].split("/")[:-1]
        shared = 0
        while shared < min(len(first), len(last)) and first[shared] == last[shared]:
            shared += 1
        folder = "/".join(first[:shared])
        start, stop = self.paths.folder_range(folder)
        return folder, stop - start  # paths are sorted: what lies between two of a folder lies in it

    def _positions(self, contents: tuple[bytes, ...]) -> NDArray[np.int64]:
        """The positions of these contents, ascending; those that came to be since are none of ours."""
        asked = np.array(contents, dtype="S16")
        rows = np.searchsorted(self._contents, asked)
        rows = np.minimum(rows, len(self._contents) - 1)
        rows = rows[self._contents[rows] == asked]
        starts, counts = self._starts[rows], self._starts[rows + 1] - self._starts[rows]
        ends = np.cumsum(counts)
        offsets = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)
        return np.sort(self._order[np.repeat(starts, counts) + offsets])

    def _keep(self, rows: NDArray[np.int64]) -> None:
        vectors = self._read(rows)
        if self._held + len(rows) > len(self._kept):
            room = min(MOST_KEPT, len(self._contents), max(2 * len(self._kept), self._held + len(rows), 1024))
            grown = np.empty((room, self.dimension), dtype=np.float32)
            grown[: self._held] = self._kept[: self._held]
            self._kept = grown
        self._kept[self._held : self._held + len(rows)] = vectors
        self._slots[rows] = np.arange(self._held, self._held + len(rows))
        self._held += len(rows)

    def _read(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        text = self._contents.view(np.uint8).reshape(-1, 16)
        return self._store.vectors([text[row].tobytes() for row in rows.tolist()])

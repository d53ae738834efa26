"""What one model knows of one library at one moment: the photos that can be searched, and their vectors."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.metric import Metric, lengths
from engine.path_table import PathTable

if TYPE_CHECKING:
    from engine.codes import Codes

_LENGTHS_AT_ONCE = 1024  # vectors: 2 MB of float64 at 256 numbers


class Gallery:
    """A snapshot of one library and one model; later commits do not change it.

    Photo i has the path `paths[i]` (sorted) and the vector `matrix[rows[i]]`. `matrix` float32 [R, D] is the model's
    whole vector file, memory-mapped and read-only: it holds the vectors of other libraries too, and two copies of one
    photo share a row. `generation` is the library's at that moment. `codes`, where there are any, are those of the
    first rows of `matrix` and make the search faster.
    """

    __slots__ = ("_file_order", "_lengths", "codes", "generation", "matrix", "model", "paths", "rows")

    approximate = False  # whether a search may miss a photo that is among the nearest
    whole = True  # whether all vectors can be had at once

    def __init__(
        self,
        paths: PathTable,
        matrix: NDArray[np.float32],
        rows: NDArray[np.int64],
        model: str,
        generation: int = 0,
        codes: "Codes | None" = None,
    ) -> None:
        if matrix.ndim != 2 or rows.shape != (len(paths),):
            raise ValueError(f"{len(paths)} paths, rows {rows.shape} and vectors {matrix.shape} do not fit together")
        if len(rows) and (int(rows.min()) < 0 or int(rows.max()) >= len(matrix)):
            raise ValueError(f"a row lies outside the {len(matrix)} vectors")
        self.paths = paths
        self.matrix = matrix
        self.rows = rows
        self.model = model
        self.generation = generation
        self.codes = codes
        self._file_order: tuple[NDArray[np.int64], NDArray[np.int64], bool] | None = None
        self._lengths: NDArray[np.float64] | None = None

    @classmethod
    def from_arrays(cls, paths: Iterable[str], vectors: NDArray[np.float32], model: str) -> "Gallery":
        """A gallery in memory, from unique `paths` in any order and their `vectors` float32 [N, D]."""
        names = list(paths)
        if len(set(names)) != len(names) or vectors.shape[:1] != (len(names),):
            raise ValueError("the paths are not unique, or not as many as the vectors")
        order = sorted(range(len(names)), key=names.__getitem__)
        table = PathTable.from_sorted(names[i] for i in order)
        matrix = np.ascontiguousarray(vectors[order], dtype=np.float32)
        return cls(table, matrix, np.arange(len(names), dtype=np.int64), model)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dimension(self) -> int:
        """The length of each vector."""
        return int(self.matrix.shape[1])

    def index_of(self, path: str) -> int | None:
        """The position of `path`, or None where this model has no vector of it."""
        return self.paths.index_of(path)

    def vector(self, position: int) -> NDArray[np.float32]:
        """The vector of one photo, float32 [D], a copy."""
        return np.array(self.matrix[self.rows[position]], dtype=np.float32)

    def vectors(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of some photos, float32 [K, D], copied out of the file."""
        return self.matrix.take(self.rows[positions], axis=0)

    def candidates(
        self,
        queries: NDArray[np.float32],  # noqa: ARG002
        metric: Metric,  # noqa: ARG002
        count: int,  # noqa: ARG002
        within: NDArray[np.int64] | None,  # noqa: ARG002
    ) -> list[NDArray[np.int64]] | None:
        """For each of `queries` float32 [Q, D], ascending positions among which its `count` nearest are, as whoever
        holds the vectors finds them: of all positions, or of those `within`. None: they lie here, to be looked
        through."""
        return None

    @property
    def known_lengths(self) -> NDArray[np.float64] | None:
        """What `lengths` gives, where somebody has asked for it already."""
        return self._lengths

    def lengths(self) -> NDArray[np.float64]:
        """The length of each vector, float64 [N], as distances take it; computed once, from all of them."""
        if self._lengths is None:
            found = np.empty(len(self))
            for start in range(0, len(self), _LENGTHS_AT_ONCE):
                part = slice(start, start + _LENGTHS_AT_ONCE)
                found[part] = lengths(self.matrix.take(self.rows[part], axis=0))
            self._lengths = found
        return self._lengths

    def file_order(self) -> tuple[NDArray[np.int64], NDArray[np.int64], bool]:
        """All positions [N] in the order in which their vectors lie in the file, their rows [N], and whether these
        follow on one another without a gap."""
        if self._file_order is None:
            positions, rows = np.arange(len(self), dtype=np.int64), self.rows
            if bool((rows[1:] < rows[:-1]).any()):
                positions = np.argsort(rows, kind="stable")
                rows = rows[positions]
            self._file_order = positions, rows, bool((rows[1:] - rows[:-1] == 1).all())
        return self._file_order

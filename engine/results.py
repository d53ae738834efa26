"""Plain values that travel between the engine and whoever uses it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from engine.metric import Metric


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file of a library as the scan found it. `path` is relative to the library, with `/`; undecodable bytes of the
    name are kept as surrogates (PEP 383)."""

    path: str
    size: int  # bytes
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be indexed, and why (an English phrase for people)."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is. `total` is None while it is not known yet."""

    stage: str  # "scanning", "embedding", …: one word of the job's own
    done: int
    total: int | None = None
    skipped: int = 0
    per_second: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One photo of a ranking; `rank` counts from 1."""

    rank: int
    path: str
    distance: float


class Ranking(Sequence[Match]):
    """Photos in order of their distance to a query: columns, with a `Match` made only for what is looked at.

    `order` [K] holds indices into `paths` (the gallery's, sorted), `distances` [K] float64 is ascending; equal
    distances stand in order of their path.
    """

    def __init__(
        self, paths: Sequence[str], order: NDArray[np.int64], distances: NDArray[np.float64], metric: Metric, model: str
    ) -> None:
        if order.shape != distances.shape or order.ndim != 1:
            raise ValueError(f"order {order.shape} and distances {distances.shape} differ in length")
        if not np.isfinite(distances).all():
            raise ValueError("a distance is not finite")
        if np.any(distances[1:] < distances[:-1]):
            raise ValueError("the distances are not sorted")
        self.paths = paths
        self.order = order
        self.distances = distances
        self.metric = metric
        self.model = model

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, position: int) -> Match: ...

    @overload
    def __getitem__(self, position: slice) -> list[Match]: ...

    def __getitem__(self, position: int | slice) -> Match | list[Match]:
        if isinstance(position, slice):
            return [self[i] for i in range(*position.indices(len(self)))]
        if position < 0:
            position += len(self)
        if not 0 <= position < len(self):
            raise IndexError(position)
        return Match(position + 1, self.paths[int(self.order[position])], float(self.distances[position]))

    def __iter__(self) -> Iterator[Match]:
        return (self[i] for i in range(len(self)))

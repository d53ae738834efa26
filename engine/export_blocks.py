"""The rankings of an export on their way into files: blocks of queries, kept on disk so that a run can be resumed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.atomic import replacing
from engine.metric import Metric
from engine.query_set import Query
from engine.results import Ranking

# What one block may hold: its matrix of distances and its results stay within some tens of MB.
MAX_BLOCK_QUERIES = 256
MAX_BLOCK_RESULTS = 2_000_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """One query's results: `order` int64 [K] are positions in the section's paths, `distances` float64 [K] ascend.
    `ranks` int64 [K] are None for 1, 2, 3, …; a selection from a ranking keeps the ranks that it had."""

    query: Query
    order: NDArray[np.int64]
    distances: NDArray[np.float64]
    ranks: NDArray[np.int64] | None = None

    def rank_list(self) -> list[int]:
        """The ranks as numbers."""
        return list(range(1, len(self.order) + 1)) if self.ranks is None else self.ranks.tolist()


class Section(Protocol):
    """All results of one model and one metric."""

    @property
    def model(self) -> str: ...

    @property
    def metric(self) -> Metric: ...

    @property
    def paths(self) -> Sequence[str]:
        """The gallery's paths, which `Ranked.order` points into."""
        ...

    @property
    def query_count(self) -> int: ...

    def queries(self) -> Sequence[Query]: ...

    def blocks(self) -> Iterator[list[Ranked]]:
        """The results in the order of the queries, some at a time; may be walked again and again."""
        ...


@dataclass(frozen=True)
class ScreenSection:
    """Results that are in memory already: what the window shows."""

    model: str
    metric: Metric
    paths: Sequence[str]
    results: Sequence[Ranked]

    @property
    def query_count(self) -> int:
        return len(self.results)

    def queries(self) -> Sequence[Query]:
        return [ranked.query for ranked in self.results]

    def blocks(self) -> Iterator[list[Ranked]]:
        yield from ([ranked] for ranked in self.results)


@dataclass(frozen=True)
class StoredSection:
    """Results that lie in block files `NAME-00000.npz`, … of one folder, made by `save`."""

    model: str
    metric: Metric
    paths: Sequence[str]
    asked: Sequence[Query]
    folder: Path
    name: str
    size: int  # queries a block

    @property
    def query_count(self) -> int:
        return len(self.asked)

    @property
    def block_count(self) -> int:
        return -(-len(self.asked) // self.size)

    def queries(self) -> Sequence[Query]:
        return self.asked

    def file(self, number: int) -> Path:
        """Where a block lies; it is there once it is whole."""
        return self.folder / f"{self.name}-{number:05d}.npz"

    def save(self, number: int, rankings: Sequence[Ranking]) -> None:
        """Keep one block."""
        lengths = np.array([len(ranking) for ranking in rankings], dtype=np.int64)
        order = np.concatenate([ranking.order for ranking in rankings]).astype(np.int32)
        distances = np.concatenate([ranking.distances for ranking in rankings])
        with replacing(self.file(number)) as file:
            np.savez(file, lengths=lengths, order=order, distances=distances)

    def blocks(self) -> Iterator[list[Ranked]]:
        for number in range(self.block_count):
            queries = self.asked[number * self.size : (number + 1) * self.size]
            with np.load(self.file(number)) as block:
                lengths, order, distances = block["lengths"], block["order"].astype(np.int64), block["distances"]
            ends = np.cumsum(lengths).tolist()
            spans = zip(queries, [0, *ends], ends, strict=False)
            yield [Ranked(query, order[start:stop], distances[start:stop]) for query, start, stop in spans]


def block_size(results_per_query: int) -> int:
    """How many queries make a block."""
    return max(1, min(MAX_BLOCK_QUERIES, MAX_BLOCK_RESULTS // max(1, results_per_query)))


def within(ranking: Ranking, max_distance: float | None) -> Ranking:
    """The part of a ranking that lies within a distance."""
    if max_distance is None:
        return ranking
    count = int(np.searchsorted(ranking.distances, max_distance, side="right"))
    return Ranking(ranking.paths, ranking.order[:count], ranking.distances[:count], ranking.metric, ranking.model)

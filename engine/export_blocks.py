"""The rankings of an export on their way into files: blocks of queries, kept on disk so that a run can be resumed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, overload
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from engine.atomic import replacing
from engine.metric import Metric
from engine.query_set import Query, labels_of, names_of
from engine.search import Columns

# What one block may hold: its results as text stay within some tens of MB (four blocks are text at a time: measured at
# all results of 100,000 photos, 0.6 GB in all, where 2 million took 1.5), and its products take about a second.
MAX_BLOCK_QUERIES = 1024
MAX_BLOCK_RESULTS = 500_000
MAX_BLOCK_PRODUCTS = 1 << 27  # of a query and a photo


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


class Block(Sequence[Ranked]):
    """The results of some queries, one after another: `lengths` int64 [Q] says how many each has, the columns `order`,
    `distances` and `ranks` [R] are theirs, as `Ranked` has them. A `Ranked` is made only for what is looked at."""

    def __init__(
        self,
        queries: Sequence[Query],
        lengths: NDArray[np.int64],
        order: NDArray[np.int64],
        distances: NDArray[np.float64],
        ranks: NDArray[np.int64] | None = None,
    ) -> None:
        if not len(queries) == len(lengths) or not int(lengths.sum()) == len(order) == len(distances):
            raise ValueError("the columns of a block do not fit together")
        self.queries = queries
        self.lengths = lengths
        self.order = order
        self.distances = distances
        self._ranks = ranks
        self._ends = np.cumsum(lengths)

    @classmethod
    def of(cls, ranked: Ranked) -> "Block":
        """The results of one query."""
        return cls((ranked.query,), np.array([len(ranked.order)]), ranked.order, ranked.distances, ranked.ranks)

    @property
    def names(self) -> list[str]:
        """The name of each query."""
        return names_of(self.queries)

    @property
    def labels(self) -> list[str | None]:
        """The label of each query."""
        return labels_of(self.queries)

    @property
    def owners(self) -> NDArray[np.int64]:
        """The number of the query that each result is of, int64 [R]."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    @property
    def ranks(self) -> NDArray[np.int64]:
        """The rank of each result, int64 [R]."""
        if self._ranks is not None:
            return self._ranks
        return np.arange(1, len(self.order) + 1) - np.repeat(self._ends - self.lengths, self.lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, position: int) -> Ranked: ...

    @overload
    def __getitem__(self, position: slice) -> list[Ranked]: ...

    def __getitem__(self, position: int | slice) -> Ranked | list[Ranked]:
        if isinstance(position, slice):
            return [self[i] for i in range(*position.indices(len(self)))]
        part = slice(int(self._ends[position] - self.lengths[position]), int(self._ends[position]))
        ranks = None if self._ranks is None else self._ranks[part]
        return Ranked(self.queries[position], self.order[part], self.distances[part], ranks)


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

    @property
    def rows(self) -> int:
        """How many results there are."""
        ...

    @property
    def most_rows(self) -> int:
        """How many results there are at most, which is known before any is found."""
        ...

    def blocks(self) -> Iterator[Block]:
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

    @property
    def rows(self) -> int:
        return sum(len(ranked.order) for ranked in self.results)

    @property
    def most_rows(self) -> int:
        return self.rows

    def blocks(self) -> Iterator[Block]:
        yield from map(Block.of, self.results)


@dataclass(frozen=True)
class StoredSection:
    """Results that lie in block files `NAME-00000.npz`, … of one folder, made by `save`. Who reads a block calls `wait`
    with its file first: it may still be on its way."""

    model: str
    metric: Metric
    paths: Sequence[str]
    asked: Sequence[Query]
    folder: Path
    name: str
    size: int  # queries a block
    most: int  # results a query
    wait: Callable[[Path], None] = lambda _file: None

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

    def queries_of(self, number: int) -> int:
        """How many queries a block has."""
        return min((number + 1) * self.size, self.query_count) - number * self.size

    @property
    def rows(self) -> int:
        total = 0
        for number in range(self.block_count):
            with np.load(self.file(number)) as block:
                total += int(block["lengths"].sum())
        return total

    @property
    def most_rows(self) -> int:
        return self.query_count * self.most

    def save(self, number: int, found: Columns) -> None:
        """Keep one block. The disk is not waited for: a block is worth less than the time, see `drop_broken`."""
        order = found.order.astype(np.int32)
        with replacing(self.file(number), lasting=False) as file:
            np.savez(file, lengths=found.lengths, order=order, distances=found.distances)

    def drop_broken(self) -> None:
        """Delete the blocks that a run has left which ended together with the machine: they are made again."""
        for number in range(self.block_count):
            if self.file(number).exists() and not self._is_whole(number):
                self.file(number).unlink()

    def _is_whole(self, number: int) -> bool:
        try:
            with np.load(self.file(number)) as block:  # which compares the checksum of each column
                rows = len(block["order"])
                lengths = block["lengths"]
                fits = len(lengths) == self.queries_of(number)
                return fits and int(lengths.sum()) == rows == len(block["distances"])
        except (OSError, EOFError, ValueError, KeyError, BadZipFile):
            return False

    def blocks(self) -> Iterator[Block]:
        for number in range(self.block_count):
            queries = self.asked[number * self.size : (number + 1) * self.size]
            self.wait(self.file(number))
            with np.load(self.file(number)) as block:
                yield Block(queries, block["lengths"], block["order"].astype(np.int64), block["distances"])


def block_size(results_per_query: int, photos: int) -> int:
    """How many queries make a block, each with so many results of so many photos."""
    most = min(MAX_BLOCK_RESULTS // max(1, results_per_query), MAX_BLOCK_PRODUCTS // max(1, photos))
    return max(1, min(MAX_BLOCK_QUERIES, most))

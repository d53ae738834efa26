"""Every photo's nearest among all others: each pair is multiplied once, for b is as far from a as a from b.

The photos are cut into blocks, and the products of two blocks give candidates to both. What a photo must reach to be a
candidate is guessed from its products with a few photos that stand evenly spread over the library; whether the guess
was right shows in the end, and the few for which it was not are searched for as any other query. As in `engine.scan`,
the error of the products is bounded, and exact distances decide among the candidates.
"""

import threading
from collections.abc import Iterator
from itertools import pairwise
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from engine import scan
from engine.codes import LONGEST, SHORTEST, relative_error
from engine.gallery import Gallery
from engine.metric import Metric
from engine.search import LARGE_SHARE, SMALL, Columns, columns_among, nearest_columns

Positions = NDArray[np.int64]
Scores = NDArray[np.float32]
# Some candidates: the number of the query in its block, the position of the photo, and their score.
Found = tuple[NDArray[np.uint16], NDArray[np.int32], Scores]

# The candidates of all blocks are in memory together, about three and a half of 10 bytes for each result, and a second
# copy of the vectors: at most 35 and 128 MB.
MOST_RESULTS = 1_000_000
MOST_NUMBERS = 1 << 25
# Photos that a floor is guessed from. Their products are a tenth of those that are saved, at 10,000 photos.
SAMPLE = 512
# So many standard deviations lie between the guess and what is wanted: it is too high for less than one in a hundred.
DEVIATIONS = 3.0
# A block with more candidates than so many for each result, as thousands of equal photos make it, is not worth its
# memory.
CROWDED = 8


def fits(gallery: Gallery, count: int) -> bool:
    """Whether `AllPairs` can find the `count` nearest of each photo, and they are worth it."""
    photos = len(gallery)
    if not gallery.whole or gallery.approximate or photos <= SMALL or count + 1 > LARGE_SHARE * photos:
        return False
    if photos * (count + 1) > MOST_RESULTS or photos * gallery.dimension > MOST_NUMBERS:
        return False
    lengths = gallery.lengths()  # of which each distance is made afterwards
    return bool(((lengths > 2 * SHORTEST) & (lengths < LONGEST / 2)).all())


class AllPairs:
    """The `count` nearest of each photo but itself, for a gallery that `fits`, in blocks of `size` (at most 65,535)
    positions. Only the blocks in `wanted` are asked for.

    `pairs` are the pairs of blocks that must be multiplied, on as many threads as there are; `multiply` says which
    blocks that completes, and `ranked` then gives their rankings, once.
    """

    def __init__(self, gallery: Gallery, metric: Metric, count: int, size: int, wanted: set[int]) -> None:
        self._gallery, self._metric, self._size, self._wanted = gallery, metric, size, wanted
        self._results, self._count = count, count + 1  # the photo itself is among its nearest
        self._blocks = -(-len(gallery) // size)
        self._vectors = gallery.vectors(np.arange(len(gallery), dtype=np.int64))
        own = gallery.lengths().astype(np.float32)
        error = np.float32(relative_error(gallery.dimension) + scan.ROUNDING)
        self._halves: Scores | None = None
        if metric is Metric.COSINE:
            self._vectors /= own[:, None]
            self._errors = np.full(len(own), error)
        else:
            self._halves = own * own * np.float32(0.5)
            self._errors = (own + own.max()) ** 2 * error
        self._sample = np.linspace(0, len(gallery) - 1, min(SAMPLE, len(gallery))).astype(np.int64)
        self._floors: dict[int, Scores] = {}
        self._found: dict[int, list[Found]] = {block: [] for block in wanted}
        self._left = dict.fromkeys(wanted, self._blocks)
        self._lock = threading.Lock()
        self._tables = threading.local()

    def pairs(self) -> Iterator[tuple[int, int]]:
        """The pairs of blocks, those with the first block first, so that it is complete first."""
        for row in range(self._blocks):
            for column in range(row, self._blocks):
                if row in self._wanted or column in self._wanted:
                    yield row, column

    def multiply(self, pair: tuple[int, int]) -> list[int]:
        """Multiply two blocks; returns those that are complete with that."""
        row, column = pair
        ends = [block for block in dict.fromkeys(pair) if block in self._wanted]
        floors = [self._floor(block) for block in ends]
        scores = self._scores(self._part(row), self._part(column))
        found = [self._reaching(pair, block, floor, scores) for block, floor in zip(ends, floors, strict=True)]
        with self._lock:
            for block, part in zip(ends, found, strict=True):
                self._left[block] -= 1
                self._keep(block, part)
            return [block for block in ends if self._left[block] == 0]

    def ranked(self, block: int) -> Columns:
        """The rankings of a block that is complete, in order of position, as `search.nearest_columns` gives them."""
        part = self._part(block)
        own = np.arange(part.start, part.stop)
        queries = self._gallery.vectors(own)
        found = self._found.pop(block, None)
        if found is None:
            return nearest_columns(self._gallery, queries, self._metric, self._results, own, threads=1)
        candidates = self._candidates(block, queries, found)
        return columns_among(self._gallery, queries, self._metric, self._results, own, candidates)

    def _part(self, block: int) -> slice:
        return slice(block * self._size, min((block + 1) * self._size, len(self._gallery)))

    def _scores(self, rows: slice, columns: slice | Positions) -> Scores:
        """The scores [R, C] of some photos with others, which stay until this thread asks again. As in `engine.scan`,
        but for both sides alike: the cosine, or half of the negative squared distance."""
        right = self._vectors[columns]
        table: Scores | None = getattr(self._tables, "table", None)
        if table is None:
            table = self._tables.table = np.empty(self._size * max(self._size, len(self._sample)), dtype=np.float32)
        count = rows.stop - rows.start
        scores = table[: count * len(right)].reshape(count, len(right))
        np.matmul(self._vectors[rows], right.T, out=scores)
        if self._halves is not None:
            scores -= self._halves[columns]
            scores -= self._halves[rows, None]
        return scores

    def _floor(self, block: int) -> Scores:
        """The guess what the candidates of each photo of a block [Q] reach: more of the sample than the share of the
        wanted that is expected among it."""
        found = self._floors.get(block)
        if found is None:  # another thread may find the same meanwhile
            share = self._count * len(self._sample) / len(self._gallery)
            nth = max(0, len(self._sample) - ceil(share + DEVIATIONS * sqrt(share)) - 1)
            # A copy, for a column of the table would be as slow to compare with as it is long.
            found = np.partition(self._scores(self._part(block), self._sample), nth, axis=1)[:, nth].copy()
            self._floors[block] = found
        return found

    def _reaching(self, pair: tuple[int, int], block: int, floor: Scores, scores: Scores) -> Found:
        """The candidates that the scores of a pair of blocks give to one of them."""
        row, column = pair
        width = scores.shape[1]
        if block == row:
            hits = np.flatnonzero(scores >= floor[:, None])
            query, other = np.divmod(hits, width)
            other += self._part(column).start
        else:
            hits = np.flatnonzero(scores >= floor)
            other, query = np.divmod(hits, width)
            other += self._part(row).start
        return query.astype(np.uint16), other.astype(np.int32), scores.take(hits)

    def _keep(self, block: int, part: Found) -> None:
        kept = self._found.get(block)
        if kept is None:
            return
        kept.append(part)
        if sum(len(query) for query, _, _ in kept) > CROWDED * self._count * len(self._floors[block]):
            del self._found[block]

    def _candidates(self, block: int, queries: Scores, found: list[Found]) -> list[Positions]:
        """For each photo of a block, ascending positions among which its nearest are."""
        query, position, score = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.argsort(query, kind="stable")  # a radix sort, for 16 bits
        query, position, score = query[order], position[order], score[order]
        held = np.bincount(query, minlength=len(queries))
        table = np.full((len(queries), max(self._count, int(held.max()))), -np.inf, dtype=np.float32)
        table[np.arange(table.shape[1]) < held[:, None]] = score
        nth = table.shape[1] - self._count
        reached = np.partition(table, nth, axis=1)[:, nth]
        margin = 2 * self._errors[self._part(block)]
        keep = score >= (reached - margin)[query]
        keys = np.sort((query[keep].astype(np.int64) << 32) | position[keep])
        starts = np.searchsorted(keys, np.arange(len(queries) + 1) << 32).tolist()
        positions = keys & 0xFFFFFFFF
        candidates = [positions[a:b] for a, b in pairwise(starts)]
        # What lies below the floor was not kept, and could be among the nearest where these reach little more than it.
        missed = np.flatnonzero(~(reached - margin >= self._floors[block]))
        if len(missed):
            again = scan.candidates(self._gallery, queries[missed], self._metric, self._count, None, 1)
            for number, positions_again in zip(missed.tolist(), again, strict=True):
                candidates[number] = positions_again
        return candidates

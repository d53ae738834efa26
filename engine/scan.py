"""The fast pass of the search: which photos can be among the nearest, found roughly but with a proven margin.

The pass estimates a score (larger is nearer) for each photo, and a bound on the error of that estimate. A photo whose
score plus error lies below the k-th largest score minus error cannot be among the k nearest. All others are
candidates, and the exact distances of `engine.metric` decide among them.

One query reads the 8-bit codes of `engine.codes`, where the gallery has them, on a few threads, and then the float32
vectors of what is left; many queries at once go through float32 matrix products, which read each vector only once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.codes import LONGEST, SHORTEST, Codes, cosines, encode_query, lengths_of, relative_error
from engine.gallery import Gallery
from engine.metric import Metric
from engine.threads import cores, on_threads

Vectors = NDArray[np.float32]
Positions = NDArray[np.int64]

# float32 rows at a time: 2 MB at 256 dimensions, so that the second look at a block, for the lengths, finds it cached.
BLOCK_ROWS = 2048
# For many queries: their products read a block once, and fewer, longer blocks leave fewer candidates to sort (13 % less
# time at 1,024 queries than with 2,048 rows). 1,024 queries make at most 25 MB of scores a thread.
MANY_ROWS = 6144
# More queries than this read the float32 vectors together rather than the codes one by one.
FEW_QUERIES = 4
# So many more than wanted may be left by the codes for the exact distances.
FEW_LEFT = 400
# The codes of a block are read where at least this share of its photos is wanted.
CROWDED = 1 / 32
# A thread is worth its start when it has this many products of two numbers to sum, which takes about a millisecond.
PRODUCTS_A_THREAD = 8_000_000
# So many 8-bit products, for these are several times as fast.
CODED_A_THREAD = 12_000_000
MOST_READERS = 8  # threads that read codes; memory gives no more bytes to more of them
# Groups of photos for each result that is wanted; see `_reached`.
GROUPS_A_RESULT = 4
# Covers the roundings of a score itself; see `score`.
ROUNDING = 2.0**-20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Photos to look at, in the order in which their vectors lie in the file: positions [N] in the gallery and rows
    [N]. `unbroken`: each row follows on the last."""

    positions: Positions
    rows: Positions
    unbroken: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> "Wanted":
        return Wanted(self.positions[part], self.rows[part], self.unbroken)

    def blocks(self, size: int) -> Iterator["Wanted"]:
        """The photos in parts of at most `size`, all equally large: a small last one would cost as much sorting as the
        others."""
        parts = -(-len(self) // size)
        for part in range(parts):
            yield self[part * len(self) // parts : (part + 1) * len(self) // parts]

    def shares(self, products: int, most: int) -> list["Wanted"]:
        """The photos in as many parts as so many products of two numbers are worth threads, at most `most`."""
        parts = max(1, min(most, products // PRODUCTS_A_THREAD))
        return [self[part * len(self) // parts : (part + 1) * len(self) // parts] for part in range(parts)]

    def place(self) -> slice | Positions:
        """What to read of the file for these photos: one stretch where the rows follow on one another."""
        first, stop = int(self.rows[0]), int(self.rows[-1]) + 1
        if self.unbroken or (stop - first == len(self) and bool((self.rows[1:] > self.rows[:-1]).all())):
            return slice(first, stop)
        return self.rows


def can_scan(queries: Vectors) -> NDArray[np.bool_]:
    """Which queries [Q, D] the fast pass may estimate; others need exact distances throughout."""
    lengths = lengths_of(queries)
    return (lengths >= SHORTEST) & (lengths <= LONGEST)


def candidates(
    gallery: Gallery,
    queries: Vectors,
    metric: Metric,
    count: int,
    allowed: Positions | None = None,
    threads: int | None = None,
) -> list[Positions]:
    """For each of `queries` float32 [Q, D] (at most 65,535 that `can_scan`), positions in ascending order among which
    are the `count` nearest of the `allowed` photos (ascending positions; None: all), ties included. `threads`: at most
    as many; None: as there are cores."""
    wanted, threads = _wanted(gallery, allowed), threads or cores()
    if gallery.codes is None or len(queries) > FEW_QUERIES:
        return _by_vectors(gallery, queries, metric, count, wanted, threads)
    found: list[Positions] = []
    for query in queries:
        left = _by_codes(gallery, gallery.codes, query[None], metric, count, wanted, threads)
        # Exact distances of a few more cost less than another look at all of them.
        few = len(left) <= FEW_LEFT + 2 * count
        found += [np.sort(left.positions)] if few else _by_vectors(gallery, query[None], metric, count, left, threads)
    return found


def _wanted(gallery: Gallery, allowed: Positions | None) -> Wanted:
    if allowed is None:
        return Wanted(*gallery.file_order())
    return _sorted(allowed, gallery.rows[allowed])


def _sorted(positions: Positions, rows: Positions) -> Wanted:
    if bool((rows[1:] < rows[:-1]).any()):
        order = np.argsort(rows, kind="stable")
        positions, rows = positions[order], rows[order]
    return Wanted(positions, rows)


def _by_vectors(
    gallery: Gallery, queries: Vectors, metric: Metric, count: int, wanted: Wanted, threads: int
) -> list[Positions]:
    """As `candidates`, by float32 products."""
    lengths = lengths_of(queries)
    floor = np.full(len(queries), -np.inf, dtype=np.float32)
    rows = BLOCK_ROWS if len(queries) <= FEW_QUERIES else MANY_ROWS

    def scan(share: Wanted) -> Pool:
        pool = Pool(len(queries), count, floor)
        table = np.empty((len(queries), min(rows, len(share))), dtype=np.float32)
        with np.errstate(all="ignore"):  # what overflows belongs to photos outside the safe lengths
            for block in share.blocks(rows):
                scores, errors, safe = estimate(gallery.matrix[block.place()], queries, lengths, metric, table)
                positions = block.positions
                if not safe.all():
                    pool.add_anyway(positions[~safe])
                    positions, scores = positions[safe], scores[:, safe]
                pool.add(positions, scores, errors[:, None])
        return pool

    return _merged(on_threads(scan, wanted.shares(len(wanted) * queries.size, threads))).result()


def _by_codes(
    gallery: Gallery, codes: Codes, query: Vectors, metric: Metric, count: int, wanted: Wanted, threads: int
) -> Wanted:
    """The photos that can be among the nearest to one query [1, D] by the codes alone, and those not looked at: without
    codes, or so few in a block that reading their vectors costs less."""
    code, length = encode_query(query[0]), float(lengths_of(query)[0])
    own_error = relative_error(query.shape[1])
    floor = np.full(1, -np.inf, dtype=np.float32)
    bounds = np.searchsorted(wanted.rows, np.minimum(np.arange(len(codes.values) + 1) * codes.block, len(codes)))
    held = np.diff(bounds)
    crowded = np.flatnonzero(held >= CROWDED * codes.block)

    def scan(numbers: NDArray[np.int64]) -> Pool:
        pool = Pool(1, count, floor)
        for number in numbers.tolist():
            near, first = wanted[bounds[number] : bounds[number + 1]], number * codes.block
            own = codes.lengths[first : first + codes.block]
            scores, errors = score(*cosines(codes, code, number), own, own_error, length, metric)
            if not (near.unbroken and len(near) == len(own)):
                picks = near.rows - first
                scores, errors = scores[picks], errors[picks]
            pool.add(near.positions, scores[None], errors[None])
        return pool

    products = len(crowded) * codes.block * codes.dimension
    threads = max(1, min(MOST_READERS, threads, len(crowded), products // CODED_A_THREAD))
    left = [_merged(on_threads(scan, np.array_split(crowded, threads))).result()[0]]
    left += [
        wanted.positions[bounds[number] : bounds[number + 1]] for number in np.flatnonzero(held < CROWDED * codes.block)
    ]
    left.append(wanted.positions[bounds[-1] :])
    positions = np.concatenate(left)
    return _sorted(positions, gallery.rows[positions])


def estimate(
    vectors: Vectors, queries: Vectors, lengths: Vectors, metric: Metric, table: Vectors
) -> tuple[Vectors, Vectors, NDArray[np.bool_]]:
    """Scores float32 [Q, B] of `vectors` [B, D] for `queries` [Q, D] of `lengths` [Q], a bound [Q] on their errors, and
    for which photos [B] all this holds. `table` [Q, B or more] may be used for the scores.

    The score is the cosine times |q|, or half of the negative squared Euclidean distance less the query's own share:
    −(|q − x|² − |q|²) / 2 = q·x − |x|² / 2. Products, lengths and roundings together err by less than
    `relative_error` times |q|, or times (|q| + |x|)².
    """
    own = lengths_of(vectors)
    safe = (own >= SHORTEST) & (own <= LONGEST)
    scores = table[:, : len(vectors)]
    error = np.float32(relative_error(vectors.shape[1]) + ROUNDING)
    if metric is Metric.EUCLIDEAN:
        np.matmul(queries, vectors.T, out=scores)
        scores -= own * own * np.float32(0.5)
        return scores, (lengths + own[safe].max(initial=0)) ** 2 * error, safe
    # Dividing whichever is the smaller table.
    if len(queries) < vectors.shape[1]:
        np.matmul(queries, vectors.T, out=scores)
        scores /= own
    else:
        np.matmul(queries, (vectors / own[:, None]).T, out=scores)
    return scores, lengths * error, safe


def score(
    cosine: Vectors, errors: Vectors, own: Vectors, own_error: float, length: float, metric: Metric
) -> tuple[Vectors, Vectors]:
    """Scores [N] and errors [N] from estimated cosines [N] with `errors` [N], the photos' lengths `own` [N] and the
    query's `length`, each off by at most half of `own_error` times itself. Overwrites `cosine`.

    The score is the cosine, or −(|q − x|² − |q|²) = |x|·(2·|q|·cos − |x|). An error r of both lengths changes that by
    at most 2·r·(|q| + |x|)², and its roundings in float32 stay below 8·u·(|q| + |x|)²; `ROUNDING` is twice that.
    """
    if metric is Metric.COSINE:
        return cosine, errors + np.float32(ROUNDING)
    cosine *= 2 * length
    cosine -= own
    cosine *= own
    spread = np.square(own + np.float32(length))
    spread *= np.float32(own_error + ROUNDING)
    return cosine, spread + errors * own * np.float32(2 * length)


class Pool:
    """What may still be among the `count` best of each query, while block after block is added."""

    def __init__(self, queries: int, count: int, floor: Vectors | None = None) -> None:
        """Pools on several threads may share one `floor` [Q]: what some photos reach, the best of all do. Should two
        raise it at once, one of the two values stays, and either is right."""
        self._count = count
        # The count-th largest lower bound so far.
        self._floor = np.full(queries, -np.inf, dtype=np.float32) if floor is None else floor
        # Columns: query, position, lower and upper bound of the score.
        self._parts: list[tuple[NDArray[np.uint16], Positions, Vectors, Vectors]] = []
        self._always: list[Positions] = []
        self._added = 0
        self._next_prune = 3

    def add(self, positions: Positions, scores: Vectors, errors: Vectors) -> None:
        """Add photos [B] with their scores [Q, B] and errors (broadcast to that), no photo twice."""
        count = scores.shape[1]
        if self._added == 0 and count >= self._count:
            # Without this every photo of the first block would be carried along.
            np.maximum(self._floor, _reached(scores, errors, self._count), out=self._floor)
        # numpy finds the few in one dimension ten times as fast as in two.
        hits = np.flatnonzero(scores >= self._floor[:, None] - errors)
        ends = np.searchsorted(hits, np.arange(1, len(scores) + 1) * count)
        query = np.repeat(np.arange(len(scores), dtype=np.uint16), np.diff(ends, prepend=0))
        column = hits - query.astype(np.int64) * count
        score = scores.take(hits) if scores.flags.c_contiguous else scores[query, column]
        error = errors[query if len(errors) > 1 else 0, column if errors.shape[1] > 1 else 0]
        self._parts.append((query, positions[column], score - error, score + error))
        self._added += 1
        if self._added >= self._next_prune:
            self._next_prune *= 3
            self._prune()

    def add_anyway(self, positions: Positions) -> None:
        """Add photos of which no score can be estimated: they are candidates of every query."""
        self._always.append(positions)

    def absorb(self, other: "Pool") -> None:
        """Add what another pool for the same queries has gathered from other photos."""
        self._parts += other._parts
        self._always += other._always
        np.maximum(self._floor, other._floor, out=self._floor)

    def result(self) -> list[Positions]:
        """The candidates of each query, ascending."""
        query, positions = self._prune()
        starts = np.searchsorted(query, np.arange(len(self._floor) + 1)).tolist()
        if self._always:
            return [np.sort(np.concatenate([positions[a:b], *self._always])) for a, b in pairwise(starts)]
        # All at once: a thousand short sorts cost more than what is sorted.
        keys = np.sort((query.astype(np.int64) << 32) | positions)
        positions = keys & 0xFFFFFFFF
        return [positions[a:b] for a, b in pairwise(starts)]

    def _prune(self) -> tuple[NDArray[np.uint16], Positions]:
        """Raise the floors by what has been gathered, and drop what lies below them; leaves one part, by query."""
        if not self._parts:
            return np.empty(0, dtype=np.uint16), np.empty(0, dtype=np.int64)
        query, positions, low, upper = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        order = np.argsort(query, kind="stable")  # a radix sort, for 16 bits
        query, positions, low, upper = query[order], positions[order], low[order], upper[order]
        held = np.bincount(query, minlength=len(self._floor))
        widest = int(held.max())
        if widest >= self._count:
            table = np.full((len(held), widest), -np.inf, dtype=np.float32)
            table[np.arange(widest) < held[:, None]] = low
            nth = widest - self._count
            np.maximum(self._floor, np.partition(table, nth, axis=1)[:, nth], out=self._floor)
        keep = upper >= self._floor[query]
        self._parts = [(query[keep], positions[keep], low[keep], upper[keep])]
        return self._parts[0][0], self._parts[0][1]


def _reached(scores: Vectors, errors: Vectors, count: int) -> Vectors:
    """What at least `count` of the photos reach for each query, float32 [Q].

    The photos are dealt into groups, and the best of each group stands for it: as many groups as wanted reach the
    value, so as many photos do. That is a little less than what the count-th photo reaches, in a tenth of the time.
    """
    width = scores.shape[1]
    if errors.shape[1] > 1:
        scores, errors = scores - errors, np.zeros((1, 1), dtype=np.float32)
    deep = width // max(1, GROUPS_A_RESULT * count)
    if deep > 1:
        groups = width // deep
        scores = scores[:, : deep * groups].reshape(len(scores), deep, groups).max(axis=1)
    nth = scores.shape[1] - count
    return np.partition(scores, nth, axis=1)[:, nth] - errors[:, 0]


def _merged(pools: Sequence[Pool]) -> Pool:
    for other in pools[1:]:
        pools[0].absorb(other)
    return pools[0]

"""The fast pass of the search: which photos can be among the nearest, found in float32 with a proven margin.

The pass estimates a score (larger is nearer) for each photo, and a bound on the error of that estimate. A photo whose
score plus error lies below the k-th largest score minus error cannot be among the k nearest. All others are
candidates, and the exact distances of `engine.metric` decide among them.

The bound: a float32 dot product of D terms, summed in any order, with or without fused operations, is off by at most
D·u / (1 − D·u) times |q||x|, where u = 2⁻²⁴ (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.1).
The length of x, found in float32 too, is off by half of that; rounding the query and the quotient adds a few u. That
makes (1.5·D + 8)·u for the cosine, and `relative_error` is (2·D + 32)·u.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.gallery import Gallery
from engine.metric import Metric

Vectors = NDArray[np.float32]
Positions = NDArray[np.int64]

# Rows at a time: 2 MB at 256 dimensions, so that the second look at a block, for the lengths, finds it in the cache.
BLOCK_ROWS = 2048
# Lengths between which no float32 product overflows or loses digits to underflow; a photo outside is a candidate.
SHORTEST, LONGEST = 1e-15, 1e15
# Covers the roundings of a score itself; see `score`.
ROUNDING = 2.0**-20


def relative_error(dimension: int) -> float:
    """More than the largest error of an estimated cosine of two vectors of `dimension` numbers."""
    return (2 * dimension + 32) * 2.0**-24


def lengths_of(queries: Vectors) -> NDArray[np.float64]:
    """The lengths of queries [Q, D], in float64."""
    return np.asarray(np.linalg.norm(queries.astype(np.float64), axis=1))


def can_scan(lengths: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which queries, by their lengths [Q], the fast pass may estimate; others need exact distances throughout."""
    return (lengths >= SHORTEST) & (lengths <= LONGEST)


def candidates(
    gallery: Gallery, queries: Vectors, metric: Metric, count: int, allowed: Positions | None = None
) -> list[Positions]:
    """For each query of `queries` float32 [Q, D] (lengths within `can_scan`), positions in ascending order among which
    are the `count` nearest of the `allowed` photos (ascending positions; None: all), ties included."""
    if not len(queries):
        return []
    lengths = lengths_of(queries)
    units = (queries / lengths[:, None]).astype(np.float32)
    pool = Pool(len(queries), count)
    with np.errstate(all="ignore"):  # products of photos outside the safe lengths overflow; they are not looked at
        for positions, vectors in blocks(gallery, allowed):
            pool.add(positions, *estimate(vectors, units, lengths, metric))
    return pool.result()


def estimate(vectors: Vectors, units: Vectors, lengths: NDArray[np.float64], metric: Metric) -> tuple[Vectors, Vectors]:
    """Scores float32 [Q, B] of `vectors` [B, D], and their errors [1, B] or [Q, B], for queries of length 1 `units`
    [Q, D] that were `lengths` [Q] long."""
    own = np.sqrt(np.einsum("bd,bd->b", vectors, vectors))
    safe = (own >= SHORTEST) & (own <= LONGEST)
    cosine = units @ vectors.T
    cosine /= own
    error = relative_error(vectors.shape[1])
    return score(cosine, np.float32(error), error / 2, own, safe, lengths, metric)


def score(
    cosine: Vectors,
    error: Vectors | np.float32,
    own_error: float,
    own: Vectors,
    safe: NDArray[np.bool_],
    lengths: NDArray[np.float64],
    metric: Metric,
) -> tuple[Vectors, Vectors]:
    """Scores and errors from estimated cosines [Q, B] with `error`, the photos' lengths `own` [B], off by at most half
    of `own_error` times themselves, and the queries' lengths [Q]. Overwrites `cosine`.

    The score is the cosine, or the negative squared Euclidean distance less the query's own share:
    −(|q − x|² − |q|²) = |x|·(2·|q|·cos − |x|). An error r of |x| changes that by at most 2·r·|x|·(|q| + |x|), and its
    roundings in float32 stay below 8·u·(|q| + |x|)²; `ROUNDING` is twice that.
    """
    if metric is Metric.EUCLIDEAN:
        other = lengths.astype(np.float32)[:, None]
        cosine *= 2 * other
        cosine -= own
        cosine *= own
        spread = 2 * other * own * error + (own + other) ** 2 * np.float32(own_error + ROUNDING)
    else:
        spread = np.broadcast_to(np.asarray(error + ROUNDING, dtype=np.float32), (1, len(own)))
    if not safe.all():
        cosine = np.where(safe, cosine, np.float32(0))
        spread = np.where(safe, spread, np.float32(np.inf))
    return cosine, spread


def blocks(gallery: Gallery, allowed: Positions | None) -> Iterator[tuple[Positions, Vectors]]:
    """The allowed photos in the order in which their vectors lie in the file, block by block: positions [B] and vectors
    [B, D]; these are not copied where the rows follow one another."""
    positions = np.arange(len(gallery), dtype=np.int64) if allowed is None else allowed
    rows = gallery.rows if allowed is None else gallery.rows[allowed]
    if np.any(rows[1:] < rows[:-1]):
        order = np.argsort(rows, kind="stable")
        positions, rows = positions[order], rows[order]
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        follow_on = bool(np.all(block[1:] - block[:-1] == 1))
        vectors = gallery.matrix[int(block[0]) : int(block[-1]) + 1] if follow_on else gallery.matrix[block]
        yield positions[start : start + BLOCK_ROWS], vectors


class Pool:
    """What may still be among the `count` best of each query, while block after block is added."""

    def __init__(self, queries: int, count: int) -> None:
        self._count = count
        self._floor = np.full(queries, -np.inf, dtype=np.float32)  # the count-th largest lower bound so far
        self._parts: list[tuple[NDArray[np.int64], Positions, Vectors, Vectors]] = []
        self._seen = 0
        self._next_prune = 4

    def add(self, positions: Positions, scores: Vectors, errors: Vectors) -> None:
        """Add photos with their scores [Q, B] and errors (broadcast to that), no photo twice."""
        upper = scores + errors
        if self._seen == 0 and len(positions) >= self._count:
            # Without this every photo of the first block would be carried along.
            nth = len(positions) - self._count
            self._floor = np.partition(scores - errors, nth, axis=1)[:, nth]
        query, column = np.nonzero(upper >= self._floor[:, None])
        errors = np.broadcast_to(errors, scores.shape)
        low = scores[query, column] - errors[query, column]
        self._parts.append((query, positions[column], low, upper[query, column]))
        self._seen += 1
        if self._seen >= self._next_prune:
            self._next_prune *= 4
            self._prune()

    def result(self) -> list[Positions]:
        """The candidates of each query, ascending."""
        self._prune()
        query, positions, _, _ = self._parts[0]
        return [np.sort(part) for part in np.split(positions, np.searchsorted(query, np.arange(1, len(self._floor))))]

    def _prune(self) -> None:
        """Raise the floors by what has been gathered, and drop what lies below them; leaves one part, by query."""
        if self._parts:
            query, positions, low, upper = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        else:
            query = positions = np.empty(0, dtype=np.int64)
            low = upper = np.empty(0, dtype=np.float32)
        order = np.argsort(query, kind="stable")
        query, positions, low, upper = query[order], positions[order], low[order], upper[order]
        starts = np.searchsorted(query, np.arange(len(self._floor)))
        held = np.diff(np.append(starts, len(query)))
        if held.max(initial=0) >= self._count:
            table = np.full((len(held), held.max()), -np.inf, dtype=np.float32)
            table[query, np.arange(len(query)) - starts[query]] = low
            nth = table.shape[1] - self._count
            self._floor = np.maximum(self._floor, np.partition(table, nth, axis=1)[:, nth])
        keep = upper >= self._floor[query]
        self._parts = [(query[keep], positions[keep], low[keep], upper[keep])]

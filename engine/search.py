"""Nearest photos: a fast pass or a server finds candidates, `engine.metric` gives their distances and so the order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine import scan
from engine.gallery import Gallery
from engine.metric import LONGEST_ROW, Metric, grouped_distance, pairwise_distance
from engine.results import Ranking
from engine.threads import cores, on_threads

# Some queries, their own positions in the gallery (−1: none), and the candidates of each, ascending.
Task = tuple[NDArray[np.float32], NDArray[np.int64], Sequence[NDArray[np.int64]]]

# Pairs whose float64 copies are made at a time: 1 MB each at 256 dimensions, which a core keeps in its cache (a
# fifth less time for one query among 100,000 photos than with eight times as many).
PAIRS_AT_ONCE = 512
# A batch's queries that go through the gallery together, fewer where many photos are wanted of each. 1,024 make 21 MB
# of scores with a block of the scan, and 16 bits hold their numbers.
QUERIES_AT_ONCE = 1024
RESULTS_AT_ONCE = 2_000_000
# Lists of candidates that are not longer than this have their distances computed together, so many numbers at a time:
# half a megabyte of float64, which stays in a core's cache.
SHORT = 256
NUMBERS_AT_ONCE = 65_536
# The lengths of all vectors are computed once where a batch asks for at least this share of them.
LENGTHS_SHARE = 0.25
# Queries whose exact distances are worth a thread.
QUERIES_A_THREAD = 16
# Below so many photos, or where more than this share of them is wanted, the fast pass saves nothing.
SMALL = 1024
LARGE_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The rankings of some queries, one after another: `lengths` int64 [Q] says how many photos each has, `order` int64
    [R] and `distances` float64 [R] are as in a `Ranking`."""

    lengths: NDArray[np.int64]
    order: NDArray[np.int64]
    distances: NDArray[np.float64]

    def within(self, max_distance: float | None) -> "Columns":
        """The part of each ranking that lies within a distance; None: all."""
        if max_distance is None:
            return self
        kept = self.distances <= max_distance
        owners = np.repeat(np.arange(len(self.lengths)), self.lengths)
        lengths = np.bincount(owners[kept], minlength=len(self.lengths))
        return Columns(lengths, self.order[kept], self.distances[kept])


def nearest(
    gallery: Gallery,
    query: NDArray[np.float32],
    metric: Metric,
    k: int | None,
    *,
    exclude: str | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> Ranking:
    """The `k` photos nearest to `query` float32 [D]; None, 0 or more than there are: all.

    `exclude` is the path of the query itself, left out where the gallery has it. `allowed` bool [N] says which photos
    may be found: the filter comes before the choice of the nearest. Equal distances stand in order of path. Raises
    ValueError for a query of another length than the gallery's vectors or with a value that is not finite.
    """
    batch = np.asarray(query)[None]
    return next(nearest_batch(gallery, batch, metric, k, exclude=[exclude], allowed=allowed))


def nearest_batch(
    gallery: Gallery,
    queries: NDArray[np.float32],
    metric: Metric,
    k: int | None,
    *,
    exclude: Sequence[str | None] | None = None,
    allowed: NDArray[np.bool_] | None = None,
) -> Iterator[Ranking]:
    """As `nearest` for each of `queries` float32 [Q, D], in their order and to the same digit, in memory that does not
    grow with their number. `exclude` holds one path or None a query."""
    queries = _checked(gallery, queries)
    if k is not None and k < 0:
        raise ValueError(f"k is {k}")
    if exclude is not None and len(exclude) != len(queries):
        raise ValueError(f"{len(exclude)} paths to exclude for {len(queries)} queries")
    own = np.full(len(queries), -1, dtype=np.int64)
    for number, path in enumerate(exclude or ()):
        position = None if path is None else gallery.index_of(path)
        own[number] = -1 if position is None else position
    return _rankings(gallery, _columns(gallery, queries, metric, k, own, _positions(gallery, allowed), cores()), metric)


def nearest_columns(
    gallery: Gallery,
    queries: NDArray[np.float32],
    metric: Metric,
    k: int | None,
    own: NDArray[np.int64],
    *,
    threads: int | None = None,
) -> Columns:
    """As `nearest_batch`, without an object for each query: for many at once. `own` int64 [Q] are the positions that
    the queries have in the gallery, −1 where they have none. `threads`: as many as there are cores."""
    parts = list(_columns(gallery, _checked(gallery, queries), metric, k, own, None, threads or cores()))
    if len(parts) == 1:
        return parts[0]
    names = ("lengths", "order", "distances")
    return Columns(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def columns_among(
    gallery: Gallery,
    queries: NDArray[np.float32],
    metric: Metric,
    k: int | None,
    own: NDArray[np.int64],
    found: Sequence[NDArray[np.int64]],
) -> Columns:
    """As `nearest_columns`, where it is known among which photos the nearest are: `found` has ascending positions for
    each query, at least `k` and the query's own."""
    rank = _short_lists if _is_short(gallery, found) else _long_lists
    return rank(gallery, metric, k, (queries, own, found))


def all_distances(gallery: Gallery, query: NDArray[np.float32], metric: Metric) -> NDArray[np.float32]:
    """The distance of every photo to `query` float32 [D], float32 [N] in the gallery's order."""
    vector = _checked(gallery, np.asarray(query)[None])[0]
    return _distances(gallery, vector, metric, np.arange(len(gallery), dtype=np.int64)).astype(np.float32)


def _checked(gallery: Gallery, queries: NDArray[np.float32]) -> NDArray[np.float32]:
    queries = np.asarray(queries, dtype=np.float32)
    if queries.ndim != 2 or queries.shape[1] != gallery.dimension:
        raise ValueError(f"queries {queries.shape} do not fit vectors of {gallery.dimension} numbers")
    if not np.isfinite(queries).all():
        raise ValueError("the query has a value that is not finite")
    return queries


def _positions(gallery: Gallery, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64] | None:
    """The allowed positions, ascending, or None where that is all."""
    if allowed is None:
        return None
    if allowed.shape != (len(gallery),) or allowed.dtype != np.bool_:
        raise ValueError(f"the filter {allowed.dtype} {allowed.shape} does not fit {len(gallery)} photos")
    return None if allowed.all() else np.flatnonzero(allowed).astype(np.int64)


def _rankings(gallery: Gallery, parts: Iterator[Columns], metric: Metric) -> Iterator[Ranking]:
    for part in parts:
        start = 0
        for stop in np.cumsum(part.lengths).tolist():
            rows = slice(start, stop)
            yield Ranking(gallery.paths, part.order[rows], part.distances[rows], metric, gallery.model)
            start = stop


def _columns(
    gallery: Gallery,
    queries: NDArray[np.float32],
    metric: Metric,
    k: int | None,
    own: NDArray[np.int64],
    within: NDArray[np.int64] | None,
    most_threads: int,
) -> Iterator[Columns]:
    size = len(gallery) if within is None else len(within)
    # One more than wanted, for the query itself may be among the nearest.
    count = size if not k else min(k + 1, size)
    at_once = max(1, min(QUERIES_AT_ONCE, RESULTS_AT_ONCE // max(1, count)))
    for start in range(0, len(queries), at_once):
        batch, left_out = queries[start : start + at_once], own[start : start + at_once]
        found = _candidates(gallery, batch, metric, count, within, most_threads)
        short = _is_short(gallery, found)
        if (
            short
            and metric is Metric.COSINE
            and not gallery.approximate
            and sum(map(len, found)) >= LENGTHS_SHARE * len(gallery)
        ):
            gallery.lengths()  # here, not on each thread
        threads = max(1, min(most_threads, len(batch) // QUERIES_A_THREAD))
        bounds = [part * len(batch) // threads for part in range(threads + 1)]
        tasks = [(batch[i:j], left_out[i:j], found[i:j]) for i, j in pairwise(bounds)]
        yield from on_threads(partial(_short_lists if short else _long_lists, gallery, metric, k), tasks)


def _is_short(gallery: Gallery, found: Sequence[NDArray[np.int64]]) -> bool:
    """Whether the distances of all these candidates are best computed together."""
    return max(map(len, found)) <= SHORT and gallery.dimension <= LONGEST_ROW


def _candidates(
    gallery: Gallery,
    queries: NDArray[np.float32],
    metric: Metric,
    count: int,
    within: NDArray[np.int64] | None,
    threads: int,
) -> list[NDArray[np.int64]]:
    """For each query, ascending positions among which its `count` nearest are."""
    elsewhere = gallery.candidates(queries, metric, count, within)
    if elsewhere is not None:
        return elsewhere
    everything = np.arange(len(gallery), dtype=np.int64) if within is None else within
    found = [everything] * len(queries)
    if len(everything) > SMALL and count <= LARGE_SHARE * len(everything):
        fit = np.flatnonzero(scan.can_scan(queries))
        if len(fit):
            scanned = scan.candidates(gallery, queries[fit], metric, count, within, threads)
            for query, positions in zip(fit.tolist(), scanned, strict=True):
                found[query] = positions
    return found


def _long_lists(gallery: Gallery, metric: Metric, k: int | None, task: Task) -> Columns:
    """The rankings of some queries, each from its candidates without its own photo."""
    queries, own, found = task
    orders, distances = [], []
    for query, left_out, positions in zip(queries, own.tolist(), found, strict=True):
        if left_out >= 0:
            positions = positions[positions != left_out]
        exact = _distances(gallery, query, metric, positions)
        # Positions ascend as paths do, and a stable sort keeps that order within equal distances.
        order = np.argsort(exact, kind="stable")[: k or None]
        orders.append(positions[order])
        distances.append(exact[order])
    return Columns(np.array([len(order) for order in orders]), np.concatenate(orders), np.concatenate(distances))


def _short_lists(gallery: Gallery, metric: Metric, k: int | None, task: Task) -> Columns:
    """The same, all queries together: numpy's calls cost more than the arithmetic of one short list."""
    queries, own, found = task
    lengths = np.array([len(positions) for positions in found], dtype=np.int64)
    widest = int(lengths.max())
    held = np.arange(widest) < lengths[:, None]
    positions = np.zeros((len(found), widest), dtype=np.int64)
    positions[held] = np.concatenate(found)
    known = gallery.known_lengths
    distances = np.empty(positions.shape)
    at_once = max(1, NUMBERS_AT_ONCE // max(1, widest * gallery.dimension))
    for start in range(0, len(found), at_once):
        rows = slice(start, start + at_once)
        own_lengths = None if known is None else known[positions[rows]]
        distances[rows] = grouped_distance(queries[rows], gallery.vectors(positions[rows]), metric, own_lengths)
    held &= positions != own[:, None]
    distances[~held] = np.inf
    # Stable, as above; what is not held comes last.
    order = np.argsort(distances, axis=1, kind="stable")[:, : k or None]
    kept = np.arange(order.shape[1]) < held.sum(axis=1)[:, None]
    return Columns(
        kept.sum(axis=1),
        np.take_along_axis(positions, order, axis=1)[kept],
        np.take_along_axis(distances, order, axis=1)[kept],
    )


def _distances(
    gallery: Gallery, query: NDArray[np.float32], metric: Metric, positions: NDArray[np.int64]
) -> NDArray[np.float64]:
    distances = np.empty(len(positions))
    for start in range(0, len(positions), PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        distances[block] = pairwise_distance(gallery.vectors(positions[block]), query, metric)
    return distances

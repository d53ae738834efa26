"""Exact nearest photos: a fast pass finds candidates, `engine.metric` gives their distances and so the order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine import scan
from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance
from engine.results import Ranking
from engine.threads import cores, on_threads

# A query, its own position in the gallery, and its candidates.
Task = tuple[NDArray[np.float32], int | None, NDArray[np.int64]]

# Pairs whose float64 copies are in memory at a time: 8 MB each at 256 dimensions.
PAIRS_AT_ONCE = 4096
# A batch's queries that go through the gallery together, fewer where many photos are wanted of each. 1,024 make 8 MB
# of scores with a block of the scan, and 16 bits hold their numbers.
QUERIES_AT_ONCE = 1024
RESULTS_AT_ONCE = 2_000_000
# So many queries with lists of candidates that are not longer than this have their distances computed together.
GROUP = 4
SHORT = 256
# Queries whose exact distances are worth a thread.
QUERIES_A_THREAD = 16
# Below so many photos, or where more than this share of them is wanted, the fast pass saves nothing.
SMALL = 1024
LARGE_SHARE = 0.1


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
    within = _positions(gallery, allowed)
    return _rankings(gallery, queries, metric, k, exclude or [None] * len(queries), within)


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


def _rankings(
    gallery: Gallery,
    queries: NDArray[np.float32],
    metric: Metric,
    k: int | None,
    exclude: Sequence[str | None],
    within: NDArray[np.int64] | None,
) -> Iterator[Ranking]:
    size = len(gallery) if within is None else len(within)
    left_out = [None if path is None else gallery.index_of(path) for path in exclude]
    # One more than wanted, for the query itself may be among the nearest.
    count = size if not k else min(k + 1, size)
    at_once = max(1, min(QUERIES_AT_ONCE, RESULTS_AT_ONCE // max(1, count)))
    for start in range(0, len(queries), at_once):
        batch = queries[start : start + at_once]
        found = _candidates(gallery, batch, metric, count, within)
        tasks = list(zip(batch, left_out[start : start + at_once], found, strict=True))

        def ranked(share: Sequence[Task]) -> list[Ranking]:
            groups = [share[i : i + GROUP] for i in range(0, len(share), GROUP)]
            return [ranking for group in groups for ranking in _exact(gallery, metric, k, group)]

        threads = max(1, min(cores(), len(tasks) // QUERIES_A_THREAD))
        bounds = [part * len(tasks) // threads for part in range(threads + 1)]
        for rankings in on_threads(ranked, [tasks[first:stop] for first, stop in pairwise(bounds)]):
            yield from rankings


def _candidates(
    gallery: Gallery, queries: NDArray[np.float32], metric: Metric, count: int, within: NDArray[np.int64] | None
) -> list[NDArray[np.int64]]:
    """For each query, ascending positions among which its `count` nearest are."""
    everything = np.arange(len(gallery), dtype=np.int64) if within is None else within
    found = [everything] * len(queries)
    if len(everything) > SMALL and count <= LARGE_SHARE * len(everything):
        fit = np.flatnonzero(scan.can_scan(queries))
        if len(fit):
            scanned = scan.candidates(gallery, queries[fit], metric, count, within)
            for query, positions in zip(fit.tolist(), scanned, strict=True):
                found[query] = positions
    return found


def _exact(gallery: Gallery, metric: Metric, k: int | None, tasks: Sequence[Task]) -> list[Ranking]:
    """The rankings of some queries, each from its candidates (ascending positions) without its own photo."""
    queries, found = [], []
    for query, own, positions in tasks:
        queries.append(query)
        found.append(positions if own is None else positions[positions != own])
    if max(map(len, found)) <= SHORT:
        # numpy's calls cost more than the arithmetic of one short list.
        owners = np.repeat(np.arange(len(found)), [len(positions) for positions in found])
        together = pairwise_distance(gallery.vectors(np.concatenate(found)), np.stack(queries)[owners], metric)
        split = np.split(together, np.cumsum([len(positions) for positions in found])[:-1])
    else:
        split = [_distances(gallery, query, metric, positions) for query, positions in zip(queries, found, strict=True)]
    rankings = []
    for positions, distances in zip(found, split, strict=True):
        # Positions ascend as paths do, and a stable sort keeps that order within equal distances.
        order = np.argsort(distances, kind="stable")[: k or None]
        rankings.append(Ranking(gallery.paths, positions[order], distances[order], metric, gallery.model))
    return rankings


def _distances(
    gallery: Gallery, query: NDArray[np.float32], metric: Metric, positions: NDArray[np.int64]
) -> NDArray[np.float64]:
    distances = np.empty(len(positions))
    for start in range(0, len(positions), PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        distances[block] = pairwise_distance(gallery.vectors(positions[block]), query, metric)
    return distances

"""Exact nearest photos: a fast pass finds candidates, `engine.metric` gives their distances and so the order."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine import scan
from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance
from engine.results import Ranking

# Pairs whose float64 copies are in memory at a time: 8 MB each at 256 dimensions.
PAIRS_AT_ONCE = 4096
# A batch's queries that go through the gallery together; with a block of the scan, 2 MB of scores.
QUERIES_AT_ONCE = 256
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
    distances = np.empty(len(gallery), dtype=np.float32)
    for start in range(0, len(gallery), PAIRS_AT_ONCE):
        block = slice(start, start + PAIRS_AT_ONCE)
        distances[block] = pairwise_distance(gallery.matrix[gallery.rows[block]], vector, metric)
    return distances


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
    everything = np.arange(len(gallery), dtype=np.int64) if within is None else within
    for start in range(0, len(queries), QUERIES_AT_ONCE):
        batch = queries[start : start + QUERIES_AT_ONCE]
        found = [everything] * len(batch)
        if size > SMALL and count <= LARGE_SHARE * size:
            fit = np.flatnonzero(scan.can_scan(scan.lengths_of(batch)))
            scanned = scan.candidates(gallery, batch[fit], metric, count, within)
            for query, positions in zip(fit.tolist(), scanned, strict=True):
                found[query] = positions
        yield from _exact(gallery, batch, metric, k, left_out[start : start + QUERIES_AT_ONCE], found)


def _exact(
    gallery: Gallery,
    queries: NDArray[np.float32],
    metric: Metric,
    k: int | None,
    left_out: Sequence[int | None],
    found: Sequence[NDArray[np.int64]],
) -> Iterator[Ranking]:
    """The rankings of some queries, each from its candidates (ascending positions)."""
    for query, own, positions in zip(queries, left_out, found, strict=True):
        if own is not None:
            positions = positions[positions != own]
        distances = np.empty(len(positions))
        for start in range(0, len(positions), PAIRS_AT_ONCE):
            block = slice(start, start + PAIRS_AT_ONCE)
            distances[block] = pairwise_distance(gallery.vectors(positions[block]), query, metric)
        # Positions ascend as paths do, and a stable sort keeps that order within equal distances.
        order = np.argsort(distances, kind="stable")[: k or None]
        yield Ranking(gallery.paths, positions[order], distances[order], metric, gallery.model)

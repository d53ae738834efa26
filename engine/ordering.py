"""All photos in order of distance, for query after query: the order alone, at the price of one matrix product.

Where every photo's place is wanted, computing each distance by `engine.metric` would take ten times as long. A float64
matrix product orders all but the photos whose distances differ by less than its rounding; only those are computed.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance

# Numbers in the table of one block of queries: 32 MB of float64.
TABLE_SIZE = 4_000_000
# Photos whose float64 vectors are in memory at a time: 8 MB at 256 dimensions.
ROWS_AT_ONCE = 4096
# Photos whose distances tie are computed so many at a time.
TIES_AT_ONCE = 4096


def orders(
    gallery: Gallery, queries: NDArray[np.float32], metric: Metric, exclude: Sequence[str | None]
) -> Iterator[NDArray[np.int64]]:
    """For each of `queries` float32 [Q, D] the positions of all photos but the query's own path `exclude` [Q], nearest
    first: the very order of `search.nearest` with k = None. The queries are finite (`search` checks it)."""
    at_once = max(1, TABLE_SIZE // max(1, len(gallery)))
    for start in range(0, len(queries), at_once):
        block = queries[start : start + at_once]
        table, margins = _estimates(gallery, block, metric)
        for query, keys, margin, path in zip(block, table, margins, exclude[start : start + at_once], strict=True):
            order = _settled(gallery, query, metric, np.argsort(keys, kind="stable"), keys, float(margin))
            own = None if path is None else gallery.index_of(path)
            yield order if own is None else order[order != own]


def _estimates(
    gallery: Gallery, queries: NDArray[np.float32], metric: Metric
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keys float64 [Q, N] that ascend with the distance (1 − cos, or the squared Euclidean distance less |q|²), and for
    each query [Q] twice a bound on how far a key is from the one that the exact distance would give.

    Both kinds of key and both ways to compute them err by less than (2·D + 32)·2⁻⁵³ of 1 or of (|q| + |x|)²; see
    `engine.scan` for the source of the bound. Rounding a square root shifts the distance by 2⁻⁵³ of itself.
    """
    left = queries.astype(np.float64)
    lengths = np.linalg.norm(left, axis=1)
    cosine = metric is Metric.COSINE
    if cosine:
        left /= np.where(lengths > 0, lengths, 1)[:, None]
    table = np.empty((len(queries), len(gallery)))
    longest = 0.0
    for start in range(0, len(gallery), ROWS_AT_ONCE):
        rows = gallery.matrix[gallery.rows[start : start + ROWS_AT_ONCE]].astype(np.float64)
        own = np.linalg.norm(rows, axis=1)
        longest = max(longest, float(own.max(initial=0)))
        part = table[:, start : start + ROWS_AT_ONCE]
        np.matmul(left, rows.T, out=part)
        if cosine:
            part /= np.where(own > 0, -own, 1)
            part += 1
        else:
            part *= -2
            part += own**2
    scale = np.ones_like(lengths) if cosine else (lengths + longest) ** 2
    return table, scale * (4 * (2 * gallery.dimension + 32) * 2.0**-53)


def _settled(
    gallery: Gallery,
    query: NDArray[np.float32],
    metric: Metric,
    order: NDArray[np.int64],
    keys: NDArray[np.float64],
    margin: float,
) -> NDArray[np.int64]:
    """The order with each run of keys within `margin` of the next put in order of exact distance, then path."""
    close = np.diff(keys[order]) <= margin
    if not close.any():
        return order
    tied = np.flatnonzero(np.append(close, False) | np.insert(close, 0, False))
    run = np.cumsum(np.insert(~close, 0, False))[tied]
    distances = np.empty(len(tied))
    for start in range(0, len(tied), TIES_AT_ONCE):
        part = slice(start, start + TIES_AT_ONCE)
        distances[part] = pairwise_distance(gallery.vectors(order[tied[part]]), query, metric)
    order[tied] = order[tied][np.lexsort((order[tied], distances, run))]
    return order

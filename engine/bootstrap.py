"""How sure a mean over queries is: percentile bootstrap intervals, and paired ones for differences."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
LEVEL = 0.95
SEED = 0
# Numbers in one table of counts (resamples × queries): 8 MB.
TABLE_SIZE = 1_000_000

Columns = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % bootstrap interval, and over how many queries it was taken; None where there is no query."""

    value: float | None
    low: float | None
    high: float | None
    queries: int

    def to_json(self) -> dict[str, float | int | None]:
        return {"value": self.value, "low": self.low, "high": self.high, "queries": self.queries}


def intervals(values: Columns) -> list[Interval]:
    """The mean of each column of `values` [Q, M] and its interval over the queries; NaN is a query that does not count
    for that column."""
    counted = (~np.isnan(values)).sum(axis=0)
    return _summarise(_means(values), _resampled_means(values), counted)


def paired_intervals(left: Columns, right: Columns) -> list[Interval]:
    """The difference of the means of matching columns, left − right, of two [Q, M] over the same queries. Both means
    are taken over the same resample, so that what makes a query hard for both does not widen the interval."""
    if left.shape != right.shape:
        raise ValueError(f"{left.shape} and {right.shape} are not the same queries and columns")
    counted = np.minimum((~np.isnan(left)).sum(axis=0), (~np.isnan(right)).sum(axis=0))
    return _summarise(_means(left) - _means(right), _resampled_means(left) - _resampled_means(right), counted)


def _summarise(means: Columns, resampled: Columns, counted: NDArray[np.int64]) -> list[Interval]:
    tail = (1 - LEVEL) / 2
    found = []
    for mean, column, queries in zip(means.tolist(), resampled.T, counted.tolist(), strict=True):
        column = column[~np.isnan(column)]
        if not queries or not len(column):
            found.append(Interval(None, None, None, queries))
            continue
        low, high = np.quantile(column, [tail, 1 - tail]).tolist()
        found.append(Interval(mean, low, high, queries))
    return found


def _means(values: Columns) -> Columns:
    defined = ~np.isnan(values)
    return _quotient(np.where(defined, values, 0).sum(axis=0), defined.sum(axis=0).astype(np.float64))


def _resampled_means(values: Columns) -> Columns:
    """Means [RESAMPLES, M] over queries drawn with replacement; the same draws for every table of as many queries."""
    queries = len(values)
    means = np.full((RESAMPLES, values.shape[1]), np.nan)
    if not queries:
        return means
    defined = ~np.isnan(values)
    filled = np.where(defined, values, 0)
    generator = np.random.default_rng(SEED)
    at_once = max(1, TABLE_SIZE // queries)
    for start in range(0, RESAMPLES, at_once):
        rounds = min(at_once, RESAMPLES - start)
        drawn = generator.integers(0, queries, (rounds, queries), dtype=np.int64)
        drawn += np.arange(rounds)[:, None] * queries
        counts = np.bincount(drawn.ravel(), minlength=rounds * queries).reshape(rounds, queries).astype(np.float64)
        means[start : start + rounds] = _quotient(counts @ filled, counts @ defined.astype(np.float64))
    return means


def _quotient(sums: Columns, counts: Columns) -> Columns:
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)

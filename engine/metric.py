"""The two distances; smaller is nearer in both."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

LONGEST_ROW = 8192


class Metric(StrEnum):
    """How far apart two embeddings are."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


def pairwise_distance(left: NDArray[np.float32], right: NDArray[np.float32], metric: Metric) -> NDArray[np.float64]:
    """Distances between matching rows of two [N, D] arrays (either may be a single [D] row), as float64 [N].

    This is the one definition that every number shown or written comes from: computed in float64, row by row, so that
    a distance does not depend on which other rows were computed with it. Cosine distance is 1 − cos, in [0, 2]; a
    zero vector has distance 1 to everything, for it points nowhere.
    """
    # In C order, for the order of the terms of a sum follows the order in memory.
    a = np.atleast_2d(left).astype(np.float64, order="C")
    b = np.atleast_2d(right).astype(np.float64, order="C")
    if metric is Metric.EUCLIDEAN:
        difference = a - b
        distances: NDArray[np.float64] = np.sqrt(_dot(difference, difference))
        return distances
    return _from_cosine(_dot(*np.broadcast_arrays(a, b)), np.sqrt(_dot(a, a)) * np.sqrt(_dot(b, b)))


def lengths(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The length of each vector [N, D], float64 [N], as `pairwise_distance` takes it."""
    wide = vectors.astype(np.float64, order="C")
    return np.sqrt(_dot(wide, wide))


def grouped_distance(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    metric: Metric,
    right_lengths: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """The distances of `left` [Q, D] to vectors of their own, `right` [Q, K, D], as float64 [Q, K]: to the last digit
    those of `pairwise_distance`. `right_lengths` [Q, K] are the `lengths` of `right`, where they are known already. D
    is at most `LONGEST_ROW`."""
    a, b = left.astype(np.float64, order="C"), right.astype(np.float64, order="C")
    if metric is Metric.EUCLIDEAN:
        b -= a[:, None]
        distances: NDArray[np.float64] = np.sqrt(np.einsum("qkd,qkd->qk", b, b))
        return distances
    if right_lengths is None:
        right_lengths = np.sqrt(np.einsum("qkd,qkd->qk", b, b))
    return _from_cosine(np.einsum("qkd,qd->qk", b, a), np.sqrt(_dot(a, a))[:, None] * right_lengths)


def _from_cosine(dot: NDArray[np.float64], norms: NDArray[np.float64]) -> NDArray[np.float64]:
    cosine: NDArray[np.float64] = np.divide(dot, norms, out=np.zeros_like(dot), where=norms > 0)
    return 1.0 - np.clip(cosine, -1.0, 1.0, out=cosine)


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Dot products of matching rows. einsum's buffer holds `LONGEST_ROW` numbers; a longer row would be summed in parts
    that depend on where in the array it stands, so that such rows are cut here."""
    total: NDArray[np.float64] = np.einsum("nd,nd->n", a[:, :LONGEST_ROW], b[:, :LONGEST_ROW])
    for start in range(LONGEST_ROW, a.shape[1], LONGEST_ROW):
        part = slice(start, start + LONGEST_ROW)
        total += np.einsum("nd,nd->n", a[:, part], b[:, part])
    return total

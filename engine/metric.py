"""The two distances; smaller is nearer in both."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


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
    norms = np.sqrt(_dot(a, a)) * np.sqrt(_dot(b, b))
    dot = _dot(*np.broadcast_arrays(a, b))
    cosine: NDArray[np.float64] = np.divide(dot, norms, out=np.zeros_like(dot), where=norms > 0)
    return 1.0 - np.clip(cosine, -1.0, 1.0, out=cosine)


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Dot products of matching rows. einsum's buffer holds 8192 numbers; a longer row would be summed in parts that
    depend on where in the array it stands, so that such rows are cut here."""
    total: NDArray[np.float64] = np.einsum("nd,nd->n", a[:, :8192], b[:, :8192])
    for start in range(8192, a.shape[1], 8192):
        total += np.einsum("nd,nd->n", a[:, start : start + 8192], b[:, start : start + 8192])
    return total

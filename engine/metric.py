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
    a = np.atleast_2d(left).astype(np.float64)
    b = np.atleast_2d(right).astype(np.float64)
    if metric is Metric.EUCLIDEAN:
        difference = a - b
        euclidean: NDArray[np.float64] = np.sqrt(np.einsum("nd,nd->n", difference, difference))
        return euclidean
    a, b = np.broadcast_arrays(a, b)
    dot = np.einsum("nd,nd->n", a, b)
    norms = np.sqrt(np.einsum("nd,nd->n", a, a)) * np.sqrt(np.einsum("nd,nd->n", b, b))
    cosine = np.divide(dot, norms, out=np.zeros_like(dot), where=norms > 0)
    distance: NDArray[np.float64] = 1.0 - np.clip(cosine, -1.0, 1.0)
    return distance

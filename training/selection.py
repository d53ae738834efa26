"""What selects on the validation pictures: accuracy and mean average precision, for every epoch, layer and setting."""

import numpy as np
from numpy.typing import NDArray

from engine.metric import Metric


def accuracy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The share of rows [N, C] whose largest logit is at the label."""
    return float((logits.argmax(1) == labels).mean())


def mean_average_precision(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], metric: Metric = Metric.COSINE
) -> float:
    """mAP over the full ranking, every one of the [N, D] `vectors` being the query once and the others the gallery.

    A float32 matrix product, fast enough for every epoch; the numbers that are reported come from `engine.evaluate`.
    A picture whose label no other has is no query.
    """
    points = vectors.astype(np.float32)
    if metric is Metric.COSINE:
        points = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    nearness = 2 * points @ points.T - np.square(points).sum(1)[np.newaxis]
    np.fill_diagonal(nearness, -np.inf)
    order = np.argsort(-nearness, axis=1, kind="stable")[:, :-1]
    relevant = labels[order] == labels[:, np.newaxis]
    totals = relevant.sum(1)
    precision = np.cumsum(relevant, axis=1) / np.arange(1, relevant.shape[1] + 1)
    sums = (precision * relevant).sum(1)
    return float((sums[totals > 0] / totals[totals > 0]).mean())

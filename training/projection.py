"""Shorten features by PCA, kept as one linear layer so that the projection travels inside the network."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


@dataclass(frozen=True)
class Projection:
    """An orthogonal projection around a centre: `(features − centre) @ components.T`."""

    centre: NDArray[np.float64]  # [D]
    components: NDArray[np.float64]  # [K, D], orthonormal rows, the largest variance first
    explained: float  # share of the variance around `mean` that is kept, 0 to 1

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """[N, D] to [N, K]."""
        return ((features.astype(np.float64) - self.centre) @ self.components.T).astype(np.float32)

    def linear(self) -> nn.Linear:
        """The projection as a layer from D to K: the centring becomes its bias."""
        size, features = self.components.shape
        layer = nn.Linear(features, size)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(self.components))
            layer.bias.copy_(torch.from_numpy(-self.components @ self.centre))
        return layer


def fit_pca(features: NDArray[np.float32], size: int, centring: float = 1.0) -> Projection:
    """The `size` directions of largest variance of `features` [N, D] around their mean. Not whitened: whitening lifts
    the noise of the weak directions, and cost retrieval quality on every set of photos it was tried on.

    `centring` is the share of the mean that is subtracted. All of it suits photos like the fitted ones best; less of
    it takes away less of what other photos may differ by.

    Raises ValueError unless 1 ≤ size ≤ D and size < N.
    """
    count, dimensions = features.shape
    if not 1 <= size <= dimensions or size >= count:
        raise ValueError(f"{size} directions cannot be fitted to {count} features of {dimensions} values")
    mean = features.mean(axis=0, dtype=np.float64)
    centred = features.astype(np.float64) - mean
    variances, vectors = np.linalg.eigh(centred.T @ centred / (count - 1))  # ascending
    components = vectors[:, ::-1][:, :size].T
    # An eigenvector's sign is arbitrary: fixed here so that making a model twice gives the same file.
    largest = np.abs(components).argmax(axis=1)
    components = components * np.sign(components[np.arange(size), largest])[:, np.newaxis]
    total = float(variances.clip(min=0).sum())
    kept = float(variances[::-1][:size].clip(min=0).sum())
    return Projection(centring * mean, components, kept / total if total > 0 else 1.0)

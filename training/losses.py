"""The losses, as pure functions."""

import torch
from torch import Tensor
from torch.nn import functional


def contrastive(left: Tensor, right: Tensor, same: Tensor, margin: float = 1.0) -> Tensor:
    """Mean over pairs of y·d² + (1 − y)·max(margin − d, 0)², d the Euclidean distance of `left` and `right` [N, D],
    y = 1 where `same` [N] is true.

    Source: Hadsell et al., "Dimensionality Reduction by Learning an Invariant Mapping" (2006), without its ½.
    """
    squared = (left - right).square().sum(1)
    # The square root has no gradient at 0; a pair of identical embeddings would give NaN.
    distance = squared.clamp(min=1e-12).sqrt()
    return torch.where(same, squared, (margin - distance).clamp(min=0).square()).mean()


def soft_cross_entropy(logits: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    """Cross entropy of `logits` [N, C] with a distribution per row, `targets` [N, C], of which `smoothing` is spread
    evenly over the classes."""
    targets = targets * (1 - smoothing) + smoothing / targets.shape[1]
    return -(targets * functional.log_softmax(logits, dim=1)).sum(1).mean()

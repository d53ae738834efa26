"""The embedding of a classifier: its class probabilities and its penultimate layer, joined as validation says."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.selection import mean_average_precision

TEMPERATURES = (0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
SHARES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95)
TOLERANCE = 0.005  # mAP that is given up for a larger part of the penultimate layer


class JoinedEmbedding(nn.Module):
    """(unit embedding [N, D], logits [N, C]) → [N, C + D] of length 1 whose cosine is `share` × the cosine of the
    class probabilities + (1 − `share`) × the cosine of the unit embeddings.

    The probabilities say which action, the penultimate layer orders the pictures within it: probabilities rank
    better than logits because a picture of a sure class is then equally far from all of the others.
    """

    def __init__(self, share: float, temperature: float) -> None:
        super().__init__()
        self.share = share
        self.temperature = temperature

    def forward(self, unit: Tensor, logits: Tensor) -> Tensor:
        probabilities = functional.normalize(torch.softmax(logits / self.temperature, 1), dim=1)
        return torch.cat([self.share**0.5 * probabilities, (1 - self.share) ** 0.5 * unit], 1)


@dataclass(frozen=True)
class Choice:
    """One candidate and its validation mAP."""

    share: float
    temperature: float
    map: float


def choose_join(
    unit: NDArray[np.float32], logits: NDArray[np.float32], labels: NDArray[np.int64]
) -> tuple[Choice, list[Choice]]:
    """The choice by validation mAP from a small grid, and all that were tried. Share 0 is the penultimate layer alone.

    Of the choices within TOLERANCE of the best the one with the smallest share is taken: labels cannot measure how the
    pictures of one class are ordered, and only the penultimate layer orders them.
    """
    left, right = torch.from_numpy(unit), torch.from_numpy(logits)
    tried: list[Choice] = []
    for share in SHARES:
        for temperature in TEMPERATURES if share else (1.0,):
            joined = JoinedEmbedding(share, temperature)(left, right).numpy()
            tried.append(Choice(share, temperature, mean_average_precision(joined, labels)))
    good = max(choice.map for choice in tried) - TOLERANCE
    share = min(choice.share for choice in tried if choice.map >= good)
    return max((choice for choice in tried if choice.share == share), key=lambda choice: choice.map), tried

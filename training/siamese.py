"""The Siamese network: one subnetwork applied to both pictures of a pair, trained so that distance means difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.metric import Metric
from training.embedding import JoinedEmbedding
from training.heads import CosineClassifier
from training.losses import contrastive
from training.selection import mean_average_precision


@dataclass(frozen=True)
class PairConfig:
    """Which pairs are learnt from, and how the subnetwork ends."""

    positive: int = 7  # positive : negative pairs; 7:4 is the original's
    negative: int = 4
    hard: bool = False  # the negatives that lie nearest, instead of random ones
    pairs: int = 1024  # a step, of both kinds together: every ratio costs the same
    margin: float = 1.0
    size: int = 128
    hidden: int = 512
    dropout: float = 0.3
    share: float = 0.9  # of the class probabilities in the embedding, see JoinedEmbedding
    temperature: float = 0.7

    @property
    def name(self) -> str:
        """Such as `7:4` or `1:1 hard`."""
        return f"{self.positive}:{self.negative}" + (" hard" if self.hard else "")


class Branch(nn.Module):
    """The part of the subnetwork that is trained on pairs: a body's features [N, F] → embeddings of length 1,
    [N, classes + size], the class probabilities joined with the directions that they come from.

    Directions alone, which is what the loss was made for, reached a validation mAP of 0.593 where these start at 0.64.
    """

    def __init__(self, features: int, classes: int, config: PairConfig) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(features),
            nn.Dropout(config.dropout),
            nn.Linear(features, config.hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.size),
        )
        self.classifier = CosineClassifier(config.size, classes, 16.0)
        self.join = JoinedEmbedding(config.share, config.temperature)

    def outputs(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Directions of length 1 [N, size], logits [N, classes]."""
        unit = functional.normalize(self.layers(features), dim=1)
        return unit, self.classifier(unit)

    def forward(self, features: Tensor) -> Tensor:
        joined: Tensor = self.join(*self.outputs(features))
        return joined


class BranchClassifier(nn.Module):
    """A branch seen as a classifier, to be taught the classes before the pairs."""

    def __init__(self, branch: Branch) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.branch.outputs(features)


class Siamese(nn.Module):
    """Both branches are the same module, so that they share their weights by being one."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        return self.branch(left), self.branch(right)


def choose_pairs(
    left: Tensor,
    right: Tensor,
    left_labels: Tensor,
    right_labels: Tensor,
    config: PairConfig,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Positions [P] in `left` and `right` (embeddings [B, D]) of the pairs of one step, in the ratio of `config`.

    A batch that has too few pairs of a kind gives what it has of it, and of the other kind in proportion.
    """
    same = left_labels[:, None] == right_labels[None, :]
    positives, negatives = same.flatten().nonzero()[:, 0], (~same).flatten().nonzero()[:, 0]
    parts = config.positive + config.negative
    unit = min(config.pairs / parts, len(positives) / config.positive, len(negatives) / config.negative)
    positives = positives[torch.randperm(len(positives), generator=generator)[: round(unit * config.positive)]]
    if config.hard:
        with torch.no_grad():
            distance = torch.cdist(left, right).flatten()[negatives]
        negatives = negatives[distance.topk(round(unit * config.negative), largest=False).indices]
    else:
        negatives = negatives[torch.randperm(len(negatives), generator=generator)[: round(unit * config.negative)]]
    chosen = torch.cat([positives, negatives])
    return chosen // len(right), chosen % len(right)


class SiameseTask:
    """Trains a branch on pairs of the training pictures' features, several views of each."""

    def __init__(
        self,
        network: Siamese,
        config: PairConfig,
        views: Sequence[Tensor],
        labels: NDArray[np.int64],
        validation: Tensor,
        validation_labels: NDArray[np.int64],
    ) -> None:
        """`views`: features [N, F] of the training pictures, each varied differently; `validation` [V, F]."""
        self.network = network
        self.config = config
        self.train_count = len(labels)
        self._views = views
        self._labels = torch.from_numpy(labels)
        self._validation = validation
        self._validation_labels = validation_labels

    def parameter_groups(self) -> list[dict[str, Any]]:
        """All of the branch, once."""
        return [{"params": self.network.parameters()}]

    def loss(self, rows: Tensor, _epoch: int, generator: torch.Generator) -> Tensor:
        """Contrastive loss of pairs between the batch's two halves."""
        half = len(rows) // 2
        left_rows, right_rows = rows[:half], rows[half : 2 * half]
        device = next(self.network.parameters()).device

        def view() -> Tensor:
            return self._views[int(torch.randint(len(self._views), (1,), generator=generator))]

        left, right = self.network(view()[left_rows].to(device), view()[right_rows].to(device))
        left_labels, right_labels = self._labels[left_rows], self._labels[right_rows]
        first, second = choose_pairs(left, right, left_labels, right_labels, self.config, generator)
        same = (left_labels[first] == right_labels[second]).to(device)
        return contrastive(left[first], right[second], same, self.config.margin)

    @torch.no_grad()
    def validate(self, network: nn.Module) -> dict[str, float]:
        """mAP by Euclidean distance."""
        branch = network.get_submodule("branch")
        vectors = branch(self._validation.to(next(network.parameters()).device)).float().cpu().numpy()
        return {"map": mean_average_precision(vectors, self._validation_labels, Metric.EUCLIDEAN)}

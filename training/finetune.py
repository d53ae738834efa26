"""Fine-tune a pretrained backbone: a head on its pooled features first, then the last blocks together with the head."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.augment import mix
from training.heads import CosineHead, OriginalHead
from training.losses import soft_cross_entropy
from training.selection import accuracy, mean_average_precision

HeadKind = Literal["cosine", "original"]
Vary = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class FineTuneConfig:
    """How a backbone is cut, what sits on it and how that is regularised."""

    backbone: Literal["resnet50", "vit-tiny"]
    side: int  # pixels of the input
    trained: int  # blocks of the backbone that are trained with the head
    views: int = 2  # randomly varied copies of each training picture that go through the frozen layers too
    head: HeadKind = "cosine"
    size: int = 256  # of the embedding under the cosine classifier
    dropout: float = 0.3
    head_epochs: int = 30
    head_learning_rate: float = 2e-3
    epochs: int = 8
    learning_rate: float = 2e-4  # of the blocks; the head learns three times as fast
    mixup: float = 0.4
    smoothing: float = 0.1


def new_head(config: FineTuneConfig, features: int, classes: int) -> nn.Module:
    """The head that `config` names, with random weights."""
    if config.head == "original":
        return OriginalHead(features, classes)
    return CosineHead(features, classes, config.size, config.dropout)


class FineTuned(nn.Module):
    """The trained blocks and the head: maps or tokens → embeddings of length 1, logits."""

    def __init__(self, tail: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.tail = tail
        self.head = head

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        unit, logits = self.head(self.tail(maps))
        return unit, logits


class MapTask:
    """Trains a network that gives (embedding, logits) from stored inputs: a head from pooled features, or the last
    blocks and the head from maps."""

    def __init__(
        self,
        network: nn.Module,
        config: FineTuneConfig,
        inputs: NDArray[np.float16],
        train: NDArray[np.int64],
        validation: NDArray[np.int64],
        labels: NDArray[np.int64],
        targets: Tensor,
        vary: Vary | None = None,
        views: Sequence[NDArray[np.float16]] = (),
    ) -> None:
        """`inputs` [N, …] of all pictures of the training folder; `train` and `validation` are rows of it, `labels`
        [N] their classes and `targets` [N, C] what the training rows are taught. `vary` changes a batch of inputs;
        `views` are further inputs of the training pictures [T, …], of which each step takes one at random."""
        self.network = network
        self.config = config
        self.train_count = len(train)
        self._inputs = inputs
        self._train, self._validation = train, validation
        self._labels, self._targets = labels, targets
        self._vary = vary
        self._views = views

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The head learns three times as fast as blocks that are nearly right already."""
        if isinstance(self.network, FineTuned):
            return [
                {"params": self.network.tail.parameters()},
                {"params": self.network.head.parameters(), "scale": 3.0},
            ]
        return [{"params": self.network.parameters()}]

    def loss(self, rows: Tensor, _epoch: int, generator: torch.Generator) -> Tensor:
        """Cross entropy of varied, mixed inputs."""
        picked = self._train[rows.numpy()]
        choice = int(torch.randint(len(self._views) + 1, (1,), generator=generator))
        inputs = (
            self._batch(self._inputs, picked) if choice == 0 else self._batch(self._views[choice - 1], rows.numpy())
        )
        if self._vary is not None:
            inputs = self._vary(inputs, generator)
        targets = self._targets[torch.from_numpy(picked)].to(inputs.device)
        inputs, targets = mix(inputs, targets, self.config.mixup, generator)
        return soft_cross_entropy(self.network(inputs)[1], targets, self.config.smoothing)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """mAP of the embedding and of the probabilities, and accuracy."""
        unit, logits = self.outputs(network, self._validation)
        labels = self._labels[self._validation]
        probabilities = torch.softmax(torch.from_numpy(logits), 1).numpy()
        return {
            "map": mean_average_precision(probabilities, labels),
            "map of the embedding": mean_average_precision(unit, labels),
            "accuracy": accuracy(logits, labels),
        }

    @torch.no_grad()
    def outputs(self, network: nn.Module, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Embeddings and logits of the pictures at `rows`, unvaried."""
        parts = [network(self._batch(self._inputs, rows[start : start + 64])) for start in range(0, len(rows), 64)]
        return tuple(torch.cat([part[item].float().cpu() for part in parts]).numpy() for item in (0, 1))  # type: ignore[return-value]

    def _batch(self, inputs: NDArray[np.float16], rows: NDArray[np.int64]) -> Tensor:
        order = np.argsort(rows)  # a memory map is read fastest from front to back
        kept = np.empty((len(rows), *inputs.shape[1:]), np.float16)
        kept[order] = inputs[rows[order]]
        batch = torch.from_numpy(kept).to(next(self.network.parameters()).device).float()
        return batch.contiguous(memory_format=torch.channels_last) if batch.ndim == 4 else batch

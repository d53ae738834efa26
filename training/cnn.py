"""The simple CNN: five convolutions, small enough to be trained from scratch, and an embedding that points."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from training.augment import augment, mix, normalise
from training.data import Pictures
from training.heads import CosineClassifier
from training.losses import soft_cross_entropy
from training.selection import accuracy, mean_average_precision

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class CnnConfig:
    """How the simple CNN is built and what it sees."""

    epochs: int = 40
    side: int = 112  # pixels; at twice that each epoch takes four times as long
    start_side: int = 64
    growing: float = 0.7  # the share of the epochs in which the pictures grow to `side`
    embedding_size: int = 128
    dropout: float = 0.1
    smallest_crop: float = 0.35  # share of the area
    mixup: float = 0.2
    smoothing: float = 0.1


def _convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class SimpleCnn(nn.Module):
    """Five convolutions with batch norm, the mean over the picture, and a unit-length embedding. Any input size that is
    a multiple of 16 pixels."""

    STEP = 16  # pixels

    def __init__(self, classes: int, embedding_size: int = 128, dropout: float = 0.1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(3, 32, kernel=5, stride=4),  # a quarter of the resolution at once saves most of the time
            _convolution(32, 64),
            nn.MaxPool2d(2),
            _convolution(64, 128),
            nn.MaxPool2d(2),
            _convolution(128, 256),
            _convolution(256, 256),
        )
        self.project = nn.Sequential(nn.Dropout(dropout), nn.Linear(256, embedding_size))
        self.classifier = CosineClassifier(embedding_size, classes)

    def embed(self, image: Tensor) -> Tensor:
        """[N, 3, h, w] → [N, embedding_size] of length 1."""
        return functional.normalize(self.project(self.body(image).mean((2, 3))), dim=1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """[N, 3, h, w] → embeddings [N, embedding_size] of length 1, logits [N, classes]."""
        unit = self.embed(image)
        return unit, self.classifier(unit)


class CnnTask:
    """Trains the simple CNN from decoded pictures, small at first: most of what the first epochs learn is coarse."""

    def __init__(
        self, network: SimpleCnn, config: CnnConfig, train: Pictures, validation: Pictures, targets: Tensor
    ) -> None:
        """`train` is decoded larger than `config.side`, so that crops have pixels; `validation` at `config.side`.
        `targets` [N, C] are the training pictures' label distributions."""
        self.network = network
        self.config = config
        self.train_count = len(train)
        self._train = torch.from_numpy(train.pixels)
        self._validation = torch.from_numpy(validation.pixels)
        self._labels = validation.labelled.labels
        self._targets = targets
        self._device = next(network.parameters()).device

    def parameter_groups(self) -> list[dict[str, Any]]:
        """All of it."""
        return [{"params": self.network.parameters()}]

    def side(self, epoch: int) -> int:
        """The training pictures' side in pixels, in steps of 16 from `start_side` to `side`."""
        config = self.config
        share = min(1.0, epoch / max(1, round(config.epochs * config.growing)))
        return int(config.start_side + (config.side - config.start_side) * share) // 16 * 16

    def loss(self, rows: Tensor, epoch: int, generator: torch.Generator) -> Tensor:
        """Cross entropy of augmented, mixed pictures."""
        image = augment(self._train[rows].to(self._device), self.side(epoch), generator, self.config.smallest_crop)
        targets = self._targets[rows].to(self._device)
        image, targets = mix(normalise(image, MEAN, STD), targets, self.config.mixup, generator)
        return soft_cross_entropy(self.network(image)[1], targets, self.config.smoothing)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """mAP of the embedding and accuracy."""
        unit, logits = self.outputs(network)
        return {"map": mean_average_precision(unit, self._labels), "accuracy": accuracy(logits, self._labels)}

    @torch.no_grad()
    def outputs(self, network: nn.Module) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Embeddings and logits of the validation pictures."""
        parts = []
        for start in range(0, len(self._validation), 64):
            image = self._validation[start : start + 64].to(self._device).permute(0, 3, 1, 2).float() / 255
            parts.append(network(normalise(image, MEAN, STD)))
        unit, logits = (torch.cat([part[item].float().cpu() for part in parts]).numpy() for item in (0, 1))
        return unit, logits

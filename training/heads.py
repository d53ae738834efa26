"""What sits on a backbone's pooled features: the classifier of the original and ours."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class CosineClassifier(nn.Module):
    """Logits = scale × cosine between the embedding and one learnt direction per class.

    The embedding is then trained for what it is used for, comparing directions: with a plain linear layer, lengths and
    offsets carry part of the decision, and the ranking by cosine loses it.
    """

    def __init__(self, size: int, classes: int, scale: float = 12.0) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(classes, size) * 0.1)
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, unit: Tensor) -> Tensor:
        """[N, size] of length 1 → [N, classes]."""
        return self.scale * functional.linear(unit, functional.normalize(self.directions, dim=1))


class OriginalHead(nn.Module):
    """features → 512 → ReLU → dropout → batch norm → 256 → ReLU → dropout → batch norm → classes.

    `layer` names what `forward` gives as the embedding: 512, 256 (after batch norm) or the logits.
    """

    def __init__(self, features: int, classes: int, dropout: float = 0.5, layer: str = "256") -> None:
        super().__init__()
        self.wide = nn.Sequential(nn.Linear(features, 512), nn.ReLU(), nn.Dropout(dropout), nn.BatchNorm1d(512))
        self.narrow = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Dropout(dropout), nn.BatchNorm1d(256))
        self.classify = nn.Linear(256, classes)
        self.layer = layer

    def layers(self, features: Tensor) -> dict[str, Tensor]:
        """Every candidate for the embedding, by name."""
        wide = self.wide(features)
        narrow = self.narrow(wide)
        return {"512": wide, "256": narrow, "logits": self.classify(narrow)}

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """[N, features] → embeddings of length 1 [N, D], logits [N, classes]."""
        layers = self.layers(features)
        return functional.normalize(layers[self.layer], dim=1), layers["logits"]


class CosineHead(nn.Module):
    """features → batch norm → dropout → a projection of length 1 → logits by cosine: the embedding is trained for the
    comparison that it is used for."""

    def __init__(self, features: int, classes: int, size: int = 256, dropout: float = 0.3, scale: float = 16.0) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.BatchNorm1d(features), nn.Dropout(dropout), nn.Linear(features, size))
        self.classifier = CosineClassifier(size, classes, scale)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """[N, features] → embeddings of length 1 [N, size], logits [N, classes]."""
        unit = functional.normalize(self.project(features), dim=1)
        return unit, self.classifier(unit)

"""What a finished run is: its description, its weights, and the network from picture to embedding that they make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torchvision.models import resnet50 as torchvision_resnet50

from engine.metric import Metric
from engine.spec import ModelSpec
from training import checkpoint
from training.cnn import MEAN, STD, CnnConfig, SimpleCnn
from training.embedding import JoinedEmbedding
from training.finetune import FineTuneConfig, Vary, new_head
from training.inputs import Mirrored
from training.resnet import FEATURES as RESNET_FEATURES
from training.resnet import ResnetFeatures, ResnetTail, ResnetTrunk
from training.siamese import Branch, PairConfig
from training.vit import FEATURES as VIT_FEATURES
from training.vit import VitFeatures, VitTail, VitTrunk
from training.weights import new_vit_tiny, resnet50, vit_tiny

MODEL = "model.pt"


@dataclass(frozen=True)
class Backbone:
    """A pretrained network, how it is cut, and the input it wants."""

    load: Callable[[Path | None], nn.Module]  # with pretrained weights
    build: Callable[[], nn.Module]  # with random ones, to be filled from a run
    trunk: Callable[[Any, int], nn.Module]
    tail: type[ResnetTail] | type[VitTail]
    features: int  # of the tail
    whole: Callable[[Any], nn.Module]  # all of it, frozen
    whole_features: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bilinear", "bicubic"]


def _new_resnet50() -> nn.Module:
    network: nn.Module = torchvision_resnet50()
    network.fc = nn.Identity()
    return network


BACKBONES: Mapping[str, Backbone] = {
    "resnet50": Backbone(
        resnet50, _new_resnet50, ResnetTrunk, ResnetTail, RESNET_FEATURES, ResnetFeatures, 3072, MEAN, STD, "bilinear"
    ),
    "vit-tiny": Backbone(
        vit_tiny,
        new_vit_tiny,
        VitTrunk,
        VitTail,
        VIT_FEATURES,
        VitFeatures,
        384,
        (0.5, 0.5, 0.5),
        (0.5, 0.5, 0.5),
        "bicubic",
    ),
}


@dataclass(frozen=True)
class Cut:
    """A backbone in two: what is frozen, and what is trained with the head."""

    trunk: nn.Module
    tail: nn.Module
    features: int  # that the tail gives
    vary: Vary | None


def cut(backbone: Backbone, network: nn.Module, trained: int) -> Cut:
    """Cut `network` before its last `trained` blocks; with 0 all of it is frozen and the tail does nothing."""
    if trained == 0:
        return Cut(backbone.whole(network), nn.Identity(), backbone.whole_features, None)
    return Cut(backbone.trunk(network, trained), backbone.tail(network, trained), backbone.features, backbone.tail.vary)


class Classifier(nn.Module):
    """[N, 3, h, w] → embeddings of length 1, logits [N, C]; `body` gives (unit embedding, logits)."""

    def __init__(self, body: nn.Module, join: JoinedEmbedding) -> None:
        super().__init__()
        self.body = body
        self.join = join

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        unit, logits = self.body(image)
        return self.join(unit, logits), logits


def spec_of(description: Mapping[str, Any], name: str = "unnamed") -> ModelSpec:
    """The input that the described network wants, as the engine's description; export adds words and figures."""
    if description["model"] == "cnn":
        side = CnnConfig(**description["config"]).side
        mean, std, interpolation = MEAN, STD, "bilinear"
    else:
        config = FineTuneConfig(**description["config"])
        backbone = BACKBONES[config.backbone]
        side, mean, std, interpolation = config.side, backbone.mean, backbone.std, backbone.interpolation
    side = description.get("shown", {}).get("side", side)
    siamese = description["model"] == "siamese"
    return ModelSpec(
        name=name,
        purpose="not described yet",
        height=side,
        width=side,
        mean=mean,
        std=std,
        interpolation=interpolation,  # type: ignore[arg-type]
        resize=side,
        crop="squash",  # the action is often at the edge of a wide picture, which a middle crop would lose
        embedding_size=int(description.get("embedding_size", 1)),
        metric=Metric.EUCLIDEAN if siamese else Metric.COSINE,
        unit_norm=True,
        labels=None if siamese else tuple(description["classes"]),
        training_data="not described yet",
        quality={},
        licence="not described yet",
        path=Path("unnamed.onnx"),
        file_size=0,
    )


def build(description: Mapping[str, Any]) -> nn.Module:
    """The described network with random weights: [N, 3, h, w] → (embeddings, logits), or embeddings alone for a
    Siamese subnetwork. Raises CheckpointError for an unknown kind of model."""
    kind, classes = description["model"], len(description["classes"])
    if kind == "cnn":
        config = CnnConfig(**description["config"])
        network: nn.Module = SimpleCnn(classes, config.embedding_size, config.dropout)
        return Classifier(shown(network, description), JoinedEmbedding(**description["join"]))
    if kind not in ("resnet50", "vit", "siamese"):
        raise checkpoint.CheckpointError(f"unknown kind of model {kind!r}; known: cnn, resnet50, vit, siamese")
    tuning = FineTuneConfig(**description["config"])
    backbone = BACKBONES[tuning.backbone]
    parts = cut(backbone, backbone.build(), tuning.trained)
    if kind == "siamese":
        branch = Branch(parts.features, classes, PairConfig(**description["pairs"]))
        return shown(nn.Sequential(parts.trunk, parts.tail, branch), description)
    head = new_head(tuning, parts.features, classes)
    network = shown(nn.Sequential(parts.trunk, parts.tail, head), description)
    return Classifier(network, JoinedEmbedding(**description["join"]))


def shown(network: nn.Module, description: Mapping[str, Any]) -> nn.Module:
    """`network`, shown each picture's mirror image too if the description says so."""
    return Mirrored(network) if description.get("shown", {}).get("mirrored") else network


def save_model(folder: Path, description: Mapping[str, Any], network: nn.Module) -> None:
    """Keep the finished network in `folder`; `load_model` reads it back without any pretrained weights."""
    checkpoint.save(folder / MODEL, {"description": dict(description), "state": network.state_dict()})


def load_model(folder: Path) -> tuple[dict[str, Any], nn.Module]:
    """The description and the network of the finished run in `folder`, in evaluation mode. Raises CheckpointError."""
    kept = checkpoint.load(folder / MODEL)
    network = build(kept["description"])
    try:
        network.load_state_dict(kept["state"])
    except RuntimeError as error:
        raise checkpoint.CheckpointError(f"{folder / MODEL} does not hold what it describes: {error}") from error
    return kept["description"], network.eval()


def embedding_size(network: nn.Module, spec: ModelSpec) -> int:
    """The length of the embeddings that `network` gives."""
    with torch.no_grad():
        result = network.eval()(torch.zeros(1, 3, spec.height, spec.width))
    return int((result if isinstance(result, Tensor) else result[0]).shape[1])

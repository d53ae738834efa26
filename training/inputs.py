"""What a finished network is shown: how large, and whether mirrored too. Validation chooses."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.spec import ModelSpec
from training.data import Labelled
from training.features import folded
from training.loop import autocast
from training.quality import batches

log = logging.getLogger(__name__)

# Random crops show things larger than whole pictures do: a network trained on them sees whole pictures best when these
# are somewhat larger. Source: Touvron et al., "Fixing the train-test resolution discrepancy" (2019).
LARGER = 8 / 7
TWICE_IS_WORTH = 0.005  # mAP that looking twice must gain, for it takes twice as long

Outputs = tuple[Tensor, ...]


class Mirrored(nn.Module):
    """Shows `network` the picture and its mirror image; gives the mean of both answers, embeddings of length 1."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor | Outputs:
        answers = self.network(torch.cat([image, image.flip(3)]))
        if isinstance(answers, Tensor):
            return merge((answers,))[0]
        return merge(answers)


def merge(answers: Outputs) -> Outputs:
    """(embeddings [2N, D], …) of N pictures and then of their mirror images → (embeddings [N, D] of length 1, …)."""
    means = [answer.reshape(2, -1, *answer.shape[1:]).mean(0) for answer in answers]
    return (functional.normalize(means[0], dim=1), *means[1:])


@dataclass(frozen=True)
class Shown:
    """One way to show the pictures, what the network answered to those of the validation, and its score."""

    side: int
    mirrored: bool
    outputs: tuple[NDArray[np.float32], ...]
    map: float

    @property
    def name(self) -> str:
        return f"{self.side} px" + (" and mirrored" if self.mirrored else "")


def choose_input(
    network: nn.Module,
    spec: ModelSpec,
    sides: Sequence[int],
    validation: Labelled,
    device: torch.device,
    score: Callable[[tuple[NDArray[np.float32], ...]], float],
) -> tuple[Shown, Mapping[str, float]]:
    """The side of `sides`, alone or with the mirror image, whose answers `score` highest (mAP), and all scores by name.
    `network` gives the embeddings, or a tuple that begins with them."""
    fast = folded(network).to(device).to(memory_format=torch.channels_last)
    tried: list[Shown] = []
    for side in sides:
        shown = replace(spec, height=side, width=side, resize=side)
        both = _answers(fast, shown, validation, device)
        half = len(validation)
        plain = tuple(answer[:half].numpy() for answer in both)
        merged = tuple(answer.numpy() for answer in merge(both))
        tried += [
            Shown(side, False, plain, score(plain)),
            Shown(side, True, merged, score(merged)),
        ]
    log.info("shown: %s", "  ".join(f"{shown.name} mAP {shown.map:.4f}" for shown in tried))
    best = max(tried, key=lambda shown: shown.map - (TWICE_IS_WORTH if shown.mirrored else 0.0))
    return best, {shown.name: shown.map for shown in tried}


@torch.no_grad()
def _answers(network: nn.Module, spec: ModelSpec, pictures: Labelled, device: torch.device) -> Outputs:
    """The network's outputs float32 [2N, …] for all pictures, then for all mirror images."""
    parts: tuple[list[Outputs], list[Outputs]] = ([], [])
    for batch in batches(spec, pictures.paths, 16):
        image = torch.from_numpy(batch).to(device).contiguous(memory_format=torch.channels_last)
        for found, view in zip(parts, (image, image.flip(3)), strict=True):
            with autocast(device):
                answer = network(view)
            answers = (answer,) if isinstance(answer, Tensor) else answer
            found.append(tuple(item.float().cpu() for item in answers))
    return tuple(torch.cat(items) for items in zip(*(parts[0] + parts[1]), strict=True))

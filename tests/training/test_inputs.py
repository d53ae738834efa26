"""The input that validation chooses for a finished network: its side, and whether mirrored too."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.data import Labelled, read_labelled
from training.inputs import Mirrored, choose_input, merge
from training.registry import spec_of

DESCRIPTION = {"model": "resnet50", "classes": ["a", "b"], "config": {"backbone": "resnet50", "side": 32, "trained": 3}}


class Sides(nn.Module):
    """Embeds a picture by the means of its left and right half, and its side in pixels."""

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        half = image.shape[3] // 2
        means = torch.stack([image[..., :half].mean((1, 2, 3)), image[..., half:].mean((1, 2, 3))], 1)
        return functional.normalize(means, dim=1), torch.full((len(image), 1), float(image.shape[3]))


@pytest.fixture
def labelled(labelled_data: Path) -> Labelled:
    return read_labelled(labelled_data / "gallery")


def test_a_mirrored_network_does_not_tell_left_from_right() -> None:
    image = torch.rand(3, 3, 8, 8)
    plain, mirrored = Sides(), Mirrored(Sides())
    assert not torch.allclose(plain(image)[0], plain(image.flip(3))[0], atol=1e-3)
    torch.testing.assert_close(mirrored(image)[0], mirrored(image.flip(3))[0])
    torch.testing.assert_close(mirrored(image)[0].norm(dim=1), torch.ones(3))
    assert mirrored(image)[1].flatten().tolist() == [8, 8, 8]


def test_a_mirrored_network_of_embeddings_alone_gives_embeddings_alone() -> None:
    class Embeddings(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return Sides()(image)[0]

    image = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(Mirrored(Embeddings())(image), Mirrored(Sides())(image)[0])


def test_answers_are_merged_by_hand_arithmetic() -> None:
    embeddings, logits = merge((torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 3.0], [3.0, 5.0]])))
    torch.testing.assert_close(embeddings, torch.tensor([[0.5**0.5, 0.5**0.5]]))
    assert logits.tolist() == [[2.0, 4.0]]


@pytest.mark.parametrize(("scores", "wanted"), [
    ({(32, False): 0.5, (32, True): 0.504, (64, False): 0.4, (64, True): 0.4}, (32, False)),
    ({(32, False): 0.5, (32, True): 0.506, (64, False): 0.4, (64, True): 0.4}, (32, True)),
    ({(32, False): 0.5, (32, True): 0.5, (64, False): 0.51, (64, True): 0.514}, (64, False)),
])  # fmt: skip
def test_looking_twice_must_be_worth_its_time(
    labelled: Labelled, scores: dict[tuple[int, bool], float], wanted: tuple[int, bool]
) -> None:
    plain = {}

    def score(outputs: tuple[np.ndarray, ...]) -> float:
        side = int(outputs[1][0, 0])
        mirrored = side in plain
        if not mirrored:
            plain[side] = outputs[0]
        elif side == 32:  # the mean of both halves is the same for a picture and its mirror image
            np.testing.assert_allclose(outputs[0][:, 0], outputs[0][:, 1], atol=1e-2)
        return scores[side, mirrored]

    best, every = choose_input(Sides(), spec_of(DESCRIPTION), (32, 64), labelled, torch.device("cpu"), score)
    assert (best.side, best.mirrored) == wanted
    assert best.map == scores[wanted]
    assert len(best.outputs[0]) == len(labelled)
    assert list(every) == ["32 px", "32 px and mirrored", "64 px", "64 px and mirrored"]


def test_the_description_of_a_run_says_what_the_engine_shows() -> None:
    assert spec_of(DESCRIPTION).height == 32
    assert spec_of({**DESCRIPTION, "shown": {"side": 40, "mirrored": True}}).resize == 40

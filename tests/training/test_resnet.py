"""The backbones cut in two: together the parts are the whole, and the trained part learns."""

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import resnet50
from torchvision.models.resnet import ResNet
from torchvision.models.vision_transformer import VisionTransformer

from training.finetune import FineTuneConfig, FineTuned, MapTask
from training.heads import CosineHead, OriginalHead
from training.resnet import ResnetFeatures, ResnetTail, ResnetTrunk
from training.vit import VitFeatures, VitTail, VitTrunk


@pytest.fixture(scope="module")
def network() -> ResNet:
    torch.manual_seed(0)
    built = resnet50()
    built.fc = nn.Identity()  # type: ignore[assignment]
    return built.eval()


@pytest.fixture
def transformer() -> VisionTransformer:
    torch.manual_seed(0)
    built = VisionTransformer(32, 8, num_layers=3, num_heads=2, hidden_dim=12, mlp_dim=24)
    built.heads = nn.Identity()  # type: ignore[assignment]
    return built.eval()


@torch.no_grad()
def test_resnet_parts_make_the_whole(network: ResNet) -> None:
    image = torch.rand(2, 3, 64, 64)
    wanted = network(image)
    for trained in (1, 2, 3):
        maps = ResnetTrunk(network, trained)(image)
        torch.testing.assert_close(ResnetTail(network, trained)(maps), wanted)
    both = ResnetFeatures(network)(image)
    torch.testing.assert_close(both[:, :2048], wanted)
    assert both.shape == (2, 3072)
    with pytest.raises(ValueError, match="not 4"):
        ResnetTrunk(network, 4)


@torch.no_grad()
def test_transformer_parts_make_the_whole(transformer: VisionTransformer) -> None:
    image = torch.rand(2, 3, 32, 32)
    wanted = transformer(image)
    for trained in (1, 2):
        tokens = VitTrunk(transformer, trained)(image)
        torch.testing.assert_close(VitTail(transformer, trained)(tokens), wanted, atol=1e-5, rtol=1e-4)
    both = VitFeatures(transformer)(image)
    torch.testing.assert_close(both[:, :12], wanted, atol=1e-5, rtol=1e-4)


def test_tokens_are_dropped_but_never_the_class_token() -> None:
    tokens = torch.arange(17.0).repeat(3, 1)[:, :, None]
    kept = VitTail.vary(tokens, torch.Generator().manual_seed(0))
    assert kept.shape == (3, 9, 1)
    assert (kept[:, 0] == 0).all()
    assert len(set(kept[0, :, 0].tolist())) == 9


def test_batch_norm_of_the_last_blocks_keeps_its_statistics(network: ResNet) -> None:
    tail = ResnetTail(network, 1).train()
    before = tail.state_dict()["blocks.0.bn1.running_mean"].clone()
    tail(torch.rand(2, 2048, 2, 2))
    assert torch.equal(before, tail.state_dict()["blocks.0.bn1.running_mean"])


@pytest.mark.parametrize(
    "make_head",
    [lambda: OriginalHead(2048, 2, dropout=0.0), lambda: CosineHead(2048, 2, 16, dropout=0.0)],
    ids=["original", "cosine"],
)
def test_steps_of_the_last_block_and_head_lower_the_loss(network: ResNet, make_head: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)  # before the head is made: its weights are random
    head = make_head()
    config = FineTuneConfig("resnet50", 64, trained=1, mixup=0.0)
    labels = np.arange(8) % 2
    maps = (np.random.default_rng(0).random((8, 2048, 2, 2)) + labels[:, None, None, None]).astype(np.float16)
    rows = np.arange(8)
    tail = ResnetTail(deepcopy(network), 1)  # the other tests share the network, and this one trains it
    task = MapTask(FineTuned(tail, head), config, maps, rows, rows, labels, torch.eye(2)[labels])
    optimiser = torch.optim.AdamW(task.network.parameters(), lr=1e-5)
    losses = []
    for _ in range(12):
        loss = task.loss(torch.arange(8), 0, torch.Generator().manual_seed(0))
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[1] < losses[0]
    assert losses[-1] < 0.8 * losses[0]
    unit, logits = task.outputs(task.network.eval(), rows)
    assert np.linalg.norm(unit, axis=1) == pytest.approx(np.ones(8), abs=1e-5)
    assert logits.shape == (8, 2)
    assert 0 <= task.validate(task.network)["map"] <= 1

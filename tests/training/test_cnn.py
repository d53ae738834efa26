"""The simple CNN and the pictures it is trained on."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from training.augment import augment, mix, normalise
from training.cnn import MEAN, STD, SimpleCnn
from training.losses import soft_cross_entropy


def test_embeddings_have_length_one_and_logits_follow_from_them() -> None:
    network = SimpleCnn(classes=3, embedding_size=16).eval()
    unit, logits = network(torch.rand(2, 3, 48, 64))
    assert unit.shape == (2, 16)
    assert logits.shape == (2, 3)
    torch.testing.assert_close(unit.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(logits, network.classifier(unit))


def test_steps_on_drawn_pictures_lower_the_loss() -> None:
    torch.manual_seed(0)
    network = SimpleCnn(classes=2, embedding_size=16, dropout=0.0).train()
    pixels = torch.randint(0, 200, (16, 32, 32, 3), dtype=torch.uint8)
    pixels[:8, ..., 0] += 40
    pixels[8:, ..., 2] += 40
    image = normalise(pixels.permute(0, 3, 1, 2).float() / 255, MEAN, STD)
    targets = torch.eye(2).repeat_interleave(8, dim=0)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        loss = soft_cross_entropy(network(image)[1], targets)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[1] < losses[0]
    assert losses[-1] < 0.5 * losses[0]


def test_augmentation_is_seeded_and_stays_in_range() -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 40, 40, 3), np.uint8))
    first = augment(pixels, 32, torch.Generator().manual_seed(1))
    assert first.shape == (4, 3, 32, 32)
    assert first.min() >= 0
    assert first.max() <= 1
    torch.testing.assert_close(first, augment(pixels, 32, torch.Generator().manual_seed(1)))
    assert not torch.equal(first, augment(pixels, 32, torch.Generator().manual_seed(2)))


def test_augmentation_keeps_a_plain_picture_plain() -> None:
    pixels = torch.full((3, 24, 24, 3), 128, dtype=torch.uint8)
    image = augment(pixels, 16, torch.Generator().manual_seed(0))
    spread = image.flatten(2).amax(2) - image.flatten(2).amin(2)
    assert spread.max() < 1e-5


def test_mixup_blends_inputs_and_targets_alike() -> None:
    inputs, targets = torch.eye(6), torch.eye(6)
    mixed, mixed_targets = mix(inputs, targets, 0.4, torch.Generator().manual_seed(0))
    torch.testing.assert_close(mixed, mixed_targets)
    torch.testing.assert_close(mixed_targets.sum(1), torch.ones(6))
    unmixed, _ = mix(inputs, targets, 0.0, torch.Generator().manual_seed(0))
    assert torch.equal(unmixed, inputs)


def test_normalised_pictures_are_what_the_engine_feeds() -> None:
    from pathlib import Path

    from engine.metric import Metric
    from engine.preprocess import preprocess
    from engine.spec import ModelSpec

    spec = ModelSpec(
        "n", "p", 8, 8, MEAN, STD, "bilinear", 8, "squash", 4, Metric.COSINE, True, None, "d", {}, "l", Path("x"), 0
    )  # fmt: skip
    rgb = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    ours = normalise(torch.from_numpy(rgb)[None].permute(0, 3, 1, 2).float() / 255, MEAN, STD)[0].numpy()
    assert ours == pytest.approx(preprocess(rgb, spec), abs=1e-5)
    assert functional.mse_loss(torch.from_numpy(ours.copy()), torch.from_numpy(preprocess(rgb, spec))) < 1e-10

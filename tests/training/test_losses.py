"""The losses against arithmetic done by hand."""

import math

import pytest
import torch

from training.losses import contrastive, soft_cross_entropy


def test_contrastive_loss_of_points_at_known_distances() -> None:
    left = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    right = torch.tensor([[0.3, 0.4], [0.3, 0.4], [3.0, 4.0], [3.0, 4.0]])  # distances 0.5, 0.5, 5, 5
    same = torch.tensor([True, False, True, False])
    # 0.5² = 0.25; (1 − 0.5)² = 0.25; 5² = 25; max(1 − 5, 0)² = 0
    assert contrastive(left, right, same).item() == pytest.approx((0.25 + 0.25 + 25 + 0) / 4)


def test_contrastive_loss_takes_its_margin() -> None:
    left, right = torch.zeros(1, 2), torch.tensor([[0.6, 0.8]])  # distance 1
    assert contrastive(left, right, torch.tensor([False]), margin=3.0).item() == pytest.approx(4.0)


def test_contrastive_loss_of_identical_points_has_a_finite_gradient() -> None:
    left = torch.zeros(2, 3, requires_grad=True)
    contrastive(left, torch.zeros(2, 3), torch.tensor([True, False])).backward()
    assert left.grad is not None
    assert torch.isfinite(left.grad).all()


def test_contrastive_loss_pulls_same_and_pushes_different() -> None:
    right = torch.zeros(1, 2)
    for same, direction in ((True, 1.0), (False, -1.0)):
        left = torch.tensor([[0.5, 0.0]], requires_grad=True)
        contrastive(left, right, torch.tensor([same])).backward()
        assert left.grad is not None
        assert math.copysign(1, left.grad[0, 0].item()) == direction


def test_soft_cross_entropy_by_hand() -> None:
    logits = torch.tensor([[math.log(3.0), 0.0]])  # probabilities 3/4 and 1/4
    hard = soft_cross_entropy(logits, torch.tensor([[1.0, 0.0]]))
    assert hard.item() == pytest.approx(-math.log(0.75))
    smoothed = soft_cross_entropy(logits, torch.tensor([[1.0, 0.0]]), smoothing=0.2)
    assert smoothed.item() == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25))

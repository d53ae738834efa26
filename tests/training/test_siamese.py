"""The Siamese network: shared weights, the ratio of pairs, and learning."""

import numpy as np
import torch

from training.losses import contrastive
from training.siamese import Branch, PairConfig, Siamese, SiameseTask, choose_pairs


def branch(features: int = 6) -> Branch:
    torch.manual_seed(0)
    return Branch(features, 2, PairConfig(size=4, hidden=8, dropout=0.0))


def test_one_gradient_step_moves_both_branches_alike() -> None:
    network = Siamese(branch()).train()
    picture = torch.rand(5, 6)
    before = network.branch.layers[2].weight.detach().clone()
    left, right = network(picture, torch.rand(5, 6))
    contrastive(left, right, torch.tensor([True, False, True, False, True])).backward()
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    assert not torch.equal(before, network.branch.layers[2].weight)
    left, right = network.eval()(picture, picture)
    assert torch.equal(left, right)
    assert len(list(network.parameters())) == len(list(network.branch.parameters()))


def test_embeddings_have_length_one() -> None:
    torch.testing.assert_close(branch().eval()(torch.rand(3, 6)).norm(dim=1), torch.ones(3))


def test_pairs_come_in_the_ratio_that_was_asked_for() -> None:
    labels = torch.arange(40) % 4
    points = torch.randn(40, 4)
    for positive, negative in ((1, 3), (7, 4), (3, 1)):
        config = PairConfig(positive, negative, pairs=220)
        first, second = choose_pairs(points, points, labels, labels, config, torch.Generator().manual_seed(0))
        same = labels[first] == labels[second]
        assert len(first) == 220
        assert same.sum() == 220 * positive // (positive + negative)


def test_the_ratio_holds_when_a_batch_has_too_few_pairs_of_a_kind() -> None:
    labels = torch.tensor([0, 0, 1, 2])
    points = torch.randn(4, 2)
    first, second = choose_pairs(points, points, labels, labels, PairConfig(3, 1), torch.Generator().manual_seed(0))
    same = labels[first] == labels[second]
    assert same.sum() == 6  # all that there are, each picture with itself among them
    assert (~same).sum() == 2


def test_hard_negatives_are_the_nearest_ones() -> None:
    left, right = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.1], [5.0], [9.0], [1.2]])
    left_labels, right_labels = torch.tensor([0, 1]), torch.tensor([1, 1, 1, 1])
    config = PairConfig(1, 1, hard=True, pairs=2)
    first, second = choose_pairs(left, right, left_labels, right_labels, config, torch.Generator().manual_seed(0))
    negatives = [(int(a), int(b)) for a, b in zip(first, second, strict=True) if left_labels[a] != right_labels[b]]
    assert negatives == [(0, 0)]


def test_training_steps_lower_the_loss() -> None:
    torch.manual_seed(0)
    labels = np.arange(32) % 2
    features = torch.randn(32, 6) * 0.3 + torch.from_numpy(labels).float()[:, None]
    network = Siamese(branch()).train()
    task = SiameseTask(network, PairConfig(1, 1, pairs=64), [features], labels, features, labels)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(8):
        loss = task.loss(torch.arange(32), 0, torch.Generator().manual_seed(0))
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[2] < losses[0]
    assert losses[-1] < 0.5 * losses[0]
    assert task.validate(network.eval())["map"] > 0.8

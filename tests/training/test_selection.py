"""The numbers that select, against arithmetic done by hand."""

import numpy as np
import pytest

from engine.metric import Metric
from training.embedding import JoinedEmbedding, choose_join
from training.selection import accuracy, mean_average_precision


def test_map_of_four_points_by_hand() -> None:
    # On a line at 0, 1, 3 and 4; labels a a b a.
    points = np.array([[0.0], [1.0], [3.0], [4.0]], np.float32)
    labels = np.array([0, 0, 1, 0])
    # from 0: a(1) b(3) a(4): (1/1 + 2/3) / 2; from 1: a(0) b(3) a(4): the same; b has no other b;
    # from 4: b(3) a(1) a(0): (1/2 + 2/3) / 2
    expected = ((1 + 2 / 3) / 2 * 2 + (1 / 2 + 2 / 3) / 2) / 3
    assert mean_average_precision(points, labels, Metric.EUCLIDEAN) == pytest.approx(expected)


def test_map_by_cosine_looks_at_directions_only() -> None:
    points = np.array([[1, 0], [100, 1], [0, 1], [1, 100]], np.float32)
    assert mean_average_precision(points, np.array([0, 0, 1, 1])) == pytest.approx(1.0)
    assert mean_average_precision(points, np.array([0, 1, 0, 1])) < 0.6


def test_accuracy_counts_the_largest_logit() -> None:
    logits = np.array([[1, 2], [3, 0], [0, 1]], np.float32)
    assert accuracy(logits, np.array([1, 0, 0])) == pytest.approx(2 / 3)


def test_the_joined_embedding_mixes_the_two_cosines() -> None:
    torch = pytest.importorskip("torch")
    unit = torch.nn.functional.normalize(torch.randn(2, 5), dim=1)
    logits = torch.randn(2, 3)
    joined = JoinedEmbedding(0.7, 2.0)(unit, logits)
    probabilities = torch.nn.functional.normalize(torch.softmax(logits / 2, 1), dim=1)
    wanted = 0.7 * probabilities[0] @ probabilities[1] + 0.3 * unit[0] @ unit[1]
    assert (joined[0] @ joined[1]).item() == pytest.approx(wanted.item(), abs=1e-6)
    assert joined.norm(dim=1).tolist() == pytest.approx([1.0, 1.0])


def test_the_best_join_is_at_least_as_good_as_the_penultimate_layer() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 8)
    logits = (np.eye(3)[labels] * 4 + random.normal(size=(24, 3))).astype(np.float32)
    unit = random.normal(size=(24, 4)).astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    best, tried = choose_join(unit, logits, labels)
    alone = next(choice.map for choice in tried if choice.share == 0)
    assert alone == pytest.approx(mean_average_precision(unit, labels))
    assert best.map > alone + 0.2

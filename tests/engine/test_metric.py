"""The canonical distance, against arithmetic done by hand."""

import math

import numpy as np
import pytest

from engine.metric import Metric, lengths, pairwise_distance


def vectors(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_euclidean_by_hand() -> None:
    distances = pairwise_distance(vectors([3, 4], [0, 0], [-3, -4]), vectors([0, 0])[0], Metric.EUCLIDEAN)
    assert distances.tolist() == [5.0, 0.0, 5.0]
    assert pairwise_distance(vectors([1, 2, 3]), vectors([4, 6, 3]), Metric.EUCLIDEAN).tolist() == [5.0]


def test_cosine_by_hand() -> None:
    query = vectors([2, 0])
    others = vectors([5, 0], [0, 7], [-1, 0], [1, 1], [3, 4])
    expected = [0.0, 1.0, 2.0, 1 - math.sqrt(0.5), 1 - 0.6]
    assert pairwise_distance(others, query, Metric.COSINE) == pytest.approx(expected, abs=1e-15)


def test_the_two_metrics_order_differently() -> None:
    query, others = vectors([1, 0])[0], vectors([10, 0], [0.9, 0.1])
    assert pairwise_distance(others, query, Metric.COSINE).argmin() == 0
    assert pairwise_distance(others, query, Metric.EUCLIDEAN).argmin() == 1


def test_a_zero_vector_is_at_cosine_distance_1_from_everything() -> None:
    zero = vectors([0, 0])[0]
    assert pairwise_distance(vectors([1, 2], [0, 0]), zero, Metric.COSINE).tolist() == [1.0, 1.0]


def test_cosine_stays_within_0_and_2() -> None:
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((2000, 7)).astype(np.float32)
    same = pairwise_distance(rows, rows * np.float32(3), Metric.COSINE)
    opposite = pairwise_distance(rows, -rows, Metric.COSINE)
    assert same.min() >= 0.0
    assert same.max() < 1e-6
    assert opposite.max() <= 2.0


def test_large_and_small_vectors_keep_their_angle() -> None:
    for scale in (1e-18, 1e18):
        distances = pairwise_distance(vectors([3 * scale, 4 * scale]), vectors([1, 0])[0], Metric.COSINE)
        assert distances == pytest.approx([0.4], abs=1e-6)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("dimension", [1, 2, 5, 128, 192, 257, 2048, 10_000])
def test_a_distance_does_not_depend_on_its_company(metric: Metric, dimension: int) -> None:
    rng = np.random.default_rng(dimension)
    rows = rng.standard_normal((37, dimension)).astype(np.float32)
    query = rng.standard_normal(dimension).astype(np.float32)
    together = pairwise_distance(rows, query, metric)
    assert [pairwise_distance(row, query, metric)[0] for row in rows] == together.tolist()
    assert pairwise_distance(query, rows, metric).tolist() == together.tolist()
    assert pairwise_distance(rows, np.tile(query, (37, 1)), metric).tolist() == together.tolist()
    assert pairwise_distance(rows[::-1], query, metric)[::-1].tolist() == together.tolist()
    assert pairwise_distance(np.asfortranarray(rows), query, metric).tolist() == together.tolist()


@pytest.mark.parametrize("dimension", [3, 37, 512])
def test_lengths_and_distances_do_not_depend_on_how_vectors_lie_in_memory(dimension: int) -> None:
    """To the last digit: columns side by side in memory would be summed in another order."""
    rows = np.random.default_rng(6).standard_normal((300, dimension)).astype(np.float32)
    assert np.array_equal(lengths(np.asfortranarray(rows)), lengths(rows))
    assert lengths(rows) == pytest.approx(np.linalg.norm(rows.astype(np.float64), axis=1), rel=1e-14)
    for metric in Metric:
        turned = pairwise_distance(np.asfortranarray(rows), np.asfortranarray(rows[::-1]), metric)
        assert np.array_equal(turned, pairwise_distance(rows, rows[::-1], metric))

"""Rocchio's refinement against arithmetic done by hand, and its effect on a ranking."""

import numpy as np
import pytest

from engine.gallery import Gallery
from engine.metric import Metric
from engine.refine import rocchio
from engine.search import nearest

NONE = np.empty((0, 2), dtype=np.float32)


def row(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_without_marks_the_query_stays_as_it_is() -> None:
    assert rocchio(row(3, 4), NONE, NONE) == pytest.approx(row(3, 4))


def test_query_liked_and_disliked_are_weighed() -> None:
    refined = rocchio(row(1, 0), row(0, 1)[None], row(-1, 0)[None])
    # 1·(1, 0) + 1.5·(0, 1) − 0.75·(−1, 0) = (1.75, 1.5), at the mean length of query and liked, 1.
    assert refined == pytest.approx(np.array([1.75, 1.5]) / np.hypot(1.75, 1.5), rel=1e-6)


def test_the_length_is_the_mean_of_query_and_liked_so_that_euclidean_search_keeps_its_scale() -> None:
    refined = rocchio(row(2, 0), np.array([[0, 4], [0, 6]], dtype=np.float32), row(100, 0)[None])
    assert float(np.linalg.norm(refined)) == pytest.approx(4.0)


def test_a_long_vector_counts_no_more_than_a_short_one() -> None:
    long = rocchio(row(1, 0), np.array([[0, 1000], [1, 0]], dtype=np.float32), NONE)
    short = rocchio(row(1, 0), np.array([[0, 1], [1, 0]], dtype=np.float32), NONE)
    assert long / np.linalg.norm(long) == pytest.approx(short / np.linalg.norm(short))


def test_marks_that_cancel_the_query_leave_it_alone() -> None:
    assert rocchio(row(0, 0), NONE, NONE) == pytest.approx(row(0, 0))


@pytest.mark.parametrize("metric", list(Metric))
def test_the_ranking_follows_the_marks(metric: Metric) -> None:
    vectors = np.array([[1, 0.3], [1, -0.3], [0.2, 1], [0.2, -1]], dtype=np.float32)
    gallery = Gallery.from_arrays(["up.jpg", "down.jpg", "far-up.jpg", "far-down.jpg"], vectors, "drawn")
    query = row(1, -0.05)
    assert nearest(gallery, query, metric, 1)[0].path == "down.jpg"
    refined = rocchio(query, row(0.2, 1)[None], row(0.2, -1)[None])
    order = [match.path for match in nearest(gallery, refined, metric, None)]
    assert order.index("up.jpg") < order.index("down.jpg")
    assert order[-1] == "far-down.jpg"

"""A ranking refuses what is none, and makes a `Match` only for what is looked at."""

import numpy as np
import pytest

from engine.metric import Metric
from engine.results import Match, Ranking

PATHS = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def ranking(order: list[int], distances: list[float]) -> Ranking:
    return Ranking(PATHS, np.array(order, dtype=np.int64), np.array(distances), Metric.COSINE, "tiny")


def test_it_is_a_sequence_of_matches_with_ranks_from_1() -> None:
    found = ranking([2, 0, 3], [0.1, 0.25, 0.25])
    assert len(found) == 3
    assert list(found) == [Match(1, "c.jpg", 0.1), Match(2, "a.jpg", 0.25), Match(3, "d.jpg", 0.25)]
    assert found[-1] == Match(3, "d.jpg", 0.25)
    assert found[1:] == [Match(2, "a.jpg", 0.25), Match(3, "d.jpg", 0.25)]
    assert found[::-2] == [Match(3, "d.jpg", 0.25), Match(1, "c.jpg", 0.1)]
    assert (found.metric, found.model) == (Metric.COSINE, "tiny")


def test_plain_python_numbers_come_out() -> None:
    match = ranking([1], [0.5])[0]
    assert type(match.rank) is int
    assert type(match.distance) is float


@pytest.mark.parametrize("position", [3, -4])
def test_a_position_outside_is_an_index_error(position: int) -> None:
    with pytest.raises(IndexError):
        ranking([2, 0, 3], [0.1, 0.2, 0.3])[position]


def test_an_empty_ranking() -> None:
    assert list(ranking([], [])) == []


@pytest.mark.parametrize(
    ("order", "distances"),
    [
        ([0, 1], [0.1]),
        ([0, 1], [0.2, 0.1]),
        ([0, 1], [0.1, float("nan")]),
        ([0, 1], [0.1, float("inf")]),
    ],
    ids=["unequal lengths", "unsorted", "NaN", "infinite"],
)
def test_what_is_no_ranking_is_refused(order: list[int], distances: list[float]) -> None:
    with pytest.raises(ValueError):
        ranking(order, distances)

"""Rankings side by side: overlap, rank changes, and what only one of them found."""

import numpy as np
import pytest

from engine.agreement import library_agreement, overlap_at, side_by_side
from engine.gallery import Gallery
from engine.metric import Metric
from engine.path_table import PathTable
from engine.results import Ranking

PATHS = PathTable.from_paths(["a", "b", "c", "d", "e"])


def ranking(order: str, model: str = "drawn") -> Ranking:
    places = np.array([ord(letter) - ord("a") for letter in order], dtype=np.int64)
    return Ranking(PATHS, places, np.arange(len(order), dtype=np.float64), Metric.COSINE, model)


def test_columns_show_where_the_others_put_a_photo_and_who_stands_alone() -> None:
    result = side_by_side({"one": ranking("abc"), "two": ranking("bad"), "three": ranking("bce")}, 3)
    assert result.names == ("one", "two", "three")
    first = result.columns[0]
    assert [placed.match.path for placed in first] == ["a", "b", "c"]
    assert [placed.other_ranks for placed in first] == [(2, None), (1, 1), (None, 2)]
    assert not any(placed.alone for placed in first)
    assert [placed.match.path for placed in result.columns[1] if placed.alone] == ["d"]
    assert [placed.match.path for placed in result.columns[2] if placed.alone] == ["e"]
    assert result.overlap == {("one", "two"): 2 / 3, ("one", "three"): 2 / 3, ("two", "three"): 1 / 3}


def test_k_is_cut_to_the_shortest_ranking() -> None:
    result = side_by_side({"one": ranking("abcd"), "two": ranking("dc")}, 10)
    assert result.k == 2
    assert result.overlap[("one", "two")] == 0.0


def test_one_ranking_is_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="two rankings"):
        side_by_side({"one": ranking("abc")}, 3)


def test_empty_rankings_agree() -> None:
    assert overlap_at([], [], 0) == 1.0


def gallery(vectors: np.ndarray, names: list[str]) -> Gallery:
    return Gallery.from_arrays(names, vectors.astype(np.float32), "drawn")


def test_a_model_agrees_fully_with_itself_and_hardly_with_noise() -> None:
    generator = np.random.default_rng(0)
    names = [f"{i:03}" for i in range(200)]
    vectors = generator.standard_normal((200, 16))
    same = library_agreement(gallery(vectors, names), gallery(vectors, names), [Metric.COSINE] * 2, 10)
    noise = generator.standard_normal((200, 16))
    other = library_agreement(gallery(vectors, names), gallery(noise, names), [Metric.COSINE] * 2, 10)
    assert same == 1.0
    assert other == pytest.approx(10 / 199, abs=0.03)


def test_only_photos_that_both_models_know_are_compared() -> None:
    vectors = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1]])
    full = gallery(vectors, ["a", "b", "c", "d"])
    partly = gallery(vectors[[0, 2, 3]], ["a", "c", "d"])
    # Without b, which only one of them knows, both put c next to a.
    assert library_agreement(full, partly, [Metric.COSINE] * 2, 1) == 1.0
    assert library_agreement(full, gallery(vectors[:1], ["z"]), [Metric.COSINE] * 2, 1) is None


def test_of_many_photos_some_are_asked_for_the_same_ones_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    names = [f"{i:03}" for i in range(120)]
    vectors = generator.standard_normal((120, 8))
    near = gallery(vectors + 0.3 * generator.standard_normal((120, 8)), names)
    full = library_agreement(gallery(vectors, names), near, [Metric.COSINE] * 2, 5)
    monkeypatch.setattr("engine.agreement.SAMPLED_QUERIES", 60)
    drawn = [library_agreement(gallery(vectors, names), near, [Metric.COSINE] * 2, 5, seed) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0] == pytest.approx(full, abs=0.1)

"""Heat maps whose parts add up to the similarity, and regions that match."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.embedder import Embedder, embed_image, open_embedder
from engine.explain import LINKS, OCCLUSION_GRID, Method, decompose, explain, seen_box
from engine.metric import Metric, pairwise_distance
from engine.spec import read_spec


@pytest.fixture
def exact(build_model: Callable[..., Path]) -> Embedder:
    return open_embedder(read_spec(build_model("pooled", pooled=True)))


@pytest.fixture
def opaque(tiny_model: Path) -> Embedder:
    return open_embedder(read_spec(tiny_model))


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (32, 32, 3)).astype(np.uint8)


def similarity(embedder: Embedder, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    vectors = [embed_image(embedder, picture).vectors[0] for picture in (first, second)]
    return 1.0 - float(pairwise_distance(*vectors, Metric.COSINE)[0])


def test_the_exact_maps_add_up_to_the_similarity_of_the_embeddings(exact: Embedder) -> None:
    for seed in range(5):
        first, second = noise(seed), noise(seed + 100)
        explanation = explain(exact, first, second)
        assert explanation.method is Method.EXACT
        expected = similarity(exact, first, second)
        assert explanation.similarity == pytest.approx(expected, abs=1e-5)
        assert float(explanation.first_map.sum()) == pytest.approx(expected, abs=1e-5)
        assert float(explanation.second_map.sum()) == pytest.approx(expected, abs=1e-5)
        assert explanation.first_map.shape == explanation.second_map.shape == (4, 4)


def test_decomposition_by_hand() -> None:
    # Two positions each: e = (1, 0.5) and e' = (1, 0).
    first = np.array([[[2.0, 0.0]], [[0.0, 1.0]]], dtype=np.float32)
    second = np.array([[[0.0, 2.0]], [[0.0, 0.0]]], dtype=np.float32)
    explanation = decompose(first, second)
    cosine = 1 / np.hypot(1, 0.5)
    assert explanation.similarity == pytest.approx(cosine)
    assert explanation.first_map == pytest.approx(np.array([[cosine, 0.0]]))
    assert explanation.second_map == pytest.approx(np.array([[0.0, cosine]]))
    (link,) = explanation.links
    assert link.first == (0.0, 0.0, 0.5, 1.0)
    assert link.second == (0.5, 0.0, 1.0, 1.0)
    assert link.strength == pytest.approx(cosine)


def test_the_map_shows_where_the_common_part_is(exact: Embedder) -> None:
    part = noise(3)[:8, :8]
    first, second = np.full((32, 32, 3), 128, np.uint8), np.full((32, 32, 3), 128, np.uint8)
    first[0:8, 0:8] = part
    second[24:32, 16:24] = part
    explanation = explain(exact, first, second)
    assert np.unravel_index(explanation.first_map.argmax(), (4, 4)) == (0, 0)
    assert np.unravel_index(explanation.second_map.argmax(), (4, 4)) == (3, 2)
    assert explanation.links[0].first == (0.0, 0.0, 0.25, 0.25)
    assert explanation.links[0].second == (0.5, 0.75, 0.75, 1.0)


def test_without_a_final_mean_squares_are_hidden_one_by_one(opaque: Embedder) -> None:
    first, second = noise(1), noise(2)
    explanation = explain(opaque, first, second)
    assert explanation.method is Method.OCCLUSION
    assert explanation.first_map.shape == (OCCLUSION_GRID, OCCLUSION_GRID)
    assert explanation.similarity == pytest.approx(similarity(opaque, first, second), abs=1e-5)
    # The first square, hidden by hand: what is left of the similarity is what the map says it is.
    hidden = first.astype(np.float64)
    side = round(32 / OCCLUSION_GRID)
    hidden[:side, :side] = first.mean(axis=(0, 1))
    drop = explanation.similarity - similarity(opaque, np.round(hidden).astype(np.uint8), second)
    assert float(explanation.first_map[0, 0]) == pytest.approx(drop, abs=2e-3)
    assert len(explanation.links) <= LINKS


def test_a_picture_matches_its_own_regions(opaque: Embedder) -> None:
    picture = noise(4)
    explanation = explain(opaque, picture, picture)
    assert explanation.similarity == pytest.approx(1.0, abs=1e-6)
    assert all(link.first == link.second for link in explanation.links)
    assert np.array_equal(explanation.first_map, explanation.second_map)


def test_maps_without_length_explain_nothing_and_do_not_divide_by_zero() -> None:
    zero = np.zeros((3, 2, 2), dtype=np.float32)
    explanation = decompose(zero, zero)
    assert explanation.similarity == 0.0
    assert explanation.links == ()


def test_the_box_that_the_network_sees() -> None:
    assert seen_box(200, 100, "squash", 1.0) == (0.0, 0.0, 1.0, 1.0)
    assert seen_box(200, 100, "center", 1.0) == (0.25, 0.0, 0.75, 1.0)
    assert seen_box(100, 200, "center", 1.0) == (0.0, 0.25, 1.0, 0.75)

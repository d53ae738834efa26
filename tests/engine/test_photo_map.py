"""The map's places against numpy's own decomposition and against hand arithmetic."""

import tracemalloc
from collections.abc import Generator
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import photo_map
from engine.gallery import Gallery
from engine.metric import Metric
from engine.photo_map import Layout, PhotoMap, pca_map, principal_axes

T = TypeVar("T")


def finished(job: Generator[Any, None, T]) -> T:
    while True:
        try:
            next(job)
        except StopIteration as end:
            result: T = end.value
            return result


def gallery(vectors: NDArray[np.floating]) -> Gallery:
    return Gallery.from_arrays([f"{i:06}.jpg" for i in range(len(vectors))], vectors.astype(np.float32), "tiny")


def mapped(vectors: NDArray[np.floating], metric: Metric = Metric.EUCLIDEAN) -> PhotoMap:
    return finished(pca_map(gallery(vectors), metric))


def test_a_stretched_cross_lies_along_its_arms() -> None:
    # Variance 2·9/4 along (0, 1, 0), 2·1/4 along (1, 0, 0), none along z.
    cross = np.array([[0, 3, 5], [0, -3, 5], [1, 0, 5], [-1, 0, 5]], dtype=np.float64)
    found = mapped(cross)
    np.testing.assert_allclose(found.points, [[3, 0], [-3, 0], [0, 1], [0, -1]], atol=1e-6)
    assert found.layout is Layout.PCA
    assert found.explained == pytest.approx(1.0)


def test_it_is_what_the_singular_value_decomposition_gives() -> None:
    vectors = np.random.default_rng(1).normal(size=(300, 12)) * np.linspace(3, 0.1, 12) + 7
    found = mapped(vectors)
    centred = vectors - vectors.mean(axis=0)
    _, values, rows = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ rows[:2].T
    expected *= np.sign((expected * found.points).sum(axis=0))
    np.testing.assert_allclose(found.points, expected, atol=1e-3)
    assert found.explained == pytest.approx((values[:2] ** 2).sum() / (values**2).sum(), rel=1e-4)


def test_cosine_looks_at_directions_only() -> None:
    vectors = np.random.default_rng(2).normal(size=(100, 6))
    longer = vectors * np.random.default_rng(3).uniform(0.1, 50, size=(100, 1))
    np.testing.assert_allclose(mapped(longer, Metric.COSINE).points, mapped(vectors, Metric.COSINE).points, atol=1e-4)
    assert np.abs(mapped(longer).points - mapped(vectors).points).max() > 1


def test_long_vectors_give_the_same_map_by_the_products_of_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(4).normal(size=(80, 40)) * np.linspace(2, 0.1, 40)
    by_covariance = mapped(vectors)
    monkeypatch.setattr(photo_map, "LONGEST_COVARIANCE", 10)
    by_products = mapped(vectors)
    np.testing.assert_allclose(by_products.points, by_covariance.points, atol=1e-3)
    assert by_products.explained == pytest.approx(by_covariance.explained, rel=1e-4)


def test_equal_photos_with_long_vectors_lie_on_one_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_map, "LONGEST_COVARIANCE", 10)
    found = mapped(np.ones((5, 40)))
    np.testing.assert_array_equal(found.points, np.zeros((5, 2)))


def test_no_photo_has_no_axes() -> None:
    with pytest.raises(ValueError, match="no photo"):
        finished(principal_axes(gallery(np.empty((0, 3))), Metric.COSINE, 2))


def test_of_a_large_library_a_sample_gives_nearly_the_same_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(5).normal(size=(4000, 8)) * np.array([5, 3, 1, 1, 1, 1, 1, 1])
    whole = finished(principal_axes(gallery(vectors), Metric.EUCLIDEAN, 2))
    monkeypatch.setattr(photo_map, "SAMPLE", 1000)
    part = finished(principal_axes(gallery(vectors), Metric.EUCLIDEAN, 2))
    cosines = np.abs((whole.axes * part.axes).sum(axis=0))
    assert cosines.min() > 0.99
    assert len(finished(pca_map(gallery(vectors), Metric.EUCLIDEAN)).points) == 4000


def test_places_belong_to_the_gallerys_order_whatever_the_files_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_map, "AT_ONCE", 16)
    straight = gallery(np.random.default_rng(6).normal(size=(100, 5)))
    order = np.random.default_rng(7).permutation(100)
    turned = Gallery(straight.paths, straight.matrix[order], np.argsort(order), "tiny")
    ours, theirs = (finished(pca_map(one, Metric.EUCLIDEAN)).points for one in (straight, turned))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("metric", list(Metric))
def test_few_or_equal_photos_have_places_too(count: int, metric: Metric) -> None:
    for vectors in (np.zeros((count, 4)), np.ones((count, 4)), np.eye(count, 1), np.eye(count, 4)):
        found = mapped(vectors, metric)
        assert found.points.shape == (count, 2)
        assert np.isfinite(found.points).all()
        assert found.explained is None or 0 <= found.explained <= 1 + 1e-6


def test_memory_does_not_grow_with_the_library() -> None:
    large = gallery(np.random.default_rng(8).normal(size=(60_000, 32)))
    list(pca_map(gallery(np.eye(9, 32)), Metric.COSINE))  # whatever numpy sets up once
    tracemalloc.start()
    points = finished(pca_map(large, Metric.COSINE)).points
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Positions and places take 16 and 8 bytes a photo; the vectors themselves 128.
    assert peak < points.nbytes + 60_000 * 24 + 12 * photo_map.AT_ONCE * 32 * 4
    assert peak < large.matrix.nbytes


def test_it_can_be_stopped_after_each_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_map, "AT_ONCE", 10)
    job = pca_map(gallery(np.random.default_rng(9).normal(size=(100, 4))), Metric.COSINE)
    stages = [report.stage for report in job]
    assert stages == ["learning"] * 10 + ["placing"] * 10
    again = pca_map(gallery(np.eye(50, 4)), Metric.COSINE)
    next(again)
    again.close()

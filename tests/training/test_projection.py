"""The PCA is numpy's, and the layer computes the same as the arithmetic."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from training.projection import fit_pca

Features = NDArray[np.float32]


@pytest.fixture
def features() -> Features:
    random = np.random.default_rng(5)
    return (random.normal(size=(60, 10)) * np.linspace(3, 0.2, 10) @ random.normal(size=(10, 10)) + 4).astype(
        np.float32
    )


def test_it_is_the_decomposition_that_numpy_gives(features: Features) -> None:
    projection = fit_pca(features, 4)
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    _, singular, right = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(projection.components @ right[:4].T), np.eye(4), atol=1e-9)
    np.testing.assert_allclose(projection.components @ projection.components.T, np.eye(4), atol=1e-12)
    assert projection.explained == pytest.approx((singular[:4] ** 2).sum() / (singular**2).sum(), rel=1e-9)


def test_projected_features_are_centred_and_their_variances_fall(features: Features) -> None:
    projected = fit_pca(features, 10).apply(features)
    np.testing.assert_allclose(projected.mean(axis=0), 0, atol=1e-5)
    variances = projected.var(axis=0)
    assert (np.diff(variances) < 0).all()
    # A rotation: with all directions kept, no distance changes.
    wanted = np.linalg.norm(features[0] - features[1])
    assert np.linalg.norm(projected[0] - projected[1]) == pytest.approx(wanted, rel=1e-4)


def test_the_layer_computes_the_projection(features: Features) -> None:
    projection = fit_pca(features, 4)
    with torch.inference_mode():
        got = projection.linear()(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(got, projection.apply(features), atol=1e-4)


def test_a_share_of_the_mean_can_stay(features: Features) -> None:
    whole, half = fit_pca(features, 4), fit_pca(features, 4, centring=0.5)
    np.testing.assert_array_equal(half.components, whole.components)
    mean = features.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(half.apply(features).mean(axis=0), 0.5 * mean @ whole.components.T, atol=1e-5)


def test_signs_do_not_depend_on_the_decomposition(features: Features) -> None:
    components = fit_pca(features, 4).components
    assert (components[np.arange(4), np.abs(components).argmax(axis=1)] > 0).all()


def test_features_without_variance_are_all_explained() -> None:
    projection = fit_pca(np.ones((5, 3), np.float32), 2)
    assert projection.explained == 1.0
    np.testing.assert_allclose(projection.apply(np.ones((1, 3), np.float32)), 0, atol=1e-7)


@pytest.mark.parametrize(("count", "size"), [(60, 0), (60, 11), (4, 4)])
def test_more_directions_than_there_are_is_refused(features: Features, count: int, size: int) -> None:
    with pytest.raises(ValueError, match="cannot be fitted"):
        fit_pca(features[:count], size)

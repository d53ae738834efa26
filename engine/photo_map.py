"""All photos of a gallery in two dimensions, so that like ones lie near each other: by principal components."""

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.gallery import Gallery
from engine.metric import Metric
from engine.results import Progress

# Vectors read between two points where the job can be stopped: 8 MB of 256 numbers.
AT_ONCE = 8192
# The axes are learned from at most so many photos, drawn with a fixed seed: their directions hardly change with more.
SAMPLE = 100_000
# Longer vectors have a covariance too large to hold (65,536² numbers are 34 GB): there the photos' products are taken
# instead, of so many photos that their vectors take a quarter of a gigabyte at most.
LONGEST_COVARIANCE = 2048
NUMBERS_HELD = 1 << 26
FEWEST_HELD, MOST_HELD = 256, 2048


class Layout(StrEnum):
    """How the photos get their places."""

    PCA = "pca"
    TSNE = "tsne"


@dataclass(frozen=True, slots=True, eq=False)
class PhotoMap:
    """The places of a gallery's photos: `points` float32 [N, 2], in the gallery's order and of no particular scale.

    `explained` is the share of all variance that the two dimensions show, None where the layout is not made from
    variance (t-SNE keeps neighbours together and says nothing of far distances). `added` photos came later and were put
    among their nearest.
    """

    layout: Layout
    points: NDArray[np.float32]
    explained: float | None
    added: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """Directions `axes` float32 [D, C] of the greatest variance, the greatest first, about `mean` [D]; `explained` [C]
    are their shares of all variance."""

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]
    explained: NDArray[np.float64]


def pca_map(gallery: Gallery, metric: Metric) -> Generator[Progress, None, PhotoMap]:
    """Lay the photos out by the two principal components of their vectors (Hotelling, 1933).

    For cosine distance each vector is brought to length 1 first. Memory does not grow with the number of photos, but
    for the result.
    """
    if len(gallery) < 2:
        return PhotoMap(Layout.PCA, np.zeros((len(gallery), 2), dtype=np.float32), None)
    found = yield from principal_axes(gallery, metric, 2)
    points = yield from projected(gallery, metric, found)
    return PhotoMap(Layout.PCA, points, float(found.explained.sum()))


def principal_axes(gallery: Gallery, metric: Metric, count: int) -> Generator[Progress, None, Axes]:
    """The first `count` principal components (fewer where a vector is shorter). Raises ValueError for no photos."""
    if not len(gallery):
        raise ValueError("no photo, no axes")
    if gallery.dimension > LONGEST_COVARIANCE:
        held = min(MOST_HELD, max(FEWEST_HELD, NUMBERS_HELD // gallery.dimension))
        mean, values, vectors, total = yield from _of_products(gallery, metric, _sample(gallery, held))
    else:
        mean, values, vectors, total = yield from _of_covariance(gallery, metric, _sample(gallery, SAMPLE))
    order = np.argsort(-values, kind="stable")[:count]
    axes = vectors[:, order]
    # Either direction of an axis is right; this one is the same in every run and on every machine.
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    axes = axes * np.where(signs == 0, 1.0, signs)
    explained = np.maximum(values[order], 0.0) / total if total > 0 else np.zeros(len(order))
    return Axes(mean.astype(np.float32), axes.astype(np.float32), explained)


def projected(gallery: Gallery, metric: Metric, found: Axes) -> Generator[Progress, None, NDArray[np.float32]]:
    """The photos along the axes, float32 [N, C]."""
    positions, _, _ = gallery.file_order()
    points = np.empty((len(gallery), found.axes.shape[1]), dtype=np.float32)
    if points.shape[1] < 2:  # vectors of one number: all photos on a line
        points = np.zeros((len(gallery), 2), dtype=np.float32)
    for start in range(0, len(positions), AT_ONCE):
        yield Progress("placing", start, len(positions))
        block = positions[start : start + AT_ONCE]
        points[block, : found.axes.shape[1]] = (_vectors(gallery, block, metric) - found.mean) @ found.axes
    return points


Eigen = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]
"""Mean [D], eigenvalues [E], their vectors [D, E], and the sum of all eigenvalues."""


def _of_covariance(gallery: Gallery, metric: Metric, positions: NDArray[np.int64]) -> Generator[Progress, None, Eigen]:
    """From the covariance, summed up block by block."""
    dimension = gallery.dimension
    # About the mean of the first block rather than zero: float32 products of what all vectors share would drown what
    # tells them apart.
    shift = _vectors(gallery, positions[:AT_ONCE], metric).mean(axis=0)
    total, squares = np.zeros(dimension), np.zeros((dimension, dimension))
    for start in range(0, len(positions), AT_ONCE):
        yield Progress("learning", start, len(positions))
        block = _vectors(gallery, positions[start : start + AT_ONCE], metric) - shift
        total += block.sum(axis=0, dtype=np.float64)
        squares += block.T @ block
    offset = total / len(positions)
    covariance = squares / len(positions) - np.outer(offset, offset)
    values, vectors = np.linalg.eigh(covariance)
    return shift + offset, values, vectors, float(np.trace(covariance))


def _of_products(gallery: Gallery, metric: Metric, positions: NDArray[np.int64]) -> Generator[Progress, None, Eigen]:
    """From the products of the photos with each other, whose eigenvalues are the same."""
    yield Progress("learning", 0, len(positions))
    vectors = _vectors(gallery, positions, metric)
    mean = vectors.mean(axis=0)
    vectors -= mean
    products = (vectors @ vectors.T).astype(np.float64)
    values, weights = np.linalg.eigh(products)
    keep = values > max(float(values[-1]), 0.0) * 1e-7
    if not keep.any():  # all vectors are the same
        return mean.astype(np.float64), np.zeros(2), np.eye(len(mean), 2), 0.0
    axes = vectors.T @ (weights[:, keep] / np.sqrt(values[keep])).astype(np.float32)
    return mean.astype(np.float64), values[keep], axes.astype(np.float64), float(np.trace(products))


def _sample(gallery: Gallery, most: int) -> NDArray[np.int64]:
    """At most so many positions, in the order in which their vectors lie in the file."""
    positions, _, _ = gallery.file_order()
    if len(positions) <= most:
        return positions
    drawn = np.random.default_rng(0).choice(len(positions), most, replace=False)
    return positions[np.sort(drawn)]


def _vectors(gallery: Gallery, positions: NDArray[np.int64], metric: Metric) -> NDArray[np.float32]:
    vectors = gallery.vectors(positions)
    if metric is Metric.EUCLIDEAN:
        return vectors
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float32] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units

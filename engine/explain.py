"""Why two pictures match: which parts of each the similarity comes from, and which parts go together."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.embedder import Embedder, embed_image
from engine.preprocess import preprocess
from engine.query import crop

OCCLUSION_GRID = 7  # squares a side that are hidden one after another
REGION_GRID = 3  # half-size regions a side that are matched, overlapping by half
LINKS = 5


class Method(StrEnum):
    """How a map was made."""

    EXACT = "exact"  # the network ends in the mean of a map: the similarity is a sum over its positions
    OCCLUSION = "occlusion"  # how far the similarity falls when a square is hidden


@dataclass(frozen=True, slots=True)
class Link:
    """Two regions that match: `first` and `second` are (left, top, right, bottom) in fractions of the part of each
    picture that the network sees; `strength` is their share of the similarity, or, by occlusion, their own."""

    first: tuple[float, float, float, float]
    second: tuple[float, float, float, float]
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """`similarity` is the cosine of the two embeddings. `first_map` and `second_map` float32 [gh, gw] lie over what the
    network sees of each picture (`seen_box`); with the exact method each sums to the similarity."""

    method: Method
    similarity: float
    first_map: NDArray[np.float32]
    second_map: NDArray[np.float32]
    links: tuple[Link, ...]


def explain(embedder: Embedder, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Explanation:
    """Explain the cosine similarity of two pictures uint8 [H, W, 3].

    Exact where the network gives the `features` whose mean is the embedding; by occlusion otherwise (Zeiler and Fergus,
    "Visualizing and Understanding Convolutional Networks", 2014). Raises ModelError when the network fails.
    """
    batch = np.stack([preprocess(first, embedder.spec), preprocess(second, embedder.spec)])
    features = embedder.features(batch)
    if features is None:
        return _by_occlusion(embedder, first, second)
    return decompose(features[0], features[1])


def decompose(first: NDArray[np.float32], second: NDArray[np.float32]) -> Explanation:
    """The exact explanation from two maps [D, gh, gw] whose means over the positions are the embeddings.

    With e = mean over p of g(p), cos(e, e′) = Σ_p g(p)·e′ / (P |e| |e′|) = Σ_p Σ_p′ g(p)·g′(p′) / (P P′ |e| |e′|): the
    class activation map of Zhou et al., "Learning Deep Features for Discriminative Localization" (2016), with the other
    picture's embedding in the place of the class.
    """
    a = first.reshape(len(first), -1).T.astype(np.float64)
    b = second.reshape(len(second), -1).T.astype(np.float64)
    scale = float(np.linalg.norm(a.mean(axis=0)) * np.linalg.norm(b.mean(axis=0))) * len(a) * len(b)
    pairs = a @ b.T / scale if scale > 0 else np.zeros((len(a), len(b)))
    return Explanation(
        Method.EXACT,
        float(pairs.sum()),
        pairs.sum(axis=1).reshape(first.shape[1:]).astype(np.float32),
        pairs.sum(axis=0).reshape(second.shape[1:]).astype(np.float32),
        _links(pairs, _cells(*first.shape[1:]), _cells(*second.shape[1:])),
    )


def seen_box(width: int, height: int, crop_mode: str, aspect: float) -> tuple[float, float, float, float]:
    """The part of a picture that the network sees, in fractions: all of it, or with the crop "center" the largest
    centred box whose width / height is `aspect`.

    A network that resizes to more than it crops sees a little less; the map is laid over the box all the same.
    """
    if crop_mode != "center":
        return 0.0, 0.0, 1.0, 1.0
    share = aspect * height / width
    across, down = min(1.0, share), min(1.0, 1.0 / share)
    return (1 - across) / 2, (1 - down) / 2, (1 + across) / 2, (1 + down) / 2


def _by_occlusion(embedder: Embedder, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Explanation:
    e, f = embed_image(embedder, first).vectors[0], embed_image(embedder, second).vectors[0]
    boxes = _regions()
    similarity = _cosines(e[None], f[None])[0, 0]
    return Explanation(
        Method.OCCLUSION,
        float(similarity),
        (similarity - _hidden(embedder, first, f)).astype(np.float32),
        (similarity - _hidden(embedder, second, e)).astype(np.float32),
        _links(
            _cosines(_region_vectors(embedder, first, boxes), _region_vectors(embedder, second, boxes)), boxes, boxes
        ),
    )


def _hidden(embedder: Embedder, rgb: NDArray[np.uint8], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """The similarity to `other` with each square of the picture hidden in turn, [7, 7]."""
    seen = preprocess(rgb, embedder.spec)
    rows = np.linspace(0, seen.shape[1], OCCLUSION_GRID + 1).round().astype(int)
    columns = np.linspace(0, seen.shape[2], OCCLUSION_GRID + 1).round().astype(int)
    grey = seen.mean(axis=(1, 2), keepdims=True)
    result = np.empty((OCCLUSION_GRID, OCCLUSION_GRID))
    for row in range(OCCLUSION_GRID):
        batch = np.repeat(seen[None], OCCLUSION_GRID, axis=0)
        for column in range(OCCLUSION_GRID):
            batch[column, :, rows[row] : rows[row + 1], columns[column] : columns[column + 1]] = grey
        result[row] = _cosines(embedder.embed(batch).vectors, other[None])[:, 0]
    return result


def _region_vectors(
    embedder: Embedder, rgb: NDArray[np.uint8], boxes: list[tuple[float, float, float, float]]
) -> NDArray[np.float32]:
    crops = [preprocess(np.ascontiguousarray(crop(rgb, box)), embedder.spec) for box in boxes]
    return embedder.embed(np.stack(crops)).vectors


def _links(
    pairs: NDArray[np.float64],
    first: list[tuple[float, float, float, float]],
    second: list[tuple[float, float, float, float]],
) -> tuple[Link, ...]:
    """The strongest pairs of regions that are each other's best match."""
    best_for_first, best_for_second = pairs.argmax(axis=1), pairs.argmax(axis=0)
    mutual = [i for i, j in enumerate(best_for_first) if best_for_second[j] == i and pairs[i, j] > 0]
    mutual.sort(key=lambda i: -pairs[i, best_for_first[i]])
    return tuple(Link(first[i], second[best_for_first[i]], float(pairs[i, best_for_first[i]])) for i in mutual[:LINKS])


def _cells(rows: int, columns: int) -> list[tuple[float, float, float, float]]:
    return [(x / columns, y / rows, (x + 1) / columns, (y + 1) / rows) for y in range(rows) for x in range(columns)]


def _regions() -> list[tuple[float, float, float, float]]:
    steps = [i * 0.5 / (REGION_GRID - 1) for i in range(REGION_GRID)]
    return [(x, y, x + 0.5, y + 0.5) for y in steps for x in steps]


def _cosines(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    a, b = first.astype(np.float64), second.astype(np.float64)
    scale = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)[None, :]
    products: NDArray[np.float64] = a @ b.T
    cosines: NDArray[np.float64] = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    return cosines

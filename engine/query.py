"""Make a query of a picture that need not be in the library: a file, pixels, a region, or several together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.embedder import Embedder, embed_image
from engine.errors import ModelError
from engine.picture import load
from engine.preprocess import decode_side
from engine.spec import ModelSpec
from engine.thumbnail_store import THUMBNAIL_SIDE

if TYPE_CHECKING:
    from engine.decode import Decoded

Region = tuple[float, float, float, float]
"""Left, top, right and bottom in fractions of the upright picture, 0 ≤ left < right ≤ 1 and likewise down."""

# A small region of a large photo is decoded at a larger scale, but no larger than this: above, a 300-megapixel picture
# would be held in memory whole for the sake of its corner.
MAX_SIDE = 8192


@dataclass(frozen=True, slots=True, eq=False)
class QueryImage:
    """A picture as a query: `width` and `height` are the whole upright picture's, in pixels; `vector` float32 [D] and
    `logits` float32 [C] (where the model classifies) belong to the region, if one was given."""

    path: Path | None
    name: str
    width: int
    height: int
    vector: NDArray[np.float32]
    logits: NDArray[np.float32] | None


def embed_file(embedder: Embedder, path: Path, region: Region | None = None) -> QueryImage:
    """Embed the image file `path`, or a region of it. Raises DecodeError, or ModelError if the network fails on it."""
    picture, pixels = load_part(embedder.spec, path, region)
    vector, logits = _embed(embedder, pixels, None)
    return QueryImage(path, path.name, picture.width, picture.height, vector, logits)


def load_part(spec: ModelSpec, path: Path, region: Region | None = None) -> tuple["Decoded", NDArray[np.uint8]]:
    """The image file as a query of this model decodes it, and the pixels of the region. Raises DecodeError."""
    # At least what the indexer decodes at, which makes a thumbnail too: a copy of a photo has the photo's own vector.
    side = max(THUMBNAIL_SIDE, decode_side(spec))
    if region is not None:
        left, top, right, bottom = _checked(region)
        side = min(math.ceil(side / min(right - left, bottom - top)), MAX_SIDE)
    picture = load(path, side)
    return picture, picture.rgb if region is None else crop(picture.rgb, region)


def embed_rgb(embedder: Embedder, rgb: NDArray[np.uint8], name: str, region: Region | None = None) -> QueryImage:
    """Embed pixels (uint8 [H, W, 3]), such as a pasted picture, or a region of them. Raises as `embed_file` does."""
    height, width = rgb.shape[:2]
    vector, logits = _embed(embedder, rgb, region)
    return QueryImage(None, name, width, height, vector, logits)


def combine(vectors: Sequence[NDArray[np.float32]], signs: Sequence[int]) -> NDArray[np.float32]:
    """One query [D] that is like every vector [D] with sign +1 and unlike those with −1 (Rocchio's idea).

    The mean of the signed vectors, each brought to length 1 first so that none outvotes the others; then scaled by
    their mean length, which cosine distance ignores and which puts the query among the gallery for Euclidean distance.
    A zero vector points nowhere and adds nothing. Raises ValueError for no vectors, other signs or other lengths.
    """
    if not vectors or len(vectors) != len(signs) or any(sign not in (1, -1) for sign in signs):
        raise ValueError(f"expected one sign, 1 or -1, for each of at least one vector, got {len(vectors)}: {signs}")
    if len({vector.shape for vector in vectors}) != 1 or vectors[0].ndim != 1:
        raise ValueError("the vectors differ in length")
    stacked = np.stack(vectors).astype(np.float64)
    if not np.isfinite(stacked).all():
        raise ValueError("a vector has values that are not finite")
    lengths = np.sqrt(np.einsum("nd,nd->n", stacked, stacked))
    units = np.divide(stacked, lengths[:, np.newaxis], out=np.zeros_like(stacked), where=lengths[:, np.newaxis] > 0)
    mean = np.asarray(signs, np.float64) @ units / len(stacked)
    combined: NDArray[np.float32] = (mean * lengths.mean()).astype(np.float32)
    return combined


def crop(rgb: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """The part of `rgb` that the region touches, at least one pixel, as a view. Raises ValueError for no region."""
    left, top, right, bottom = _checked(region)
    height, width = rgb.shape[:2]
    columns = _span(left, right, width)
    rows = _span(top, bottom, height)
    return rgb[rows, columns]


def _span(low: float, high: float, size: int) -> slice:
    # Fractions come from dividing pixels: 1e-6 keeps 0.1 × 30 = 3.0000000000000004 from taking in one pixel more.
    start = min(math.floor(low * size + 1e-6), size - 1)
    return slice(start, max(math.ceil(high * size - 1e-6), start + 1))


def _checked(region: Region) -> Region:
    left, top, right, bottom = region
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(f"expected 0 ≤ left < right ≤ 1 and 0 ≤ top < bottom ≤ 1, got {region}")
    return region


def _embed(
    embedder: Embedder, rgb: NDArray[np.uint8], region: Region | None
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    embedded = embed_image(embedder, rgb if region is None else crop(rgb, region))
    vector = embedded.vectors[0]
    if not np.isfinite(vector).all():
        raise ModelError(embedder.spec.path, "it gives values that are not finite for this picture")
    return vector, None if embedded.logits is None else embedded.logits[0]

"""How far a ranking moves when the query is mirrored, cropped, lit otherwise, compressed, turned or made grey."""

import io
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.calibration import learn_background
from engine.embedder import Embedder
from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance
from engine.query import Region, embed_rgb
from engine.results import Progress
from engine.search import nearest

Pixels = NDArray[np.uint8]
Picture = Callable[[Region | None], Pixels]
"""The pixels [H, W, 3] of the query's picture, or of a part of it, decoded finely enough for a query."""

# Of the first k results so many stay: at least that share, and the model hardly sees the change; less than the other,
# and it does see it.
HARDLY_SEEN, CLEARLY_SEEN = 0.8, 0.5
# Of all other photos at most so many are compared: of the first 20 of 23 nearly all stay whatever is done.
MOST_COMPARED = 0.5
LEAST_OTHERS = 2  # one photo alone is first whatever the query is

TILT_DEGREES = 10.0
JPEG_QUALITY = 10
DARKER, BRIGHTER = 0.5, 1.5
# Parts of the picture that the crops keep: nine tenths and half of each side.
SLIGHT_CROP: Region = (0.05, 0.05, 0.95, 0.95)
HALF_CROP: Region = (0.25, 0.25, 0.75, 0.75)
SHOWN_SIDE = 320  # pixels of the longer side of `Variation.shown`


@dataclass(frozen=True, slots=True, eq=False)
class Variation:
    """One change of the query, and what it did to the ranking of the other photos.

    `distance` lies between the changed and the unchanged query. `overlap` is the share of the first k results that
    stay among the first k. `ranks` [k] are the places that the first k now take, in their old order; `rank_change` is
    how many places they move on average. `own_rank` is the place of the unchanged photo itself, None where the query
    is no photo of the library. `shown` uint8 [H, W, 3] is the changed picture, small.
    """

    name: str
    distance: float
    overlap: float
    ranks: tuple[int, ...]
    rank_change: float
    own_rank: int | None
    shown: Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Robustness:
    """All variations of one query. `typical` is the median distance of two photos of the library: what a change can be
    measured against."""

    model: str
    metric: Metric
    k: int
    typical: float
    original: Pixels
    variations: tuple[Variation, ...]

    def seen(self, *, clearly: bool) -> tuple[str, ...]:
        """The changes that exchange more than half of the first k (`clearly`), or some of them."""
        return tuple(
            one.name
            for one in self.variations
            if (one.overlap < CLEARLY_SEEN if clearly else CLEARLY_SEEN <= one.overlap < HARDLY_SEEN)
        )

    def hardly_seen(self) -> tuple[str, ...]:
        """The changes that leave nearly all of the first k where they are."""
        return tuple(one.name for one in self.variations if one.overlap >= HARDLY_SEEN)


def _lit(factor: float) -> Callable[[Pixels], Pixels]:
    def light(rgb: Pixels) -> Pixels:
        lit: Pixels = np.clip(np.rint(rgb * np.float32(factor)), 0, 255).astype(np.uint8)
        return lit

    return light


def _compressed(rgb: Pixels) -> Pixels:
    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(data, "JPEG", quality=JPEG_QUALITY)
    with Image.open(data) as image:
        return np.asarray(image.convert("RGB"))


def _tilted(rgb: Pixels) -> Pixels:
    """Turned by `TILT_DEGREES` and cut to the largest part of the same proportions that has no empty corner."""
    height, width = rgb.shape[:2]
    turned = Image.fromarray(np.ascontiguousarray(rgb)).rotate(TILT_DEGREES, Image.Resampling.BICUBIC)
    cos, sin = math.cos(math.radians(TILT_DEGREES)), math.sin(math.radians(TILT_DEGREES))
    kept = min(width / (width * cos + height * sin), height / (width * sin + height * cos))
    left, top = math.ceil(width * (1 - kept) / 2), math.ceil(height * (1 - kept) / 2)
    box = (left, top, max(width - left, left + 1), max(height - top, top + 1))
    return np.asarray(turned.crop(box))


def _grey(rgb: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).convert("L").convert("RGB"))


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "mirror": lambda rgb: rgb[:, ::-1],
    "darker": _lit(DARKER),
    "brighter": _lit(BRIGHTER),
    "grey": _grey,
    "jpeg": _compressed,
    "tilt": _tilted,
    "quarter-turn": lambda rgb: np.rot90(rgb),
}
"""What is done to the pixels that a query embeds."""

CROPS: dict[str, Region] = {"crop-slight": SLIGHT_CROP, "crop-half": HALF_CROP}
"""Crops are decoded anew, as any query by a part of a picture is: they do not lose sharpness."""

NAMES = ("mirror", "crop-slight", "crop-half", "tilt", "quarter-turn", "darker", "brighter", "grey", "jpeg")
"""Every variation, in the order in which they are told."""


def measure_robustness(
    embedder: Embedder, gallery: Gallery, picture: Picture, metric: Metric, k: int, own: str | None = None
) -> Generator[Progress, None, Robustness]:
    """Embed the picture and its variations as any query, and compare the rankings of the other photos.

    `own` is the query's path where it is a photo of the gallery; it is in no ranking. `k` is cut to half of the other
    photos, one at least. Raises DecodeError, ModelError, and ValueError for a `k` below 1 or fewer than
    `LEAST_OTHERS` other photos.
    """
    own = own if own is not None and gallery.index_of(own) is not None else None
    others = len(gallery) - (own is not None)
    if k < 1 or others < LEAST_OTHERS:
        raise ValueError(f"the first {k} of {others} photos are no ranking")
    k = max(1, min(k, int(MOST_COMPARED * others)))
    yield Progress("varying", 0, len(NAMES))
    whole = picture(None)
    original = embed_rgb(embedder, whole, "query").vector
    before = nearest(gallery, original, metric, None, exclude=own).order
    background = learn_background(gallery, metric)
    assert background is not None  # there are two photos at least
    variations = []
    for done, name in enumerate(NAMES, 1):
        pixels = picture(CROPS[name]) if name in CROPS else CHANGES[name](whole)
        vector = embed_rgb(embedder, pixels, name).vector
        variations.append(_compared(name, gallery, original, vector, before[:k], metric, own, small(pixels)))
        yield Progress("varying", done, len(NAMES))
    return Robustness(gallery.model, metric, k, background.centre, small(whole), tuple(variations))


def _compared(
    name: str,
    gallery: Gallery,
    original: NDArray[np.float32],
    vector: NDArray[np.float32],
    first: NDArray[np.int64],
    metric: Metric,
    own: str | None,
    shown: Pixels,
) -> Variation:
    """What the changed `vector` does to the photos that ranked `first` (positions [k])."""
    ranking = nearest(gallery, vector, metric, None, exclude=own)
    rank_of = np.zeros(len(gallery), dtype=np.int64)
    rank_of[ranking.order] = np.arange(1, len(ranking) + 1)
    ranks = rank_of[first]
    own_rank = None
    if own is not None:
        at = gallery.index_of(own)
        assert at is not None
        own_distance = pairwise_distance(gallery.vector(at), vector, metric)[0]
        own_rank = 1 + int(np.searchsorted(ranking.distances, own_distance, side="left"))
    return Variation(
        name,
        float(pairwise_distance(original, vector, metric)[0]),
        float((ranks <= len(first)).mean()),
        tuple(map(int, ranks)),
        float(np.abs(ranks - np.arange(1, len(first) + 1)).mean()),
        own_rank,
        shown,
    )


def small(rgb: Pixels) -> Pixels:
    """The picture at most `SHOWN_SIDE` long, for showing."""
    image = Image.fromarray(np.ascontiguousarray(rgb))
    image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    return np.asarray(image)


def within(part: Region, whole: Region | None) -> Region:
    """A part of a part of a picture, as a part of the picture."""
    if whole is None:
        return part
    left, top, right, bottom = whole
    wide, high = right - left, bottom - top
    return left + part[0] * wide, top + part[1] * high, left + part[2] * wide, top + part[3] * high

"""Why two pictures match, worked out on a background thread and made ready to be drawn over both; no widgets."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage

from engine.embedder import Embedded, Embedder
from engine.explain import Explanation, Method, explain, seen_box
from engine.picture import load
from engine.preprocess import decode_side
from engine.query import MAX_SIDE, crop
from engine.spec import ModelSpec
from engine.thumbnail_store import THUMBNAIL_SIDE
from gui.query_side import QuerySide
from gui.session_state import Region

LAYER_PX = 256  # of the longer side: a map has some seven values a side

WHOLE: Region = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """Colours to lay over the part `box` (fractions) of a picture."""

    image: QImage
    box: QRectF


@dataclass(frozen=True, slots=True)
class Line:
    """From a point of the one picture to one of the other, in fractions; `strength` in (0, 1], 1 is the strongest."""

    first: QPointF
    second: QPointF
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Both overlays and the lines between; `similarity` is the cosine of the two embeddings."""

    model: str
    method: Method
    similarity: float
    first: Overlay
    second: Overlay
    lines: tuple[Line, ...]


class Stopped(Exception):  # noqa: N818 - not a failure
    """Nobody wants the explanation any more."""


class _Stoppable:
    """An embedder that gives up between two runs of the network once `cancelled` says so: an explanation by occlusion
    takes a hundred of them."""

    def __init__(self, embedder: Embedder, cancelled: Callable[[], bool]) -> None:
        self._embedder = embedder
        self._cancelled = cancelled
        self.spec = embedder.spec
        self.provider = embedder.provider
        self.notice = embedder.notice

    def embed(self, batch: NDArray[np.float32]) -> Embedded:
        self._check()
        return self._embedder.embed(batch)

    def features(self, batch: NDArray[np.float32]) -> NDArray[np.float32] | None:
        self._check()
        return self._embedder.features(batch)

    def _check(self) -> None:
        if self._cancelled():
            raise Stopped


def explain_pair(embedder: Embedder, query: QuerySide, result: Path, cancelled: Callable[[], bool]) -> Explained:
    """Explain why `result` matches the query. Raises DecodeError, ModelError, and Stopped when it was cancelled."""
    spec = embedder.spec
    first, second = _pixels(query, spec), load(result, _side(spec)).rgb
    if query.region is not None:
        first = np.ascontiguousarray(crop(first, query.region))
    found = explain(_Stoppable(embedder, cancelled), first, second)
    return _drawn(found, spec, _seen(first, spec, query.region or WHOLE), _seen(second, spec, WHOLE))


def _drawn(found: Explanation, spec: ModelSpec, first: Region, second: Region) -> Explained:
    strongest = max((link.strength for link in found.links), default=1.0)
    return Explained(
        spec.name,
        found.method,
        found.similarity,
        Overlay(_layer(found.first_map), _rect(first)),
        Overlay(_layer(found.second_map), _rect(second)),
        tuple(
            Line(_middle(link.first, first), _middle(link.second, second), link.strength / strongest)
            for link in found.links
        ),
    )


def _pixels(query: QuerySide, spec: ModelSpec) -> NDArray[np.uint8]:
    if query.rgb is not None:
        return query.rgb
    assert query.file is not None
    side = _side(spec)
    if query.region is not None:
        left, top, right, bottom = query.region
        side = min(math.ceil(side / min(right - left, bottom - top)), MAX_SIDE)
    return load(query.file, side).rgb


def _side(spec: ModelSpec) -> int:
    """What the index decodes at: the explanation is of the vectors that were searched with."""
    return max(THUMBNAIL_SIDE, decode_side(spec))


def _seen(rgb: NDArray[np.uint8], spec: ModelSpec, within: Region) -> Region:
    """The part of the whole picture that the network saw, where `rgb` is its part `within`."""
    seen = seen_box(rgb.shape[1], rgb.shape[0], spec.crop, spec.width / spec.height)
    return _placed(seen, within)


def _placed(inner: Region, outer: Region) -> Region:
    """A part of a part as a part of the whole."""
    width, height = outer[2] - outer[0], outer[3] - outer[1]
    return (
        outer[0] + inner[0] * width,
        outer[1] + inner[1] * height,
        outer[0] + inner[2] * width,
        outer[1] + inner[3] * height,
    )


def _middle(region: Region, seen: Region) -> QPointF:
    left, top, right, bottom = _placed(region, seen)
    return QPointF((left + right) / 2, (top + bottom) / 2)


def _rect(region: Region) -> QRectF:
    return QRectF(QPointF(region[0], region[1]), QPointF(region[2], region[3]))


def _layer(values: NDArray[np.float32]) -> QImage:
    from engine.explain_picture import heat_layer  # with Pillow behind it: not with the window's start

    longer = max(values.shape)
    pixels = heat_layer(values, LAYER_PX * values.shape[1] // longer, LAYER_PX * values.shape[0] // longer)
    height, width = pixels.shape[:2]
    borrowed = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return borrowed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)  # a copy, drawn fastest

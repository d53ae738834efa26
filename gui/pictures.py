"""Whole pictures for the viewer, the comparison and the inspector: decoded in the background, the newest wish first."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from engine.errors import DecodeError
from engine.picture import load
from gui.image_data import from_rgb
from gui.worker import Lane, Token

DEFAULT_LIMIT = 384 << 20  # bytes: a dozen screens full, or one picture of 96 megapixels
MOST_PIXELS = 96_000_000  # of a picture in full detail; a larger one is shown reduced
FULL = 1 << 30  # a wish for every pixel there is


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file. `size` is the full picture's; `image` may be smaller, and is null where `failure` says why."""

    file: Path
    image: QImage
    size: QSize
    failure: str = ""

    def good_for(self, side: int) -> bool:
        """Whether the image's shorter side has so many pixels, or as many as can be had."""
        shorter, full = min(self.image.width(), self.image.height()), min(self.size.width(), self.size.height())
        return bool(self.failure) or shorter >= min(side, full) or (side == FULL and shorter >= _most(self.size))


@dataclass(frozen=True, slots=True)
class _Wish:
    file: Path
    side: int


class Pictures(QObject):
    """Pictures by file, a few at a time. `arrived(Picture)` answers a wish that was not replaced; `close` ends it."""

    arrived = Signal(object)

    def __init__(self, parent: QObject | None = None, limit_bytes: int = DEFAULT_LIMIT) -> None:
        super().__init__(parent)
        self._limit = limit_bytes
        self._lane = Lane("pictures", self)
        self._kept: OrderedDict[Path, Picture] = OrderedDict()
        self._wishes: list[_Wish] = []
        self._lock = threading.Lock()
        self._working = False

    def want(self, wishes: Sequence[tuple[Path, int]]) -> None:
        """Ask for files, most urgent first, each with the shorter side it needs in pixels (`FULL`: all there are).

        Replaces what was asked for before.
        """
        with self._lock:
            self._wishes = [_Wish(file, side) for file, side in wishes if not self._has(file, side)]
        self._start()

    def get(self, file: Path) -> Picture | None:
        """What there is of a file now."""
        picture = self._kept.get(file)
        if picture is not None:
            self._kept.move_to_end(file)
        return picture

    def clear(self) -> None:
        """Forget everything: files may have changed."""
        self._kept.clear()

    def close(self) -> None:
        """Wait for the thread to end."""
        with self._lock:
            self._wishes = []
        self._lane.close()

    def _has(self, file: Path, side: int) -> bool:
        picture = self._kept.get(file)
        return picture is not None and picture.good_for(side)

    def _start(self) -> None:
        if self._wishes and not self._working:
            self._working = True
            self._lane.submit(self._work, done=self._done)

    def _done(self, picture: Picture | None) -> None:
        self._working = False
        if picture is not None:
            self._kept[picture.file] = picture
            self._kept.move_to_end(picture.file)
            while len(self._kept) > 1 and sum(kept.image.sizeInBytes() for kept in self._kept.values()) > self._limit:
                self._kept.popitem(last=False)
            self.arrived.emit(picture)
        self._start()

    def _work(self, token: Token) -> Picture | None:
        """On the worker's thread: the most urgent wish."""
        with self._lock:
            if not self._wishes or token():
                return None
            wish = self._wishes.pop(0)
            known = self._kept.get(wish.file)
        side = wish.side
        if side == FULL and known is not None:
            side = _most(known.size)
        try:
            decoded = load(wish.file, side)
        except DecodeError as error:
            return Picture(wish.file, QImage(), QSize(), error.reason)
        return Picture(wish.file, from_rgb(decoded.rgb), QSize(decoded.width, decoded.height))


def _most(size: QSize) -> int:
    """The shorter side of a picture of this size in full detail."""
    pixels = max(1, size.width() * size.height())
    return int(min(size.width(), size.height()) * min(1.0, (MOST_PIXELS / pixels) ** 0.5))

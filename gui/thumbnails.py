"""Thumbnails for whoever shows photos: what is looked at comes first, what has scrolled away is never read."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QImage, QPainter, QPixmap

from engine.errors import DecodeError
from engine.picture import load
from engine.thumbnail_store import THUMBNAIL_SIDE, ThumbnailStore, encode_thumbnail
from gui.image_data import from_rgb
from gui.worker import Lane, Token

DEFAULT_LIMIT = 256 << 20  # bytes of pixels: about 2,500 thumbnails of 160 pixels on a screen of ratio 1
CORNER = 0.03  # radius of the rounded corners, as a part of the longer side
_GRID = "grid"
_JOBS_PER_LANE = 2  # the next job is there already when one ends, however busy the window's thread is

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A photo that somebody shows: the longer side it is drawn with, in device pixels."""

    path: str
    side: int
    content: bytes | None = None  # the file's hash, where it is known: the key of the thumbnail on disk


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What a worker hands over. `side` is what the image is good for; without an image, `failure` says why."""

    wanted: Wanted
    era: int
    image: QImage | None
    side: int
    failure: str = ""


@dataclass(slots=True)
class _Entry:
    pixmap: QPixmap | None
    side: int
    content: bytes | None
    failure: str

    @property
    def cost(self) -> int:
        """Bytes, with a little for the entry itself."""
        return 256 + (self.pixmap.width() * self.pixmap.height() * 4 if self.pixmap else 0)


class Thumbnails(QObject):
    """Pixmaps of photos by path, made in the background and kept up to a limit of bytes.

    Each client says with `want` what it shows now, most urgent first; that replaces what it wanted before.
    `ready(path)`: a pixmap or a failure has arrived (a Python str). `cleared()`: everything was dropped, say again what
    you want. `close` ends the threads.
    """

    ready = Signal(object)
    cleared = Signal()

    def __init__(
        self,
        store: ThumbnailStore | None = None,
        *,
        threads: int = 2,
        limit_bytes: int = DEFAULT_LIMIT,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._limit = limit_bytes
        self._root = Path()
        self._ratio = 1.0
        self._era = 0  # changes when everything known becomes worthless
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0
        self._queue: dict[str, OrderedDict[str, Wanted]] = {}  # by client; only what is still to be made
        self._loading: set[str] = set()
        self._lock = threading.Lock()  # guards _queue and _loading, which the workers take from
        self._lanes = [Lane(f"thumbnails-{number}", self) for number in range(threads)]
        self._jobs = [0] * threads
        self._closed = False

    # -- for the clients -------------------------------------------------------------------------------------------

    def set_root(self, root: Path) -> None:
        """Paths are relative to this folder from now on; what belongs to another is dropped."""
        if root != self._root:
            self._root = root
            self.clear()

    def set_ratio(self, ratio: float) -> None:
        """Pixmaps are made for a screen with so many device pixels to a pixel."""
        if ratio != self._ratio:
            self._ratio = ratio
            self.clear()

    def want(self, photos: Sequence[Wanted], client: str = _GRID) -> None:
        """Say what a client shows now, most urgent first. The grid waits for the others, which want few."""
        missing = OrderedDict((photo.path, photo) for photo in photos if not self._good(photo))
        with self._lock:
            self._queue[client] = missing
        self._start()

    def pixmap(self, path: str, content: bytes | None = None) -> QPixmap | None:
        """What there is of a photo now, perhaps smaller than wanted; None if nothing is. Starts no work."""
        entry = self._entries.get(path)
        if entry is None or (content is not None and entry.content is not None and entry.content != content):
            return None
        self._entries.move_to_end(path)
        return entry.pixmap

    def failure(self, path: str) -> str:
        """Why a photo cannot be shown; empty where it can, or is not known yet."""
        entry = self._entries.get(path)
        return entry.failure if entry else ""

    def clear(self) -> None:
        """Drop everything: files may have changed."""
        self._era += 1
        self._entries.clear()
        self._bytes = 0
        with self._lock:
            self._queue.clear()
            self._loading.clear()
        self.cleared.emit()

    @property
    def bytes_used(self) -> int:
        """Bytes that the pixmaps take."""
        return self._bytes

    @property
    def idle(self) -> bool:
        """Nothing is being made."""
        return not any(self._jobs)

    def close(self) -> None:
        """Forget what is wanted and wait for the threads to end."""
        self._closed = True
        with self._lock:
            self._queue.clear()
        for lane in self._lanes:
            lane.close()

    # -- on the window's thread ------------------------------------------------------------------------------------

    def _good(self, photo: Wanted) -> bool:
        entry = self._entries.get(photo.path)
        if entry is None:
            return False
        if entry.failure:
            return entry.content == photo.content  # the file may have been mended: the index knows it now
        if photo.content is not None and entry.content not in (None, photo.content):
            return False
        return entry.side >= photo.side

    def _start(self) -> None:
        """Give every lane something to do, as far as there is something."""
        if self._closed:
            return
        with self._lock:
            waiting = len({path for queue in self._queue.values() for path in queue} - self._loading)
            waiting -= sum(self._jobs) - len(self._loading)
        for number in sorted(range(len(self._lanes)), key=self._jobs.__getitem__) * _JOBS_PER_LANE:
            if waiting > 0 and self._jobs[number] < _JOBS_PER_LANE:
                waiting -= 1
                self._jobs[number] += 1
                self._lanes[number].submit(self._work, done=partial(self._arrived, number))

    def _arrived(self, number: int, loaded: _Loaded | None) -> None:
        self._jobs[number] -= 1
        if loaded is not None and loaded.era == self._era:
            self._keep(loaded)
        self._start()

    def _keep(self, loaded: _Loaded) -> None:
        path = loaded.wanted.path
        with self._lock:
            self._loading.discard(path)
            for queue in self._queue.values():
                if path in queue and (loaded.failure or loaded.side >= queue[path].side):
                    del queue[path]
        pixmap = None if loaded.image is None else QPixmap.fromImage(loaded.image)
        if pixmap is not None:
            pixmap.setDevicePixelRatio(self._ratio)
        old = self._entries.pop(path, None)
        self._bytes -= old.cost if old else 0
        entry = self._entries[path] = _Entry(pixmap, loaded.side, loaded.wanted.content, loaded.failure)
        self._bytes += entry.cost
        while self._bytes > self._limit and len(self._entries) > 1:
            self._bytes -= self._entries.popitem(last=False)[1].cost
        self.ready.emit(path)

    # -- on the workers' threads -----------------------------------------------------------------------------------

    def _work(self, token: Token) -> _Loaded | None:
        """Make the most urgent thumbnail that nobody else is making; None if there is none left."""
        era, root = self._era, self._root
        with self._lock:
            wanted = next(
                (
                    photo
                    for client in sorted(self._queue, key=_GRID.__eq__)
                    for photo in self._queue[client].values()
                    if photo.path not in self._loading
                ),
                None,
            )
            if wanted is None or token():
                return None
            self._loading.add(wanted.path)
            first_look = wanted.path not in self._entries
        try:
            return _load(root, wanted, era, self._store, first_look)
        except DecodeError as error:
            return _Loaded(wanted, era, None, wanted.side, error.reason)
        except Exception as error:  # noqa: BLE001 - a tile that says so is better than one that waits for ever
            _log.exception("no thumbnail of %s", root / wanted.path)
            return _Loaded(wanted, era, None, wanted.side, str(error))


def _load(root: Path, wanted: Wanted, era: int, store: ThumbnailStore | None, first_look: bool) -> _Loaded:
    """One thumbnail: from the store if that is enough, or as a first look; else from the file."""
    if store is not None and wanted.content is not None and (first_look or wanted.side <= THUMBNAIL_SIDE):
        jpeg = store.get(wanted.content)
        image = QImage.fromData(jpeg) if jpeg else QImage()
        if not image.isNull():
            longer = max(image.width(), image.height())
            whole = longer < THUMBNAIL_SIDE  # a smaller picture is stored as it is: the file has no more
            side = wanted.side if whole else min(wanted.side, THUMBNAIL_SIDE)
            return _Loaded(wanted, era, _finished(image, wanted.side), side)
    decoded = load(root / wanted.path, max(wanted.side, THUMBNAIL_SIDE))
    if store is not None and wanted.content in (None, decoded.content_hash) and decoded.content_hash not in store:
        store.put(decoded.content_hash, encode_thumbnail(decoded.rgb))
    return _Loaded(wanted, era, _finished(from_rgb(decoded.rgb), wanted.side), wanted.side)


def _finished(image: QImage, side: int) -> QImage:
    """The image at most `side` long, with rounded corners."""
    if max(image.width(), image.height()) > side:
        size = QSize(side, side)
        image = image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    rounded = QImage(image.size(), QImage.Format.Format_ARGB32_Premultiplied)
    rounded.fill(Qt.GlobalColor.transparent)
    with QPainter(rounded) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(image))
        radius = max(image.width(), image.height()) * CORNER
        painter.drawRoundedRect(QRectF(rounded.rect()), radius, radius)
    return rounded

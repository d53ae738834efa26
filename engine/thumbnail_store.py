"""Small pictures kept by content: a cache that may be lost, thrown away or refuse to write without any harm."""

import logging
import os
import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.connections import Connections

THUMBNAIL_SIDE = 256  # pixels of the longer side
JPEG_QUALITY = 80  # 14 KB and 0.16 ms each; WebP takes a third less room and 25 times as long
DEFAULT_LIMIT = 4 << 30  # bytes: about 300,000 thumbnails

_PAGE = 16_384  # bytes: one thumbnail lies in one page, which a cold read fetches at once
_SCHEMA_VERSION = 1
_log = logging.getLogger(__name__)


def encode_thumbnail(rgb: NDArray[np.uint8]) -> bytes:
    """The JPEG of a picture uint8 [H, W, 3], no side above `THUMBNAIL_SIDE`; a smaller picture keeps its size."""
    import simplejpeg  # not with the window's start
    from PIL import Image

    height, width = rgb.shape[:2]
    scale = THUMBNAIL_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        picture = Image.fromarray(rgb)
        rgb = np.asarray(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    return bytes(
        simplejpeg.encode_jpeg(np.ascontiguousarray(rgb), JPEG_QUALITY, colorspace="RGB", colorsubsampling="420")
    )


class ThumbnailStore:
    """JPEG files of at most 256 pixels by content hash (16 bytes), in one database of bounded size.

    Every method may be called from any thread. Nothing here raises for a full disk, a locked or a damaged database:
    a thumbnail that is not there is made again by whoever needs it.
    """

    def __init__(self, data_dir: Path, limit: int = DEFAULT_LIMIT) -> None:
        """`limit`: bytes that the database may take; the thumbnails stored first make room."""
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = data_dir / "thumbnails.db"
        self.limit = limit
        self._writing = threading.Lock()
        self._damaged = False
        self._connections = Connections(
            self.path, f"page_size={_PAGE}", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"
        )
        try:
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            self._failed("open", error)
            if self._damaged:
                self._discard()

    def get(self, content: bytes) -> bytes | None:
        """The JPEG of the picture with this content hash, or None."""
        try:
            row = (
                self._connections.get().execute("SELECT jpeg FROM thumbnails WHERE content = ?", (content,)).fetchone()
            )
        except (sqlite3.Error, OSError) as error:
            self._failed("read", error)
            return None
        return None if row is None else bytes(row[0])

    def __contains__(self, content: object) -> bool:
        if not isinstance(content, bytes):
            return False
        try:
            query = "SELECT 1 FROM thumbnails WHERE content = ?"
            return self._connections.get().execute(query, (content,)).fetchone() is not None
        except (sqlite3.Error, OSError) as error:
            self._failed("read", error)
            return False

    def put(self, content: bytes, jpeg: bytes) -> None:
        """Keep one thumbnail."""
        self.put_many([(content, jpeg)])

    def put_many(self, thumbnails: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep some thumbnails, pairs of content hash and JPEG, in one transaction."""
        try:
            with self._writing, self._connections.transaction() as db:
                db.executemany("INSERT OR IGNORE INTO thumbnails (content, jpeg) VALUES (?, ?)", thumbnails)
                self._make_room(db)
        except (sqlite3.Error, OSError) as error:
            self._failed("write", error)

    def size(self) -> int:
        """Bytes in use."""
        try:
            return _used(self._connections.get())
        except (sqlite3.Error, OSError):
            return 0

    def close(self) -> None:
        """Close the database; a damaged one is deleted. It opens again when it is used again."""
        self._connections.close()
        if self._damaged:
            self._discard()

    def _prepare(self) -> None:
        db = self._connections.get()
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        if version == _SCHEMA_VERSION:
            return
        if version != 0:
            raise sqlite3.DatabaseError(f"version {version} is not {_SCHEMA_VERSION}")
        with self._connections.transaction():
            db.execute("CREATE TABLE IF NOT EXISTS thumbnails (id INTEGER PRIMARY KEY, content BLOB UNIQUE, jpeg BLOB)")
            db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")

    def _failed(self, act: str, error: Exception) -> None:
        # DatabaseError itself, not one of its children: "malformed" and "not a database".
        if type(error) is sqlite3.DatabaseError:
            self._damaged = True
        _log.warning("cannot %s %s: %s", act, self.path, error)

    def _discard(self) -> None:
        """Start with an empty database in place of a damaged one."""
        self._connections.close()
        try:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{os.fspath(self.path)}{suffix}").unlink(missing_ok=True)
            self._prepare()
            self._damaged = False
        except (sqlite3.Error, OSError) as error:
            _log.warning("cannot replace %s: %s", self.path, error)
        finally:
            self._connections.close()

    def _make_room(self, db: sqlite3.Connection) -> None:
        """Delete the oldest thumbnails until a tenth of the limit is free, so that this happens seldom."""
        while _used(db) > self.limit:
            oldest, newest = db.execute("SELECT min(id), max(id) FROM thumbnails").fetchone()
            if oldest is None:
                return
            db.execute("DELETE FROM thumbnails WHERE id <= ?", (oldest + (newest - oldest) // 10,))


def _used(db: sqlite3.Connection) -> int:
    """Bytes of the pages that hold something; SQLite reuses the others before the file grows."""
    pages = int(db.execute("PRAGMA page_count").fetchone()[0]) - int(db.execute("PRAGMA freelist_count").fetchone()[0])
    return pages * _PAGE

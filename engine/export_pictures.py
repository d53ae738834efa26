"""The small pictures that an exported page or contact sheet shows."""

import io
import logging
from pathlib import Path

import numpy as np
from PIL import Image

from engine.decode import load, load_bytes
from engine.errors import DecodeError
from engine.library import Library
from engine.query_set import Query
from engine.thumbnail_store import ThumbnailStore

logger = logging.getLogger(__name__)


class Pictures:
    """Finds the picture of a photo: among the stored thumbnails, else in the file itself."""

    def __init__(self, library: Library, thumbnails: ThumbnailStore | None) -> None:
        self._root = library.root
        self._files = library.files()
        self._thumbnails = thumbnails

    def of_photo(self, path: str, side: int) -> Image.Image | None:
        """A photo of the library, no side longer than `side` pixels (at most 256); None if it cannot be read."""
        row = self._files.paths.index_of(path)
        if self._thumbnails is not None and row is not None:
            jpeg = self._thumbnails.get(self._files.content[row].tobytes())
            if jpeg is not None:
                return _reduced(load_bytes(jpeg, path, side).rgb, side)
        return self._of_file(self._root / path, side)

    def of_query(self, query: Query, side: int) -> Image.Image | None:
        """A query's picture, as `of_photo`; None too for one that is no file."""
        if query.inside is not None:
            return self.of_photo(query.inside, side)
        return None if query.path is None else self._of_file(query.path, side)

    def _of_file(self, path: Path, side: int) -> Image.Image | None:
        try:
            return _reduced(load(path, side).rgb, side)
        except DecodeError as error:
            logger.info("no picture: %s", error)
            return None


def _reduced(rgb: np.ndarray, side: int) -> Image.Image:
    picture = Image.fromarray(rgb)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return picture


def to_jpeg(picture: Image.Image, quality: int = 80) -> bytes:
    """The picture as a JPEG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()

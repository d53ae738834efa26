"""What a decoding thread does with one file: one read and one decode serve hash, thumbnail and every model."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.decode import MAX_FILE_BYTES, hash_content, load_bytes, too_large
from engine.errors import DecodeError
from engine.preprocess import decode_side, preprocess
from engine.regular_file import modified_ns, open_regular
from engine.spec import ModelSpec
from engine.thumbnail_store import THUMBNAIL_SIDE, ThumbnailStore, encode_thumbnail

_READ_TRIES = 3


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read. `known`: the index has it as it is now, and only vectors are missing."""

    path: str
    known: bool = False


@dataclass(slots=True)
class Prepared:
    """A file that was read: its content and the networks' inputs, or the reason why not."""

    task: Task
    size: int = 0
    mtime_ns: int = 0
    content: bytes = b""
    width: int = 0
    height: int = 0
    inputs: dict[int, NDArray[np.float32]] = field(default_factory=dict)  # by the model's number: [3, h, w]
    thumbnail: bytes | None = None
    reason: str | None = None
    lasting: bool = True  # whether the reason holds as long as the file stays the same
    gone: bool = False


class Preparer:
    """Callable from many threads at once: Task → Prepared. A file that is broken is a `reason`, never an exception."""

    def __init__(
        self,
        root: Path,
        models: dict[int, ModelSpec],
        missing: Callable[[bytes], Sequence[int]],
        thumbnails: ThumbnailStore | None,
    ) -> None:
        """`models` by number; `missing` says which of them have not seen a content (16 bytes) yet."""
        self._root = root
        self._models = models
        self._missing = missing
        self._thumbnails = thumbnails
        # The floor keeps a model's vectors the same whether or not others are indexed in the same pass.
        self._side = max([THUMBNAIL_SIDE, *(decode_side(spec) for spec in models.values())])

    def __call__(self, task: Task) -> Prepared:
        prepared = Prepared(task)
        try:
            data, prepared.size, prepared.mtime_ns = read_steady(self._root / task.path)
        except UnreadableError as error:
            prepared.reason, prepared.lasting, prepared.gone = error.reason, False, error.gone
            return prepared
        prepared.content = hash_content(data)
        missing = self._missing(prepared.content)
        if not missing:
            return prepared
        try:
            decoded = load_bytes(data, task.path, self._side, prepared.content)
        except DecodeError as error:
            prepared.reason = error.reason
            return prepared
        del data
        prepared.width, prepared.height = decoded.width, decoded.height
        for number in missing:
            prepared.inputs[number] = preprocess(decoded.rgb, self._models[number])
        if self._thumbnails is not None and prepared.content not in self._thumbnails:
            prepared.thumbnail = encode_thumbnail(decoded.rgb)
        return prepared


class UnreadableError(Exception):
    """A file could not be read this time; another time it may."""

    def __init__(self, reason: str, *, gone: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.gone = gone


def read_steady(path: Path) -> tuple[bytes, int, int]:
    """A file's bytes, with the size and mtime (ns) that it had before and after they were read.

    Raises UnreadableError.
    """
    try:
        with open_regular(path) as file:
            for _ in range(_READ_TRIES):
                before = os.fstat(file.fileno())
                if before.st_size > MAX_FILE_BYTES:
                    raise UnreadableError(too_large(before.st_size))
                file.seek(0)
                # One byte more than there was: a file that grows all the time is not read for ever.
                data = file.read(before.st_size + 1)
                after = os.fstat(file.fileno())
                if (before.st_size, before.st_mtime_ns, len(data)) == (after.st_size, after.st_mtime_ns, after.st_size):
                    return data, after.st_size, modified_ns(after)
        raise UnreadableError("it changes while it is read")
    except FileNotFoundError as error:
        raise UnreadableError("it was removed while the library was indexed", gone=True) from error
    except PermissionError as error:
        raise UnreadableError("no permission to read it") from error
    except MemoryError as error:
        raise UnreadableError("there is not enough memory to read it") from error
    except (OSError, ValueError) as error:
        raise UnreadableError(f"it cannot be read ({getattr(error, 'strerror', None) or error})") from error

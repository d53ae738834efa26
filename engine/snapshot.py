"""Arrays in one file that opens by mapping it: a copy of what the index says, made so that it need not be asked."""

import json
import logging
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.vectors import sync_folder

_MAGIC = b"SEMBSNAP1\n"
_ALIGN = 64
_HEAD_BYTES = 4096  # the description, padded so that the arrays begin on a page
# The modification time that a snapshot gets (2001-09-09, on an even second, which every file system can hold): a file
# that anybody has written to since bears another one, and is not believed.
_STAMP_NS = 1_000_000_000 * 10**9
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Streamed:
    """An array that is made while it is written: its parts along the first axis, in order, in C order each."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    parts: Iterable[NDArray[Any]]

    @property
    def nbytes(self) -> int:
        return _bytes(self.dtype.str, list(self.shape))


def write_snapshot(path: Path, key: Mapping[str, Any], arrays: Mapping[str, NDArray[Any] | Streamed]) -> None:
    """Replace the snapshot `path` by these arrays; `key` (JSON values) says what they are a snapshot of. They are
    written in their order, so that making one that is streamed may fill in those after it.

    It is only ever a copy: a failure is logged and nothing else.
    """
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".", suffix=".tmp")
        with os.fdopen(descriptor, "wb") as file:
            file.write(_head(key, arrays))
            for array in arrays.values():
                for part in array.parts if isinstance(array, Streamed) else (array,):
                    file.write(np.ascontiguousarray(part).data)
                file.write(bytes(-file.tell() % _ALIGN))
            file.flush()
            os.fsync(file.fileno())
        os.utime(temporary, ns=(_STAMP_NS, _STAMP_NS))
        Path(temporary).replace(path)
        sync_folder(path.parent)
    except OSError as error:
        _log.warning("cannot write %s: %s", path, error)
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def read_snapshot(path: Path, key: Mapping[str, Any]) -> dict[str, NDArray[Any]] | None:
    """The arrays, mapped read-only, or None where there is no whole snapshot with this very key."""
    try:
        with path.open("rb") as file:
            info = os.fstat(file.fileno())
            if info.st_mtime_ns != _STAMP_NS or file.readline(len(_MAGIC)) != _MAGIC:
                return None
            head = json.loads(file.readline(_HEAD_BYTES))
            if head["key"] != dict(key) or head["end"] != info.st_size:
                return None
            data = np.memmap(file, dtype=np.uint8, mode="r", shape=(info.st_size,))
        return {
            name: data[start : start + _bytes(dtype, shape)].view(np.dtype(dtype)).reshape(shape)
            for name, dtype, shape, start in head["arrays"]
        }
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("cannot use %s: %s", path, error)
        return None


def _head(key: Mapping[str, Any], arrays: Mapping[str, NDArray[Any] | Streamed]) -> bytes:
    """Magic line and description, padded to `_HEAD_BYTES`."""
    listed = []
    position = _HEAD_BYTES
    for name, array in arrays.items():
        listed.append([name, array.dtype.str, list(array.shape), position])
        position += array.nbytes + -array.nbytes % _ALIGN
    text = json.dumps({"key": dict(key), "end": position, "arrays": listed})
    head = _MAGIC + text.encode() + b"\n"
    if len(head) > _HEAD_BYTES:
        raise ValueError("the description of the snapshot is too long")
    return head.ljust(_HEAD_BYTES, b" ")


def _bytes(dtype: str, shape: list[int]) -> int:
    size = np.dtype(dtype).itemsize
    for length in shape:
        size *= length
    return size

"""The vector file of one model: float32 rows that are only ever appended, checked, and mapped into memory."""

import os
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEADER_BYTES = 4096  # one page, so that the rows begin on a page and map with aligned addresses
_MAGIC = b"SEMBVEC1"
_HEADER = struct.Struct("<8s16sII")  # magic, store id, dimension, crc32 of what stands before it
_CHECK_BYTES = 32 << 20  # read at a time while rows are checked


class VectorFile:
    """float32 rows [R, D] behind a header that names the index and the length of a row.

    The file knows nothing of which rows are in use: the index does. Whoever appends passes how many rows the index has
    committed; what lies behind them is the leftover of an interrupted write and is overwritten.
    """

    def __init__(self, path: Path, store: bytes, dimension: int) -> None:
        """`store`: the 16 bytes that identify the index; `dimension`: numbers in a row."""
        self.path = path
        self.dimension = dimension
        self.row_bytes = 4 * dimension
        fields = _HEADER.pack(_MAGIC, store, dimension, 0)[:-4]
        self._header = (fields + struct.pack("<I", zlib.crc32(fields))).ljust(HEADER_BYTES, b"\0")

    def create(self) -> None:
        """Make an empty file, private to the user, in place of whatever is there; durable when this returns."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | _BINARY, 0o600)
        try:
            _write_all(descriptor, self._header)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(self.path.parent)

    def stamp(self) -> tuple[int, int]:
        """Size and modification time (ns), (0, 0) where there is no file: a change of either means to check."""
        try:
            info = self.path.stat()
        except FileNotFoundError:
            return 0, 0
        return info.st_size, info.st_mtime_ns

    def whole_rows(self) -> int:
        """How many rows the file is long enough for; 0 where its header is not this index's."""
        try:
            with self.path.open("rb") as file:
                if file.read(HEADER_BYTES) != self._header:
                    return 0
                return (os.fstat(file.fileno()).st_size - HEADER_BYTES) // self.row_bytes
        except FileNotFoundError:
            return 0

    def append(self, vectors: NDArray[np.float32], committed: int) -> list[int]:
        """Write rows [K, D] behind the `committed` ones; returns their checksums.

        They are on the disk when this returns: the caller may now commit an index that points to them. After a power
        cut the index can therefore lack rows that the file has, never the other way round. Raises OSError.
        """
        rows = np.ascontiguousarray(vectors, dtype="<f4")
        if rows.ndim != 2 or rows.shape[1] != self.dimension:
            raise ValueError(f"expected rows of {self.dimension} numbers, got {rows.shape}")
        if self.stamp()[0] < HEADER_BYTES:
            self.create()
        start = HEADER_BYTES + committed * self.row_bytes
        descriptor = os.open(self.path, os.O_RDWR | _BINARY)
        try:
            os.lseek(descriptor, start, os.SEEK_SET)
            _write_all(descriptor, rows.data.cast("B"))
            os.fsync(descriptor)
        except OSError:
            # What was written before the disk was full only takes room; without it the file is as it was.
            _truncate(descriptor, start)
            raise
        finally:
            os.close(descriptor)
        return checksums(rows)

    def shorten(self, rows: int) -> None:
        """Cut off everything behind `rows` rows; raises OSError."""
        descriptor = os.open(self.path, os.O_RDWR | _BINARY)
        try:
            os.ftruncate(descriptor, HEADER_BYTES + rows * self.row_bytes)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def map(self, rows: int) -> NDArray[np.float32]:
        """The first `rows` rows, read-only and memory-mapped; fewer where the file is too short for them."""
        rows = min(rows, self.whole_rows())
        if rows <= 0:
            return np.empty((0, self.dimension), dtype=np.float32)
        mapped = np.memmap(self.path, dtype="<f4", mode="r", offset=HEADER_BYTES, shape=(rows, self.dimension))
        return np.asarray(mapped)  # the same memory as a plain array, which is faster to index

    def reader(self, rows: int) -> "RowReader":
        """The first `rows` rows, to be read slice by slice; fewer where the file is too short for them."""
        return RowReader(self, max(0, min(rows, self.whole_rows())))

    def checksums(self, rows: int) -> Iterator[tuple[int, list[int]]]:
        """The checksums of the rows below `rows` that are there: (number of the first, checksums), block by block."""
        rows = min(rows, self.whole_rows())
        at_once = max(1, _CHECK_BYTES // self.row_bytes)
        if rows <= 0:
            return
        with self.path.open("rb") as file:
            file.seek(HEADER_BYTES)
            for first in range(0, rows, at_once):
                count = min(at_once, rows - first)
                block = np.frombuffer(file.read(count * self.row_bytes), dtype="<f4")
                yield first, checksums(block.reshape(count, self.dimension))


class RowReader:
    """Rows of a vector file, read when they are asked for. A pass over all rows of a mapped file would count them all
    as the process's memory."""

    def __init__(self, file: VectorFile, rows: int) -> None:
        self.shape = rows, file.dimension
        self._file = file

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        """Neighbouring rows, float32 [K, D]. Raises OSError, also where the file has become shorter."""
        start, stop, step = rows.indices(self.shape[0])
        if step != 1:
            raise ValueError("only neighbours can be read")
        count = max(0, stop - start)
        with self._file.path.open("rb") as file:
            file.seek(HEADER_BYTES + start * self._file.row_bytes)
            data = file.read(count * self._file.row_bytes)
        if len(data) < count * self._file.row_bytes:
            raise OSError(f"{self._file.path} has become shorter")
        return np.frombuffer(data, dtype="<f4").reshape(count, self.shape[1])


def checksums(rows: NDArray[np.float32]) -> list[int]:
    """The CRC-32 of each row of a C-contiguous [K, D] array."""
    view = rows.data.cast("B")
    size = rows.shape[1] * rows.itemsize
    return [zlib.crc32(view[start : start + size]) for start in range(0, len(view), size)]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a file that was just created or renamed survives a power cut."""
    if sys.platform == "win32":  # a folder cannot be opened there; NTFS journals its names
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_BINARY: int = getattr(os, "O_BINARY", 0)


def _write_all(descriptor: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while len(view):
        view = view[os.write(descriptor, view) :]


def _truncate(descriptor: int, size: int) -> None:
    try:
        os.ftruncate(descriptor, size)
    except OSError:
        return

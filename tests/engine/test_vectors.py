"""Vector files: what is read back, what an interruption leaves, and the order in which things reach the disk."""

import errno
import os
import stat
import zlib
from pathlib import Path

import numpy as np
import pytest

from engine import vectors
from engine.vectors import HEADER_BYTES, VectorFile, checksums

STORE = b"0123456789abcdef"


def _rows(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)


@pytest.fixture
def file(tmp_path: Path) -> VectorFile:
    made = VectorFile(tmp_path / "v.f32", STORE, 3)
    made.create()
    return made


def test_rows_come_back_as_they_were_appended(file: VectorFile) -> None:
    first, second = _rows(5), _rows(4, seed=1)
    file.append(first, 0)
    file.append(second, 5)
    mapped = file.map(9)
    assert np.array_equal(mapped, np.concatenate([first, second]))
    assert mapped.ctypes.data % 64 == 0
    with pytest.raises(ValueError, match="read-only"):
        mapped[0, 0] = 1


def test_rows_are_read_slice_by_slice(file: VectorFile) -> None:
    rows = _rows(9)
    file.append(rows, 0)
    reader = file.reader(7)
    assert reader.shape == (7, 3)
    assert np.array_equal(reader[2:5], rows[2:5])
    assert np.array_equal(reader[5:100], rows[5:7])
    assert reader[7:9].shape == (0, 3)
    with pytest.raises(ValueError, match="neighbours"):
        reader[0:6:2]
    assert file.reader(100).shape == (9, 3)
    file.shorten(4)
    with pytest.raises(OSError, match="shorter"):
        reader[2:6]


def test_the_file_is_private(file: VectorFile) -> None:
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_checksums_are_those_of_each_row(file: VectorFile) -> None:
    rows = _rows(7)
    expected = [zlib.crc32(row.tobytes()) for row in rows]
    assert file.append(rows, 0) == expected
    assert checksums(rows) == expected
    assert list(file.checksums(7)) == [(0, expected)]


def test_checksums_come_block_by_block(file: VectorFile, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(7)
    expected = file.append(rows, 0)
    monkeypatch.setattr(vectors, "_CHECK_BYTES", 3 * file.row_bytes)
    assert list(file.checksums(7)) == [(0, expected[:3]), (3, expected[3:6]), (6, expected[6:])]


def test_what_was_never_committed_is_overwritten(file: VectorFile) -> None:
    file.append(_rows(2), 0)
    file.append(_rows(5, seed=1), 2)  # a kill before the commit: the index still says 2 rows
    again = _rows(3, seed=2)
    file.append(again, 2)
    assert np.array_equal(file.map(5), np.concatenate([_rows(2), again]))


def test_only_whole_rows_are_mapped(file: VectorFile) -> None:
    file.append(_rows(4), 0)
    with file.path.open("r+b") as raw:
        raw.truncate(HEADER_BYTES + 2 * 12 + 5)
    assert file.whole_rows() == 2
    assert np.array_equal(file.map(4), _rows(4)[:2])
    assert [len(found) for _, found in file.checksums(4)] == [2]


@pytest.mark.parametrize("store", [STORE, b"another store...", None])
def test_a_file_of_another_index_has_no_rows(tmp_path: Path, store: bytes | None) -> None:
    path = tmp_path / "v.f32"
    if store is None:
        path.write_bytes(b"\0" * 10_000)
    else:
        written = VectorFile(path, store, 3)
        written.create()
        written.append(_rows(4), 0)
    file = VectorFile(path, STORE, 3)
    assert file.whole_rows() == (4 if store == STORE else 0)
    assert file.map(4).shape == (4 if store == STORE else 0, 3)
    assert VectorFile(path, STORE, 4).whole_rows() == 0


def test_a_missing_file_has_no_rows_and_is_made_by_appending(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "v.f32", STORE, 3)
    assert file.whole_rows() == 0
    assert file.stamp() == (0, 0)
    assert len(file.map(10)) == 0
    file.append(_rows(2), 0)
    assert np.array_equal(file.map(2), _rows(2))


def test_rows_of_another_length_are_refused(file: VectorFile) -> None:
    with pytest.raises(ValueError, match="rows of 3"):
        file.append(np.zeros((2, 4), dtype=np.float32), 0)


def test_a_full_disk_leaves_the_file_as_it_was(file: VectorFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.append(_rows(2), 0)
    size = file.path.stat().st_size
    write = os.write

    def half_written(descriptor: int, data: memoryview) -> int:
        if len(data) < 30:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:30])

    monkeypatch.setattr(os, "write", half_written)
    with pytest.raises(OSError, match="No space left"):
        file.append(_rows(11, seed=1), 2)
    assert file.path.stat().st_size == size
    assert np.array_equal(file.map(2), _rows(2))


def test_rows_are_synced_before_append_returns(file: VectorFile, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    write, fsync = os.write, os.fsync

    def note_write(descriptor: int, data: memoryview) -> int:
        events.append("write")
        return write(descriptor, data)

    def note_fsync(descriptor: int) -> None:
        events.append("fsync")
        fsync(descriptor)

    monkeypatch.setattr(os, "write", note_write)
    monkeypatch.setattr(os, "fsync", note_fsync)
    file.append(_rows(2), 0)
    assert events == ["write", "fsync"]


def test_shortening_drops_rows(file: VectorFile) -> None:
    file.append(_rows(4), 0)
    file.shorten(3)
    assert file.whole_rows() == 3

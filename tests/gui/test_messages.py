"""Errors in people's words, and numbers as people write them."""

import errno
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

from engine.decode import load
from engine.errors import (
    DecodeError,
    FolderError,
    ModelError,
    StoreBusyError,
    StoreError,
    StoreTooNewError,
    UnknownModelError,
)
from engine.results import Progress
from gui import messages
from gui.skip_reasons import PATTERNS, skip_reason


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("en_GB"))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("error", "title", "text"),
    [
        (FolderError(Path("/photos"), "gone"), "folder cannot be opened", "/photos"),
        (DecodeError(Path("/p/a.jpg"), "the file is empty"), "picture cannot be read", "the file is empty"),
        (ModelError(Path("/m/x.onnx"), "it has no description"), "model cannot be used", "it has no description"),
        (UnknownModelError("x", ("y",)), "not there", "x"),
        (StoreTooNewError(Path("/d"), 9, 1), "newer Semblance", "--data-dir"),
        (StoreBusyError(Path("/d"), "busy"), "Another Semblance", "F5"),
        (StoreError(Path("/d"), "damaged"), "index cannot be used", "damaged"),
        (OSError(errno.ENOSPC, "No space left"), "disk is full", "is kept"),
        (OSError(errno.EIO, "input/output error"), "did not work", "input/output error"),
        (MemoryError(), "memory", "fewer results"),
        (KeyError("x"), "went wrong", "photos are untouched"),
    ],
)
def test_every_error_has_words_and_details(error: Exception, title: str, text: str) -> None:
    message = messages.explain(error)
    assert title in message.title
    assert text in message.text
    assert type(error).__name__ in message.details


def test_details_hold_the_way_to_the_error() -> None:
    try:
        int("zz")
    except ValueError as error:
        details = messages.explain(error).details
    assert "Traceback" in details
    assert __file__ in details


def test_progress_says_how_far_how_fast_and_how_long() -> None:
    report = Progress("embedding", 1200, 10_300, 0, 85.4, 106.5)
    assert messages.progress(report).startswith("Indexing 1,200 of 10,300 · 85 photos/s · 2 minute")
    assert "2.5 photos/s" in messages.progress(Progress("embedding", 1, 9, 0, 2.5, 3.0))
    assert "left" not in messages.progress(Progress("embedding", 9, 9, 0, 2.5, 0.0))
    assert "7" in messages.progress(Progress("scanning", 7))
    assert "another Semblance" in messages.progress(Progress("waiting", 0))
    assert messages.progress(Progress("settling", 0)) == "The server is indexing what was written"
    assert messages.progress(Progress("settling", 1000, 2000)).endswith("was written: 1,000 / 2,000")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 second"), (59, "59 second"), (90, "2 minute"), (7200, "2 hour")]
)
def test_times_are_rounded_as_one_says_them(seconds: float, text: str) -> None:
    assert messages.duration(seconds).startswith(text)


def test_numbers_as_the_country_writes_them() -> None:
    assert messages.number(1_000_000) == "1,000,000"
    assert messages.distance(0.12345) == "0.1235"
    assert messages.file_size(12_345_678) == "12.3 MB"


def test_the_engines_reasons_are_known(tmp_path: Path) -> None:
    """What the engine says of really broken files is among the patterns that can be translated."""
    files = {
        "empty.jpg": b"",
        "text.jpg": b"Dear aunt",
        "header.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
        "broken.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DecodeError) as raised:
            load(tmp_path / name, 32)
        assert any(_matches(pattern, raised.value.reason) for pattern, _ in PATTERNS), raised.value.reason
    with pytest.raises(DecodeError) as raised:
        load(tmp_path / "nothing.jpg", 32)
    assert any(_matches(pattern, raised.value.reason) for pattern, _ in PATTERNS)


def test_a_reason_keeps_its_details_and_an_unknown_one_stays() -> None:
    assert skip_reason("damaged PNG (broken (chunk))") == "damaged PNG (broken (chunk))"
    assert skip_reason("20000 × 20000 pixels are more than the limit of 300 million").startswith("20000 × 20000")
    assert skip_reason("something new") == "something new"


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.DOTALL) is not None

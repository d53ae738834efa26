"""Only regular files are opened, and nothing that stands in a file's place keeps us waiting."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.adapted_file import read_adapted
from engine.decode import load
from engine.embedder import open_embedder
from engine.errors import DecodeError, ModelError
from engine.indexer import index
from engine.prepare import UnreadableError, read_steady
from engine.regular_file import open_regular
from engine.spec import list_models, read_spec
from engine.store import Store
from gui.exif import read_facts
from tests.conftest import draw_photo

pytestmark = [
    pytest.mark.timeout(10),
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here"),
]


def opened() -> int:
    """How many descriptors this process holds, where the system tells."""
    held = Path("/proc/self/fd")
    return len(list(held.iterdir())) if held.is_dir() else 0


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    with open_regular(tmp_path / "x") as file:
        assert file.read() == b"abc"


@pytest.mark.parametrize("place", ["fifo", "folder", "/dev/zero"])
def test_what_is_no_file_is_refused_and_no_descriptor_is_left(tmp_path: Path, place: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    before = opened()
    with pytest.raises(OSError, match=r"not a regular file|Permission"):
        open_regular(tmp_path / place)
    assert opened() == before


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (lambda path: load(path, 32), DecodeError),
        (read_steady, UnreadableError),
        (read_spec, ModelError),
        (lambda path: read_adapted(path, ()), ModelError),
    ],
)
def test_a_fifo_is_refused_wherever_a_file_is_read(
    tmp_path: Path, read: Callable[[Path], object], error: type[Exception]
) -> None:
    os.mkfifo(tmp_path / "x")
    with pytest.raises(error, match="not a regular file"):
        read(tmp_path / "x")


def test_a_fifo_among_the_models_is_refused_and_the_others_are_listed(model_folder: Path) -> None:
    os.mkfifo(model_folder / "pipe.onnx")
    found = list_models([model_folder])
    assert [spec.name for spec in found.models] == ["tiny-two", "vit-tiny-imagenet"]
    assert "pipe.onnx" in str(found.refused[0])
    assert read_facts(model_folder / "pipe.onnx") is None


def test_a_file_that_grows_all_the_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(b"abc")
    looked = os.fstat

    def growing(descriptor: int) -> os.stat_result:
        with path.open("ab") as file:
            file.write(b"more" * 1000)
        return looked(descriptor)

    monkeypatch.setattr(os, "fstat", growing)
    with pytest.raises(UnreadableError, match="it changes while it is read"):
        read_steady(path)
    assert path.stat().st_size < 100_000  # it was not read to an end that never comes


def test_a_file_too_large_to_be_a_photo_is_skipped_unread(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sparse file: it takes no room, and would take a day to read."""
    (tmp_path / "photos").mkdir()
    with (tmp_path / "photos" / "huge.jpg").open("wb") as file:
        file.write(b"\xff\xd8\xff\xe0")
        file.truncate(1 << 40)
    draw_photo("red", 1).save(tmp_path / "photos" / "small.jpg")
    with Store(tmp_path / "data") as store:
        for _ in index(store, tmp_path / "photos", [open_embedder(read_spec(tiny_model))]):
            pass
        library = store.library(tmp_path / "photos")
        assert list(library.files().paths) == ["small.jpg"]
        (skipped,) = library.skipped()
        assert (skipped.path, "more than the limit" in skipped.reason) == ("huge.jpg", True)

"""An index that version 1 of the program wrote, kept as a file: it opens, answers as before, embeds nothing again."""

import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from engine import schema
from engine.embedder import open_embedder
from engine.indexer import index
from engine.metric import Metric
from engine.search import nearest
from engine.spec import ModelSpec, read_spec
from engine.store import Store

STORED = Path(__file__).parent / "index_of_version_1"
# The pictures that the old program saw, by their number; `copy of a.bmp` has the bytes of `a.bmp`.
PHOTOS = {"a.bmp": 0, "b.bmp": 1, "copy of a.bmp": 0, "ö.bmp": 3, "sub/c.bmp": 4}
GONE = {"sub/gone.bmp": 5}  # indexed, then deleted
SEEN_NS = 10**18  # their time of change
# What the old program answered for a.bmp.
NEAREST = [("a.bmp", 0.0), ("copy of a.bmp", 0.0), ("b.bmp", 0.2544989), ("ö.bmp", 1.7389145), ("sub/c.bmp", 1.9202340)]


def bitmap(number: int, side: int = 12) -> bytes:
    """A BMP whose every byte is known: the index knows it by their hash."""
    pixels = bytes((number * 37 + x * 9 + y * c * 5) % 256 for y in range(side) for x in range(side) for c in (1, 2, 3))
    small = [(54 + len(pixels), 4), (0, 4), (54, 4), (40, 4), (side, 4), (side, 4), (1, 2), (24, 2), (0, 4)]
    header = b"BM" + b"".join(value.to_bytes(size, "little") for value, size in small)
    return header + len(pixels).to_bytes(4, "little") + bytes(16) + pixels


def put(root: Path, name: str, data: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(SEEN_NS, SEEN_NS))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = (tmp_path / "photos").resolve()
    for name, number in PHOTOS.items():
        put(folder, name, bitmap(number))
    put(folder, "broken.jpg", b"\xff\xd8\xff\xe0 not a picture")
    return folder


@pytest.fixture
def old(tmp_path: Path, root: Path) -> Path:
    """The index's folder, as version 1 left it; only the library's place is this test's."""
    data = tmp_path / "index"
    (data / "vectors").mkdir(parents=True)
    for file in STORED.glob("*.f32"):
        shutil.copy(file, data / "vectors")
    db = sqlite3.connect(data / "index.db")
    db.executescript((STORED / "index.sql").read_text(encoding="utf-8"))
    db.execute("UPDATE libraries SET root = ?", (os.fsencode(root),))
    db.commit()
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()
    return data


@pytest.fixture
def spec() -> ModelSpec:
    return read_spec(STORED / "tiny.onnx")


class Forbidden:
    """An embedder that must not be asked."""

    provider, notice = "cpu", None

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    def embed(self, batch: np.ndarray) -> None:
        raise AssertionError(f"{len(batch)} photos were embedded again")

    def features(self, batch: np.ndarray) -> None:
        return None


def indexed(store: Store, root: Path, embedder: object):
    job = index(store, root, [embedder])
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def answers(store: Store, root: Path, spec: ModelSpec) -> list[tuple[str, float]]:
    gallery = store.library(root).gallery(spec)
    position = gallery.index_of("a.bmp")
    assert position is not None
    return [(hit.path, hit.distance) for hit in nearest(gallery, gallery.vector(position), Metric.COSINE, None)]


def test_it_answers_as_the_old_program_did(old: Path, root: Path, spec: ModelSpec) -> None:
    with Store(old) as store:
        found = answers(store, root, spec)
        with store.reading() as db:
            assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert [(info.root, info.images) for info in store.libraries()] == [(root, len(PHOTOS))]
    assert [path for path, _ in found] == [path for path, _ in NEAREST]
    assert np.allclose([distance for _, distance in found], [distance for _, distance in NEAREST], atol=1e-6)


def test_nothing_is_embedded_again_and_what_was_skipped_is_skipped(old: Path, root: Path, spec: ModelSpec) -> None:
    with Store(old) as store:
        report = indexed(store, root, Forbidden(spec))
    assert (report.images, report.embedded, report.removed) == (len(PHOTOS), 0, 0)
    assert [skipped.path for skipped in report.skipped] == ["broken.jpg"]


def test_a_photo_that_comes_back_still_has_its_vector(old: Path, root: Path, spec: ModelSpec) -> None:
    for name, number in GONE.items():
        put(root, name, bitmap(number))
    with Store(old) as store:
        report = indexed(store, root, Forbidden(spec))
        assert (report.images, report.embedded) == (len(PHOTOS) + 1, 0)
        assert "sub/gone.bmp" in [path for path, _ in answers(store, root, spec)]


def test_new_photos_are_added_behind_the_old_ones(old: Path, root: Path, spec: ModelSpec) -> None:
    with Store(old) as store:
        before = answers(store, root, spec)
        put(root, "new.bmp", bitmap(9))
        report = indexed(store, root, open_embedder(spec, threads=1))
        assert (report.images, report.embedded) == (len(PHOTOS) + 1, 1)
        assert [hit for hit in answers(store, root, spec) if hit[0] != "new.bmp"] == before
    with Store(old) as store:  # and they are still there for the next start
        assert len(answers(store, root, spec)) == len(PHOTOS) + 1

"""The 8-bit codes that the index keeps: made after indexing, kept through additions, gone with their rows."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import search, store
from engine.codes import encode
from engine.metric import Metric
from engine.search import nearest
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from tests.engine.test_store import fill


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(store, "CODES_FROM", 10)
    monkeypatch.setattr(store, "CODES_SHARE", 0.5)
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "LARGE_SHARE", 1.0)
    with Store(tmp_path / "data") as opened:
        yield opened


def saved(index: Store, root: Path, spec: ModelSpec) -> int:
    """Save what the end of an indexing saves; how many rows the gallery has codes of then."""
    library = index.library(root)
    with index.exclusive():
        library.save_snapshots([spec])
    library._galleries.clear()  # as the next start of the program would
    codes = library.gallery(spec).codes
    return 0 if codes is None else len(codes)


def test_codes_follow_the_vectors(index: Store, root: Path, spec: ModelSpec) -> None:
    fill(index, root, spec, range(8))
    assert saved(index, root, spec) == 0  # too few to be worth it
    fill(index, root, spec, range(8, 20))
    assert saved(index, root, spec) == 20
    fill(index, root, spec, range(20, 30))
    assert saved(index, root, spec) == 20  # a third is new: not yet worth it
    fill(index, root, spec, range(30, 41))
    assert saved(index, root, spec) == 41
    gallery = index.library(root).gallery(spec)
    whole = encode(gallery.matrix)
    assert gallery.codes is not None
    assert np.array_equal(gallery.codes.values, whole.values)
    assert np.array_equal(gallery.codes.errors, whole.errors)


@pytest.mark.parametrize("metric", list(Metric))
def test_the_answers_are_those_without_codes(index: Store, root: Path, spec: ModelSpec, metric: Metric) -> None:
    fill(index, root, spec, range(20))
    assert saved(index, root, spec) == 20
    fill(index, root, spec, range(20, 25))
    gallery = index.library(root).gallery(spec)
    assert gallery.codes is not None
    query = gallery.vector(3)
    found = nearest(gallery, query, metric, 6)
    gallery.codes = None
    without = nearest(gallery, query, metric, 6)
    assert list(found) == list(without)


def test_codes_of_other_rows_are_not_believed(index: Store, root: Path, spec: ModelSpec) -> None:
    fill(index, root, spec, range(20))
    assert saved(index, root, spec) == 20
    (path,) = (index.data_dir / "snapshots").glob("codes-*")
    data = bytearray(path.read_bytes())
    data[4100] ^= 0xFF
    path.write_bytes(data)
    library = index.library(root)
    library._galleries.clear()
    assert library.gallery(spec).codes is None  # somebody wrote to the file
    assert saved(index, root, spec) == 20
    with index.reading() as db:
        state = index.model_state(db, spec.sha256)
    assert state is not None
    with index.transaction() as db:
        db.execute("UPDATE models SET epoch = epoch + 1")
    library._galleries.clear()
    assert library.gallery(spec).codes is None  # rows were renumbered

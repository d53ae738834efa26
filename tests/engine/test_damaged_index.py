"""An index whose values are not those that were written: a clear error, never a traceback or a file elsewhere."""

import sqlite3
from pathlib import Path

import pytest

from engine.embedder import open_embedder
from engine.errors import StoreError
from engine.indexer import index
from engine.spec import ModelSpec, read_spec
from engine.store import Store


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


@pytest.fixture
def indexed(data_dir: Path, photo_folder: Path, spec: ModelSpec) -> Path:
    with Store(data_dir) as store:
        for _ in index(store, photo_folder, [open_embedder(spec, threads=1)]):
            pass
    return data_dir


def change(data_dir: Path, statement: str) -> None:
    db = sqlite3.connect(data_dir / "index.db")
    with db:
        db.execute("PRAGMA ignore_check_constraints = 1")
        assert db.execute(statement).rowcount > 0
    db.close()


@pytest.mark.parametrize(
    "damage",
    [
        "file = x'00'",
        "file = '../../outside.f32'",
        "file = 'a' || char(0) || '.f32'",
        "dimension = -4",
        "dimension = 8",
        "dimension = 99999999",
        "rows = 'many'",
        "rows = -1",
        "epoch = 1.5",
        "mtime_ns = 'never'",
        "name = x'ff'",
    ],
)
def test_a_models_damaged_values_are_an_error_that_says_what_to_do(
    indexed: Path, photo_folder: Path, spec: ModelSpec, damage: str
) -> None:
    change(indexed, f"UPDATE models SET {damage}")
    with pytest.raises(StoreError, match="the index is damaged; move it away"), Store(indexed) as store:
        store.library(photo_folder).gallery(spec)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE files SET path = 7 WHERE path = (SELECT min(path) FROM files)",
        "UPDATE files SET size = 'large'",
        "UPDATE contents SET hash = zeroblob(3) WHERE id = 1",
        "UPDATE libraries SET generation = 'old'",
        "UPDATE vectors SET content = 'x' || content",
    ],
)
def test_a_librarys_damaged_values_are_an_error_that_says_what_to_do(
    indexed: Path, photo_folder: Path, spec: ModelSpec, statement: str
) -> None:
    for snapshot in (indexed / "snapshots").iterdir():
        snapshot.unlink()
    change(indexed, statement)
    with pytest.raises(StoreError, match="the index is damaged; move it away"), Store(indexed) as store:
        store.library(photo_folder).gallery(spec)


def test_an_error_of_the_caller_is_no_damage(indexed: Path) -> None:
    with Store(indexed) as store, pytest.raises(KeyboardInterrupt), store.reading():
        raise KeyboardInterrupt

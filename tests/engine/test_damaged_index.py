"""An index whose values are not those that were written: a clear error, never a traceback or a file elsewhere."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine import schema
from engine.embedder import open_embedder
from engine.errors import StoreError
from engine.indexer import index
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


@pytest.fixture
def indexed(data_dir: Path, photo_folder: Path, spec: ModelSpec) -> Path:
    with Store(data_dir) as store:
        for _ in index(store, photo_folder, [open_embedder(spec, threads=1)]):
            pass
    return data_dir


def spoil_schema(file: Path, table: str) -> None:
    """What SQLite says of it quotes bytes that are no text."""
    db = sqlite3.connect(file)
    db.execute("PRAGMA writable_schema = ON")
    with db:
        statement = "UPDATE sqlite_master SET sql = CAST(x'4352454154452054fb' AS TEXT) WHERE name = ?"
        assert db.execute(statement, (table,)).rowcount == 1
    db.close()


def test_a_damaged_schema_is_an_error_that_says_what_to_do(indexed: Path) -> None:
    spoil_schema(indexed / "index.db", "files")
    with pytest.raises(StoreError, match=r"the index is damaged .*move it away"):
        Store(indexed)


def test_thumbnails_with_a_damaged_schema_are_made_anew(tmp_path: Path) -> None:
    with closing(ThumbnailStore(tmp_path)) as store:
        store.put(bytes(16), b"a thumbnail")
    spoil_schema(store.path, "thumbnails")
    with closing(ThumbnailStore(tmp_path)) as store:
        assert store.get(bytes(16)) is None
        store.put(bytes(16), b"another")
    with closing(ThumbnailStore(tmp_path)) as store:
        assert store.get(bytes(16)) == b"another"


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
        "UPDATE vectors SET content = 1000000000000000 WHERE row = 0",
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


def test_an_index_without_its_counter_is_damaged(indexed: Path) -> None:
    change(indexed, "DELETE FROM counters")
    with pytest.raises(StoreError, match="the index is damaged; move it away"):
        Store(indexed)


def test_a_page_that_was_written_over_is_damage(indexed: Path, spec: ModelSpec, photo_folder: Path) -> None:
    """The values that are left are sound; it is SQLite that finds its file not whole."""
    db = sqlite3.connect(indexed / "index.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    db.close()
    with (indexed / "index.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    db = sqlite3.connect(indexed / "index.db")
    assert schema.is_damaged(db)
    db.close()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), TypeError("ours"), KeyError("ours"), MemoryError("ours")])
def test_a_mistake_of_the_caller_is_no_damage(indexed: Path, error: BaseException) -> None:
    """An error of ours that called itself damage would have somebody throw a sound index away."""
    with Store(indexed) as store:
        for place in (store.reading, store.transaction):
            with pytest.raises(type(error)) as raised, place():
                raise error
            assert raised.value is error

"""Finding damage in vector files and repairing what can be, and giving back room that nobody uses."""

import contextlib
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine import schema
from engine.connections import store_errors
from engine.errors import StoreBusyError, StoreError
from engine.vectors import VectorFile

if TYPE_CHECKING:
    from engine.store import ModelState, Store

_log = logging.getLogger(__name__)
_ROWS_AT_ONCE = 4096  # copied at a time while a file is compacted


def check(store: "Store") -> None:
    """Verify every vector file that differs from what the index recorded, and drop what is lost.

    Photos that lose their vectors are embedded again by the next indexing. While another process writes, nothing is
    done: it checked when it began, and its unfinished writes are the difference.
    """
    with store.reading() as db:
        models = store.model_states(db)
    if not any(_differs(store, model) for model in models) and not _strays(store):
        return
    try:
        with store.exclusive(seconds=0):
            check_exclusively(store)
            drop_strays(store)
    except StoreBusyError:
        _log.info("the vector files are being written by another program: not checked")
    except StoreError as error:
        # A disk that is full or read-only must not keep anybody from searching what is whole.
        _log.warning("the vector files could not be repaired: %s", error)


def check_exclusively(store: "Store") -> None:
    """`check` for whoever holds the writer's lock; raises StoreError."""
    with store.reading() as db:
        suspects = [model for model in store.model_states(db) if _differs(store, model)]
    for model in suspects:
        _repair(store, model)


def drop_strays(store: "Store") -> None:
    """Delete vector files that no model refers to: what an interrupted compaction left."""
    for path in _strays(store):
        with contextlib.suppress(OSError):  # on Windows, while a gallery has it mapped
            path.unlink()


def _strays(store: "Store") -> list[Path]:
    with store.reading() as db, store_errors(store.data_dir):
        used = {model.file for model in store.model_states(db)}
        return [path for path in (store.data_dir / "vectors").iterdir() if path.name not in used]


def _differs(store: "Store", model: "ModelState") -> bool:
    return store.vector_file(model).stamp() != (model.size, model.mtime_ns)


def _repair(store: "Store", model: "ModelState") -> None:
    """Drop the rows whose bytes are not those that were written, cut off what was never committed, record the file."""
    file = store.vector_file(model)
    with store_errors(file.path):
        whole = min(file.whole_rows(), model.rows)
        damaged = _damaged_rows(store, model, file)
        if whole == 0:
            file.create()
        else:
            file.shorten(whole)
        size, mtime_ns = file.stamp()
    lost = len(damaged)
    with store.transaction() as db:
        lost += db.execute("DELETE FROM vectors WHERE model = ? AND row >= ?", (model.number, whole)).rowcount
        db.executemany("DELETE FROM vectors WHERE model = ? AND row = ?", ((model.number, row) for row in damaged))
        epoch = schema.next_number(db) if lost or whole < model.rows else model.epoch
        db.execute(
            "UPDATE models SET rows = ?, epoch = ?, size = ?, mtime_ns = ? WHERE id = ?",
            (whole, epoch, size, mtime_ns, model.number),
        )
        if lost:
            _renew_generations(db)
    if lost:
        _log.warning("%s was damaged: %d of %d vectors are lost and will be made again", file.path, lost, model.rows)


def _damaged_rows(store: "Store", model: "ModelState", file: VectorFile) -> list[int]:
    """The committed rows whose checksum is not the recorded one."""
    query = "SELECT row, checksum FROM vectors WHERE model = ? AND row >= ? AND row < ?"
    damaged: list[int] = []
    for first, found in file.checksums(model.rows):
        with store.reading() as db:
            recorded = db.execute(query, (model.number, first, first + len(found))).fetchall()
        damaged += [row for row, checksum in recorded if found[row - first] != checksum]
    return damaged


def _renew_generations(db: sqlite3.Connection) -> None:
    for (library,) in db.execute("SELECT id FROM libraries").fetchall():
        db.execute("UPDATE libraries SET generation = ? WHERE id = ?", (schema.next_number(db), library))


def compact(store: "Store") -> int:
    """Drop contents that no file has, and write the vector files anew without their rows; returns bytes given back.

    For whoever holds the writer's lock. Each model's new file is on the disk before the one transaction that points to
    it and renumbers its rows: a kill at any moment leaves either the old state or the new one, and a stray file.
    """
    check_exclusively(store)
    before = _room(store)
    with store.transaction() as db:
        db.execute("DELETE FROM files WHERE removed")
        db.execute("DELETE FROM files WHERE library NOT IN (SELECT id FROM libraries)")
        db.execute("DELETE FROM contents WHERE id NOT IN (SELECT content FROM files WHERE content IS NOT NULL)")
        for table in ("vectors", "refused"):
            db.execute(f"DELETE FROM {table} WHERE content NOT IN (SELECT id FROM contents)")  # noqa: S608
        models = store.model_states(db)
    for model in models:
        _compact_file(store, model)
    drop_strays(store)
    store.vacuum()
    return max(0, before - _room(store))


def drop_model(store: "Store", sha256: str) -> int | None:
    """Drop a model with all its vectors; for whoever holds the writer's lock. Returns the number that it had, None
    where the index does not know it."""
    with store.transaction() as db:
        model = store.model_state(db, sha256)
        if model is None:
            return None
        for table in ("vectors", "refused"):
            db.execute(f"DELETE FROM {table} WHERE model = ?", (model.number,))  # noqa: S608
        db.execute("DELETE FROM models WHERE id = ?", (model.number,))
        _renew_generations(db)
    drop_strays(store)
    return model.number


def _compact_file(store: "Store", model: "ModelState") -> None:
    with store.reading() as db:
        found = db.execute("SELECT row, content, checksum FROM vectors WHERE model = ? ORDER BY row", (model.number,))
        kept = found.fetchall()
        epoch_query = "SELECT value + 1 FROM counters"
        number = int(db.execute(epoch_query).fetchone()[0])
    if len(kept) == model.rows:
        return
    old = store.vector_file(model)
    name = file_name(model.sha256, number)
    new = VectorFile(old.path.with_name(name), store.identity, model.dimension)
    with store_errors(new.path):
        try:
            _copy(old, new, [row for row, _, _ in kept], model.rows)
        except OSError:
            new.path.unlink(missing_ok=True)
            raise
        size, mtime_ns = new.stamp()
    with store.transaction() as db:
        db.execute("DELETE FROM vectors WHERE model = ?", (model.number,))
        db.executemany(
            "INSERT INTO vectors (model, row, content, checksum) VALUES (?, ?, ?, ?)",
            ((model.number, row, content, checksum) for row, (_, content, checksum) in enumerate(kept)),
        )
        db.execute(
            "UPDATE models SET file = ?, epoch = ?, rows = ?, size = ?, mtime_ns = ? WHERE id = ?",
            (name, schema.next_number(db), len(kept), size, mtime_ns, model.number),
        )
        _renew_generations(db)


def _copy(old: VectorFile, new: VectorFile, rows: list[int], committed: int) -> None:
    new.create()
    source = old.map(committed)
    chosen = np.array(rows, dtype=np.int64)
    for start in range(0, len(chosen), _ROWS_AT_ONCE):
        new.append(source[chosen[start : start + _ROWS_AT_ONCE]], start)


def file_name(sha256: str, number: int) -> str:
    """The name of a vector file: the model it belongs to, and a number that no earlier file of it had."""
    return f"{sha256[:16]}-{number}.f32"


def _room(store: "Store") -> int:
    """Bytes that the index takes on the disk."""
    size = 0
    for path in [
        *store.data_dir.glob("index.db*"),
        *store.data_dir.glob("vectors/*"),
        *store.data_dir.glob("snapshots/*"),
    ]:
        with contextlib.suppress(FileNotFoundError):
            size += path.stat().st_size
    return size

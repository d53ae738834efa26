"""The index's version: what is made, what is brought up to date, and what is refused untouched."""

import sqlite3
import threading
from pathlib import Path

import pytest

from engine import schema
from engine.connections import Connections
from engine.errors import StoreError, StoreTooNewError


@pytest.fixture
def connections(tmp_path: Path):
    made = Connections(tmp_path / "index.db", "journal_mode=WAL")
    yield made
    made.close()


def _tables(connections: Connections) -> set[str]:
    return {row[0] for row in connections.get().execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_an_empty_database_becomes_an_index(connections: Connections) -> None:
    schema.prepare(connections)
    assert {"libraries", "contents", "files", "models", "vectors", "refused", "counters"} <= _tables(connections)
    db = connections.get()
    assert db.execute("PRAGMA user_version").fetchone()[0] == schema.VERSION
    identity = schema.store_id(db)
    assert len(identity) == 16
    schema.prepare(connections)
    assert schema.store_id(db) == identity


def test_numbers_never_come_twice(connections: Connections) -> None:
    schema.prepare(connections)
    with connections.transaction() as db:
        numbers = [schema.next_number(db) for _ in range(5)]
    assert len(set(numbers)) == 5
    with connections.transaction() as db:
        assert schema.next_number(db) > max(numbers)


def test_a_newer_index_is_refused_and_left_alone(connections: Connections) -> None:
    schema.prepare(connections)
    connections.get().execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(StoreTooNewError) as caught:
        schema.prepare(connections)
    assert (caught.value.found, caught.value.supported) == (schema.VERSION + 1, schema.VERSION)
    assert "newer Semblance" in str(caught.value)
    assert connections.get().execute("PRAGMA user_version").fetchone()[0] == schema.VERSION + 1


def test_a_database_of_another_program_is_refused_and_left_alone(connections: Connections) -> None:
    connections.get().execute("CREATE TABLE notes (text)")
    with pytest.raises(StoreError, match="another program"):
        schema.prepare(connections)
    assert _tables(connections) == {"notes"}


@pytest.mark.parametrize("again", range(20))
def test_programs_that_start_at_once_make_one_index(tmp_path: Path, again: int) -> None:
    # Again and again: only one time in ten did SQLite refuse one of them when nobody tried a second time.
    found: list[bytes] = []
    start = threading.Barrier(8)

    def open_it() -> None:
        connections = Connections(tmp_path / "index.db", "journal_mode=WAL")
        start.wait()
        schema.prepare(connections)
        found.append(schema.store_id(connections.get()))
        connections.close()

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_step_that_fails_leaves_the_old_index(connections: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.prepare(connections)
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 2)
    steps = dict(schema.MIGRATIONS)
    steps[schema.VERSION - 2] = "CREATE TABLE extra (a);\nINSERT INTO extra VALUES (1);\n"
    steps[schema.VERSION - 1] = "INSERT INTO nowhere VALUES (1);\n"
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        schema.prepare(connections)
    assert "extra" not in _tables(connections)
    assert connections.get().execute("PRAGMA user_version").fetchone()[0] == schema.VERSION - 2
    steps[schema.VERSION - 1] = "INSERT INTO extra VALUES (2);\n"
    schema.prepare(connections)
    assert [row[0] for row in connections.get().execute("SELECT a FROM extra")] == [1, 2]
    assert connections.get().execute("PRAGMA user_version").fetchone()[0] == schema.VERSION

"""Connections of many threads and programs: none takes another's locks away."""

import errno
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.connections import Connections, store_errors
from engine.errors import StoreBusyError, StoreError

OTHER_PROGRAM = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
print(db.execute("SELECT count(*) FROM numbers").fetchone()[0])
db.close()
"""


def test_another_program_that_ends_leaves_the_journal_of_ours_alone(tmp_path: Path) -> None:
    """The last connection to close deletes the journal. A program knows by locks whether it is the last."""
    path = tmp_path / "x.db"
    connections = Connections(path, "journal_mode=WAL")
    connections.get().execute("CREATE TABLE numbers (value INTEGER)")
    done, leave = threading.Event(), threading.Event()

    def second_thread() -> None:
        connections.get().execute("INSERT INTO numbers VALUES (1)")
        done.set()
        leave.wait(30)

    thread = threading.Thread(target=second_thread)
    thread.start()
    assert done.wait(30)
    ended = subprocess.run(
        [sys.executable, "-c", OTHER_PROGRAM, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout.strip() == "1"
    assert Path(f"{path}-wal").exists()
    assert Path(f"{path}-shm").exists()
    connections.get().execute("INSERT INTO numbers VALUES (2)")
    assert connections.get().execute("SELECT count(*) FROM numbers").fetchone()[0] == 2
    leave.set()
    thread.join()
    connections.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
def test_a_new_database_is_private(tmp_path: Path) -> None:
    connections = Connections(tmp_path / "x.db")
    connections.get()
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o600
    connections.close()


def of_sqlite(code: int, text: str = "as SQLite says it") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code  # type: ignore[misc]
    return error


IO_READ = 266  # SQLITE_IOERR_READ: the primary code is the low byte


@pytest.mark.parametrize(
    ("error", "free", "busy", "words"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), 1 << 40, True, "another program is writing"),
        (of_sqlite(sqlite3.SQLITE_LOCKED), 1 << 40, True, "another program is writing"),
        (of_sqlite(sqlite3.SQLITE_FULL), 1 << 40, False, "the disk is full; what was indexed before is safe"),
        (of_sqlite(IO_READ), 1 << 10, False, "the disk is full"),
        (of_sqlite(IO_READ), 1 << 40, False, r"the index cannot be used \(as SQLite says it\)"),
        (of_sqlite(IO_READ), None, False, r"the index cannot be used"),
        (of_sqlite(sqlite3.SQLITE_READONLY), 1 << 40, False, r"cannot be opened for writing \(as SQLite says it\)"),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), 1 << 40, False, "cannot be opened for writing"),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), 1 << 40, False, r"damaged \(as SQLite says it\); move it away"),
        (of_sqlite(sqlite3.SQLITE_NOTADB), 1 << 40, False, "damaged"),
        (sqlite3.ProgrammingError("Python's own"), 1 << 40, False, r"cannot be used \(Python's own\)"),
        (OSError(errno.ENOSPC, "No space left"), 1 << 40, False, "the disk is full"),
        (OSError(errno.EFBIG, "File too large"), 1 << 40, False, "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), 1 << 40, False, r"cannot be used \(Permission denied\)"),
        (OSError("without a number"), 1 << 40, False, r"cannot be used \(without a number\)"),
    ],
)
def test_what_goes_wrong_with_the_index_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, free: int | None, busy: bool, words: str
) -> None:
    """`free`: bytes of room on the disk, None where the system does not tell."""

    def usage(place: Path) -> SimpleNamespace:
        assert place == tmp_path  # the folder: the file itself may not be there
        if free is None:
            raise PermissionError(place)
        return SimpleNamespace(free=free)

    monkeypatch.setattr("engine.connections.shutil.disk_usage", usage)
    with pytest.raises(StoreError, match=words) as raised, store_errors(tmp_path / "index.db"):
        raise error
    assert isinstance(raised.value, StoreBusyError) == busy
    assert raised.value.path == tmp_path / "index.db"
    assert raised.value.__cause__ is error


def test_a_transaction_that_sqlite_has_ended_by_itself_is_not_ended_twice(tmp_path: Path) -> None:
    """As on a full disk: the error that reaches the caller is the first one, and the next transaction works."""
    connections = Connections(tmp_path / "x.db")
    connections.get().execute("CREATE TABLE numbers (value INTEGER)")

    def fails(*statements: str) -> None:
        with connections.transaction() as db:
            for statement in statements:
                db.execute(statement)
            raise ZeroDivisionError

    for statements in (["INSERT INTO numbers VALUES (1)", "ROLLBACK"], ["INSERT INTO numbers VALUES (2)"]):
        with pytest.raises(ZeroDivisionError):
            fails(*statements)
    with connections.transaction() as db:
        db.execute("INSERT INTO numbers VALUES (3)")
    assert connections.get().execute("SELECT value FROM numbers").fetchall() == [(3,)]
    connections.close()
    assert connections.get().execute("SELECT value FROM numbers").fetchall() == [(3,)]  # a new connection
    connections.close()

"""Connections of many threads and programs: none takes another's locks away."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.connections import Connections

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

"""One SQLite connection per thread to one private database file."""

import contextlib
import errno
import os
import shutil
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import StoreBusyError, StoreError

_ROOM = 1 << 20  # bytes; what SQLite asks for at once is far less
_WAIT = 10.0  # seconds for another program to let the database go
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}


class _Handle:
    """A connection that closes when the thread that owns it ends (its thread-local storage dies then)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def close(self) -> None:
        self.connection.close()

    def __del__(self) -> None:
        self.connection.close()


class Connections:
    """Connections to `path`, opened when a thread first asks; each runs `pragmas` first.

    The file is created with mode 0600; SQLite gives its journals the same mode.
    """

    def __init__(self, path: Path, *pragmas: str) -> None:
        self.path = path
        self._pragmas = pragmas
        self._local = threading.local()
        self._handles: weakref.WeakSet[_Handle] = weakref.WeakSet()
        self._lock = threading.Lock()

    def get(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode; raises sqlite3.Error."""
        handle: _Handle | None = getattr(self._local, "handle", None)
        if handle is None:
            handle = _Handle(self._open())
            self._local.handle = handle
            with self._lock:
                self._handles.add(handle)
        return handle.connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction on this thread's connection: committed at the end, rolled back by any exception."""
        connection = self.get()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself, after which there is nothing to roll back.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close every thread's connection; a thread that asks again gets a new one."""
        with self._lock:
            handles = list(self._handles)
            self._handles.clear()
        self._local = threading.local()
        for handle in handles:
            handle.close()

    def _open(self) -> sqlite3.Connection:
        with contextlib.suppress(FileExistsError):
            # Only ever a new file: closing any descriptor of the file drops every lock that SQLite holds on it in this
            # process (POSIX), and the next program to end would delete the journal under our hands.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        # The owner thread uses it; another may close it when the program ends.
        connection = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            for pragma in self._pragmas:
                _set_up(connection, pragma)
        except BaseException:
            connection.close()
            raise
        return connection


def _set_up(connection: sqlite3.Connection, pragma: str) -> None:
    # Where several programs make the same new file a WAL database at once, SQLite refuses all but one of them at once,
    # without the wait that it was given: a wait while holding a lock could last for ever (sqlite3_busy_handler). The
    # one that is through leaves the others nothing to do.
    until = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(0.01)
        except UnicodeDecodeError as error:
            # SQLite's complaint quotes the file, and Python cannot read it: damage that is no text.
            damaged = sqlite3.DatabaseError("it holds what is no text")
            damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damaged from error
        else:
            return


@contextlib.contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into a StoreError about `path` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(path, error) from error
    except OSError as error:
        reason = _DISK_FULL if error.errno in _FULL else f"the index cannot be used ({error.strerror or error})"
        raise StoreError(path, reason) from error


@contextlib.contextmanager
def damage_errors(path: Path, is_damaged: Callable[[], bool]) -> Iterator[None]:
    """Turn what goes wrong with values read from the index into a StoreError, where `is_damaged` finds the index to be
    so: SQLite gives a text where a number was written. What goes wrong with a sound index is our mistake, and stays."""
    try:
        yield
    except (TypeError, ValueError, ArithmeticError, LookupError, MemoryError) as error:
        if not is_damaged():
            raise
        raise StoreError(path, DAMAGED) from error


DAMAGED = "the index is damaged; move it away to have the photos indexed anew"
_DISK_FULL = "the disk is full; what was indexed before is safe, and indexing goes on once there is room"


def _disk_is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path if path.is_dir() else path.parent).free < _ROOM
    except OSError:
        return False


def _of_sqlite(path: Path, error: sqlite3.Error) -> StoreError:
    # The primary code is the low byte. There is none where Python itself raises.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusyError(path, "another program is writing to the index; try again when it has finished")
    # SQLite calls it an error of input and output when its shared memory finds no room.
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _disk_is_full(path)):
        return StoreError(path, _DISK_FULL)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreError(path, f"the index cannot be opened for writing ({error})")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(path, f"the index is damaged ({error}); move it away to have the photos indexed anew")
    return StoreError(path, f"the index cannot be used ({error})")

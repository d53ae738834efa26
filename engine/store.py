"""The index: what is known of every library, and each content's vectors for each model, in one private folder."""

import contextlib
import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from engine import maintenance, schema
from engine.codes import Codes, extended
from engine.connections import DAMAGED, Connections, damage_errors, store_errors
from engine.errors import FolderError, StoreBusyError, StoreError
from engine.file_table import FileTable
from engine.library import Library, LibraryInfo
from engine.row_map import RowMap
from engine.snapshot import Streamed, read_snapshot, write_snapshot
from engine.spec import MAX_EMBEDDING
from engine.vectors import VectorFile

__all__ = ["FileTable", "Library", "LibraryInfo", "ModelState", "Store", "default_data_dir"]

# Fewer vectors are searched in some milliseconds without codes.
CODES_FROM = 20_000
# Codes are made anew when this share of the rows has none: those are searched in float32, four times as slowly.
CODES_SHARE = 0.125
LOCK_SECONDS = 5.0  # how long a writer waits for another one before it says so
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelState:
    """What the index has committed of one model's vectors; see `schema` for the meaning of the columns."""

    number: int
    sha256: str
    name: str
    dimension: int
    file: str
    epoch: int
    rows: int
    size: int
    mtime_ns: int
    provider: str

    def sound(self) -> bool:
        """Whether the values are such as are written: SQLite gives what stands in a damaged file, of any type."""
        numbers = self.number, self.dimension, self.epoch, self.rows, self.size, self.mtime_ns
        texts = self.sha256, self.name, self.file, self.provider
        return (
            all(isinstance(number, int) and number >= 0 for number in numbers)
            and all(isinstance(text, str) for text in texts)
            and 1 <= self.dimension <= MAX_EMBEDDING
            and re.fullmatch(r"[\w-]+\.f32", self.file) is not None
        )


_STATE_COLUMNS = "id, sha256, name, dimension, file, epoch, rows, size, mtime_ns, provider"


def default_data_dir() -> Path:
    """Where the index lies unless told otherwise: SEMBLANCE_DATA, else the platform's own place for such data."""
    chosen = os.environ.get("SEMBLANCE_DATA")
    return Path(chosen) if chosen else platformdirs.user_data_path("semblance", appauthor=False)


class Store:
    """The index in `data_dir`. May be used from any thread; every method raises StoreError for what goes wrong."""

    served = False  # whether a server holds the vectors: `engine.served_library`

    def __init__(self, data_dir: Path, lock_seconds: float = LOCK_SECONDS) -> None:
        """Open the index, make it where there is none, bring an older one up to date, and look for damage.

        Raises StoreTooNewError for the index of a newer version.
        """
        self.data_dir = data_dir.absolute()
        self.path = self.data_dir / "index.db"
        self.lock_seconds = lock_seconds
        self.writing_now = False  # whether a thread of this process holds the lock
        self._cache_lock = threading.Lock()
        self._libraries: dict[int, Library] = {}
        self._row_maps: dict[int, RowMap] = {}
        self._matrices: dict[int, tuple[int, NDArray[np.float32]]] = {}
        with store_errors(self.data_dir):
            for folder in (self.data_dir, self.data_dir / "vectors", self.data_dir / "snapshots"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # FULL: a commit is on the disk when it returns, like the vectors before it. It costs one more fsync a batch.
        self._connections = Connections(self.path, "journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY")
        try:
            with store_errors(self.path), damage_errors(self.path, self._is_damaged):
                schema.prepare(self._connections)
                self.identity = schema.store_id(self._connections.get())
            maintenance.check(self)
        except BaseException:
            self._connections.close()
            raise

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection. Galleries that are in use stay valid."""
        self._connections.close()

    def library(self, root: Path) -> Library:
        """The library of the folder `root`, made known to the index if it is new; marks it as opened now.

        Raises FolderError for a folder that is neither known nor there.
        """
        root = resolved(root)
        with self.reading() as db:
            known = db.execute("SELECT id FROM libraries WHERE root = ?", (os.fsencode(root),)).fetchone()
        try:
            number = self._opened(root)
        except StoreError as error:
            if known is None:
                raise
            # A full disk, or a program that writes for long, must not keep anybody from searching what is there.
            _log.warning("not noted that %s was opened: %s", root, error)
            number = int(known[0])
        with self._cache_lock:
            return self._libraries.setdefault(number, Library(self, number, root))

    def _opened(self, root: Path) -> int:
        """Note that a library is opened now; returns its number."""
        with self._writing() as db:
            found = db.execute(
                "UPDATE libraries SET last_opened = ? WHERE root = ? RETURNING id", (time.time(), os.fsencode(root))
            ).fetchall()
            if not found:
                if not root.is_dir():
                    raise FolderError(root, "there is no such folder")
                found = db.execute(
                    "INSERT INTO libraries (root, generation, last_opened) VALUES (?, ?, ?) RETURNING id",
                    (os.fsencode(root), schema.next_number(db), time.time()),
                ).fetchall()
        return int(found[0][0])

    def libraries(self) -> list[LibraryInfo]:
        """Every known library, the one opened last first."""
        query = "SELECT root, images, bytes, last_opened FROM libraries ORDER BY last_opened DESC, id DESC"
        with self.reading() as db:
            return [LibraryInfo(Path(os.fsdecode(root)), *rest) for root, *rest in db.execute(query)]

    def forget(self, root: Path) -> None:
        """Drop what is known of a library's files. Its vectors stay until `compact`, should the photos come back."""
        with self._writing() as db:
            found = db.execute("DELETE FROM libraries WHERE root = ? RETURNING id", (os.fsencode(resolved(root)),))
            numbers = [int(row[0]) for row in found.fetchall()]
            for number in numbers:
                db.execute("DELETE FROM files WHERE library = ?", (number,))
        for number in numbers:
            with self._cache_lock:
                self._libraries.pop(number, None)
            for kind in ("files", "rows", "map"):
                self._drop_snapshots(f"{kind}-{number}-*")

    def compact(self) -> int:
        """Drop the vectors of photos that no library has any more; returns the bytes given back to the disk.

        Raises StoreBusyError while something is being indexed.
        """
        with self.exclusive():
            return maintenance.compact(self)

    def drop_model(self, sha256: str) -> None:
        """Forget a model and delete its vectors. Raises StoreBusyError while something is being indexed."""
        with self.exclusive():
            number = maintenance.drop_model(self, sha256)
        if number is not None:
            self._drop_snapshots(f"rows-*-{number}-*")
            self._drop_snapshots(f"codes-{number}-*")
            self._drop_snapshots(f"map-*-{number}-*")

    # What follows is for the engine's own modules.

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one moment of the index throughout."""
        with store_errors(self.path), damage_errors(self.path, self._is_damaged):
            db = self._connections.get()
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if db.in_transaction:  # an error of the disk ends it by itself
                    db.execute("COMMIT")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with store_errors(self.path), damage_errors(self.path, self._is_damaged), self._connections.transaction() as db:
            yield db

    def _is_damaged(self) -> bool:
        return schema.is_damaged(self._connections.get())

    def transaction(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """A write transaction; whoever touches a vector file holds `exclusive`, too."""
        return self._writing()

    @contextlib.contextmanager
    def exclusive(self, seconds: float | None = None) -> Iterator[None]:
        """Be the only one, in this process and among all, who writes vectors. Raises StoreBusyError when it takes
        longer than `seconds` to become that."""
        from filelock import FileLock, Timeout  # with what reads only, it is never needed

        # flock belongs to the opened file, so that it holds between threads, too, as each opens the file anew.
        lock = FileLock(self.data_dir / "index.lock", mode=0o600, thread_local=False)
        with store_errors(self.path):
            try:
                lock.acquire(timeout=self.lock_seconds if seconds is None else seconds, poll_interval=0.05)
            except Timeout as error:
                reason = "another indexing is writing to the index; try again when it has ended"
                raise StoreBusyError(self.data_dir, reason) from error
        self.writing_now = True
        try:
            yield
        finally:
            self.writing_now = False
            lock.release()

    def vacuum(self) -> None:
        """Give the database's free pages back to the disk, if that is possible now."""
        try:
            with store_errors(self.path):
                self._connections.get().execute("VACUUM")
                self._connections.get().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except StoreError as error:  # no room for the copy that it makes, or somebody reads all the time
            _log.warning("the database was not shortened: %s", error)

    def model_state(self, db: sqlite3.Connection, sha256: str) -> ModelState | None:
        """What is committed of the model with this hash, or None."""
        row = db.execute(f"SELECT {_STATE_COLUMNS} FROM models WHERE sha256 = ?", (sha256,)).fetchone()  # noqa: S608
        return None if row is None else self._state(row)

    def model_states(self, db: sqlite3.Connection) -> list[ModelState]:
        """What is committed of every model."""
        return [self._state(row) for row in db.execute(f"SELECT {_STATE_COLUMNS} FROM models")]  # noqa: S608

    def _state(self, row: tuple[Any, ...]) -> ModelState:
        state = ModelState(*row)
        if not state.sound():
            raise StoreError(self.path, DAMAGED)
        return state

    def vector_file(self, model: ModelState) -> VectorFile:
        """The file of a model's vectors."""
        return VectorFile(self.data_dir / "vectors" / model.file, self.identity, model.dimension)

    def matrix(self, model: ModelState) -> NDArray[np.float32]:
        """The model's committed rows, mapped; one mapping serves all who ask for the same file."""
        with self._cache_lock:
            epoch, matrix = self._matrices.get(model.number, (-1, None))
            if matrix is None or epoch != model.epoch or len(matrix) < model.rows:
                with store_errors(self.path):
                    matrix = self.vector_file(model).map(model.rows)
                self._matrices[model.number] = model.epoch, matrix
        return matrix[: model.rows]

    def row_map(self, db: sqlite3.Connection, model: ModelState) -> RowMap:
        """Where each content's vector lies, as of the transaction of `db`."""
        with self._cache_lock:
            rows = self._row_maps.get(model.number)
        if rows is None or rows.epoch != model.epoch or rows.rows > model.rows:
            rows = RowMap.empty(model.epoch)
        if rows.rows < model.rows:
            rows = rows.extended(db, model.number, model.rows)
            with self._cache_lock:
                self._row_maps[model.number] = rows
        return rows

    def load_snapshot(self, name: str, key: Mapping[str, Any]) -> dict[str, NDArray[Any]] | None:
        """The arrays of the snapshot `name` with this very key, or None."""
        return read_snapshot(self._snapshot_path(name, key), key)

    def save_snapshot(self, name: str, key: Mapping[str, Any], arrays: Mapping[str, NDArray[Any] | Streamed]) -> None:
        """Write a snapshot and drop its predecessors."""
        path = self._snapshot_path(name, key)
        write_snapshot(path, key, arrays)
        self._drop_snapshots(f"{name}-*", keep=path.name)

    def codes(self, model: ModelState) -> Codes | None:
        """The 8-bit codes of the first of a model's committed rows, mapped, or None."""
        arrays = self.load_snapshot(f"codes-{model.number}", self._codes_key(model))
        try:
            codes = None if arrays is None else Codes.from_arrays(arrays)
        except (KeyError, ValueError):
            return None
        fits = codes is not None and codes.dimension == model.dimension and len(codes) <= model.rows
        return codes if fits else None

    def save_codes(self, model: ModelState) -> None:
        """Write the codes of all committed rows if there are many without; for whoever holds `exclusive`."""
        if model.rows < CODES_FROM:
            return
        known = self.codes(model)
        if known is None or model.rows - len(known) >= CODES_SHARE * model.rows:
            arrays = extended(self.vector_file(model).reader(model.rows), known)
            self.save_snapshot(f"codes-{model.number}", self._codes_key(model), arrays)

    def _codes_key(self, model: ModelState) -> dict[str, Any]:
        # Rows are only ever appended, until the epoch changes.
        return {"store": self.identity.hex(), "model": model.number, "generation": model.epoch}

    def _snapshot_path(self, name: str, key: Mapping[str, Any]) -> Path:
        # Never two under one name: what a gallery has mapped cannot be replaced on Windows.
        return self.data_dir / "snapshots" / f"{name}-{key['generation']}"

    def _drop_snapshots(self, pattern: str, keep: str = "") -> None:
        for path in (self.data_dir / "snapshots").glob(pattern):
            if path.name != keep:
                with contextlib.suppress(OSError):  # on Windows, while a gallery has it mapped; the next one drops it
                    path.unlink()


def resolved(root: Path) -> Path:
    """The one spelling under which a library's folder is known. Raises FolderError."""
    try:
        return root.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a NUL in a path that a file names
        raise FolderError(root, f"it cannot be opened ({error})") from error

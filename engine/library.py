"""One library as the index knows it: its files, what was skipped, and its gallery for each model."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.connections import DAMAGED
from engine.errors import StoreError
from engine.file_table import Change, FileTable
from engine.gallery import Gallery
from engine.path_table import PathTable
from engine.results import Skipped
from engine.row_map import RowMap
from engine.spec import ModelSpec

if TYPE_CHECKING:
    from engine.store import ModelState, Store

# A smaller library is read from SQLite in some milliseconds.
SNAPSHOT_FROM = 2_000  # files
# While another program indexes, each look at the library finds a new generation; not each is worth a file.
SNAPSHOT_SECONDS = 60.0
CHANGES_KEPT = 20_000  # files
_READ_AT_ONCE = 20_000  # rows


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """A library in the list of all; `bytes` is what its vectors take, `last_opened` seconds since 1970."""

    root: Path
    images: int
    bytes: int
    last_opened: float


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a model's vectors for one table of files, and the map that they came from where there is one."""

    files: FileTable
    rows: NDArray[np.int64]
    epoch: int
    seen: int  # rows of the vector file at that moment
    map: RowMap | None

    def row_map(self) -> RowMap:
        return self.map or RowMap.of_library(self.epoch, self.seen, self.files.content_ids, self.rows)


class Library:
    """A folder of photos and what is known of it. May be used from any thread; each call sees the latest commit."""

    def __init__(self, store: "Store", number: int, root: Path) -> None:
        self.root = root
        self.number = number
        self._store = store
        self._lock = threading.Lock()
        self._files: FileTable | None = None
        self._changes: list[Change] = []
        self._rows_by_model: dict[int, _Rows] = {}
        self._galleries: dict[str, tuple[tuple[int, ...], Gallery]] = {}
        self._snapshots_written: dict[str, float] = {}

    @property
    def generation(self) -> int:
        """A number that is another one after every committed change of this library."""
        with self._store.reading() as db:
            return self._generation(db)

    def files(self) -> FileTable:
        """All readable files of the last scan, sorted by path."""
        with self._store.reading() as db:
            return self._file_table(db)

    def gallery(self, spec: ModelSpec) -> Gallery:
        """The photos that this model has a vector of, as of the latest commit."""
        with self._store.reading() as db:
            files = self._file_table(db)
            model = self._store.model_state(db, spec.sha256)
            if model is None:
                nothing = np.empty((0, spec.embedding_size), dtype=np.float32)
                return Gallery(PathTable.from_sorted(()), nothing, np.empty(0, np.int64), spec.name, files.generation)
            if model.dimension != spec.embedding_size:
                raise StoreError(self._store.path, DAMAGED)
            key = (files.generation, model.epoch, model.rows)
            with self._lock:
                cached = self._galleries.get(spec.sha256)
            if cached is not None and cached[0] == key and cached[1].model == spec.name:
                return cached[1]
            rows = self._rows(db, files, model)
        matrix = self._store.matrix(model)
        # Rows behind the end of a file that somebody cut short while we look are left out, too.
        paths = files.paths
        if len(rows) and (int(rows.min()) < 0 or int(rows.max()) >= len(matrix)):
            present = np.flatnonzero((rows >= 0) & (rows < len(matrix)))
            paths, rows = paths.take(present), rows[present]
        codes = self._store.codes(model)
        gallery = Gallery(paths, matrix, rows, spec.name, files.generation, codes)
        with self._lock:
            self._galleries[spec.sha256] = key, gallery
        return gallery

    def rows(self, spec: ModelSpec) -> NDArray[np.int64]:
        """For each of `files()`, the row of its vector in the model's file, or -1; int64 [N]."""
        with self._store.reading() as db:
            files = self._file_table(db)
            model = self._store.model_state(db, spec.sha256)
            return np.full(len(files), -1, dtype=np.int64) if model is None else self._rows(db, files, model)

    def skipped(self) -> list[Skipped]:
        """What the last scan could not read or decode, and photos that a model gave no usable vector for; by path."""
        query = "SELECT path, reason FROM files WHERE library = ? AND reason IS NOT NULL AND NOT removed"
        with self._store.reading() as db:
            found = [Skipped(os.fsdecode(path), reason) for path, reason in db.execute(query, (self.number,))]
            found += self._refused(db)
        return sorted(found, key=lambda skipped: skipped.path)

    def refused(self) -> list[Skipped]:
        """Photos that a model gave no usable vector for."""
        with self._store.reading() as db:
            return self._refused(db)

    def save_snapshots(self, specs: Iterable[ModelSpec]) -> None:
        """Write what the next opening will want to know, so that it opens at once however large the library is."""
        with self._store.reading() as db:
            files = self._file_table(db, save=True)
            for spec in specs:
                model = self._store.model_state(db, spec.sha256)
                if model is not None:
                    self._rows(db, files, model, save=True)
                    self._store.save_codes(model)

    def kept_key(self, spec: ModelSpec) -> dict[str, Any] | None:
        """What arrays by the rows of a model's file are a copy of, for `load_kept` and `save_kept`: rows keep their
        meaning until the file is compacted. To be asked for before the gallery. None where the model has no vectors."""
        with self._store.reading() as db:
            model = self._store.model_state(db, spec.sha256)
        return None if model is None else self._key(model.epoch) | {"model": model.number}

    def load_kept(self, name: str, key: Mapping[str, Any]) -> dict[str, NDArray[Any]] | None:
        """Arrays that were kept beside the index, copied into memory; None where there are none."""
        arrays = self._store.load_snapshot(name, key)
        return None if arrays is None else {kind: np.array(array) for kind, array in arrays.items()}

    def save_kept(self, name: str, key: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep arrays beside the index; what was kept by that name before goes. `name` is KIND-LIBRARY-…"""
        self._store.save_snapshot(name, key, arrays)

    def _refused(self, db: sqlite3.Connection) -> list[Skipped]:
        if db.execute("SELECT 1 FROM refused LIMIT 1").fetchone() is None:
            return []
        query = (
            "SELECT path, refused.reason FROM refused JOIN files ON files.content = refused.content"
            " WHERE library = ? AND NOT removed GROUP BY path"
        )
        return [Skipped(os.fsdecode(path), reason) for path, reason in db.execute(query, (self.number,))]

    def _generation(self, db: sqlite3.Connection) -> int:
        row = db.execute("SELECT generation FROM libraries WHERE id = ?", (self.number,)).fetchone()
        if row is None:
            raise StoreError(self.root, "the library was forgotten meanwhile")
        return int(row[0])

    # A commit of this process tells its library what it changes, so that whoever watches an indexing need not read
    # everything again after each batch: at a million files that takes seconds, this takes milliseconds.

    def announce(self, change: Change) -> None:
        """Take note of a change that is about to be committed."""
        with self._lock:
            if self._files is None:
                return
            if sum(len(known.entries) for known in self._changes) > CHANGES_KEPT:
                self._follow(self._changes[-1].after)  # nobody looks at the library: keep the list short
            self._changes.append(change)

    def withdraw(self, change: Change) -> None:
        """The announced change was not committed."""
        with self._lock:
            self._changes = [known for known in self._changes if known is not change]

    def _follow(self, generation: int) -> None:
        """Bring the table of files up to this generation by what was announced, as far as that goes."""
        if self._files is None:
            return
        chain: list[Change] = []
        reached = self._files.generation
        for change in self._changes:
            if change.before == reached and change.after <= generation:
                chain.append(change)
                reached = change.after
        if chain:
            self._files = self._files.changed(chain)
        self._changes = [change for change in self._changes if change.before >= reached]

    def _file_table(self, db: sqlite3.Connection, *, save: bool = False) -> FileTable:
        generation = self._generation(db)
        with self._lock:
            self._follow(generation)
            files = self._files
        # A table that is newer than what `db` sees was made by another thread meanwhile.
        if files is None or files.generation < generation:
            files = self._mapped_files(generation)
            if files is None:
                files = self._queried_files(db, generation)
                save = save or self._snapshot_due("files")
            with self._lock:
                if self._files is None or self._files.generation < generation:
                    self._files = files
        if save and len(files) >= SNAPSHOT_FROM:
            self._save_files(files)
        return files

    def _queried_files(self, db: sqlite3.Connection, generation: int) -> FileTable:
        query = (
            "SELECT path, size, mtime_ns, content, hash FROM files JOIN contents ON contents.id = files.content"
            " WHERE library = ? AND NOT removed ORDER BY path"
        )
        names: list[str] = []
        numbers: list[NDArray[np.int64]] = [np.empty((0, 3), dtype=np.int64)]
        hashes: list[bytes] = []
        cursor = db.execute(query, (self.number,))
        while found := cursor.fetchmany(_READ_AT_ONCE):
            names += [os.fsdecode(row[0]) for row in found]
            numbers.append(np.array([row[1:4] for row in found], dtype=np.int64))
            hashes.append(b"".join([row[4] for row in found]))
        sizes, mtimes_ns, content_ids = np.ascontiguousarray(np.concatenate(numbers).T)
        content = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 16)
        if not all(map(str.isascii, names)):
            # SQLite orders bytes as the file system has them, we order code points: they differ for odd names.
            order = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
            names.sort()
            sizes, mtimes_ns, content, content_ids = sizes[order], mtimes_ns[order], content[order], content_ids[order]
        return FileTable(PathTable.from_sorted(names), sizes, mtimes_ns, content, content_ids, generation)

    def _rows(
        self, db: sqlite3.Connection, files: FileTable, model: "ModelState", *, save: bool = False
    ) -> NDArray[np.int64]:
        """The row of each file's vector, -1 where it has none: from what was known, the snapshot, or the index."""
        name = f"rows-{self.number}-{model.number}"
        key = self._key(files.generation) | {"model": model.number, "epoch": model.epoch}
        with self._lock:
            known = self._rows_by_model.get(model.number)
        if known is None or known.epoch != model.epoch or known.seen > model.rows:
            known = None
        if known is None or known.files is not files or known.seen != model.rows:
            rows = self._mapped_rows(name, key, len(files), model)
            row_map = None
            if rows is None:
                rows, row_map = self._found_rows(db, files, model, known)
                save = save or self._snapshot_due(name)
            known = _Rows(files, rows, model.epoch, model.rows, row_map)
            with self._lock:
                self._rows_by_model[model.number] = known
        if save and len(files) >= SNAPSHOT_FROM:
            self._snapshots_written[name] = time.monotonic()
            seen = np.array([model.rows], dtype=np.int64)
            self._store.save_snapshot(name, key, {"rows": known.rows, "seen": seen})
        return known.rows

    def _found_rows(
        self, db: sqlite3.Connection, files: FileTable, model: "ModelState", known: _Rows | None
    ) -> tuple[NDArray[np.int64], RowMap]:
        if known is not None:
            row_map = known.row_map().extended(db, model.number, model.rows)
            rows = row_map.rows_of(db, model.number, files.content_ids)
            if rows is not None:
                return rows, row_map
        row_map = self._store.row_map(db, model)
        rows = row_map.rows_of(db, model.number, files.content_ids)
        assert rows is not None  # the index's own map knows every content
        return rows, row_map

    def _mapped_rows(
        self, name: str, key: Mapping[str, Any], count: int, model: "ModelState"
    ) -> NDArray[np.int64] | None:
        arrays = self._store.load_snapshot(name, key)
        if arrays is None or set(arrays) != {"rows", "seen"} or arrays["rows"].shape != (count,):
            return None
        rows: NDArray[np.int64] = arrays["rows"]
        if len(rows) == 0 or int(rows.max()) >= model.rows:
            return None
        # Vectors that were added since can only matter to photos that had none.
        return rows if int(arrays["seen"][0]) == model.rows or int(rows.min()) >= 0 else None

    def _key(self, generation: int) -> dict[str, Any]:
        return {"store": self._store.identity.hex(), "library": self.number, "generation": generation}

    def _mapped_files(self, generation: int) -> FileTable | None:
        arrays = self._store.load_snapshot(f"files-{self.number}", self._key(generation))
        if arrays is None:
            return None
        try:
            paths = PathTable(arrays["text"], arrays["offsets"])
            columns = (arrays["sizes"], arrays["mtimes_ns"], arrays["content"], arrays["content_ids"])
        except (KeyError, ValueError):
            return None
        if any(len(column) != len(paths) for column in columns):
            return None
        return FileTable(paths, *columns, generation)

    def _save_files(self, files: FileTable) -> None:
        self._snapshots_written["files"] = time.monotonic()
        self._store.save_snapshot(
            f"files-{self.number}",
            self._key(files.generation),
            {
                "text": files.paths.blob,
                "offsets": files.paths.offsets,
                "sizes": files.sizes,
                "mtimes_ns": files.mtimes_ns,
                "content": files.content,
                "content_ids": files.content_ids,
            },
        )

    def _snapshot_due(self, name: str) -> bool:
        written = self._snapshots_written.get(name, -SNAPSHOT_SECONDS)
        return not self._store.writing_now and time.monotonic() - written >= SNAPSHOT_SECONDS

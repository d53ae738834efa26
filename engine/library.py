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

from engine.errors import StoreError
from engine.gallery import Gallery
from engine.path_table import PathTable
from engine.results import Skipped
from engine.spec import ModelSpec

if TYPE_CHECKING:
    from engine.store import ModelState, Store

# A smaller library is read from SQLite in some milliseconds.
SNAPSHOT_FROM = 2_000  # files
# While another program indexes, each look at the library finds a new generation; not each is worth a file.
SNAPSHOT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """A library in the list of all; `bytes` is what its vectors take, `last_opened` seconds since 1970."""

    root: Path
    images: int
    bytes: int
    last_opened: float


@dataclass(frozen=True, slots=True, eq=False)
class FileTable:
    """The readable files of a library's last scan, as columns of N items sorted by path."""

    paths: PathTable
    sizes: NDArray[np.int64]  # bytes
    mtimes_ns: NDArray[np.int64]
    content: NDArray[np.uint8]  # [N, 16]: the hash of each file's bytes
    content_ids: NDArray[np.int64]  # the index's own number of each content
    generation: int

    def __len__(self) -> int:
        return len(self.paths)


class Library:
    """A folder of photos and what is known of it. May be used from any thread; each call sees the latest commit."""

    def __init__(self, store: "Store", number: int, root: Path) -> None:
        self.root = root
        self.number = number
        self._store = store
        self._lock = threading.Lock()
        self._files: FileTable | None = None
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
            key = (files.generation, model.epoch, model.rows)
            with self._lock:
                cached = self._galleries.get(spec.sha256)
            if cached is not None and cached[0] == key and cached[1].model == spec.name:
                return cached[1]
            rows = self._rows(db, files, model)
        matrix = self._store.matrix(model)
        # Rows behind the end of a file that somebody cut short while we look are left out, too.
        present = np.flatnonzero((rows >= 0) & (rows < len(matrix)))
        codes = self._store.codes(model)
        gallery = Gallery(files.paths.take(present), matrix, rows[present], spec.name, files.generation, codes)
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

    def _file_table(self, db: sqlite3.Connection, *, save: bool = False) -> FileTable:
        generation = self._generation(db)
        with self._lock:
            files = self._files
        if files is None or files.generation != generation:
            files = self._mapped_files(generation)
            if files is None:
                files = self._queried_files(db, generation)
                save = save or self._snapshot_due("files")
            with self._lock:
                self._files = files
        if save and len(files) >= SNAPSHOT_FROM:
            self._save_files(files)
        return files

    def _queried_files(self, db: sqlite3.Connection, generation: int) -> FileTable:
        query = (
            "SELECT path, size, mtime_ns, content, hash FROM files JOIN contents ON contents.id = files.content"
            " WHERE library = ? AND NOT removed ORDER BY path"
        )
        found = db.execute(query, (self.number,)).fetchall()
        names = [os.fsdecode(row[0]) for row in found]
        order = range(len(found))
        if not all(map(str.isascii, names)):
            # SQLite orders bytes as the file system has them, we order code points: they differ for odd names.
            order_list = sorted(order, key=names.__getitem__)
            found, names = [found[i] for i in order_list], [names[i] for i in order_list]
        count = len(found)
        return FileTable(
            PathTable.from_sorted(names),
            np.fromiter((row[1] for row in found), np.int64, count),
            np.fromiter((row[2] for row in found), np.int64, count),
            np.frombuffer(b"".join(row[4] for row in found), np.uint8).reshape(count, 16),
            np.fromiter((row[3] for row in found), np.int64, count),
            generation,
        )

    def _rows(
        self, db: sqlite3.Connection, files: FileTable, model: "ModelState", *, save: bool = False
    ) -> NDArray[np.int64]:
        """The row of each file's vector, -1 where it has none: from the snapshot, else from the index."""
        name = f"rows-{self.number}-{model.number}"
        key = self._key(files.generation) | {"model": model.number, "epoch": model.epoch}
        rows = None if save else self._mapped_rows(name, key, len(files), model)
        if rows is None:
            rows = self._store.row_map(db, model).rows_of(files.content_ids)
            if len(files) >= SNAPSHOT_FROM and (save or self._snapshot_due(name)):
                self._snapshots_written[name] = time.monotonic()
                seen = np.array([model.rows], dtype=np.int64)
                self._store.save_snapshot(name, key, {"rows": rows, "seen": seen})
        return rows

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

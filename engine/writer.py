"""What indexing writes: files, contents and vectors of one library, batch by batch, each batch whole or not at all."""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine import schema
from engine.connections import store_errors
from engine.decode import DECODER
from engine.errors import StoreError
from engine.file_table import Change, Entry
from engine.library import Library
from engine.maintenance import check_exclusively, file_name
from engine.spec import ModelSpec
from engine.vectors import VectorFile

if TYPE_CHECKING:
    from engine.store import ModelState, Store


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file as it was read: its content's hash and size in pixels, or why it could not be used.

    `mtime_ns` None: to be read again by the next indexing even if it is the same then (no permission, say).
    """

    path: str
    size: int
    mtime_ns: int | None
    content: bytes | None = None
    width: int = 0
    height: int = 0
    reason: str | None = None


@dataclass(slots=True)
class Batch:
    """What one commit writes."""

    files: list[FileRecord] = field(default_factory=list)
    # For each model by its number: contents and their vectors, float32 [D] each; no content twice.
    vectors: dict[int, list[tuple[bytes, NDArray[np.float32]]]] = field(default_factory=dict)
    refused: list[tuple[bytes, int, str]] = field(default_factory=list)  # content, model's number, reason

    def __bool__(self) -> bool:
        return bool(self.files or self.vectors or self.refused)


class Writer:
    """Writes to one library; made and used by whoever holds `Store.exclusive`."""

    def __init__(self, store: "Store", library: Library) -> None:
        self._store = store
        self._library = library

    def model(self, spec: ModelSpec, provider: str) -> int:
        """The number of a model, which becomes known to the index with an empty vector file if it is new. `provider`:
        what its vectors are computed on from now on."""
        store = self._store
        with store.reading() as db:
            known = store.model_state(db, spec.sha256)
            number = int(db.execute("SELECT value + 1 FROM counters").fetchone()[0])
        if known is not None:
            if known.provider != provider:
                with store.transaction() as db:
                    db.execute("UPDATE models SET provider = ? WHERE id = ?", (provider, known.number))
            return known.number
        name = file_name(spec.sha256, number)
        file = VectorFile(store.data_dir / "vectors" / name, store.identity, spec.embedding_size)
        with store_errors(file.path):
            file.create()
        with store.transaction() as db:
            values = (spec.sha256, spec.name, spec.embedding_size, name, schema.next_number(db), *file.stamp())
            query = (
                "INSERT INTO models (sha256, name, dimension, file, epoch, size, mtime_ns, provider)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
            )
            return int(db.execute(query, (*values, provider)).fetchone()[0])

    def set_removed(self, paths: Sequence[str], removed: bool) -> None:
        """Note that files are gone, or that they are back as they were."""
        if not paths:
            return
        rows = [(removed, self._library.number, os.fsencode(path)) for path in paths]
        with self._changing() as (db, entries):
            db.executemany("UPDATE files SET removed = ? WHERE library = ? AND path = ?", rows)
            entries |= dict.fromkeys(paths) if removed else self._entries(db, paths)

    def commit(self, batch: Batch) -> None:
        """Write a batch. When this returns it is on the disk; when it raises StoreError nothing of it is visible.

        The vectors come first: only when they are safe does one transaction make the index point to them.
        """
        appended = [self._append(number, pairs) for number, pairs in batch.vectors.items() if pairs]
        with self._changing() as (db, entries):
            self._put_files(db, batch.files)
            entries |= self._entries(db, [file.path for file in batch.files])
            for number, first, contents, checksums, stamp in appended:
                self._put_vectors(db, number, first, contents, checksums)
                db.execute(
                    "UPDATE models SET rows = ?, size = ?, mtime_ns = ? WHERE id = ?",
                    (first + len(contents), *stamp, number),
                )
            db.executemany(
                "INSERT OR REPLACE INTO refused (content, model, reason) SELECT id, ?, ? FROM contents WHERE hash = ?",
                ((model, reason, content) for content, model, reason in batch.refused),
            )

    def entry_is_stale(self) -> bool:
        """Whether the library's entry in the list of all counts other photos than there are: a run was killed."""
        with self._store.reading() as db:
            entry = db.execute("SELECT images FROM libraries WHERE id = ?", (self._library.number,)).fetchone()
        return entry is not None and entry[0] != len(self._library.files())

    def finish(self) -> None:
        """Bring the library's entry in the list of all up to date."""
        number = self._library.number
        with self._store.transaction() as db:
            images = "SELECT count(*) FROM files WHERE library = ? AND content IS NOT NULL AND NOT removed"
            size = (
                "SELECT coalesce(sum(4 * dimension), 0) FROM vectors JOIN models ON models.id = vectors.model"
                " WHERE content IN (SELECT content FROM files WHERE library = ? AND NOT removed)"
            )
            db.execute(
                f"UPDATE libraries SET images = ({images}), bytes = ({size}), decoder = ? WHERE id = ?",  # noqa: S608
                (number, number, DECODER, number),
            )

    def _append(
        self, number: int, pairs: Sequence[tuple[bytes, NDArray[np.float32]]]
    ) -> tuple[int, int, list[bytes], list[int], tuple[int, int]]:
        model = self._state(number)
        file = self._store.vector_file(model)
        if file.stamp() != (model.size, model.mtime_ns):
            # An earlier commit failed between the two writes, or somebody touched the file. To append now and record
            # the file as clean would hide what may be wrong with it.
            check_exclusively(self._store)
            model = self._state(number)
        with store_errors(file.path):
            checksums = file.append(np.stack([vector for _, vector in pairs]), model.rows)
            return number, model.rows, [content for content, _ in pairs], checksums, file.stamp()

    def _state(self, number: int) -> "ModelState":
        with self._store.reading() as db:
            return next(model for model in self._store.model_states(db) if model.number == number)

    def _put_files(self, db: sqlite3.Connection, files: Sequence[FileRecord]) -> None:
        db.executemany(
            "INSERT INTO contents (hash, width, height) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING",
            ((file.content, file.width, file.height) for file in files if file.content is not None),
        )
        db.executemany(
            "INSERT OR REPLACE INTO files (library, path, size, mtime_ns, content, reason)"
            " VALUES (?, ?, ?, ?, (SELECT id FROM contents WHERE hash = ?), ?)",
            (
                (self._library.number, os.fsencode(file.path), file.size, file.mtime_ns, file.content, file.reason)
                for file in files
            ),
        )

    def _put_vectors(
        self, db: sqlite3.Connection, number: int, first: int, contents: Sequence[bytes], checksums: Sequence[int]
    ) -> None:
        db.executemany(
            "INSERT OR IGNORE INTO vectors (model, row, content, checksum)"
            " SELECT ?, ?, id, ? FROM contents WHERE hash = ?",
            (
                (number, first + i, checksum, content)
                for i, (content, checksum) in enumerate(zip(contents, checksums, strict=True))
            ),
        )

    def _entries(self, db: sqlite3.Connection, paths: Iterable[str]) -> dict[str, Entry | None]:
        """What the table of files is to say of these paths, as the transaction leaves them."""
        query = (
            "SELECT size, mtime_ns, hash, content FROM files JOIN contents ON contents.id = files.content"
            " WHERE library = ? AND path = ? AND NOT removed"
        )
        entries: dict[str, Entry | None] = {}
        for path in paths:
            row = db.execute(query, (self._library.number, os.fsencode(path))).fetchone()
            entries[path] = None if row is None else Entry(*row)
        return entries

    @contextlib.contextmanager
    def _changing(self) -> Iterator[tuple[sqlite3.Connection, dict[str, Entry | None]]]:
        """A transaction that gives the library a new generation, and tells it of the entries that the body names."""
        number = self._library.number
        entries: dict[str, Entry | None] = {}
        change = None
        try:
            with self._store.transaction() as db:
                before = db.execute("SELECT generation FROM libraries WHERE id = ?", (number,)).fetchone()
                if before is None:
                    raise StoreError(self._library.root, "the library was forgotten while it was indexed")
                yield db, entries
                after = schema.next_number(db)
                db.execute("UPDATE libraries SET generation = ? WHERE id = ?", (after, number))
                # Before it is committed: whoever sees the new generation finds the change that leads to it.
                change = Change(int(before[0]), after, entries)
                self._library.announce(change)
        except BaseException:
            if change is not None:
                self._library.withdraw(change)
            raise


def missing_models(db: sqlite3.Connection, content: bytes, models: Iterable[int]) -> list[int]:
    """Of the models with these numbers, those that have neither a vector of this content nor refused it."""
    query = (
        "SELECT model FROM vectors WHERE content = (SELECT id FROM contents WHERE hash = ?1)"
        " UNION ALL SELECT model FROM refused WHERE content = (SELECT id FROM contents WHERE hash = ?1)"
    )
    present = {int(row[0]) for row in db.execute(query, (content,))}
    return [number for number in models if number not in present]

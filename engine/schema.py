"""The index's tables, their version, and the steps from each older version to the next."""

import secrets
import sqlite3
from collections.abc import Mapping

from engine.connections import Connections
from engine.errors import StoreError, StoreTooNewError

VERSION = 3
APPLICATION_ID = 0x53454D42  # "SEMB": what `file` and SQLite tools show, and how a stranger's database is refused

# A vector belongs to a content, not to a file: `files` say which content stands at which path, `vectors` say in which
# row of the model's vector file the embedding of a content lies.
#
# contents.id is AUTOINCREMENT so that an id in a snapshot never comes to mean another content. `files` keeps rows
# with `removed` set: a drive that was unplugged comes back without being read again. A file with a `reason` could not
# be decoded; mtime_ns is then NULL where trying again may help (no permission, say) although the file stays the same.
# models.size and mtime_ns are those of the vector file after the last clean write; `epoch` changes when rows of that
# file are dropped or moved, while appending leaves it as it is. `refused` are contents that the model gave no finite
# vector for. counters.value numbers every change of the index, so that no generation or epoch ever comes twice.
# `different` are pairs of hashes (the smaller one first) of photos that the user called no duplicates of one another;
# they stay when the photos go, for these may come back.
# libraries.decoder names the decoders that found files unusable: newer ones try again. models.provider is what the
# vectors were last computed on.
_CREATE = """
CREATE TABLE libraries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    root BLOB NOT NULL UNIQUE,
    generation INTEGER NOT NULL,
    last_opened REAL NOT NULL,
    images INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    decoder TEXT NOT NULL DEFAULT ''
);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL
);
CREATE TABLE files (
    library INTEGER NOT NULL,
    path BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER,
    content INTEGER,
    reason TEXT,
    removed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (library, path)
) WITHOUT ROWID;
CREATE INDEX files_skipped ON files (library) WHERE reason IS NOT NULL;
CREATE INDEX files_removed ON files (library) WHERE removed;
CREATE TABLE models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    file TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    rows INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    mtime_ns INTEGER NOT NULL DEFAULT 0,
    provider TEXT NOT NULL DEFAULT ''
);
CREATE TABLE vectors (
    model INTEGER NOT NULL,
    row INTEGER NOT NULL,
    content INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (model, row)
) WITHOUT ROWID;
CREATE UNIQUE INDEX vectors_of_content ON vectors (content, model);
CREATE TABLE refused (
    content INTEGER NOT NULL,
    model INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (content, model)
) WITHOUT ROWID;
CREATE TABLE counters (value INTEGER NOT NULL, store BLOB NOT NULL);
CREATE TABLE different (first BLOB NOT NULL, second BLOB NOT NULL, PRIMARY KEY (first, second)) WITHOUT ROWID;
"""

# From each version to the next: SQL statements, run in one transaction with the change of the version number.
MIGRATIONS: Mapping[int, str] = {
    1: """
ALTER TABLE libraries ADD COLUMN decoder TEXT NOT NULL DEFAULT '';
ALTER TABLE models ADD COLUMN provider TEXT NOT NULL DEFAULT '';
""",
    2: """
CREATE TABLE different (first BLOB NOT NULL, second BLOB NOT NULL, PRIMARY KEY (first, second)) WITHOUT ROWID;
""",
}


def prepare(connections: Connections) -> None:
    """Create the tables of an empty index or bring an older one up to date.

    Two programs that start at once do this one after the other. Raises StoreTooNewError, StoreError for a database
    of another program, and sqlite3.Error.
    """
    db = connections.get()
    if _version(db) == VERSION and _application(db) == APPLICATION_ID:
        return
    with connections.transaction():
        found = _version(db)
        if found > VERSION:
            raise StoreTooNewError(connections.path, found, VERSION)
        if _application(db) != APPLICATION_ID and not _empty(db):
            raise StoreError(connections.path, "it is a database of another program")
        if found == 0:
            _run(db, _CREATE)
            db.execute("INSERT INTO counters VALUES (0, ?)", (secrets.token_bytes(16),))
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        else:
            for version in range(found, VERSION):
                _run(db, MIGRATIONS[version])
        db.execute(f"PRAGMA user_version = {VERSION}")


def next_number(db: sqlite3.Connection) -> int:
    """A number that was never given out before: the new generation of a library or epoch of a model."""
    return int(db.execute("UPDATE counters SET value = value + 1 RETURNING value").fetchone()[0])


def store_id(db: sqlite3.Connection) -> bytes:
    """The 16 random bytes that tell this index from every other one, also from an earlier one in the same place."""
    return bytes(db.execute("SELECT store FROM counters").fetchone()[0])


# How SQLite calls what each declared type holds; a REAL without a fraction may lie on the disk as a whole number, but
# is read as it was declared.
_KIND_OF = {"INTEGER": "integer", "TEXT": "text", "BLOB": "blob", "REAL": "real"}
_TABLES = ("libraries", "contents", "files", "models", "vectors", "refused", "different", "counters")
_WRONG = (
    "SELECT 1 FROM contents WHERE length(hash) <> 16 OR id < 1",
    "SELECT 1 FROM vectors WHERE row < 0 OR content NOT IN (SELECT id FROM contents)",
    "SELECT 1 WHERE (SELECT count(*) FROM counters) <> 1",
)


def is_damaged(db: sqlite3.Connection) -> bool:
    """Whether SQLite finds its file not whole, or holds values that are never written. Reads all of it: for when
    something has gone wrong with a value. Raises sqlite3.Error."""
    if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        return True
    for table in _TABLES:
        for _, column, declared, required, _, key in db.execute(f"PRAGMA table_info({table})").fetchall():
            strange = f"SELECT 1 FROM {table} WHERE typeof({column}) NOT IN (?, ?) LIMIT 1"  # noqa: S608
            kind = _KIND_OF[declared]
            if db.execute(strange, (kind, kind if required or key else "null")).fetchone() is not None:
                return True
    return any(db.execute(wrong).fetchone() is not None for wrong in _WRONG)


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _application(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA application_id").fetchone()[0])


def _empty(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def _run(db: sqlite3.Connection, script: str) -> None:
    # Not executescript(): it commits the transaction that we are in.
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)

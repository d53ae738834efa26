"""What an indexing has to do: the folder as it is, compared with what the index knows, in bulk."""

import os
import sqlite3
from array import array
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.decode import DECODER
from engine.errors import FolderError
from engine.folder import scan
from engine.library import Library
from engine.path_table import PathTable
from engine.prepare import Task
from engine.results import ImageFile, Skipped
from engine.spec import ModelSpec
from engine.store import Store

_REPORT_EVERY = 256  # files


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan found: image files in order of path, as columns, and what could not be looked at."""

    paths: list[str]
    sizes: NDArray[np.int64]
    mtimes_ns: NDArray[np.int64]
    problems: list[Skipped]

    def take(self, positions: Sequence[int] | NDArray[np.int64]) -> "Found":
        """Only the files at these positions."""
        chosen = np.asarray(positions, dtype=np.int64)
        return Found([self.paths[i] for i in positions], self.sizes[chosen], self.mtimes_ns[chosen], self.problems)


@dataclass(slots=True)
class Plan:
    """What there is to do, as of one generation of the library."""

    generation: int
    tasks: list[Task] = field(default_factory=list)  # in order of path
    removed: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)  # were removed, and are back as they were
    skipped: list[Skipped] = field(default_factory=list)  # known to be unusable, and the same still
    problems: list[Skipped] = field(default_factory=list)  # of the scan, and not noted in the index yet

    def __bool__(self) -> bool:
        return bool(self.tasks or self.removed or self.restored or self.problems)


@dataclass(frozen=True, slots=True)
class _Noted:
    """A file of the index that was unusable or removed when it was last looked at."""

    size: int
    mtime_ns: int | None
    content: int | None
    reason: str | None

    def still(self, size: int, mtime_ns: int) -> bool:
        return self.size == size and self.mtime_ns == mtime_ns


def look(root: Path) -> Generator[int, None, Found]:
    """Scan the folder; yields the number of files now and then. Raises FolderError, also when the folder vanishes."""
    paths: list[str] = []
    sizes, mtimes_ns = array("q"), array("q")
    problems: list[Skipped] = []
    for item in scan(root):
        if isinstance(item, ImageFile):
            paths.append(item.path)
            sizes.append(item.size)
            mtimes_ns.append(item.mtime_ns)
            if len(paths) % _REPORT_EVERY == 0:
                yield len(paths)
        else:
            problems.append(item)
    if not root.is_dir():
        # A drive was unplugged while we looked: what we did not see has not been removed.
        raise FolderError(root, "the folder vanished while it was read")
    return Found(paths, np.frombuffer(sizes, np.int64), np.frombuffer(mtimes_ns, np.int64), problems)


def compare(store: Store, library: Library, found: Found, specs: Sequence[ModelSpec]) -> Plan:
    """Say what has to be done until each of `specs` has a vector of every photo that was found."""
    known = library.files()
    plan = Plan(known.generation)
    with store.reading() as db:
        unusable = _noted(db, library.number, "reason IS NOT NULL AND NOT removed")
        if unusable and _decoder(db, library.number) != DECODER:
            unusable = {path: replace(noted, mtime_ns=None) for path, noted in unusable.items()}
    plan.problems = [skipped for skipped in found.problems if not _is_noted(unusable, skipped)]
    plan.skipped = [skipped for skipped in found.problems if _is_noted(unusable, skipped)]
    if unusable:
        found = _without_unusable(plan, unusable, found)
    position = _positions(known.paths, found.paths)
    seen = np.flatnonzero(position >= 0)
    at = position[seen]
    unchanged = (known.sizes[at] == found.sizes[seen]) & (known.mtimes_ns[at] == found.mtimes_ns[seen])
    _add_missing_vectors(store, library, plan, specs, known.paths, known.content_ids, at[unchanged])
    if len(seen) < len(known):
        gone = np.ones(len(known), dtype=bool)
        gone[at] = False
        plan.removed += _not_hidden(found.problems, (known.paths[int(i)] for i in np.flatnonzero(gone)))
    differs = np.ones(len(found.paths), dtype=bool)
    differs[seen[unchanged]] = False
    if differs.any():
        _add_new(store, library, plan, specs, found.take(np.flatnonzero(differs)))
    plan.tasks.sort(key=lambda task: task.path)
    return plan


def _without_unusable(plan: Plan, unusable: dict[str, _Noted], found: Found) -> Found:
    """Deal with the files that were unusable last time; returns all others."""
    rest: list[int] = []
    for position, path in enumerate(found.paths):
        noted = unusable.get(path)
        if noted is None:
            rest.append(position)
        elif noted.still(int(found.sizes[position]), int(found.mtimes_ns[position])):
            plan.skipped.append(Skipped(path, noted.reason or ""))
        else:
            plan.tasks.append(Task(path))
    present = {problem.path for problem in found.problems}.union(found.paths)
    plan.removed += _not_hidden(found.problems, (path for path in unusable if path not in present))
    return found.take(rest)


def _add_missing_vectors(
    store: Store,
    library: Library,
    plan: Plan,
    specs: Sequence[ModelSpec],
    paths: PathTable,
    contents: NDArray[np.int64],
    unchanged: NDArray[np.int64],
) -> None:
    """Add the unchanged files that a model lacks the vector of; of copies of one photo only the first."""
    lacks = np.zeros(len(paths), dtype=bool)
    for spec in specs:
        lacks |= (library.rows(spec) < 0) & ~np.isin(contents, _refused(store, spec))
    if not lacks.any():
        return
    wanted = unchanged[lacks[unchanged]]
    _, first = np.unique(contents[wanted], return_index=True)
    plan.tasks += [Task(paths[int(i)], known=True) for i in wanted[first]]


def _add_new(store: Store, library: Library, plan: Plan, specs: Sequence[ModelSpec], found: Found) -> None:
    """Add files that are new or changed; of those that were here before, and are back, only what is missing."""
    with store.reading() as db:
        removed = _noted(db, library.number, "removed")
    back: list[tuple[str, int]] = []
    for path, size, mtime_ns in zip(found.paths, found.sizes.tolist(), found.mtimes_ns.tolist(), strict=True):
        noted = removed.get(path)
        if noted is None or not noted.still(size, mtime_ns):
            plan.tasks.append(Task(path))
            continue
        plan.restored.append(path)
        if noted.content is None:
            plan.skipped.append(Skipped(path, noted.reason or ""))
        else:
            back.append((path, noted.content))
    if back:
        contents = np.array([content for _, content in back], dtype=np.int64)
        lacks = np.zeros(len(back), dtype=bool)
        with store.reading() as db:
            for spec in specs:
                model = store.model_state(db, spec.sha256)
                rows = None if model is None else store.row_map(db, model).rows_of(db, model.number, contents)
                lacks |= True if rows is None else rows < 0
        plan.tasks += [Task(back[i][0], known=True) for i in np.flatnonzero(lacks)]


def _positions(known: PathTable, paths: list[str]) -> NDArray[np.int64]:
    """Where each path stands in `known`, -1 for a new one."""
    if len(known) == len(paths) and PathTable.from_sorted(paths) == known:
        return np.arange(len(paths), dtype=np.int64)
    where = {path: position for position, path in enumerate(known)}
    return np.fromiter((where.get(path, -1) for path in paths), np.int64, len(paths))


def _noted(db: sqlite3.Connection, library: int, condition: str) -> dict[str, _Noted]:
    query = f"SELECT path, size, mtime_ns, content, reason FROM files WHERE library = ? AND {condition}"  # noqa: S608
    return {os.fsdecode(path): _Noted(*rest) for path, *rest in db.execute(query, (library,))}


def _decoder(db: sqlite3.Connection, library: int) -> str:
    row = db.execute("SELECT decoder FROM libraries WHERE id = ?", (library,)).fetchone()
    return "" if row is None else str(row[0])


def _is_noted(unusable: dict[str, _Noted], skipped: Skipped) -> bool:
    noted = unusable.get(skipped.path)
    return noted is not None and noted.reason == skipped.reason


def _refused(store: Store, spec: ModelSpec) -> NDArray[np.int64]:
    query = "SELECT content FROM refused WHERE model = (SELECT id FROM models WHERE sha256 = ?)"
    with store.reading() as db:
        return np.array(db.execute(query, (spec.sha256,)).fetchall(), dtype=np.int64).reshape(-1)


def _not_hidden(problems: list[Skipped], paths: Iterable[str]) -> Iterable[str]:
    """Those of `paths` that do not lie in a folder that could not be read: such files may well be there still."""
    hidden = {problem.path for problem in problems}
    if not hidden:
        return paths
    return (path for path in paths if not any(part in hidden for part in _above(path)))


def _above(path: str) -> Iterable[str]:
    """The path itself and every folder above it."""
    parts = path.split("/")
    return ("/".join(parts[: i + 1]) for i in range(len(parts)))

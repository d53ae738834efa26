"""Kills jobs of the index in forked processes, at chosen moments and at random ones, and looks at what is left.

Run as `python -m tests.engine.crash_harness JOB KILLS SEED FOLDER`; prints one JSON object: how many kills there were
and what was wrong after them. A fork costs milliseconds where a fresh interpreter costs seconds.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine import assembly, library, schema
from engine.connections import Connections
from engine.embedder import Embedded
from engine.export import ExportRequest, Format, export
from engine.indexer import index
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from engine.writer import Batch, Writer


def commit_often() -> None:
    """Small batches, and a commit and snapshots at every chance: many moments to be killed at."""
    assembly.BATCH = 3
    assembly.AHEAD = 6
    assembly.COMMIT_SECONDS = 0.0
    library.SNAPSHOT_FROM = 1


class Embedder:
    """A network in two lines of numpy: the same picture gives the same vector, other pictures give others."""

    provider = "cpu"
    notice = None

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.weights = np.random.default_rng(3).normal(size=(3 * spec.height * spec.width, spec.embedding_size))

    def embed(self, batch: np.ndarray) -> Embedded:
        vectors = np.stack([picture.reshape(-1).astype(np.float64) @ self.weights for picture in batch])
        return Embedded(vectors.astype(np.float32), None)


class Death:
    """Counts what happens to the disk and kills the process when the count is reached.

    With `power_cut`, what was written to a vector file and not synced is undone first, as a power cut may do.
    """

    def __init__(self, at: int, data_dir: Path, *, power_cut: bool) -> None:
        self.at = at
        self.count = 0
        self._vectors = data_dir / "vectors"
        self._power_cut = power_cut
        self._synced: dict[Path, bytes] = {path: path.read_bytes() for path in self._files()}
        self._paths: dict[int, Path] = {}
        self._main = threading.current_thread()

    def install(self) -> None:
        for name in ("write", "fsync", "ftruncate", "replace", "unlink", "utime"):
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        opened = Connections._open

        def traced(connections: Connections) -> sqlite3.Connection:
            connection = opened(connections)
            connection.set_trace_callback(lambda statement: self._event())
            return connection

        Connections._open = traced  # type: ignore[method-assign]

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._event()
            result = function(*args, **kwargs)
            if name == "fsync":
                self._note_synced(args[0])
            return result

        return wrapped

    def _event(self) -> None:
        if threading.current_thread() is not self._main:
            return
        self.count += 1
        if self.count == self.at:
            self._die()

    def _files(self) -> list[Path]:
        return list(self._vectors.iterdir()) if self._vectors.is_dir() else []

    def _note_synced(self, descriptor: int) -> None:
        inode = os.fstat(descriptor).st_ino
        for path in self._files():
            if path.stat().st_ino == inode:
                self._synced[path] = path.read_bytes()

    def _die(self) -> None:
        if self._power_cut:
            for path in self._files():
                info, data = path.stat(), self._synced.get(path, b"")
                if path.read_bytes() != data:
                    path.write_bytes(data)
                    os.utime(path, ns=(info.st_mtime_ns, info.st_mtime_ns))
        os.kill(os.getpid(), signal.SIGKILL)


def forked(work: Callable[[], None]) -> tuple[int, bool]:
    """Run `work` in a child; returns its process id, and whether it came to its end without being killed or raising."""
    child = fork(work)
    _, status = os.waitpid(child, 0)
    return child, status == 0


def fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


class Job:
    """A job that is killed: how its place is made ready, what it does, and what must hold after a kill."""

    def __init__(self, folder: Path, photos: Path, model: Path) -> None:
        self.folder = folder
        self.photos = photos
        self.model = model
        self.data_dir = folder / "data"
        self.log = folder / "committed"

    def expected(self, name: str) -> dict[str, np.ndarray]:
        with np.load(self.folder / f"{name}.npz") as found:
            return dict(found)

    def note(self, name: str, store: Store, root: Path) -> None:
        np.savez(self.folder / f"{name}.npz", **vectors_of(store, root, read_spec(self.model)))

    def forget(self) -> None:
        """Remove what an earlier run has left beside the index."""
        self.log.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make `self.data_dir` and note what a clean run gives; done once, then copied for each kill."""

    def work(self) -> None:
        raise NotImplementedError

    def check(self) -> list[str]:
        raise NotImplementedError


def vectors_of(store: Store, root: Path, spec: ModelSpec) -> dict[str, np.ndarray]:
    gallery = store.library(root).gallery(spec)
    return {path: gallery.vector(i) for i, path in enumerate(gallery.paths)}


def index_all(store: Store, root: Path, spec: ModelSpec) -> int:
    """Index to the end; returns how many photos were embedded."""
    job = index(store, root, [Embedder(spec)], decode_threads=2)
    while True:
        try:
            next(job)
        except StopIteration as end:
            return int(end.value.embedded)


def differences(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], *, whole: bool) -> list[str]:
    problems = [f"{path} should not be there" for path in found.keys() - expected.keys()]
    if whole:
        problems += [f"{path} is missing" for path in expected.keys() - found.keys()]
    shared = found.keys() & expected.keys()
    return problems + [f"{path} differs" for path in shared if not np.allclose(found[path], expected[path], atol=1e-5)]


class Indexing(Job):
    """Index a folder; every commit that returned is noted beside the index."""

    def prepare(self) -> None:
        with Store(self.folder / "clean") as store:
            index_all(store, self.photos, read_spec(self.model))
            self.note("clean", store, self.photos)
        self.data_dir.mkdir()

    def work(self) -> None:
        commit = Writer.commit

        def noted(writer: Writer, batch: Batch) -> None:
            commit(writer, batch)
            with self.log.open("a") as file:
                file.writelines(f"{record.path}\n" for record in batch.files if record.content is not None)

        Writer.commit = noted  # type: ignore[method-assign]
        with Store(self.data_dir) as store:
            index_all(store, self.photos, read_spec(self.model))

    def check(self) -> list[str]:
        expected, spec = self.expected("clean"), read_spec(self.model)
        committed = set(self.log.read_text().split("\n")) - {""} if self.log.exists() else set()
        with Store(self.data_dir) as store:
            found = vectors_of(store, self.photos, spec)
            problems = differences(found, expected, whole=False)
            problems += [f"{path} was committed and is lost" for path in committed - found.keys()]
            embedded = index_all(store, self.photos, spec)
            if embedded > len(expected) - len(found):
                problems.append(f"{embedded} embedded, although only {len(expected) - len(found)} were missing")
            problems += differences(vectors_of(store, self.photos, spec), expected, whole=True)
        return problems


class Compacting(Job):
    """Compact an index in which most of one library was forgotten."""

    def prepare(self) -> None:
        spec = read_spec(self.model)
        part = self.folder / "part"
        shutil.copytree(self.photos / "blue", part)
        with Store(self.data_dir) as store:
            index_all(store, self.photos, spec)
            index_all(store, part, spec)
            store.forget(self.photos)
            self.note("part", store, part)

    def work(self) -> None:
        with Store(self.data_dir) as store:
            store.compact()

    def check(self) -> list[str]:
        part, spec, expected = self.folder / "part", read_spec(self.model), self.expected("part")
        with Store(self.data_dir) as store:
            problems = differences(vectors_of(store, part, spec), expected, whole=True)
            store.compact()
            problems += differences(vectors_of(store, part, spec), expected, whole=True)
            if index_all(store, part, spec):
                problems.append("compacting lost vectors")
        size = sum(path.stat().st_size for path in (self.data_dir / "vectors").iterdir())
        if size != 4096 + len(expected) * 4 * spec.embedding_size:
            problems.append(f"after compacting the vectors take {size} bytes")
        return problems


class Migrating(Job):
    """Open an index of version 1."""

    def prepare(self) -> None:
        with Store(self.data_dir) as store:
            index_all(store, self.photos, read_spec(self.model))
            self.note("clean", store, self.photos)
        make_version_1(self.data_dir / "index.db")

    def work(self) -> None:
        Store(self.data_dir).close()

    def check(self) -> list[str]:
        spec = read_spec(self.model)
        with Store(self.data_dir) as store:
            problems = differences(vectors_of(store, self.photos, spec), self.expected("clean"), whole=True)
            if index_all(store, self.photos, spec):
                problems.append("migrating lost vectors")
            with store.reading() as db:
                version = db.execute("PRAGMA user_version").fetchone()[0]
        return problems + ([] if version == schema.VERSION else [f"the version is {version}"])


def make_version_1(path: Path) -> None:
    """Take an index back to what version 1 wrote."""
    db = sqlite3.connect(path)
    db.execute("ALTER TABLE libraries DROP COLUMN decoder")
    db.execute("ALTER TABLE models DROP COLUMN provider")
    db.execute("DROP TABLE different")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()


class Exporting(Job):
    """Export every photo's ranking as two tables and copies; a run that was killed is resumed."""

    @property
    def out(self) -> Path:
        return self.data_dir.parent / "out"

    def forget(self) -> None:
        shutil.rmtree(self.out, ignore_errors=True)

    def _export(self, store: Store, out: Path) -> None:
        formats = (Format.CSV, Format.JSON, Format.COPY)
        request = ExportRequest(
            self.photos, out, "all", (read_spec(self.model),), k=3, formats=formats, resume=out.exists()
        )
        for _ in export(store, request):
            pass

    def prepare(self) -> None:
        with Store(self.data_dir) as store:
            index_all(store, self.photos, read_spec(self.model))
            self._export(store, self.folder / "clean-out")

    def work(self) -> None:
        with Store(self.data_dir) as store:
            self._export(store, self.out)

    def check(self) -> list[str]:
        expected = _tree(self.folder / "clean-out")
        before = _tree(self.out)
        # What stands under its name is whole; unfinished parts lie in a hidden folder.
        problems = [f"{name} was half written" for name, data in before.items() if data != expected.get(name)]
        with Store(self.data_dir) as store:
            self._export(store, self.out)
        after = _tree(self.out)
        problems += [
            f"{name} differs" for name in expected.keys() | after.keys() if expected.get(name) != after.get(name)
        ]
        left = [path.name for path in self.out.iterdir() if path.name.startswith(".")]
        return problems + [f"{name} is left over" for name in left]


def _tree(folder: Path) -> dict[str, bytes]:
    """The visible files beneath a folder; of the manifest, which tells the time, only that it is there."""
    found: dict[str, bytes] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("."):
            found[name] = b"" if name == "manifest.json" else path.read_bytes()
    return found


JOBS = {"index": Indexing, "compact": Compacting, "migrate": Migrating, "export": Exporting}


def integrity(path: Path) -> list[str]:
    if not path.exists():
        return []
    db = sqlite3.connect(path)
    try:
        found = db.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        db.close()
    return [] if found == "ok" else [f"SQLite finds: {found}"]


def kill_once(job: Job, kind: str, moment: float) -> list[str]:
    """Run the job in a copy of its place, kill it, check; `moment` is an event's number, or seconds for "random"."""

    def doomed() -> None:
        if kind != "random":
            Death(int(moment), job.data_dir, power_cut=kind == "power").install()
        job.work()

    child = fork(doomed)
    if kind == "random":
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    reader, writer = os.pipe()

    def checked() -> None:
        problems = job.check() + integrity(job.data_dir / "index.db")
        os.write(writer, json.dumps(problems).encode())

    _, well = forked(checked)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    return json.loads(text) if well else ["the check failed"]


def measure(job: Job) -> tuple[int, float]:
    """How many events the job has when nobody kills it, and how long it takes."""
    reader, writer = os.pipe()

    def counted() -> None:
        death = Death(-1, job.data_dir, power_cut=False)
        death.install()
        started = time.perf_counter()
        job.work()
        os.write(writer, json.dumps([death.count, time.perf_counter() - started]).encode())

    _, well = forked(counted)
    os.close(writer)
    with os.fdopen(reader) as file:
        count, seconds = json.loads(file.read()) if well else (0, 0.0)
    return int(count), float(seconds)


def main(name: str, kills: int, seed: int, folder: Path) -> None:
    commit_often()
    job = JOBS[name](folder, folder / "photos", folder / "tiny.onnx")
    forked(job.prepare)
    pristine = folder / "pristine"
    shutil.copytree(job.data_dir, pristine)

    def renew() -> None:
        job.forget()
        shutil.rmtree(job.data_dir)
        shutil.copytree(pristine, job.data_dir)  # copy2: with the times, by which the index knows its files

    renew()
    events, seconds = measure(job)
    chooser = random.Random(seed)
    problems: list[str] = []
    plans: list[tuple[str, float]] = []
    for number in range(kills):
        kind = ("event", "power", "random")[number % 3]
        plans.append((kind, chooser.uniform(0, seconds) if kind == "random" else chooser.randint(1, max(1, events))))
    for kind, moment in plans:
        renew()
        problems += [f"{kind} {moment}: {problem}" for problem in kill_once(job, kind, moment)]
    print(json.dumps({"events": events, "seconds": seconds, "kills": len(plans), "problems": problems}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))

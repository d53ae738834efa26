"""Bring the index of a folder up to date: scan, compare, decode ahead on threads, embed in batches, commit often."""

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.assembly import AHEAD, Assembly
from engine.derived import derivable, derive
from engine.embedder import Embedder
from engine.errors import FolderError, StoreBusyError
from engine.library import Library
from engine.lookahead import LookAhead, Pending
from engine.plan import Found, Plan, compare, look
from engine.prepare import Preparer, Task
from engine.rate import Rate
from engine.results import Progress, Skipped
from engine.store import Store
from engine.threads import cores
from engine.thumbnail_store import ThumbnailStore
from engine.writer import Batch, FileRecord, Writer, missing_models

REPORT_SECONDS = 0.033
HEARTBEAT_SECONDS = 0.1  # between two looks at `cancelled` while a slow drive keeps us waiting

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What an indexing did. `images` = `embedded` + `unchanged` where nothing was cancelled."""

    library: Path
    model: str  # names, joined by ", "
    images: int  # photos that the library has now
    embedded: int  # of these, photos that a network had to run for
    unchanged: int  # photos that needed no inference: unchanged, moved, or copies
    removed: int
    skipped: list[Skipped]  # by path; also those that an earlier run found
    seconds: float
    images_per_second: float  # photos read and embedded, over the time that this took
    complete: bool = True  # False: cancelled; what was done is kept
    provider: str = ""  # what computed, joined by ", " where models differ


def index(
    store: Store,
    root: Path,
    embedders: Sequence[Embedder],
    *,
    decode_threads: int | None = None,
    thumbnails: ThumbnailStore | None = None,
    cancelled: Cancelled = lambda: False,
) -> Generator[Progress, None, IndexReport]:
    """Give every photo beneath `root` a vector of each embedder's model, reading only what the index does not know.

    Yields Progress in the stages "scanning", "waiting" (for another indexing to end), "deriving" (of adapted models),
    "embedding" and "settling" (a server indexes what was written). Closing the
    generator, or `cancelled`, ends it soon; what is embedded by then is kept. `decode_threads`: as many as there are
    cores. Raises FolderError, StoreError and ModelError, with everything committed that was done before.
    """
    if not embedders:
        raise ValueError("no model to index with")
    started = time.perf_counter()
    library = store.library(root)
    threads = decode_threads or cores()
    run = _Run(store, library, tuple(embedders), thumbnails, threads, cancelled)
    if store.served:
        yield from run.work_served()
    else:
        yield from run.work()
    return run.report(time.perf_counter() - started)


class _Scan(threading.Thread):
    """Looks at the folder on a thread of its own: a daemon, for a dead network drive may never answer it."""

    def __init__(self, root: Path) -> None:
        super().__init__(name="scan", daemon=True)
        self.count = 0  # files so far
        self.unwanted = False
        self._root = root
        self._found: Found | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        looking = look(self._root)
        try:
            while not self.unwanted:
                self.count = next(looking)
        except StopIteration as end:
            self._found = end.value
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._error = error

    def result(self) -> Found | None:
        """What was found. Raises what the scan raised."""
        if self._error is not None:
            raise self._error
        return self._found


class _Run:
    """One indexing: its state between the stages."""

    def __init__(
        self,
        store: Store,
        library: Library,
        embedders: tuple[Embedder, ...],
        thumbnails: ThumbnailStore | None,
        threads: int,
        cancelled: Cancelled,
    ) -> None:
        self._store = store
        self._library = library
        self._embedders = embedders
        self._specs = [embedder.spec for embedder in embedders]
        self._thumbnails = thumbnails
        self._threads = threads
        self._cancelled = cancelled
        self._complete = False
        self._embedded = 0
        self._removed = 0
        self._skipped: dict[str, Skipped] = {}
        self._embedding_seconds = 0.0
        self._reported = 0.0

    def work(self) -> Generator[Progress, None, None]:
        found = yield from self._scan()
        if found is None:
            return
        yield from self._derive()
        plan = compare(self._store, self._library, found, self._specs)
        if plan:
            with contextlib.ExitStack() as stack:
                locked = yield from self._lock(stack)
                if not locked:
                    return
                if self._library.generation != plan.generation:  # somebody else indexed it while we waited
                    plan = compare(self._store, self._library, found, self._specs)
                yield from self._carry_out(plan)
                if self._complete:
                    self._look_after()
        else:
            self._note_skipped(plan)
            self._complete = True
            if Writer(self._store, self._library).entry_is_stale():  # a run before this one was killed
                with contextlib.suppress(StoreBusyError), self._store.exclusive(seconds=0):
                    self._look_after()

    def work_served(self) -> Generator[Progress, None, None]:
        """The same where a server holds the vectors."""
        from engine.served_indexer import Served, bring_up_to_date  # with an extra behind it
        from engine.served_library import ServedLibrary

        assert isinstance(self._library, ServedLibrary)
        done = Served()
        try:
            yield from bring_up_to_date(
                self._library, self._embedders, self._thumbnails, self._threads, self._cancelled, done
            )
        finally:
            self._complete, self._embedded, self._removed = done.complete, done.embedded, done.removed
            self._skipped, self._embedding_seconds = done.skipped, done.seconds

    def report(self, seconds: float) -> IndexReport:
        images = len(self._library.files())
        spent = self._embedding_seconds
        for refused in self._library.refused():
            self._skipped.setdefault(refused.path, refused)
        return IndexReport(
            library=self._library.root,
            model=", ".join(spec.name for spec in self._specs),
            images=images,
            embedded=self._embedded,
            unchanged=max(0, images - self._embedded),
            removed=self._removed,
            skipped=sorted(self._skipped.values(), key=lambda skipped: skipped.path),
            seconds=seconds,
            images_per_second=self._embedded / spent if spent > 0 else 0.0,
            complete=self._complete,
            provider=", ".join(dict.fromkeys(embedder.provider for embedder in self._embedders)),
        )

    def _scan(self) -> Generator[Progress, None, Found | None]:
        """What there is, or None when cancelled meanwhile: also while a drive that hangs keeps the scan waiting."""
        scanning = _Scan(self._library.root)
        scanning.start()
        told = 0
        try:
            while scanning.is_alive():
                scanning.join(REPORT_SECONDS)
                if self._cancelled():
                    return None
                if scanning.count > told and self._due():
                    told = scanning.count
                    yield Progress("scanning", told)
            return scanning.result()
        finally:
            scanning.unwanted = True

    def _derive(self) -> Generator[Progress, None, None]:
        """Vectors of adapted models follow from their base's: no photo is read for them."""
        specs = [spec for spec in self._specs if len(derivable(self._library, spec))]
        if not specs:
            return
        with contextlib.ExitStack() as stack:
            locked = yield from self._lock(stack)
            if locked:
                yield from derive(self._store, self._library, specs, self._cancelled)
                self._look_after()

    def _lock(self, stack: contextlib.ExitStack) -> Generator[Progress, None, bool]:
        """Become the only writer; False when cancelled meanwhile. Raises StoreBusyError after a while."""
        deadline = time.monotonic() + self._store.lock_seconds
        while True:
            try:
                stack.enter_context(self._store.exclusive(seconds=0))
                return True
            except StoreBusyError:
                if time.monotonic() >= deadline:
                    raise
            yield Progress("waiting", 0)
            if self._cancelled():
                return False
            time.sleep(0.05)

    def _carry_out(self, plan: Plan) -> Generator[Progress, None, None]:
        writer = Writer(self._store, self._library)
        self._note_skipped(plan)
        writer.set_removed(plan.removed, True)
        writer.set_removed(plan.restored, False)
        self._removed = len(plan.removed)
        if plan.problems:
            self._skipped |= {problem.path: problem for problem in plan.problems}
            writer.commit(Batch(files=[FileRecord(p.path, 0, None, reason=p.reason) for p in plan.problems]))
        if not plan.tasks:
            self._complete = True
            return
        began = time.perf_counter()
        numbers = {writer.model(embedder.spec, embedder.provider): embedder for embedder in self._embedders}
        assembly = Assembly(writer, numbers, self._thumbnails, self._skipped)
        try:
            yield from self._embed(plan.tasks, numbers, assembly)
        finally:
            assembly.close()
            self._embedded = assembly.embedded
            self._embedding_seconds = time.perf_counter() - began

    def _embed(
        self, tasks: list[Task], numbers: dict[int, Embedder], assembly: Assembly
    ) -> Generator[Progress, None, None]:
        """Read all tasks in order, with the threads ahead of us, and hand them to the assembly."""

        def missing(content: bytes) -> list[int]:
            with self._store.reading() as db:
                return missing_models(db, content, numbers)

        specs = {number: embedder.spec for number, embedder in numbers.items()}
        preparer = Preparer(self._library.root, specs, missing, self._thumbnails)
        rate, done, total = Rate(), 0, len(tasks)
        with LookAhead(preparer, iter(tasks), self._threads, AHEAD) as ahead:
            while not self._cancelled():
                with contextlib.suppress(Pending):
                    try:
                        prepared = ahead.next_result(HEARTBEAT_SECONDS)
                    except StopIteration:
                        assembly.flush()
                        self._complete = True
                        return
                    done += 1
                    if prepared.gone and not self._library.root.is_dir():
                        raise FolderError(self._library.root, "the folder vanished while it was indexed")
                    assembly.add(prepared)
                if self._due():
                    speed = rate.at(done)
                    left = (total - done) / speed if speed > 0 else None
                    yield Progress("embedding", done, total, len(self._skipped), speed, left)

    def _note_skipped(self, plan: Plan) -> None:
        self._skipped |= {skipped.path: skipped for skipped in plan.skipped}

    def _look_after(self) -> None:
        """Leave what the list of libraries and the next opening need."""
        Writer(self._store, self._library).finish()
        self._library.save_snapshots(self._specs)

    def _due(self) -> bool:
        now = time.perf_counter()
        if now - self._reported < REPORT_SECONDS:
            return False
        self._reported = now
        return True

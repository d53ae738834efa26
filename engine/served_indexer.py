"""Bring a server's collections up to date with a folder: read what they lack, embed it, and write it in batches."""

import contextlib
import os
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.adapted_file import load_projection
from engine.catalogue import Catalogue
from engine.embedder import Embedder
from engine.errors import FolderError, VectorStoreError
from engine.lookahead import LookAhead, Pending
from engine.milvus_store import MilvusStore
from engine.plan import Found, look
from engine.prepare import Prepared, Preparer, Task
from engine.results import ImageFile, Progress, Skipped
from engine.served_library import ServedLibrary
from engine.settling import settle
from engine.thumbnail_store import ThumbnailStore
from engine.vector_store import StoredPhoto

# Pictures embedded together; files begun before their turn, as in `engine.assembly`.
BATCH = 16
AHEAD = 2 * BATCH
# A message to the server costs some milliseconds and is on its way to the disks when it returns.
WRITE_PHOTOS = 512
WRITE_SECONDS = 2.0
SETTLE_FROM = 1_000  # photos: fewer are compared one by one until the server indexes them by itself
REPORT_SECONDS = 0.033
HEARTBEAT_SECONDS = 0.1

Cancelled = Callable[[], bool]


@dataclass(slots=True)
class Served:
    """What an indexing of a served library did."""

    embedded: int = 0
    removed: int = 0
    seconds: float = 0.0  # of reading and embedding
    complete: bool = False
    skipped: dict[str, Skipped] = field(default_factory=dict)


def bring_up_to_date(
    library: ServedLibrary,
    embedders: Sequence[Embedder],
    thumbnails: ThumbnailStore | None,
    threads: int,
    cancelled: Cancelled,
    done: Served,
) -> Generator[Progress, None, None]:
    """Give every photo beneath the library's root a vector of each embedder's model, in stages as `engine.indexer`;
    `done` is filled meanwhile.

    What is known by path, size and time is not read; what is known by content is not embedded. A photo that was
    written stays written, whatever happens next. A collection that was filled from another place is left as it is.
    Raises FolderError and VectorStoreError.
    """
    if elsewhere(library) is not None:
        done.complete = True
        return
    yield from _Run(library, embedders, thumbnails, threads, cancelled, done).work()


def elsewhere(library: ServedLibrary) -> str | None:
    """The place that the collections were filled from, where that is not the library's folder: what is not beneath this
    folder must not be taken for removed."""
    return next((source for source in sorted(library.sources()) if not _is(source, library.root)), None)


def _is(source: str, root: Path) -> bool:
    return "://" not in source and Path(os.path.realpath(source)) == root


class _Run:
    def __init__(
        self,
        library: ServedLibrary,
        embedders: Sequence[Embedder],
        thumbnails: ThumbnailStore | None,
        threads: int,
        cancelled: Cancelled,
        done: Served,
    ) -> None:
        self.done = done
        self._library = library
        self._embedders = list(embedders)
        self._thumbnails = thumbnails
        self._threads = threads
        self._cancelled = cancelled
        self._stores: list[MilvusStore] = []
        self._known: list[Catalogue | None] = []
        self._gone: list[str] = []
        self._unreadable: dict[str, tuple[int, int, str]] = {}
        self._waiting: list[list[Prepared]] = [[] for _ in embedders]
        self._made: list[dict[bytes, StoredPhoto]] = [{} for _ in embedders]
        self._claimed: list[set[bytes]] = [set() for _ in embedders]
        self._pictures: list[tuple[bytes, bytes]] = []
        self._written_at = time.monotonic()

    def work(self) -> Generator[Progress, None, None]:
        looking = look(self._library.root)
        reported = 0.0
        while True:
            try:
                count = next(looking)
            except StopIteration as end:
                found: Found = end.value
                break
            if self._cancelled():
                return
            if time.monotonic() - reported >= REPORT_SECONDS:
                reported = time.monotonic()
                yield Progress("scanning", count)
        self._library.look_again()
        for embedder in self._embedders:
            store = self._library.store_of(embedder.spec, create=True)
            assert store is not None
            self._stores.append(store)
        yield from self._derive()
        tasks = self._compare(found)
        began = time.monotonic()
        try:
            yield from self._embed(tasks)
            if self.done.complete:
                self._forget_gone()
        finally:
            self._keep_what_was_made()
            self.done.seconds = time.monotonic() - began
            self._library.look_again()
        for store in self._stores if self.done.complete and tasks else ():
            if len(tasks) >= SETTLE_FROM or store.count() - store.indexed()[1] >= SETTLE_FROM:
                yield from settle(store, self._cancelled)

    def _compare(self, found: Found) -> list[Task]:
        """Forget what has changed, and say what has to be read."""
        files = self._library.files()
        hidden = {problem.path for problem in found.problems}
        self.done.skipped = {problem.path: problem for problem in found.problems}
        rows = [self._library.rows(embedder.spec) for embedder in self._embedders]
        here, gone, tasks = set(found.paths), [], []
        for path in files.paths:
            if path not in here and not any(path == part or path.startswith(f"{part}/") for part in hidden):
                gone.append(path)
        self._gone = gone
        noted = self._library.unreadable()
        changed: list[str] = []
        for path, size, mtime_ns in zip(found.paths, found.sizes.tolist(), found.mtimes_ns.tolist(), strict=True):
            at = files.paths.index_of(path)
            if at is None:
                known = noted.get(path)
                if known is not None and known[:2] == (size, mtime_ns):
                    self._skip(path, *known)
                else:
                    tasks.append(Task(path))
            elif (int(files.sizes[at]), int(files.mtimes_ns[at])) != (size, mtime_ns):
                changed.append(path)
                tasks.append(Task(path))
            elif any(row[at] < 0 for row in rows):
                tasks.append(Task(path, known=True))
        if changed:
            for store in self._library.stores():
                store.remove(changed)
            self._library.look_again()
        # After that: a content that went with its only file has to be embedded again where another file has it now.
        self._known = [self._library.catalogue(embedder.spec) for embedder in self._embedders]
        return tasks

    def _forget_gone(self) -> None:
        """What is there no more; after what is new, so that a photo that was moved keeps its vector."""
        for store in self._library.stores():
            store.remove(self._gone)
        self.done.removed = len(self._gone)

    def _derive(self) -> Generator[Progress, None, None]:
        """Vectors of adapted models follow from their base's: no network runs for them."""
        for embedder, store in zip(self._embedders, self._stores, strict=True):
            base = None if embedder.spec.base is None else self._library.store_of(embedder.spec.base, create=False)
            if base is None:
                continue
            projection, done, total = load_projection(embedder.spec), 0, base.count()
            for block in base.photos():
                if self._cancelled():
                    return
                yield Progress("deriving", done, total)
                done += len(block)
                known = store.known([photo.content for photo in block])
                new = [photo for photo in block if photo.content not in known]
                if new:
                    vectors = projection.apply(base.vectors([photo.content for photo in new]))
                    pairs = zip(new, vectors, strict=True)
                    store.add([StoredPhoto(photo.content, photo.files, vector) for photo, vector in pairs])
        self._library.look_again()

    def _embed(self, tasks: list[Task]) -> Generator[Progress, None, None]:
        specs = dict(enumerate(embedder.spec for embedder in self._embedders))
        preparer = Preparer(self._library.root, specs, self._missing, self._thumbnails)
        began, reported, done = time.monotonic(), 0.0, 0
        with LookAhead(preparer, iter(tasks), self._threads, AHEAD) as ahead:
            while not self._cancelled():
                with contextlib.suppress(Pending):
                    try:
                        prepared = ahead.next_result(HEARTBEAT_SECONDS)
                    except StopIteration:
                        self._write()
                        self.done.complete = True
                        return
                    done += 1
                    if prepared.gone and not self._library.root.is_dir():
                        raise FolderError(self._library.root, "the folder vanished while it was indexed")
                    self._take(prepared)
                if time.monotonic() - reported >= REPORT_SECONDS:
                    reported = time.monotonic()
                    speed = done / (reported - began) if reported > began else 0.0
                    left = (len(tasks) - done) / speed if speed > 0 else None
                    yield Progress("embedding", done, len(tasks), len(self.done.skipped), speed, left)

    def _missing(self, content: bytes) -> list[int]:
        """What was there when this began: asking the server for each photo would keep the threads waiting. What others
        write meanwhile is embedded once more, and written over itself."""
        asked = np.frombuffer(content, dtype=np.uint8).reshape(1, 16)
        return [number for number, known in enumerate(self._known) if known is None or known.rows_of(asked)[0] < 0]

    def _take(self, prepared: Prepared) -> None:
        if prepared.reason is not None:
            if not prepared.gone:
                mtime_ns = prepared.mtime_ns if prepared.lasting else -1
                self._skip(prepared.task.path, prepared.size, mtime_ns, prepared.reason)
            return
        if prepared.thumbnail is not None:
            self._pictures.append((prepared.content, prepared.thumbnail))
        for number in range(len(self._stores)):
            # Copies of a photo are read before the first of them is written: they wait with it, and cost no more.
            if number in prepared.inputs and prepared.content not in self._claimed[number]:
                self._claimed[number].add(prepared.content)
                self._waiting[number].append(prepared)
            else:
                self._note(number, prepared, None)
            if len(self._waiting[number]) >= BATCH:
                self._run_network(number)
        full = max(map(len, self._made), default=0) >= WRITE_PHOTOS
        if full or time.monotonic() - self._written_at >= WRITE_SECONDS:
            self._write()

    def _run_network(self, number: int) -> None:
        waiting, embedder = self._waiting[number], self._embedders[number]
        if not waiting:
            return
        vectors = embedder.embed(np.stack([prepared.inputs[number] for prepared in waiting])).vectors
        for prepared, vector in zip(waiting, vectors, strict=True):
            if np.isfinite(vector).all():
                self._note(number, prepared, vector)
                self.done.embedded += number == 0
            else:
                reason = f"{embedder.spec.name} gives no finite embedding for it"
                self._skip(prepared.task.path, prepared.size, prepared.mtime_ns, reason)
        waiting.clear()

    def _note(self, number: int, prepared: Prepared, vector: NDArray[np.float32] | None) -> None:
        """Have a file written with the next batch."""
        file = ImageFile(prepared.task.path, prepared.size, prepared.mtime_ns)
        known = self._made[number].get(prepared.content)
        files = (file,) if known is None else (*known.files, file)
        kept = vector if vector is not None or known is None else known.vector
        self._made[number][prepared.content] = StoredPhoto(prepared.content, files, kept)

    def _write(self) -> None:
        for number in range(len(self._stores)):
            self._run_network(number)
        self._keep_what_was_made()

    def _keep_what_was_made(self) -> None:
        for store, made, claimed in zip(self._stores, self._made, self._claimed, strict=True):
            # A copy whose first has given no finite vector has none either.
            unknown = [photo.content for photo in made.values() if photo.vector is None]
            known = store.known(unknown) if unknown else set()
            store.add([photo for photo in made.values() if photo.vector is not None or photo.content in known])
            made.clear()
            if len(claimed) > 10 * WRITE_PHOTOS:
                claimed.clear()  # what was read meanwhile knows of them by the server
        if self._thumbnails is not None and self._pictures:
            self._thumbnails.put_many(self._pictures)
        self._pictures = []
        self._library.keep_unreadable(self._unreadable)
        self._written_at = time.monotonic()

    def _skip(self, path: str, size: int, mtime_ns: int, reason: str) -> None:
        self._unreadable[path] = size, mtime_ns, reason
        self.done.skipped[path] = Skipped(path, reason)


def check_source(library: ServedLibrary) -> None:
    """Raise VectorStoreError where the collections were filled from another place than the library's folder."""
    foreign = elsewhere(library)
    if foreign is not None:
        reason = f"it was filled from {foreign}, not from {library.root}; index that, or name another collection"
        raise VectorStoreError(str(library.address), reason)

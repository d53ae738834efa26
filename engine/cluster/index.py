"""Bring a store of vectors up to date with a source, on many machines: list, compare, embed, write, remove."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from engine.cluster.known import KnownFiles
from engine.cluster.source import Source
from engine.cluster.storing import Steps, Storing
from engine.cluster.worker import Outcome
from engine.errors import ClusterError
from engine.lookahead import LookAhead, Pending
from engine.rate import Rate
from engine.results import ImageFile, Progress, Skipped
from engine.settling import settle
from engine.vector_store import StoredPhoto, VectorStore

CHUNK_FILES = 1000  # of the listing, at a time
CHUNKS_AHEAD = 200
ROUND_FILES = 20_000  # a worker: what workers begin with anew, so that the driver's memory has a bound
HEARTBEAT_SECONDS = 0.1
REMOVE_PATHS = 1000


class Workers(Protocol):
    """What the embedding is done by: `engine.cluster.pipeline.Cluster`, or a stand-in on one thread."""

    workers: int

    def note_known(self, joined: bytes) -> None: ...

    def run(self, files: list[ImageFile]) -> Iterator[list[Outcome]]: ...


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """What a run did. `images` = `unchanged` + what was written now; copies of one photo share a vector."""

    source: str
    model: str
    workers: int
    images: int  # files of the source that have a vector now
    embedded: int  # vectors that were computed now
    unchanged: int  # files that the store knew as they are, and that were not read
    removed: int  # files that are gone from the source
    skipped: list[Skipped]  # by path
    seconds: float
    images_per_second: float  # files read, over the time that this took


def cluster_index(
    source: Source, store: VectorStore, model: str, open_workers: Callable[[], Workers]
) -> Generator[Progress, None, ClusterReport]:
    """Give every photo of `source` a vector in `store`, reading only what the store does not know.

    `open_workers` is called when there is something to do; whoever calls this closes what it made. Yields Progress in
    the stages "comparing", "scanning", "embedding", "waiting" (for the store's server), "removing" and "settling" (the
    server indexes what was written). Closing the generator ends it; what was written is kept, and the next run goes on
    from there. Raises EngineError.
    """
    run = _Run(source, store, open_workers)
    started = time.perf_counter()
    try:
        yield from run.work()
    finally:
        run.storing.close()
    storing = run.storing
    return ClusterReport(
        source=source.name,
        model=model,
        workers=0 if run.workers is None else run.workers.workers,
        images=run.unchanged + storing.files,
        embedded=storing.embedded,
        unchanged=run.unchanged,
        removed=run.removed,
        skipped=sorted(storing.skipped.values(), key=lambda skipped: skipped.path),
        seconds=time.perf_counter() - started,
        images_per_second=run.read / run.embedding_seconds if run.embedding_seconds else 0.0,
    )


class _Run:
    def __init__(self, source: Source, store: VectorStore, open_workers: Callable[[], Workers]) -> None:
        self.storing = Storing(store)
        self.workers: Workers | None = None
        self.unchanged = self.removed = self.read = 0
        self.embedding_seconds = 0.0
        self._source = source
        self._store = store
        self._open_workers = open_workers
        self._known = KnownFiles([])
        self._contents: list[bytes] = []
        self._rate = Rate()
        self._listed = 0
        self._all_listed = False
        self._hidden: set[str] = set()  # folders that could not be read

    def work(self) -> Steps[None]:
        yield from self._compare()
        chunks = _chunks(self._source.listing())
        with LookAhead(_same, chunks, threads=1, ahead=CHUNKS_AHEAD) as listing:
            while True:
                files, changed = yield from self._next_round(listing)
                if not files:
                    break
                yield from self._embed(files, changed)
        yield from self._remove_gone()
        yield from settle(self._store, ask=self.storing.patiently)

    def _compare(self) -> Steps[None]:
        """Read what the store holds, apart from the vectors."""
        count = 0

        def files() -> Iterator[ImageFile]:
            nonlocal count
            for photos in self._store.photos():
                self._contents.append(b"".join(photo.content for photo in photos))
                count += len(photos)
                for photo in photos:
                    yield from photo.files

        yield Progress("comparing", 0)
        self._known = KnownFiles(files())
        yield Progress("comparing", count)

    def _next_round(
        self, listing: LookAhead[list[ImageFile | Skipped], list[ImageFile | Skipped]]
    ) -> Steps[tuple[list[ImageFile], set[str]]]:
        """Files to read, as many as one round takes; none when all have been listed."""
        files: list[ImageFile] = []
        paths: set[str] = set()
        most = ROUND_FILES * max(1, 1 if self.workers is None else self.workers.workers)
        while len(files) < most and not self._all_listed:
            try:
                chunk = listing.next_result(HEARTBEAT_SECONDS)
            except StopIteration:
                self._all_listed = True
                break
            except Pending:
                yield Progress("scanning", self._listed, skipped=len(self.storing.skipped))
                continue
            found = [item for item in chunk if isinstance(item, ImageFile)]
            problems = [item for item in chunk if isinstance(item, Skipped)]
            self._hidden.update(problem.path for problem in problems)
            self.storing.skipped |= {problem.path: problem for problem in problems}
            self._listed += len(found)
            new, changed, unchanged = self._known.look(found)
            self.unchanged += unchanged
            files += new
            paths |= changed
            yield Progress("scanning", self._listed, skipped=len(self.storing.skipped))
        return files, paths

    def _embed(self, files: list[ImageFile], changed: set[str]) -> Steps[None]:
        if self.workers is None:
            self.workers = self._open_workers()
            for joined in self._contents:
                self.workers.note_known(joined)
            self._contents.clear()
        began, came = time.perf_counter(), 0
        for outcomes in self.workers.run(files):
            came += len(outcomes)
            yield from self.storing.add(outcomes, changed)
            yield self._progress(came)
        if came != len(files):
            raise ClusterError("Ray", f"answered for {came} of {len(files)} files")
        yield from self.storing.end_round()
        self.read += came
        self.embedding_seconds += time.perf_counter() - began

    def _progress(self, came: int) -> Progress:
        done = self.read + came
        total = self._listed - self.unchanged if self._all_listed else None
        speed = self._rate.at(done)
        left = (total - done) / speed if total is not None and speed > 0 else None
        return Progress("embedding", done, total, len(self.storing.skipped), speed, left)

    def _remove_gone(self) -> Steps[None]:
        """Forget files that are not in the source any more, but none that lies where the source could not be read."""
        if not self._known.unseen:
            return
        gone: list[str] = []
        for photos in self._store.photos():
            gone += self._gone(photos)
            yield Progress("removing", len(gone))
        for start in range(0, len(gone), REMOVE_PATHS):
            some = gone[start : start + REMOVE_PATHS]
            self.removed += yield from self.storing.patiently(lambda some=some: self._store.remove(some))  # type: ignore[misc]
            yield Progress("removing", self.removed, len(gone))

    def _gone(self, photos: list[StoredPhoto]) -> list[str]:
        gone = self._known.gone(file for photo in photos for file in photo.files)
        return [path for path in gone if not self._is_hidden(path)]

    def _is_hidden(self, path: str) -> bool:
        parts = path.split("/")
        return any("/".join(parts[: i + 1]) in self._hidden for i in range(len(parts)))


def _chunks(items: Iterator[ImageFile | Skipped]) -> Iterator[list[ImageFile | Skipped]]:
    while chunk := list(islice(items, CHUNK_FILES)):
        yield chunk


def _same(chunk: list[ImageFile | Skipped]) -> list[ImageFile | Skipped]:
    return chunk

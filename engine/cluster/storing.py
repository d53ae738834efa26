"""The one writer of a cluster's vectors: brings copies of a photo together, and outlasts a server that is restarted."""

import logging
import time
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from engine.cluster.worker import Outcome
from engine.errors import VectorStoreError
from engine.results import ImageFile, Progress, Skipped
from engine.vector_store import StoredPhoto, VectorStore

T = TypeVar("T")
WRITE_PHOTOS = 512
WRITE_SECONDS = 2.0  # what a kill may cost, besides what the workers have in hand
PATIENCE_SECONDS = 600.0  # that a server may be gone while the job waits for it
PAUSE_SECONDS = 2.0  # between two tries

_log = logging.getLogger(__name__)

Steps = Generator[Progress, None, T]


class Storing:
    """Takes outcomes and writes photos. `embedded` counts vectors that were computed now, `files` the files that
    have one."""

    def __init__(self, store: VectorStore, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.embedded = 0
        self.files = 0
        self.skipped: dict[str, Skipped] = {}
        self._store = store
        self._patience = patience_seconds
        self._waiting: list[StoredPhoto] = []  # to be written
        self._written_at = time.monotonic()
        self._made: set[bytes] = set()  # contents whose vectors came in this round
        self._copies: dict[bytes, list[ImageFile]] = {}  # files whose content another batch brings
        self._refused: dict[bytes, str] = {}

    def add(self, outcomes: Sequence[Outcome], changed: set[str]) -> Steps[None]:
        """Take what came of a batch; `changed` are paths that the store knows with another state. Yields Progress while
        the server is away. Raises VectorStoreError when it stays away."""
        for outcome in outcomes:
            if outcome.file.path in changed and outcome.content is not None:
                yield from self._forget_old(outcome)
            self._take(outcome)
        if len(self._waiting) >= WRITE_PHOTOS or time.monotonic() - self._written_at >= WRITE_SECONDS:
            yield from self.write()

    def write(self) -> Steps[None]:
        """Write what waits. Raises as `add` does."""
        waiting = self._waiting
        if waiting:
            yield from self.patiently(lambda: self._store.add(waiting))
        self._waiting = []
        self._written_at = time.monotonic()

    def end_round(self) -> Steps[None]:
        """All batches have come: what was promised by another one is there by now, or never comes."""
        for content, files in self._copies.items():
            reason = self._refused.get(content, "the worker that read a copy of it was lost")
            self.skipped |= {file.path: Skipped(file.path, reason) for file in files}
        self._copies.clear()
        yield from self.write()
        self._made.clear()

    def close(self) -> None:
        """Write what waits, if that can be done at once: the job was ended."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._store.add(waiting)

    def patiently(self, call: Callable[[], T]) -> Steps[T]:
        """What `call` gives, tried again while the server is away; yields Progress meanwhile."""
        deadline = time.monotonic() + self._patience
        told = False
        while True:
            try:
                return call()
            except VectorStoreError as error:
                if time.monotonic() >= deadline:
                    raise
                if not told:
                    _log.warning("%s; trying again for %.0f minutes", error, self._patience / 60)
                    told = True
            yield Progress("waiting", self.files, skipped=len(self.skipped))
            time.sleep(PAUSE_SECONDS)

    def _take(self, outcome: Outcome) -> None:
        file, content = outcome.file, outcome.content
        if outcome.reason is not None:
            self.skipped[file.path] = Skipped(file.path, outcome.reason)
            if content is not None:
                self._refused[content] = outcome.reason
            return
        assert content is not None
        if content in self._refused:
            self.skipped[file.path] = Skipped(file.path, self._refused[content])
        elif outcome.vector is not None:
            files = sorted([file, *self._copies.pop(content, [])], key=lambda file: file.path)
            self._made.add(content)
            self.embedded += 1
            self._keep(StoredPhoto(content, tuple(files), outcome.vector))
        elif outcome.known or content in self._made:
            self._keep(StoredPhoto(content, (file,)))
        else:
            self._copies.setdefault(content, []).append(file)

    def _keep(self, photo: StoredPhoto) -> None:
        self.files += len(photo.files)
        self._waiting.append(photo)

    def _forget_old(self, outcome: Outcome) -> Steps[None]:
        """A file that was changed is not what it was: its old content is no photo of the library any more, unless a
        copy of it lies elsewhere."""
        path = outcome.file.path
        old = yield from self.patiently(lambda: self._store.get(path))
        if old is not None and old.content != outcome.content:
            yield from self.patiently(lambda: self._store.remove([path]))

"""Collects what the decoding threads made into batches for the networks, and what these made into commits."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.embedder import Embedder
from engine.prepare import Prepared
from engine.results import Skipped
from engine.thumbnail_store import ThumbnailStore
from engine.writer import Batch, FileRecord, Writer

# Pictures embedded together. On a CPU larger batches are no faster, and Cancel waits for one.
BATCH = 16
# Files begun before their turn: enough for the decoding threads to stay busy while a batch is embedded.
AHEAD = 2 * BATCH
COMMIT_SECONDS = 1.0  # what a kill may cost; the fsyncs of a commit take some milliseconds
COMMIT_FILES = 2048


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One picture that waits for one network."""

    path: str
    content: bytes
    pixels: NDArray[np.float32]  # [3, h, w]


class Assembly:
    """Takes files in order; embeds when a batch is full, commits when a second has passed.

    `embedded` counts the photos that a network ran for, of those whose vectors are in the index or about to be.
    """

    def __init__(
        self,
        writer: Writer,
        embedders: Mapping[int, Embedder],
        thumbnails: ThumbnailStore | None,
        skipped: dict[str, Skipped],
    ) -> None:
        """`embedders` by the number of their model; `skipped`, by path, is added to."""
        self.embedded = 0
        self._writer = writer
        self._embedders = embedders
        self._thumbnails = thumbnails
        self._skipped = skipped
        self._queues: dict[int, list[_Wanted]] = {number: [] for number in embedders}
        self._waiting: list[tuple[FileRecord, bool]] = []  # files whose vectors are not made yet; whether they need any
        self._batch = Batch()
        self._pictures: list[tuple[bytes, bytes]] = []  # content and thumbnail
        self._claims: dict[tuple[bytes, int], int] = {}  # content and model → which file claimed it, counted
        self._added = 0
        self._commits: deque[int] = deque()  # how many files had been added at each of the last commits
        self._committed_at = time.monotonic()
        self._broken = False

    def add(self, prepared: Prepared) -> None:
        """Take the next file. Raises ModelError and StoreError."""
        self._added += 1
        if prepared.reason is not None:
            self._skip(prepared)
        else:
            self._enqueue(prepared)
        if any(len(queue) >= BATCH for queue in self._queues.values()):
            self._embed()
        files = len(self._batch.files) + len(self._waiting)
        if files >= COMMIT_FILES or time.monotonic() - self._committed_at >= COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Embed and commit everything that was added. Raises ModelError and StoreError."""
        self._embed()
        self._commit()

    def close(self) -> None:
        """Commit what is embedded already; what still waits for a network is left to the next indexing."""
        if not self._broken:
            self._commit()

    def _skip(self, prepared: Prepared) -> None:
        path, reason = prepared.task.path, prepared.reason or ""
        self._skipped[path] = Skipped(path, reason)
        # What the index has of a file must not be lost because it could not be read this once.
        if prepared.lasting or not (prepared.gone or prepared.task.known):
            mtime_ns = prepared.mtime_ns if prepared.lasting else None
            self._batch.files.append(FileRecord(path, prepared.size, mtime_ns, reason=reason))

    def _enqueue(self, prepared: Prepared) -> None:
        needed = False
        for number, pixels in prepared.inputs.items():
            # Copies of a photo are read before the first of them is in the index.
            if self._claims.setdefault((prepared.content, number), self._added) == self._added:
                self._queues[number].append(_Wanted(prepared.task.path, prepared.content, pixels))
                needed = True
        if prepared.thumbnail is not None:
            self._pictures.append((prepared.content, prepared.thumbnail))
        record = FileRecord(
            prepared.task.path,
            prepared.size,
            prepared.mtime_ns,
            prepared.content,
            prepared.width,
            prepared.height,
        )
        self._waiting.append((record, needed))

    def _embed(self) -> None:
        for number, queue in self._queues.items():
            for start in range(0, len(queue), BATCH):
                self._embed_some(number, queue[start : start + BATCH])
            queue.clear()
        self._batch.files += [record for record, _ in self._waiting]
        self.embedded += sum(needed for _, needed in self._waiting)
        self._waiting.clear()

    def _embed_some(self, number: int, wanted: list[_Wanted]) -> None:
        embedder = self._embedders[number]
        vectors = embedder.embed(np.stack([picture.pixels for picture in wanted])).vectors
        made = self._batch.vectors.setdefault(number, [])
        for picture, vector in zip(wanted, vectors, strict=True):
            if np.isfinite(vector).all():
                made.append((picture.content, vector))
                continue
            reason = f"{embedder.spec.name} gives no finite embedding for it"
            self._skipped[picture.path] = Skipped(picture.path, reason)
            self._batch.refused.append((picture.content, number, reason))

    def _commit(self) -> None:
        if self._batch:
            try:
                self._writer.commit(self._batch)
            except BaseException:
                self._broken = True  # and not to be tried again by close()
                raise
        if self._thumbnails is not None and self._pictures:
            self._thumbnails.put_many(self._pictures)
        self._batch = Batch()
        self._pictures = []
        self._committed_at = time.monotonic()
        # Files that were read before this commit may still think that its contents are new, and AHEAD of them may be:
        # its claims are done with only when so many more have come.
        self._commits.append(self._added)
        over = 0
        while self._commits[0] < self._added - AHEAD:
            over = self._commits.popleft()
        while self._claims and next(iter(self._claims.values())) <= over:
            del self._claims[next(iter(self._claims))]

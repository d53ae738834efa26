"""What one worker does with a batch of files: read, hash, and embed what nobody has embedded yet."""

import hashlib
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.assembly import BATCH
from engine.cluster.ledger import KNOWN, MINE
from engine.cluster.source import Source
from engine.decode import hash_content, load_bytes
from engine.embedder import Embedder, open_embedder
from engine.errors import ClusterError, DecodeError
from engine.lookahead import LookAhead
from engine.prepare import UnreadableError
from engine.preprocess import decode_side, preprocess
from engine.results import ImageFile
from engine.spec import ModelSpec, find_model
from engine.thumbnail_store import THUMBNAIL_SIDE

if TYPE_CHECKING:
    pass

# Photos are hashed and asked about together; a batch of the network is a part of these.
ASK_FILES = 2 * BATCH
ASK_BYTES = 32 << 20
AHEAD = 8  # files read before their turn, besides those that are asked about


class LedgerCalls(Protocol):
    """A ledger as a worker reaches it, in whatever process it lies."""

    def begin(self, batch: bytes) -> tuple[bool, list[int]]: ...

    def trying(self, batch: bytes, row: int) -> None: ...

    def end(self, batch: bytes) -> None: ...

    def claim(self, batch: bytes, contents: Sequence[bytes]) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model as it travels to other machines: its name, its SHA-256, and the files that it is made of."""

    name: str
    sha256: str
    files: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, spec: ModelSpec) -> "ModelFiles":
        """Raises ModelError where a file is gone or has changed."""
        specs = [spec] if spec.base is None else [spec, spec.base]
        checked = spec.sha256
        return cls(spec.name, checked, tuple((one.path.name, one.path.read_bytes()) for one in specs))

    def open(self, folder: Path, provider: str | None, threads: int) -> Embedder:
        """Write the files into `folder` and load the model. Raises ModelError and ClusterError."""
        for name, data in self.files:
            (folder / name).write_bytes(data)
        spec = find_model(self.name, [folder])
        if spec.sha256 != self.sha256:
            raise ClusterError(platform.node(), f"the model {self.name} did not arrive as it was sent")
        return open_embedder(spec, provider, threads)


@dataclass(slots=True)
class Outcome:
    """What came of one file: `reason` says why it was left out. `content` is the hash of what could be read; `known`,
    that the store has it. `vector` float32 [D] is there where it was computed now; where it is not, and nothing else
    is said, another batch brings it. `failure`: why the whole job must end."""

    file: ImageFile
    content: bytes | None = None
    known: bool = False
    vector: NDArray[np.float32] | None = None
    reason: str | None = None
    failure: str | None = None


@dataclass(slots=True)
class _Read:
    """A file that was read, or the reason why not."""

    row: int
    file: ImageFile
    data: bytes = b""
    content: bytes = b""
    reason: str | None = None


class Worker:
    """Callable: batch → outcomes, in the same order. A bad file is an outcome; never an exception."""

    def __init__(self, source: Source, embedder: Embedder, ledger: LedgerCalls) -> None:
        self._source = source
        self._embedder = embedder
        self._ledger = ledger
        # As `engine.prepare` decodes: the same photo has the same vector here as on a desktop.
        self._side = max(THUMBNAIL_SIDE, decode_side(embedder.spec))

    def __call__(self, files: Sequence[ImageFile]) -> list[Outcome]:
        batch = batch_name(files)
        careful, culprits = self._ledger.begin(batch)
        left_out = set(culprits)
        outcomes: dict[int, Outcome] = {
            row: Outcome(files[row], reason="a worker died of it, again and again") for row in left_out
        }
        rows = [row for row in range(len(files)) if row not in left_out]
        reading = self._one_by_one(batch, files, rows) if careful else self._ahead(files, rows)
        for some in reading:
            outcomes |= self._embed(batch, some)
        self._ledger.end(batch)
        return [outcomes[row] for row in range(len(files))]

    def _one_by_one(self, batch: bytes, files: Sequence[ImageFile], rows: Iterable[int]) -> Iterator[list[_Read]]:
        for row in rows:
            self._ledger.trying(batch, row)
            yield [self._read(row, files[row])]

    def _ahead(self, files: Sequence[ImageFile], rows: list[int]) -> Iterator[list[_Read]]:
        """Groups of files, the next being read meanwhile."""
        group: list[_Read] = []
        size = 0
        with LookAhead(lambda row: self._read(row, files[row]), iter(rows), self._source.readers, AHEAD) as ahead:
            for read in ahead:
                group.append(read)
                size += len(read.data)
                if len(group) >= ASK_FILES or size >= ASK_BYTES:
                    yield group
                    group, size = [], 0
        if group:
            yield group

    def _read(self, row: int, file: ImageFile) -> _Read:
        try:
            data, found = self._source.read(file)
        except UnreadableError as error:
            return _Read(row, file, reason=error.reason)
        return _Read(row, found, data, hash_content(data))

    def _embed(self, batch: bytes, reads: Sequence[_Read]) -> dict[int, Outcome]:
        outcomes = {read.row: Outcome(read.file, reason=read.reason) for read in reads}
        contents = list(dict.fromkeys(read.content for read in reads if read.reason is None))
        claims = dict(zip(contents, self._ledger.claim(batch, contents), strict=True)) if contents else {}
        wanted: dict[bytes, NDArray[np.float32]] = {}
        refused: dict[bytes, str] = {}
        for read in reads:
            content = read.content
            if read.reason is not None or content in wanted or content in refused or claims[content] != MINE:
                continue
            try:
                decoded = load_bytes(read.data, read.file.path, self._side, content)
                wanted[content] = preprocess(decoded.rgb, self._embedder.spec)
            except DecodeError as error:
                refused[content] = error.reason
            read.data = b""
        vectors = self._run(wanted)
        for content, vector in list(vectors.items()):
            if not np.isfinite(vector).all():
                refused[content] = f"{self._embedder.spec.name} gives no finite embedding for it"
                del vectors[content]
        for read in reads:
            outcome = outcomes[read.row]
            if outcome.reason is None:
                outcome.content = read.content
                outcome.known = claims[read.content] == KNOWN
                outcome.reason = refused.get(read.content)
                outcome.vector = vectors.pop(read.content, None)
        return outcomes

    def _run(self, wanted: dict[bytes, NDArray[np.float32]]) -> dict[bytes, NDArray[np.float32]]:
        found: dict[bytes, NDArray[np.float32]] = {}
        contents = list(wanted)
        for start in range(0, len(contents), BATCH):
            some = contents[start : start + BATCH]
            vectors = self._embedder.embed(np.stack([wanted[content] for content in some])).vectors
            found |= dict(zip(some, vectors, strict=True))
        return found


def batch_name(files: Sequence[ImageFile]) -> bytes:
    """What a batch is known by when it is begun again."""
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        digest.update(os.fsencode(file.path) + b"\0")
    return digest.digest()

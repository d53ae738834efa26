"""The seam between the product and whatever holds the vectors of one library by one model: here, or on a server."""

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import VectorStoreError
from engine.metric import Metric
from engine.results import ImageFile
from engine.spec import ModelSpec

TOKEN = "SEMBLANCE_STORE_TOKEN"  # noqa: S105 - the names of two variables
TOKEN_FILE = "SEMBLANCE_STORE_TOKEN_FILE"  # noqa: S105
DEFAULT_PORT = 19530
SCHEMES = {"milvus": "http", "milvus+tls": "https"}
_COLLECTION = r"[A-Za-z_][A-Za-z0-9_]{0,199}"


@dataclass(frozen=True, slots=True, eq=False)
class StoredPhoto:
    """One content, the files that have it, and its vector.

    `content` is the hash of the bytes, 16 bytes; `files` are all copies of the photo, relative to the source that was
    indexed. `vector` float32 [D]; None where it was not asked for, and in `add` where the store has it already.
    """

    content: bytes
    files: tuple[ImageFile, ...]
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What a store's search found for one query: contents, the nearest first, and how far they are by its own
    arithmetic, float64 [K]. Distances that are shown come from `engine.metric` instead."""

    contents: tuple[bytes, ...]
    distances: NDArray[np.float64]


class VectorStore(Protocol):
    """The vectors of one library by one model. Every method raises VectorStoreError or StoreError within seconds where
    the store does not answer; each may be called from any thread."""

    @property
    def dimension(self) -> int:
        """The length of each vector."""

    @property
    def approximate(self) -> bool:
        """Whether `search` may miss a photo that is among the nearest."""

    def add(self, photos: Sequence[StoredPhoto]) -> None:
        """Write photos, each content once. One that is there already is the same entity still, with the files of both.
        Writing the same twice changes nothing. A file that had another content before is to be removed first; where
        that did not come to pass, its later state counts."""

    def known(self, contents: Collection[bytes]) -> set[bytes]:
        """Those of `contents` that need not be embedded again."""

    def remove(self, paths: Collection[str]) -> int:
        """Forget files; returns how many were there. A content whose last file goes is gone, too."""

    def search(self, queries: NDArray[np.float32], metric: Metric, k: int, *, folder: str = "") -> list[Hits]:
        """The `k` nearest contents for each of `queries` float32 [Q, D], of those with a file beneath `folder`
        (relative, with `/`; "": of all). `k` is at most `MOST_HITS`."""

    def count(self) -> int:
        """How many contents there are."""

    def get(self, path: str) -> StoredPhoto | None:
        """The photo that the file `path` is, with its vector, or None."""

    def vectors(self, contents: Sequence[bytes]) -> NDArray[np.float32]:
        """The vectors of contents that are there, float32 [K, D]. Raises VectorStoreError where one is not."""

    def photos(self) -> Iterator[list[StoredPhoto]]:
        """Everything there is, in blocks and without vectors, in no order."""

    def state(self) -> str:
        """A text that is another one after each change."""

    def flush(self) -> None:
        """Have on the server's disks what was added until now."""

    def indexed(self) -> tuple[int, int]:
        """Of the vectors that are on the server's disks: how many a search finds through its index, and how many there
        are. Vectors so few that they are compared one by one count as found."""

    def close(self) -> None:
        """Let go of the connection."""


MOST_HITS = 16_384  # of one search: Milvus's own limit


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where vectors lie on a server: `milvus://HOST:PORT/COLLECTION`, and the token, which is never shown."""

    scheme: str
    host: str
    port: int
    collection: str
    token: str = field(default="", repr=False, compare=False)

    @classmethod
    def parse(cls, text: str, token: str = "") -> "StoreAddress":
        """Read an address. Raises VectorStoreError; a password in it is refused, and not repeated."""
        scheme, separator, rest = text.partition("://")
        if "@" in rest:
            reason = f"a user or password does not belong in it; put the token into ${TOKEN} or a file (${TOKEN_FILE})"
            raise VectorStoreError(f"{scheme}://…", reason)
        found = re.fullmatch(rf"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{{1,5}}))?/({_COLLECTION})/?", rest)
        if scheme not in SCHEMES or not separator or found is None:
            raise VectorStoreError(text, "an address looks like milvus://HOST:PORT/COLLECTION")
        port = int(found[2] or DEFAULT_PORT)
        if not 0 < port < 65_536:
            raise VectorStoreError(text, f"{port} is no port")
        return cls(scheme, found[1], port, found[3], token)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/{self.collection}"

    @property
    def uri(self) -> str:
        """The server, as its client wants it."""
        return f"{SCHEMES[self.scheme]}://{self.host}:{self.port}"

    def collection_of(self, spec: ModelSpec) -> str:
        """The name of a model's collection: one address serves many models."""
        return f"{self.collection}_{spec.sha256[:16]}"


def read_token(file: Path | None = None) -> str:
    """The token for the server: from `file`, else from the environment, else none. Raises VectorStoreError for a file
    that cannot be read."""
    named = file if file is not None else Path(os.environ[TOKEN_FILE]) if os.environ.get(TOKEN_FILE) else None
    if named is None:
        return os.environ.get(TOKEN, "").strip()
    try:
        return named.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise VectorStoreError(str(named), f"the token cannot be read from it ({reason})") from error


def primary_key(content: bytes, model_sha256: str) -> str:
    """The key of a content's vector by a model: the same wherever and whenever it is written; 32 hexadecimal digits."""
    return hashlib.blake2b(content + bytes.fromhex(model_sha256), digest_size=16).hexdigest()


def open_vector_store(
    address: StoreAddress, spec: ModelSpec, *, create: bool = False, source: str = ""
) -> VectorStore | None:
    """The store of a model's vectors at an address; None where nothing was indexed by it yet and `create` is not
    asked for. `source` is noted in what is made. Raises VectorStoreError."""
    from engine.milvus_store import MilvusStore  # an extra: imported by whoever uses it

    return MilvusStore.open(address, spec, create=create, source=source)


def merged(photos: Iterable[StoredPhoto]) -> dict[bytes, StoredPhoto]:
    """The photos by content; those that are one content become one photo with all their files, by path."""
    found: dict[bytes, StoredPhoto] = {}
    for photo in photos:
        known = found.get(photo.content)
        if known is not None:
            files = {file.path: file for file in (*known.files, *photo.files)}
            vector = known.vector if photo.vector is None else photo.vector
            photo = StoredPhoto(photo.content, tuple(files[path] for path in sorted(files)), vector)
        found[photo.content] = photo
    return found

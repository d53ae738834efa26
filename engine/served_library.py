"""A library whose vectors lie on a server, with the surface of the embedded one: commands and the window use either."""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.atomic import replacing
from engine.catalogue import Catalogue, read_catalogue, together
from engine.errors import FolderError, StoreError
from engine.file_table import FileTable
from engine.gallery import Gallery
from engine.library import Library
from engine.milvus_client import Server
from engine.milvus_store import MilvusStore
from engine.path_table import PathTable
from engine.results import Skipped
from engine.served_gallery import ServedGallery
from engine.spec import ModelSpec
from engine.store import LOCK_SECONDS, Store, resolved
from engine.vector_store import StoreAddress

# While others write, each look finds the collection changed. Reading it again may take this share of the time.
READING_SHARE = 0.2

_log = logging.getLogger(__name__)


class ServedStore(Store):
    """The index of this machine, but for files and vectors, which are a server's: pairs that were called different,
    own models and kept maps stay here. Whatever needs the server raises VectorStoreError."""

    served = True

    def __init__(self, data_dir: Path, address: StoreAddress, lock_seconds: float = LOCK_SECONDS) -> None:
        super().__init__(data_dir, lock_seconds)
        self.address = address
        self.server = Server(address)
        self._served: dict[Path, ServedLibrary] = {}

    def close(self) -> None:
        self.server.close()
        super().close()

    def library(self, root: Path) -> "ServedLibrary":
        """The collections as a library whose photos lie in `root`. Raises FolderError where there is none."""
        root = resolved(root)
        if not root.is_dir():
            raise FolderError(root, "there is no such folder")
        with self._cache_lock:
            known = self._served.get(root)
            if known is None:
                known = self._served[root] = ServedLibrary(self, root)
            return known

    def drop_model(self, sha256: str) -> None:
        """Forget a model: its collection, and what is kept of it here."""
        for library in self._served.values():
            library.forget_model(sha256)
        name = f"{self.address.collection}_{sha256[:16]}"
        self.server.call(lambda client, seconds: client.drop_collection(name, timeout=seconds))
        super().drop_model(sha256)


class ServedLibrary(Library):
    """The photos of a server's collections, as of the last look. `root` is where their files lie on this machine."""

    def __init__(self, store: ServedStore, root: Path) -> None:
        digest = hashlib.blake2b(f"{store.address}\0{root}".encode(errors="surrogatepass"), digest_size=6).digest()
        super().__init__(store, int.from_bytes(digest, "big"), root)
        self._served = store
        self._looking = threading.RLock()
        self._stores: dict[str, MilvusStore] = {}
        self._catalogues: dict[str, Catalogue] = {}
        self._read_until: dict[str, float] = {}
        self._table: FileTable | None = None
        self._unreadable_file = store.data_dir / "servers" / f"{digest.hex()}.json"

    @property
    def generation(self) -> int:
        return self.files().generation

    def files(self) -> FileTable:
        with self._looking:
            self._look()
            return self._joined()

    def gallery(self, spec: ModelSpec) -> Gallery:
        with self._looking:
            files = self.files()
            store, catalogue = self._of(spec)
            if store is None or catalogue is None:
                nothing = np.empty((0, spec.embedding_size), dtype=np.float32)
                return Gallery(PathTable.from_sorted(()), nothing, np.empty(0, np.int64), spec.name, files.generation)
            key = (files.generation,)
            cached = self._galleries.get(spec.sha256)
            if cached is not None and cached[0] == key and cached[1].model == spec.name:
                return cached[1]
            rows = catalogue.rows_of(files.content)
            present = np.flatnonzero(rows >= 0)
            paths = files.paths.take(present)
            made = ServedGallery(paths, store, catalogue.contents, rows[present], spec.name, files.generation)
            self._galleries[spec.sha256] = key, made
            return made

    def rows(self, spec: ModelSpec) -> NDArray[np.int64]:
        with self._looking:
            files = self.files()
            _, catalogue = self._of(spec)
            return np.full(len(files), -1, dtype=np.int64) if catalogue is None else catalogue.rows_of(files.content)

    def skipped(self) -> list[Skipped]:
        return sorted(
            (Skipped(path, known[2]) for path, known in self.unreadable().items()), key=lambda item: item.path
        )

    def refused(self) -> list[Skipped]:
        return []

    def save_snapshots(self, specs: Iterable[ModelSpec]) -> None:
        """Nothing: what the next opening wants is kept whenever it was read."""

    def kept_key(self, spec: ModelSpec) -> dict[str, Any] | None:
        with self._looking:
            generation = self.files().generation
            _, catalogue = self._of(spec)
        if catalogue is None:
            return None
        # Rows are positions in a catalogue: another one after each change.
        return self._key(generation) | {"model": spec.sha256[:16]}

    # What the indexing of a served library needs.

    def store_of(self, spec: ModelSpec, *, create: bool) -> MilvusStore | None:
        """Where a model's vectors are. Raises VectorStoreError."""
        with self._looking:
            self._look()
            store, _ = self._of(spec)
            if store is None and create:
                store = MilvusStore.open(
                    self._served.address, spec, create=True, source=str(self.root), server=self._served.server
                )
                assert store is not None
                self._stores[store.name] = store
            return store

    @property
    def address(self) -> StoreAddress:
        """Where the vectors are."""
        return self._served.address

    def catalogue(self, spec: ModelSpec) -> Catalogue | None:
        """What a model's collection has, as of the last look."""
        with self._looking:
            self._look()
            return self._of(spec)[1]

    def stores(self) -> list[MilvusStore]:
        """The stores of every model that there is."""
        with self._looking:
            self._look()
            return list(self._stores.values())

    def sources(self) -> set[str]:
        """What the collections say that their photos come from."""
        with self._looking:
            self._look()
            return {store.about.source for store in self._stores.values() if store.about.source}

    def look_again(self) -> None:
        """Read what has changed at the next look, however soon that is."""
        with self._looking:
            self._read_until.clear()

    def forget_model(self, sha256: str) -> None:
        """The model's collection is about to go."""
        with self._looking:
            self._stores = {name: store for name, store in self._stores.items() if store.about.sha256 != sha256}

    def unreadable(self) -> dict[str, tuple[int, int, str]]:
        """Files that an indexing on this machine could not read: size, mtime (ns) and reason by path."""
        try:
            known = json.loads(self._unreadable_file.read_bytes())
            return {str(path): (int(size), int(mtime), str(reason)) for path, (size, mtime, reason) in known.items()}
        except (OSError, ValueError, TypeError, AttributeError):  # none yet, or a damaged one: they are read again
            return {}

    def keep_unreadable(self, files: Mapping[str, tuple[int, int, str]]) -> None:
        """Remember these, and no others, so that they need not be read again while they stay the same."""
        try:
            self._unreadable_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replacing(self._unreadable_file) as file:
                file.write(json.dumps(files).encode())
        except OSError as error:
            raise StoreError(self._unreadable_file, error.strerror or str(error)) from error

    def _of(self, spec: ModelSpec) -> tuple[MilvusStore | None, Catalogue | None]:
        name = self._served.address.collection_of(spec)
        store = self._stores.get(name)
        if store is not None and store.about.dimension != spec.embedding_size:
            store = MilvusStore.open(self._served.address, spec, server=self._served.server)  # says what is wrong
        return store, self._catalogues.get(name)

    def _look(self) -> None:
        """Bring the catalogues up to what the server has, where they may be read again."""
        stores, gone = MilvusStore.open_all(self._served.server, self._stores)
        self._stores = {name: one for name, one in self._stores.items() if name not in gone}
        self._stores |= {store.name: store for store in stores}
        known = {name: one for name, one in self._catalogues.items() if name in self._stores}
        for name, store in self._stores.items():
            state = store.state()
            before = known.get(name)
            if before is not None and (before.state == state or time.monotonic() < self._read_until.get(name, 0.0)):
                continue
            began = time.monotonic()
            known[name] = self._kept(store, state) or self._read(store, state)
            spent = time.monotonic() - began
            self._read_until[name] = time.monotonic() + spent / READING_SHARE
        if known != self._catalogues:
            self._catalogues, self._table = known, None

    def _kept(self, store: MilvusStore, state: str) -> Catalogue | None:
        arrays = self._served.load_snapshot(f"catalogue-{store.name}", _key(self._served, state))
        return None if arrays is None else Catalogue.from_arrays(state, arrays)

    def _read(self, store: MilvusStore, state: str) -> Catalogue:
        catalogue = read_catalogue(store, state)
        self._served.save_snapshot(f"catalogue-{store.name}", _key(self._served, state), catalogue.arrays())
        return catalogue

    def _joined(self) -> FileTable:
        if self._table is None:
            states = [f"{self._served.address}", *(f"{n} {one.state}" for n, one in sorted(self._catalogues.items()))]
            self._table = together(list(self._catalogues.values()), _number("\n".join(states)))
        return self._table


def _key(store: ServedStore, state: str) -> dict[str, Any]:
    address = str(store.address)
    return {"server": address, "state": state, "generation": _number(f"{address}\n{state}")}


def _number(text: str) -> int:
    """A number that is another one for another text; as SQLite and numpy hold it."""
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "big") >> 1

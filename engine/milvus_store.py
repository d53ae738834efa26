"""Vectors in Milvus: one collection a model, one entity a photo's content, found through an HNSW index."""

import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import milvus_rows as rows
from engine.errors import VectorStoreError
from engine.metric import Metric, pairwise_distance
from engine.milvus_client import STALE_SECONDS, Server
from engine.spec import ModelSpec
from engine.vector_store import MOST_HITS, Hits, StoreAddress, StoredPhoto, merged, primary_key

if TYPE_CHECKING:
    from pymilvus import MilvusClient

# HNSW: 2 · M neighbours a vector, chosen among EF_BUILD. A search looks at EF_TIMES as many as are asked for, and at
# EF_LEAST: measured with 10,300 and 1,000,000 vectors, less loses photos.
M, EF_BUILD = 32, 360
EF_TIMES, EF_LEAST, EF_MOST = 2, 256, 32_768
ROWS_AT_ONCE = 1000  # entities in a message, fewer of long vectors
BYTES_AT_ONCE = 16 << 20
KEYS_AT_ONCE = 5_000  # looked up in one message, where vectors are not asked for
HITS_AT_ONCE = 100_000  # of all queries of a message
PATHS_AT_ONCE = 200  # looked for in one pass over the collection
UNINDEXED_ROWS = 1024  # Milvus's own bound, below which it compares the vectors of a segment one by one
TOLD_SECONDS = 1.0  # between two notes that the collection has changed: each is one to the whole cluster
_METRICS = {Metric.COSINE: "COSINE", Metric.EUCLIDEAN: "L2"}
_FRESH, _SOON = "Strong", "Bounded"

_log = logging.getLogger(__name__)


class MilvusStore:
    """A `VectorStore` in a collection of a Milvus server (2.3.5 or newer).

    The collection's description says whose it is. A property of it is renewed after each change, so that others see
    that there was one.
    """

    approximate = True

    def __init__(self, server: Server, name: str, about: rows.About) -> None:
        self.about = about
        self.name = name
        self._server = server
        self._name = name
        self._model = about.sha256
        self._metric = about.metric
        self._dimension = about.dimension
        self._rows = max(1, min(ROWS_AT_ONCE, BYTES_AT_ONCE // (4 * self._dimension)))
        self._lock = threading.Lock()
        self._state = ""
        self._changed_at = time.monotonic()  # what was written by others a moment before has to be found, too
        self._told_at = -TOLD_SECONDS
        self._untold = False

    @classmethod
    def open(
        cls,
        address: StoreAddress,
        spec: ModelSpec,
        *,
        create: bool = False,
        source: str = "",
        server: Server | None = None,
    ) -> "MilvusStore | None":
        """See `open_vector_store`. Raises VectorStoreError, also for another model's collection. `server`: the
        connection to use, instead of one of its own."""
        connected = server or Server(address)
        name = address.collection_of(spec)
        try:
            found = None
            if create or name in collections(connected):
                if create and name not in collections(connected):
                    _create(connected, name, spec, source)
                found = cls._opened(connected, name, spec)
        except BaseException:
            if server is None:
                connected.close()
            raise
        if found is None and server is None:
            connected.close()
        return found

    @classmethod
    def open_all(cls, server: Server, but: Collection[str]) -> tuple[list["MilvusStore"], set[str]]:
        """The stores of all models at the server's address except for those of the names `but`, and which of these are
        there no more."""
        names = collections(server)
        return [cls._opened(server, name) for name in names if name not in but], set(but).difference(names)

    @classmethod
    def _opened(cls, server: Server, name: str, spec: ModelSpec | None = None) -> "MilvusStore":
        found = server.call(lambda client, seconds: client.describe_collection(name, timeout=seconds))
        about = rows.checked_description(str(server.address), name, found, spec)
        # After a restart of the server it may take a while until the collection can be searched.
        server.call(lambda client, seconds: client.load_collection(name, timeout=seconds))
        return cls(server, name, about)

    @property
    def source(self) -> str:
        """The folder or address that the collection was filled from; "" where it does not say."""
        return self.about.source

    @property
    def dimension(self) -> int:
        return self._dimension

    def add(self, photos: Sequence[StoredPhoto]) -> None:
        wanted = list(merged(photos).values())
        for start in range(0, len(wanted), KEYS_AT_ONCE):
            entities = self._entities(wanted[start : start + KEYS_AT_ONCE])
            while some := list(islice(entities, self._rows)):
                self._call(partial(_upsert, self._name, some))
                self._changed()

    def _entities(self, photos: list[StoredPhoto]) -> Iterator[dict[str, Any]]:
        """The rows to write for photos, those that are there as they are left out."""
        keys = {self._key(photo.content): photo for photo in photos}
        fields = [*rows.FILE_FIELDS]
        if any(photo.vector is None for photo in photos):
            fields.append("vector")
        known = {row["id"]: row for row in self._get(list(keys), fields)}
        for key, photo in keys.items():
            there = known.get(key)
            files = photo.files
            if there is not None:
                before = rows.read_files(there)
                by_path = {file.path: file for file in (*before, *photo.files)}
                files = tuple(by_path[path] for path in sorted(by_path))
                if set(files) == set(before):  # nothing to write: a run that goes on where another one ended
                    continue
            vector = photo.vector if photo.vector is not None or there is None else np.float32(there["vector"])
            if vector is None or np.shape(vector) != (self._dimension,) or not np.isfinite(vector).all():
                raise VectorStoreError(self.place, f"a photo to add has no vector of {self._dimension} finite numbers")
            yield rows.entity(key, photo.content, files, np.asarray(vector, dtype=np.float32))

    def known(self, contents: Collection[bytes]) -> set[bytes]:
        keys = {self._key(content): content for content in contents}
        return {keys[row["id"]] for row in self._get(list(keys), ["id"])}

    def remove(self, paths: Collection[str]) -> int:
        wanted, removed = sorted(set(paths)), 0
        for start in range(0, len(wanted), PATHS_AT_ONCE):
            removed += self._remove_some(set(wanted[start : start + PATHS_AT_ONCE]))
        return removed

    def _remove_some(self, paths: set[str]) -> int:
        texts = [rows.stored_path(path) for path in sorted(paths)]
        fields = ["id", "content", *rows.FILE_FIELDS, "vector"]
        found = self._query(f"ARRAY_CONTAINS_ANY(paths, {rows.literal(texts)})", fields)
        gone, left, removed = [], [], 0
        for row in found:
            files = rows.read_files(row)
            kept = tuple(file for file in files if file.path not in paths)
            removed += len(files) - len(kept)
            if kept:
                vector = np.asarray(row["vector"], dtype=np.float32)
                left.append(rows.entity(row["id"], bytes.fromhex(row["content"]), kept, vector))
            else:
                gone.append(row["id"])
        if left:
            self._call(lambda client, seconds: client.upsert(self._name, left, timeout=seconds))
        if gone:
            self._call(lambda client, seconds: client.delete(self._name, ids=gone, timeout=seconds))
        if removed:
            self._changed()
        return removed

    def ranks(self, metric: Metric) -> bool:
        """Whether the server's index knows the order by this distance: for vectors of length 1 both are alike."""
        return metric is self._metric or self.about.unit_norm

    def search(self, queries: NDArray[np.float32], metric: Metric, k: int, *, folder: str = "") -> list[Hits]:
        queries = np.asarray(queries, dtype=np.float32)
        if queries.ndim != 2 or queries.shape[1] != self._dimension or not np.isfinite(queries).all():
            raise ValueError(f"queries {queries.shape} do not fit vectors of {self._dimension} numbers")
        if not 0 < k <= MOST_HITS:
            raise ValueError(f"k is {k}")
        if not self.ranks(metric):
            return self._search_exactly(queries, metric, k, folder)
        found: list[Hits] = []
        at_once = max(1, HITS_AT_ONCE // k)
        for start in range(0, len(queries), at_once):
            found += self._search_some(queries[start : start + at_once], metric, k, folder)
        return found

    def _search_some(self, queries: NDArray[np.float32], metric: Metric, k: int, folder: str) -> list[Hits]:
        ef = min(EF_MOST, max(EF_LEAST, EF_TIMES * k))
        asked: dict[str, Any] = {
            "data": [query.tolist() for query in queries],
            "anns_field": "vector",
            "limit": k,
            "filter": rows.beneath(folder),
            "output_fields": ["content"],
            "search_params": {"metric_type": _METRICS[self._metric], "params": {"ef": ef}},
            "consistency_level": self._consistency(),
        }
        answers = self._call(lambda client, seconds: client.search(self._name, timeout=seconds, **asked))
        return [
            Hits(
                tuple(bytes.fromhex(hit["entity"]["content"]) for hit in answer),
                rows.distances([hit["distance"] for hit in answer], self._metric, metric),
            )
            for answer in answers
        ]

    def _search_exactly(self, queries: NDArray[np.float32], metric: Metric, k: int, folder: str) -> list[Hits]:
        """By reading every vector: where the index knows another order than the one that is asked for."""
        contents: list[list[bytes]] = [[] for _ in queries]
        distances = [np.empty(0) for _ in queries]
        for block in self._iterate(rows.beneath(folder), ["content", "vector"]):
            names = [bytes.fromhex(row["content"]) for row in block]
            vectors = np.array([row["vector"] for row in block], dtype=np.float32)
            for number, query in enumerate(queries):
                together = np.concatenate([distances[number], pairwise_distance(vectors, query, metric)])
                nearest = np.argsort(together, kind="stable")[:k]
                known = contents[number] + names
                contents[number] = [known[i] for i in nearest.tolist()]
                distances[number] = together[nearest]
        return [Hits(tuple(names), found) for names, found in zip(contents, distances, strict=True)]

    def count(self) -> int:
        return int(self._query("", ["count(*)"])[0]["count(*)"])

    def get(self, path: str) -> StoredPhoto | None:
        text = rows.literal(rows.stored_path(path))
        found = self._query(f"ARRAY_CONTAINS(paths, {text})", ["content", *rows.FILE_FIELDS, "vector"])
        photos = [rows.photo(row) for row in found]
        # Of a file that was changed while its old content was not removed yet, the later one is it.
        times = [max(file.mtime_ns for file in photo.files if file.path == path) for photo in photos]
        return photos[int(np.argmax(times))] if photos else None

    def vectors(self, contents: Sequence[bytes]) -> NDArray[np.float32]:
        found = np.empty((len(contents), self._dimension), dtype=np.float32)
        for start in range(0, len(contents), self._rows):
            keys = [self._key(content) for content in contents[start : start + self._rows]]
            by_key = {row["id"]: row["vector"] for row in self._get(sorted(set(keys)), ["id", "vector"])}
            if len(by_key) < len(set(keys)):
                raise VectorStoreError(self.place, "some photos were removed from it meanwhile; look for changes (F5)")
            found[start : start + len(keys)] = [by_key[key] for key in keys]
        return found

    def photos(self) -> Iterator[list[StoredPhoto]]:
        for block in self._iterate("", ["content", *rows.FILE_FIELDS]):
            yield [rows.photo(row) for row in block]

    def state(self) -> str:
        if self._untold:
            self._tell()
        found = self._call(lambda client, seconds: client.describe_collection(self._name, timeout=seconds))
        state = f"{found['collection_id']}-{found.get('properties', {}).get(rows.STATE, '')}"
        with self._lock:
            if state != self._state:
                self._state = state
                self._changed_at = time.monotonic()
        return state

    def flush(self) -> None:
        self._tell()
        self._call(lambda client, seconds: client.flush(self._name, timeout=seconds))

    def indexed(self) -> tuple[int, int]:
        written = self._call(lambda client, seconds: client.list_persistent_segments(self._name, timeout=seconds))
        loaded = self._call(lambda client, seconds: client.list_loaded_segments(self._name, timeout=seconds))
        found = {one.segment_id for one in loaded if one.index_name}
        sizes = {one.segment_id: one.num_rows for one in written if one.level_name != "L0"}
        ready = sum(size for segment, size in sizes.items() if segment in found or size < UNINDEXED_ROWS)
        return ready, sum(sizes.values())

    def close(self) -> None:
        if self._untold:
            self._tell()
        self._server.close()

    @property
    def place(self) -> str:
        """The address, for messages."""
        return f"{self._server.address}"

    def _consistency(self) -> str:
        return _FRESH if time.monotonic() - self._changed_at < STALE_SECONDS else _SOON

    def _key(self, content: bytes) -> str:
        return primary_key(content, self._model)

    def _call(self, function: "Callable[[MilvusClient, float], Any]") -> Any:
        return self._server.call(function)

    def _get(self, keys: list[str], fields: Sequence[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        # Each look waits for the server's next tick, a fifth of a second, to see what was written just before.
        at_once = self._rows if "vector" in fields else KEYS_AT_ONCE
        for start in range(0, len(keys), at_once):
            part = keys[start : start + at_once]
            found += self._query(f"id in {rows.literal(part)}", [*dict.fromkeys(["id", *fields])])
        return found

    def _query(self, expression: str, fields: list[str]) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"filter": expression, "output_fields": fields, "consistency_level": _FRESH}
        found = self._call(lambda client, seconds: client.query(self._name, timeout=seconds, **asked))
        return [dict(row) for row in found]

    def _iterate(self, expression: str, fields: list[str]) -> Iterator[list[dict[str, Any]]]:
        """Everything that fits the expression, in order of the key, as of each block's own moment; of what was written
        in the last seconds, all."""
        last, last_block = "", False
        while not last_block:
            behind = f"id > {rows.literal(last)}" + (f" and {expression}" if expression else "")
            asked: dict[str, Any] = {
                "filter": behind,
                "output_fields": ["id", *fields],
                "consistency_level": self._consistency(),
                "limit": self._rows,
                # Milvus gives the lowest keys first then, as its own iterator does it.
                "iterator": "True",
                "reduce_stop_for_best": "True",
            }
            found = self._call(partial(_query_once, self._name, asked))
            block = sorted((dict(row) for row in found), key=lambda row: row["id"])
            last_block = not block
            if block:
                last = block[-1]["id"]
                yield block

    def _changed(self) -> None:
        """Tell others that there is something new, now or at the next change or flush."""
        with self._lock:
            self._changed_at = time.monotonic()
            self._untold = True
        if time.monotonic() - self._told_at >= TOLD_SECONDS:
            self._tell()

    def _tell(self) -> None:
        state = {rows.STATE: uuid.uuid4().hex}
        self._call(lambda client, seconds: client.alter_collection_properties(self._name, state, timeout=seconds))
        with self._lock:
            self._told_at, self._untold = time.monotonic(), False


def _upsert(name: str, entities: list[dict[str, Any]], client: "MilvusClient", seconds: float) -> None:
    client.upsert(name, entities, timeout=seconds)


def _query_once(name: str, asked: dict[str, Any], client: "MilvusClient", seconds: float) -> Any:
    return client.query(name, timeout=seconds, **asked)


def _create(server: Server, name: str, spec: ModelSpec, source: str) -> None:
    def make(client: "MilvusClient", seconds: float) -> None:
        index = client.prepare_index_params()
        metric = _METRICS[spec.metric]
        params = {"M": M, "efConstruction": EF_BUILD}
        index.add_index("vector", index_type="HNSW", metric_type=metric, params=params)
        schema = rows.schema(client, spec, json.dumps(rows.description(spec, source)))
        client.create_collection(name, schema=schema, index_params=index, consistency_level=_FRESH, timeout=seconds)

    try:
        server.call(make)
    except VectorStoreError:
        if name not in collections(server):  # another worker of the same run made it at the same moment
            raise
    _log.info("made the collection %s at %s", name, server.address)


def collections(server: Server) -> list[str]:
    """The names of all collections that may be of the server's address."""
    found = server.call(lambda client, seconds: client.list_collections(timeout=seconds))
    pattern = re.compile(rf"{re.escape(server.address.collection)}_[0-9a-f]{{16}}")
    return sorted(name for name in found if pattern.fullmatch(name))

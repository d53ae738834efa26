"""What an entity of a Milvus collection holds, and what the collection says of itself."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import VectorStoreError
from engine.metric import Metric
from engine.results import ImageFile
from engine.spec import ModelSpec
from engine.vector_store import StoredPhoto
from engine.version import PRODUCT

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient

STATE = "semblance.state"  # a property of the collection, another one after each change
FORMAT = 1
FILE_FIELDS = ("paths", "sizes", "mtimes_ns")
MOST_FILES = 4096  # copies of one photo: what an array holds
MOST_TEXT = 16_384  # bytes of a path, odd ones spelled out

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class About:
    """What a collection says of itself; `source` is the folder or address that its photos come from."""

    model: str
    sha256: str
    dimension: int
    metric: Metric
    unit_norm: bool
    source: str


def schema(client: "MilvusClient", spec: ModelSpec, description: str) -> "CollectionSchema":
    """The fields of a collection: the key, the content's hash, its files as parallel arrays, every folder that one of
    them lies in (so that a search can be kept to a folder), and the vector."""
    from pymilvus import DataType

    made = client.create_schema(auto_id=False, enable_dynamic_field=False, description=description)
    texts = {"element_type": DataType.VARCHAR, "max_length": MOST_TEXT, "max_capacity": MOST_FILES}
    numbers = {"element_type": DataType.INT64, "max_capacity": MOST_FILES}
    made.add_field("id", DataType.VARCHAR, is_primary=True, max_length=32)
    made.add_field("content", DataType.VARCHAR, max_length=32)
    made.add_field("paths", DataType.ARRAY, **texts)
    made.add_field("sizes", DataType.ARRAY, **numbers)
    made.add_field("mtimes_ns", DataType.ARRAY, **numbers)
    made.add_field("folders", DataType.ARRAY, **texts)
    made.add_field("vector", DataType.FLOAT_VECTOR, dim=spec.embedding_size)
    return made


def description(spec: ModelSpec, source: str) -> dict[str, Any]:
    """What a collection says of itself."""
    return {
        "product": PRODUCT,
        "format": FORMAT,
        "model": spec.name,
        "sha256": spec.sha256,
        "dimension": spec.embedding_size,
        "metric": str(spec.metric),
        "unit_norm": spec.unit_norm,
        "source": stored_path(source),
    }


def checked_description(address: str, name: str, found: Mapping[str, Any], spec: ModelSpec | None = None) -> About:
    """The description of a collection, `found` as the server describes it. Raises VectorStoreError where it is not
    this product's, or not of this model."""
    try:
        about = json.loads(found.get("description") or "")
        ours = about["product"] == PRODUCT
    except (ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise VectorStoreError(address, f"the collection {name} holds something else; choose another name")
    if about.get("format") != FORMAT:
        raise VectorStoreError(address, f"the collection {name} was made by another version of {PRODUCT}")
    vectors = [field for field in found["fields"] if field["name"] == "vector"]
    dimension = int(vectors[0]["params"]["dim"]) if vectors else 0
    if spec is not None and (about.get("sha256") != spec.sha256 or dimension != spec.embedding_size):
        reason = (
            f"the collection {name} holds vectors of {dimension} numbers by the model {about.get('model')}, "
            f"not of {spec.embedding_size} by {spec.name}"
        )
        raise VectorStoreError(address, reason)
    return About(
        model=str(about.get("model")),
        sha256=str(about.get("sha256")),
        dimension=dimension,
        metric=Metric(about.get("metric")),
        unit_norm=bool(about.get("unit_norm")),
        source=shown_path(str(about.get("source", ""))),
    )


def entity(key: str, content: bytes, files: Sequence[ImageFile], vector: NDArray[np.float32]) -> dict[str, Any]:
    """A row to write."""
    kept = [file for file in files if len(stored_path(file.path).encode()) <= MOST_TEXT][:MOST_FILES]
    if len(kept) < len(files):
        _log.warning("%s: %d copies are left out, there are too many", files[0].path, len(files) - len(kept))
    paths = [stored_path(file.path) for file in kept]
    folders = sorted({folder for path in paths for folder in _folders(path)})
    return {
        "id": key,
        "content": content.hex(),
        "paths": paths,
        "sizes": [file.size for file in kept],
        "mtimes_ns": [file.mtime_ns for file in kept],
        "folders": folders[:MOST_FILES],
        "vector": vector.tolist(),
    }


def read_files(row: Mapping[str, Any]) -> tuple[ImageFile, ...]:
    """The files of a row that was read."""
    columns = zip(row["paths"], row["sizes"], row["mtimes_ns"], strict=True)
    return tuple(ImageFile(shown_path(path), int(size), int(mtime_ns)) for path, size, mtime_ns in columns)


def photo(row: Mapping[str, Any]) -> StoredPhoto:
    """A row that was read; with its vector if that was asked for."""
    vector = np.asarray(row["vector"], dtype=np.float32) if "vector" in row else None
    return StoredPhoto(bytes.fromhex(row["content"]), read_files(row), vector)


def beneath(folder: str) -> str:
    """The expression for photos with a file beneath a folder; "" for all."""
    return f"ARRAY_CONTAINS(folders, {literal(stored_path(folder.rstrip('/')))})" if folder else ""


def literal(value: str | list[str]) -> str:
    """Text, or a list of texts, as an expression takes it."""
    return json.dumps(value, ensure_ascii=False)


def stored_path(path: str) -> str:
    """A path as a server takes it, which wants Unicode: bytes of a name that are none are spelled out."""
    plain = path.replace("\\", "\\\\")
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if "\ud800" <= c <= "\udfff" else c for c in plain)


def shown_path(text: str) -> str:
    """The path that `stored_path` made the text of."""
    if "\\" not in text:
        return text
    pieces: list[str] = []
    position = 0
    while position < len(text):
        if text[position] != "\\":
            pieces.append(text[position])
            position += 1
        elif text[position + 1 : position + 2] == "x":
            pieces.append(chr(0xDC00 + int(text[position + 2 : position + 4], 16)))
            position += 4
        else:
            pieces.append("\\")
            position += 2
    return "".join(pieces)


def distances(scores: Sequence[float], index: Metric, metric: Metric) -> NDArray[np.float64]:
    """The server's scores as distances: a cosine, or the square of a Euclidean one. Of vectors of length 1 the one
    distance follows from the other."""
    given = np.asarray(scores, dtype=np.float64)
    cosine = 1.0 - given if index is Metric.COSINE else given / 2
    if metric is Metric.COSINE:
        return cosine
    return np.sqrt(np.maximum(0.0, 2 * cosine if index is Metric.COSINE else given))


def _folders(path: str) -> list[str]:
    """Every folder above a path, as `folder` of a search may name it."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]

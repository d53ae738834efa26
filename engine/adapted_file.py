"""The file of an adapted model: a linear map in the safetensors format, and whose embeddings it is for.

It stands beside its base model rather than holding a copy of it. So it takes a megabyte instead of thirty, its vectors
follow from the base's by one product, and no library is needed to write it (`onnx` would be one more to install). The
base's SHA-256 is inside: a map that was fitted to one network is refused with another.

The format: eight bytes with the length of a JSON header, the header (for each tensor its type, shape and place, and
texts under `__metadata__`), then the numbers. Nothing in it can run. https://github.com/huggingface/safetensors
"""

import json
import os
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.atomic import replacing
from engine.errors import ModelError
from engine.projection import Projection
from engine.regular_file import open_regular
from engine.spec import METADATA_KEY, ModelSpec, description_json, parse_description

SUFFIX = ".safetensors"
BASE_KEY = "base"
MAX_HEADER_BYTES = 8 << 20
MAX_NUMBERS = 64 << 20  # in the map: a quarter of a gigabyte, far more than any real one has
_LENGTH = struct.Struct("<Q")
# What an adapted model sees is what its base sees.
_SAME = ("height", "width", "mean", "std", "interpolation", "resize", "crop", "labels")


def write_adapted(spec: ModelSpec, projection: Projection, path: Path) -> ModelSpec:
    """Write the model that `spec` describes, `projection` after `spec.base`, to `path`, whole or not at all; returns
    it as it is read back. Raises ModelError where that would be refused, OSError where it cannot be written."""
    assert spec.base is not None
    base = {"name": spec.base.name, "sha256": spec.base.sha256}
    texts = {METADATA_KEY: description_json(replace(spec, path=path)), BASE_KEY: json.dumps(base)}
    weight, bias = (np.ascontiguousarray(part, dtype="<f4") for part in (projection.weight, projection.bias))
    header: dict[str, Any] = {"__metadata__": texts}
    offset = 0
    for name, part in (("weight", weight), ("bias", bias)):
        header[name] = {"dtype": "F32", "shape": list(part.shape), "data_offsets": [offset, offset + part.nbytes]}
        offset += part.nbytes
    text = json.dumps(header).encode()
    text = text.ljust(-(-len(text) // 8) * 8)  # spaces, so that the numbers begin at a multiple of eight
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(_LENGTH.pack(len(text)) + text)
        file.write(weight.tobytes() + bias.tobytes())
    return read_adapted(path, [spec.base])


def read_adapted(path: Path, bases: Sequence[ModelSpec]) -> ModelSpec:
    """The description in the file, with its base among `bases`. Raises ModelError that says what is wrong."""
    try:
        with open_regular(path) as file:
            info = os.fstat(file.fileno())
            header = _header(file, path)
    except OSError as error:
        raise ModelError(path, f"it cannot be read ({error.strerror or error})") from error
    texts = header.get("__metadata__")
    if not isinstance(texts, dict) or not isinstance(texts.get(METADATA_KEY), str):
        raise ModelError(path, f"it has no description (no metadata entry {METADATA_KEY!r})")
    spec = parse_description(texts[METADATA_KEY], path, info.st_size, info.st_mtime_ns)
    base = _base(texts.get(BASE_KEY), path, bases)
    if any(getattr(spec, name) != getattr(base, name) for name in _SAME):
        raise ModelError(path, f"its description does not fit its base model {base.name}")
    _places(header, spec, base, info.st_size)
    return replace(spec, base=base)


def load_projection(spec: ModelSpec) -> Projection:
    """The map of an adapted model. Raises ModelError when the file is gone, has changed, or holds no finite numbers."""
    path = spec.path
    assert spec.base is not None
    try:
        with open_regular(path) as file:
            info = os.fstat(file.fileno())
            spec.check_same(info)
            places = _places(_header(file, path), spec, spec.base, info.st_size)
            data = file.read()
    except OSError as error:
        raise ModelError(path, f"it cannot be read ({error.strerror or error})") from error
    weight, bias = (np.frombuffer(data[first:end], dtype="<f4") for first, end in places)
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise ModelError(path, "it holds numbers that are not finite")
    shaped: NDArray[np.float32] = weight.reshape(spec.embedding_size, spec.base.embedding_size)
    return Projection(shaped, bias)


def _header(file: BinaryIO, path: Path) -> dict[str, Any]:
    """The JSON header; the file then stands at the numbers."""
    start = file.read(_LENGTH.size)
    length = _LENGTH.unpack(start)[0] if len(start) == _LENGTH.size else MAX_HEADER_BYTES + 1
    if length > MAX_HEADER_BYTES:
        raise ModelError(path, "not a safetensors file")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise ModelError(path, "not a safetensors file") from error
    if not isinstance(header, dict):
        raise ModelError(path, "not a safetensors file")
    header["__length__"] = length
    return header


def _base(text: object, path: Path, bases: Sequence[ModelSpec]) -> ModelSpec:
    try:
        wanted: Any = json.loads(text) if isinstance(text, str) else None
        name, sha256 = wanted["name"], wanted["sha256"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(path, "it does not say which model it adapts") from error
    base = next((spec for spec in bases if spec.name == name and spec.base is None), None)
    if base is None:
        raise ModelError(path, f"the model that it adapts, {str(name)[:100]!r}, is not there")
    if base.sha256 != sha256:
        raise ModelError(path, f"it was made for another version of {base.name}: make it anew")
    return base


def _places(header: dict[str, Any], spec: ModelSpec, base: ModelSpec, size: int) -> list[tuple[int, int]]:
    """Where the numbers of weight and bias lie behind the header: exactly one after the other, and the file's rest."""
    shapes = {"weight": [spec.embedding_size, base.embedding_size], "bias": [spec.embedding_size]}
    if spec.embedding_size * base.embedding_size > MAX_NUMBERS:
        raise ModelError(spec.path, "its map is too large")
    places = []
    offset = 0
    for name, shape in shapes.items():
        length = 4 * int(np.prod(shape))
        expected = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + length]}
        if header.get(name) != expected:
            raise ModelError(spec.path, f"its {name} is not float32 {shape}")
        places.append((offset, offset + length))
        offset += length
    if size != _LENGTH.size + header["__length__"] + offset:
        raise ModelError(spec.path, "it is longer or shorter than its header says")
    return places

"""What a model is: the description inside its `.onnx` file, read and checked without loading the network."""

import hashlib
import json
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import BinaryIO, Literal

from engine.errors import ModelError, UnknownModelError
from engine.metric import Metric
from engine.regular_file import open_regular

DEFAULT_MODEL = "vit-tiny-imagenet"
METADATA_KEY = "semblance"
FORMAT = 1

# Bounds on what a description may ask for, so that a strange file cannot ask for all memory.
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}"
MAX_INPUT_SIDE = 4096
MAX_EMBEDDING = 65_536
MAX_LABELS = 100_000
MAX_DESCRIPTION_BYTES = 8 << 20
MAX_FIELDS = 100_000  # top-level fields of the file; real ones have tens


@dataclass(frozen=True)
class ModelSpec:
    """A model's description. Equal descriptions of different files are different models."""

    name: str
    purpose: str
    height: int
    width: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bilinear", "bicubic", "lanczos"]
    resize: int  # pixels of the shorter side before the crop
    crop: Literal["center", "squash"]
    embedding_size: int
    metric: Metric  # the one that the model was made for
    unit_norm: bool  # whether its embeddings have length 1
    labels: tuple[str, ...] | None
    training_data: str
    quality: Mapping[str, float | str] = field(hash=False)
    licence: str
    path: Path
    file_size: int  # bytes
    mtime_ns: int = field(default=0, compare=False, repr=False)  # of the file when it was read; 0: not from a file
    base: "ModelSpec | None" = None  # of an adapted model (`engine.adapted_file`): the network that it goes behind

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the file that was described, computed when first asked for and kept from then on, so that no
        vector is ever filed under another network. Raises ModelError when the file is gone or has changed by then."""
        try:
            info = self.path.stat()
            self.check_same(info)
            return _file_sha256(self.path, info.st_size, info.st_mtime_ns)
        except OSError as error:
            raise ModelError(self.path, _os_reason(error)) from error

    def check_same(self, info: os.stat_result) -> None:
        """Raise ModelError if the file's state is not the one that this description was read from."""
        if self.mtime_ns and (info.st_size, info.st_mtime_ns) != (self.file_size, self.mtime_ns):
            raise ModelError(self.path, "it has changed since the models were listed")


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models that were found, sorted by name, and the files that were refused."""

    models: tuple[ModelSpec, ...]
    refused: tuple[ModelError, ...]


def bundled_folder() -> Path:
    """The folder of the models that come with the program."""
    return Path(__file__).resolve().parent.parent / "models"


def own_folder(data_dir: Path) -> Path:
    """The folder of the user's own models, beside the index."""
    return data_dir / "models"


def list_models(folders: Sequence[Path]) -> ModelList:
    """Every `.onnx` file directly in `folders`, and the models that are adapted from these. Of two models with one name
    the first folder's, then the first file's, is kept and the other refused. A folder that does not exist holds no
    models."""
    from engine.adapted_file import SUFFIX, read_adapted  # which reads descriptions by what stands here

    models: dict[str, ModelSpec] = {}
    files, refused = _model_files(folders, (".onnx", SUFFIX))
    # A base is read before what is adapted from it.
    for path in sorted(files, key=lambda path: path.suffix.lower() == SUFFIX):
        try:
            adapted = path.suffix.lower() == SUFFIX
            spec = read_adapted(path, tuple(models.values())) if adapted else read_spec(path)
        except ModelError as error:
            refused.append(error)
            continue
        if spec.name in models:
            other = models[spec.name].path
            refused.append(ModelError(path, f"its name {spec.name!r} is already taken by {other}"))
        else:
            models[spec.name] = spec
    return ModelList(tuple(models[name] for name in sorted(models)), tuple(refused))


def _model_files(folders: Sequence[Path], suffixes: Sequence[str]) -> tuple[list[Path], list[ModelError]]:
    """The files of these kinds directly in the folders, each once, and the folders that cannot be read."""
    found: dict[Path, Path] = {}
    refused: list[ModelError] = []
    for folder in folders:
        try:
            files = sorted(item for item in folder.iterdir() if item.suffix.lower() in suffixes and item.name[0] != ".")
        except FileNotFoundError:
            continue
        except OSError as error:
            refused.append(ModelError(folder, _os_reason(error)))
            continue
        for path in files:
            found.setdefault(path.resolve(), path)
    return list(found.values()), refused


def find_model(name: str, folders: Sequence[Path]) -> ModelSpec:
    """The model called `name`. Raises UnknownModelError, or the ModelError of a refused file of that name."""
    found = list_models(folders)
    for spec in found.models:
        if spec.name == name:
            return spec
    for error in found.refused:
        if error.path.stem == name:
            raise error
    raise UnknownModelError(name, tuple(spec.name for spec in found.models))


def read_spec(path: Path) -> ModelSpec:
    """Read and check the description inside the file. Raises ModelError that says what is wrong, and where."""
    try:
        with open_regular(path) as file:
            info = os.fstat(file.fileno())
            text = _find_description(file, info.st_size)
    except OSError as error:
        raise ModelError(path, _os_reason(error)) from error
    except ValueError as error:
        raise ModelError(path, str(error)) from error
    if text is None:
        raise ModelError(path, f"it has no description (no metadata entry {METADATA_KEY!r})")
    return parse_description(text, path, info.st_size, info.st_mtime_ns)


def description_json(spec: ModelSpec) -> str:
    """The JSON text that `read_spec` reads back as `spec`; training puts it in the file under METADATA_KEY.
    Raises ModelError when the spec would be refused."""
    described = {
        "format": FORMAT,
        "name": spec.name,
        "purpose": spec.purpose,
        "input": {
            "height": spec.height,
            "width": spec.width,
            "mean": list(spec.mean),
            "std": list(spec.std),
            "interpolation": spec.interpolation,
            "resize": spec.resize,
            "crop": spec.crop,
        },
        "embedding_size": spec.embedding_size,
        "metric": str(spec.metric),
        "unit_norm": spec.unit_norm,
        "labels": None if spec.labels is None else list(spec.labels),
        "training_data": spec.training_data,
        "quality": dict(spec.quality),
        "licence": spec.licence,
    }
    text = json.dumps(described, ensure_ascii=False)
    parse_description(text, spec.path, spec.file_size)
    return text


def parse_description(text: str, path: Path, file_size: int, mtime_ns: int = 0) -> ModelSpec:
    """Check the description `text` field by field. Raises ModelError naming the field that is wrong."""
    try:
        described = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(path, f"its description is not valid JSON ({error})") from error
    if not isinstance(described, dict):
        raise ModelError(path, "its description is not a JSON object")
    try:
        return replace(_checked(_Fields(described, ""), path, file_size), mtime_ns=mtime_ns)
    except _FieldError as error:
        raise ModelError(path, f"its description is wrong: {error}") from error


class _FieldError(Exception):
    """A field of the description is missing or wrong; the message names it."""


class _Fields:
    """Typed access to a JSON object that names the field in every complaint."""

    def __init__(self, values: dict[str, object], prefix: str) -> None:
        self._values = values
        self._prefix = prefix

    def raw(self, key: str) -> object:
        if key not in self._values:
            raise _FieldError(f"`{self._prefix}{key}` is missing")
        return self._values[key]

    def wrong(self, key: str, expected: str) -> _FieldError:
        return _FieldError(f"`{self._prefix}{key}` must be {expected}, not {_shown(self._values[key])}")

    def object(self, key: str) -> "_Fields":
        value = self.raw(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "an object")
        return _Fields(value, f"{self._prefix}{key}.")

    def text(self, key: str, *, empty: bool = False) -> str:
        value = self.raw(key)
        if not isinstance(value, str) or not (value.strip() or empty) or len(value) > 10_000:
            raise self.wrong(key, "a text" if empty else "a text that is not empty")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.raw(key)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high}")
        return value

    def flag(self, key: str) -> bool:
        value = self.raw(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def choice(self, key: str, options: Sequence[str]) -> str:
        value = self.raw(key)
        if not isinstance(value, str) or value not in options:
            raise self.wrong(key, "one of " + ", ".join(f'"{option}"' for option in options))
        return value

    def three(self, key: str, *, positive: bool) -> tuple[float, float, float]:
        value = self.raw(key)
        kind = "positive numbers" if positive else "numbers"
        if not isinstance(value, list) or len(value) != 3 or not all(_is_number(item) for item in value):
            raise self.wrong(key, f"three {kind}")
        if positive and min(value) <= 0:
            raise self.wrong(key, f"three {kind}")
        return float(value[0]), float(value[1]), float(value[2])


def _checked(fields: _Fields, path: Path, file_size: int) -> ModelSpec:
    version = fields.whole("format", 1, 1 << 30)
    if version != FORMAT:
        raise _FieldError(f"`format` is {version}; this program reads {FORMAT}: use a newer Semblance")
    name = fields.text("name")
    if not re.fullmatch(NAME_PATTERN, name):
        raise fields.wrong("name", "1 to 100 letters, digits, `.`, `_`, `+` or `-`, a letter or digit first")
    pixels = fields.object("input")
    height = pixels.whole("height", 1, MAX_INPUT_SIDE)
    width = pixels.whole("width", 1, MAX_INPUT_SIDE)
    crop = pixels.choice("crop", ("center", "squash"))
    # A crop larger than the resized picture would need padding, which no model here was trained with.
    smallest = max(height, width) if crop == "center" else 1
    return ModelSpec(
        name=name,
        purpose=fields.text("purpose"),
        height=height,
        width=width,
        mean=pixels.three("mean", positive=False),
        std=pixels.three("std", positive=True),
        interpolation=pixels.choice("interpolation", ("bilinear", "bicubic", "lanczos")),  # type: ignore[arg-type]
        resize=pixels.whole("resize", smallest, 2 * MAX_INPUT_SIDE),
        crop=crop,  # type: ignore[arg-type]
        embedding_size=fields.whole("embedding_size", 1, MAX_EMBEDDING),
        metric=Metric(fields.choice("metric", [str(metric) for metric in Metric])),
        unit_norm=fields.flag("unit_norm"),
        labels=_labels(fields),
        training_data=fields.text("training_data"),
        quality=_quality(fields),
        licence=fields.text("licence"),
        path=path,
        file_size=file_size,
    )


def _labels(fields: _Fields) -> tuple[str, ...] | None:
    value = fields.raw("labels")
    if value is None:
        return None
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LABELS:
        raise fields.wrong("labels", "a list of texts, or null")
    if not all(isinstance(label, str) and label.strip() for label in value):
        raise fields.wrong("labels", "a list of texts that are not empty, or null")
    return tuple(value)


def _quality(fields: _Fields) -> dict[str, float | str]:
    value = fields.raw("quality")
    if not isinstance(value, dict):
        raise fields.wrong("quality", "an object of measured numbers or texts")
    for key, measured in value.items():
        if not isinstance(measured, str) and not _is_number(measured):
            raise _FieldError(f"`quality.{key}` must be a finite number or a text, not {_shown(measured)}")
    return dict(value)


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond float's range
        return False


def _shown(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = type(value).__name__
    return text if len(text) <= 60 else text[:57] + "…"


# ModelProto and StringStringEntryProto, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_METADATA_PROPS = 14
_GRAPH = 7


def _find_description(file: BinaryIO, size: int) -> str | None:
    """The value of the metadata entry, found by stepping over the file's top-level fields: the weights are not read.

    Raises ValueError when the file is not a whole protobuf message.
    """
    found: str | None = None
    graphs = 0
    for number, length in _wire_fields(file, size):
        graphs += number == _GRAPH
        if number != _METADATA_PROPS:
            continue
        if length > MAX_DESCRIPTION_BYTES:
            raise ValueError("its metadata is too long")
        key, value = _entry(file, file.tell() + length)
        if key == METADATA_KEY.encode():
            if found is not None:
                raise ValueError(f"it has two descriptions (metadata entries {METADATA_KEY!r})")
            try:
                found = value.decode()
            except UnicodeDecodeError as error:
                raise ValueError("its description is not UTF-8") from error
    if graphs != 1:
        raise ValueError("not an ONNX file")
    return found


def _entry(file: BinaryIO, end: int) -> tuple[bytes, bytes]:
    parts = {1: b"", 2: b""}
    for number, length in _wire_fields(file, end):
        if number in parts:
            parts[number] = file.read(length)
    return parts[1], parts[2]


def _wire_fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """Number and length of each length-delimited field up to offset `end`, the file standing at its payload."""
    for _ in range(MAX_FIELDS):
        if file.tell() == end:
            return
        tag = _varint(file)
        kind = tag & 7
        if kind == 0:
            _varint(file)
            continue
        length = {1: 8, 5: 4}.get(kind) if kind != 2 else _varint(file)
        if length is None or tag >> 3 == 0:
            raise ValueError("not an ONNX file")
        start = file.tell()
        if start + length > end:
            raise ValueError("not an ONNX file, or a truncated one")
        if kind == 2:
            yield tag >> 3, length
        file.seek(start + length)
    raise ValueError("not an ONNX file: it has too many fields")


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise ValueError("not an ONNX file, or a truncated one")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("not an ONNX file")


@lru_cache(maxsize=256)
def _file_sha256(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001 - they are the cache's key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _os_reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file does not exist"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    return f"it cannot be read ({error.strerror or error})"

"""What is fuzzed: functions of a file's bytes that must answer or raise the engine's own error, and nothing else."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unittest import mock

import numpy as np

from engine import library
from engine.decode import load_bytes
from engine.embedder import open_embedder
from engine.errors import DecodeError, EngineError, ModelError
from engine.export import ExportRequest, export
from engine.indexer import index
from engine.labels import read_labels
from engine.manifest import read_run
from engine.metric import Metric
from engine.onnx_check import find_danger
from engine.search import nearest
from engine.spec import parse_description, read_spec
from engine.store import Store
from tests.conftest import CLASSES, draw_photo
from tests.hostile.images import hostile_images
from tests.tiny_models import build_tiny_model

Target = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A function to fuzz, files to start from, and how long its inputs may get."""

    run: Target
    seeds: Callable[[], Iterator[bytes]]
    longest: int


def _must(condition: object) -> None:
    if not condition:
        raise AssertionError("the error says too little")


def _decode(data: bytes) -> None:
    try:
        picture = load_bytes(data, "fuzzed", 64)
    except DecodeError as error:
        _must(str(error).startswith("fuzzed: "))
        _must(error.reason)
        return
    height, width, channels = picture.rgb.shape
    assert channels == 3
    assert picture.rgb.flags.c_contiguous
    assert 1 <= height <= picture.height
    assert 1 <= width <= picture.width


def _pictures() -> Iterator[bytes]:
    return (hostile.data for hostile in hostile_images(heavy=False) if 0 < len(hostile.data) < 40_000)


@lru_cache
def place() -> Path:
    """A folder of this process, for files that are read by name."""
    memory = Path("/dev/shm")  # hundreds of indexes are synced there
    return Path(tempfile.mkdtemp(prefix="semblance-fuzz-", dir=memory if memory.is_dir() else None))


def _written(name: str, data: bytes) -> Path:
    path = place() / name
    path.write_bytes(data)
    return path


def _model(data: bytes) -> None:
    try:
        read_spec(_written("fuzzed.onnx", data))
    except ModelError as error:
        _must("fuzzed.onnx: " in str(error))
    with contextlib.suppress(ValueError):
        find_danger(data)
    try:
        parse_description(data.decode("utf-8", "replace"), Path("fuzzed"), len(data))
    except ModelError as error:
        _must(error.reason)


def _network(data: bytes) -> None:
    """Load what passes for a model, and run it."""
    try:
        spec = read_spec(_written("fuzzed.onnx", data))
        if spec.height * spec.width > 256 * 256:
            return  # sound, and only slow
        embedder = open_embedder(spec, threads=1)
        batch = np.zeros((2, 3, spec.height, spec.width), dtype=np.float32)
        vectors = embedder.embed(batch).vectors
        assert vectors.shape == (2, spec.embedding_size)
    except ModelError as error:
        _must(error.reason)


def _models() -> Iterator[bytes]:
    for pooled in (False, True):
        path = place() / "seed.onnx"
        build_tiny_model(path, "seed", pooled=pooled)
        yield path.read_bytes()
    yield from (b'{"format": 1}', b"{}", b"\x08\x08")


_INDEX_FILES = ("index.db", "vectors/*", "snapshots/files-*", "snapshots/rows-*")


@lru_cache
def _index() -> tuple[Path, Path, Path]:
    """A small whole index, the folder that it knows, and its model."""
    photos, model, data_dir = place() / "photos", place() / "tiny.onnx", place() / "whole"
    photos.mkdir()
    for seed, label in enumerate(CLASSES):
        draw_photo(label, seed, (48, 36)).save(photos / f"{label}.png")
    build_tiny_model(model, "tiny")
    with mock.patch.object(library, "SNAPSHOT_FROM", 1), Store(data_dir) as store:
        for _ in index(store, photos, [open_embedder(read_spec(model), threads=1)]):
            pass
        store.library(photos).gallery(read_spec(model))
    return data_dir, photos, model


def _index_file(data: bytes) -> None:
    """The first byte chooses the file of the index that the others are."""
    whole, photos, model = _index()
    data_dir = place() / "damaged"
    shutil.rmtree(data_dir, ignore_errors=True)
    shutil.copytree(whole, data_dir)
    if not data:
        return
    for path in data_dir.glob(_INDEX_FILES[data[0] % len(_INDEX_FILES)]):
        path.write_bytes(data[1:])
    try:
        with Store(data_dir, lock_seconds=1) as store:
            store.libraries()
            gallery = store.library(photos).gallery(read_spec(model))
            query = np.ones(gallery.dimension, dtype=np.float32)
            for match in nearest(gallery, query, Metric.COSINE, 3):
                assert match.path
    except EngineError as error:
        _must(str(error))


def _index_files() -> Iterator[bytes]:
    whole, _, _ = _index()
    for number, pattern in enumerate(_INDEX_FILES):
        for path in whole.glob(pattern):
            yield bytes([number]) + path.read_bytes()


def _texts(data: bytes) -> None:
    """Labels and manifests, which people may edit."""
    whole, photos, model = _index()
    try:
        read_labels(_written("labels.csv", data))
    except EngineError as error:
        _must("labels.csv" in str(error))
    try:
        run = read_run(_written("manifest.json", data))
    except EngineError as error:
        _must("manifest.json" in str(error))
        return
    with Store(whole) as store:
        run.changes(store.library(photos), [model.parent])


def _manifests() -> Iterator[bytes]:
    whole, photos, model = _index()
    out = place() / "run"
    with Store(whole) as store:
        request = ExportRequest(photos, out, str(photos / "red.png"), (read_spec(model),))
        for _ in export(store, request):
            pass
    yield (out / "manifest.json").read_bytes()
    yield b'path,label\r\nred.png,red\r\n"blue,1.png","a ""blue"""\r\n'


TARGETS = {
    "decode": Fuzzed(_decode, _pictures, 40_000),
    "model": Fuzzed(_model, _models, 20_000),
    "network": Fuzzed(_network, _models, 20_000),
    "index": Fuzzed(_index_file, _index_files, 120_000),
    "texts": Fuzzed(_texts, _manifests, 8_000),
}

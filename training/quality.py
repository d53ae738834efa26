"""How well a finished ONNX file ranks labelled photos, measured through the engine that users run."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from engine.decode import load
from engine.embedder import open_embedder
from engine.evaluate import Evaluation, Queries, evaluate
from engine.gallery import Gallery
from engine.labels import folder_labels
from engine.preprocess import decode_side, preprocess
from engine.spec import ModelSpec
from training.data import read_labelled

BATCH = 8


def batches(spec: ModelSpec, photos: Sequence[Path], size: int = BATCH) -> Iterator[NDArray[np.float32]]:
    """The network's input, float32 [size or fewer, 3, h, w], for `photos` in order, the next one made while one is
    used. Raises DecodeError."""

    def prepared(start: int) -> NDArray[np.float32]:
        part = photos[start : start + size]
        return np.stack([preprocess(load(path, decode_side(spec)).rgb, spec) for path in part])

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(prepared, 0)
        for start in range(0, len(photos), size):
            batch = waiting.result()
            if start + size < len(photos):
                waiting = thread.submit(prepared, start + size)
            yield batch


def embed(spec: ModelSpec, photos: Sequence[Path]) -> NDArray[np.float32]:
    """The embeddings [N, D] of `photos` as the engine computes them, with a progress bar. Raises DecodeError."""
    embedder = open_embedder(spec)
    vectors = np.empty((len(photos), spec.embedding_size), np.float32)
    done = 0
    with tqdm(total=len(photos), desc=spec.path.name, unit="photo", disable=None) as bar:
        for batch in batches(spec, photos):
            vectors[done : done + len(batch)] = embedder.embed(batch).vectors
            done += len(batch)
            bar.update(len(batch))
    return vectors


def measure(spec: ModelSpec, data: Path) -> Evaluation:
    """Rank the photos of `data`/gallery/<label>/ by each photo of `data`/query/<label>/, by the model's own metric.
    Raises DataError for folders that are not there or not labelled."""
    gallery = read_labelled(data / "gallery")
    queries = read_labelled(data / "query", gallery.classes)
    names = [path.relative_to(data / "gallery").as_posix() for path in gallery.paths]
    known = Gallery.from_arrays(names, embed(spec, gallery.paths), spec.name)
    asked = Queries(
        [path.relative_to(data / "query").as_posix() for path in queries.paths],
        [queries.classes[label] for label in queries.labels],
        embed(spec, queries.paths),
        [None] * len(queries),
    )
    return evaluate(known, folder_labels(known.paths), spec.metric, asked)

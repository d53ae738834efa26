"""Libraries for measuring: indexed by the engine from real files, or written into the index with random vectors."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.embedder import Embedder
from engine.indexer import IndexReport, index
from engine.spec import ModelSpec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore
from engine.writer import Batch, FileRecord, Writer

FOLDERS = 100
AT_ONCE = 20_000  # files in a commit


def indexed(data: Path, root: Path, embedder: Embedder) -> IndexReport:
    """Bring the index in `data` up to date as the program does, thumbnails included; opens it and closes it."""
    thumbnails = ThumbnailStore(data)
    try:
        with Store(data) as store:
            job = index(store, root, [embedder], thumbnails=thumbnails)
            while True:
                try:
                    next(job)
                except StopIteration as end:
                    report: IndexReport = end.value
                    return report
    finally:
        thumbnails.close()


def written_library(store: Store, root: Path, count: int, specs: Sequence[ModelSpec], *, files: bool = True) -> None:
    """Make `root` a library of `count` photos with random vectors of every model. Their files are empty, for none of
    them is read, or with `files` False not there at all."""
    rng = np.random.default_rng(3)
    for number in range(FOLDERS):
        (root / f"{number:03d}").mkdir(parents=True, exist_ok=True)
    library = store.library(root)
    with store.exclusive():
        writer = Writer(store, library)
        numbers = [writer.model(spec, "cpu") for spec in specs]
        for start in range(0, count, AT_ONCE):
            part = [_record(root, number, rng, files) for number in range(start, min(start + AT_ONCE, count))]
            batch = Batch(files=part)
            for number, spec in zip(numbers, specs, strict=True):
                vectors = rng.standard_normal((len(part), spec.embedding_size), dtype=np.float32)
                contents = [file.content for file in part if file.content is not None]
                batch.vectors[number] = list(zip(contents, vectors, strict=True))
            writer.commit(batch)
        writer.finish()
        library.save_snapshots(specs)


def _record(root: Path, number: int, rng: np.random.Generator, files: bool) -> FileRecord:
    path = f"{number % FOLDERS:03d}/{number:07d}.jpg"
    mtime_ns = 0
    if files:
        (root / path).touch()
        mtime_ns = (root / path).stat().st_mtime_ns
    return FileRecord(path, 0, mtime_ns, rng.bytes(16), 100, 75)

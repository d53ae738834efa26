"""What travels between machines, as Arrow tables: files to read, and what came of them; no pictures."""

import os
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from engine.cluster.worker import Outcome
from engine.results import ImageFile

# Paths are bytes: names that are no UTF-8 travel as they are.
_FILES = pa.schema([("path", pa.binary()), ("size", pa.int64()), ("mtime_ns", pa.int64())])
_OUTCOMES = pa.schema(
    [
        *_FILES,
        ("content", pa.binary()),
        ("known", pa.bool_()),
        ("vector", pa.binary()),
        ("reason", pa.string()),
        ("failure", pa.string()),
    ]
)


def of_files(files: Sequence[ImageFile]) -> pa.Table:
    """The files, a row each."""
    columns = [
        [os.fsencode(file.path) for file in files],
        [file.size for file in files],
        [file.mtime_ns for file in files],
    ]
    return pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, _FILES, strict=True)], schema=_FILES)


def files_of(table: pa.Table) -> list[ImageFile]:
    """What `of_files` was given."""
    rows = zip(*(table.column(field.name).to_pylist() for field in _FILES), strict=True)
    return [ImageFile(os.fsdecode(path), size, mtime_ns) for path, size, mtime_ns in rows]


def of_outcomes(outcomes: Sequence[Outcome]) -> pa.Table:
    """The outcomes, a row each; vectors as the bytes of their float32."""
    columns = [
        [os.fsencode(outcome.file.path) for outcome in outcomes],
        [outcome.file.size for outcome in outcomes],
        [outcome.file.mtime_ns for outcome in outcomes],
        [outcome.content for outcome in outcomes],
        [outcome.known for outcome in outcomes],
        [None if outcome.vector is None else outcome.vector.astype("<f4").tobytes() for outcome in outcomes],
        [_text(outcome.reason) for outcome in outcomes],
        [_text(outcome.failure) for outcome in outcomes],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _OUTCOMES, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_OUTCOMES)


def outcomes_of(table: pa.Table) -> Iterator[Outcome]:
    """What `of_outcomes` was given."""
    for path, size, mtime_ns, content, known, vector, reason, failure in zip(
        *(table.column(field.name).to_pylist() for field in _OUTCOMES), strict=True
    ):
        file = ImageFile(os.fsdecode(path), size, mtime_ns)
        read = None if vector is None else np.frombuffer(vector, dtype="<f4").astype(np.float32, copy=False)
        yield Outcome(file, content, known, read, reason, failure)


def _text(reason: str | None) -> str | None:
    """Without the lone surrogates of a name that a reason may repeat, which Arrow's strings cannot hold."""
    return None if reason is None else reason.encode("utf-8", "backslashreplace").decode("utf-8")

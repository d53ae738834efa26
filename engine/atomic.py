"""Files that appear under their name only when they are whole."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """A binary file to write, under a temporary name in the same folder. It takes the place of `path` when the block
    ends, once it is on the disk; if the block raises, it is deleted and `path` stays as it was. Not `lasting`: it is
    not waited for the disk, and a file that a power cut has broken is found under `path`, for its reader to notice."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise

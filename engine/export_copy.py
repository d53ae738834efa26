"""The found photos themselves, copied into numbered folders: one a query, the query first, then its results by rank."""

import os
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np

from engine.errors import ExportError
from engine.export_blocks import Section
from engine.library import Library
from engine.regular_file import open_regular
from engine.results import Skipped

MAX_NAME_BYTES = 255  # of one name, on the usual file systems
MAX_SUFFIX = 16  # characters; what is longer is no extension
UNITS = ((12, "TB"), (9, "GB"), (6, "MB"), (3, "kB"))
SPARE_SHARE = 0.02  # of the free space is left alone


def copy_files(
    folder: Path, out: Path, sections: Sequence[Section], library: Library, skipped: list[Skipped]
) -> Generator[int, None, None]:
    """Copy into `folder`, which must not exist: `0001/000-QUERY`, `0001/001-RESULT`, …; with several models or metrics
    in a folder for each, such as `MODEL-cosine/0001/…`. Yields the number of queries done so far.

    Originals are only read. A file that cannot be read is added to `skipped`. Raises ExportError before anything is
    copied if there is not enough space. `out` is the folder that the user named.
    """
    _check_space(out, sections, library)
    done = 0
    for section in sections:
        beneath = folder / f"{section.model}-{section.metric}" if len(sections) > 1 else folder
        digits = max(4, len(str(section.query_count)))
        number = 0
        for block in section.blocks():
            for ranked in block:
                number += 1
                place = beneath / f"{number:0{digits}d}"
                place.mkdir(parents=True)
                ranks = ranked.rank_list()
                width = max(3, len(str(ranks[-1]))) if ranks else 3
                if ranked.query.path is not None:
                    _copy(ranked.query.path, place, "0" * width, ranked.query.name, skipped)
                for rank, position in zip(ranks, ranked.order.tolist(), strict=True):
                    path = section.paths[position]
                    _copy(library.root / path, place, f"{rank:0{width}d}", path, skipped)
                done += 1
                yield done


def _copy(source: Path, folder: Path, prefix: str, shown: str, skipped: list[Skipped]) -> None:
    target = folder / copied_name(prefix, PurePosixPath(shown).name)
    try:
        with _open(source) as reading, target.open("xb") as writing:
            while piece := _read(reading):
                writing.write(piece)
            times = os.fstat(reading.fileno())
    except _UnreadableError as error:
        target.unlink(missing_ok=True)
        skipped.append(Skipped(shown, f"not copied: {error}"))
        return
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))


class _UnreadableError(Exception):
    """The original cannot be read; anything else, such as a full disk, ends the export."""


def _open(source: Path) -> BinaryIO:
    try:
        return open_regular(source)
    except OSError as error:
        raise _UnreadableError(error.strerror or str(error)) from error


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(1 << 20)
    except OSError as error:
        raise _UnreadableError(error.strerror or str(error)) from error


def copied_name(prefix: str, name: str) -> str:
    """`prefix-name`, shortened where a file system would refuse it; the extension stays."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a name, not a path
    if len(suffix) > MAX_SUFFIX:
        stem, suffix = name, ""
    room = MAX_NAME_BYTES - len(prefix) - 1 - len(os.fsencode(suffix))
    while len(os.fsencode(stem)) > room:
        stem = stem[:-1]
    return f"{prefix}-{stem}{suffix}"


def _check_space(place: Path, sections: Sequence[Section], library: Library) -> None:
    files = library.files()
    wanted = 0
    for section in sections:
        rows = [files.paths.index_of(path) for path in section.paths]
        sizes = np.array([0 if row is None else files.sizes[row] for row in rows], dtype=np.int64)
        wanted += sum(int(sizes[ranked.order].sum()) for block in section.blocks() for ranked in block)
    free = int(shutil.disk_usage(place).free * (1 - SPARE_SHARE))
    if wanted > free:
        raise ExportError(place, f"the copies need {_size(wanted)}, but only {_size(free)} are free")


def _size(count: int) -> str:
    """Bytes in a unit that leaves a few digits before the point."""
    value, unit = next((count / 10**power, unit) for power, unit in UNITS if count >= 10**power or power == 3)
    return f"{value:.1f} {unit}"

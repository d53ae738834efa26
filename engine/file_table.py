"""The files of a library as columns, and how they change when a batch is committed without being read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.path_table import PathTable


@dataclass(frozen=True, slots=True)
class Entry:
    """One readable file."""

    size: int  # bytes
    mtime_ns: int
    content: bytes  # 16 bytes: the hash of the file's bytes
    content_id: int


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit did to a library's readable files: the new state of each path, None where it is gone."""

    before: int  # the library's generation
    after: int
    entries: Mapping[str, Entry | None]


@dataclass(frozen=True, slots=True, eq=False)
class FileTable:
    """The readable files of a library's last scan, as columns of N items sorted by path."""

    paths: PathTable
    sizes: NDArray[np.int64]  # bytes
    mtimes_ns: NDArray[np.int64]
    content: NDArray[np.uint8]  # [N, 16]: the hash of each file's bytes
    content_ids: NDArray[np.int64]  # the index's own number of each content
    generation: int

    def __len__(self) -> int:
        return len(self.paths)

    def changed(self, changes: Sequence[Change]) -> "FileTable":
        """The table after these changes, of which each begins where the one before it ends."""
        entries: dict[str, Entry | None] = {}
        for change in changes:
            entries |= change.entries
        generation = changes[-1].after
        names = sorted(entries)
        found = [self.paths.index_of(name) for name in names]
        # All that has changed is taken out, and what is there still is put in again: one way for every case.
        out = np.array([position for position in found if position is not None], dtype=np.int64)
        new = [(name, entry) for name in names if (entry := entries[name]) is not None]
        kept = np.delete(np.arange(len(self), dtype=np.int64), out) if len(out) else None
        paths = self.paths if kept is None else self.paths.take(kept)
        columns = (self.sizes, self.mtimes_ns, self.content, self.content_ids)
        if kept is not None:
            columns = (self.sizes[kept], self.mtimes_ns[kept], self.content[kept], self.content_ids[kept])
        if not new:
            return FileTable(paths, *columns, generation)
        paths, at = paths.inserted([name for name, _ in new])
        size, mtime_ns, content_id = (
            np.array(values, dtype=np.int64)
            for values in zip(*((entry.size, entry.mtime_ns, entry.content_id) for _, entry in new), strict=True)
        )
        content = np.frombuffer(b"".join(entry.content for _, entry in new), np.uint8).reshape(-1, 16)
        return FileTable(
            paths,
            np.insert(columns[0], at, size),
            np.insert(columns[1], at, mtime_ns),
            np.insert(columns[2], at, content, axis=0),
            np.insert(columns[3], at, content_id),
            generation,
        )

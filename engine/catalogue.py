"""What a server's collection knows of files, as columns: read once, kept beside the index, and mapped from there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.file_table import FileTable
from engine.path_table import PathTable
from engine.vector_store import VectorStore


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """One collection at one moment. Of F files, in order of path: `content` uint8 [F, 16], `sizes` and `mtimes_ns`
    int64 [F]. `contents` S16 [E], sorted, are all that the collection has a vector of."""

    state: str
    contents: NDArray[np.bytes_]
    paths: PathTable
    content: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    mtimes_ns: NDArray[np.int64]

    @classmethod
    def from_arrays(cls, state: str, arrays: Mapping[str, NDArray[Any]]) -> "Catalogue | None":
        """A catalogue that was kept; None where something is missing."""
        try:
            paths = PathTable(arrays["text"], arrays["offsets"])
            contents = np.ascontiguousarray(arrays["contents"]).view("S16").reshape(-1)
            found = cls(state, contents, paths, arrays["content"], arrays["sizes"], arrays["mtimes_ns"])
        except (KeyError, ValueError):
            return None
        columns = (found.content, found.sizes, found.mtimes_ns)
        return found if all(len(column) == len(paths) for column in columns) else None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` takes."""
        return {
            "text": self.paths.blob,
            "offsets": self.paths.offsets,
            "contents": self.contents.view(np.uint8).reshape(-1, 16),
            "content": self.content,
            "sizes": self.sizes,
            "mtimes_ns": self.mtimes_ns,
        }

    def rows_of(self, content: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Where each of `content` uint8 [N, 16] stands in `contents`, −1 where it does not; int64 [N]."""
        asked = as_text(content)
        if not len(self.contents) or not len(asked):
            return np.full(len(asked), -1, dtype=np.int64)
        rows = np.minimum(np.searchsorted(self.contents, asked), len(self.contents) - 1)
        return np.where(self.contents[rows] == asked, rows, -1).astype(np.int64)


def as_text(content: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Hashes uint8 [N, 16] as S16 [N], which numpy sorts and compares byte by byte."""
    return np.ascontiguousarray(content).view("S16").reshape(-1)


def read_catalogue(store: VectorStore, state: str) -> Catalogue:
    """What the collection has now. Of a file that two contents claim, the later one has it."""
    names: list[str] = []
    hashes: list[bytes] = []
    numbers: list[tuple[int, int]] = []
    everything: list[bytes] = []
    for block in store.photos():
        for photo in block:
            everything.append(photo.content)
            for file in photo.files:
                names.append(file.path)
                hashes.append(photo.content)
                numbers.append((file.size, file.mtime_ns))
    order = sorted(range(len(names)), key=lambda i: (names[i], numbers[i][1]))
    last = [i for i, j in zip(order, [*order[1:], None], strict=False) if j is None or names[i] != names[j]]
    sizes, mtimes_ns = np.array([numbers[i] for i in last], dtype=np.int64).reshape(-1, 2).T
    return Catalogue(
        state,
        np.sort(as_text(_bytes(everything))),
        PathTable.from_sorted(names[i] for i in last),
        _bytes([hashes[i] for i in last]),
        np.ascontiguousarray(sizes),
        np.ascontiguousarray(mtimes_ns),
    )


def together(catalogues: Sequence[Catalogue], generation: int) -> FileTable:
    """The files of some models' collections as one table; where two disagree about a file, the later state counts."""
    if not catalogues:
        nothing = np.empty(0, np.int64)
        return _table(PathTable.from_sorted(()), _bytes([]), nothing, nothing, generation)
    first, rest = catalogues[0], catalogues[1:]
    if all(other.paths == first.paths and np.array_equal(other.content, first.content) for other in rest):
        return _table(first.paths, first.content, first.sizes, first.mtimes_ns, generation)
    found: dict[str, tuple[int, int, Catalogue, int]] = {}
    for number, catalogue in enumerate(catalogues):
        for position, path in enumerate(catalogue.paths):
            entry = (int(catalogue.mtimes_ns[position]), number, catalogue, position)
            if path not in found or found[path][:2] < entry[:2]:
                found[path] = entry
    names = sorted(found)
    places = [found[name][2:] for name in names]
    return _table(
        PathTable.from_sorted(names),
        np.stack([catalogue.content[position] for catalogue, position in places]),
        np.array([catalogue.sizes[position] for catalogue, position in places], dtype=np.int64),
        np.array([catalogue.mtimes_ns[position] for catalogue, position in places], dtype=np.int64),
        generation,
    )


def _table(
    paths: PathTable,
    content: NDArray[np.uint8],
    sizes: NDArray[np.int64],
    mtimes_ns: NDArray[np.int64],
    generation: int,
) -> FileTable:
    _, ids = np.unique(as_text(content), return_inverse=True)
    return FileTable(paths, sizes, mtimes_ns, content, ids.astype(np.int64), generation)


def _bytes(hashes: Sequence[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, 16)

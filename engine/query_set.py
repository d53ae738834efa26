"""The pictures that a search, an export or an evaluation is made with, and their embeddings."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from engine.embedder import Embedder
from engine.errors import DecodeError, ExportError
from engine.file_table import FileTable
from engine.folder import scan
from engine.gallery import Gallery
from engine.image_header import sniff
from engine.labels import folder_label, folder_labels
from engine.library import Library
from engine.query import embed_file
from engine.regular_file import modified_ns
from engine.results import ImageFile, Progress, Skipped

ALL = "all"
MAX_LIST_BYTES = 256 << 20
LOOK_AHEAD = 8  # pictures read before their turn; two are worked on at a time


@dataclass(frozen=True, slots=True)
class Query:
    """One picture to search with."""

    name: str  # as files show it: relative to the library for its own photos, else as it was given
    path: Path | None  # where it lies; None for one that is no file, such as the clipboard's
    inside: str | None  # its path in the library: it is left out of its own ranking
    label: str | None  # the name of its folder, see `engine.labels`


@dataclass(frozen=True, slots=True)
class QuerySet:
    """Pictures to search with, in order, and those that were asked for but cannot be read."""

    source: str  # what was asked for: "all", or a folder, a file, a list
    queries: Sequence[Query]
    skipped: tuple[Skipped, ...] = ()


class LibraryQueries(Sequence[Query]):
    """Photos of a library as queries, made when they are looked at: a million of them cost nothing."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self._root = root
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, position: int) -> Query: ...

    @overload
    def __getitem__(self, position: slice) -> "LibraryQueries": ...

    def __getitem__(self, position: int | slice) -> "Query | LibraryQueries":
        if isinstance(position, slice):
            return LibraryQueries(self._root, self.paths[position])
        return inner_query(self._root, self.paths[position])


def names_of(queries: Sequence[Query]) -> list[str]:
    """The name of each query."""
    return list(queries.paths) if isinstance(queries, LibraryQueries) else [query.name for query in queries]


def labels_of(queries: Sequence[Query]) -> list[str | None]:
    """The label of each query."""
    return folder_labels(queries.paths) if isinstance(queries, LibraryQueries) else [query.label for query in queries]


def inner_query(root: Path, path: str) -> Query:
    """A photo of the library as a query."""
    return Query(path, root / path, path, folder_label(path))


def path_inside(root: Path, image: Path) -> str | None:
    """The path of `image` relative to the library, with `/`, or None where it lies elsewhere."""
    # The folder is resolved, the file's own name is not: a link that lies in the library is a photo of the library.
    try:
        return (image.parent.resolve() / image.name).relative_to(root.resolve()).as_posix()
    except (OSError, ValueError):
        return None


def resolve_queries(source: str, root: Path, gallery_paths: Sequence[str]) -> QuerySet:
    """The pictures that `source` names: `all` photos of the library, a folder, an image file, or a text file with one
    path a line (relative to the library or to the current folder). Raises ExportError if it is none of them."""
    if source == ALL:
        return QuerySet(ALL, LibraryQueries(root, gallery_paths))
    place = Path(source)
    if place.is_dir():
        return _folder_queries(source, place, root)
    try:
        with place.open("rb") as file:
            start = file.read(64)
            if sniff(start) is not None:
                return QuerySet(source, (_outer_query(place, place, root),))
            data = start + file.read(MAX_LIST_BYTES)
    except OSError as error:
        raise ExportError(place, error.strerror or str(error)) from error
    if b"\0" in data or len(data) > MAX_LIST_BYTES:
        raise ExportError(place, "neither a folder, nor an image, nor a text file with one path a line")
    lines = (os.fsdecode(line.rstrip(b"\r")) for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    return _listed_queries(source, (line for line in lines if line), root)


def _outer_query(shown: Path, path: Path, root: Path) -> Query:
    inside = path_inside(root, path)
    if inside is not None:
        return inner_query(root, inside)
    return Query(str(shown), path, None, path.resolve().parent.name or None)


def _folder_queries(source: str, folder: Path, root: Path) -> QuerySet:
    queries: list[Query] = []
    skipped: list[Skipped] = []
    for item in scan(folder):
        if isinstance(item, ImageFile):
            inside = path_inside(root, folder / item.path)
            path = folder / item.path
            outer = Query(str(path), path, None, folder_label(item.path))
            queries.append(outer if inside is None else inner_query(root, inside))
        else:
            skipped.append(Skipped(str(folder / item.path), item.reason))
    return QuerySet(source, tuple(queries), tuple(skipped))


def _listed_queries(source: str, lines: Iterable[str], root: Path) -> QuerySet:
    queries: dict[Query, None] = {}
    skipped: list[Skipped] = []
    for line in lines:
        found = next((path for path in (root / line, Path(line)) if path.is_file()), None)
        if found is None:
            skipped.append(Skipped(line, "there is no such file, neither in the library nor in the current folder"))
        else:
            queries[_outer_query(Path(line), found, root)] = None  # a photo that is listed twice is one query
    return QuerySet(source, tuple(queries), tuple(skipped))


@dataclass(frozen=True, slots=True)
class EmbeddedQueries:
    """The queries that have a vector. That of query i is `gallery.vector(positions[i])`, or `others[i]` where
    `positions[i]` is −1: queries that the index holds cost no memory."""

    queries: Sequence[Query]
    gallery: Gallery
    positions: NDArray[np.int64]
    others: dict[int, NDArray[np.float32]]

    @property
    def is_all(self) -> bool:
        """Whether these are the gallery's photos, all of them and in their order."""
        everything = len(self.positions) == len(self.gallery)
        return everything and bool((self.positions == np.arange(len(self.gallery))).all())

    def vectors(self, start: int, stop: int) -> NDArray[np.float32]:
        """The vectors of some queries, float32 [stop − start, D]."""
        positions = self.positions[start:stop]
        vectors = np.empty((len(positions), self.gallery.dimension), dtype=np.float32)
        held = positions >= 0
        if held.any():
            vectors[held] = self.gallery.vectors(positions[held])
        for row in np.flatnonzero(~held):
            vectors[row] = self.others[start + int(row)]
        return vectors

    def own(self, start: int, stop: int) -> NDArray[np.int64]:
        """Where the photos of some queries stand in the gallery, to be left out of their own rankings; −1: nowhere."""
        positions = self.positions[start:stop].copy()
        for row in np.flatnonzero(positions < 0).tolist():  # none of them, or edited since its vector was made
            inside = self.queries[start + row].inside
            position = None if inside is None else self.gallery.index_of(inside)
            positions[row] = -1 if position is None else position
        return positions


class VectorCache(dict[int, NDArray[np.float32]]):
    """Vectors that were computed for the queries of a `QuerySet`, by their number in it; kept in a file if one is
    given, to which each is appended at once, so that an interrupted run loses none."""

    def __init__(self, dimension: int, file: Path | None = None) -> None:
        super().__init__()
        self._record = np.dtype([("number", "<i8"), ("vector", "<f4", (dimension,))])
        self._file = file
        if file is not None and file.exists():
            data = file.read_bytes()
            whole = len(data) - len(data) % self._record.itemsize
            if whole < len(data):  # the last one was being written when the program ended
                with file.open("r+b") as opened:
                    opened.truncate(whole)
            for record in np.frombuffer(data[:whole], self._record):
                self[int(record["number"])] = record["vector"]

    def add(self, number: int, vector: NDArray[np.float32]) -> None:
        """Keep one vector."""
        self[number] = vector
        if self._file is not None:
            record = np.zeros(1, self._record)
            record["number"], record["vector"] = number, vector
            with self._file.open("ab") as opened:
                opened.write(record.tobytes())


def embed_queries(
    library: Library, gallery: Gallery, wanted: QuerySet, embedder: Callable[[], Embedder], known: VectorCache
) -> Generator[Progress, None, tuple[EmbeddedQueries, list[Skipped]]]:
    """Find or compute the vector of each query; those that cannot be read are returned as skipped.

    A photo of the library that is unchanged is looked up in the index. Any other picture is embedded as the window
    does it, one at a time, so that its distances are the window's to the last digit; `known` holds what an interrupted
    run has embedded already. The network is asked for only if there is anything to embed.
    """
    if wanted.source == ALL:
        everything = np.arange(len(gallery), dtype=np.int64)
        return EmbeddedQueries(LibraryQueries(library.root, gallery.paths), gallery, everything, {}), []
    total = len(wanted.queries)
    files = library.files()
    found = (_position(library.root, files, gallery, query) for query in wanted.queries)
    positions = np.fromiter(found, np.int64, total)
    missing = [number for number in np.flatnonzero(positions < 0).tolist() if number not in known]
    skipped: list[Skipped] = []
    done = total - len(missing)
    yield Progress("embedding", done, total)
    if missing:
        for number, result in _embed_ahead(embedder(), wanted.queries, missing):
            if isinstance(result, DecodeError):
                skipped.append(Skipped(wanted.queries[number].name, result.reason))
            else:
                known.add(number, result)
            done += 1
            yield Progress("embedding", done, total, len(skipped))
    kept = [number for number in range(total) if positions[number] >= 0 or number in known]
    queries = tuple(wanted.queries[number] for number in kept)
    others = {row: known[number] for row, number in enumerate(kept) if positions[number] < 0}
    return EmbeddedQueries(queries, gallery, positions[kept], others), skipped


def _position(root: Path, files: FileTable, gallery: Gallery, query: Query) -> int:
    position = None if query.inside is None else current_position(root, files, gallery, query.inside)
    return -1 if position is None else position


def current_position(root: Path, files: FileTable, gallery: Gallery, path: str) -> int | None:
    """Where a photo of the library stands in the gallery, if its vector is that of the file as it is now; else None."""
    position, row = gallery.index_of(path), files.paths.index_of(path)
    if position is None or row is None:
        return None
    try:
        now = (root / path).stat()
    except OSError:
        return None
    return position if now.st_size == files.sizes[row] and modified_ns(now) == files.mtimes_ns[row] else None


def _embed_ahead(
    embedder: Embedder, queries: Sequence[Query], indices: Iterable[int]
) -> Iterator[tuple[int, NDArray[np.float32] | DecodeError]]:
    """Embed some queries in order: two at a time, so that one is decoded while the other is in the network."""

    def one(index: int) -> NDArray[np.float32] | DecodeError:
        path = queries[index].path
        if path is None:
            return DecodeError(queries[index].name, "it is no file")
        try:
            return embed_file(embedder, path).vector
        except DecodeError as error:
            return error

    waiting: list[tuple[int, Future[NDArray[np.float32] | DecodeError]]] = []
    rest = iter(indices)
    with ThreadPoolExecutor(2, thread_name_prefix="query") as pool:
        try:
            while True:
                for index in islice(rest, LOOK_AHEAD - len(waiting)):
                    waiting.append((index, pool.submit(one, index)))
                if not waiting:
                    return
                index, future = waiting.pop(0)
                yield index, future.result()
        finally:
            pool.shutdown(cancel_futures=True)

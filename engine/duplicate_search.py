"""The near-identical photos of a whole library, with what tells which copy is the best one."""

import os
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.decode import load, load_bytes
from engine.different import different_pairs
from engine.duplicates import DuplicateGroup, GreyPicture, PairKey, find_duplicates
from engine.errors import DecodeError
from engine.file_table import FileTable
from engine.gallery import Gallery
from engine.library import Library
from engine.metric import Metric, pairwise_distance
from engine.near_copies import GREY_SIDE, grey_square
from engine.results import Progress
from engine.sharpness import SHARPNESS_SIDE, sharpness
from engine.spec import ModelSpec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore


@dataclass(frozen=True, slots=True)
class Copy:
    """One photo of a group. `distance` is cosine, to the first of the group; `width`, `height` (pixels, upright; 0) and
    `sharpness` (None) where the file could not be read any more."""

    path: str
    distance: float
    width: int
    height: int
    size: int  # bytes
    mtime_ns: int
    sharpness: float | None
    content: bytes  # the 16 bytes that the index knows it by


@dataclass(frozen=True, slots=True)
class CopyGroup:
    """Photos that are copies of one another; for `certainty` see `DuplicateGroup`."""

    copies: tuple[Copy, ...]
    certainty: float


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """What was found in `photos` photos. `different` counts the pairs called different by the user, in any library."""

    root: Path
    model: str
    photos: int
    groups: tuple[CopyGroup, ...]
    different: int


def search_duplicates(
    store: Store, library: Library, spec: ModelSpec, thumbnails: ThumbnailStore
) -> Generator[Progress, None, DuplicateReport]:
    """Find the groups of near-identical photos of a library, the most certain first, and measure the photos in them.

    The stages are `comparing` (embeddings), `looking` (pixels of what they propose) and `measuring`. Raises StoreError.
    """
    gallery, files = library.gallery(spec), library.files()
    contents = contents_of(gallery, files)
    grey = grey_of(library.root, gallery, contents, thumbnails)
    pairs = different_pairs(store)
    groups = yield from find_duplicates(gallery, contents, grey, dismissed=pairs)
    measured = yield from _measured(library.root, files, groups)
    return DuplicateReport(library.root, spec.name, len(gallery), tuple(measured), len(pairs))


def contents_of(gallery: Gallery, files: FileTable) -> NDArray[np.uint8]:
    """The content hash of each photo of a gallery, uint8 [N, 16]; one that has gone meanwhile gets its number, so
    that no two of them pass for copies."""
    if gallery.paths == files.paths:
        return files.content
    rows = np.fromiter((-1 if (at := files.paths.index_of(path)) is None else at for path in gallery.paths), np.int64)
    found = np.zeros((len(rows), 16), dtype=np.uint8)
    found[rows >= 0] = files.content[rows[rows >= 0]]
    gone = np.flatnonzero(rows < 0).astype(np.int64)
    found[gone, :8] = gone.view(np.uint8).reshape(-1, 8)
    return found


def grey_of(root: Path, gallery: Gallery, contents: NDArray[np.uint8], thumbnails: ThumbnailStore) -> GreyPicture:
    """Gives the small grey picture of a photo, from its thumbnail where there is one; None where it cannot be read."""

    def grey(position: int) -> NDArray[np.uint8] | None:
        path = gallery.paths[position]
        jpeg = thumbnails.get(contents[position].tobytes())
        try:
            picture = load_bytes(jpeg, path, GREY_SIDE) if jpeg is not None else load(_file(root, path), GREY_SIDE)
        except DecodeError:
            return None
        return grey_square(picture.rgb)

    return grey


def _measured(root: Path, files: FileTable, groups: list[DuplicateGroup]) -> Generator[Progress, None, list[CopyGroup]]:
    """Add to each photo of the groups what its file says."""
    total = sum(len(group.paths) for group in groups)
    looks: dict[bytes, tuple[int, int, float | None]] = {}  # of copies of one file, one is read
    measured: list[CopyGroup] = []
    done = 0
    for group in groups:
        copies = []
        for path, distance in zip(group.paths, group.distances, strict=True):
            at = files.paths.index_of(path)
            content = b"" if at is None else files.content[at].tobytes()
            if content not in looks:
                looks[content] = _look(_file(root, path))
            size, mtime_ns = (0, 0) if at is None else (int(files.sizes[at]), int(files.mtimes_ns[at]))
            width, height, sharp = looks[content]
            copies.append(Copy(path, distance, width, height, size, mtime_ns, sharp, content))
            done += 1
            yield Progress("measuring", done, total)
        measured.append(CopyGroup(tuple(copies), group.certainty))
    return measured


def _look(file: Path) -> tuple[int, int, float | None]:
    try:
        picture = load(file, SHARPNESS_SIDE)
    except DecodeError:
        return 0, 0, None
    return picture.width, picture.height, sharpness(picture.rgb)


def _file(root: Path, path: str) -> Path:
    return Path(os.path.join(root, path))  # noqa: PTH118 - a name's odd bytes stay as they are


@dataclass(frozen=True, slots=True)
class Parted:
    """A group after some of its photos were called different: what is left of it (no or several groups), and the pairs
    of contents to remember."""

    groups: tuple[CopyGroup, ...]
    pairs: frozenset[PairKey]


def part(gallery: Gallery, group: CopyGroup, contents: frozenset[bytes]) -> Parted:
    """Take the photos with these `contents` out of a group: each is a copy of nothing else in it any more. Files of one
    content stay together, for they are the same whatever is said."""
    out = {copy.content for copy in group.copies} & contents
    pairs = {frozenset((one, copy.content)) for one in out for copy in group.copies if copy.content != one}
    sets = [[copy for copy in group.copies if copy.content == content] for content in sorted(out)]
    sets.insert(0, [copy for copy in group.copies if copy.content not in out])
    kept = [
        CopyGroup(
            _with_distances(gallery, copies), 1.0 if len({copy.content for copy in copies}) == 1 else group.certainty
        )
        for copies in sets
        if len(copies) > 1
    ]
    return Parted(tuple(kept), frozenset(pairs))


def _with_distances(gallery: Gallery, copies: list[Copy]) -> tuple[Copy, ...]:
    """The photos with distances to the first of them; those of before where the gallery no longer has them all."""
    positions = [at for copy in copies if (at := gallery.index_of(copy.path)) is not None]
    if len(positions) != len(copies):
        return tuple(copies)
    vectors = gallery.vectors(np.array(positions, dtype=np.int64))
    distances = pairwise_distance(vectors, vectors[0], Metric.COSINE)
    return tuple(replace(copy, distance=float(d)) for copy, d in zip(copies, distances, strict=True))

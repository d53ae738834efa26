"""Which rows the grid shows, and in what order: from a ranking or a library to columns; pure arithmetic, no Qt."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.folder import scan
from engine.path_table import PathTable
from engine.results import ImageFile, Ranking
from engine.store import FileTable
from gui.gallery_model import GalleryItems
from gui.session_state import Scope, Sort

MOST_FOLDERS = 5000  # more than a dropdown can offer


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """The files of a library as columns; `content` is None where the files have only been seen, not read."""

    paths: PathTable
    sizes: NDArray[np.int64]  # bytes
    mtimes_ns: NDArray[np.int64]
    content: NDArray[np.uint8] | None = None  # [N, 16]

    def __len__(self) -> int:
        return len(self.paths)

    @classmethod
    def indexed(cls, files: FileTable) -> "Listing":
        """What the index knows."""
        return cls(files.paths, files.sizes, files.mtimes_ns, files.content)

    @classmethod
    def on_disk(cls, root: Path) -> "Listing":
        """What the folder holds now, without reading any file. Raises FolderError."""
        found = [item for item in scan(root) if isinstance(item, ImageFile)]
        return cls(
            PathTable.from_sorted(item.path for item in found),
            np.array([item.size for item in found], dtype=np.int64),
            np.array([item.mtime_ns for item in found], dtype=np.int64),
        )

    def folders(self) -> list[str]:
        """The sub-folders that hold photos, and those above them, in order."""
        found: set[str] = set()
        for path in self.paths:
            folder = path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
            if len(found) >= MOST_FOLDERS:
                break
        return sorted(found)

    def containing(self, text: str) -> NDArray[np.bool_] | None:
        """Which files have `text` in their path, whatever the case: bool [N]; None for an empty text: all."""
        needle = text.strip().casefold()
        if not needle:
            return None
        return np.fromiter((needle in path.casefold() for path in self.paths), np.bool_, len(self.paths))


def arrange_results(
    listing: Listing,
    ranking: Ranking,
    to_file: NDArray[np.int64] | None,
    sort: Sort,
    limit: float | None,
    matching: NDArray[np.bool_] | None,
) -> GalleryItems:
    """The rows for a ranking: the photos within the distance `limit` that are `matching` (bool over the listing).

    `to_file` int64 [N] gives the listing's row of each photo of the ranked gallery (−1: it is gone); None where both
    are the same.
    """
    shown = len(ranking) if limit is None else int(np.searchsorted(ranking.distances, limit, side="right"))
    rows = ranking.order[:shown] if to_file is None else to_file[ranking.order[:shown]]
    distances = ranking.distances[:shown]
    ranks = np.arange(1, shown + 1, dtype=np.int64)
    keep = rows >= 0 if matching is None else (rows >= 0) & matching[rows]
    if not keep.all():
        rows, distances, ranks = rows[keep], distances[keep], ranks[keep]
    if sort is not Sort.DISTANCE:
        order = _order(listing, rows, sort)
        rows, distances, ranks = rows[order], distances[order], ranks[order]
    return _items(listing, rows, distances, ranks)


def arrange_library(
    listing: Listing, sort: Sort, scope: Scope, matching: NDArray[np.bool_] | None = None
) -> GalleryItems:
    """The rows for the library itself, without a query; there is no distance to sort by, which means by name."""
    first, end = listing.paths.folder_range(scope.folder)
    by_name = sort in (Sort.NAME, Sort.DISTANCE)
    if by_name and matching is None and end - first == len(listing):
        return _items(listing, None)
    rows = np.arange(first, end, dtype=np.int64)
    if matching is not None:
        rows = rows[matching[first:end]]
    return _items(listing, rows if by_name else rows[_order(listing, rows, sort)])


def _order(listing: Listing, rows: NDArray[np.int64], sort: Sort) -> NDArray[np.int64]:
    """The order that sorts `rows`; the newest and the largest come first, and equal ones stand by name."""
    if sort is Sort.NAME:
        return np.argsort(rows, kind="stable")  # the listing is sorted by path
    column = listing.mtimes_ns if sort is Sort.DATE else listing.sizes
    return np.lexsort((rows, -column[rows]))


def _items(
    listing: Listing,
    rows: NDArray[np.int64] | None,
    distances: NDArray[np.float64] | None = None,
    ranks: NDArray[np.int64] | None = None,
) -> GalleryItems:
    return GalleryItems(
        listing.paths,
        order=rows,
        distances=distances,
        sizes=listing.sizes,
        mtimes_ns=listing.mtimes_ns,
        content=listing.content,
        ranks=ranks,
    )

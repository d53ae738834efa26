"""What the duplicates window asks of the engine; no Qt."""

from collections.abc import Generator
from pathlib import Path

import numpy as np

from engine.duplicate_search import CopyGroup, DuplicateReport, search_duplicates
from engine.results import Progress
from engine.spec import ModelSpec
from gui.backend import Backend
from gui.export_job import index_first
from gui.gallery_model import GalleryItems
from gui.worker import Token


def duplicate_steps(
    backend: Backend, root: Path, spec: ModelSpec, token: Token
) -> Generator[Progress, None, DuplicateReport]:
    """Search a library, with what has to be indexed before."""
    library = yield from index_first(backend, root, [spec], token)
    return (yield from search_duplicates(backend.store, library, spec, backend.thumbnails))


def items_of(group: CopyGroup, chosen: list[int]) -> GalleryItems:
    """Photos of a group as the viewer and the comparison take them, in this order."""
    copies = [group.copies[at] for at in chosen]
    by_path = sorted(range(len(copies)), key=lambda at: copies[at].path)
    order = np.empty(len(copies), dtype=np.int64)
    order[by_path] = np.arange(len(copies))
    return GalleryItems([copies[at].path for at in by_path], order)


def spare_bytes(report: DuplicateReport) -> int:
    """What all but the largest file of each group take."""
    sizes = [[copy.size for copy in group.copies] for group in report.groups]
    return sum(sum(group) - max(group) for group in sizes)

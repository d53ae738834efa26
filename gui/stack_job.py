"""What folding asks of the engine: the stacks among the results of one search; no Qt."""

import os
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from engine.different import different_pairs
from engine.duplicate_search import contents_of, grey_of
from engine.results import Progress
from engine.stacks import Moment, Stacks, find_stacks
from engine.store import Library
from gui.backend import Backend
from gui.exif import read_facts
from gui.search_job import SearchReply


def stack_steps(backend: Backend, library: Library, reply: SearchReply) -> Generator[Progress, None, Stacks]:
    """Compare the nearest results with one another. Photos that were marked stand for themselves."""
    gallery = reply.gallery
    contents = contents_of(gallery, library.files())
    marked = [gallery.index_of(path) for path in reply.request.query.marks]
    results = reply.ranking.order[~np.isin(reply.ranking.order, [at for at in marked if at is not None])]

    def moment(position: int) -> Moment | None:
        return taken_at(Path(os.path.join(library.root, gallery.paths[position])))  # noqa: PTH118 - odd bytes stay

    return (
        yield from find_stacks(
            gallery,
            contents,
            results,
            grey_of(library.root, gallery, contents, backend.thumbnails),
            dismissed=different_pairs(backend.store),
            moment=moment,
        )
    )


def taken_at(file: Path) -> Moment | None:
    """The camera and the second in which a photo was taken, as its EXIF block says; None where it does not."""
    facts = read_facts(file)
    lines = dict(facts.lines) if facts is not None else {}
    if "taken" not in lines or "camera" not in lines:
        return None
    try:
        # A camera's clock knows no time zone: read as UTC, two photos lie as far apart as they were.
        clock = datetime.strptime(lines["taken"][:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        return lines["camera"], clock.timestamp()
    except ValueError:
        return None

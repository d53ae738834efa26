"""What an export window asks of the engine: the last choices, the screen as a section, and the jobs; no Qt."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.export import ExportReport, ExportRequest, Format, export, export_screen
from engine.export_blocks import Ranked, ScreenSection
from engine.export_folder import PARTIAL
from engine.indexer import index
from engine.query_set import Query as RunQuery
from engine.query_set import inner_query
from engine.results import Progress
from engine.spec import ModelSpec
from engine.store import Library
from gui.backend import Backend
from gui.gallery_model import GalleryItems
from gui.remembered import Remembered
from gui.search_job import SearchReply
from gui.session_state import Part, Query
from gui.worker import Token

MOST_NAMES = 1000  # tried for a new folder


class Source(StrEnum):
    """Where the queries of an export come from."""

    ALL = "all"
    FOLDER = "folder"
    PICTURE = "picture"
    LIST = "list"


@dataclass(frozen=True)
class ExportChoices(Remembered):
    """What was chosen last; as the settings keep it, every list is one of words."""

    source: str = Source.ALL
    path: str = ""  # of the queries, where they are not all photos
    models: tuple[str, ...] = ()  # none: the window's
    metrics: tuple[str, ...] = ()  # none: the window's
    count: int = 50  # results a query; 0: all
    limited: bool = False
    limit: float = 0.5
    formats: tuple[str, ...] = (str(Format.CSV), str(Format.HTML))
    out: str = ""  # the folder that was written to


def new_folder(place: Path, library: Path) -> Path:
    """A folder beneath `place` that is not there yet, named after the library, and never within it."""
    place = library.parent if place.resolve().is_relative_to(library) else place
    name = f"Semblance {library.name}".strip()
    names = (name, *(f"{name} {number}" for number in range(2, MOST_NAMES)))
    return next((place / name for name in names if not (place / name).exists()), place / name)


def is_interrupted(folder: Path) -> bool:
    """Whether an export into this folder was stopped, so that it can be gone on with."""
    try:
        return folder.is_absolute() and (folder / PARTIAL / "state.json").exists()
    except OSError:
        return False


# -- the screen --------------------------------------------------------------------------------------------------------


def asked_for(query: Query, root: Path) -> RunQuery:
    """The window's query as files name it. Only a whole picture has a path: of a part of one, or of several, a run
    that is opened again would show another ranking."""
    part = query.parts[0]
    whole = len(query.parts) == 1 and part.region is None and part.sign > 0
    if whole and part.path is not None:
        return inner_query(root, part.path)
    if whole and part.file is not None:
        return RunQuery(str(part.file), part.file, None, part.file.resolve().parent.name or None)
    names = " ".join(f"{'−' if part.sign < 0 else '+'} {_name(part)}" for part in query.parts)
    return RunQuery(names.removeprefix("+ "), None, None, None)


def _name(part: Part) -> str:
    name = part.path or (str(part.file) if part.file else part.name)
    if part.region is None:
        return name
    edges = ", ".join(f"{edge:.3f}" for edge in part.region)
    return f"{name} [{edges}]"


def screen_section(
    reply: SearchReply, items: GalleryItems, root: Path, chosen: NDArray[np.int64] | None = None
) -> ScreenSection:
    """The results as the window shows them, `chosen` (positions in `items.paths`) or all; in order of rank, whatever
    the order on the screen is. They keep the ranks that they have there."""
    assert items.distances is not None
    assert items.order is not None
    ranks = np.arange(1, len(items) + 1, dtype=np.int64) if items.ranks is None else items.ranks
    rows = np.argsort(ranks, kind="stable")
    if chosen is not None:
        rows = rows[np.isin(items.order[rows], chosen)]
    ranked = Ranked(
        asked_for(reply.request.query, root), items.order[rows].astype(np.int64), items.distances[rows], ranks[rows]
    )
    return ScreenSection(reply.request.model.name, reply.request.metric, items.paths, [ranked])


def screen_steps(
    backend: Backend, library: Library, spec: ModelSpec, section: ScreenSection, out: Path, formats: Sequence[Format]
) -> Generator[Progress, None, ExportReport]:
    """Export what is on the screen."""
    return (yield from export_screen(library, spec, section, out, formats, backend.thumbnails))


# -- many searches -----------------------------------------------------------------------------------------------------


def index_first(
    backend: Backend, root: Path, specs: Sequence[ModelSpec], token: Token
) -> Generator[Progress, None, Library]:
    """Have every photo embedded by these models: what a model has not seen is indexed, in the stage `indexing`."""
    library = backend.store.library(root)
    photos = len(library.files())
    missing = [spec for spec in specs if not 0 < photos <= int((library.rows(spec) >= 0).sum())]
    if missing:
        yield Progress("scanning", 0)
        embedders = [backend.embedder(spec) for spec in missing]
        for step in index(backend.store, root, embedders, thumbnails=backend.thumbnails, cancelled=token):
            yield replace(step, stage="indexing") if step.stage == "embedding" else step
    return library


def batch_steps(backend: Backend, request: ExportRequest, token: Token) -> Generator[Progress, None, ExportReport]:
    """Export the rankings of many queries, with what has to be indexed before."""
    yield from index_first(backend, request.root, request.models, token)
    return (yield from export(backend.store, request, embedder=backend.embedder, thumbnails=backend.thumbnails))

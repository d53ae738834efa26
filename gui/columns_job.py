"""Searches for one query by several models and distances, and lays the results side by side; no Qt."""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from engine.agreement import SideBySide, library_agreement, side_by_side
from engine.metric import Metric
from engine.results import Progress, Ranking
from engine.spec import ModelSpec
from gui.backend import Backend
from gui.export_job import index_first
from gui.search_job import Searcher, SearchRequest
from gui.session_state import Query, Scope
from gui.worker import Token

FIRST = 30  # results of each column
FEWEST, MOST = 2, 3  # columns

Way = tuple[ModelSpec, Metric]


@dataclass(frozen=True, slots=True)
class ColumnsRequest:
    """One query, and by which models and distances it is searched for."""

    root: Path
    query: Query
    scope: Scope
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The results of each way, in order, and how far each two agree over the library (None: too small)."""

    request: ColumnsRequest
    result: SideBySide
    agreement: dict[tuple[str, str], float | None]


def name_of(way: Way) -> str:
    """A column's name, which tells it from the others."""
    return f"{way[0].name}, {way[1]}"


def column_steps(backend: Backend, request: ColumnsRequest, token: Token) -> Generator[Progress, None, Columns]:
    """Search, with what has to be indexed before. Raises as a search does."""
    specs = tuple(dict.fromkeys(spec for spec, _ in request.ways))
    library = yield from index_first(backend, request.root, specs, token)
    searcher = Searcher(backend, library)
    rankings: dict[str, Ranking] = {}
    for number, (spec, metric) in enumerate(request.ways):
        yield Progress("searching", number, len(request.ways))
        steps = searcher.steps(SearchRequest(number, request.query, spec, metric, FIRST, request.scope))
        reply = next(steps)
        steps.close()
        assert reply is not None  # the ranking comes first
        rankings[name_of((spec, metric))] = reply.ranking
    result = side_by_side(rankings, FIRST)
    agreement: dict[tuple[str, str], float | None] = {}
    pairs = list(combinations(request.ways, 2))
    for number, (first, second) in enumerate(pairs):
        yield Progress("comparing", number, len(pairs))
        galleries = library.gallery(first[0]), library.gallery(second[0])
        agreement[name_of(first), name_of(second)] = library_agreement(*galleries, (first[1], second[1]), result.k)
    return Columns(request, result, agreement)

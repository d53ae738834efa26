"""Measures models on a library's labelled photos: finds labels and queries, evaluates, and compares what comes out."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

from engine.embedder import Embedder
from engine.errors import LabelsError
from engine.evaluate import Comparison, Evaluation, Queries, compare, evaluate_gallery
from engine.gallery import Gallery
from engine.labels import folder_label
from engine.library import Library
from engine.metric import Metric
from engine.query_set import Query, QuerySet, VectorCache, embed_queries, resolve_queries
from engine.results import Progress, Skipped
from engine.spec import ModelSpec

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LabelledRequest:
    """What to measure. Each model must have embedded the library before."""

    models: Sequence[ModelSpec]
    metrics: Sequence[Metric] = ()  # none: each model's own
    queries: Path | None = None  # a folder; None: every photo against the rest
    labels: Labels | None = (
        None  # path -> label, see `engine.labels.read_labels`; None: the folder that a photo lies in
    )


@dataclass(frozen=True, slots=True, eq=False)
class LabelledReport:
    """One evaluation for each model and metric, the differences of each pair, and the queries that cannot be read."""

    evaluations: tuple[Evaluation, ...]
    comparisons: tuple[Comparison, ...]
    skipped: tuple[Skipped, ...]


def evaluate_library(
    library: Library, request: LabelledRequest, embedder: Callable[[ModelSpec], Embedder]
) -> Generator[Progress, None, LabelledReport]:
    """Search with every query by every model and metric, and measure how far up photos of its label stand. The stages
    of its Progress: `embedding` (queries that the index does not hold) and `evaluating`.

    Raises LabelsError when there is no query, or none that has a label.
    """
    asked = _asked(library, request)
    skipped: list[Skipped] = list(asked.skipped) if asked is not None else []
    evaluations: list[Evaluation] = []
    for spec in request.models:
        gallery = library.gallery(spec)
        labels = [_label(request.labels, path, path) for path in gallery.paths]
        queries = None
        if asked is not None:
            opened = partial(embedder, spec)
            queries, missed = yield from _embedded(library, gallery, opened, asked, request.labels)
            skipped += [item for item in missed if item not in skipped]
        for metric in dict.fromkeys(request.metrics or [spec.metric]):
            evaluations.append((yield from evaluate_gallery(gallery, labels, metric, queries)))
    if not any(evaluation.names for evaluation in evaluations):
        reason = "no query lies in a sub-folder, which would be its label"
        if request.labels is not None:
            reason = "no query has a label in the file of labels"
        raise LabelsError(request.queries or library.root, reason)
    pairs = tuple(compare(first, second) for first, second in combinations(evaluations, 2))
    return LabelledReport(tuple(evaluations), pairs, tuple(skipped))


def _label(labels: Labels | None, path: str, name: str) -> str | None:
    """A photo's label: that of its folder, or what the CSV says of its path, relative or as it was given."""
    return folder_label(path) if labels is None else labels.get(path, labels.get(name))


def _asked(library: Library, request: LabelledRequest) -> QuerySet | None:
    if request.queries is None:
        return None
    if not request.queries.is_dir():
        raise LabelsError(request.queries, "there is no such folder")
    asked = resolve_queries(str(request.queries), library.root, library.gallery(request.models[0]).paths)
    if not asked.queries:
        raise LabelsError(request.queries, "there is no image in it")
    return asked


def _embedded(
    library: Library, gallery: Gallery, opened: Callable[[], Embedder], asked: QuerySet, labels: Labels | None
) -> Generator[Progress, None, tuple[Queries, list[Skipped]]]:
    embedded, skipped = yield from embed_queries(library, gallery, asked, opened, VectorCache(gallery.dimension))
    queries = embedded.queries
    found = [query.label if labels is None else _csv_label(labels, query, asked.source) for query in queries]
    vectors = embedded.vectors(0, len(queries))
    return Queries([q.name for q in queries], found, vectors, [q.inside for q in queries]), skipped


def _csv_label(labels: Labels, query: Query, source: str) -> str | None:
    """A query is named in the CSV as it is shown, or relative to its folder."""
    try:
        relative = Path(query.name).relative_to(source).as_posix()
    except ValueError:
        relative = query.name
    return _label(labels, relative, query.name)

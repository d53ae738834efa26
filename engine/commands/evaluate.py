"""The command `evaluate`: how good the models are on the user's own labelled photos."""

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from engine.bootstrap import Interval
from engine.commands.answer import Answer, Place
from engine.commands.arguments import UsageError
from engine.commands.index import ensure_embedded
from engine.embedder import open_embedder
from engine.evaluate import Comparison, Evaluation, Queries, compare, evaluate_gallery
from engine.gallery import Gallery
from engine.labels import folder_label, read_labels
from engine.library import Library
from engine.metric import Metric
from engine.query_set import Query, QuerySet, VectorCache, embed_queries, resolve_queries
from engine.results import Progress, Skipped
from engine.spec import DEFAULT_MODEL, ModelSpec
from engine.store import Store

logger = logging.getLogger(__name__)

Labels = Mapping[str, str]
# What the table for people shows of each evaluation.
SHOWN = (
    ("map", "mAP"),
    ("map_at_10", "mAP@10"),
    ("recall_at_10", "recall@10"),
    ("precision_at_10", "precision@10"),
    ("r_precision", "R-precision"),
    ("mrr", "MRR"),
    ("mean_rank", "mean rank"),
    ("mean_first_rank", "first hit"),
    ("original_map_at_10", "original mAP@10"),
    ("original_map_at_50", "original mAP@50"),
    ("original_mean_rank", "original mean rank"),
)


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What the command line says about an evaluation."""

    folder: Path
    queries: Path | None  # None: every photo against the rest
    models: Sequence[str]  # none: the default one
    metrics: Sequence[Metric]  # none: each model's own
    labels: Path | None  # None: the folder that a photo lies in


def evaluate(place: Place, store: Store, options: EvaluateOptions) -> Generator[Progress, None, Answer]:
    """Search with every query by every model and metric, and measure how far up photos of the same label stand."""
    specs = [place.model(name) for name in dict.fromkeys(options.models or [DEFAULT_MODEL])]
    labels = None if options.labels is None else read_labels(options.labels)
    library = yield from ensure_embedded(place, store, options.folder, specs)
    asked = _asked(options, library, specs[0])
    skipped: list[Skipped] = list(asked.skipped) if asked is not None else []
    evaluations: list[Evaluation] = []
    for spec in specs:
        gallery = library.gallery(spec)
        gallery_labels = [_label(labels, path, path) for path in gallery.paths]
        queries = None
        if asked is not None:
            queries, missed = yield from _embedded(place, library, gallery, spec, asked, labels)
            skipped += [item for item in missed if item not in skipped]
        for metric in dict.fromkeys(options.metrics or [spec.metric]):
            evaluations.append((yield from evaluate_gallery(gallery, gallery_labels, metric, queries)))
    if not any(evaluation.names for evaluation in evaluations):
        raise UsageError(f"no query has a label: {options.labels or 'the folder that a photo lies in'} gives it")
    pairs = [compare(first, second) for first, second in combinations(evaluations, 2)]
    source = None if options.queries is None else str(options.queries)

    def value() -> dict[str, Any]:
        return {
            "library": str(library.root),
            "queries": source,
            "evaluations": [evaluation.to_json() for evaluation in evaluations],
            "comparisons": [pair.to_json() for pair in pairs],
            "skipped": [{"path": item.path, "reason": item.reason} for item in skipped],
        }

    return Answer(value, lambda: _lines(evaluations, pairs, skipped))


def _label(labels: Labels | None, path: str, name: str) -> str | None:
    """A photo's label: that of its folder, or what the CSV says of its path, relative or as it was given."""
    return folder_label(path) if labels is None else labels.get(path, labels.get(name))


def _asked(options: EvaluateOptions, library: Library, spec: ModelSpec) -> QuerySet | None:
    if options.queries is None:
        return None
    if not options.queries.is_dir():
        raise UsageError(f"--queries {options.queries}: there is no such folder")
    asked = resolve_queries(str(options.queries), library.root, library.gallery(spec).paths)
    if not asked.queries:
        raise UsageError(f"--queries {options.queries}: there is no image in it")
    return asked


def _embedded(
    place: Place, library: Library, gallery: Gallery, spec: ModelSpec, asked: QuerySet, labels: Labels | None
) -> Generator[Progress, None, tuple[Queries, list[Skipped]]]:
    opened = partial(open_embedder, spec, place.provider, place.threads)
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


def _lines(evaluations: Sequence[Evaluation], pairs: Sequence[Comparison], skipped: Sequence[Skipped]) -> Iterator[str]:
    for evaluation in evaluations:
        yield from _evaluation_lines(evaluation)
    for pair in pairs:
        yield _comparison_line(pair)
    for item in skipped:
        yield f"skipped {item.path}: {item.reason}"


def _evaluation_lines(evaluation: Evaluation) -> Iterator[str]:
    against = "the rest" if evaluation.leave_one_out else f"{evaluation.gallery_size} photos"
    yield f"{evaluation.model}, {evaluation.metric}: {len(evaluation.names)} queries against {against}"
    for name, words in SHOWN:
        yield f"  {words:<20}{_interval_words(evaluation.metrics[name])}"
    yield "  by label (queries, photos, mAP):"
    for result in evaluation.per_class:
        value = result.metrics["map"]
        shown = "–" if value is None else f"{value:.4f}"
        yield f"    {result.label:<24}{result.queries:>6}{result.gallery:>7}  {shown}"
    if evaluation.lone_labels:
        yield f"  labels of one photo only: {', '.join(evaluation.lone_labels)}"
    if evaluation.without_relevant:
        yield (
            f"  {len(evaluation.without_relevant)} queries have no photo of their label in the library, left out: "
            + (", ".join(evaluation.without_relevant[:10]) + (" …" if len(evaluation.without_relevant) > 10 else ""))
        )
    if evaluation.unlabelled_queries or evaluation.unlabelled_gallery:
        queries = len(evaluation.unlabelled_queries)
        yield f"  without a label: {queries} queries, {evaluation.unlabelled_gallery} photos of the library"


def _interval_words(interval: Interval) -> str:
    if interval.value is None:
        return "–"
    return f"{interval.value:>9.4f}  ({interval.low:.4f} to {interval.high:.4f})"


def _comparison_line(pair: Comparison) -> str:
    """The difference in mAP, the better one first."""
    first, second = (f"{model}, {metric}" for model, metric in (pair.first, pair.second))
    interval = pair.differences["map"]
    if interval.value is None or interval.low is None or interval.high is None:
        return f"{first} and {second} have no query in common"
    better, worse = (first, second) if interval.value >= 0 else (second, first)
    half = (interval.high - interval.low) / 2
    sure = "" if interval.low > 0 or interval.high < 0 else ", which may be chance"
    return f"{better} is better than {worse} by {abs(interval.value):.4f} ± {half:.4f} mAP{sure}"

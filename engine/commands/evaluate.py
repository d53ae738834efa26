"""The command `evaluate`: how good the models are on the user's own labelled photos."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.bootstrap import Interval
from engine.commands.answer import Answer, Place
from engine.commands.arguments import UsageError
from engine.commands.index import ensure_embedded
from engine.embedder import open_embedder
from engine.errors import LabelsError
from engine.evaluate import Comparison, Evaluation
from engine.labelled import LabelledRequest, evaluate_library
from engine.labels import read_labels
from engine.metric import Metric
from engine.results import Progress, Skipped
from engine.spec import DEFAULT_MODEL
from engine.store import Store

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
    if options.queries is not None and not options.queries.is_dir():
        raise UsageError(f"--queries {options.queries}: there is no such folder")
    library = yield from ensure_embedded(place, store, options.folder, specs)
    request = LabelledRequest(specs, options.metrics, options.queries, labels)
    try:
        report = yield from evaluate_library(
            library, request, lambda spec: open_embedder(spec, place.provider, place.threads)
        )
    except LabelsError as error:
        raise UsageError(str(error)) from error
    source = None if options.queries is None else str(options.queries)

    def value() -> dict[str, Any]:
        return {
            "library": str(library.root),
            "queries": source,
            "evaluations": [evaluation.to_json() for evaluation in report.evaluations],
            "comparisons": [pair.to_json() for pair in report.comparisons],
            "skipped": [{"path": item.path, "reason": item.reason} for item in report.skipped],
        }

    return Answer(value, lambda: _lines(report.evaluations, report.comparisons, report.skipped))


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

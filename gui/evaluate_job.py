"""What the page of evaluations asks of the engine, and what its table says; no widgets."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale

from engine.bootstrap import Interval
from engine.evaluate import Comparison, Evaluation
from engine.labelled import LabelledReport, LabelledRequest, evaluate_library
from engine.labels import read_labels
from engine.metric import Metric
from engine.results import Progress
from engine.spec import ModelSpec
from gui import messages
from gui.backend import Backend
from gui.export_job import index_first
from gui.remembered import Remembered
from gui.session_state import Part, Query
from gui.worker import Token

DECIMALS = 3  # the interval is rarely narrower than the third
_DASH = "–"
# The measures in the order of the table; of those in `LOWER` a smaller value is better.
SHOWN = (
    "map",
    "map_at_1",
    "map_at_10",
    "map_at_50",
    "recall_at_1",
    "recall_at_10",
    "recall_at_50",
    "precision_at_1",
    "precision_at_10",
    "precision_at_50",
    "r_precision",
    "mrr",
    "mean_rank",
    "mean_first_rank",
    "original_map_at_10",
    "original_map_at_50",
    "original_mean_rank",
)
LOWER = ("mean_rank", "mean_first_rank", "original_mean_rank")
# What a chart of classes is drawn for: shares, which have a common scale from 0 to 1.
CHARTED = ("map", "recall_at_10", "precision_at_10", "r_precision", "mrr")


@dataclass(frozen=True)
class EvaluateChoices(Remembered):
    """What was chosen last."""

    from_folder: bool = False  # the queries; else every photo against the rest
    queries: str = ""
    from_file: bool = False  # the labels; else the folders
    labels: str = ""
    models: tuple[str, ...] = ()  # none: the window's
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What to measure, as the page asks for it."""

    root: Path
    models: tuple[ModelSpec, ...]
    metrics: tuple[Metric, ...]
    queries: Path | None  # None: every photo against the rest
    labels: Path | None  # a CSV of path,label; None: the folder that a photo lies in


def evaluation_steps(
    backend: Backend, request: EvaluationRequest, token: Token
) -> Generator[Progress, None, LabelledReport]:
    """Measure, with what has to be indexed before."""
    labels = None if request.labels is None else read_labels(request.labels)
    library = yield from index_first(backend, request.root, request.models, token)
    wanted = LabelledRequest(request.models, request.metrics, request.queries, labels)
    runs = len(request.models) * len(request.metrics)
    finished = -1
    for step in _steps(evaluate_library(library, wanted, backend.embedder)):
        if isinstance(step, LabelledReport):
            return step
        if step.stage == "evaluating":
            finished += step.done == 0
            total = step.total or 0
            # One bar for all models and distances, each of which walks the same queries.
            step = replace(step, done=finished * total + step.done, total=runs * total)
        yield step
    raise AssertionError("an evaluation ends with its report")


def _steps(job: Generator[Progress, None, LabelledReport]) -> Generator[Progress | LabelledReport, None, None]:
    """The steps of a job, and its result as the last."""
    yield (yield from job)


def measure_name(name: str) -> str:
    """A measure as people know it: “mAP@10”."""
    translate = QCoreApplication.translate
    whole = {
        "map": translate("measures", "mAP"),
        "r_precision": translate("measures", "R-precision"),
        "mrr": translate("measures", "MRR"),
        "mean_rank": translate("measures", "Mean rank"),
        "mean_first_rank": translate("measures", "Rank of the first hit"),
        "original_mean_rank": translate("measures", "Mean rank, original definition"),
    }
    if name in whole:
        return whole[name]
    family, _, k = name.rpartition("_at_")
    families = {
        "map": translate("measures", "mAP@%1"),
        "recall": translate("measures", "Recall@%1"),
        "precision": translate("measures", "Precision@%1"),
        "original_map": translate("measures", "mAP@%1, original definition"),
    }
    return families[family].replace("%1", k)


def measure_meaning(name: str) -> str:
    """What a measure says, for a tool tip."""
    translate = QCoreApplication.translate
    meanings = {
        "map": translate("measures", "How far up the photos of the query's label stand: 1 is all before any other"),
        "recall": translate("measures", "The share of the label's photos among the first k"),
        "precision": translate("measures", "The share of the first k that have the query's label"),
        "r_precision": translate("measures", "The precision at k = the number of photos of the label"),
        "mrr": translate("measures", "The mean of 1 / rank of the first hit"),
        "mean_rank": translate("measures", "The mean rank of all photos of the label; lower is better"),
        "mean_first_rank": translate("measures", "The mean rank of the first photo of the label; lower is better"),
        "original_map": translate(
            "measures",
            "Queries without a hit are left out and misses cost nothing: for comparison with old numbers only",
        ),
        "original_mean_rank": translate(
            "measures", "The rank of the first listed photo of the label: for comparison with old numbers only"
        ),
    }
    return meanings.get(name) or meanings[name.rpartition("_at_")[0]]


def number(value: float | None, name: str) -> str:
    """A value of a measure: three decimals for a share, one for a rank."""
    if value is None:
        return _DASH
    return QLocale().toString(value, "f", 1 if name in LOWER else DECIMALS)


def with_interval(interval: Interval, name: str) -> str:
    """“0.412 (0.398–0.427)”."""
    if interval.value is None:
        return _DASH
    low, high = number(interval.low, name), number(interval.high, name)
    return f"{number(interval.value, name)} ({low}–{high})"


def difference_words(interval: Interval, name: str) -> str:
    """“+0.120 ± 0.030”."""
    if interval.value is None or interval.low is None or interval.high is None:
        return _DASH
    sign = "+" if interval.value > 0 else "−" if interval.value < 0 else ""
    half = (interval.high - interval.low) / 2
    return f"{sign}{number(abs(interval.value), name)} ± {number(half, name)}"


def title(evaluated: Evaluation | tuple[str, Metric]) -> str:
    """“resnet50, Cosine”."""
    model, metric = evaluated if isinstance(evaluated, tuple) else (evaluated.model, evaluated.metric)
    return f"{model}, {messages.metric_name(metric)}"


def verdict(pair: Comparison) -> str:
    """“A is better than B by 0.120 ± 0.030 mAP”, or that it may be chance."""
    translate = QCoreApplication.translate
    interval = pair.differences["map"]
    if interval.value is None or interval.low is None or interval.high is None:
        text = translate("measures", "%1 and %2 have no query in common.")
        return text.replace("%1", title(pair.first)).replace("%2", title(pair.second))
    better, worse = (pair.first, pair.second) if interval.value >= 0 else (pair.second, pair.first)
    if interval.low > 0 or interval.high < 0:
        text = translate("measures", "%1 is better than %2 by %3 ± %4 mAP.")
    else:
        text = translate("measures", "%1 is better than %2 by %3 ± %4 mAP, which may be chance.")
    text = text.replace("%1", title(better)).replace("%2", title(worse))
    half = (interval.high - interval.low) / 2
    return text.replace("%3", number(abs(interval.value), "map")).replace("%4", number(half, "map"))


def query_of(name: str) -> Query:
    """The query of that name as the window searches for it: a photo of the library, or a picture from elsewhere."""
    path = Path(name)
    return Query((Part(file=path),)) if path.is_absolute() else Query.by_path(name)


def as_text(evaluations: Sequence[Evaluation]) -> str:
    """The table for the clipboard: tabs between the cells, full precision, a point as the decimal mark."""
    lines = ["\t".join(["", *(f"{title(one)}\tlow\thigh" for one in evaluations)])]
    for name in SHOWN:
        cells = [name]
        for one in evaluations:
            interval = one.metrics[name]
            cells += ["" if value is None else repr(value) for value in (interval.value, interval.low, interval.high)]
        lines.append("\t".join(cells))
    return "\n".join(lines)

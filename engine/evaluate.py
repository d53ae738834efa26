"""How well rankings put photos of the query's label first: the standard measures, and those of the original project.

Every measure of a query follows from the ranks (counted from 1) of the photos with its label, the relevant ones. R is
their number, P(r) the share of relevant photos among the first r. For a query, and then as a mean over queries:

- `map`: the mean of P at the rank of each relevant photo (average precision over the full ranking);
- `map_at_k`: the sum of P at the relevant ranks up to k, divided by min(R, k);
- `recall_at_k`: relevant photos among the first k, divided by R; `precision_at_k`: divided by k;
- `hit_at_k`: 1 if there is a relevant photo among the first k, else 0 (metric learning calls this recall@k);
- `r_precision`: P(R); `mrr`: 1 / the rank of the first relevant photo;
- `mean_rank`: the mean of the relevant ranks; `mean_first_rank`: the lowest;
- `original_map_at_k`: the mean of P at the relevant ranks up to k, over the queries that have any: a query without a
  hit is dropped, and what was not found costs nothing, so that k = 1 always gives 1;
- `original_mean_rank`: the rank of that relevant photo which the gallery lists first, wherever the others stand.

The last two are what the project that this one re-creates reports (there named mAP@k and mean rank). Random scores
give them 0.32 at k = 10 and half the gallery's size for 15 equal classes in 1,000 photos.

A query without relevant photos has no measures; it is named in the result and left out of every mean.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import ordering
from engine.bootstrap import LEVEL, RESAMPLES, SEED, Interval, intervals, paired_intervals
from engine.gallery import Gallery
from engine.metric import Metric
from engine.results import Progress

KS = (1, 10, 50)
# Queries between two reports of progress.
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Queries:
    """Pictures with labels to search with: their names, labels (None: unlabelled, not searched with), vectors float32
    [Q, D], and the path in the gallery that each is left out of its own ranking by (None: it is not in the gallery)."""

    names: Sequence[str]
    labels: Sequence[str | None]
    vectors: NDArray[np.float32]
    exclude: Sequence[str | None]

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.labels) == len(self.vectors) == len(self.exclude):
            raise ValueError("names, labels, vectors and exclude differ in length")
        if not np.isfinite(self.vectors).all():
            raise ValueError("a query has a value that is not finite")


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One label: its queries that have relevant photos, the gallery's photos of it, and the mean of each measure."""

    label: str
    queries: int
    gallery: int
    metrics: Mapping[str, float | None]

    def to_json(self) -> dict[str, Any]:
        return {
            "label": self.label,
            "queries": self.queries,
            "gallery": self.gallery,
            "metrics": dict(self.metrics),
        }


@dataclass(frozen=True, slots=True)
class QueryScore:
    """One query's average precision and the rank of its first relevant photo."""

    query: str
    label: str
    average_precision: float
    first_rank: int

    def to_json(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "label": self.label,
            "average_precision": self.average_precision,
            "first_rank": self.first_rank,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """One model and one metric, measured on a labelled gallery.

    `scores` float64 [Q, M] holds the measure `columns[m]` of the query `names[q]`, NaN where it is not defined.
    `confusion` int64 [L, L] counts queries by their own label (row) and the label of the nearest labelled photo.
    """

    model: str
    metric: Metric
    gallery_size: int
    leave_one_out: bool
    names: tuple[str, ...]  # the labelled queries
    labels: tuple[str, ...]
    columns: tuple[str, ...]
    scores: NDArray[np.float64]
    metrics: Mapping[str, Interval]
    per_class: tuple[ClassResult, ...]
    confusion_labels: tuple[str, ...]
    confusion: NDArray[np.int64]
    lone_labels: tuple[str, ...]  # one photo in the gallery, so that a query of it within the gallery finds nothing
    without_relevant: tuple[str, ...]  # labelled queries whose label no other photo of the gallery has
    unlabelled_queries: tuple[str, ...]
    unlabelled_gallery: int

    def worst(self, count: int = 10) -> list[QueryScore]:
        """The queries with the lowest average precision, worst first."""
        precision, first = self._column("map"), self._column("mean_first_rank")
        order = np.lexsort((-first, precision))
        order = order[~np.isnan(precision[order])][:count]
        return [QueryScore(self.names[i], self.labels[i], float(precision[i]), int(first[i])) for i in order.tolist()]

    def to_json(self) -> dict[str, Any]:
        """The result with the field names that docs/cli.md promises."""
        return {
            "model": self.model,
            "metric": str(self.metric),
            "gallery_size": self.gallery_size,
            "queries": len(self.names),
            "leave_one_out": self.leave_one_out,
            "metrics": {name: interval.to_json() for name, interval in self.metrics.items()},
            "per_class": [result.to_json() for result in self.per_class],
            "confusion": {"labels": list(self.confusion_labels), "counts": self.confusion.tolist()},
            "lone_labels": list(self.lone_labels),
            "without_relevant": list(self.without_relevant),
            "unlabelled_queries": list(self.unlabelled_queries),
            "unlabelled_gallery": self.unlabelled_gallery,
            "worst": [score.to_json() for score in self.worst()],
            "bootstrap": {"resamples": RESAMPLES, "level": LEVEL, "seed": SEED},
        }

    def _column(self, name: str) -> NDArray[np.float64]:
        return self.scores[:, self.columns.index(name)]


@dataclass(frozen=True, slots=True)
class Comparison:
    """By how much the first of two evaluations exceeds the second in each measure, over the queries of both."""

    first: tuple[str, Metric]
    second: tuple[str, Metric]
    queries: int
    differences: Mapping[str, Interval]

    def to_json(self) -> dict[str, Any]:
        return {
            "first": {"model": self.first[0], "metric": str(self.first[1])},
            "second": {"model": self.second[0], "metric": str(self.second[1])},
            "queries": self.queries,
            "differences": {name: interval.to_json() for name, interval in self.differences.items()},
        }


def columns(ks: Sequence[int] = KS) -> tuple[str, ...]:
    """The names of the measures, in the order in which results list them."""
    families = ("map", "recall", "precision", "hit", "original_map")
    at_k = tuple(f"{family}_at_{k}" for family in families for k in ks)
    return ("map", *at_k, "r_precision", "mrr", "mean_rank", "mean_first_rank", "original_mean_rank")


def query_scores(ranks: NDArray[np.int64], first_listed: int, ks: Sequence[int] = KS) -> list[float]:
    """The measures of one query, as `columns` names them, from the ascending ranks of its relevant photos (at least
    one) and the rank of that one of them which the gallery lists first."""
    relevant = len(ranks)
    precision = np.arange(1, relevant + 1) / ranks
    hits = {k: int(np.searchsorted(ranks, k, side="right")) for k in ks}
    found = {k: float(precision[:hit].sum()) for k, hit in hits.items()}
    return [
        float(precision.mean()),
        *(found[k] / min(relevant, k) for k in ks),
        *(hits[k] / relevant for k in ks),
        *(hits[k] / k for k in ks),
        *(float(hits[k] > 0) for k in ks),
        *(found[k] / hits[k] if hits[k] else np.nan for k in ks),
        int(np.searchsorted(ranks, relevant, side="right")) / relevant,
        1 / int(ranks[0]),
        float(ranks.mean()),
        float(ranks[0]),
        float(first_listed),
    ]


def evaluate_gallery(
    gallery: Gallery,
    labels: Sequence[str | None],
    metric: Metric,
    queries: Queries | None = None,
    *,
    ks: Sequence[int] = KS,
) -> Generator[Progress, None, Evaluation]:
    """Search with every labelled query and compare the labels of what is found; without `queries`, with every labelled
    photo of the gallery against the rest. `labels` [N] stands in the gallery's order; an unlabelled photo (None) is
    relevant to no query. Yields progress; memory does not grow with the product of queries and photos."""
    if len(labels) != len(gallery):
        raise ValueError(f"{len(labels)} labels for {len(gallery)} photos")
    if any(k < 1 for k in ks):
        raise ValueError(f"k must be 1 or more: {list(ks)}")
    if queries is not None and queries.vectors.shape[1:] != (gallery.dimension,):
        raise ValueError(f"queries {queries.vectors.shape} do not fit vectors of {gallery.dimension} numbers")
    asked = queries.labels if queries is not None else labels
    known = sorted({label for label in (*labels, *asked) if label is not None})
    code_of = {label: code for code, label in enumerate(known)}
    codes = np.array([-1 if label is None else code_of[label] for label in labels], dtype=np.int64)
    wanted = [i for i, label in enumerate(asked) if label is not None]
    own = np.array([code_of[asked[i] or ""] for i in wanted], dtype=np.int64)
    names = queries.names if queries is not None else gallery.paths

    scores = np.full((len(wanted), len(columns(ks))), np.nan)
    confusion = np.zeros((len(known), len(known)), dtype=np.int64)
    started = time.monotonic()
    for done, order in enumerate(_orders(gallery, metric, queries, wanted)):
        if done % AT_ONCE == 0:
            yield _progress(done, len(wanted), started)
        found = codes[order]
        relevant = np.flatnonzero(found == own[done])
        if len(relevant):
            first_listed = int(relevant[order[relevant].argmin()]) + 1
            scores[done] = query_scores(relevant + 1, first_listed, ks)
        if len(found) and (nearest := found[int(np.argmax(found >= 0))]) >= 0:
            confusion[own[done], nearest] += 1
    yield _progress(len(wanted), len(wanted), started)

    counts = np.bincount(codes[codes >= 0], minlength=len(known))
    without = np.isnan(scores[:, 0])
    return Evaluation(
        model=gallery.model,
        metric=metric,
        gallery_size=len(gallery),
        leave_one_out=queries is None,
        names=tuple(names[i] for i in wanted),
        labels=tuple(known[code] for code in own.tolist()),
        columns=columns(ks),
        scores=scores,
        metrics=dict(zip(columns(ks), intervals(scores), strict=True)),
        per_class=_per_class(known, counts, own, scores, columns(ks)),
        confusion_labels=tuple(known),
        confusion=confusion,
        lone_labels=tuple(label for label, count in zip(known, counts.tolist(), strict=True) if count == 1),
        without_relevant=tuple(names[wanted[i]] for i in np.flatnonzero(without).tolist()),
        unlabelled_queries=tuple(names[i] for i, label in enumerate(asked) if label is None),
        unlabelled_gallery=int((codes < 0).sum()),
    )


def evaluate(
    gallery: Gallery,
    labels: Sequence[str | None],
    metric: Metric,
    queries: Queries | None = None,
    *,
    ks: Sequence[int] = KS,
) -> Evaluation:
    """`evaluate_gallery` to its end, for callers that show no progress."""
    job = evaluate_gallery(gallery, labels, metric, queries, ks=ks)
    while True:
        try:
            next(job)
        except StopIteration as end:
            result: Evaluation = end.value
            return result


def compare(first: Evaluation, second: Evaluation) -> Comparison:
    """The differences first − second, paired over the queries that both have. Raises ValueError for other measures."""
    if first.columns != second.columns:
        raise ValueError("the evaluations hold different measures")
    row_of = {name: row for row, name in enumerate(second.names)}
    rows = [(row, row_of[name]) for row, name in enumerate(first.names) if name in row_of]
    left, right = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    differences = paired_intervals(first.scores[left], second.scores[right])
    return Comparison(
        (first.model, first.metric),
        (second.model, second.metric),
        len(rows),
        dict(zip(first.columns, differences, strict=True)),
    )


def _orders(
    gallery: Gallery, metric: Metric, queries: Queries | None, wanted: Sequence[int]
) -> Iterator[NDArray[np.int64]]:
    """The full ranking of each wanted query, as positions in the gallery."""
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        if queries is None:
            vectors = gallery.vectors(np.array(part, dtype=np.int64))
            yield from ordering.orders(gallery, vectors, metric, [gallery.paths[i] for i in part])
        else:
            yield from ordering.orders(gallery, queries.vectors[part], metric, [queries.exclude[i] for i in part])


def _per_class(
    known: Sequence[str],
    counts: NDArray[np.int64],
    own: NDArray[np.int64],
    scores: NDArray[np.float64],
    names: Sequence[str],
) -> tuple[ClassResult, ...]:
    results = []
    for code, label in enumerate(known):
        rows = scores[own == code]
        rows = rows[~np.isnan(rows[:, 0])]
        means = {}
        for name, column in zip(names, rows.T, strict=True):
            defined = column[~np.isnan(column)]
            means[name] = float(defined.mean()) if len(defined) else None
        results.append(ClassResult(label, len(rows), int(counts[code]), means))
    return tuple(results)


def _progress(done: int, total: int, started: float) -> Progress:
    seconds = time.monotonic() - started
    speed = done / seconds if seconds > 0 else 0.0
    return Progress("evaluating", done, total, 0, speed, (total - done) / speed if speed else None)

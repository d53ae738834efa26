"""Every measure against arithmetic done by hand, and the original's definitions against what random scores give."""

import json
import math

import numpy as np
import pytest

from engine.bootstrap import RESAMPLES, intervals, paired_intervals
from engine.evaluate import Evaluation, Queries, columns, compare, evaluate, evaluate_gallery, query_scores
from engine.gallery import Gallery
from engine.labels import folder_labels
from engine.metric import Metric
from engine.results import Progress


def scores(ranks: list[int], first_listed: int, ks: tuple[int, ...]) -> dict[str, float]:
    return dict(zip(columns(ks), query_scores(np.array(ranks), first_listed, ks), strict=True))


def test_one_query_by_hand() -> None:
    """Relevant photos at ranks 2, 3 and 7: precisions 1/2, 2/3 and 3/7 there."""
    found = scores([2, 3, 7], 3, (1, 2, 5, 10))
    assert found == pytest.approx(
        {
            "map": (1 / 2 + 2 / 3 + 3 / 7) / 3,
            "map_at_1": 0.0,
            "map_at_2": (1 / 2) / 2,
            "map_at_5": (1 / 2 + 2 / 3) / 3,
            "map_at_10": (1 / 2 + 2 / 3 + 3 / 7) / 3,
            "recall_at_1": 0.0,
            "recall_at_2": 1 / 3,
            "recall_at_5": 2 / 3,
            "recall_at_10": 1.0,
            "precision_at_1": 0.0,
            "precision_at_2": 1 / 2,
            "precision_at_5": 2 / 5,
            "precision_at_10": 3 / 10,
            "hit_at_1": 0.0,
            "hit_at_2": 1.0,
            "hit_at_5": 1.0,
            "hit_at_10": 1.0,
            "original_map_at_1": math.nan,
            "original_map_at_2": 1 / 2,
            "original_map_at_5": (1 / 2 + 2 / 3) / 2,
            "original_map_at_10": (1 / 2 + 2 / 3 + 3 / 7) / 3,
            "r_precision": 2 / 3,
            "mrr": 1 / 2,
            "mean_rank": 4.0,
            "mean_first_rank": 2.0,
            "original_mean_rank": 3.0,
        },
        nan_ok=True,
        abs=1e-15,
    )


def test_more_relevant_photos_than_k() -> None:
    found = scores([1, 2, 4, 5], 5, (3,))
    assert found["map_at_3"] == pytest.approx((1 + 1) / 3)
    assert found["recall_at_3"] == 2 / 4
    assert found["r_precision"] == 3 / 4
    assert found["original_map_at_3"] == 1.0


def line(positions: dict[str, float]) -> Gallery:
    """Photos on a line: Euclidean distances are differences."""
    return Gallery.from_arrays(positions, np.array([*positions.values()], dtype=np.float32).reshape(-1, 1), "tiny")


LINE = line({"a/1": 0.0, "a/2": 1.0, "a/3": 10.0, "b/1": 2.0, "b/2": 4.0, "c/1": 11.5, "loose": 0.25})


def on_line() -> Evaluation:
    return evaluate(LINE, folder_labels(LINE.paths), Metric.EUCLIDEAN, ks=(1, 2))


def test_leave_one_out_by_hand() -> None:
    """Rankings: a/1: loose a/2 b/1 b/2 a/3 c/1 · a/2: loose a/1 … by distance .75 1 1(b/1) 3 9 10.5 ·
    a/3: c/1 b/2 b/1 a/2 loose a/1 · b/1: a/2 loose a/1 b/2 … (1, 1.75, 2, 2) · b/2: b/1 first."""
    result = on_line()
    assert result.names == ("a/1", "a/2", "a/3", "b/1", "b/2", "c/1")
    assert result.leave_one_out
    precision = dict(zip(result.names, result.scores[:, result.columns.index("map")].tolist(), strict=True))
    assert precision == pytest.approx(
        {
            "a/1": (1 / 2 + 2 / 5) / 2,
            "a/2": (1 / 2 + 2 / 5) / 2,
            "a/3": (1 / 4 + 2 / 6) / 2,
            "b/1": 1 / 4,
            "b/2": 1.0,
            "c/1": math.nan,
        },
        nan_ok=True,
    )
    mean = (0.45 + 0.45 + 7 / 24 + 0.25 + 1.0) / 5
    assert result.metrics["map"].value == pytest.approx(mean, abs=1e-15)
    assert result.metrics["map"].queries == 5
    # Ranks of the relevant: (2, 5), (2, 5), (4, 6), (4), (1). The first listed: a/2, a/1, a/1, b/2, b/1.
    assert result.metrics["mean_rank"].value == pytest.approx((3.5 + 3.5 + 5 + 4 + 1) / 5)
    assert result.metrics["mean_first_rank"].value == pytest.approx((2 + 2 + 4 + 4 + 1) / 5)
    assert result.metrics["original_mean_rank"].value == pytest.approx((2 + 2 + 6 + 4 + 1) / 5)
    # Within the first two: a/1, a/2 (at rank 2) and b/2 (at rank 1) have a hit.
    assert result.metrics["original_map_at_2"].value == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
    assert result.metrics["original_map_at_2"].queries == 3
    assert result.metrics["map_at_2"].value == pytest.approx((0.5 / 2 + 0.5 / 2 + 0 + 0 + 1) / 5)
    assert result.metrics["recall_at_2"].value == pytest.approx((1 / 2 + 1 / 2 + 0 + 0 + 1) / 5)
    assert result.metrics["precision_at_2"].value == pytest.approx((1 / 2 + 1 / 2 + 0 + 0 + 1 / 2) / 5)
    assert result.metrics["mrr"].value == pytest.approx((1 / 2 + 1 / 2 + 1 / 4 + 1 / 4 + 1) / 5)
    assert result.metrics["original_map_at_1"].value == 1.0


def test_what_cannot_be_measured_is_named() -> None:
    result = on_line()
    assert result.lone_labels == ("c",)
    assert result.without_relevant == ("c/1",)
    assert result.unlabelled_queries == ("loose",)
    assert result.unlabelled_gallery == 1


def test_the_confusion_counts_the_nearest_labelled_photo() -> None:
    """The unlabelled photo beside a/1 and a/2 says nothing; a/3's nearest is c/1, b/1's is a/2, c/1's is a/3."""
    result = on_line()
    assert result.confusion_labels == ("a", "b", "c")
    assert result.confusion.tolist() == [[2, 0, 1], [1, 1, 0], [1, 0, 0]]


def test_per_class_and_worst() -> None:
    result = on_line()
    by_label = {part.label: part for part in result.per_class}
    assert by_label["a"].metrics["map"] == pytest.approx((0.45 + 0.45 + 7 / 24) / 3)
    assert (by_label["a"].queries, by_label["a"].gallery) == (3, 3)
    assert (by_label["c"].queries, by_label["c"].gallery) == (0, 1)
    assert set(by_label["c"].metrics.values()) == {None}
    assert [(score.query, score.first_rank) for score in result.worst(2)] == [("b/1", 4), ("a/3", 4)]


def test_separate_queries() -> None:
    queries = Queries(
        names=["q1", "q2", "q3", "q4"],
        labels=["b", "d", None, "a"],
        vectors=np.array([[2.9], [0.0], [5.0], [0.0]], dtype=np.float32),
        exclude=[None, None, None, "a/1"],
    )
    result = evaluate(LINE, folder_labels(LINE.paths), Metric.EUCLIDEAN, queries, ks=(1,))
    assert not result.leave_one_out
    assert result.names == ("q1", "q2", "q4")
    assert result.without_relevant == ("q2",)
    assert result.unlabelled_queries == ("q3",)
    # q1: b/1 at .9, b/2 at 1.1. q4, without a/1: loose, a/2, b/1, b/2, a/3.
    assert result.scores[[0, 2], result.columns.index("map")].tolist() == pytest.approx([1.0, (1 / 2 + 2 / 5) / 2])
    assert result.confusion_labels == ("a", "b", "c", "d")
    assert result.confusion.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]


def test_photos_without_labels_confuse_nothing() -> None:
    queries = Queries(names=["q"], labels=["a"], vectors=np.zeros((1, 1), dtype=np.float32), exclude=[None])
    result = evaluate(line({"1": 0.0, "2": 1.0}), [None, None], Metric.EUCLIDEAN, queries)
    assert result.without_relevant == ("q",)
    assert result.confusion.sum() == 0


def test_copies_rank_by_path_as_everywhere() -> None:
    gallery = line({"a/1": 1.0, "a/2": 1.0, "b/1": 1.0, "b/2": 1.0})
    result = evaluate(gallery, folder_labels(gallery.paths), Metric.EUCLIDEAN)
    assert result.scores[:, result.columns.index("mean_rank")].tolist() == [1.0, 1.0, 3.0, 3.0]


def test_random_scores_give_what_the_original_reports_for_them() -> None:
    """15 classes, 1,000 photos, 150 queries: mAP@10 about 0.33 and mean rank about 488 by the original's definitions.

    One run of 150 queries scatters by about 0.03 and 23; the mean of ten runs by a third of that.
    """
    paths = [f"{i % 15:02}/{i:04}" for i in range(1000)]
    rng = np.random.default_rng(0)
    precision, ranks, standard = [], [], []
    for _ in range(10):
        gallery = Gallery.from_arrays(paths, rng.standard_normal((1000, 32)).astype(np.float32), "random")
        names = [f"q{i}" for i in range(150)]
        labels = [f"{i // 10:02}" for i in range(150)]
        queries = Queries(names, labels, rng.standard_normal((150, 32)).astype(np.float32), [None] * 150)
        result = evaluate(gallery, folder_labels(gallery.paths), Metric.COSINE, queries)
        assert result.metrics["original_map_at_1"].value == 1.0
        precision.append(result.metrics["original_map_at_10"].value)
        ranks.append(result.metrics["original_mean_rank"].value)
        standard.append(result.metrics["map"].value)
    assert np.mean(precision) == pytest.approx(0.33, abs=0.03)
    assert np.mean(ranks) == pytest.approx(500.5, abs=25)
    assert min(ranks) < 488 < max(ranks)
    # By the standard definition random rankings have the share of relevant photos, a little more for small ranks.
    assert np.mean(standard) == pytest.approx(1 / 15, abs=0.012)


def test_progress_is_reported_and_the_job_can_be_closed() -> None:
    gallery = line({f"{i % 3}/{i:03}": float(i * i) for i in range(200)})
    job = evaluate_gallery(gallery, folder_labels(gallery.paths), Metric.EUCLIDEAN)
    first, second = next(job), next(job)
    job.close()
    assert isinstance(first, Progress)
    assert (first.stage, first.done, first.total) == ("evaluating", 0, 200)
    assert 0 < second.done < 200
    reports = list(evaluate_gallery(gallery, folder_labels(gallery.paths), Metric.EUCLIDEAN))
    assert reports[-1].done == reports[-1].total == 200


def test_nothing_to_measure() -> None:
    for gallery in (line({}), line({"loose": 1.0}), line({"a/1": 1.0, "b/1": 2.0})):
        result = evaluate(gallery, folder_labels(gallery.paths), Metric.COSINE)
        assert result.metrics["map"].value is None
        assert result.metrics["map"].queries == 0
        json.dumps(result.to_json(), allow_nan=False)


def test_json_has_plain_values_and_the_promised_names() -> None:
    value = json.loads(json.dumps(on_line().to_json(), allow_nan=False))
    assert list(value) == [
        "model",
        "metric",
        "gallery_size",
        "queries",
        "leave_one_out",
        "metrics",
        "per_class",
        "confusion",
        "lone_labels",
        "without_relevant",
        "unlabelled_queries",
        "unlabelled_gallery",
        "worst",
        "bootstrap",
    ]
    assert (value["model"], value["metric"], value["gallery_size"], value["queries"]) == ("tiny", "euclidean", 7, 6)
    assert list(value["metrics"]["map"]) == ["value", "low", "high", "queries"]
    assert list(value["per_class"][0]) == ["label", "queries", "gallery", "metrics"]
    assert value["worst"][0]["query"] == "b/1"


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="labels"):
        evaluate(LINE, ["a"], Metric.COSINE)
    with pytest.raises(ValueError, match="k must be"):
        evaluate(LINE, folder_labels(LINE.paths), Metric.COSINE, ks=(0,))
    with pytest.raises(ValueError, match="differ in length"):
        Queries(["q"], ["a"], np.ones((2, 1), dtype=np.float32), [None])
    with pytest.raises(ValueError, match="not finite"):
        Queries(["q"], ["a"], np.array([[np.nan]], dtype=np.float32), [None])
    wide = Queries(["q"], ["a"], np.ones((1, 2), dtype=np.float32), [None])
    with pytest.raises(ValueError, match="1 numbers"):
        evaluate(LINE, folder_labels(LINE.paths), Metric.COSINE, wide)


def test_an_interval_covers_the_mean_as_often_as_it_says() -> None:
    """200 samples of 40 normal values: a 95 % interval misses the true mean in about 10 to 14 of them."""
    rng = np.random.default_rng(1)
    found = intervals(rng.normal(3.0, 2.0, (40, 200)))
    missed = sum(not (part.low <= 3.0 <= part.high) for part in found)
    assert 2 <= missed <= 30
    # The width is that of the normal theory: 2 · 1.96 · 2 / √40 = 1.24.
    assert np.mean([part.high - part.low for part in found]) == pytest.approx(1.24, abs=0.08)


def test_intervals_leave_out_what_is_undefined() -> None:
    values = np.array([[1.0, np.nan, np.nan], [3.0, 5.0, np.nan]])
    both, one, none = intervals(values)
    assert (both.value, both.low, both.high, both.queries) == (2.0, 1.0, 3.0, 2)
    assert (one.value, one.low, one.high, one.queries) == (5.0, 5.0, 5.0, 1)
    assert (none.value, none.low, none.high, none.queries) == (None, None, None, 0)
    assert intervals(np.empty((0, 1)))[0].value is None


def test_intervals_are_the_same_whatever_the_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).random((30, 2))
    whole = intervals(values)
    monkeypatch.setattr("engine.bootstrap.TABLE_SIZE", 30 * (RESAMPLES // 7))
    for part, same in zip(intervals(values), whole, strict=True):
        assert (part.low, part.high) == pytest.approx((same.low, same.high), abs=1e-12)


def test_a_paired_difference_is_narrower_than_the_two_intervals() -> None:
    rng = np.random.default_rng(3)
    hardness = rng.random((300, 1))
    better, worse = hardness + 0.05 + rng.normal(0, 0.01, (300, 1)), hardness
    difference = paired_intervals(better, worse)[0]
    assert difference.value == pytest.approx(0.05, abs=0.003)
    assert difference.low > 0.045
    alone = intervals(better)[0]
    assert alone.high - alone.low > 10 * (difference.high - difference.low)
    with pytest.raises(ValueError):
        paired_intervals(better, worse[:10])


def test_two_models_are_compared_over_the_queries_of_both() -> None:
    first = on_line()
    gallery = line({"a/1": 0.0, "a/2": 1.0, "b/1": 20.0, "b/2": 21.0})
    second = evaluate(gallery, folder_labels(gallery.paths), Metric.EUCLIDEAN, ks=(1, 2))
    found = compare(second, first)
    assert found.queries == 4
    # The second ranks each photo's only companion first; the first has .45, .45, .25 and 1 for these queries.
    assert found.differences["map"].value == pytest.approx(1.0 - (0.45 + 0.45 + 0.25 + 1.0) / 4)
    assert compare(first, second).differences["map"].value == pytest.approx(-found.differences["map"].value)
    value = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert value["first"] == {"model": "tiny", "metric": "euclidean"}
    with pytest.raises(ValueError, match="measures"):
        compare(first, evaluate(gallery, folder_labels(gallery.paths), Metric.EUCLIDEAN, ks=(1,)))

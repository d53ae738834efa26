"""A library's labelled photos measured with several models, from folders or a file of labels."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.embedder import open_embedder
from engine.errors import LabelsError
from engine.evaluate import evaluate
from engine.indexer import index
from engine.labelled import LabelledReport, LabelledRequest, evaluate_library
from engine.labels import folder_labels
from engine.library import Library
from engine.metric import Metric
from engine.spec import ModelSpec, list_models
from engine.store import Store
from tests.conftest import draw_photo


def finish(job: Generator[Any, None, LabelledReport]) -> LabelledReport:
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


@pytest.fixture
def specs(model_folder: Path) -> tuple[ModelSpec, ...]:
    return list_models([model_folder]).models


@pytest.fixture
def library(data_dir: Path, photo_folder: Path, specs: tuple[ModelSpec, ...]) -> Iterator[Library]:
    with Store(data_dir) as store:
        for _ in index(store, photo_folder, [open_embedder(spec) for spec in specs]):
            pass
        yield store.library(photo_folder)


def measured(library: Library, request: LabelledRequest) -> LabelledReport:
    return finish(evaluate_library(library, request, open_embedder))


def test_every_photo_against_the_rest_by_each_model_and_metric(library: Library, specs: tuple[ModelSpec, ...]) -> None:
    report = measured(library, LabelledRequest(specs, tuple(Metric)))
    assert [(one.model, one.metric) for one in report.evaluations] == [
        (spec.name, metric) for spec in specs for metric in Metric
    ]
    assert len(report.comparisons) == 6
    gallery = library.gallery(specs[0])
    alone = evaluate(gallery, folder_labels(gallery.paths), Metric.COSINE)
    assert report.evaluations[0].metrics == alone.metrics
    first = report.comparisons[0]
    difference = first.differences["map"].value
    values = [one.metrics["map"].value for one in report.evaluations[:2]]
    assert difference == pytest.approx((values[0] or 0) - (values[1] or 0))


def test_a_folder_of_queries_is_measured_against_the_library_and_what_cannot_be_read_is_named(
    library: Library, specs: tuple[ModelSpec, ...], tmp_path: Path
) -> None:
    for label in ("red", "blue"):
        (tmp_path / "queries" / label).mkdir(parents=True)
        draw_photo(label, 901).save(tmp_path / "queries" / label / "q.png")
    (tmp_path / "queries" / "red" / "broken.jpg").write_bytes(b"no picture")
    report = measured(library, LabelledRequest(specs[:1], queries=tmp_path / "queries"))
    (evaluation,) = report.evaluations
    assert not evaluation.leave_one_out
    assert evaluation.labels == ("blue", "red")
    assert [Path(item.path).name for item in report.skipped] == ["broken.jpg"]


def test_labels_of_a_file_stand_in_for_folders(library: Library, specs: tuple[ModelSpec, ...]) -> None:
    labels = {"blue/0.jpg": "a", "red/0.jpg": "a", "green/0.jpg": "b"}
    (evaluation,) = measured(library, LabelledRequest(specs[:1], labels=labels)).evaluations
    assert sorted(evaluation.names) == sorted(labels)
    assert evaluation.lone_labels == ("b",)


def test_a_query_stands_in_the_file_of_labels_as_it_is_shown_or_relative_to_its_folder(
    library: Library, specs: tuple[ModelSpec, ...], tmp_path: Path
) -> None:
    """Also where the folder of queries lies in the library, whose paths they are shown by."""
    elsewhere = tmp_path / "queries"
    (elsewhere / "deep").mkdir(parents=True)
    for number, name in enumerate(("relative.png", "deep/shown.png", "unnamed.png")):
        draw_photo("red", 905 + number).save(elsewhere / name)
    gallery = {"blue/0.jpg": "a", "red/0.jpg": "b", "red/1.jpg": "b"}
    labels = gallery | {"relative.png": "a", str(elsewhere / "deep" / "shown.png"): "b"}
    request = LabelledRequest(specs[:1], queries=elsewhere, labels=labels)
    (evaluation,) = measured(library, request).evaluations
    assert {Path(name).name for name in evaluation.names} == {"relative.png", "shown.png"}
    inside = LabelledRequest(specs[:1], queries=library.root / "red", labels=gallery)
    (evaluation,) = measured(library, inside).evaluations
    assert {Path(name).name for name in evaluation.names} == {"0.jpg", "1.jpg"}
    with pytest.raises(LabelsError, match="no query has a label in the file of labels"):
        measured(library, LabelledRequest(specs[:1], queries=elsewhere, labels=gallery))


def test_without_labels_or_queries_there_is_nothing_to_measure(
    library: Library, specs: tuple[ModelSpec, ...], tmp_path: Path
) -> None:
    with pytest.raises(LabelsError, match="file of labels"):
        measured(library, LabelledRequest(specs, labels={"none.jpg": "a"}))
    with pytest.raises(LabelsError, match="no such folder"):
        measured(library, LabelledRequest(specs, queries=tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(LabelsError, match="no image"):
        measured(library, LabelledRequest(specs, queries=tmp_path / "empty"))
    draw_photo("red", 3).save(tmp_path / "empty" / "loose.png")
    with pytest.raises(LabelsError, match="sub-folder"):
        measured(library, LabelledRequest(specs, queries=tmp_path / "empty"))

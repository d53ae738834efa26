"""What a model takes a photo for: asked once for where the user stops, and never answered late."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.embedder import Embedder, open_embedder
from engine.spec import ModelSpec, read_spec
from gui.predictor import Predictor, likeliest
from tests.gui.person import Person


class Models:
    """Opens each network once, and notes how often one is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._open: dict[str, Embedder] = {}

    def __call__(self, spec: ModelSpec) -> Embedder:
        self.asked.append(spec.name)
        if spec.name not in self._open:
            self._open[spec.name] = open_embedder(spec, threads=1)
        return self._open[spec.name]


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def predictor(qapp: object, models: Models) -> Iterator[Predictor]:
    made = Predictor(models)
    yield made
    made.close()


def test_probabilities_by_hand() -> None:
    logits = np.log(np.array([1.0, 5.0, 2.0, 2.0], np.float32))
    found = likeliest(logits, ("a", "b", "c", "d"))
    assert [label for label, _ in found] == ["b", "c", "d"]
    assert [probability for _, probability in found] == pytest.approx([0.5, 0.2, 0.2])
    assert likeliest(np.array([1000.0, -1000.0], np.float32), ("x", "y")) == [("x", 1.0), ("y", 0.0)]


def test_the_likeliest_labels_of_a_photo_arrive(
    qtbot: QtBot, predictor: Predictor, tiny_model: Path, photo_folder: Path
) -> None:
    spec = read_spec(tiny_model)
    with qtbot.waitSignal(predictor.predicted) as told:
        predictor.ask(spec, "red/0.jpg", photo_folder / "red" / "0.jpg")
    path, labels = told.args
    assert path == "red/0.jpg"
    assert len(labels) == 3
    assert {label for label, _ in labels} <= set(spec.labels or ())
    probabilities = [probability for _, probability in labels]
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0.75 <= sum(probabilities) <= 1.0


def test_only_the_photo_where_the_user_stops_is_asked_for(
    qtbot: QtBot, predictor: Predictor, models: Models, tiny_model: Path, photo_folder: Path
) -> None:
    spec = read_spec(tiny_model)
    with qtbot.waitSignal(predictor.predicted) as told:
        for number in range(5):
            predictor.ask(spec, f"red/{number}.jpg", photo_folder / "red" / f"{min(number, 4)}.jpg")
    assert told.args[0] == "red/4.jpg"
    assert models.asked == ["tiny"]


def test_a_model_without_labels_is_not_asked(
    qtbot: QtBot, predictor: Predictor, models: Models, second_tiny_model: Path, tiny_model: Path, photo_folder: Path
) -> None:
    file = photo_folder / "red" / "0.jpg"
    with qtbot.assertNotEmitted(predictor.predicted, wait=400):
        predictor.ask(read_spec(tiny_model), "red/0.jpg", file)
        predictor.ask(read_spec(second_tiny_model), "red/0.jpg", file)
    assert models.asked == []


def test_a_photo_that_cannot_be_read_gets_no_answer_and_the_next_one_does(
    qtbot: QtBot, predictor: Predictor, models: Models, tiny_model: Path, photo_folder: Path
) -> None:
    spec = read_spec(tiny_model)
    predictor.ask(spec, "gone.jpg", photo_folder / "gone.jpg")
    qtbot.waitUntil(lambda: models.asked == ["tiny"])
    with qtbot.waitSignal(predictor.predicted) as told:
        predictor.ask(spec, "red/1.jpg", photo_folder / "red" / "1.jpg")
    assert told.args[0] == "red/1.jpg"


def test_the_inspector_shows_what_the_model_sees_in_the_best_match(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(2)
    section = person.window.viewing.inspector.labels
    person.waits_until(lambda: len(section.lines()) == 3)
    assert all(value.endswith(" %") for _, value in section.lines())
    person.window.controller.set_model("tiny-two")  # it has no labels
    person.waits_until(lambda: section.lines() == [])

"""What is kept from one start to the next, what a reset takes back, and the line at the bottom while a job runs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.metric import Metric
from engine.results import Progress
from gui.session_state import Sort
from gui.theme import DARK, Theme
from tests.gui.person import Person


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The application's colours."""
    made = Theme(qapp)
    yield made
    made.deleteLater()


def test_everything_that_was_chosen_is_there_after_a_restart(
    qtbot: QtBot, data_dir: Path, model_folder: Path, photo_folder: Path, theme: Theme
) -> None:
    first = Person(qtbot, data_dir, [model_folder], theme=theme)
    first.settings.fold_copies = False  # see the fixture
    first.opens(photo_folder)
    first.controller.set_model("tiny-two")
    first.waits_for_indexing()
    first.searches(0)
    first.controller.set_metric(Metric.COSINE)
    first.waits_for_results()
    first.controller.set_sort(Sort.NAME)
    first.window.side.count.setValue(12)
    first.window.centre.size_slider.setValue(220)
    first.chooses("numbers")
    first.chooses("inspector")
    first.chooses("theme_dark")
    first.leaves()

    second = Person(qtbot, data_dir, [model_folder], theme=theme)
    window, controller = second.window, second.controller
    assert window.settings.recent == [photo_folder]
    assert not window.centre.shows_photos  # it opens nothing by itself
    assert controller.model is not None
    assert controller.model.name == "tiny-two"
    assert window.side.models.box.currentText() == "tiny-two"
    assert controller.metric is Metric.COSINE
    assert window.side.metric_box.currentIndex() == list(Metric).index(Metric.COSINE)
    assert window.side.count.value() == 12
    assert window.grid.tile_size == 220
    assert window.centre.size_slider.value() == 220
    assert not window.grid.numbers
    assert not second.action("numbers").isChecked()
    assert theme.mode == DARK
    second.opens(photo_folder)
    assert not window.viewing.inspector.isVisible()
    second.searches(0)
    assert controller.sort is Sort.NAME
    assert len(second.sees) == 12
    second.leaves()


def test_a_reset_in_the_preferences_takes_it_all_back_and_keeps_the_recent(
    qtbot: QtBot, data_dir: Path, model_folder: Path, photo_folder: Path, theme: Theme
) -> None:
    person = Person(qtbot, data_dir, [model_folder], theme=theme)
    person.settings.fold_copies = False  # see the fixture
    person.opens(photo_folder)
    person.controller.set_model("tiny-two")
    person.waits_for_indexing()
    person.controller.set_metric(Metric.COSINE)
    person.window.centre.size_slider.setValue(300)
    person.chooses("inspector")
    person.chooses("theme_dark")
    person.chooses("preferences")
    dialog = next(child for child in person.window.children() if type(child).__name__ == "PreferencesDialog")
    dialog.reset.click()  # type: ignore[attr-defined]
    dialog.close()  # type: ignore[attr-defined]
    assert person.controller.model is not None
    assert person.controller.model.name == "vit-tiny-imagenet"
    assert person.controller.metric is person.controller.model.metric
    assert person.window.side.metric_box.currentIndex() == list(Metric).index(person.controller.metric)
    assert person.window.grid.tile_size == 160
    assert person.window.viewing.inspector.isVisible()
    assert theme.mode == "system"
    assert person.settings.recent == [photo_folder]
    person.waits_for_indexing()
    person.leaves()


def test_the_running_job_is_shown_with_a_cancel_that_stops_it(
    person: Person, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object) -> Iterator[Progress]:
        """An indexing that is not over before the test has looked at it."""
        while True:
            time.sleep(0.01)
            yield Progress("embedding", 3, 24, per_second=2.0, seconds_left=10.0)

    monkeypatch.setattr(person.controller.indexing, "_steps", endless)
    person.starts_opening(photo_folder)
    status = person.window.status
    person.waits_until(lambda: status.bar.isVisible() and status.bar.value() == 3)
    assert "3 of 24" in status.job.text()
    assert "10 second" in status.job.text()
    assert person.action("stop").isEnabled()
    status.cancel.click()
    person.waits_until(lambda: not status.cancel.isVisible() and person.controller._looks.idle)
    assert not person.controller.indexing.running
    assert not person.action("stop").isEnabled()
    assert len(person.sees) == 24  # what was not indexed is shown all the same

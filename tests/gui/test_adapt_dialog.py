"""A model of one's own in the window: learned from folders, judged, chosen, and thrown away."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from gui import messages
from gui.adapt_dialog import AdaptDialog
from tests.conftest import draw_photo
from tests.gui.person import Person
from tests.test_cli_adapt import sorted_photos

__all__ = ["sorted_photos"]


def dialog(person: Person) -> AdaptDialog:
    person.window.side.models.own.click()
    shown = person.window.commands.jobs.window("adapt")
    assert isinstance(shown, AdaptDialog)
    person.waits_until(lambda: not shown.running and shown.labels.count() > 0)
    return shown


def learns(person: Person, shown: AdaptDialog) -> None:
    assert shown.start.isEnabled(), shown.hint.text()
    shown.start.click()
    person.waits_until(lambda: not shown.running)


def test_it_learns_tells_the_gain_and_is_used(person: Person, sorted_photos: Path) -> None:
    for number in range(2):
        (sorted_photos / "few").mkdir(exist_ok=True)
        draw_photo("red", number).save(sorted_photos / "few" / f"{number}.png")
    person.opens(sorted_photos)
    shown = dialog(person)
    texts = [shown.labels.item(row).text() for row in range(3)]
    many, few = messages.Counted().photos(20), messages.Counted().photos(2)
    assert texts == [f"black · {many}", f"few · {few} (too few)", f"white · {many}"]
    assert shown.chosen == {"black", "white"}
    learns(person, shown)
    assert shown.note.text().startswith("It gains: mAP rises from ")
    assert "my-sorted-photos is now in the list of models" in shown.note.text()
    assert not shown.keep.isVisible()
    person.waits_for_indexing()
    assert person.controller.model is not None
    assert person.controller.model.name == "my-sorted-photos"
    assert person.window.side.models.current == "my-sorted-photos"
    state = person.controller.state
    assert state is not None
    own, base = (
        state.library.gallery(spec) for spec in (person.controller.model, person.controller.model.base) if spec
    )
    assert len(own) == len(base) == 42
    path = person.searches(0)
    alike = [label.partition("/")[0] == path.partition("/")[0] for label in person.sees[:10]]
    assert np.mean(alike) > 0.8


def test_without_a_gain_it_says_so_and_keeps_it_only_on_request(person: Person, sorted_photos: Path) -> None:
    photos = sorted(sorted_photos.rglob("*.png"))
    for number, photo in enumerate(np.random.default_rng(3).permutation(np.array(photos, dtype=object))):
        target = sorted_photos / ("x" if number % 2 else "y") / f"{number}.png"
        target.parent.mkdir(exist_ok=True)
        photo.rename(target)
    for label in ("black", "white"):
        (sorted_photos / label).rmdir()
    person.opens(sorted_photos)
    shown = dialog(person)
    learns(person, shown)
    assert shown.note.text().startswith("No gain could be shown")
    assert person.controller.model is not None
    assert person.controller.model.base is None
    assert shown.keep.isVisible()
    shown.keep.click()
    person.waits_until(lambda: not shown.running)
    assert person.controller.model.name == "my-sorted-photos"


def test_a_model_that_is_thrown_away_is_gone_and_the_base_goes_on(person: Person, sorted_photos: Path) -> None:
    person.opens(sorted_photos)
    shown = dialog(person)
    learns(person, shown)
    person.waits_for_indexing()
    button = shown.findChild(QPushButton, "throw-away-my-sorted-photos")
    assert isinstance(button, QPushButton)
    QTest.keyClick(button, Qt.Key.Key_Space)
    person.waits_until(lambda: not shown.running)
    assert shown.note.text() == "my-sorted-photos is gone."
    assert [spec.name for spec in person.backend.models.models] == ["tiny-two", "vit-tiny-imagenet"]
    assert person.controller.model is not None
    assert person.controller.model.name == "vit-tiny-imagenet"
    assert person.window.side.models.box.count() == 2
    assert not list((person.backend.data_dir / "models").iterdir())


def test_too_few_folders_cannot_be_learned_from(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shown = dialog(person)
    for row in range(1, 4):
        shown.labels.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert not shown.start.isEnabled()
    assert "At least 2 folders" in shown.hint.text()
    shown.labels.item(1).setCheckState(Qt.CheckState.Checked)
    assert shown.start.isEnabled()
    shown.name.setText("tiny-two")
    learns(person, shown)
    assert "a model named 'tiny-two' already" in shown.note.text()

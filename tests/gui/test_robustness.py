"""What the model sees, as people find it out: click a photo, press V, read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar

from engine.metric import Metric
from engine.robustness import NAMES, Robustness, Variation
from gui.robustness_dialog import RobustnessDialog
from gui.robustness_job import details, distance, sentence, stays, title
from gui.session_state import Part, Query
from tests.gui.person import Person


def asks(person: Person) -> RobustnessDialog:
    """Presses V, and waits for the answer."""
    person.presses(Qt.Key.Key_V)
    dialog = person.window.commands.jobs.window("robustness")
    assert isinstance(dialog, RobustnessDialog)
    person.waits_until(lambda: not dialog.running)
    return dialog


def texts(dialog: RobustnessDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.text()]


def lowest_line(dialog: RobustnessDialog) -> int:
    """Where the last line of text ends, in pixels of the window, with all of the height that it wants."""
    labels = [label for label in dialog.findChildren(QLabel) if label.isVisible()]
    return max(label.mapTo(dialog, label.rect().topLeft()).y() + label.sizeHint().height() for label in labels)


def test_v_tells_in_a_sentence_and_in_pictures_what_the_model_sees(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    assert not person.action("robustness").isEnabled()
    person.searches(0)
    dialog = asks(person)
    assert dialog.verdict.text().startswith("With this picture, the model vit-tiny-imagenet ")
    assert "0.jpg is changed in nine ways" in dialog.about.text()
    shown = texts(dialog)
    for name in NAMES:
        assert title(name) in shown
    bars = [bar for bar in dialog.findChildren(QProgressBar) if bar is not dialog.bar]
    assert len(bars) == len(NAMES)
    # Half of the 23 others are compared; each bar is as long as its words say.
    for bar in bars:
        assert bar.maximum() == 11
        assert bar.accessibleName().endswith(f": {bar.value()} of 11 results stay")
    pictures = [label for label in dialog.findChildren(QLabel) if not label.pixmap().isNull()]
    assert len(pictures) == len(NAMES) + 1
    assert all(picture.accessibleName() for picture in pictures[1:])
    person.waits_until(lambda: dialog.buttons.y() > lowest_line(dialog))


def test_the_window_stays_usable_and_a_new_query_is_asked_about_anew(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    first = asks(person)
    assert not first.isModal()
    person.controller.set_query(Query.by_path("yellow/2.jpg"))
    person.waits_for_results()
    person.window.activateWindow()
    person.window.grid.setFocus()
    person.chooses("robustness")
    second = person.window.commands.jobs.window("robustness")
    assert isinstance(second, RobustnessDialog)
    person.waits_until(lambda: not second.running)
    assert "2.jpg is changed" in second.about.text()


def test_pictures_from_elsewhere_and_parts_of_pictures_can_be_asked_about(
    person: Person, photo_folder: Path, tmp_path: Path
) -> None:
    person.opens(photo_folder)
    picture = tmp_path / "white.png"
    Image.fromarray(np.full((60, 60, 3), 255, np.uint8)).save(picture)
    person.controller.set_query(Query((Part(file=picture, region=(0.0, 0.0, 0.5, 0.5)),)))
    person.waits_for_results()
    dialog = asks(person)
    # A white picture stays white when it is turned, cropped or made grey: nothing of that can be seen.
    assert "hardly sees mirroring, cut edges, a closer crop, tilting, a quarter turn" in dialog.verdict.text()
    assert not any("found at rank" in card.toolTip() for card in dialog.findChildren(QLabel))


def test_a_picture_that_has_gone_is_told_in_the_window(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    path = person.searches(0)
    (photo_folder / path).unlink()
    dialog = asks(person)
    assert "This picture cannot be read" in dialog.note.text()
    assert not dialog.verdict.isVisible()
    assert dialog.start.isEnabled()


def test_closing_the_window_stops_the_job(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.chooses("robustness")
    person.window.commands.jobs.close_window("robustness")
    assert person.window.commands.jobs.window("robustness") is None


def varied(name: str, kept: int, own_rank: int | None = None) -> Variation:
    ranks = (*range(1, kept + 1), *range(101, 111 - kept))
    shown = np.zeros((2, 2, 3), np.uint8)
    return Variation(name, 0.25, kept / 10, ranks, 12.5, own_rank, shown)


def measured(*variations: Variation) -> Robustness:
    return Robustness("tiny", Metric.COSINE, 10, 0.7, np.zeros((2, 2, 3), np.uint8), variations)


@pytest.mark.parametrize(
    ("variations", "said"),
    [
        ((varied("mirror", 10), varied("grey", 2)), "hardly sees mirroring; does see missing colour."),
        (
            (varied("mirror", 8), varied("tilt", 9), varied("grey", 9)),
            "hardly sees mirroring, tilting and missing colour.",
        ),
        ((varied("darker", 5), varied("brighter", 7)), "sees something of less light and more light."),
    ],
)
def test_the_sentence(variations: tuple[Variation, ...], said: str) -> None:
    assert sentence(measured(*variations)) == f"With this picture, the model tiny {said}"


def test_the_words_of_a_card() -> None:
    one = varied("mirror", 4, own_rank=3)
    assert stays(one) == "4 of 10 results stay"
    assert distance(one) == "Distance 0.2500"
    assert details(one).split("\n") == [
        "They move by 12.5 places on average.",
        "The photo itself would be found at rank 3.",
    ]
    assert "rank" not in details(varied("mirror", 4))
    assert len({title(name) for name in NAMES}) == len(NAMES)

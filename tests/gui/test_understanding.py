"""What the window tells of why results are what they are: open a folder, click a photo, read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt

from engine.errors import StoreError
from engine.metric import Metric
from gui import calibrator
from gui.session_state import Part, Query
from tests.conftest import draw_photo
from tests.gui.person import Person


@pytest.fixture
def many_photos(tmp_path: Path) -> Path:
    """Sixty pictures in two folders: enough to say that nothing is similar."""
    root = tmp_path / "many"
    for number in range(60):
        label = ("red", "yellow")[number % 2]
        (root / label).mkdir(parents=True, exist_ok=True)
        draw_photo(label, number).save(root / label / f"{number:02}.jpg", quality=92)
    return root


def told(person: Person) -> dict[str, str]:
    return dict(person.window.viewing.inspector.match.lines())


def waits_for_meaning(person: Person) -> None:
    calibrator = person.window.understanding.calibrator
    person.waits_until(lambda: calibrator._lane.idle)


def test_the_inspector_and_the_tile_tell_how_rare_the_distance_is(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    assert "Nearer than" not in told(person)
    person.searches(0)
    person.waits_until(lambda: "Nearer than" in told(person))
    nearest_rarity = float(told(person)["Nearer than"].split("\u00a0")[0])
    assert told(person)["Nearer than"].endswith("\u00a0% of all pairs of photos")
    assert 50 < nearest_rarity < 100
    assert told(person)["In one folder"].count("%") == 2
    gallery = person.window.grid.gallery
    tooltip = gallery.index(0).data(Qt.ItemDataRole.ToolTipRole)
    path, line = tooltip.split("\n")
    assert path == gallery.path(0)
    assert line.startswith("Distance 0.")
    assert "nearer than" in line
    person.presses(Qt.Key.Key_End)
    assert float(told(person)["Nearer than"].split("\u00a0")[0]) < nearest_rarity


def test_it_is_learned_once_for_a_metric(person: Person, photo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[Metric] = []
    real = calibrator.learn
    monkeypatch.setattr(calibrator, "learn", lambda gallery, metric: learned.append(metric) or real(gallery, metric))
    person.opens(photo_folder)
    for row in (0, 1):
        person.searches(row)
        waits_for_meaning(person)
    person.controller.set_metric(Metric.EUCLIDEAN)
    person.waits_for_results()
    waits_for_meaning(person)
    person.controller.set_metric(Metric.COSINE)
    person.waits_for_results()
    waits_for_meaning(person)
    assert learned == [Metric.COSINE, Metric.EUCLIDEAN]
    assert "Nearer than" in told(person)


def test_an_index_that_cannot_be_read_leaves_the_line_out_until_the_next_search(
    person: Person, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_gallery: object, _metric: Metric) -> None:
        raise StoreError(photo_folder, "the index is away")

    person.opens(photo_folder)
    with monkeypatch.context() as patched:
        patched.setattr(calibrator, "learn", gone)
        person.searches(0)
        waits_for_meaning(person)
    assert "Nearer than" not in told(person)
    person.searches(1)
    person.waits_until(lambda: "Nearer than" in told(person))


def test_a_query_of_two_pictures_has_no_such_line(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.waits_until(lambda: "Nearer than" in told(person))
    person.controller.set_query(Query((Part(path="red/0.jpg"), Part(path="red/1.jpg"))))
    person.waits_for_results()
    waits_for_meaning(person)
    assert "Nearer than" not in told(person)
    assert "\n" not in person.window.grid.gallery.index(0).data(Qt.ItemDataRole.ToolTipRole)


def test_the_headline_says_when_nothing_is_really_similar(person: Person, many_photos: Path, tmp_path: Path) -> None:
    person.opens(many_photos)
    person.searches(0)
    waits_for_meaning(person)
    assert person.window.centre.note.text() == "59 result(s)"
    stranger = tmp_path / "stranger.png"
    # The opposite of a red or yellow shape in the middle of grey: blue around a dark hole.
    pixels = np.zeros((72, 96, 3), np.uint8)
    pixels[..., 2] = 255
    Image.fromarray(pixels).save(stranger)
    person.controller.set_query(Query((Part(file=stranger),)))
    person.waits_for_results()
    person.waits_until(lambda: person.window.centre.note.text() == "Nothing really similar here · 60 result(s)")
    person.chooses("whole_library")
    assert person.window.centre.note.text() == "60 photo(s)"

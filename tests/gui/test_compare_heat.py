"""Why two pictures match, shown in the comparison by one key."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt

from engine.decode import load
from engine.embedder import Embedder, open_embedder
from engine.explain import Method, explain
from engine.spec import read_spec
from gui.explanation import Explained, Stopped, explain_pair
from gui.query_side import QuerySide
from gui.session_state import Part, Pasted, Query
from tests.gui.person import Person

Key = Qt.Key


@pytest.fixture
def occluding(tiny_model: Path) -> Embedder:
    return open_embedder(read_spec(tiny_model))


@pytest.fixture
def exact(build_model: Callable[..., Path]) -> Embedder:
    return open_embedder(read_spec(build_model("pooled", pooled=True)))


def never() -> bool:
    return False


def heat_of(person: Person) -> Explained | None:
    return person.window.viewing.compare.heat._found


def compares(person: Person, folder: Path) -> None:
    person.opens(folder)
    person.searches(0)
    person.chooses("compare")
    left, right = person.window.viewing.compare.left.view, person.window.viewing.compare.right.view
    person.waits_until(lambda: left.has_image and right.has_image)


# -- what is found out -------------------------------------------------------------------------------------------------


def test_an_explanation_is_the_engines_made_ready_to_draw(exact: Embedder, photo_folder: Path) -> None:
    files = photo_folder / "red/0.jpg", photo_folder / "red/1.jpg"
    found = explain_pair(exact, QuerySide("0.jpg", files[0]), files[1], never)
    plain = explain(exact, *(load(file, 256).rgb for file in files))
    assert found.method is Method.EXACT
    assert found.model == "pooled"
    assert found.similarity == pytest.approx(plain.similarity)
    assert len(found.lines) == len(plain.links) > 0
    assert found.lines[0].strength == 1.0
    left, top, right, bottom = plain.links[0].first
    assert found.lines[0].first == QPointF((left + right) / 2, (top + bottom) / 2)
    assert found.first.box == QRectF(0, 0, 1, 1)  # the tiny network sees the whole picture
    assert (found.first.image.width(), found.first.image.hasAlphaChannel()) == (256, True)


def test_the_warmest_place_is_where_the_map_is_largest(exact: Embedder, photo_folder: Path) -> None:
    files = photo_folder / "red/0.jpg", photo_folder / "red/1.jpg"
    found = explain_pair(exact, QuerySide("0.jpg", files[0]), files[1], never)
    values = explain(exact, *(load(file, 256).rgb for file in files)).first_map
    row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
    image = found.first.image
    strongest = image.pixelColor(int((column + 0.5) * 64), int((row + 0.5) * 64)).alpha()
    assert strongest > 140  # of 255: at most 65 % of the photo is covered
    assert all(image.pixelColor(x, y).alpha() <= 166 for x in range(0, 256, 16) for y in range(0, 256, 16))


def test_a_region_is_explained_within_the_whole_picture(occluding: Embedder, photo_folder: Path) -> None:
    query = QuerySide("0.jpg", photo_folder / "red/0.jpg", region=(0.5, 0.25, 1.0, 0.75))
    found = explain_pair(occluding, query, photo_folder / "red/1.jpg", never)
    assert found.method is Method.OCCLUSION
    assert found.first.box == QRectF(0.5, 0.25, 0.5, 0.5)
    assert found.second.box == QRectF(0, 0, 1, 1)
    assert all(0.5 < line.first.x() < 1.0 and 0.25 < line.first.y() < 0.75 for line in found.lines)


def test_an_explanation_that_nobody_wants_any_more_is_given_up(occluding: Embedder, photo_folder: Path) -> None:
    runs: list[int] = []

    def after_three() -> bool:
        runs.append(1)
        return len(runs) > 3

    with pytest.raises(Stopped):
        explain_pair(occluding, QuerySide("0", photo_folder / "red/0.jpg"), photo_folder / "red/1.jpg", after_three)
    assert len(runs) == 4


# -- in the window -----------------------------------------------------------------------------------------------------


def test_h_shows_heat_and_lines_and_names_the_method_and_h_takes_them_away(person: Person, photo_folder: Path) -> None:
    compares(person, photo_folder)
    compare = person.window.viewing.compare
    assert not compare.heat.note.isVisible()
    person.presses(Key.Key_H)
    assert compare.heat.note.text() == "Working out why they match…"
    person.waits_until(lambda: heat_of(person) is not None)
    assert compare.left.view.has_overlay
    assert compare.right.view.has_overlay
    assert "By occlusion" in compare.heat.note.text()
    assert "vit-tiny-imagenet" in compare.heat.note.text()
    assert compare.heat.button.isChecked()
    ends = compare.heat.lines.ends()
    assert ends
    for first, second, _strength in ends:
        assert compare.left.geometry().contains(first.toPoint())
        assert compare.right.geometry().contains(second.toPoint())
    assert not compare.grab().toImage().isNull()
    person.presses(Key.Key_H)
    assert not compare.left.view.has_overlay
    assert not compare.right.view.has_overlay
    assert compare.heat.lines.ends() == []
    assert not compare.heat.note.isVisible()


def test_it_goes_along_to_the_next_result(person: Person, photo_folder: Path) -> None:
    compares(person, photo_folder)
    compare = person.window.viewing.compare
    compare.heat.button.click()
    person.waits_until(lambda: heat_of(person) is not None)
    first = heat_of(person)
    person.presses(Key.Key_Right)
    assert heat_of(person) is None
    assert not compare.left.view.has_overlay
    person.waits_until(lambda: heat_of(person) is not None and compare.right.view.has_image)
    assert heat_of(person) is not first
    assert compare.left.view.has_overlay
    assert compare.right.view.has_overlay
    person.presses(Key.Key_Left)
    person.waits_until(lambda: heat_of(person) is first)  # kept


def test_zooming_takes_the_lines_along_and_leaves_out_what_is_not_seen(person: Person, photo_folder: Path) -> None:
    compares(person, photo_folder)
    compare = person.window.viewing.compare
    person.presses(Key.Key_H)
    person.waits_until(lambda: heat_of(person) is not None)
    before = compare.heat.lines.ends()
    compare.left.view.zoom_by(1.5)
    after = compare.heat.lines.ends()
    assert after != before
    person.presses(Key.Key_Tab)
    assert compare.heat.lines.ends() == []  # one picture alone has nothing to be joined with
    assert compare.left.view.has_overlay
    person.presses(Key.Key_Escape)
    person.waits_until(lambda: compare.heat.lines.ends() != [])


def test_leaving_the_comparison_ends_it(person: Person, photo_folder: Path) -> None:
    compares(person, photo_folder)
    person.presses(Key.Key_H)
    person.presses(Key.Key_Escape)
    explainer = person.window.understanding.explainer
    person.waits_until(lambda: explainer._lane.idle and not explainer._settle.isActive())
    assert heat_of(person) is None
    person.chooses("compare")
    assert not person.window.viewing.compare.heat.on


def test_another_model_explains_otherwise(person: Person, photo_folder: Path) -> None:
    compares(person, photo_folder)
    compare = person.window.viewing.compare
    person.presses(Key.Key_H)
    person.waits_until(lambda: heat_of(person) is not None)
    person.controller.set_model("tiny-two")
    person.waits_until(lambda: heat_of(person) is not None and "tiny-two" in compare.heat.note.text())


def test_a_pasted_picture_is_explained_too(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    pixels = load(photo_folder / "red/0.jpg", 72).rgb
    person.controller.set_query(Query((Part(pasted=Pasted("Pasted picture", pixels)),)))
    person.waits_for_results()
    person.chooses("compare")
    person.presses(Key.Key_H)
    person.waits_until(lambda: heat_of(person) is not None)
    assert heat_of(person).similarity == pytest.approx(1.0, abs=1e-3)  # type: ignore[union-attr]


def test_a_picture_that_is_gone_says_so(person: Person, photo_folder: Path) -> None:
    compares(person, photo_folder)
    compare = person.window.viewing.compare
    path = compare.path()
    assert path is not None
    (photo_folder / path).unlink()
    person.presses(Key.Key_H)
    person.waits_until(lambda: "cannot be read" in compare.heat.note.text())
    assert not compare.right.view.has_overlay

"""Refine a search by yes and no: mark results, see the ranking follow, take it back."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.refine import rocchio
from gui import headline
from gui.session_state import Part, Query, Scope
from tests.conftest import both_stores
from tests.gui.person import Person

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def marks(person: Person) -> dict[str, int]:
    query = person.controller.query
    return query.marks if query else {}


def presses_and_waits(person: Person, key: Key) -> None:
    before = person.controller._request_id
    person.presses(key)
    person.waits_until(lambda: person.controller._request_id > before)
    person.waits_for_results()


@both_stores
def test_the_ranking_follows_the_marks_by_the_engines_formula(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    liked, disliked = person.sees[4], person.sees[1]
    person.clicks(4, Modifier.ControlModifier)
    presses_and_waits(person, Key.Key_Plus)
    person.window.grid.set_current_path(disliked)
    presses_and_waits(person, Key.Key_Minus)
    assert marks(person) == {liked: 1, disliked: -1}
    reply = person.controller.reply
    assert reply is not None
    vectors = [reply.gallery.vector(reply.gallery.index_of(path) or 0) for path in ("blue/0.jpg", liked, disliked)]
    expected = rocchio(vectors[0], vectors[1][None], vectors[2][None])
    np.testing.assert_array_equal(reply.vector, expected)


@both_stores
def test_a_liked_photo_rises_a_disliked_one_sinks_and_both_stay(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    before = person.sees
    person.clicks(5, Modifier.ControlModifier)
    presses_and_waits(person, Key.Key_Plus)
    assert sorted(person.sees) == sorted(before)
    assert person.sees.index(before[5]) < 5
    person.window.grid.set_current_path(before[0])
    presses_and_waits(person, Key.Key_Minus)
    assert person.sees.index(before[0]) > 0


def test_the_marked_photo_stays_selected_and_the_keyboard_on_it(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    path = person.sees[9]
    person.clicks(9, Modifier.ControlModifier)
    presses_and_waits(person, Key.Key_Plus)
    assert person.window.grid.current_path() == path
    assert list(person.window.grid.selected_paths()) == [path]


def test_the_first_result_can_be_marked_without_touching_the_mouse(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    first = person.sees[0]
    presses_and_waits(person, Key.Key_Minus)
    assert marks(person) == {first: -1}


def test_the_same_mark_again_takes_it_away_and_back_undoes_step_by_step(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    plain = person.sees
    first, second = plain[2], plain[3]
    person.window.grid.set_current_path(first)
    presses_and_waits(person, Key.Key_Plus)
    person.window.grid.set_current_path(second)
    presses_and_waits(person, Key.Key_Minus)
    person.chooses("back")
    person.waits_for_results()
    assert marks(person) == {first: 1}
    person.chooses("back")
    person.waits_for_results()
    assert marks(person) == {}
    assert person.sees == plain
    person.chooses("forward")
    person.waits_for_results()
    assert marks(person) == {first: 1}
    person.window.grid.set_current_path(first)
    presses_and_waits(person, Key.Key_Plus)
    assert marks(person) == {}
    assert person.sees == plain


def test_all_marks_are_forgotten_at_once(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    assert not person.action("forget_marks").isEnabled()
    plain = person.sees
    person.window.grid.selectAll()
    presses_and_waits(person, Key.Key_Minus)
    assert len(marks(person)) == 23
    person.chooses("forget_marks")
    person.waits_for_results()
    assert person.sees == plain
    assert not person.action("forget_marks").isEnabled()


def test_a_mark_is_seen_heard_and_named_in_the_headline(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    grid = person.window.grid
    person.chooses("add_plus")
    person.waits_for_results()
    path = next(iter(marks(person)))
    row = grid.gallery.row_of(path)
    assert row is not None
    assert grid.gallery.spoken(row).endswith("marked as like this")
    assert person.headline == "Like 0.jpg (+1)"
    box = grid.visualRect(grid.gallery.index(row))
    marked = grid.viewport().grab(box).toImage()
    grid.set_marks({path: -1})
    turned = grid.viewport().grab(box).toImage()
    grid.set_marks({})
    plain = grid.viewport().grab(box).toImage()
    assert marked != plain
    assert turned != plain
    assert turned != marked
    corner = marked.pixelColor(marked.width() - 30, 15)
    assert corner.green() > corner.red()


def test_what_is_marked_can_be_taken_out_in_the_panel(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.chooses("add_minus")
    person.waits_for_results()
    panel = person.window.side.query
    panel._on_sign_clicked(1)
    assert list(marks(person).values()) == [1]
    panel._on_remove_clicked(1)
    assert person.controller.query == Query.by_path("blue/0.jpg")


def test_without_a_query_a_mark_begins_one(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.clicks(3, Modifier.ControlModifier)
    presses_and_waits(person, Key.Key_Plus)
    assert person.controller.query == Query.by_path("blue/3.jpg")


@pytest.mark.parametrize(
    ("query", "title"),
    [
        (Query.by_path("x/a.jpg").marked(["b.jpg", "c.jpg"], 1).marked(["d.jpg"], -1), "Like a.jpg (+2 −1)"),
        (
            Query((Part(path="a.jpg"), Part(path="b.jpg", sign=-1))).marked(["c.jpg"], -1),
            "Like 1 picture(s), unlike 1 (−1)",
        ),
    ],
)
def test_the_title_counts_the_marks(query: Query, title: str) -> None:
    assert headline.title(query, Scope()) == title

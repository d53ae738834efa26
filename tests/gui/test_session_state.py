"""A query is a value: changing it gives another one."""

from pathlib import Path

import numpy as np
import pytest

from gui.session_state import Part, Pasted, Query


def test_a_mark_is_set_changed_and_taken_away_again() -> None:
    query = Query.by_path("a.jpg")
    liked = query.marked(["b.jpg", "c.jpg"], 1)
    assert liked.base == query.parts
    assert liked.marks == {"b.jpg": 1, "c.jpg": 1}
    assert liked.single_path is None
    assert liked.marked(["c.jpg"], -1).marks == {"b.jpg": 1, "c.jpg": -1}
    assert liked.marked(["c.jpg"], 1).marks == {"b.jpg": 1}
    assert liked.marked(["c.jpg", "d.jpg"], 1).marks == {"b.jpg": 1, "c.jpg": 1, "d.jpg": 1}
    assert liked.marked(["b.jpg", "c.jpg"], 1) == liked.unmarked() == query


def test_a_picture_of_the_query_itself_is_not_marked() -> None:
    query = Query.by_path("a.jpg")
    assert query.marked(["a.jpg"], -1) == query
    assert query.marked(["a.jpg", "b.jpg"], 1).marks == {"b.jpg": 1}
    assert query.marked([], 1) == query


def test_marks_that_lose_what_they_refined_become_the_query() -> None:
    query = Query.by_path("a.jpg").marked(["b.jpg"], 1).marked(["c.jpg"], -1)
    assert query.without(0) == Query((Part(path="b.jpg"), Part(path="c.jpg", sign=-1)))
    assert query.without(2) == Query.by_path("a.jpg").marked(["b.jpg"], 1)


def test_the_last_picture_taken_out_leaves_no_query() -> None:
    query = Query((Part(path="a.jpg"), Part(path="b.jpg")))
    one = query.without(0)
    assert one == Query.by_path("b.jpg")
    assert one is not None
    assert one.without(0) is None


def test_names_come_without_folders() -> None:
    pasted = Pasted("Pasted picture", np.zeros((2, 2, 3), np.uint8))
    assert Part(path="x/y.jpg").name == "y.jpg"
    assert Part(file=Path("/x/z.jpg")).name == "z.jpg"
    assert Part(pasted=pasted).name == "Pasted picture"


def test_two_pasted_pictures_are_two_even_with_equal_pixels() -> None:
    first, second = (Part(pasted=Pasted("p", np.zeros((2, 2, 3), np.uint8))) for _ in range(2))
    assert first != second


def test_a_part_has_exactly_one_source_and_a_sign() -> None:
    with pytest.raises(ValueError, match="exactly one source"):
        Part()
    with pytest.raises(ValueError, match="exactly one source"):
        Part(path="a", file=Path("b"))
    with pytest.raises(ValueError, match="sign"):
        Part(path="a", sign=0)
    with pytest.raises(ValueError, match="of the library"):
        Part(file=Path("b"), mark=True)
    with pytest.raises(ValueError, match="at least one"):
        Query(())
    with pytest.raises(ValueError, match="at least one"):
        Query((Part(path="a", mark=True),))

"""A query is a value: changing it gives another one."""

from pathlib import Path

import numpy as np
import pytest

from gui.session_state import Part, Pasted, Query


def test_adding_a_picture_again_changes_its_sign_and_keeps_its_place() -> None:
    query = Query((Part(path="a.jpg"), Part(path="b.jpg")))
    changed = query.with_part(Part(path="a.jpg", sign=-1))
    assert [(part.path, part.sign) for part in changed.parts] == [("a.jpg", -1), ("b.jpg", 1)]


def test_adding_another_picture_appends_it() -> None:
    query = Query.by_path("a.jpg").with_part(Part(file=Path("/x/b.jpg"), sign=-1))
    assert len(query.parts) == 2
    assert query.single_path is None


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
    assert len(Query((first,)).with_part(second).parts) == 2


def test_a_part_has_exactly_one_source_and_a_sign() -> None:
    with pytest.raises(ValueError, match="exactly one source"):
        Part()
    with pytest.raises(ValueError, match="exactly one source"):
        Part(path="a", file=Path("b"))
    with pytest.raises(ValueError, match="sign"):
        Part(path="a", sign=0)
    with pytest.raises(ValueError, match="at least one"):
        Query(())

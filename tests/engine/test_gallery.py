"""The path table against plain lists of strings, and the gallery's own checks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.gallery import Gallery
from engine.path_table import PathTable

# Any code point but NUL; lone surrogates are what undecodable bytes of a file name become.
names = st.text(st.characters(exclude_characters="\0", exclude_categories=()), min_size=1, max_size=12)


@given(st.sets(names))
def test_a_path_table_equals_the_sorted_list(paths: set[str]) -> None:
    expected = sorted(paths)
    table = PathTable.from_paths(paths)
    assert list(table) == expected
    assert [table[i] for i in range(len(table))] == expected
    assert table[1:4] == expected[1:4]
    assert table[::-1] == expected[::-1]
    assert [table.index_of(path) for path in expected] == list(range(len(expected)))


@given(st.sets(names), names)
def test_a_path_that_is_not_there_is_not_found(paths: set[str], other: str) -> None:
    table = PathTable.from_paths(paths - {other})
    assert table.index_of(other) is None
    assert other not in table


@given(st.lists(names, unique=True), st.data())
def test_taking_some_paths_equals_picking_strings(paths: list[str], data: st.DataObject) -> None:
    expected = sorted(paths)
    table = PathTable.from_sorted(expected)
    picked = sorted(data.draw(st.sets(st.integers(0, len(expected) - 1)))) if expected else []
    taken = table.take(np.array(picked, dtype=np.int64))
    assert list(taken) == [expected[i] for i in picked]
    assert taken == PathTable.from_sorted([expected[i] for i in picked])


def test_taking_crosses_its_own_blocks() -> None:
    paths = [f"{i:07d}-\N{LATIN SMALL LETTER E WITH ACUTE}.jpg" for i in range(140_000)]
    positions = np.arange(1, len(paths), 2, dtype=np.int64)
    assert list(PathTable.from_sorted(paths).take(positions)) == paths[1::2]


def test_a_folder_is_one_range() -> None:
    paths = ["a.jpg", "b-x.jpg", "b.jpg", "b/1.jpg", "b/c/2.jpg", "b0/3.jpg", "c.jpg"]
    table = PathTable.from_paths(paths)
    start, stop = table.folder_range("b")
    assert table[start:stop] == ["b/1.jpg", "b/c/2.jpg"]
    assert table.folder_range("b/") == (start, stop)
    assert table.folder_range("") == (0, len(paths))
    assert len(range(*table.folder_range("absent"))) == 0


def test_positions_outside_are_refused() -> None:
    table = PathTable.from_paths(["a", "b"])
    assert table[-1] == "b"
    with pytest.raises(IndexError):
        table[2]
    with pytest.raises(IndexError):
        table[-3]


def test_a_path_is_looked_up_as_in_a_list() -> None:
    table, paths = PathTable.from_paths(["a", "b", "c"]), ["a", "b", "c"]
    assert [table.index(path) for path in paths] == [0, 1, 2]
    assert table.index("b", 1, 2) == paths.index("b", 1, 2) == 1
    for wanted in (("d",), ("b", 2), ("b", 0, 1), ("b", -1), (7,)):
        with pytest.raises(ValueError):
            table.index(*wanted)
    assert table != paths
    assert 7 not in table


def test_offsets_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="offsets"):
        PathTable(np.zeros(3, dtype=np.uint8), np.array([0, 2], dtype=np.int64))


def test_from_arrays_sorts_paths_and_vectors_together() -> None:
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    gallery = Gallery.from_arrays(["c", "a", "b"], vectors, "tiny")
    assert list(gallery.paths) == ["a", "b", "c"]
    assert gallery.vector(0).tolist() == [2, 3]
    assert gallery.vectors(np.array([2, 0])).tolist() == [[0, 1], [2, 3]]
    assert (len(gallery), gallery.dimension, gallery.model) == (3, 2, "tiny")
    assert gallery.index_of("b") == 1
    assert gallery.index_of("d") is None


def test_a_gallery_that_contradicts_itself_is_refused() -> None:
    vectors = np.zeros((2, 3), dtype=np.float32)
    with pytest.raises(ValueError, match="unique"):
        Gallery.from_arrays(["a", "a"], vectors, "tiny")
    with pytest.raises(ValueError, match="as many"):
        Gallery.from_arrays(["a"], vectors, "tiny")
    with pytest.raises(ValueError, match="outside"):
        Gallery(PathTable.from_paths(["a"]), vectors, np.array([2]), "tiny")
    with pytest.raises(ValueError, match="fit together"):
        Gallery(PathTable.from_paths(["a", "b"]), vectors, np.array([0]), "tiny")

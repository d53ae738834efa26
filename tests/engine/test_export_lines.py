"""The lines of a table: the same bytes whether pyarrow or Python makes them."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.export_blocks import Block, Ranked, ScreenSection, block_size
from engine.export_lines import Cells, _by_arrow, _in_python, distance_texts, distinct
from engine.export_table import write_csv, write_json
from engine.metric import Metric
from engine.query_set import LibraryQueries, inner_query

pyarrow = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.compute")

HARD = ("a,b/1.jpg", 'q"uote/2.jpg', "=cmd.jpg", "new\nline.jpg", "plain.jpg", "猫/3.jpg", "caf\udce9/4.jpg")
DISTANCES = st.one_of(st.floats(0, 2), st.floats(0, 1e6), st.floats(0, allow_infinity=False))
FORMS = (
    0.0,
    1.0,
    2.0,
    1e-5,
    2.2e-16,
    5e-324,
    0.0001,
    0.001,
    9.99e-4,
    99999.5,
    100000.5,
    123456.75,
    10000000000.5,
    1e15,
    1e16,
    1.5e300,
    0.1 + 0.2,
)


@settings(deadline=None, max_examples=500)
@given(st.lists(DISTANCES, min_size=1, max_size=60))
def test_a_distance_is_written_as_python_writes_it(values: list[float]) -> None:
    found = distance_texts(pyarrow, np.array([*values, *FORMS])).to_pylist()
    assert [text.decode() for text in found] == [repr(value) for value in [*values, *FORMS]]


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=80))
def test_distinct_is_what_numpy_finds(values: list[int]) -> None:
    positions = np.array(values, dtype=np.int64)
    expected, place = np.unique(positions, return_inverse=True)
    used, found = distinct(positions)
    assert (used, found.tolist()) == (expected.tolist(), place.tolist())


def block_of(lengths: tuple[int, ...]) -> Block:
    random = np.random.default_rng(sum(lengths))
    rows = sum(lengths)
    queries = LibraryQueries(Path("/photos"), HARD)[: len(lengths)]
    distances = np.sort(random.choice([*FORMS, *random.random(20)], rows))
    return Block(queries, np.array(lengths), random.integers(0, len(HARD), rows), distances)


@pytest.mark.parametrize("lengths", [(3, 0, 5), (0, 0), (1,), (7, 7, 7, 7)])
def test_both_ways_give_the_same_lines(lengths: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.export_lines.ROWS_AT_ONCE", 4)  # so that lines come in several pieces
    block = block_of(lengths)
    photos = Cells(lambda path: f",{path},".encode("utf-8", "surrogateescape"), HARD)
    ends = Cells(lambda path: f"{path[:1]}\r\n".encode("utf-8", "surrogateescape"), HARD)
    before = [name.encode("utf-8", "surrogateescape") for name in block.names]
    after = [str(label).encode() for label in block.labels]
    in_python = b"".join(_in_python(block, before, photos, after, ends))
    assert b"".join(_by_arrow(pyarrow, block, before, photos, after, ends)) == in_python
    assert in_python.count(b"\r\n") == sum(lengths)


def test_files_are_the_same_with_and_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    results = [
        Ranked(inner_query(Path("/photos"), path), random.integers(0, len(HARD), 9), np.sort(random.random(9)))
        for path in HARD
    ]
    section = ScreenSection("tiny", Metric.COSINE, HARD, results)
    written: list[bytes] = []
    for way in (pyarrow, None):
        monkeypatch.setattr("engine.export_lines._arrow", lambda _rows, way=way: way)
        for write in (write_csv, write_json):
            counts = list(write(tmp_path / "file", [section, section]))
            assert counts[-1] == 2 * len(HARD)
            written.append((tmp_path / "file").read_bytes())
    assert written[:2] == written[2:]
    assert written[0].count(b"\r\n") == 2 * 9 * len(HARD) + 1


def test_a_small_export_does_not_load_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.export_lines import _arrow

    monkeypatch.delitem(sys.modules, "pyarrow")
    assert _arrow(1000) is None
    assert "pyarrow" not in sys.modules


def test_a_block_is_small_where_the_library_or_the_answer_is_large() -> None:
    assert block_size(50, 10_300) == 1024
    assert block_size(50, 1_000_000) == 134
    # A row is up to some hundred bytes of text, and several blocks are text at a time.
    assert block_size(100_000, 100_000) == 5
    assert block_size(1_000_000, 1_000_000) == 1
    assert block_size(50, 10**10) == 1


def test_a_block_gives_its_results_one_by_one() -> None:
    block = block_of((3, 0, 5))
    assert block.ranks.tolist() == [1, 2, 3, 1, 2, 3, 4, 5]
    assert block.owners.tolist() == [0, 0, 0, 2, 2, 2, 2, 2]
    assert [len(ranked.order) for ranked in block] == [3, 0, 5]
    assert block[2].distances.tolist() == block.distances[3:].tolist()
    assert block.names == list(HARD[:3])
    with pytest.raises(ValueError, match="do not fit"):
        Block(block.queries, block.lengths, block.order[:-1], block.distances)

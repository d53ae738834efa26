"""The 8-bit codes: their bound holds for every vector, and a file of them is what was computed."""

from pathlib import Path

import numpy as np
import pytest

from engine import codes
from engine.codes import CodedQuery, Codes, cosines, encode, encode_query, extended, relative_error
from engine.snapshot import read_snapshot, write_snapshot


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "BLOCK", 700)
    monkeypatch.setattr(codes, "AT_ONCE", 300)


def all_cosines(coded: Codes, query: CodedQuery) -> tuple[np.ndarray, np.ndarray]:
    parts = [cosines(coded, query, number) for number in range(len(coded.values))]
    return np.concatenate([estimates for estimates, _ in parts]), np.concatenate([errors for _, errors in parts])


def true_cosines(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    wide, other = vectors.astype(np.float64), query.astype(np.float64)
    return wide @ other / (np.linalg.norm(wide, axis=1) * np.linalg.norm(other))


def rows_of(kind: str, dimension: int) -> np.ndarray:
    rng = np.random.default_rng(dimension)
    rows = rng.standard_normal((3000, dimension))
    if kind == "sparse":
        rows *= rng.random((3000, dimension)) < 0.05
        rows[:, 0] = 1
    elif kind == "one large number":
        rows[:, -1] *= 1000
    elif kind == "positive":
        rows = np.abs(rows) + 5
    return (rows * 10 ** rng.uniform(-9, 9, (3000, 1))).astype(np.float32)


@pytest.mark.parametrize("kind", ["normal", "sparse", "one large number", "positive"])
@pytest.mark.parametrize("dimension", [1, 2, 31, 256, 2048])
def test_no_estimate_leaves_its_bound(kind: str, dimension: int) -> None:
    rows = rows_of(kind, dimension)
    coded = encode(rows)
    for query in (rows[0], rows[7] + rows[8], -rows[9]):
        estimates, errors = all_cosines(coded, encode_query(query))
        assert estimates.shape == errors.shape == (3000,)
        assert (np.abs(estimates - true_cosines(rows, query)) <= errors).all()


def test_the_bound_is_as_tight_as_the_module_says() -> None:
    rows = rows_of("normal", 256)
    _, errors = all_cosines(encode(rows), encode_query(rows[0]))
    assert 0.015 < float(np.median(errors)) < 0.025


def test_the_products_are_those_of_whole_numbers() -> None:
    """The largest values there can be: nothing is cut off at 16 bits on the way."""
    rng = np.random.default_rng(0)
    for dimension in (1, 33, 512):
        values = rng.choice([-127, 127, 5], (1, dimension, 500)).astype(np.int8)
        for asked in (np.full(dimension, 127), np.full(dimension, 1), rng.integers(1, 128, dimension)):
            query = CodedQuery(asked.astype(np.uint8)[None], np.float32(1), np.float32(0))
            ones = np.ones(500, dtype=np.float32)
            sums = values[0].sum(axis=0, dtype=np.int32) * 64
            estimates, _ = cosines(Codes(values, sums, ones, ones, ones), query, 0)
            assert estimates.tolist() == ((asked.astype(np.int64) - 64) @ values[0].astype(np.int64)).tolist()


def test_nothing_is_said_of_vectors_without_a_usable_length() -> None:
    rows = np.array([[0, 0], [1e-30, 0], [3e38, 3e38], [1, 1]], dtype=np.float32)
    coded = encode(rows)
    assert np.isinf(coded.errors).tolist() == [True, True, True, False]
    estimates, errors = all_cosines(coded, encode_query(rows[3]))
    assert np.isfinite(estimates).all()
    assert np.isinf(errors).tolist() == [True, True, True, False]


def test_lengths_are_within_half_of_the_relative_error() -> None:
    rows = rows_of("positive", 1000)
    true = np.linalg.norm(rows.astype(np.float64), axis=1)
    assert (np.abs(encode(rows).lengths - true) <= true * relative_error(1000) / 2).all()


@pytest.mark.parametrize("known", [0, 1, 250, 300, 899, 1000])
def test_a_file_made_from_an_older_one_is_that_of_the_whole(
    tmp_path: Path, known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "BLOCK", 300)
    matrix = rows_of("normal", 16)[:1000]
    older = encode(matrix[:known]) if known else None
    write_snapshot(tmp_path / "codes", {"rows": 1000}, extended(matrix, older))
    arrays = read_snapshot(tmp_path / "codes", {"rows": 1000})
    assert arrays is not None
    found, whole = Codes.from_arrays(arrays), encode(matrix)
    for name in ("values", "sums", "scales", "errors", "lengths"):
        assert np.array_equal(getattr(found, name), getattr(whole, name))
        assert getattr(found, name).dtype == getattr(whole, name).dtype
    # Mapped read-only, they serve as well as in memory.
    query = encode_query(matrix[3])
    assert np.array_equal(all_cosines(found, query)[0], all_cosines(whole, query)[0])


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    coded = encode(rows_of("normal", 4))
    arrays = {name: getattr(coded, name) for name in ("values", "sums", "scales", "errors", "lengths")}
    for name, changed in (("sums", coded.sums[1:]), ("values", coded.values[1:]), ("values", coded.values[0])):
        with pytest.raises(ValueError):
            Codes.from_arrays(arrays | {name: changed})
    del arrays["scales"]
    with pytest.raises(KeyError):
        Codes.from_arrays(arrays)


def test_no_vectors_have_no_codes() -> None:
    assert len(encode(np.empty((0, 5), dtype=np.float32))) == 0

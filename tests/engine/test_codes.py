"""The 8-bit codes: their bound holds for every vector, and a file of them is what was computed."""

from pathlib import Path

import numpy as np
import pytest

from engine import codes
from engine.codes import Codes, cosines, encode, extended, relative_error
from engine.snapshot import read_snapshot, write_snapshot


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
        estimates, errors = cosines(coded, encode(query[None]))
        assert estimates.shape == (3000,)
        assert (np.abs(estimates - true_cosines(rows, query)) <= errors).all()


def test_the_bound_is_as_tight_as_the_module_says() -> None:
    rows = rows_of("normal", 256)
    _, errors = cosines(encode(rows), encode(rows[:1]))
    assert 0.008 < float(np.median(errors)) < 0.018


def test_the_products_are_those_of_whole_numbers() -> None:
    rng = np.random.default_rng(0)
    for dimension in (1, 33, 512):
        values = rng.integers(-127, 128, (500, dimension)).astype(np.int8)
        ones = np.ones(500, dtype=np.float32)
        estimates, _ = cosines(Codes(values, ones, ones, ones), Codes(values[:1], ones[:1], ones[:1], ones[:1]))
        assert estimates.tolist() == (values.astype(np.int64) @ values[0].astype(np.int64)).tolist()


def test_nothing_is_said_of_vectors_without_a_usable_length() -> None:
    rows = np.array([[0, 0], [1e-30, 0], [3e38, 3e38], [1, 1]], dtype=np.float32)
    coded = encode(rows)
    assert np.isinf(coded.errors).tolist() == [True, True, True, False]
    assert coded.values[:3].tolist() == [[0, 0]] * 3
    estimates, errors = cosines(coded, encode(rows[3:]))
    assert np.isfinite(estimates).all()
    assert np.isinf(errors).tolist() == [True, True, True, False]


def test_lengths_are_within_half_of_the_relative_error() -> None:
    rows = rows_of("positive", 1000)
    true = np.linalg.norm(rows.astype(np.float64), axis=1)
    assert (np.abs(encode(rows).lengths - true) <= true * relative_error(1000) / 2).all()


@pytest.mark.parametrize("known", [0, 1, 250, 1000])
def test_a_file_made_from_an_older_one_is_that_of_the_whole(
    tmp_path: Path, known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "AT_ONCE", 300)
    matrix = rows_of("normal", 16)[:1000]
    older = encode(matrix[:known]) if known else None
    write_snapshot(tmp_path / "codes", {"rows": 1000}, extended(matrix, older))
    arrays = read_snapshot(tmp_path / "codes", {"rows": 1000})
    assert arrays is not None
    whole = encode(matrix)
    for name in ("values", "scales", "errors", "lengths"):
        assert np.array_equal(arrays[name], getattr(whole, name))
        assert arrays[name].dtype == getattr(whole, name).dtype

"""An 8-bit copy of a matrix of vectors: the search reads a quarter of the bytes first, and knows how far off it is.

A vector x of length |x| is kept as u ≈ scale · values, where u = x / |x| and the values are whole numbers in ±127, with
the exact length of the difference. For a query q = |q|·w, coded likewise in ±63 with the difference e, the
Cauchy–Schwarz inequality gives |w·u − scales · values·values| ≤ |e|·|scale · values| + error: a bound for each vector,
whatever the vectors are like, so that the search that uses it stays exact. On 256 random numbers it is about 0.02.

The values lie in blocks of 16,384 vectors, number by number ([D, 16,384]), for that is how onnxruntime's 8-bit product
of one row with a matrix reads them: twice as fast as SimSIMD, which takes them vector by vector, and as fast as the
memory of the machine on which it was measured. ±63 plus 64 keeps the sum of two products within 16 bits, which
processors without 8-bit dot products (VNNI) need.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.snapshot import Streamed

# Lengths between which no float32 product overflows or loses digits to underflow; nothing is said of vectors outside.
SHORTEST, LONGEST = 1e-15, 1e15
# Vectors in a block: 4 MB at 256 numbers, long enough that Python's share of the time is small.
BLOCK = 16_384
AT_ONCE = 2048  # vectors coded together: 4 MB for each array on the way at 512 numbers
LARGEST = 127
LARGEST_OF_QUERY, ZERO_OF_QUERY = 63, 64

# An ONNX file of one node: c = MatMulInteger(a: uint8 [m, k], b: int8 [k, n]), int32 [m, n].
_PRODUCT = (
    b'\x08\x08:b\n\x18\n\x01a\n\x01b\x12\x01c"\rMatMulInteger\x12\x01gZ\x15\n\x01a\x12\x10\n\x0e\x08\x02\x12\n\n\x03\x12'
    b"\x01m\n\x03\x12\x01kZ\x15\n\x01b\x12\x10\n\x0e\x08\x03\x12\n\n\x03\x12\x01k\n\x03\x12\x01nb\x15\n\x01c\x12\x10\n"
    b"\x0e\x08\x06\x12\n\n\x03\x12\x01m\n\x03\x12\x01nB\x04\n\x00\x10\r"
)


def relative_error(dimension: int) -> float:
    """More than the error of a float32 dot product of two vectors of length 1, or of a length by itself.

    A dot product of D terms, summed in any order, with or without fused operations, is off by at most D·u / (1 − D·u)
    times |a||b|, where u = 2⁻²⁴ (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.1), a length by
    half of that; bringing both vectors to length 1 adds a few u. This is (2·D + 32)·u.
    """
    return (2 * dimension + 32) * 2.0**-24


def lengths_of(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The lengths of vectors [N, D] in float32, inf or 0 where float32 cannot hold their squares."""
    with np.errstate(over="ignore", under="ignore"):
        lengths: NDArray[np.float32] = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    return lengths


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The coded first R vectors of a matrix [., D]."""

    values: NDArray[np.int8]  # [⌈R / BLOCK⌉, D, BLOCK], 0 behind the last vector
    sums: NDArray[np.int32]  # [R], of each vector's values, times ZERO_OF_QUERY
    scales: NDArray[np.float32]  # [R]
    errors: NDArray[np.float32]  # [R], inf where nothing can be said
    lengths: NDArray[np.float32]  # [R], of the vectors themselves

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Codes":
        """The codes in a snapshot; as plain arrays, for slicing a `numpy.memmap` takes ten times as long. Raises
        ValueError where the arrays do not fit together, KeyError where one is missing."""
        codes = cls(*(np.asarray(arrays[name]) for name in ("values", "sums", "scales", "errors", "lengths")))
        columns = (codes.sums, codes.scales, codes.errors, codes.lengths)
        if codes.values.ndim != 3 or {column.shape for column in columns} != {(len(codes),)}:
            raise ValueError("the columns are not of one length")
        if len(codes.values) != -(-len(codes) // codes.block):
            raise ValueError("the blocks are not as many as the columns say")
        return codes

    def __len__(self) -> int:
        return len(self.scales)

    @property
    def block(self) -> int:
        """Vectors in a block."""
        return int(self.values.shape[2])

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self.values.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class CodedQuery:
    """One coded query: `values` uint8 [1, D], ZERO_OF_QUERY added."""

    values: NDArray[np.uint8]
    scale: np.float32
    error: np.float32


def encode_query(query: NDArray[np.float32]) -> CodedQuery:
    """The code of a query [D] of a length between SHORTEST and LONGEST."""
    whole, scales, errors, _ = _coded(query[None], LARGEST_OF_QUERY)
    return CodedQuery((whole + ZERO_OF_QUERY).astype(np.uint8), scales[0], errors[0])


def cosines(codes: Codes, query: CodedQuery, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Estimated cosines [B] of the query and the vectors of one block, and bounds [B] on their errors."""
    rows = slice(number * codes.block, (number + 1) * codes.block)
    products = _product()({"a": query.values, "b": codes.values[number]})[0][0]
    products = products[: len(codes.scales[rows])]
    products -= codes.sums[rows]
    # A product beyond 2²⁴ is rounded by u of itself, which `relative_error` has room for.
    estimates = products.astype(np.float32)
    estimates *= codes.scales[rows]
    estimates *= query.scale
    # |scale · values| ≤ 1 + error.
    errors = codes.errors[rows] * (1 + query.error)
    errors += query.error + np.float32(relative_error(codes.dimension))
    return estimates, errors


def encode(vectors: NDArray[np.float32]) -> Codes:
    """The codes of vectors [N, D], in memory."""
    arrays = extended(vectors, None)
    values = arrays.pop("values")
    assert isinstance(values, Streamed)
    blocks = list(values.parts)
    return Codes.from_arrays(
        {"values": np.concatenate(blocks) if blocks else np.empty(values.shape, np.int8), **arrays}
    )


class Rows(Protocol):
    """Vectors [N, D] of which some neighbours are asked for at a time: an array, or a file that is read."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]: ...


def extended(matrix: Rows, known: Codes | None) -> dict[str, Any]:
    """The arrays of a snapshot with the codes of all rows of `matrix`, of which the first are `known` already; made
    while it is written, so that they need not fit into memory together."""
    count, dimension = matrix.shape
    columns = {name: np.zeros(count, dtype=np.float32) for name in ("scales", "errors", "lengths")}
    sums = np.zeros(count, dtype=np.int32)
    whole_blocks = len(known) // BLOCK if known is not None and known.values.shape[1:] == (dimension, BLOCK) else 0

    def blocks() -> Iterator[NDArray[np.int8]]:
        for number in range(-(-count // BLOCK)):
            rows = slice(number * BLOCK, (number + 1) * BLOCK)
            if known is not None and number < whole_blocks:
                sums[rows] = known.sums[rows]
                for name, column in columns.items():
                    column[rows] = getattr(known, name)[rows]
                yield known.values[number][None]
                continue
            block = np.zeros((1, dimension, BLOCK), dtype=np.int8)
            for first in range(rows.start, min(rows.stop, count), AT_ONCE):
                some = slice(first, min(first + AT_ONCE, rows.stop, count))
                whole, *found = _coded(matrix[some], LARGEST)
                sums[some] = whole.sum(axis=1) * ZERO_OF_QUERY
                for column, part in zip(columns.values(), found, strict=True):
                    column[some] = part
                block[0, :, some.start - rows.start : some.stop - rows.start] = whole.T
            yield block

    shape = (-(-count // BLOCK), dimension, BLOCK)
    return {"values": Streamed(np.dtype(np.int8), shape, blocks()), "sums": sums, **columns}


def _coded(
    vectors: NDArray[np.float32], largest: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Whole numbers in ±largest [N, D], and the scales, errors and lengths [N] of vectors [N, D]."""
    lengths = lengths_of(vectors)
    safe = (lengths >= SHORTEST) & (lengths <= LONGEST)
    divisors = np.where(safe, lengths, np.float32(1)).astype(np.float32)
    units = vectors / divisors[:, None]
    units[~safe] = 0
    scales = np.abs(units).max(axis=1, initial=0) / np.float32(largest)
    whole = np.rint(units / np.where(safe, scales, np.float32(1))[:, None])
    units -= whole * scales[:, None]
    # The last terms cover the roundings of this very computation.
    errors = lengths_of(units) * np.float32(1.001) + np.float32(relative_error(vectors.shape[1]))
    return whole, scales, np.where(safe, errors, np.float32(np.inf)), divisors


@cache
def _product() -> Callable[[dict[str, NDArray[Any]]], list[NDArray[Any]]]:
    from engine.session import open_own  # onnxruntime: loaded by the first search, not by the start

    return open_own(_PRODUCT)

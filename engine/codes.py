"""An 8-bit copy of a matrix of vectors: the search reads a quarter of the bytes first, and knows how far off it is.

A vector x of length |x| is kept as u ≈ scale · values, where u = x / |x| and the values are whole numbers in ±127, with
the exact length of the difference. For a query q = |q|·w, coded likewise with the difference e, the Cauchy–Schwarz
inequality gives |w·u − scales · values·values| ≤ |e|·|scale · values| + error: a bound for each vector, whatever the
vectors are like, so that the search that uses it stays exact. On 256 random numbers the bound is about 0.014.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import simsimd
from numpy.typing import NDArray

from engine.snapshot import Streamed

# Lengths between which no float32 product overflows or loses digits to underflow; nothing is said of vectors outside.
SHORTEST, LONGEST = 1e-15, 1e15
# Vectors coded at a time: 8 MB at 256 numbers.
AT_ONCE = 8192
LARGEST = 127


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

    values: NDArray[np.int8]  # [R, D]
    scales: NDArray[np.float32]  # [R]
    errors: NDArray[np.float32]  # [R], inf where nothing can be said
    lengths: NDArray[np.float32]  # [R], of the vectors themselves

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Codes":
        """The codes in a snapshot; as plain arrays, for slicing a `numpy.memmap` takes ten times as long."""
        return cls(*(np.asarray(arrays[name]) for name in ("values", "scales", "errors", "lengths")))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> "Codes":
        return Codes(self.values[rows], self.scales[rows], self.errors[rows], self.lengths[rows])


def encode(vectors: NDArray[np.float32]) -> Codes:
    """The codes of vectors [N, D]."""
    lengths = lengths_of(vectors)
    safe = (lengths >= SHORTEST) & (lengths <= LONGEST)
    divisors = np.where(safe, lengths, np.float32(1)).astype(np.float32)
    units = vectors / divisors[:, None]
    units[~safe] = 0
    scales = np.abs(units).max(axis=1, initial=0) / LARGEST
    whole = np.rint(units / np.where(safe, scales, np.float32(1))[:, None])
    units -= whole * scales[:, None]
    # The last terms cover the roundings of this very computation.
    errors = lengths_of(units) * np.float32(1.001) + np.float32(relative_error(vectors.shape[1]))
    return Codes(whole.astype(np.int8), scales, np.where(safe, errors, np.float32(np.inf)), divisors)


def cosines(codes: Codes, unit: Codes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Estimated cosines [N] of coded vectors and one coded query, and bounds [N] on their errors."""
    estimates = np.asarray(simsimd.cdist(unit.values, codes.values, "dot", out_dtype="float32"))[0]
    estimates *= codes.scales
    estimates *= unit.scales[0]
    # |scale · values| ≤ 1 + error. A sum beyond 2²⁴ is rounded by u of itself, which `relative_error` has room for.
    error = unit.errors[0]
    return estimates, codes.errors * (1 + error) + (error + np.float32(relative_error(codes.values.shape[1])))


def extended(matrix: NDArray[np.float32], known: Codes | None) -> dict[str, NDArray[np.generic] | Streamed]:
    """The arrays of a snapshot with the codes of all rows of `matrix`, of which the first are `known` already; made
    while it is written, so that they need not fit into memory together."""
    count, dimension = matrix.shape
    head = known if known is not None and known.values.shape[1] == dimension else encode(matrix[:0])
    columns = {name: np.empty(count, dtype=np.float32) for name in ("scales", "errors", "lengths")}

    def blocks() -> Iterator[NDArray[np.int8]]:
        old = (head[start : start + AT_ONCE] for start in range(0, len(head), AT_ONCE))
        new = (encode(matrix[start : start + AT_ONCE]) for start in range(len(head), count, AT_ONCE))
        first = 0
        for part in chain(old, new):
            for name, column in columns.items():
                column[first : first + len(part)] = getattr(part, name)
            first += len(part)
            yield part.values

    return {"values": Streamed(np.dtype(np.int8), (count, dimension), blocks()), **columns}

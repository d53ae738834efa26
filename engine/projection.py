"""A linear map from one model's embeddings to others that tell the user's own labels apart better."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """`x ↦ weight · x + bias`, from D numbers to K: `weight` float32 [K, D], `bias` float32 [K]."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.weight.ndim != 2 or self.bias.shape != self.weight.shape[:1]:
            raise ValueError(f"weight {self.weight.shape} and bias {self.bias.shape} do not fit together")

    @property
    def inputs(self) -> int:
        """D, the length of what it takes."""
        return int(self.weight.shape[1])

    @property
    def outputs(self) -> int:
        """K, the length of what it gives."""
        return int(self.weight.shape[0])

    def apply(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [N, D] to [N, K]. Summed in float64, so that a row does not depend on those beside it."""
        projected = np.empty((len(vectors), self.outputs), dtype=np.float32)
        weight, bias = self.weight.T.astype(np.float64), self.bias.astype(np.float64)
        for start in range(0, len(vectors), ROWS_AT_ONCE):
            block = slice(start, start + ROWS_AT_ONCE)
            projected[block] = vectors[block].astype(np.float64) @ weight + bias
        return projected

    def apply_to_maps(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 [N, D, gh, gw] to [N, K, gh, gw], position by position. What the map is linear in stays true: the
        mean of the result is the projected mean."""
        count, _, height, width = maps.shape
        rows = np.moveaxis(maps, 1, -1).reshape(-1, self.inputs)
        back = self.apply(rows).reshape(count, height, width, self.outputs)
        return np.ascontiguousarray(np.moveaxis(back, -1, 1))

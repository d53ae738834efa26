"""Perceptual hashes as duplicate finders use them, and pairs within a Hamming distance, for measuring against."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HASH_SIDE = 16  # 256 bits
ROWS_AT_ONCE = 1024


def gradient_bits(image: Image.Image) -> NDArray[np.bool_]:
    """256 bits: whether each of 16 × 16 grey cells is lighter than its left neighbour. The gradient hash that czkawka
    takes by default (there by the library image_hasher), after Krawetz, "Kind of like that" (2013)."""
    small = image.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.LANCZOS)
    cells = np.asarray(small, dtype=np.int16)
    return (cells[:, 1:] > cells[:, :-1]).reshape(-1)


def hamming_blocks(bits: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.int16]]]:
    """The distances of all pairs, block by block: the first row of the block, and int16 [rows, N] bits that differ."""
    signs = np.where(bits, 1, -1).astype(np.float32)
    for start in range(0, len(signs), ROWS_AT_ONCE):
        products = signs[start : start + ROWS_AT_ONCE] @ signs.T
        yield start, ((bits.shape[1] - products) / 2).astype(np.int16)


def near_pairs(bits: NDArray[np.bool_], most: int) -> Iterator[tuple[int, int]]:
    """Pairs (i < j) that differ in at most `most` bits."""
    for start, distances in hamming_blocks(bits):
        first, second = np.nonzero(distances <= most)
        for i, j in zip((first + start).tolist(), second.tolist(), strict=True):
            if i < j:
                yield i, j

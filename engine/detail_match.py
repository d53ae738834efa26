"""Tell copies from pictures that merely have the same layout: lay one over the other and compare the fine details.

Two photos of one horizon, or two pages of text, agree in nearly all their light and shade; only what is in them
differs, and that is a small part of any correlation over whole pictures.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.near_copies import GREY_SIDE, WINDOW_SIDE, likeness_and_window, reducing, window_box

# Of drawn pictures with one layout, none reached 0.82; of crops by up to a tenth 97 % do, of resized, re-compressed and
# recoloured copies all of 60 each.
SAME_DETAILS = 0.82
BLOCKS = 4  # the details are compared in 4 × 4 squares, so that none of them outweighs all others
STEPS = (2.0, 1.0, 0.5)  # by which the edges of the window are moved, in cells of the grey picture
MOVES = 4  # rounds at each step
LEAST_SIDE = GREY_SIDE * 0.45
_SMOOTHED = 5  # cells: what is coarser is no detail

Box = tuple[float, float, float, float]  # left, top, width, height in cells of the grey picture
Grey = NDArray[np.uint8]


def detail_match(
    first: Grey, second: Grey, first_print: NDArray[np.float32], second_print: NDArray[np.float32]
) -> float:
    """How far the details of two grey squares (`near_copies.grey_square`, with their fingerprints) agree, in [−1, 1],
    once the one is laid over the part of the other that it shows. At least `SAME_DETAILS`: one is a copy of the other.
    """
    one, in_second = likeness_and_window(second_print, first_print)
    other, in_first = likeness_and_window(first_print, second_print)
    whole, large, window = (first, second, in_second) if one >= other else (second, first, in_first)
    field = large.astype(np.float64)
    box, mirrored = window_box(window)
    if mirrored:
        field = field[:, ::-1]
    target = _cut(whole.astype(np.float64), window_box(0)[0])
    return _agreement(target, _cut(field, _fitted(_unit(target), field, box)))


def _fitted(target: NDArray[np.float64], field: NDArray[np.float64], box: Box) -> Box:
    """The window of `field` near `box` that is most like `target`, by moving its edges one at a time."""
    best = float((_unit(_cut(field, box)) * target).sum())
    for step in STEPS:
        for _ in range(MOVES):
            before = best
            for side in range(4):
                for by in (step, -step):
                    tried = _moved(box, side, by)
                    value = float((_unit(_cut(field, tried)) * target).sum()) if tried is not None else best
                    if tried is not None and value > best + 1e-4:
                        best, box = value, tried
            if best == before:
                break
    return box


def _moved(box: Box, side: int, by: float) -> Box | None:
    left, top, width, height = (value + by * (number == side) for number, value in enumerate(box))
    inside = left >= 0 and top >= 0 and left + width <= GREY_SIDE and top + height <= GREY_SIDE
    return (left, top, width, height) if inside and min(width, height) >= LEAST_SIDE else None


def _cut(field: NDArray[np.float64], box: Box) -> NDArray[np.float64]:
    left, top, width, height = box
    cells: NDArray[np.float64] = reducing(top, height) @ field @ reducing(left, width).T
    return cells


def _unit(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = cells - cells.mean()
    length = float(np.linalg.norm(centred))
    return centred / length if length > 0 else centred


def _agreement(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The correlation of the details square by square, each weighted by the stronger of the two: where one picture has
    something and the other nothing, they do not agree."""
    one, other = _squares(_details(_unit(first))), _squares(_details(_unit(second)))
    lengths = np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1)
    weights = np.maximum(*lengths)
    total = float(weights.sum())
    if total == 0.0:
        return 0.0
    both = lengths[0] * lengths[1]
    correlation = np.divide((one * other).sum(axis=1), both, out=np.zeros_like(both), where=both > 0)
    return float((correlation * weights).sum() / total)


def _details(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a mean over 5 × 5 cells takes away."""
    smooth = _smoothing()
    return cells - smooth @ cells @ smooth.T


@cache
def _smoothing() -> NDArray[np.float64]:
    """The mean over five cells as a matrix [32, 32]; beyond the edge the picture is reflected."""
    reach = _SMOOTHED // 2
    padded = np.pad(np.arange(WINDOW_SIDE), reach, mode="reflect")
    matrix = np.zeros((WINDOW_SIDE, WINDOW_SIDE))
    for row in range(WINDOW_SIDE):
        np.add.at(matrix[row], padded[row : row + _SMOOTHED], 1 / _SMOOTHED)
    return matrix


def _squares(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    side = WINDOW_SIDE // BLOCKS
    return cells.reshape(BLOCKS, side, BLOCKS, side).swapaxes(1, 2).reshape(BLOCKS * BLOCKS, side * side)

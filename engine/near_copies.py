"""Tell whether a picture is a copy of another that was resized, saved again, recoloured, mirrored or slightly cut."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

# The pictures are compared as grey squares: details below a sixty-fourth of a side are what saving again changes.
GREY_SIDE = 64
WINDOW_SIDE = 32

# Windows of the one picture that are held against the whole of the other: crops by up to 30 %, and where they may lie.
SHARES = ((1.0, 1), (0.95, 3), (0.9, 3), (0.8, 4), (0.7, 4))

# Of 1,597 pairs of photos that are merely alike, none reached 0.82; of crops by a tenth, 90 % exceed 0.85, and of
# resized, re-compressed and recoloured copies 99 % (`python -m benchmarks.duplicates` measures it anew).
SAME_PICTURE = 0.85


def grey_square(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture uint8 [H, W, 3] as the grey uint8 [64, 64] that is compared; its proportions are given up."""
    from PIL import Image  # not with the window's start

    grey = Image.fromarray(rgb).convert("L").resize((GREY_SIDE, GREY_SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(grey, dtype=np.uint8)


def fingerprint(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What `likeness` compares: the whole picture, its mirror image, and windows of it, each with its mean removed and
    of length one; float32 [W, 1024]."""
    spans = _spans()
    # All windows by one matrix for the rows and one for the columns: half the time of reducing each by itself.
    reduced = spans @ grey.astype(np.float32) @ spans.T
    count = len(spans) // WINDOW_SIDE
    squares = reduced.reshape(count, WINDOW_SIDE, count, WINDOW_SIDE)
    whole = squares[0, :, 0]
    windows = np.stack([whole, whole[:, ::-1], *(squares[y, :, x] for y, x in _places()[1:])])
    rows = windows.reshape(len(windows), -1)
    rows -= rows.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    # A plain area has no details to compare: its row is zero, and it is like nothing.
    unit: NDArray[np.float32] = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 1.0)
    return unit


def likeness(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """The best normalised cross-correlation of either whole picture with a window of the other, in [−1, 1].

    At least `SAME_PICTURE`: one may be a copy of the other, which `detail_match` decides.
    Lewis, "Fast Normalized Cross-Correlation" (1995).
    """
    return float(max((first @ second[0]).max(), (second @ first[0]).max()))


def likeness_and_window(windows: NDArray[np.float32], whole: NDArray[np.float32]) -> tuple[float, int]:
    """The best correlation of the picture with the fingerprint `whole` with a window of the other, and which window."""
    found = windows @ whole[0]
    best = int(found.argmax())
    return float(found[best]), best


def window_box(window: int) -> tuple[tuple[float, float, float, float], bool]:
    """Left, top, width and height of a window of `fingerprint`, in cells of the grey square, and whether it is that of
    the mirror image."""
    if window <= 1:
        return (0.0, 0.0, float(GREY_SIDE), float(GREY_SIDE)), window == 1
    down, across = _places()[window - 1]
    (top, side), (left, _) = _parts()[down], _parts()[across]
    return (left, top, side, side), False


def reducing(start: float, length: float) -> NDArray[np.float64]:
    """The matrix [32, 64] that reduces `length` cells from `start` on to 32 of equal width: exact shares of area."""
    edges = np.arange(GREY_SIDE, dtype=np.float64)
    cell = length / WINDOW_SIDE
    left = (start + cell * np.arange(WINDOW_SIDE))[:, None]
    covered = np.minimum(left + cell, edges + 1.0) - np.maximum(left, edges)
    shares: NDArray[np.float64] = np.clip(covered, 0.0, None) / cell
    return shares


@cache
def _parts() -> tuple[tuple[float, float], ...]:
    """Where each part of a side that a window takes begins, and how long it is, in the order of `SHARES`."""
    return tuple(
        (float(start), GREY_SIDE * share)
        for share, places in SHARES
        for start in np.linspace(0.0, GREY_SIDE * (1.0 - share), places)
    )


@cache
def _spans() -> NDArray[np.float32]:
    """The matrices of all parts, one below the other: float32 [32 S, 64]."""
    return np.concatenate([reducing(*part) for part in _parts()]).astype(np.float32)


@cache
def _places() -> tuple[tuple[int, int], ...]:
    """The windows, each as two parts of a side (down, across), numbered as `_spans` has them."""
    found: list[tuple[int, int]] = []
    first = 0
    for _, places in SHARES:
        numbers = range(first, first + places)
        found += [(y, x) for y in numbers for x in numbers]
        first += places
    return tuple(found)

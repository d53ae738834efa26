"""Tell whether a picture is a copy of another that was resized, saved again, recoloured, mirrored or slightly cut."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
    grey = Image.fromarray(rgb).convert("L").resize((GREY_SIDE, GREY_SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(grey, dtype=np.uint8)


def fingerprint(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What `likeness` compares: the whole picture, its mirror image, and windows of it, each with its mean removed and
    of length one; float32 [W, 1024]."""
    image = Image.fromarray(grey)
    windows = [_window(image, 0.0, 0.0, float(GREY_SIDE))]
    windows.append(windows[0][:, ::-1])
    for share, places in SHARES[1:]:
        side = GREY_SIDE * share
        steps = np.linspace(0.0, GREY_SIDE - side, places)
        windows.extend(_window(image, float(x), float(y), side) for y in steps for x in steps)
    rows = np.stack(windows).reshape(len(windows), -1)
    rows -= rows.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    # A plain area has no details to compare: its row is zero, and it is like nothing.
    unit: NDArray[np.float32] = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 1.0)
    return unit


def likeness(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """The best normalised cross-correlation of either whole picture with a window of the other, in [−1, 1].

    At least `SAME_PICTURE`: one is a copy of the other. Lewis, "Fast Normalized Cross-Correlation" (1995).
    """
    return float(max((first @ second[0]).max(), (second @ first[0]).max()))


def _window(image: Image.Image, left: float, top: float, side: float) -> NDArray[np.float32]:
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((WINDOW_SIDE, WINDOW_SIDE), Image.Resampling.BOX, box=box), dtype=np.float32)

"""Turn a picture into a network's input: the one inference transform, used by the engine and by training alike."""

import numpy as np
from numpy.typing import NDArray

from engine.spec import ModelSpec


def preprocess(rgb: NDArray[np.uint8], spec: ModelSpec) -> NDArray[np.float32]:
    """Resize, crop and normalise `rgb` (uint8 [H, W, 3], any size ≥ 1 × 1) to float32 [3, spec.height, spec.width].

    `center`: the shorter side becomes `spec.resize` pixels (the longer one is rounded down, as torchvision's Resize
    does), then the middle is cut out. `squash`: the whole picture is fitted, its proportions given up. Resizing is
    Pillow's, with antialiasing.
    """
    from PIL import Image  # not with the window's start

    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
        raise ValueError(f"expected uint8 [H, W, 3], got {rgb.dtype} {list(rgb.shape)}")
    height, width = rgb.shape[:2]
    box = (0.0, 0.0, float(width), float(height))
    if spec.crop == "center":
        box = _center_box(width, height, spec)
    # Resizing only the part that the crop keeps is the same arithmetic as resizing all and cutting: Pillow maps each
    # output pixel to the source through the box and lets its filter reach over the box's edge. It also keeps a
    # 1 × 30000 picture from becoming 256 × 7680000 on the way.
    small = np.asarray(
        Image.fromarray(np.ascontiguousarray(rgb)).resize(
            (spec.width, spec.height), Image.Resampling[spec.interpolation.upper()], box
        )
    )
    out = np.empty((3, spec.height, spec.width), np.float32)
    for channel in range(3):
        scale = 1.0 / (255.0 * spec.std[channel])
        np.multiply(small[:, :, channel], np.float32(scale), out=out[channel])
        out[channel] -= np.float32(spec.mean[channel] / spec.std[channel])
    return out


def _center_box(width: int, height: int, spec: ModelSpec) -> tuple[float, float, float, float]:
    """The part of the source (left, top, right, bottom) that becomes the crop."""
    short, long = min(width, height), max(width, height)
    scaled_long = spec.resize * long // short
    scaled_width, scaled_height = (spec.resize, scaled_long) if width <= height else (scaled_long, spec.resize)
    left = round((scaled_width - spec.width) / 2)
    top = round((scaled_height - spec.height) / 2)
    x, y = width / scaled_width, height / scaled_height
    # Rounding may leave a value that is larger than the picture by one part in 10^16, which Pillow refuses.
    return left * x, top * y, min((left + spec.width) * x, width), min((top + spec.height) * y, height)


def decode_side(spec: ModelSpec) -> int:
    """The `min_side` to decode with, in pixels, so that a reduced decode hardly changes the input.

    A quarter more than the network needs: the last step is then always a true reduction with antialiasing, and the
    usual cameras' 8 to 24 megapixels still come out of the cheapest decoding, at an eighth.
    """
    needed = spec.resize if spec.crop == "center" else max(spec.height, spec.width)
    return needed + needed // 4

"""Photos to measure with: real ones where the HAR photos are at hand, drawn ones otherwise, in a scratch folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

HAR = Path(os.environ.get("SEMBLANCE_HAR", Path(__file__).resolve().parents[2] / "shared" / "data" / "har"))
SMALL, LARGE = (183, 275), (3000, 4000)  # height and width: the usual HAR photo, and 12 megapixels
SHIFTS = 64  # pixels by which the drawn photos differ from one another
FOLDER_SIZE = 1000  # photos in a folder


def small_photos(folder: Path, count: int) -> str:
    """Put `count` photos of about 275 × 183 pixels into `folder`; returns in words which they are.

    They are copies of the HAR photos, or links to them where the file system allows it; where these are missing or too
    few, drawn ones.
    """
    known = sorted(HAR.glob("gallery/*/*.jpg")) + sorted(HAR.glob("train/*/*.jpg"))
    if len(known) < count:
        drawn_photos(folder, count, SMALL)
        return f"{count:,} drawn photos, {SMALL[1]} × {SMALL[0]}"
    for number, photo in enumerate(known[:count]):
        target = _place(folder, number)
        try:
            target.hardlink_to(photo)
        except OSError:  # another file system
            target.write_bytes(photo.read_bytes())
    return f"{count:,} HAR photos"


def large_photos(folder: Path, count: int) -> str:
    """Put `count` drawn photos of 12 megapixels into `folder`; returns in words what they are."""
    size = drawn_photos(folder, count, LARGE) // count
    return f"{count:,} drawn photos, {LARGE[1]} × {LARGE[0]}, {size / 1e6:.1f} MB each"


def drawn_photos(folder: Path, count: int, size: tuple[int, int]) -> int:
    """Put `count` different JPEGs of `size` (height, width) into `folder`; returns their bytes, all together."""
    total = 0
    for number, data in enumerate(drawn_jpegs(count, size)):
        total += _place(folder, number).write_bytes(data)
    return total


def drawn_jpegs(count: int, size: tuple[int, int]) -> Iterator[bytes]:
    """JPEGs of quality 90, cut out of one drawn canvas, each with a colour cast of its own; as cameras and phones write
    them, with a quarter of the colours (4:2:0)."""
    rng = np.random.default_rng(2)
    height, width = size
    canvas = _canvas(rng, height + SHIFTS, width + SHIFTS)
    for _ in range(count):
        top, left = rng.integers(0, SHIFTS, 2)
        picture = canvas[top : top + height, left : left + width] // 2 + rng.integers(0, 128, 3).astype(np.uint8)
        yield simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality=90, colorsubsampling="420")


def _canvas(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Noise uint8 [height, width, 3] that is as strong in each octave, as in pictures of real things."""
    canvas = np.zeros((height, width, 3), dtype=np.float32)
    cell, octaves = 1, 0
    while cell < min(height, width):
        field = rng.integers(0, 256, (height // cell + 2, width // cell + 2, 3), dtype=np.uint8)
        canvas += np.asarray(Image.fromarray(field).resize((width, height), Image.Resampling.BICUBIC))
        # The finest grain is weaker: lenses and sensors smooth it.
        canvas *= 0.5 if cell == 1 else 1
        cell, octaves = cell * 2, octaves + 1
    canvas -= canvas.mean()
    return (canvas * (45 / canvas.std()) + 128).clip(0, 255).astype(np.uint8)


def _place(folder: Path, number: int) -> Path:
    target = folder / f"{number // FOLDER_SIZE:03d}" / f"{number:06d}.jpg"
    target.parent.mkdir(parents=True, exist_ok=True)
    return target

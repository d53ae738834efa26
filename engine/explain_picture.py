"""Draw an explanation: both pictures side by side, the heat over them, lines between the regions that match."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.atomic import replacing
from engine.explain import Explanation, Method, seen_box
from engine.spec import ModelSpec

HEIGHT = 480  # pixels of each picture
GAP = 24
CAPTION = 40
LINE = (60, 200, 120)
WARM, COLD = (255, 90, 0), (0, 90, 255)
OPACITY = 0.65  # of the strongest part of a map
WORDS = {
    Method.EXACT: "exact: the parts of each map add up to the similarity",
    Method.OCCLUSION: "occlusion: how far the similarity falls when a square is hidden",
}


def heat(rgb: NDArray[np.uint8], values: NDArray[np.float32], box: tuple[float, float, float, float]) -> Image.Image:
    """The picture uint8 [H, W, 3] with `values` [gh, gw] over its part `box` (fractions): warm where they add to the
    similarity, cold where they take from it, unchanged where they do nothing."""
    image = Image.fromarray(rgb)
    width = max(1, round(image.width * HEIGHT / image.height))
    image = image.resize((width, HEIGHT), Image.Resampling.LANCZOS)
    left, top, right, bottom = (round(f * s) for f, s in zip(box, (width, HEIGHT) * 2, strict=True))
    layer = Image.fromarray(heat_layer(values, max(1, right - left), max(1, bottom - top)))
    image.paste(layer, (left, top), layer)
    return image


def heat_layer(values: NDArray[np.float32], width: int, height: int) -> NDArray[np.uint8]:
    """The colours of `values` [gh, gw] to lay over a picture, uint8 [height, width, 4] (red, green, blue, opacity); the
    largest value is the most opaque."""
    largest = float(np.abs(values).max()) or 1.0
    smooth = Image.fromarray(values / largest).resize((width, height), Image.Resampling.BICUBIC)
    strength = np.clip(np.asarray(smooth), -1, 1)
    layer = np.empty((height, width, 4), dtype=np.uint8)
    layer[..., :3] = np.where(strength[..., None] >= 0, WARM, COLD)
    layer[..., 3] = np.round(255 * OPACITY * np.abs(strength))
    return layer


def compose(found: Explanation, first: NDArray[np.uint8], second: NDArray[np.uint8], spec: ModelSpec) -> Image.Image:
    """Both pictures with their maps and the lines between them, and a caption that names the method."""
    from PIL import ImageDraw  # with Pillow's fonts, which the window's start need not wait for

    boxes = [
        seen_box(picture.shape[1], picture.shape[0], spec.crop, spec.width / spec.height) for picture in (first, second)
    ]
    left, right = heat(first, found.first_map, boxes[0]), heat(second, found.second_map, boxes[1])
    sheet = Image.new("RGB", (left.width + GAP + right.width, HEIGHT + CAPTION), "white")
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width + GAP, 0))
    draw_on = ImageDraw.Draw(sheet)
    strongest = max((link.strength for link in found.links), default=1.0)
    for link in found.links:
        start = _centre(link.first, boxes[0], left.size, 0)
        end = _centre(link.second, boxes[1], right.size, left.width + GAP)
        draw_on.line((*start, *end), fill=LINE, width=max(1, round(4 * link.strength / strongest)))
        for x, y in (start, end):
            draw_on.ellipse((x - 5, y - 5, x + 5, y + 5), outline="white", fill=LINE)
    caption = f"{spec.name}: similarity {found.similarity:.3f}. {WORDS[found.method]}"
    draw_on.text((8, HEIGHT + 10), caption, fill="black", font_size=15)
    return sheet


def draw(found: Explanation, first: NDArray[np.uint8], second: NDArray[np.uint8], spec: ModelSpec, out: Path) -> None:
    """Write the drawing to the PNG file `out`, whole or not at all. Raises OSError."""
    data = io.BytesIO()
    compose(found, first, second, spec).save(data, "PNG")
    with replacing(out) as file:
        file.write(data.getvalue())


def _centre(
    region: tuple[float, float, float, float],
    box: tuple[float, float, float, float],
    size: tuple[int, int],
    offset: int,
) -> tuple[float, float]:
    """The middle of a region of the seen part, in pixels of the sheet."""
    x = box[0] + (region[0] + region[2]) / 2 * (box[2] - box[0])
    y = box[1] + (region[1] + region[3]) / 2 * (box[3] - box[1])
    return offset + x * size[0], y * size[1]

"""Twelve edits by which people make near-identical copies of a photo, each with some chance in how strong it is."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Edit = Callable[[Image.Image, np.random.Generator], Image.Image]


def _resize(image: Image.Image, random: np.random.Generator) -> Image.Image:
    share = random.uniform(0.4, 0.7)
    size = max(1, round(image.width * share)), max(1, round(image.height * share))
    return image.resize(size, Image.Resampling.LANCZOS)


def _recompress(image: Image.Image, random: np.random.Generator) -> Image.Image:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=int(random.integers(20, 50)))
    return Image.open(data).convert("RGB")


def _crop(least: float, most: float) -> Edit:
    """Cut away a share of each dimension between these two, from wherever it falls."""

    def crop(image: Image.Image, random: np.random.Generator) -> Image.Image:
        kept = 1 - random.uniform(least, most)
        width, height = max(1, round(image.width * kept)), max(1, round(image.height * kept))
        left, top = random.integers(0, image.width - width + 1), random.integers(0, image.height - height + 1)
        return image.crop((int(left), int(top), int(left) + width, int(top) + height))

    return crop


def _rotate_90(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_90 if random.random() < 0.5 else Image.Transpose.ROTATE_270)


def _rotate_3(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return image.rotate(3 if random.random() < 0.5 else -3, Image.Resampling.BICUBIC, fillcolor=(0, 0, 0))


def _colour(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Lighter or darker, more or less colourful, of another contrast: what a filter of a phone does."""
    for enhancer, spread in ((ImageEnhance.Brightness, 0.2), (ImageEnhance.Color, 0.5), (ImageEnhance.Contrast, 0.2)):
        image = enhancer(image).enhance(1 + random.uniform(-spread, spread))
    return image


def _text(image: Image.Image, random: np.random.Generator) -> Image.Image:
    result = image.copy()
    at = image.width * random.uniform(0.02, 0.3), image.height * random.uniform(0.05, 0.8)
    ImageDraw.Draw(result).text(at, "Holiday 2019", fill=(255, 255, 0), font_size=max(10, image.height // 10))
    return result


def _blur(image: Image.Image, random: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(min(image.size) / random.uniform(80, 160)))


def _border(image: Image.Image, random: np.random.Generator) -> Image.Image:
    shade = int(random.integers(0, 2)) * 255
    return ImageOps.expand(image, border=max(2, round(min(image.size) * random.uniform(0.03, 0.08))), fill=(shade,) * 3)


def _screenshot(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """The picture in a viewer on a phone: bars above and below, scaled."""
    screen = Image.new("RGB", (image.width, round(image.height * 1.35)), (24, 24, 24))
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, image.width, image.height * 0.08), fill=(240, 240, 240))
    draw.text((8, 4), f"{random.integers(24):02}:41", fill=(20, 20, 20), font_size=max(8, image.height // 16))
    screen.paste(image, (0, round(image.height * random.uniform(0.12, 0.3))))
    return screen


MILD: dict[str, Edit] = {
    "resize": _resize,
    "re-compress": _recompress,
    "colour": _colour,
    "crop 5–10 %": _crop(0.05, 0.10),
}
STRONG: dict[str, Edit] = {
    "crop 10–30 %": _crop(0.10, 0.30),
    "rotate 90°": _rotate_90,
    "rotate 3°": _rotate_3,
    "mirror": lambda image, _: ImageOps.mirror(image),
    "text": _text,
    "blur": _blur,
    "border": _border,
    "screenshot": _screenshot,
}

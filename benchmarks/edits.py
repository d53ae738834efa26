"""The twelve edits by which people make near-identical copies of a photo, for measuring what finds them again."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Edit = Callable[[Image.Image], Image.Image]


def _resize(image: Image.Image) -> Image.Image:
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.LANCZOS)


def _recompress(image: Image.Image) -> Image.Image:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=25)
    return Image.open(data).convert("RGB")


def _crop(share: float) -> Edit:
    """Cut away `share` of each dimension, more of it from the left and the top."""

    def crop(image: Image.Image) -> Image.Image:
        left, top = round(image.width * share * 0.7), round(image.height * share * 0.6)
        return image.crop((left, top, left + round(image.width * (1 - share)), top + round(image.height * (1 - share))))

    return crop


def _rotate_3(image: Image.Image) -> Image.Image:
    return image.rotate(3, Image.Resampling.BICUBIC, expand=False, fillcolor=(0, 0, 0))


def _colour(image: Image.Image) -> Image.Image:
    warm = ImageEnhance.Color(ImageEnhance.Brightness(image).enhance(1.15)).enhance(1.4)
    return ImageEnhance.Contrast(warm).enhance(1.1)


def _text(image: Image.Image) -> Image.Image:
    result = image.copy()
    size = max(10, image.height // 10)
    ImageDraw.Draw(result).text(
        (image.width * 0.05, image.height * 0.8), "Holiday 2019", fill=(255, 255, 0), font_size=size
    )
    return result


def _border(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, border=max(2, min(image.size) // 20), fill=(255, 255, 255))


def _screenshot(image: Image.Image) -> Image.Image:
    """The picture in a viewer on a phone: bars above and below, scaled."""
    screen = Image.new("RGB", (image.width, round(image.height * 1.35)), (24, 24, 24))
    draw = ImageDraw.Draw(screen)
    draw.rectangle((0, 0, image.width, image.height * 0.08), fill=(240, 240, 240))
    draw.text((8, 4), "12:41", fill=(20, 20, 20), font_size=max(8, image.height // 16))
    screen.paste(image, (0, round(image.height * 0.15)))
    return screen


MILD: dict[str, Edit] = {
    "resize": _resize,
    "re-compress": _recompress,
    "colour": _colour,
    "crop 5 %": _crop(0.05),
    "crop 10 %": _crop(0.10),
}
STRONG: dict[str, Edit] = {
    "crop 20 %": _crop(0.20),
    "crop 30 %": _crop(0.30),
    "rotate 90°": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "rotate 3°": _rotate_3,
    "mirror": ImageOps.mirror,
    "text": _text,
    "blur": lambda image: image.filter(ImageFilter.GaussianBlur(min(image.size) / 120)),
    "border": _border,
    "screenshot": _screenshot,
}

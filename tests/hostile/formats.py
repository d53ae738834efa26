"""Pictures in every format that is read, and in its rarer kinds."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()


@dataclass(frozen=True, slots=True)
class Format:
    """How Pillow writes it, and what its files are called."""

    pillow: str
    suffix: str
    options: dict[str, Any] = field(default_factory=dict)


FORMATS = {
    "jpeg": Format("JPEG", ".jpg", {"quality": 90}),
    "progressive": Format("JPEG", ".jpeg", {"quality": 90, "progressive": True}),
    "png": Format("PNG", ".png"),
    "gif": Format("GIF", ".gif"),
    "webp": Format("WEBP", ".webp", {"quality": 80}),
    "lossless": Format("WEBP", ".webp", {"lossless": True}),
    "tiff": Format("TIFF", ".tif", {"compression": "tiff_lzw"}),
    "tiff-jpeg": Format("TIFF", ".tiff", {"compression": "jpeg"}),
    "tiff-zip": Format("TIFF", ".tif", {"compression": "tiff_adobe_deflate"}),
    "bmp": Format("BMP", ".bmp"),
    "avif": Format("AVIF", ".avif", {"quality": 80, "speed": 10}),
    "heic": Format("HEIF", ".heic", {"quality": 80, "enc_params": {"preset": "ultrafast"}}),
}


@lru_cache
def noisy(width: int = 120, height: int = 90) -> Image.Image:
    """A picture with so much in it that no part of its file is idle."""
    random = np.random.default_rng(7)
    ramp = np.linspace(0, 200, width)[None, :, None] + random.integers(0, 55, (height, width, 3))
    return Image.fromarray(ramp.astype(np.uint8))


def encoded(image: Image.Image, name: str, **options: Any) -> bytes:
    """The file of `image` in the format called `name`."""
    chosen = FORMATS[name]
    buffer = io.BytesIO()
    image.save(buffer, chosen.pillow, **(chosen.options | options))
    return buffer.getvalue()


@lru_cache
def sound(name: str) -> bytes:
    """The file of `noisy` in the format called `name`."""
    return encoded(noisy(), name)


def odd_kinds() -> Iterator[tuple[str, bytes]]:
    """Names and files of rarer but sound pictures: every mode, one pixel wide or high, several frames."""
    base = noisy()
    alpha = Image.fromarray(np.asarray(base)[..., 0])
    modes: dict[str, Image.Image] = {
        "1": base.convert("1"),
        "L": base.convert("L"),
        "LA": Image.merge("LA", (base.convert("L"), alpha)),
        "P": base.convert("P"),
        "RGBA": Image.merge("RGBA", (*base.split(), alpha)),
        "CMYK": base.convert("CMYK"),
        "I16": Image.fromarray(np.asarray(base.convert("L")).astype(np.uint16) * 257),
        "F": base.convert("F"),
    }
    accepted = {
        "jpeg": ("L", "CMYK"),
        "progressive": ("L", "CMYK"),
        "png": ("1", "L", "LA", "P", "RGBA", "I16"),
        "gif": ("1", "L", "P", "RGBA"),
        "webp": ("L", "RGBA"),
        "lossless": ("RGBA",),
        "tiff": ("L", "P", "RGBA", "CMYK", "I16", "F"),
        "tiff-zip": ("L", "LA", "RGBA", "CMYK", "I16"),
        "bmp": ("1", "L", "P", "RGBA"),
        "avif": ("L", "RGBA"),
        "heic": ("L", "RGBA"),
    }
    for name, kinds in accepted.items():
        for kind in kinds:
            yield f"{kind}-{name}{FORMATS[name].suffix}", encoded(modes[kind], name)
    for name in ("jpeg", "progressive", "png", "gif", "webp", "tiff", "bmp", "avif", "heic"):
        for width, height in ((1, 1), (1, 500), (500, 1), (3, 4000)):
            yield f"{width}x{height}-{name}{FORMATS[name].suffix}", encoded(noisy(width, height), name)
    yield "transparent-palette.png", encoded(modes["P"], "png", transparency=3)
    yield "deep-bmp.bmp", _bmp_16_bit()
    frames = [noisy(60, 45).rotate(90 * number) for number in range(4)]
    for name in ("gif", "webp", "png", "tiff", "avif", "heic"):
        more = {"save_all": True, "append_images": frames[1:]}
        yield f"animated-{name}{FORMATS[name].suffix}", encoded(frames[0], name, **more)
    yield "endless.gif", encoded(frames[0], "gif", save_all=True, append_images=frames[1:], loop=0, duration=0)
    yield "interlaced.gif", encoded(frames[0].convert("P"), "gif", interlace=1)
    for compression in ("packbits", "raw", "group4"):
        image = modes["1"] if compression == "group4" else base
        yield f"{compression}.tif", encoded(image, "tiff", compression=compression)


def _bmp_16_bit() -> bytes:
    """A BMP of 16 bits a pixel, as no program writes any more."""
    width, height = 30, 20
    header = b"BM" + (54 + 2 * width * height).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    info = (40).to_bytes(4, "little") + width.to_bytes(4, "little") + height.to_bytes(4, "little")
    info += (1).to_bytes(2, "little") + (16).to_bytes(2, "little") + bytes(24)
    return header + info + bytes(range(240)) * 5

"""Turn one image file into upright 8-bit RGB, no larger than needed; what is wrong with it becomes a DecodeError."""

import hashlib
import io
import os
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
import pillow_heif
import simplejpeg
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif import options as heif_options
from pillow_heif.as_plugin import HeifImageFile

from engine.errors import DecodeError
from engine.image_header import JpegHeader, exif_orientation, read_jpeg_header, sniff

MAX_PIXELS = 300_000_000
MAX_FILE_BYTES = 1 << 30
# Changes when a file that could not be read may have become readable.
DECODER = f"pillow {PIL.__version__}, pillow-heif {pillow_heif.__version__}, simplejpeg {simplejpeg.__version__}"

# One thread per picture: the indexer decodes several pictures at once.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
heif_options.DECODE_THREADS = 1

# The plugins are called directly instead of through Image.open: nothing but these formats is ever tried, whatever a
# file claims to be, and Pillow's own pixel limit, which warns through process-wide state, gives way to ours.
_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "gif": GifImageFile,
    "webp": WebPImageFile,
    "tiff": TiffImageFile,
    "bmp": BmpImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
    "heif": HeifImageFile,
}
_FORMAT_NAMES = {"jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WebP", "tiff": "TIFF", "bmp": "BMP"} | {
    "avif": "AVIF",
    "heif": "HEIC",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture, turned upright: `rgb` uint8 [H, W, 3], C-contiguous, possibly reduced; `width` and `height` are the
    full picture's, upright; `content_hash` is the BLAKE2b of the file's bytes, 16 bytes."""

    rgb: NDArray[np.uint8]
    width: int
    height: int
    content_hash: bytes


def load(path: Path, min_side: int) -> Decoded:
    """Read and decode `path`, reduced as far as its shorter side stays ≥ `min_side` pixels (0: at least one).

    The first frame of an animation; transparency laid on white. Safe to call from many threads at once. Raises
    DecodeError and nothing else.
    """
    return _decode(_read(path), path, min_side)


def load_bytes(data: bytes, name: str, min_side: int, content_hash: bytes | None = None) -> Decoded:
    """Decode the bytes of an image file as `load` does; `name` stands for its path in errors. Whoever knows the
    `content_hash` already saves computing it again."""
    return _decode(data, name, min_side, content_hash)


def hash_content(data: bytes) -> bytes:
    """The 16 bytes that a file's content is known by, wherever it lies."""
    return hashlib.blake2b(data, digest_size=16).digest()


def _read(path: Path) -> bytes:
    """All bytes of a regular file. Opened without blocking, so that a FIFO in the file's place cannot hang us."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - it is open already
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode):
                raise DecodeError(path, "not a regular file")
            if info.st_size > MAX_FILE_BYTES:
                raise DecodeError(path, f"the file is {info.st_size >> 20} MiB large; the limit is 1024 MiB")
            return file.read(MAX_FILE_BYTES)
    except FileNotFoundError as error:
        raise DecodeError(path, "the file is not there any more") from error
    except PermissionError as error:
        raise DecodeError(path, "no permission to read it") from error
    except (OSError, ValueError, MemoryError) as error:
        raise DecodeError(path, f"it cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _decode(data: bytes, path: Path | str, min_side: int, content_hash: bytes | None = None) -> Decoded:
    if not data:
        raise DecodeError(path, "the file is empty")
    kind = sniff(data)
    if kind is None:
        raise DecodeError(path, "not an image that can be read")
    min_side = max(min_side, 1)
    try:
        rgb, width, height = _decode_kind(kind, data, path, min_side)
    except DecodeError:
        raise
    except MemoryError as error:
        raise DecodeError(path, "there is not enough memory to decode it") from error
    except Exception as error:  # decoders raise all sorts on damaged files, and none may stop the rest
        raise DecodeError(path, _reason(kind, error)) from error
    return Decoded(rgb, width, height, content_hash or hash_content(data))


def _decode_kind(kind: str, data: bytes, path: Path | str, min_side: int) -> tuple[NDArray[np.uint8], int, int]:
    """The picture and its full size, upright."""
    orientation = 1
    if kind == "jpeg":
        header = read_jpeg_header(data)
        if header is None:
            raise DecodeError(path, "damaged or truncated JPEG: its header is incomplete")
        _check_pixels(header.width, header.height, path)
        orientation = header.orientation
        rgb = _fast_jpeg(data, header, path, min_side)
        if rgb is not None:
            return _upright(rgb, header.width, header.height, orientation)
    silence_pillow()
    with _PLUGINS[kind](io.BytesIO(data)) as image:
        width, height = image.size
        _check_pixels(width, height, path)
        if kind == "jpeg":
            image.draft(None, (min_side, min_side))
        elif kind != "tiff":  # Pillow turns a TIFF itself while it loads it
            orientation = exif_orientation(image.info.get("exif") or b"")
        image.load()
        rgb = _to_rgb(image, min_side)
    return _upright(rgb, width, height, orientation)


def _check_pixels(width: int, height: int, path: Path | str) -> None:
    if width < 1 or height < 1:
        raise DecodeError(path, "the picture has no pixels")
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise DecodeError(path, f"{width} × {height} pixels are more than the limit of {limit} million")


def _fast_jpeg(data: bytes, header: JpegHeader, path: Path | str, min_side: int) -> NDArray[np.uint8] | None:
    """Decode with libjpeg-turbo's scaled IDCT; None where Pillow must look at the file (CMYK, small damages)."""
    if header.components not in (1, 3):
        return None
    try:
        rgb: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "RGB", min_height=min_side, min_width=min_side)
    except ValueError as error:
        if "premature end" in str(error).lower():
            raise DecodeError(path, "truncated JPEG") from error
        return None
    return rgb


def _to_rgb(image: Image.Image, min_side: int) -> NDArray[np.uint8]:
    """Reduce a loaded picture and bring any mode to RGB on white."""
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_to_8bit(np.asarray(image)))
    if image.mode in ("P", "1") or "transparency" in image.info:
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    factor = min(image.size) // min_side
    if factor > 1:
        image = image.reduce(factor)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (255, 255, 255, 255)), rgba)
    rgb: NDArray[np.uint8] = np.array(image.convert("RGB"))
    return rgb


def _to_8bit(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey levels of more than 8 bits [H, W] on the scale that their largest value shows: 1, 255 or 65535."""
    grey = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    largest = float(grey.max())
    if np.issubdtype(values.dtype, np.floating) and largest <= 1.0:
        scale = 255.0
    elif values.dtype == np.uint16 or 255.0 < largest <= 65535.0:
        scale = 1 / 257
    else:
        scale = 255.0 / largest if largest > 65535.0 else 1.0
    return np.clip(grey * scale + 0.5, 0, 255).astype(np.uint8)


def _upright(rgb: NDArray[np.uint8], width: int, height: int, orientation: int) -> tuple[NDArray[np.uint8], int, int]:
    """Undo an EXIF orientation: 2 to 4 and the halves of 5 to 8 are flips, 5 to 8 also swap the axes."""
    if orientation in (5, 6, 7, 8):
        rgb = rgb.transpose(1, 0, 2)
        width, height = height, width
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    return np.ascontiguousarray(rgb), width, height


def silence_pillow() -> None:
    """Keep Pillow's warnings about odd metadata off the user's terminal.

    One permanent filter for Pillow's own modules, added again where somebody has reset the filters: unlike
    `warnings.catch_warnings`, that is safe with many threads.
    """
    if _PILLOW_FILTER not in warnings.filters:
        warnings.filterwarnings("ignore", module=r"PIL\.")


def _reason(kind: str, error: Exception) -> str:
    text = str(error).strip().splitlines()
    detail = text[0][:200] if text else type(error).__name__
    name = _FORMAT_NAMES[kind]
    if "truncated" in detail.lower():
        return f"truncated {name}"
    return f"damaged {name} ({detail})"


warnings.filterwarnings("ignore", module=r"PIL\.")
_PILLOW_FILTER = warnings.filters[0]

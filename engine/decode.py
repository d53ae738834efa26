"""Turn one image file into upright 8-bit RGB, no larger than needed; what is wrong with it becomes a DecodeError."""

import ctypes
import hashlib
import io
import logging
import os
import threading
import warnings
from contextlib import AbstractContextManager, nullcontext
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

from engine.colour import rgb_to_srgb, to_rgb
from engine.errors import DecodeError
from engine.image_header import (
    JpegHeader,
    exif_orientation,
    looks_truncated,
    read_jpeg_header,
    sniff,
    webp_size,
)
from engine.regular_file import open_regular

# Changes when a file that could not be read may have become readable: the index then tries it again.
DECODER = f"pillow {PIL.__version__}, pillow-heif {pillow_heif.__version__}, simplejpeg {simplejpeg.__version__}"
MAX_PIXELS = 300_000_000
MAX_FILE_BYTES = 512 << 20
# What decoding one picture may take, file included: with the rest of the program it stays within 1 GB. Only formats
# that cannot be decoded at reduced size come near: 200-megapixel PNGs, 110-megapixel HEICs, 50-megapixel WebPs.
MAX_DECODE_BYTES = 850 << 20
# A progressive JPEG is refined in passes over the whole picture. Real ones have about ten; thousands take minutes.
MAX_SCAN_PIXELS = 3_000_000_000

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
_FORMAT_NAMES = {"webp": "WebP", "heif": "HEIC"}

# Bytes per pixel that a decoder holds beside Pillow's picture, measured as peak memory of a fresh process on 20
# megapixels. WebP's keeps two canvases and hands out a copy.
_DECODER_BYTES = {"webp": 12, "avif": 5, "heif": 4, "tiff": 4}
_PILLOW_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}  # 4 in every other mode

# Pictures that take much memory are decoded one after another, however many threads decode.
_LARGE_BYTES = 128 << 20
_large = threading.Lock()


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

    The first frame of an animation; transparency laid on white; colours in sRGB. Safe to call from many threads at
    once. Raises DecodeError and nothing else.
    """
    return _decode(_read(path), path, min_side)


def load_bytes(data: bytes, name: str, min_side: int, content_hash: bytes | None = None) -> Decoded:
    """Decode the bytes of an image file as `load` does; `name` stands for its path in errors. Whoever knows the
    `content_hash` already saves computing it again."""
    return _decode(data, name, min_side, content_hash)


def hash_content(data: bytes) -> bytes:
    """The 16 bytes that a file's content is known by, wherever it lies."""
    return hashlib.blake2b(data, digest_size=16).digest()


def too_large(size: int) -> str:
    """The reason why a file of `size` bytes is not read."""
    return f"the file has {size >> 20} MiB, more than the limit of {MAX_FILE_BYTES >> 20} MiB"


def _read(path: Path) -> bytes:
    """All bytes of a regular file."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_FILE_BYTES:
                raise DecodeError(path, too_large(size))
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
    try:
        if kind == "jpeg":
            rgb, width, height = _decode_jpeg(data, path, max(min_side, 1))
        else:
            rgb, width, height = _decode_other(kind, data, path, max(min_side, 1))
    except DecodeError:
        raise
    except MemoryError as error:
        raise DecodeError(path, "there is not enough memory to decode it") from error
    except Exception as error:  # decoders raise all sorts on damaged files, and none may stop the rest
        raise DecodeError(path, _reason(kind, data, error)) from error
    return Decoded(rgb, width, height, content_hash or hash_content(data))


def _decode_jpeg(data: bytes, path: Path | str, min_side: int) -> tuple[NDArray[np.uint8], int, int]:
    """The picture and its full size, upright."""
    header = read_jpeg_header(data)
    if header is None:
        raise DecodeError(path, "damaged or truncated JPEG: its header is incomplete")
    pixels = _checked_pixels(header.width, header.height, path)
    if pixels * header.scans > MAX_SCAN_PIXELS:
        raise DecodeError(path, f"{header.scans} passes over {pixels / 1e6:.0f} million pixels are too much work")
    shrink = max(1.0, min(header.width, header.height) / min_side) ** 2
    # Several scans are collected as 16-bit coefficients before the first pixel is made.
    memory = pixels * (6 / shrink + (2 * header.samples if header.scans > 1 else 0))
    with _turn(memory + len(data), path):
        rgb = _fast_jpeg(data, header, path, min_side)
        if rgb is None:
            rgb = _slow_jpeg(data, header, min_side)
        return _upright(rgb, header.width, header.height, header.orientation)


def _fast_jpeg(data: bytes, header: JpegHeader, path: Path | str, min_side: int) -> NDArray[np.uint8] | None:
    """Decode with libjpeg-turbo's scaled IDCT; None where Pillow must try (unusual subsampling)."""
    space = "CMYK" if header.components == 4 else "RGB"

    def decode(data: bytes, *, strict: bool) -> NDArray[np.uint8]:
        pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            data, space, min_height=min_side, min_width=min_side, strict=strict
        )
        return pixels

    try:
        pixels = decode(data, strict=True)
    except ValueError as error:
        complaint = str(error).lower()
        if "premature end of jpeg file" in complaint:
            # Nothing may be missing but the end marker: some programs forget it.
            try:
                pixels = decode(data + b"\xff\xd9", strict=True)
            except ValueError:
                raise DecodeError(path, "truncated JPEG") from error
        elif "premature end" in complaint:
            # libjpeg would fill what is missing with grey.
            raise DecodeError(path, "truncated or damaged JPEG: a part of the picture is missing") from error
        elif "corrupt jpeg data" in complaint:
            # Stray bytes or a flipped bit: the picture is all there, as every viewer shows it.
            pixels = decode(data, strict=False)
        else:
            return None
    if space == "RGB":
        return rgb_to_srgb(pixels, header.icc)
    return to_rgb(_cmyk_image(pixels), 1, header.icc)


def _cmyk_image(pixels: NDArray[np.uint8]) -> Image.Image:
    """Four-channel JPEGs hold inverted ink, as Adobe's programs write them."""
    return Image.frombytes("CMYK", (pixels.shape[1], pixels.shape[0]), (255 - pixels).tobytes())


def _slow_jpeg(data: bytes, header: JpegHeader, min_side: int) -> NDArray[np.uint8]:
    silence_pillow()
    with JpegImageFile(io.BytesIO(data)) as image:
        image.draft(None, (min_side, min_side))
        image.load()
        return to_rgb(image, max(1, min(image.size) // min_side), header.icc)


def _decode_other(kind: str, data: bytes, path: Path | str, min_side: int) -> tuple[NDArray[np.uint8], int, int]:
    """The picture and its full size, upright."""
    silence_pillow()
    if kind == "webp":  # its decoder takes the memory when it is made
        size = webp_size(data)
        _checked_pixels(*size, path)
        _refuse_large(_memory(kind, "RGBA", size, min_side, data), path)
    with _PLUGINS[kind](io.BytesIO(data)) as image:
        width, height = image.size
        _checked_pixels(width, height, path)
        with _turn(_memory(kind, image.mode, image.size, min_side, data), path):
            icc = image.info.get("icc_profile") or b""
            exif = image.info.get("exif") or b""
            image.load()
            rgb = to_rgb(image, max(1, min(width, height) // min_side), icc)
    # Pillow turns a TIFF itself while it loads it, and gives its size as turned.
    return _upright(rgb, width, height, 1 if kind == "tiff" else exif_orientation(exif))


def _checked_pixels(width: int, height: int, path: Path | str) -> int:
    if width < 1 or height < 1:
        raise DecodeError(path, "the picture has no pixels")
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise DecodeError(path, f"{width} × {height} pixels are more than the limit of {limit} million")
    return width * height


def _memory(kind: str, mode: str, size: tuple[int, int], min_side: int, data: bytes) -> float:
    """Bytes that decoding takes at its peak: the file, the decoder's and Pillow's picture, and three copies of ours."""
    factor = max(1, min(size) // min_side)
    per_pixel = _PILLOW_BYTES.get(mode, 4) + _DECODER_BYTES.get(kind, 1) + 10 / factor**2
    return size[0] * size[1] * per_pixel + len(data)


def _refuse_large(memory: float, path: Path | str) -> None:
    if memory > MAX_DECODE_BYTES:
        limit = MAX_DECODE_BYTES >> 20
        raise DecodeError(path, f"decoding it would take {memory / 2**20:.0f} MiB; the limit is {limit} MiB")


def _turn(memory: float, path: Path | str) -> AbstractContextManager[object]:
    """What to hold while decoding a picture that takes `memory` bytes."""
    _refuse_large(memory, path)
    return _large if memory > _LARGE_BYTES else nullcontext()


def _upright(rgb: NDArray[np.uint8], width: int, height: int, orientation: int) -> tuple[NDArray[np.uint8], int, int]:
    """Undo an EXIF orientation: 5 to 8 swap the axes, then 2, 3, 6 and 7 mirror left and right, 3, 4, 7 and 8 top
    and bottom."""
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


def _reason(kind: str, data: bytes, error: Exception) -> str:
    name = _FORMAT_NAMES.get(kind, kind.upper())
    lines = str(error).strip().splitlines()
    detail = lines[0][:200] if lines else type(error).__name__
    if isinstance(error, Image.DecompressionBombError):
        return "it has more pixels than the limit"
    if "truncated" in detail.lower() or looks_truncated(kind, data):
        return f"truncated {name}"
    return f"damaged {name} ({detail})"


def _silence_libtiff() -> None:
    """libtiff reports each damage on standard error beside the failure that Pillow raises. Wheels for Linux and macOS
    hold it as a library of its own, which can be told not to; elsewhere the lines appear."""
    package = Path(Image.__file__).parent
    for library in (*package.parent.glob("pillow.libs/libtiff*.so*"), *package.glob(".dylibs/libtiff*.dylib")):
        libtiff = ctypes.CDLL(str(library))  # the copy that Pillow has loaded
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            function = getattr(libtiff, name)
            function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_void_p
            function(None)


# Pillow's log lines about damaged files name no file; the DecodeError does.
logging.getLogger("PIL").addHandler(logging.NullHandler())
logging.getLogger("PIL").propagate = False
warnings.filterwarnings("ignore", module=r"PIL\.")
_PILLOW_FILTER = warnings.filters[0]
_silence_libtiff()

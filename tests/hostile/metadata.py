"""Sound pictures with metadata that is broken, absurd or enormous: they are shown, whatever stands beside them."""

import struct
from collections.abc import Iterator

from PIL import ImageCms

from tests.hostile.bombs import png_chunk
from tests.hostile.formats import FORMATS, encoded, noisy, sound

_ORIENTATION = 0x0112


def tiff_block(entries: bytes, count: int, *, first: int = 8, following: int = 0) -> bytes:
    """The TIFF block that EXIF is: `count` entries (12 bytes each), and where the next directory lies."""
    return b"Exif\0\0II*\0" + struct.pack("<IH", first, count) + entries + struct.pack("<I", following)


def entry(tag: int, kind: int, number: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, number, value)


def exif_blocks() -> Iterator[tuple[str, bytes]]:
    """Names and blocks of EXIF that no camera writes."""
    for orientation in (0, 9, 255, 65_535):
        yield f"orientation-{orientation}", tiff_block(entry(_ORIENTATION, 3, 1, orientation), 1)
    yield "orientation-as-text", tiff_block(entry(_ORIENTATION, 2, 1, 0x36), 1)
    yield "orientation-as-fraction", tiff_block(entry(_ORIENTATION, 5, 1, 0xFFFFFF00), 1)
    yield "orientation-of-many-values", tiff_block(entry(_ORIENTATION, 3, 0xFFFFFFFF, 4), 1)
    yield "far-directory", tiff_block(b"", 1, first=0xFFFFFFF0)
    yield "directory-in-header", tiff_block(b"", 1, first=0)
    yield "directory-of-itself", tiff_block(entry(_ORIENTATION, 3, 1, 1), 1, following=8)
    yield "sub-directory-of-itself", tiff_block(entry(0x8769, 4, 1, 8) + entry(0x8825, 4, 1, 8), 2)
    yield "many-entries", tiff_block(entry(_ORIENTATION, 3, 1, 1), 65_535)
    yield "large-value", tiff_block(entry(0x9286, 7, 0x7FFFFFFF, 8), 1)
    yield "maker-note", tiff_block(entry(0x927C, 7, 60_000, 26), 1) + b"\xff" * 60_000
    yield "no-bytes", b"Exif\0\0"
    yield "noise", b"Exif\0\0" + bytes(range(256)) * 8
    yield "gps-of-no-number", tiff_block(entry(0x8825, 4, 1, 26), 1) + entry(2, 5, 3, 0) + bytes(40)


def absurd_exif() -> Iterator[tuple[str, bytes]]:
    """Names and files of sound pictures with each of these blocks."""
    for name in ("jpeg", "png", "webp", "avif", "heic"):
        for kind, block in exif_blocks():
            yield f"{kind}-{name}{FORMATS[name].suffix}", _with_exif(name, block)


def _with_exif(name: str, block: bytes) -> bytes:
    if name == "jpeg":
        data = sound(name)
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]
    # The encoders read what they are given: they get a sound block of the same length, replaced in the file.
    body = block.removeprefix(b"Exif\0\0")
    plain = (b"II*\0" + struct.pack("<IHI", 8, 0, 0)).ljust(len(body), b"~")[: max(len(body), 14)]
    data = encoded(noisy(), name, exif=b"Exif\0\0" + plain)
    assert plain in data, name
    return data.replace(plain, body.ljust(len(plain), b"\0")) if name != "png" else _png_with_exif(data, plain, body)


def _png_with_exif(data: bytes, plain: bytes, body: bytes) -> bytes:
    """A PNG's chunks carry checksums."""
    return data.replace(png_chunk(b"eXIf", plain), png_chunk(b"eXIf", body))


def profiles() -> Iterator[tuple[str, bytes]]:
    """Colour profiles that are broken, of another colour space, or enormous."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    kinds = {
        "sound": srgb,
        "truncated": srgb[:150],
        "noise": bytes(range(256)) * 4,
        "of-lab": lab,
        "of-cmyk": srgb.replace(b"RGB ", b"CMYK", 1),
        "of-grey": srgb.replace(b"RGB ", b"GRAY", 1),
        "many-tags": srgb[:128] + struct.pack(">I", 0xFFFFFF) + srgb[132:],
        "long": srgb[:128] + srgb[128:] + b"\xaa" * 200_000,
    }
    for name in ("jpeg", "png", "webp", "tiff", "avif", "heic"):
        for kind, profile in kinds.items():
            yield f"{kind}-{name}{FORMATS[name].suffix}", encoded(noisy(), name, icc_profile=profile)

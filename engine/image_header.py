"""Read from a file's own bytes what decoding must know first: its format, size, orientation and colour profile."""

import struct
from dataclasses import dataclass

_MAX_SEGMENTS = 10_000  # of a JPEG's header; real ones have tens
_ORIENTATION = 0x0112
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2"}


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """A JPEG's frame as stored (before it is turned upright)."""

    width: int
    height: int
    components: int
    progressive: bool
    orientation: int  # EXIF, 1 to 8; 1 where there is none
    icc: bytes  # empty where there is none


def sniff(data: bytes) -> str | None:
    """The format ("jpeg", "png", …) that the bytes begin like, whatever the file is called; None for none of ours."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "tiff"
    if data.startswith(b"BM"):
        return "bmp"
    if data[4:8] == b"ftyp":
        return _ftyp_kind(data)
    return None


def _ftyp_kind(data: bytes) -> str | None:
    """AVIF or HEIF by the brands of the ftyp box; AVIF first, for its files often name `mif1` too."""
    size = min(int.from_bytes(data[:4], "big"), 512, len(data))
    brands = {data[start : start + 4] for start in (8, *range(16, size - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return "avif"
    return "heif" if brands & _HEIF_BRANDS else None


def read_jpeg_header(data: bytes) -> JpegHeader | None:
    """Walk the segments up to the first scan; None when they are broken before the frame is described."""
    position = 2
    frame: tuple[int, int, int, bool] | None = None
    orientation = 1
    icc: dict[int, bytes] = {}
    for _ in range(_MAX_SEGMENTS):
        while data[position : position + 2] == b"\xff\xff":  # fill bytes
            position += 1
        if position + 4 > len(data) or data[position] != 0xFF:
            break
        marker = data[position + 1]
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        if marker in (0xD9, 0xDA):
            break
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        body = data[position + 4 : position + 2 + length]
        if length < 2:
            break
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if len(body) < 6:
                break
            _, height, width, components = struct.unpack(">BHHB", body[:6])
            frame = (width, height, components, marker in (0xC2, 0xC6, 0xCA, 0xCE))
        elif marker == 0xE1 and body.startswith(b"Exif\0\0") and orientation == 1:
            orientation = exif_orientation(body[6:])
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            icc[body[12]] = body[14:]
        position += 2 + length
    if frame is None:
        return None
    return JpegHeader(*frame, orientation, b"".join(icc[number] for number in sorted(icc)))


def exif_orientation(exif: bytes) -> int:
    """The orientation (1 to 8) that a block of EXIF asks for; 1 for anything absent, broken or absurd."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, offset)
        for index in range(min(count, 1000)):
            tag, kind = struct.unpack_from(order + "HH", exif, offset + 2 + 12 * index)
            if tag == _ORIENTATION:
                (value,) = struct.unpack_from(order + ("I" if kind == 4 else "H"), exif, offset + 10 + 12 * index)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1

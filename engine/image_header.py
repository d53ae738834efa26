"""Read from a file's own bytes what decoding must know first: its format, size, orientation and colour profile."""

import struct
from dataclasses import dataclass

_MAX_SEGMENTS = 10_000  # of a JPEG's header; real ones have tens
_ORIENTATION = 0x0112
_TIFF_OFFSETS, _TIFF_COUNTS = (273, 324), (279, 325)  # of strips, of tiles
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"mif2"}


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """A JPEG's frame as stored (before it is turned upright)."""

    width: int
    height: int
    components: int
    samples: float  # per pixel, over all components: 3 for 4:4:4, 1.5 for 4:2:0
    scans: int  # 1 for baseline; each further one is a pass over the whole picture
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
    frame: tuple[int, int, int, float] | None = None
    sequential = False  # whether each component comes in one scan only
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
            frame = (width, height, components, _samples(body[7::3][:components]))
            sequential = marker in (0xC0, 0xC1, 0xC9)
        elif marker == 0xE1 and body.startswith(b"Exif\0\0") and orientation == 1:
            orientation = exif_orientation(body[6:])
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            icc[body[12]] = body[14:]
        position += 2 + length
    if frame is None:
        return None
    # To look for further scans takes a tenth of the time of decoding; nearly all files can have but one.
    whole = sequential and _components_of_scan(data, position) == frame[2]
    scans = 1 if whole else _count_scans(data, position)
    return JpegHeader(*frame, scans, orientation, b"".join(icc[number] for number in sorted(icc)))


def _samples(sampling: bytes) -> float:
    """Samples per pixel by the components' sampling factors (one byte each: horizontal, then vertical)."""
    areas = [(factors >> 4) * (factors & 15) for factors in sampling]
    return sum(areas) / max(areas, default=1) if any(areas) else float(len(areas))


def _components_of_scan(data: bytes, start: int) -> int:
    """How many components the scan holds whose marker stands at the offset `start`; 0 where there is none."""
    return data[start + 4] if data[start : start + 2] == b"\xff\xda" and start + 4 < len(data) else 0


def _count_scans(data: bytes, start: int) -> int:
    """Scans from the offset `start` to the end of the picture, after which a second one may follow (a gain map, a
    preview). Inside compressed data 0xFF is always followed by 0 or a restart, so that markers can be searched for."""
    end = data.find(b"\xff\xd9", start)
    return data.count(b"\xff\xda", start, len(data) if end < 0 else end)


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


def looks_truncated(kind: str, data: bytes) -> bool:
    """Whether the file ends before its own structure says that it should; a help for finding words, not a proof."""
    if kind == "jpeg":
        return b"\xff\xd9" not in data[-64:]
    if kind == "png":
        return b"IEND" not in data[-64:]
    if kind == "gif":
        return b"\x3b" not in data[-64:]
    if kind == "webp":
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    if kind == "bmp":
        return int.from_bytes(data[2:6], "little") > len(data)
    if kind == "tiff":
        return _tiff_end(data) > len(data)
    return _boxes_end(data) > len(data)


def _boxes_end(data: bytes) -> int:
    """Where the last top-level box of an ISO base media file says that it ends."""
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size < 8:  # 0: the box reaches to the end of the file
            return len(data)
        position += size
    return len(data) if position <= len(data) else position


def _tiff_end(data: bytes) -> int:
    """How far the first directory of a TIFF, and the strips or tiles that it lists, reach into the file."""
    order = "<" if data.startswith(b"II") else ">"
    values: dict[int, tuple[int, ...]] = {}
    try:
        (offset,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, offset)
        for index in range(count):
            tag, kind, number, value = struct.unpack_from(order + "HHII", data, offset + 2 + 12 * index)
            if tag in _TIFF_OFFSETS or tag in _TIFF_COUNTS:
                letter, width = ("H", 2) if kind == 3 else ("I", 4)
                at = value if number * width > 4 else offset + 2 + 12 * index + 8
                values[tag] = struct.unpack_from(f"{order}{min(number, 100_000)}{letter}", data, at)
    except struct.error:
        return len(data) + 1
    ends = [
        start + size
        for offsets, counts in zip(_TIFF_OFFSETS, _TIFF_COUNTS, strict=True)
        for start, size in zip(values.get(offsets, ()), values.get(counts, ()), strict=False)
    ]
    return max(ends, default=len(data))


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of a WebP, which must be known before its decoder is made: that already takes the memory.
    (0, 0) where the first chunk is none that describes them."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return 0, 0

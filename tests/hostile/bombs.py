"""Small files that ask for enormous pictures, endless work or endless memory."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.hostile.formats import encoded, sound

_HUGE = 60_000


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, raw: bytes, *before: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG of that size around the compressed `raw`, with further chunks before the picture."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = b"".join(before) + png_chunk(b"IDAT", raw) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + body


def zeros(count: int) -> bytes:
    """`count` zero bytes, deflated without ever holding them all."""
    packer, parts = zlib.compressobj(1), []
    for start in range(0, count, 1 << 20):
        parts.append(packer.compress(bytes(min(1 << 20, count - start))))
    return b"".join(parts) + packer.flush()


def tiff(entries: list[tuple[int, int, int, int]], tail: bytes = b"", *, following: int = 0) -> bytes:
    """A little-endian TIFF of one directory; `tail` begins at 14 + 12 × the number of entries."""
    packed = b"".join(struct.pack("<HHII", *item) for item in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + struct.pack("<I", following) + tail


def tiff_of(width: int, height: int, compression: int, strip: bytes, *more: tuple[int, int, int, int]) -> bytes:
    """An RGB TIFF in one strip."""
    entries = {
        256: (256, 4, 1, width),
        257: (257, 4, 1, height),
        258: (258, 3, 1, 8),
        259: (259, 3, 1, compression),
        262: (262, 3, 1, 1),
        277: (277, 3, 1, 1),
        278: (278, 4, 1, height),
        279: (279, 4, 1, len(strip)),
    } | {item[0]: item for item in more}
    start = 14 + 12 * (len(entries) + (273 not in entries))
    entries.setdefault(273, (273, 4, 1, start))
    return tiff(list(entries.values()), strip)


def gif(width: int, height: int, frames: int = 1) -> bytes:
    """A GIF with that many frames of that size and hardly any data."""
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x08\x02\x00\xff\x00"
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return head + frame * frames + b";"


def with_size(data: bytes, width: int, height: int) -> bytes:
    """An AVIF or HEIC whose property `ispe` claims another size."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def webp_claims(width: int, height: int) -> bytes:
    """A WebP of the extended kind around a small picture, with another size on its canvas."""
    picture = sound("webp")[12:]
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + picture
    return b"RIFF" + struct.pack("<I", len(body)) + body


def refused() -> Iterator[tuple[str, bytes]]:
    """What claims more pixels than are allowed."""
    yield "size.png", png(_HUGE, _HUGE, zeros(1 << 20))
    yield "largest-size.png", png(0x7FFFFFFF, 0x7FFFFFFF, zeros(1000))
    yield "no-size.png", png(0, 0, zeros(1000))
    yield "size.gif", gif(_HUGE, _HUGE)
    yield "size.tif", tiff_of(_HUGE, _HUGE, 8, zeros(1 << 20))
    yield "largest-size.tif", tiff_of(0xFFFFFFFF, 0xFFFFFFFF, 1, bytes(100))
    yield "size.bmp", _bmp(_HUGE, _HUGE)
    yield "size-upwards.bmp", _bmp(_HUGE, -_HUGE)
    jpeg = bytearray(sound("jpeg"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65_500, 65_500)
    yield "size.jpg", bytes(jpeg)
    yield "size.avif", with_size(sound("avif"), _HUGE, _HUGE)
    yield "largest-size.avif", with_size(sound("avif"), 0xFFFFFFFF, 0xFFFFFFFF)
    yield "size.heic", with_size(sound("heic"), _HUGE, _HUGE)
    yield "size.webp", webp_claims(1 << 24, 1 << 24)
    # Below the limit of pixels, above that of memory.
    yield "canvas.webp", webp_claims(16_383, 16_383)
    yield "memory.png", png(17_000, 17_000, zeros(1 << 20))
    yield "passes.jpg", _many_passes(8_000, 8_000, 300)


def bearable() -> Iterator[tuple[str, bytes]]:
    """What takes much work or memory and stays within the bounds, or is refused."""
    yield "bits.png", png(16_000, 16_000, zeros(16_000 * 2001), depth=1, colour=0)
    yield "grey.png", png(9_000, 9_000, zeros(9_000 * 9_001), depth=8, colour=0)
    yield "rgb.png", png(7_000, 7_000, zeros(7_000 * 21_001))
    yield "deep.png", png(5_000, 5_000, zeros(5_000 * 40_001), depth=16, colour=6)
    yield "more-than-it-holds.png", png(100, 100, zeros(300 << 20))
    for kind, name in ((b"zTXt", "text"), (b"iCCP", "profile"), (b"iTXt", "unicode")):
        head = {b"zTXt": b"a\0\0", b"iCCP": b"a\0\0", b"iTXt": b"a\0\1\0\0\0"}[kind]
        yield f"{name}.png", png(8, 8, zlib.compress(bytes(8 * 25)), png_chunk(kind, head + zeros(200 << 20)))
    texts = [png_chunk(b"tEXt", b"key%d\0" % number + b"x" * 1000) for number in range(5_000)]
    yield "texts.png", png(8, 8, zlib.compress(bytes(8 * 25)), *texts)
    yield "chunks.png", png(8, 8, zlib.compress(bytes(8 * 25)), *[png_chunk(b"vpAg", b"")] * 200_000)
    yield "frames.gif", gif(2_000, 2_000, 20_000)
    yield "zip.tif", tiff_of(12_000, 12_000, 8, zeros(12_000 * 12_000))
    yield "runs.tif", tiff_of(12_000, 12_000, 32773, b"\x81\x00" * (12_000 * 12_000 // 128))
    yield "canvas-within.webp", webp_claims(6_000, 6_000)
    yield "flat.webp", _flat("WEBP", 7_000, lossless=True)
    yield "flat.gif", _flat("GIF", 9_000)
    yield "flat.jpg", _flat("JPEG", 14_000)
    yield "flat.avif", _flat("AVIF", 4_000, speed=10)
    yield "flat.heic", _flat("HEIF", 4_000)
    yield "claims.avif", with_size(sound("avif"), 9_000, 9_000)
    yield "claims.heic", with_size(sound("heic"), 9_000, 9_000)
    yield "claims-little.heic", with_size(sound("heic"), 1, 1)
    yield "passes-within.jpg", _many_passes(2_000, 2_000, 500)
    yield "runs.bmp", _bmp(9_000, 9_000, compression=1)


def twisted() -> Iterator[tuple[str, bytes]]:
    """Structures that lead a reader in circles or out of the file."""
    yield "directory-of-itself.tif", tiff([(256, 4, 1, 8), (257, 4, 1, 8), (273, 4, 1, 8)], following=8)
    yield "no-directory.tif", b"II*\0" + struct.pack("<I", 0)
    yield "far-directory.tif", b"II*\0" + struct.pack("<I", 0xFFFFFFF0) + bytes(50)
    yield "no-entries.tif", tiff([])
    yield "far-strip.tif", tiff_of(64, 64, 1, bytes(64), (273, 4, 1, 0xFFFFFFF0))
    yield "long-strip.tif", tiff_of(64, 64, 1, bytes(64), (279, 4, 1, 0xFFFFFFFF))
    yield "many-strips.tif", tiff_of(64, 64, 1, bytes(64), (278, 4, 1, 1), (273, 4, 0x0FFFFFFF, 8))
    yield "no-rows-in-strip.tif", tiff_of(64, 64, 5, bytes(64), (278, 4, 1, 0))
    yield "endless-tag.tif", tiff_of(64, 64, 1, bytes(64), (270, 2, 0xFFFFFFFF, 8))
    yield "sub-directories.tif", tiff_of(64, 64, 1, bytes(4096), (330, 4, 1, 8), (34665, 4, 1, 8))
    for samples in (0, 2, 100, 65_535):
        yield f"samples-{samples}.tif", tiff_of(64, 64, 1, bytes(4096), (277, 3, 1, samples))
    for bits in (0, 3, 64, 255):
        yield f"bits-{bits}.tif", tiff_of(64, 64, 1, bytes(4096), (258, 3, 1, bits))
    for compression in (0, 2, 3, 4, 6, 7, 34712, 50000, 50001, 65_535):
        yield f"compression-{compression}.tif", tiff_of(64, 64, compression, bytes(4096))
    yield "tiles.tif", tiff_of(64, 64, 1, bytes(64), (322, 4, 1, 1 << 30), (323, 4, 1, 1 << 30), (324, 4, 1, 8))
    yield "big.tif", b"II+\0" + struct.pack("<HHQ", 8, 0, 0xFFFFFFFFFFFFFFF0)
    yield "no-palette.png", png(8, 8, zlib.compress(bytes(8 * 9)), colour=3)
    yield "two-heads.png", png(8, 8, zlib.compress(bytes(200)), png_chunk(b"IHDR", bytes(13)))
    yield "depth.png", png(8, 8, zlib.compress(bytes(200)), depth=77, colour=99)
    yield "long-chunk.png", png(8, 8, b"")[:33] + struct.pack(">I", 0xFFFFFFFF) + b"IDAT" + bytes(40)
    yield "dictionary.png", png(8, 8, b"\x78\xbb" + bytes(20))
    yield "animation.png", png(8, 8, zlib.compress(bytes(200)), png_chunk(b"acTL", struct.pack(">II", 1 << 31, 0)))
    yield "outside.gif", gif(50, 50)[:19] + b"," + struct.pack("<HHHHB", 40_000, 40_000, 9_000, 9_000, 0) + b"\x08\x00;"
    yield "code-size.gif", gif(50, 50).replace(b"\x08\x02\x00\xff", b"\xff\x02\x00\xff")
    yield "comments.gif", gif(50, 50)[:-1] + b"!\xfe\xff" * 50_000
    yield "no-end.gif", gif(50, 50)[:19] + b"!\xfe" + (b"\xff" + b"x" * 255) * 2_000
    jpeg = sound("jpeg")
    yield "fill.jpg", jpeg[:2] + b"\xff" * 2_000_000 + jpeg[2:]
    yield "segments.jpg", jpeg[:2] + b"\xff\xfe\x00\x02" * 9_000 + jpeg[2:]
    yield "more-segments.jpg", jpeg[:2] + b"\xff\xfe\x00\x02" * 50_000 + jpeg[2:]
    yield "two-frames.jpg", jpeg[: jpeg.index(b"\xff\xda")] + jpeg[jpeg.index(b"\xff\xc0") :]
    yield "no-tables.jpg", jpeg[:2] + jpeg[jpeg.index(b"\xff\xc0") :]
    yield "restarts.jpg", jpeg[:2] + b"\xff\xdd\x00\x04\x00\x01" + jpeg[2:]
    for components in (0, 2, 5, 255):
        at = jpeg.index(b"\xff\xc0") + 9
        yield f"components-{components}.jpg", jpeg[:at] + bytes([components]) + jpeg[at + 1 :]
    for marker in (0xC1, 0xC3, 0xC5, 0xC9, 0xCA):
        yield f"frame-{marker:x}.jpg", jpeg.replace(b"\xff\xc0", bytes([0xFF, marker]), 1)
    for name in ("avif", "heic"):
        data = sound(name)
        for box in (b"meta", b"iloc", b"iprp", b"ipco", b"pitm", b"ispe", b"mdat"):
            at = data.find(box)
            if at < 4:
                continue
            for size in (0, 1, 7, 0xFFFFFFFF):
                yield f"{box.decode()}-{size:x}.{name}", data[: at - 4] + struct.pack(">I", size) + data[at:]
            yield f"no-{box.decode()}.{name}", data.replace(box, b"skip")
        yield f"boxes.{name}", data[:24] + struct.pack(">I", 8) + b"free" + _nested(data[24:], 3_000)
    webp = sound("lossless")
    yield "long-chunk.webp", webp[:16] + b"\xff\xff\xff\x7f" + webp[20:]
    yield "chunks.webp", webp + (b"JUNK" + bytes(4)) * 50_000
    for planes in (0, 2, 65_535):
        bmp = sound("bmp")
        yield f"planes-{planes}.bmp", bmp[:26] + struct.pack("<H", planes) + bmp[28:]
    for bits in (0, 2, 3, 64, 65_535):
        bmp = sound("bmp")
        yield f"bits-{bits}.bmp", bmp[:28] + struct.pack("<H", bits) + bmp[30:]
    for size in (0, 12, 13, 64, 0xFFFFFFFF):
        bmp = sound("bmp")
        yield f"header-{size:x}.bmp", bmp[:14] + struct.pack("<I", size) + bmp[18:]


def _nested(data: bytes, depth: int) -> bytes:
    """Boxes within boxes."""
    for _ in range(depth):
        data = struct.pack(">I", (len(data) + 8) & 0xFFFFFFFF) + b"meta" + data
    return data


def _bmp(width: int, height: int, compression: int = 0) -> bytes:
    bits = 8 if compression == 1 else 24
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 256 if bits == 8 else 0, 0)
    palette = bytes(1024) if bits == 8 else b""
    offset = 14 + len(info) + len(palette)
    runs = b"\xff\x00" * 20_000 + b"\x00\x01" if compression == 1 else bytes(300)
    return b"BM" + struct.pack("<IHHI", offset + len(runs), 0, 0, offset) + info + palette + runs


def _many_passes(width: int, height: int, scans: int) -> bytes:
    """A progressive JPEG that refines the same coefficients again and again."""
    data = encoded(Image.new("RGB", (64, 64), (90, 120, 30)), "progressive")
    frame = data.index(b"\xff\xc2")
    data = data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]
    first = data.index(b"\xff\xda")
    end = data.find(b"\xff\xda", first + 2)
    last = end if end > 0 else len(data) - 2
    return data[:last] + data[first:last] * scans + data[last:]


def _flat(name: str, side: int, **options: object) -> bytes:
    """A large picture of one colour: few bytes, many pixels."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((side, side), 90, dtype=np.uint8)).save(buffer, name, **options)
    return buffer.getvalue()

"""More than 300 image files that try to break decoding: `python -m tests.hostile.images FOLDER` writes them all."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.hostile import bombs, metadata
from tests.hostile.formats import FORMATS, odd_kinds, sound

Fate = Literal["reads", "refused", "either"]


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, and whether it must be read, refused, or may be either; a crash or a hang is never right."""

    name: str
    data: bytes
    fate: Fate


def hostile_images(*, heavy: bool = True) -> Iterator[Hostile]:
    """Every file, the same at each call; each name is unique and names the kind of attack first. Without `heavy` those
    are left out that take seconds to make and to decode."""
    yield from _truncated()
    yield from _flipped()
    yield from _wrongly_named()
    yield from _not_images()
    for name, data in odd_kinds():
        yield Hostile(f"kind-{name}", data, "reads")
    for name, data in metadata.absurd_exif():
        # libavif itself refuses a block of EXIF that is none.
        yield Hostile(
            f"exif-{name}", data, "either" if name.endswith(("bytes-avif.avif", "noise-avif.avif")) else "reads"
        )
    for name, data in metadata.profiles():
        yield Hostile(f"icc-{name}", data, "reads")
    for name, data in bombs.refused():
        yield Hostile(f"bomb-{name}", data, "refused")
    if heavy:
        for name, data in bombs.bearable():
            yield Hostile(f"bomb-{name}", data, "either")
    for name, data in bombs.twisted():
        yield Hostile(f"twisted-{name}", data, "either")


def _truncated() -> Iterator[Hostile]:
    for name in FORMATS:
        data = sound(name)
        suffix = FORMATS[name].suffix
        for tenth in range(1, 10):
            yield Hostile(f"truncated-{name}-{tenth}{suffix}", data[: len(data) * tenth // 10], "refused")
        # Some formats end in a byte that says nothing of the picture.
        yield Hostile(f"truncated-{name}-last{suffix}", data[:-1], "either")


def _flipped() -> Iterator[Hostile]:
    """Ten copies of each format with some bits flipped: in the first 64 bytes, then all over."""
    for name in FORMATS:
        data = sound(name)
        for number in range(10):
            damaged = bytearray(data)
            reach = min(64, len(data)) if number < 4 else len(data)
            for flip in range(1 + number):
                at = (number * 7919 + flip * 104_729 + len(name) * 31) % reach
                damaged[at] ^= 1 << (number + flip) % 8
            yield Hostile(f"flipped-{name}-{number}{FORMATS[name].suffix}", bytes(damaged), "either")


def _wrongly_named() -> Iterator[Hostile]:
    names = ("jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "heic")
    for name in names:
        for other in names:
            if other != name:
                yield Hostile(f"named-{name}-as{FORMATS[other].suffix}", sound(name), "reads")


def _not_images() -> Iterator[Hostile]:
    for suffix in (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".avif", ".heic"):
        yield Hostile(f"empty{suffix}", b"", "refused")
        yield Hostile(f"text{suffix}", b"I am no picture.\n" * 20, "refused")
        yield Hostile(f"zeros{suffix}", bytes(4096), "refused")
    for name, head in {
        "pdf": b"%PDF-1.7\n",
        "zip": b"PK\x03\x04",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
        "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        "psd": b"8BPS\x00\x01",
        "wmf": b"\xd7\xcd\xc6\x9a",
        "pickle": b"cos\nsystem\n(S'false'\ntR.",
        "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomavc1",
    }.items():
        yield Hostile(f"{name}-as.jpg", head + bytes(200), "refused")
    for name in FORMATS:
        yield Hostile(f"head-only-{name}{FORMATS[name].suffix}", sound(name)[:16], "refused")


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for hostile in hostile_images():
        (folder / hostile.name).write_bytes(hostile.data)
        count += 1
    print(f"{count} files in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

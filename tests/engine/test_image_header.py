"""What is known of a JPEG before it is decoded: how many passes over the picture it takes."""

import io

import pytest
from PIL import Image

from engine.image_header import read_jpeg_header
from tests.conftest import draw_photo


def jpeg(frame: int, scans: list[int], components: int = 3) -> bytes:
    """A JPEG's markers around no picture: a frame of the kind `frame`, and scans of so many components each."""
    described = b"\x08\x00\x10\x00\x20" + bytes([components]) + b"".join(bytes([c, 0x11, 0]) for c in range(components))
    data = b"\xff\xd8\xff" + bytes([frame]) + (len(described) + 2).to_bytes(2, "big") + described
    for count in scans:
        body = bytes([count]) + b"\x00\x00" * count + b"\x00\x3f\x00"
        data += b"\xff\xda" + (len(body) + 2).to_bytes(2, "big") + body + b"\x12\xff\x00\x34"
    return data + b"\xff\xd9"


@pytest.mark.parametrize(
    ("frame", "scans", "passes"),
    [
        (0xC0, [3], 1),
        (0xC1, [3], 1),
        (0xC0, [1, 1, 1], 3),  # one component after another
        (0xC2, [3], 1),
        (0xC2, [3, 1, 1, 1, 3], 5),
        (0xC0, [3, 1], 1),  # decoders end with the first: nothing of a sequential picture is left
    ],
)
def test_passes_over_the_picture_are_counted(frame: int, scans: list[int], passes: int) -> None:
    header = read_jpeg_header(jpeg(frame, scans))
    assert header is not None
    assert (header.width, header.height, header.components, header.scans) == (32, 16, 3, passes)


@pytest.mark.parametrize(("mode", "progressive"), [("RGB", False), ("RGB", True), ("L", False), ("CMYK", False)])
def test_real_files(mode: str, progressive: bool) -> None:
    buffer = io.BytesIO()
    draw_photo("red", 1).convert(mode).save(buffer, "JPEG", progressive=progressive)
    header = read_jpeg_header(buffer.getvalue())
    assert header is not None
    assert header.components == len(Image.new(mode, (1, 1)).getbands())
    assert (header.scans > 1) is progressive


def test_a_file_that_ends_at_its_scan_has_one() -> None:
    data = jpeg(0xC0, [3])
    header = read_jpeg_header(data[: data.index(b"\xff\xda") + 2])
    assert header is not None
    assert header.scans <= 1

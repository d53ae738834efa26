"""What is known of a JPEG before it is decoded: how many passes over the picture it takes."""

import io

import pytest
from PIL import Image

from engine.image_header import exif_orientation, read_jpeg_header
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


def test_fill_bytes_and_markers_without_a_body_are_passed_over() -> None:
    plain = jpeg(0xC0, [3])
    padded = plain[:2] + b"\xff\x01" + b"\xff\xd3" + b"\xff\xff\xff" + plain[2:]
    assert read_jpeg_header(padded) == read_jpeg_header(plain)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",  # it ends before anything is described
        b"\xff\xd8\xff\xe1\x00\x01rest",  # a length that does not hold itself
        b"\xff\xd8\xff\xc0\x00\x05\x08\x00\x10",  # a frame that is cut short
        b"\xff\xd8no marker",
    ],
)
def test_what_is_broken_before_its_frame_is_none(data: bytes) -> None:
    assert read_jpeg_header(data) is None


def test_a_frame_behind_endless_segments_is_not_looked_for() -> None:
    endless = b"\xff\xd8" + b"\xff\xe5\x00\x02" * 200_000 + jpeg(0xC0, [3])[2:]
    assert read_jpeg_header(endless) is None


def test_a_frame_without_sampling_counts_each_component_whole() -> None:
    """Absurd, and must not divide by zero."""
    data = jpeg(0xC0, [3])
    for component in range(3):
        data = data.replace(bytes([component, 0x11, 0]), bytes([component, 0, 0]))
    header = read_jpeg_header(data)
    assert header is not None
    assert header.samples == 3.0


def test_the_orientation_is_that_of_the_exif_or_one() -> None:
    def exif(kind: int, value: bytes) -> bytes:
        return b"MM\0*\x00\x00\x00\x08\x00\x01\x01\x12" + kind.to_bytes(2, "big") + b"\x00\x00\x00\x01" + value

    assert exif_orientation(exif(3, b"\x00\x06\x00\x00")) == 6
    assert exif_orientation(exif(4, b"\x00\x00\x00\x06")) == 6
    assert exif_orientation(exif(3, b"\x00\x09\x00\x00")) == 1
    assert exif_orientation(exif(3, b"")) == 1
    assert exif_orientation(b"neither order") == 1

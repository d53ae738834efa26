"""What a camera wrote into a file, as lines for people. Reads only the head of the file; knows nothing of Qt."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, ImageFile
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from pillow_heif.as_plugin import HeifImageFile

from engine.decode import silence_pillow
from engine.image_header import sniff
from engine.regular_file import open_regular

_log = logging.getLogger(__name__)
_Base, _Ifd = ExifTags.Base, ExifTags.IFD

# Called directly: Image.open warns about large pictures, although here no pixel is ever decoded.
_READERS: dict[str, tuple[str, type[ImageFile.ImageFile]]] = {
    "jpeg": ("JPEG", JpegImageFile),
    "png": ("PNG", PngImageFile),
    "gif": ("GIF", GifImageFile),
    "webp": ("WebP", WebPImageFile),
    "tiff": ("TIFF", TiffImageFile),
    "bmp": ("BMP", BmpImageFile),
    "avif": ("AVIF", AvifImageFile),
    "heif": ("HEIC", HeifImageFile),
}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What stands in the head of an image file: its format, its upright size in pixels, and EXIF (key, value) pairs.

    Keys: `taken`, `camera`, `lens`, `exposure`, `aperture`, `iso`, `focal`, `place`, `software`, `artist`,
    `copyright`, `description`.
    """

    format: str
    width: int
    height: int
    lines: tuple[tuple[str, str], ...]


def read_facts(file: Path) -> FileFacts | None:
    """The facts of one file; None where it cannot be read."""
    silence_pillow()
    try:
        with open_regular(file) as stream:
            kind = sniff(stream.read(512))
            if kind is None:
                return None
            stream.seek(0)
            name, reader = _READERS[kind]
            with reader(stream) as image:
                width, height = image.size
                lines, turned = _exif(image, file)
                return FileFacts(name, height if turned else width, width if turned else height, lines)
    except Exception as error:  # noqa: BLE001 - the readers raise all sorts on damaged files
        _log.info("no facts of %s: %s", file, error)
        return None


def _exif(image: Image.Image, file: Path) -> tuple[tuple[tuple[str, str], ...], bool]:
    """The lines, and whether the picture is stored lying on its side."""
    try:
        exif = image.getexif()
        return tuple(_lines(exif)), exif.get(_Base.Orientation) in (5, 6, 7, 8)
    except Exception as error:  # noqa: BLE001 - a damaged block must not hide the rest
        _log.info("the EXIF block of %s is damaged: %s", file, error)
        return (), False


def _lines(exif: Image.Exif) -> Iterator[tuple[str, str]]:
    detail = exif.get_ifd(_Ifd.Exif)
    taken = _text(detail.get(_Base.DateTimeOriginal)) or _text(exif.get(_Base.DateTime))
    if taken:
        yield "taken", taken.replace(":", "-", 2)
    maker, model = _text(exif.get(_Base.Make)), _text(exif.get(_Base.Model))
    camera = model if maker and model.casefold().startswith(maker.split()[0].casefold()) else f"{maker} {model}".strip()
    if camera:
        yield "camera", camera
    lens = _text(detail.get(_Base.LensModel))
    if lens:
        yield "lens", lens
    exposure = _number(detail.get(_Base.ExposureTime))
    if exposure:
        yield "exposure", f"1/{1 / exposure:.0f} s" if exposure < 0.3 else f"{exposure:g} s"
    aperture = _number(detail.get(_Base.FNumber))
    if aperture:
        yield "aperture", f"f/{aperture:g}"
    iso = detail.get(_Base.ISOSpeedRatings)
    if isinstance(iso, tuple):
        iso = iso[0] if iso else None
    if iso:
        yield "iso", f"ISO {iso}"
    focal, full_frame = _number(detail.get(_Base.FocalLength)), _number(detail.get(_Base.FocalLengthIn35mmFilm))
    if focal:
        yield "focal", f"{focal:g} mm" + (f" ({full_frame:g} mm)" if full_frame and full_frame != focal else "")
    place = _place(exif.get_ifd(_Ifd.GPSInfo))
    if place:
        yield "place", place
    for key, tag in (
        ("software", _Base.Software),
        ("artist", _Base.Artist),
        ("copyright", _Base.Copyright),
        ("description", _Base.ImageDescription),
    ):
        text = _text(exif.get(tag))
        if text:
            yield key, text


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value).replace("\0", " ").strip()[:300] if value is not None else ""


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < 1e6 else None


def _place(gps: dict[int, object]) -> str:
    """Latitude and longitude in decimal degrees."""
    parts = []
    for value_tag, side_tag, negative in ((2, 1, "S"), (4, 3, "W")):
        value = gps.get(value_tag)
        if not isinstance(value, tuple) or len(value) != 3:
            return ""
        degrees, minutes, seconds = (float(part) for part in value)
        degrees += minutes / 60 + seconds / 3600
        if not abs(degrees) <= 180:  # NaN too: a camera without a fix writes 0/0
            return ""
        parts.append(-degrees if _text(gps.get(side_tag)).upper() == negative else degrees)
    return f"{parts[0]:.5f}, {parts[1]:.5f}"

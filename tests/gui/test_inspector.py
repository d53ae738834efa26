"""The inspector: what is known of one photo, and what the camera wrote."""

from pathlib import Path

import pytest
from PIL import ExifTags, Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.exif import read_facts
from gui.inspector import Inspector, MatchFacts
from gui.thumbnails import Thumbnails

Base = ExifTags.Base


@pytest.fixture
def inspector(qtbot: QtBot, thumbnails: Thumbnails) -> Inspector:
    made = Inspector(thumbnails)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.shut_down())
    made.resize(300, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """640 × 480, lying on its side, with what a camera writes."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model], exif[Base.Orientation] = "Canon", "Canon EOS 5D", 6
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    detail[Base.DateTimeOriginal] = "2019:07:14 15:30:12"
    detail[Base.ExposureTime], detail[Base.FNumber], detail[Base.ISOSpeedRatings] = 0.004, 2.8, 400
    detail[Base.FocalLength], detail[Base.LensModel] = 50.0, "EF 50mm"
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[1], place[2], place[3], place[4] = "S", (33.0, 30.0, 0.0), "E", (151.0, 15.0, 36.0)
    folder = tmp_path / "trip"
    folder.mkdir()
    file = folder / "IMG_0001.jpg"
    Image.new("RGB", (640, 480), (200, 90, 20)).save(file, exif=exif)
    return file


def test_what_the_camera_wrote_is_read(photo: Path) -> None:
    facts = read_facts(photo)
    assert facts is not None
    assert (facts.format, facts.width, facts.height) == ("JPEG", 480, 640)
    assert dict(facts.lines) == {
        "taken": "2019-07-14 15:30:12",
        "camera": "Canon EOS 5D",
        "lens": "EF 50mm",
        "exposure": "1/250 s",
        "aperture": "f/2.8",
        "iso": "ISO 400",
        "focal": "50 mm",
        "place": "-33.50000, 151.26000",
    }


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_the_facts_of_other_formats(tmp_path: Path, format_: str) -> None:
    file = tmp_path / "picture"
    Image.new("RGB", (60, 40), (1, 2, 3)).save(file, format_)
    facts = read_facts(file)
    assert facts is not None
    assert (facts.format.upper(), facts.width, facts.height) == (format_, 60, 40)


def test_what_is_no_picture_has_no_facts(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JF")
    assert read_facts(tmp_path / "text.jpg") is None
    assert read_facts(tmp_path / "cut.jpg") is None
    assert read_facts(tmp_path / "gone.jpg") is None


def test_a_damaged_exif_block_does_not_hide_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    Image.new("RGB", (60, 40)).save(file, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    facts = read_facts(file)
    assert facts is not None
    assert (facts.width, facts.lines) == (60, ())


def test_numbers_that_make_no_sense_are_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    detail[Base.ExposureTime], detail[Base.FNumber] = float("nan"), 0.0
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[1], place[2] = "N", (10.0, 0.0, 0.0)
    file = tmp_path / "a.jpg"
    Image.new("RGB", (60, 40)).save(file, exif=exif)
    facts = read_facts(file)
    assert facts is not None
    assert facts.lines == ()


def test_a_photo_is_shown_with_all_that_is_known(
    qtbot: QtBot, inspector: Inspector, thumbnails: Thumbnails, photo: Path
) -> None:
    root = photo.parent.parent
    thumbnails.set_root(root)
    inspector.show_photo("trip/IMG_0001.jpg", photo, size=123_456, mtime_ns=1_600_000_000_000_000_000)
    qtbot.waitUntil(lambda: bool(inspector.camera.lines()) and thumbnails.pixmap("trip/IMG_0001.jpg") is not None)
    assert inspector._name.text().replace("\u200b", "") == "IMG_0001.jpg"
    assert inspector._folder.text() == "trip"
    file = dict(inspector.file.lines())
    assert file["Pixels"] == "480 × 640"
    assert file["Format"] == "JPEG"
    assert file["Size"] == "123.5 kB"
    assert "Changed" in file
    assert dict(inspector.camera.lines())["Camera"] == "Canon EOS 5D"
    assert not inspector._empty.isVisible()
    qtbot.waitUntil(lambda: inspector._photo.height() > inspector._photo.width())


def test_the_match_tells_rank_and_both_distances(inspector: Inspector, photo: Path) -> None:
    inspector.show_photo("IMG_0001.jpg", photo)
    inspector.set_match(MatchFacts(3, 1200, 0.12345, 5.5))
    lines = dict(inspector.match.lines())
    assert lines["Cosine"] == "0.1235"
    assert lines["Euclidean"] == "5.5000"
    assert lines["Rank"].startswith("3 of 1")
    inspector.set_match(MatchFacts(0, 1200, None, 5.5))
    lines = dict(inspector.match.lines())
    assert (lines["Rank"], lines["Cosine"]) == ("–", "–")
    inspector.set_match(None)
    assert not inspector.match.isVisible()


def test_labels_are_shown_with_their_probability(inspector: Inspector, photo: Path) -> None:
    inspector.show_photo("IMG_0001.jpg", photo)
    inspector.set_labels([("cat", 0.8123), ("dog", 0.1)])
    assert inspector.labels.lines() == [("cat", "81.2 %"), ("dog", "10.0 %")]


def test_another_photo_says_nothing_of_the_one_before(inspector: Inspector, photo: Path) -> None:
    inspector.show_photo("IMG_0001.jpg", photo)
    inspector.set_match(MatchFacts(3, 12, 0.1, 0.2))
    inspector.set_labels([("cat", 0.8)])
    inspector.show_photo("gone.jpg", photo.parent / "gone.jpg")
    assert inspector.match.lines() == inspector.labels.lines() == inspector.camera.lines() == []


def test_facts_that_come_late_are_not_shown_under_another_photo(
    qtbot: QtBot, inspector: Inspector, photo: Path, photo_folder: Path
) -> None:
    inspector.show_photo("IMG_0001.jpg", photo)
    inspector.show_photo("red/0.jpg", photo_folder / "red" / "0.jpg")
    qtbot.waitUntil(lambda: ("Pixels", "96 × 72") in inspector.file.lines())
    assert inspector.camera.lines() == []


def test_a_photo_that_cannot_be_read_says_why(
    qtbot: QtBot, inspector: Inspector, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    (tmp_path / "bad.jpg").write_text("no picture")
    thumbnails.set_root(tmp_path)
    inspector.show_photo("bad.jpg", tmp_path / "bad.jpg")
    qtbot.waitUntil(lambda: "not an image that can be read" in inspector._photo._message)
    inspector.grab()


def test_a_double_click_on_the_picture_opens_it(qtbot: QtBot, inspector: Inspector, photo: Path) -> None:
    inspector.show_photo("IMG_0001.jpg", photo)
    with qtbot.waitSignal(inspector.view_requested) as told:
        qtbot.mouseDClick(inspector._photo, Qt.MouseButton.LeftButton)
    assert told.args == ["IMG_0001.jpg"]


def test_without_a_photo_it_says_what_to_do(inspector: Inspector, photo: Path) -> None:
    assert inspector._empty.isVisible()
    inspector.show_photo("IMG_0001.jpg", photo)
    inspector.show_photo(None, None)
    assert inspector._empty.isVisible()
    assert not inspector._photo.isVisible()
    assert inspector.path is None


def test_values_can_be_selected_by_keyboard_and_are_named(qtbot: QtBot, inspector: Inspector, photo: Path) -> None:
    inspector.show_photo("IMG_0001.jpg", photo)
    qtbot.waitUntil(lambda: ("Format", "JPEG") in inspector.file.lines())
    value = inspector.file._labels[0][1]
    assert value.accessibleName() == "Pixels: 480 × 640"
    assert value.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard

"""Drops and the clipboard: folders, files, pictures, paths; and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QColor, QImage

from gui.session_state import Part
from gui.sources import could_be_used, part_of, read_mime, to_rgb


def of_files(*files: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    return data


def of_text(text: str) -> QMimeData:
    data = QMimeData()
    data.setText(text)
    return data


def test_a_dropped_folder_is_opened(photo_folder: Path) -> None:
    brought = read_mime(of_files(photo_folder), None)
    assert brought.folder == photo_folder
    assert not brought.parts


def test_a_dropped_file_from_outside_is_a_query(photo_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jpg"
    other.write_bytes((photo_folder / "red/0.jpg").read_bytes())
    assert read_mime(of_files(other), photo_folder).parts == (Part(file=other),)


def test_a_file_of_the_library_is_a_photo_of_the_library(photo_folder: Path) -> None:
    brought = read_mime(of_files(photo_folder / "red/0.jpg", photo_folder / "blue/1.jpg"), photo_folder)
    assert brought.parts == (Part(path="red/0.jpg"), Part(path="blue/1.jpg"))


def test_a_hidden_file_of_the_library_is_not_in_the_index_and_so_from_outside(photo_folder: Path) -> None:
    hidden = photo_folder / ".trash" / "0.jpg"
    assert part_of(hidden, photo_folder) == Part(file=hidden)


def test_pasted_pixels_are_a_query() -> None:
    image = QImage(5, 3, QImage.Format.Format_RGB32)
    image.fill(QColor(10, 20, 30))
    data = QMimeData()
    data.setImageData(image)
    (part,) = read_mime(data, None).parts
    assert part.pasted is not None
    assert part.pasted.rgb.shape == (3, 5, 3)
    assert (part.pasted.rgb == [10, 20, 30]).all()


@pytest.mark.parametrize("form", ["{}", '"{}"', "file://{}", "  {}\n"])
def test_a_pasted_path_is_a_query(photo_folder: Path, form: str) -> None:
    text = form.format((photo_folder / "red/0.jpg").as_posix())
    assert read_mime(of_text(text), photo_folder).parts == (Part(path="red/0.jpg"),)


@pytest.mark.parametrize(
    "text", ["", "hello", "relative/0.jpg", "/nowhere/0.jpg", "a\0b", "/" + "x" * 5000, "https://a"]
)
def test_other_text_is_nothing(text: str) -> None:
    assert not read_mime(of_text(text), None)


def test_an_address_in_the_network_is_not_fetched() -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/picture.jpg")])
    assert not read_mime(data, None)
    assert not could_be_used(data)


def test_transparent_pixels_become_white_and_odd_widths_are_right() -> None:
    image = QImage(7, 2, QImage.Format.Format_ARGB32)
    image.fill(QColor(0, 0, 0, 0))
    image.setPixelColor(6, 1, QColor(255, 0, 0))
    rgb = to_rgb(image)
    assert rgb.shape == (2, 7, 3)
    assert rgb.dtype == np.uint8
    assert tuple(rgb[0, 0]) == (255, 255, 255)
    assert tuple(rgb[1, 6]) == (255, 0, 0)

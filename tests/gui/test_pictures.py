"""Whole pictures: the newest wish first, in the detail that is asked for."""

import threading
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

import gui.pictures as module
from engine.decode import Decoded, load
from gui.pictures import FULL, Pictures


@pytest.fixture
def big(tmp_path: Path) -> Path:
    file = tmp_path / "big.jpg"
    Image.new("RGB", (1600, 1200), (10, 120, 200)).save(file)
    return file


def test_a_picture_arrives_reduced_and_then_in_full(qtbot: QtBot, pictures: Pictures, big: Path) -> None:
    with qtbot.waitSignal(pictures.arrived) as first:
        pictures.want([(big, 300)])
    assert first.args[0].size == QSize(1600, 1200)
    assert 300 <= first.args[0].image.height() < 1200
    with qtbot.waitSignal(pictures.arrived) as second:
        pictures.want([(big, FULL)])
    assert second.args[0].image.size() == QSize(1600, 1200)
    with qtbot.assertNotEmitted(pictures.arrived, wait=50):
        pictures.want([(big, 300), (big, FULL)])


def test_a_wish_that_was_replaced_is_not_fulfilled(
    qtbot: QtBot, pictures: Pictures, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, read = threading.Event(), []

    def slow(path: Path, side: int) -> Decoded:
        read.append(path.name)
        assert gate.wait(10)
        return load(path, side)

    monkeypatch.setattr(module, "load", slow)
    red = photo_folder / "red"
    pictures.want([(red / "0.jpg", 50), (red / "1.jpg", 50)])
    qtbot.waitUntil(lambda: read == ["0.jpg"])
    pictures.want([(red / "2.jpg", 50)])
    gate.set()
    qtbot.waitUntil(lambda: pictures.get(red / "2.jpg") is not None)
    assert read == ["0.jpg", "2.jpg"]


def test_a_file_that_cannot_be_read_arrives_with_the_reason(qtbot: QtBot, pictures: Pictures, tmp_path: Path) -> None:
    with qtbot.waitSignal(pictures.arrived) as told:
        pictures.want([(tmp_path / "gone.jpg", 100)])
    assert told.args[0].failure == "the file is not there any more"
    assert told.args[0].image.isNull()


def test_pictures_go_when_the_bytes_run_out(qtbot: QtBot, photo_folder: Path, qapp: object) -> None:
    pictures = Pictures(limit_bytes=2 * 96 * 72 * 4)
    red = photo_folder / "red"
    try:
        for name in ("0.jpg", "1.jpg", "2.jpg"):
            with qtbot.waitSignal(pictures.arrived):
                pictures.want([(red / name, 72)])
        assert pictures.get(red / "0.jpg") is None
        assert pictures.get(red / "1.jpg") is not None
        assert pictures.get(red / "2.jpg") is not None
        pictures.clear()
        assert pictures.get(red / "2.jpg") is None
    finally:
        pictures.close()

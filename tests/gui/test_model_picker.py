"""The list of models: what each is for, its size and quality, and how much of the library it has seen."""

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from engine.spec import list_models
from gui.model_picker import LinesRole, ModelPicker, quality_line


@pytest.fixture
def picker(qtbot: QtBot, model_folder: Path) -> ModelPicker:
    made = ModelPicker()
    qtbot.addWidget(made)
    made.set_models(list_models([model_folder]).models, "vit-tiny-imagenet")
    made.show()
    return made


def lines(picker: ModelPicker, name: str) -> list[str]:
    found: list[str] = picker.box.itemData(picker.box.findText(name), LinesRole)
    return found


@pytest.mark.parametrize(
    ("seen", "photos", "state"),
    [(24, 24, "ready"), (7, 24, "partly: 7 of 24"), (0, 24, "not indexed"), (0, 0, "not indexed")],
)
def test_each_model_says_how_much_of_the_library_it_has_seen(
    picker: ModelPicker, seen: int, photos: int, state: str
) -> None:
    picker.set_counts({"tiny-two": seen, "vit-tiny-imagenet": 0}, photos)
    assert lines(picker, "tiny-two")[0] == f"tiny-two · {state}"


def test_each_model_says_what_it_is_for_its_size_and_its_quality(picker: ModelPicker, model_folder: Path) -> None:
    spec = next(spec for spec in list_models([model_folder]).models if spec.name == "tiny-two")
    _, purpose, numbers = lines(picker, "tiny-two")
    assert purpose == spec.purpose
    assert numbers == quality_line(spec)
    assert "kB" in numbers
    assert "8-d" in numbers
    for name in spec.quality:
        assert name in numbers
    spoken = picker.box.itemData(picker.box.findText("tiny-two"), Qt.ItemDataRole.AccessibleTextRole)
    assert spec.purpose in spoken


def test_choosing_tells_the_name_once(picker: ModelPicker, qtbot: QtBot) -> None:
    told: list[str] = []
    picker.chosen.connect(told.append)
    index = picker.box.findText("tiny-two")
    picker.box.setCurrentIndex(index)
    picker.box.activated.emit(index)
    assert told == ["tiny-two"]
    assert picker.current == "tiny-two"


def drawn(picker: ModelPicker, row: int) -> QImage:
    """One entry of the open list, as its delegate draws it."""
    option = QStyleOptionViewItem()
    option.initFrom(picker.box)
    option.rect = QRect(0, 0, 420, 80)
    image = QImage(420, 80, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    with QPainter(image) as painter:
        picker.box.itemDelegate().paint(painter, option, picker.box.model().index(row, 0))
    return image


def test_the_open_list_shows_three_lines_and_the_state(picker: ModelPicker) -> None:
    row = picker.box.findText("tiny-two")
    picker.set_counts({"tiny-two": 5}, 24)
    partly = drawn(picker, row)
    picker.set_counts({"tiny-two": 24}, 24)
    assert drawn(picker, row) != partly
    assert partly.copy(0, 40, 420, 40) == drawn(picker, row).copy(0, 40, 420, 40)  # the other lines stayed
    assert picker.box.view().sizeHintForRow(row) > 3 * picker.fontMetrics().height()


def test_no_model_is_said(qtbot: QtBot) -> None:
    picker = ModelPicker()
    qtbot.addWidget(picker)
    picker.set_models((), "")
    assert picker.state.text() == "There is no model."
    assert picker.current == ""

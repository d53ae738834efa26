"""Light and dark: the palettes can be read, and the application changes at once."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QDialogButtonBox
from pytestqt.qtbot import QtBot

from gui.theme import DARK, LIGHT, SYSTEM, Theme, palette

Role = QPalette.ColorRole


def contrast(first: QColor, second: QColor) -> float:
    """WCAG 2: from 1 to 21."""

    def light(colour: QColor) -> float:
        parts = [colour.redF(), colour.greenF(), colour.blueF()]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lighter, darker = sorted((light(first), light(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        (Role.WindowText, Role.Window, 7.0),
        (Role.Text, Role.Base, 7.0),
        (Role.Text, Role.AlternateBase, 7.0),
        (Role.ButtonText, Role.Button, 7.0),
        (Role.ToolTipText, Role.ToolTipBase, 7.0),
        (Role.PlaceholderText, Role.Base, 4.5),
        (Role.PlaceholderText, Role.Window, 4.5),
        (Role.Link, Role.Window, 4.5),
        (Role.Highlight, Role.Base, 3.0),
        (Role.Dark, Role.Window, 3.0),
        (Role.Dark, Role.Base, 3.0),
        (Role.HighlightedText, Role.Highlight, 3.5),
    ],
)
def test_text_stands_out_from_its_ground(scheme: str, text: Role, ground: Role, least: float) -> None:
    colours = palette(scheme)
    assert contrast(colours.color(text), colours.color(ground)) >= least


def test_every_role_that_is_drawn_with_has_its_own_colour() -> None:
    left, right = palette(LIGHT), palette(DARK)
    same = [
        role for role in Role if role not in (Role.NColorRoles, Role.NoRole) and left.color(role) == right.color(role)
    ]
    assert same == [Role.HighlightedText]


def test_the_application_turns_dark_and_light(qapp: QApplication) -> None:
    theme = Theme(qapp, DARK)
    assert (theme.mode, theme.scheme) == (DARK, DARK)
    assert qapp.palette().color(Role.Window) == palette(DARK).color(Role.Window)
    theme.set_mode(LIGHT)
    assert qapp.palette().color(Role.Window) == palette(LIGHT).color(Role.Window)
    theme.deleteLater()


def test_an_unknown_word_means_as_the_system_is(qapp: QApplication) -> None:
    theme = Theme(qapp, "purple")
    assert theme.mode == SYSTEM
    assert theme.scheme == (DARK if qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT)
    theme.deleteLater()


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_check_boxes_can_be_seen_and_read(qapp: QApplication, qtbot: QtBot, scheme: str) -> None:
    theme = Theme(qapp, scheme)
    box = QCheckBox("Only near photos")
    qtbot.addWidget(box)
    box.show()

    def colours() -> list[QColor]:
        shot = box.grab().toImage()
        return [shot.pixelColor(x, shot.height() // 2) for x in range(20)]

    ground = palette(scheme).color(Role.Window)
    assert max(contrast(colour, ground) for colour in colours()) >= 2.9  # the edge
    box.setChecked(True)
    accent = palette(scheme).color(Role.Highlight)
    assert accent in colours()
    assert max(contrast(colour, accent) for colour in colours()[2:14]) >= 3.0  # the tick
    theme.deleteLater()


def test_what_cannot_be_used_is_fainter() -> None:
    for scheme in (LIGHT, DARK):
        colours = palette(scheme)
        usable, faded = colours.color(Role.Text), colours.color(QPalette.ColorGroup.Disabled, Role.Text)
        ground = colours.color(Role.Base)
        assert contrast(faded, ground) < contrast(usable, ground)


def test_buttons_of_dialogs_have_words_and_no_black_signs(qapp: QApplication, qtbot: QtBot) -> None:
    theme = Theme(qapp, DARK)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    qtbot.addWidget(box)
    box.show()
    button = box.button(QDialogButtonBox.StandardButton.Close)
    assert button.text()
    assert button.icon().isNull()
    theme.deleteLater()

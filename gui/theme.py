"""Light and dark: Fusion with palettes of our own, for a bare X11 knows no colour scheme and ignores a wish for one."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

SYSTEM, LIGHT, DARK = "system", "light", "dark"

# Fusion's scroll bars have arrows and bevels: these are a quiet handle on the ground of what they scroll. Its check
# boxes have an edge darker than the window, which a dark window hides: this one stands out by 3 to 1 from both. The
# signs on its Close buttons are black on dark, too.
_SHEET: Final = """
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: palette(mid); border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 36px; }
QScrollBar::handle:horizontal { min-width: 36px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: palette(dark); }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: none; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid palette(dark); border-radius: 4px; }
QCheckBox::indicator:unchecked { background: palette(base); }
QCheckBox::indicator:checked { background: palette(highlight); border-color: palette(highlight); image: url("TICK"); }
QCheckBox::indicator:focus, QCheckBox::indicator:hover { border-color: palette(highlight); }
QCheckBox::indicator:disabled { background: palette(window); border-color: palette(mid); }
QCheckBox::indicator:checked:disabled { background: palette(mid); }
""".replace("TICK", (Path(__file__).parent / "tick.svg").as_posix())

_Role, _Group = QPalette.ColorRole, QPalette.ColorGroup

# One grey scale with a hint of blue, and one accent. Text on its ground has a contrast of at least 7; quiet text 4.5.
_LIGHT: Final = {
    _Role.Window: "#f3f4f6",
    _Role.WindowText: "#1b1f24",
    _Role.Base: "#ffffff",
    _Role.AlternateBase: "#f4f5f7",
    _Role.Text: "#1b1f24",
    _Role.PlaceholderText: "#656d78",
    _Role.Button: "#fafbfc",
    _Role.ButtonText: "#1b1f24",
    _Role.BrightText: "#b3261e",
    _Role.ToolTipBase: "#ffffff",
    _Role.ToolTipText: "#1b1f24",
    _Role.Highlight: "#1f6feb",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#1f6feb",
    _Role.Link: "#1a5fd0",
    _Role.LinkVisited: "#6f42c1",
    _Role.Light: "#ffffff",
    _Role.Midlight: "#e9ebee",
    _Role.Mid: "#c4c9d0",
    _Role.Dark: "#858d98",
    _Role.Shadow: "#6b7280",
}
_DARK: Final = {
    _Role.Window: "#202429",
    _Role.WindowText: "#e6e9ee",
    _Role.Base: "#171a1e",
    _Role.AlternateBase: "#21252b",
    _Role.Text: "#e6e9ee",
    _Role.PlaceholderText: "#98a1ad",
    _Role.Button: "#2c3138",
    _Role.ButtonText: "#e6e9ee",
    _Role.BrightText: "#ff8a80",
    _Role.ToolTipBase: "#2c3138",
    _Role.ToolTipText: "#e6e9ee",
    _Role.Highlight: "#3d82f0",
    _Role.HighlightedText: "#ffffff",
    _Role.Accent: "#3d82f0",
    _Role.Link: "#7db0ff",
    _Role.LinkVisited: "#c4a6ff",
    _Role.Light: "#3a4048",
    _Role.Midlight: "#32373f",
    _Role.Mid: "#4a515b",
    _Role.Dark: "#76808d",
    _Role.Shadow: "#0b0d0f",
}
_FADED: Final = {LIGHT: "#9aa1ab", DARK: "#6b737e"}  # what cannot be used now


def palette(scheme: str) -> QPalette:
    """The palette of `LIGHT` or `DARK`."""
    result = QPalette()
    for role, colour in (_DARK if scheme == DARK else _LIGHT).items():
        result.setColor(role, QColor(colour))
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText, _Role.PlaceholderText):
        result.setColor(_Group.Disabled, role, QColor(_FADED[scheme]))
    result.setColor(_Group.Disabled, _Role.Highlight, result.color(_Role.Mid))
    result.setColor(_Group.Disabled, _Role.Accent, result.color(_Role.Mid))
    return result


class Theme(QObject):
    """Keeps an application light, dark, or as the system is, also when the system changes."""

    def __init__(self, app: QApplication, mode: str = SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._mode = mode
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self.set_mode(mode)

    @property
    def mode(self) -> str:
        """`SYSTEM`, `LIGHT` or `DARK`: what was asked for."""
        return self._mode

    @property
    def scheme(self) -> str:
        """`LIGHT` or `DARK`: what is shown."""
        if self._mode in (LIGHT, DARK):
            return self._mode
        return DARK if self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT

    def set_mode(self, mode: str) -> None:
        """Change it; an unknown word means `SYSTEM`."""
        self._mode = mode if mode in (LIGHT, DARK) else SYSTEM
        wish = {LIGHT: Qt.ColorScheme.Light, DARK: Qt.ColorScheme.Dark}.get(self._mode, Qt.ColorScheme.Unknown)
        self._app.styleHints().setColorScheme(wish)  # title bars and native dialogs follow, where there are any
        self._follow()

    @Slot()
    def _follow(self) -> None:
        self._app.setPalette(palette(self.scheme))
        self._app.setStyleSheet(_SHEET)  # again, for `palette(…)` is looked up when it is set

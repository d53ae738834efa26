"""The flat buttons above a picture: a sign, its name for tooltips and screen readers, and no claim on the keyboard."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QWidget


def bar_button(parent: QWidget, sign: str, name: str, action: Callable[[], object]) -> QToolButton:
    """A button that shows `sign` and does `action`; its keys belong to the picture below."""
    button = QToolButton(parent)
    button.setText(sign)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    font = button.font()
    font.setPointSizeF(font.pointSizeF() * 1.4)
    button.setFont(font)
    button.setMinimumSize(36, 30)
    button.clicked.connect(action)
    return button

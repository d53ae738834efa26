"""What the colours of a map mean: a line of folders, or the shades from near to far."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.gallery_model import tooltip
from gui.guard import guarded

_SWATCH, _GAP, _RAMP = 10, 14, 120  # pixels
_WIDEST = 150  # of a folder's name


class MapLegend(QWidget):
    """One line. Names that find no room are counted at its end; the tooltip has all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[tuple[QColor, str], ...] = ()
        self._ramp: tuple[QColor, ...] = ()
        self._ends = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Colours"))

    @property
    def names(self) -> list[str]:
        """What has a colour, from left to right."""
        return [*self._ends] if self._ramp else [name for _, name in self._entries]

    def show_names(self, entries: Sequence[tuple[QColor, str]]) -> None:
        """A swatch and a name each."""
        self._entries, self._ramp = tuple(entries), ()
        self._tell(", ".join(name for _, name in entries))

    def show_ramp(self, shades: Sequence[QColor], near: str, far: str) -> None:
        """The shades, with a word at each end."""
        self._entries, self._ramp, self._ends = (), tuple(shades), (near, far)
        self._tell(f"{near} – {far}")

    def _tell(self, text: str) -> None:
        self.setToolTip(tooltip(text))
        self.setAccessibleDescription(text)
        self.update()

    @guarded(lambda: QSize(200, 24))
    def sizeHint(self) -> QSize:
        return QSize(200, self.fontMetrics().height() + 8)

    @guarded(lambda: QSize(40, 20))
    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.fontMetrics().height() + 8)

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._ramp:
                self._paint_ramp(painter)
            else:
                self._paint_names(painter)

    def _paint_names(self, painter: QPainter) -> None:
        measure, middle, left = self.fontMetrics(), self.height() / 2, 8.0
        for number, (colour, name) in enumerate(self._entries):
            text = measure.elidedText(name, Qt.TextElideMode.ElideMiddle, _WIDEST)
            width = measure.horizontalAdvance(text)
            rest = f"+{len(self._entries) - number}"
            last = number == len(self._entries) - 1
            room = 0 if last else measure.horizontalAdvance(rest) + _GAP
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            if left + _SWATCH + 6 + width + room > self.width():
                painter.drawText(QPointF(left, middle + measure.capHeight() / 2), rest)
                return
            painter.drawText(QPointF(left + _SWATCH + 6, middle + measure.capHeight() / 2), text)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(left, middle - _SWATCH / 2, _SWATCH, _SWATCH))
            left += _SWATCH + 6 + width + _GAP

    def _paint_ramp(self, painter: QPainter) -> None:
        measure, middle, left = self.fontMetrics(), self.height() / 2, 8.0
        near, far = self._ends
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(QPointF(left, middle + measure.capHeight() / 2), near)
        left += measure.horizontalAdvance(near) + 8
        gradient = QLinearGradient(left, 0, left + _RAMP, 0)
        for step, shade in enumerate(self._ramp):
            gradient.setColorAt(step / max(1, len(self._ramp) - 1), shade)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(QRectF(left, middle - 4, _RAMP, 8), 4, 4)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(QPointF(left + _RAMP + 8, middle + measure.capHeight() / 2), far)

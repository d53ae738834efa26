"""One measure for each label as bars, the best on top, in the colours of the palette."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import messages
from gui.gallery_model import shown_text
from gui.guard import guarded

_ROW_PX = 6  # beside the height of a line
_GAP = 8
_NAME_SHARE = 0.4  # of the width, at most


@dataclass(frozen=True, slots=True)
class Bar:
    """One label: `value` lies between 0 and 1, None where no query of it counts; `queries` were counted."""

    label: str
    value: float | None
    queries: int


class ClassChart(QWidget):
    """Bars over a scale from 0 to 1, with the value at the end of each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[Bar, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Each label"))

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is drawn, from top to bottom."""
        return self._bars

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show these, the highest first; labels without a value stand last."""
        self._bars = tuple(sorted(bars, key=lambda bar: (bar.value is None, -(bar.value or 0.0), bar.label)))
        self.setAccessibleDescription("; ".join(self._spoken(bar) for bar in self._bars))
        self.updateGeometry()
        self.update()

    def _spoken(self, bar: Bar) -> str:
        value = self.tr("not measured") if bar.value is None else messages.distance(bar.value, 3)
        text = self.tr("%1: %2 (%Ln query(s))", None, bar.queries)
        return text.replace("%1", shown_text(bar.label)).replace("%2", value)

    def _row_height(self) -> int:
        return self.fontMetrics().height() + _ROW_PX

    @guarded(lambda: QSize(320, 100))
    def sizeHint(self) -> QSize:
        return QSize(320, max(1, len(self._bars)) * self._row_height())

    @guarded(lambda: QSize(200, 100))
    def minimumSizeHint(self) -> QSize:
        return QSize(200, max(1, len(self._bars)) * self._row_height())

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        height, measure = self._row_height(), self.fontMetrics()
        names = [shown_text(bar.label) for bar in self._bars]
        widest = max((measure.horizontalAdvance(name) for name in names), default=0)
        left = min(widest + 2, int(self.width() * _NAME_SHARE)) + _GAP
        room = self.width() - left - measure.horizontalAdvance("0.000") - _GAP
        first = max(0, event.rect().top() // height)
        last = min(len(self._bars), event.rect().bottom() // height + 1)
        colours = self.palette()
        with QPainter(self) as painter:
            for row in range(first, last):
                bar, top = self._bars[row], row * height
                line = QRectF(0, top, left - _GAP, height)
                painter.setPen(colours.color(QPalette.ColorRole.WindowText))
                name = measure.elidedText(names[row], Qt.TextElideMode.ElideMiddle, left - _GAP)
                painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
                track = QRectF(left, top + 3, max(1, room), height - 6)
                painter.fillRect(track, colours.color(QPalette.ColorRole.Midlight))
                value = min(1.0, max(0.0, bar.value or 0.0))
                filled = QRectF(track.left(), track.top(), track.width() * value, track.height())
                painter.fillRect(filled, colours.color(QPalette.ColorRole.Highlight))
                text = "–" if bar.value is None else messages.distance(bar.value, 3)
                end = QRectF(track.right() + _GAP, top, self.width() - track.right() - _GAP, height)
                painter.drawText(end, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    @guarded(False)
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // self._row_height()
            if 0 <= row < len(self._bars):
                QToolTip.showText(event.globalPos(), self._spoken(self._bars[row]), self)
                return True
        return bool(super().event(event))

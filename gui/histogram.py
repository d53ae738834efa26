"""All distances of one query as bars, with a limit that can be dragged: what lies below it is kept."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import messages
from gui.guard import guarded

_GRIP = 4.0  # half the width of the grip, pixels
_MARGIN = 8  # left and right of the bars, pixels
_BAR_PX = 3  # as wide as a bar at least is
_NEAR_PART = 0.01  # of the photos: Page Up and Page Down move the limit past so many

_Key = Qt.Key


class DistanceHistogram(QWidget):
    """Bars of distances, nearest on the left. Drag the line or use the arrow keys; Delete or a double click removes it.

    `limit_changed(float or None)`: the user moved or removed the limit; None keeps everything.
    """

    limit_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sorted: NDArray[np.float32] = np.empty(0, np.float32)
        self._limit: float | None = None
        self._dragging = False
        self._hovered = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Distances of all photos"))
        self._describe()

    # -- what is shown ---------------------------------------------------------------------------------------------

    def set_distances(self, distances: NDArray[np.floating] | None) -> None:
        """Show the distances of another query, in any order (ascending is fastest); None: there is no query."""
        values = np.empty(0, np.float32) if distances is None else np.asarray(distances, dtype=np.float32)
        if len(values) > 1 and not (values[1:] >= values[:-1]).all():
            values = np.sort(values)
        self._sorted = values
        self._describe()
        self.update()

    def set_limit(self, limit: float | None) -> None:
        """Put the line somewhere; tells nobody."""
        self._limit = limit
        self._describe()
        self.update()

    @property
    def limit(self) -> float | None:
        """What is kept lies at or below it; None: everything is kept."""
        return self._limit

    @property
    def count(self) -> int:
        """How many distances there are."""
        return len(self._sorted)

    @property
    def kept(self) -> int:
        """How many lie at or below the limit."""
        return self.kept_by(self._limit)

    def kept_by(self, limit: float | None) -> int:
        """How many would be kept."""
        if limit is None:
            return len(self._sorted)
        return int(np.searchsorted(self._sorted, np.float32(limit), side="right"))

    def span(self) -> tuple[float, float]:
        """The distances at the left and at the right end."""
        if not len(self._sorted):
            return 0.0, 1.0
        # From the nearest photo, or from 0 where that is not far: the room left of the first bar means something.
        low, high = float(self._sorted[0]), float(self._sorted[-1])
        low = 0.0 if low < 0.5 * high else low
        return low, high if high > low else low + 1.0

    def bars(self, number: int) -> NDArray[np.int64]:
        """How many distances fall into each of `number` equal parts of the span."""
        low, high = self.span()
        edges = np.linspace(low, high, number + 1)
        inner = np.searchsorted(self._sorted, edges[1:-1].astype(np.float32), side="left")
        return np.diff(np.concatenate(([0], inner, [len(self._sorted)])))

    # -- geometry --------------------------------------------------------------------------------------------------

    def _plot(self) -> QRectF:
        line = self.fontMetrics().height()
        return QRectF(_MARGIN, 4, max(1, self.width() - 2 * _MARGIN), max(1, self.height() - line - 8))

    def position_of(self, distance: float) -> float:
        """The x of a distance, in pixels of the widget."""
        low, high = self.span()
        plot = self._plot()
        return plot.left() + plot.width() * min(1.0, max(0.0, (distance - low) / (high - low)))

    def distance_at(self, x: float) -> float:
        """The distance at an x of the widget."""
        low, high = self.span()
        plot = self._plot()
        return low + (high - low) * min(1.0, max(0.0, (x - plot.left()) / plot.width()))

    # -- painting --------------------------------------------------------------------------------------------------

    @guarded(lambda: QSize(200, 96))
    def sizeHint(self) -> QSize:
        return QSize(200, 96)

    @guarded(lambda: QSize(120, 72))
    def minimumSizeHint(self) -> QSize:
        return QSize(120, 72)

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colours, plot = self.palette(), self._plot()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.color(QPalette.ColorRole.Base))
            ground = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
            if self.hasFocus():
                painter.setPen(QPen(colours.color(QPalette.ColorRole.Highlight), 1.5))
            painter.drawRoundedRect(ground, 6, 6)
            if not len(self._sorted):
                painter.setPen(colours.color(QPalette.ColorRole.PlaceholderText))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("No query yet"))
                return
            self._paint_bars(painter, plot)
            self._paint_scale(painter, plot)
            if self._limit is not None:
                self._paint_limit(painter, plot)

    def _paint_bars(self, painter: QPainter, plot: QRectF) -> None:
        number = max(8, min(60, int(plot.width()) // _BAR_PX))
        counts = self.bars(number)
        # The root lets a handful of near photos be seen beside thousands of far ones.
        heights = np.sqrt(counts / max(1, counts.max())) * plot.height()
        heights = np.where(counts > 0, np.maximum(heights, 1.5), 0)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        rest = self.palette().color(QPalette.ColorRole.Mid)
        width = plot.width() / number
        limit = plot.right() + 1 if self._limit is None else self.position_of(self._limit)
        painter.setPen(Qt.PenStyle.NoPen)
        for bar in np.flatnonzero(counts):
            left = plot.left() + float(bar) * width
            box = QRectF(left, plot.bottom() - float(heights[bar]), max(1.0, width - 1), float(heights[bar]))
            painter.setBrush(accent if left + width / 2 <= limit else rest)
            painter.drawRect(box)

    def _paint_scale(self, painter: QPainter, plot: QRectF) -> None:
        low, high = self.span()
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        line = QRectF(plot.left(), plot.bottom() + 1, plot.width(), self.height() - plot.bottom() - 2)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, messages.distance(low, 2))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, messages.distance(high, 2))
        if self._limit is not None:
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, f"≤ {messages.distance(self._limit)}")

    def _paint_limit(self, painter: QPainter, plot: QRectF) -> None:
        assert self._limit is not None
        x = self.position_of(self._limit)
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        size = _GRIP + (1 if self._hovered or self._dragging else 0)
        painter.drawEllipse(QPointF(x, plot.center().y()), size, size)

    # -- mouse and keyboard ----------------------------------------------------------------------------------------

    @guarded()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and len(self._sorted):
            self._dragging = True
            self._choose(self.distance_at(event.position().x()))

    @guarded()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._choose(self.distance_at(event.position().x()))
            return
        near = self._limit is not None and abs(event.position().x() - self.position_of(self._limit)) <= 2 * _GRIP
        if near != self._hovered:
            self._hovered = near
            self.setCursor(Qt.CursorShape.SplitHCursor) if near else self.unsetCursor()
            self.update()

    @guarded()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._dragging:
            self._dragging = False
            if self._limit is not None and self._limit >= self.span()[1]:
                self._choose(None)  # dragged to the right end: no limit

    @guarded()
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False
            self._choose(None)

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        low, high = self.span()
        now = high if self._limit is None else self._limit
        step = (high - low) / 100
        photos = max(1, round(len(self._sorted) * _NEAR_PART))
        if not len(self._sorted):
            event.ignore()
        elif event.key() in (_Key.Key_Left, _Key.Key_Down):
            self._choose(max(low, now - step))
        elif event.key() in (_Key.Key_Right, _Key.Key_Up):
            self._choose(now + step if now + step < high else None)
        elif event.key() == _Key.Key_PageDown:
            self._choose(self._distance_of(self.kept - photos))
        elif event.key() == _Key.Key_PageUp:
            self._choose(self._distance_of(self.kept + photos))
        elif event.key() == _Key.Key_Home:
            self._choose(low)
        elif event.key() in (_Key.Key_End, _Key.Key_Delete, _Key.Key_Backspace):
            self._choose(None)
        else:
            event.ignore()

    def _distance_of(self, kept: int) -> float | None:
        """The limit that keeps so many: a hair above the last of them, whose distance is rounded here."""
        if kept >= len(self._sorted):
            return None
        return float(np.nextafter(self._sorted[max(0, kept - 1)], np.float32(np.inf)))

    @guarded()
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @guarded()
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _choose(self, limit: float | None) -> None:
        if limit != self._limit:
            self.set_limit(limit)
            self.limit_changed.emit(limit)

    def _describe(self) -> None:
        """What a screen reader says."""
        if not len(self._sorted):
            text = self.tr("No query yet")
        elif self._limit is None:
            text = self.tr("No limit: all {count} photos").format(count=self.count)
        else:
            text = self.tr("Limit {limit}: {kept} of {count} photos").format(
                limit=messages.distance(self._limit),
                kept=messages.number(self.kept),
                count=messages.number(self.count),
            )
        self.setAccessibleDescription(text)
        self.setToolTip(text)

"""The query's picture, on which a rectangle can be drawn to search with that part alone."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.guard import guarded
from gui.session_state import Region

SMALLEST = 0.04  # of a side: a smaller rectangle is a click that shook
STEP = 0.02  # of a side, for each press of an arrow key


class QueryPicture(QWidget):
    """Shows a picture whole, with the region that is searched with left bright.

    Drag a rectangle, or press R and move it with the arrow keys (Shift resizes, Enter searches, Esc gives up).
    `region_chosen` carries four fractions (left, top, right, bottom), or None for the whole picture.
    """

    region_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Query picture"))
        self.setAccessibleDescription(self.tr("Press R to choose a part of the picture to search with"))
        self._image = QImage()
        self._region: Region | None = None  # what is searched with
        self._draft: QRectF | None = None  # what is being drawn, in fractions
        self._anchor: QPointF | None = None

    # -- what is shown ---------------------------------------------------------------------------------------------

    def set_picture(self, image: QImage) -> None:
        """Show another picture, upright."""
        self._image = image
        self._draft = self._anchor = None
        self.updateGeometry()
        self.update()

    def set_region(self, region: Region | None) -> None:
        self._region = region
        self._draft = None
        self.update()

    @property
    def region(self) -> Region | None:
        return self._region

    def picture_rect(self) -> QRectF:
        """Where the picture lies in the widget."""
        if self._image.isNull():
            return QRectF(self.rect())
        size = QSize(self._image.width(), self._image.height())
        scaled = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - scaled.width()) / 2
        return QRectF(left, (self.height() - scaled.height()) / 2, scaled.width(), scaled.height())

    @guarded(lambda: QSize(220, 165))
    def sizeHint(self) -> QSize:
        return QSize(220, 165)

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = self.picture_rect()
        if self._image.isNull():
            painter.fillRect(box, self.palette().alternateBase())
        else:
            painter.drawImage(box, self._image)
        shown = self._draft or (
            QRectF(QPointF(*self._region[:2]), QPointF(*self._region[2:])) if self._region else None
        )
        if shown is not None:
            self._paint_region(painter, box, shown)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_region(self, painter: QPainter, box: QRectF, part: QRectF) -> None:
        inner = QRectF(
            box.left() + part.left() * box.width(),
            box.top() + part.top() * box.height(),
            part.width() * box.width(),
            part.height() * box.height(),
        )
        shade = QColor(0, 0, 0, 140)
        painter.fillRect(QRectF(box.topLeft(), QPointF(box.right(), inner.top())), shade)
        painter.fillRect(QRectF(QPointF(box.left(), inner.bottom()), box.bottomRight()), shade)
        painter.fillRect(QRectF(QPointF(box.left(), inner.top()), inner.bottomLeft()), shade)
        painter.fillRect(QRectF(inner.topRight(), QPointF(box.right(), inner.bottom())), shade)
        painter.setPen(QPen(Qt.GlobalColor.white, 1))
        painter.drawRect(inner)

    # -- mouse -----------------------------------------------------------------------------------------------------

    @guarded()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._image.isNull():
            self._anchor = self._fraction(event.position())
            self._draft = None

    @guarded()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._anchor is not None:
            self._draft = QRectF(self._anchor, self._fraction(event.position())).normalized()
            self.update()

    @guarded()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._anchor is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._anchor = None
        self._choose_draft()

    # -- keyboard --------------------------------------------------------------------------------------------------

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if self._image.isNull():
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_R:
            self._draft = QRectF(0.25, 0.25, 0.5, 0.5)
            self.update()
        elif key == Qt.Key.Key_Escape and (self._draft is not None or self._region is not None):
            if self._draft is None:
                self.region_chosen.emit(None)
            self._draft = None
            self.update()
        elif self._draft is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose_draft()
        elif self._draft is not None and key in _ARROWS:
            self._nudge(*_ARROWS[Qt.Key(key)], resize=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)

    @guarded()
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @guarded()
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # -- the rectangle ---------------------------------------------------------------------------------------------

    def _fraction(self, position: QPointF) -> QPointF:
        box = self.picture_rect()
        x = (position.x() - box.left()) / max(1.0, box.width())
        y = (position.y() - box.top()) / max(1.0, box.height())
        return QPointF(min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))

    def _nudge(self, right: int, down: int, *, resize: bool) -> None:
        assert self._draft is not None
        draft = QRectF(self._draft)
        if resize:
            draft.setWidth(min(1.0 - draft.left(), max(SMALLEST, draft.width() + right * STEP)))
            draft.setHeight(min(1.0 - draft.top(), max(SMALLEST, draft.height() + down * STEP)))
        else:
            draft.moveLeft(min(1.0 - draft.width(), max(0.0, draft.left() + right * STEP)))
            draft.moveTop(min(1.0 - draft.height(), max(0.0, draft.top() + down * STEP)))
        self._draft = draft
        self.update()

    def _choose_draft(self) -> None:
        draft, self._draft = self._draft, None
        self.update()
        if draft is None or draft.width() < SMALLEST or draft.height() < SMALLEST:
            return
        self.region_chosen.emit((draft.left(), draft.top(), draft.right(), draft.bottom()))


_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}

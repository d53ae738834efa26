"""A picture that can be zoomed and moved with mouse, wheel and keys, and on which a rectangle can be drawn."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.guard import guarded

LARGEST_ZOOM = 32.0  # device pixels to a pixel of the picture
LARGEST_FIT = 3.0  # a small picture is enlarged so far to fill the widget: as sharp as it can be without being tiny
ZOOM_STEP = 1.25
SMALLEST_REGION = 0.02  # of a side: less is a click that shook
_PAN_STEP = 0.1  # of the widget, for a press of an arrow key

_Key, _Mod = Qt.Key, Qt.KeyboardModifier
_ARROWS = {_Key.Key_Left: (-1, 0), _Key.Key_Right: (1, 0), _Key.Key_Up: (0, -1), _Key.Key_Down: (0, 1)}


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is looked at, in terms that fit a picture of any size.

    `zoom` is 1 where the whole picture fits; (`x`, `y`) is the point in the middle, in fractions.
    """

    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5


FIT = Look()


class ImageView(QWidget):
    """Shows a picture whole until it is zoomed. `size` of the full picture may exceed that of the image at hand.

    `look_changed(Look)`: zoomed or moved by the user. `detail_wanted()`: the image at hand is too coarse for this zoom.
    `region_selected(QRectF)`: a rectangle was drawn, in fractions of the picture; only while `region_mode` is set.
    """

    look_changed = Signal(object)
    detail_wanted = Signal()
    region_selected = Signal(QRectF)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Picture"))
        self._images: list[QImage] = []  # of one picture, coarse to fine
        self._size = QSize()  # of the full picture
        self._look = FIT
        self._message = ""
        self._overlay: QImage | None = None
        self._overlay_box = QRectF()
        self._dragged_from: QPointF | None = None
        self._region_mode = False
        self._region_from: QPointF | None = None
        self._region: QRectF | None = None

    # -- what is shown ---------------------------------------------------------------------------------------------

    def set_image(self, image: QImage, size: QSize | None = None) -> None:
        """Show another picture, whole. `size`: of the full picture, where `image` is a reduced copy."""
        self._images = [] if image.isNull() else [image]
        self._size = size or image.size()
        self._message = ""
        self._overlay = None
        self._look = FIT
        self._region = self._region_from = self._dragged_from = None
        self._update_cursor()
        self.update()

    def add_detail(self, image: QImage) -> None:
        """A finer image of the picture that is shown; zoom and position stay."""
        if self._images and image.width() > self._images[-1].width():
            self._images.append(image)
            self.update()

    def set_message(self, text: str) -> None:
        """Say something in place of a picture."""
        self.set_image(QImage())
        self._message = text

    def set_overlay(self, image: QImage | None, box: QRectF) -> None:
        """Lay a translucent image over the part `box` (fractions) of the picture, until another picture is shown."""
        self._overlay, self._overlay_box = image, box
        self.update()

    @property
    def has_overlay(self) -> bool:
        return self._overlay is not None

    @property
    def has_image(self) -> bool:
        return bool(self._images)

    @property
    def detail(self) -> int:
        """The longer side, in pixels, of the finest image at hand."""
        return max(self._images[-1].width(), self._images[-1].height()) if self._images else 0

    @property
    def region_mode(self) -> bool:
        """Whether dragging draws a rectangle rather than moves the picture."""
        return self._region_mode

    @region_mode.setter
    def region_mode(self, on: bool) -> None:
        self._region_mode = on
        self._region = self._region_from = None
        self._update_cursor()
        self.update()

    # -- zoom and position -----------------------------------------------------------------------------------------

    @property
    def look(self) -> Look:
        """How the picture is looked at."""
        return self._look

    def set_look(self, look: Look) -> None:
        """Look at it in that way, as far as it is possible; tells nobody."""
        look = self._held(look)
        if look != self._look:
            self._look = look
            self._update_cursor()
            self.update()
        if self._images and self._coarse():
            self.detail_wanted.emit()

    def fit(self) -> None:
        """Show the whole picture."""
        self._change(FIT)

    def one_to_one(self, at: QPointF | None = None) -> None:
        """One pixel of the picture to one of the screen; the point `at` (of the widget) stays where it is."""
        self._zoom_to(1.0 / max(self._fit_scale(), 1e-9), at)

    def _fit_or_one_to_one(self, at: QPointF | None = None) -> None:
        if self._look == FIT:
            self.one_to_one(at)
        else:
            self.fit()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Nearer or further away; the point `at` (of the widget) stays where it is."""
        self._zoom_to(self._look.zoom * factor, at)

    def pan(self, dx: float, dy: float) -> None:
        """Move what is seen by so many pixels of the widget."""
        shown = self._shown_size()
        if not shown.isEmpty():
            look = self._look
            self._change(Look(look.zoom, look.x + dx / shown.width(), look.y + dy / shown.height()))

    @property
    def percent(self) -> float:
        """The zoom as people know it: 100 is one pixel to one device pixel."""
        return 100 * self._fit_scale() * self._look.zoom

    def _fit_scale(self) -> float:
        """Device pixels to a pixel of the picture when it fits."""
        if self._size.isEmpty():
            return 1.0
        ratio = self.devicePixelRatioF()
        across, down = self.width() * ratio / self._size.width(), self.height() * ratio / self._size.height()
        return max(1e-6, min(LARGEST_FIT * ratio, across, down))

    def _shown_size(self) -> QSizeF:
        scale = self._fit_scale() * self._look.zoom / self.devicePixelRatioF()
        return QSizeF(self._size.width() * scale, self._size.height() * scale)

    def picture_rect(self) -> QRectF:
        """Where the whole picture lies, in coordinates of the widget; larger than it when zoomed."""
        shown = self._shown_size()
        left = self.width() / 2 - self._look.x * shown.width()
        top = self.height() / 2 - self._look.y * shown.height()
        return QRectF(QPointF(left, top), shown)

    def _held(self, look: Look) -> Look:
        """The nearest possible look: no nearer than `LARGEST_ZOOM`, and no empty margin where the picture is larger."""
        fit, ratio = self._fit_scale(), self.devicePixelRatioF()
        zoom = max(min(1.0, 1.0 / fit), min(max(1.0, LARGEST_ZOOM / fit), look.zoom))

        def inside(centre: float, room: float, length: int) -> float:
            half = room * ratio / (2 * max(1e-9, length * fit * zoom))
            return 0.5 if half >= 0.5 else min(1.0 - half, max(half, centre))

        return Look(
            zoom, inside(look.x, self.width(), self._size.width()), inside(look.y, self.height(), self._size.height())
        )

    def _zoom_to(self, zoom: float, at: QPointF | None) -> None:
        old = self.picture_rect()
        if old.isEmpty():
            return
        point = QPointF(self.width() / 2, self.height() / 2) if at is None else at
        zoom = self._held(Look(zoom)).zoom
        x, y = (point.x() - old.left()) / old.width(), (point.y() - old.top()) / old.height()
        growth = zoom / self._look.zoom
        width, height = old.width() * growth, old.height() * growth
        centre_x = x + (self.width() / 2 - point.x()) / width
        centre_y = y + (self.height() / 2 - point.y()) / height
        self._change(Look(zoom, centre_x, centre_y))

    def _change(self, look: Look) -> None:
        before = self._look
        self.set_look(look)
        if self._look != before:
            self.look_changed.emit(self._look)

    def _coarse(self) -> bool:
        """Whether the screen could show more than the finest image has."""
        finest = self._images[-1]
        return finest.width() < self._size.width() and self._fit_scale() * self._look.zoom * self._size.width() > (
            finest.width() * 1.2
        )

    def _update_cursor(self) -> None:
        if self._region_mode and self._images:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif self._look.zoom > 1.0:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded(lambda: QSize(320, 240))
    def sizeHint(self) -> QSize:
        return QSize(320, 240)

    @guarded(lambda: QSize(80, 60))
    def minimumSizeHint(self) -> QSize:
        return QSize(80, 60)

    @guarded()
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.set_look(self._look)

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if not self._images:
                painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().adjusted(12, 12, -12, -12), flags, self._message)
                return
            box = self.picture_rect()
            needed = box.width() * self.devicePixelRatioF()
            image = next((image for image in self._images if image.width() >= needed), self._images[-1])
            # Beyond 300 % the pixels themselves are what is looked at.
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.percent < 300)
            part = box.intersected(QRectF(self.rect()))
            across, down = image.width() / box.width(), image.height() / box.height()
            source = QRectF(
                (part.left() - box.left()) * across,
                (part.top() - box.top()) * down,
                part.width() * across,
                part.height() * down,
            )
            painter.drawImage(part, image, source)
            if self._overlay is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(_inside(box, self._overlay_box), self._overlay)
            if self._region is not None:
                self._paint_region(painter, box)

    def _paint_region(self, painter: QPainter, box: QRectF) -> None:
        assert self._region is not None
        inner = _inside(box, self._region)
        painter.save()
        painter.setClipRect(box.intersected(QRectF(self.rect())))
        shade = QColor(0, 0, 0, 130)
        painter.fillRect(QRectF(box.topLeft(), QPointF(box.right(), inner.top())), shade)
        painter.fillRect(QRectF(QPointF(box.left(), inner.bottom()), box.bottomRight()), shade)
        painter.fillRect(QRectF(QPointF(box.left(), inner.top()), inner.bottomLeft()), shade)
        painter.fillRect(QRectF(inner.topRight(), QPointF(box.right(), inner.bottom())), shade)
        painter.setPen(QPen(QColor(255, 255, 255), 1.5))
        painter.drawRect(inner)
        painter.restore()

    @guarded()
    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        if steps and self._images:
            self.zoom_by(ZOOM_STEP**steps, event.position())
            event.accept()

    @guarded(False)
    def event(self, event: object) -> bool:
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch and self._images:
            self.zoom_by(1.0 + event.value(), event.position())
            return True
        return bool(super().event(event))  # type: ignore[arg-type]

    @guarded()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._images:
            event.ignore()
        elif self._region_mode:
            self._region_from = self._fraction(event.position())
            self._region = None
        else:
            self._dragged_from = event.position()
            if self._look.zoom > 1.0:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)

    @guarded()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._region_from is not None:
            self._region = QRectF(self._region_from, self._fraction(event.position())).normalized()
            self.update()
        elif self._dragged_from is not None:
            moved = self._dragged_from - event.position()
            self._dragged_from = event.position()
            self.pan(moved.x(), moved.y())

    @guarded()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._dragged_from = None
        self._update_cursor()
        if self._region_from is None:
            return
        region, self._region, self._region_from = self._region, None, None
        self.update()
        if region is not None and min(region.width(), region.height()) >= SMALLEST_REGION:
            self.region_selected.emit(region)

    @guarded()
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._images or self._region_mode:
            event.ignore()
        else:
            self._fit_or_one_to_one(event.position())

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        if modifiers & (_Mod.ControlModifier | _Mod.AltModifier | _Mod.MetaModifier) or not self._images:
            event.ignore()
        elif key in (_Key.Key_Plus, _Key.Key_Equal):
            self.zoom_by(ZOOM_STEP)
        elif key == _Key.Key_Minus:
            self.zoom_by(1 / ZOOM_STEP)
        elif key == _Key.Key_0:
            self.fit()
        elif key in (_Key.Key_1, _Key.Key_Z):
            if key == _Key.Key_Z:
                self._fit_or_one_to_one()
            else:
                self.one_to_one()
        elif key in _ARROWS and (modifiers & _Mod.ShiftModifier):
            right, down = _ARROWS[_Key(key)]
            self.pan(right * self.width() * _PAN_STEP, down * self.height() * _PAN_STEP)
        elif key == _Key.Key_Escape and self._region_from is not None:
            self._region = self._region_from = None
            self.update()
        else:
            event.ignore()

    def _fraction(self, point: QPointF) -> QPointF:
        box = self.picture_rect()
        x = (point.x() - box.left()) / max(1.0, box.width())
        y = (point.y() - box.top()) / max(1.0, box.height())
        return QPointF(min(1.0, max(0.0, x)), min(1.0, max(0.0, y)))


def _inside(box: QRectF, part: QRectF) -> QRectF:
    """A part, in fractions, of a box."""
    return QRectF(
        box.left() + part.left() * box.width(),
        box.top() + part.top() * box.height(),
        part.width() * box.width(),
        part.height() * box.height(),
    )

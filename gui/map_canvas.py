"""What people do with a map: move, zoom, point, click, and walk along the photos with the arrow keys."""

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from gui.guard import guarded
from gui.map_picture import HOVER_SIDE, MapPicture
from gui.map_points import nearest_point, neighbour
from gui.map_scene import Scene
from gui.thumbnails import Thumbnails

CLICK_DELAY_MS = 220  # as in the grid: a click waits for a second one
ZOOM_STEP = 1.3
HOVER_REACH = 14.0  # pixels around the pointer in which a dot is taken for the one that is meant
PAN_STEP = 0.15  # of the window, by Shift and an arrow
_HOVER_CLIENT = "map-hover"

_Key = Qt.Key
_ARROWS = {
    _Key.Key_Left: (-1.0, 0.0),
    _Key.Key_Right: (1.0, 0.0),
    _Key.Key_Up: (0.0, 1.0),
    _Key.Key_Down: (0.0, -1.0),
}


class MapCanvas(MapPicture):
    """Signals carry paths as Python objects.

    `query_requested(path)`: a click or Enter. `view_requested(path)`: double click or Space.
    `current_changed(path or None)`: where the keyboard is. `menu_requested(global QPoint, [path])`.
    """

    query_requested = Signal(object)
    view_requested = Signal(object)
    current_changed = Signal(object)
    menu_requested = Signal(QPoint, object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(thumbnails, parent)
        self._pressed: QPointF | None = None
        self._dragged = QPointF()  # where the pointer was last while the button is down
        self._clicked: str | None = None
        self._click = QTimer(self, singleShot=True, interval=CLICK_DELAY_MS)
        self._click.timeout.connect(self._ask)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._describe()

    # -- for the page ----------------------------------------------------------------------------------------------

    @property
    def click_delay_ms(self) -> int:
        """How long a click waits for a second one before it asks for a query."""
        return self._click.interval()

    @click_delay_ms.setter
    def click_delay_ms(self, delay: int) -> None:
        self._click.setInterval(delay)

    def set_scene(self, scene: Scene) -> None:
        """Show something else. The same photos in the same places in other colours stay where they are on the screen,
        and the photo that the keyboard is on stays so wherever it is now."""
        path = self.current_path()
        same_places = scene.points is self._scene.points
        self._scene = scene
        self._hovered = None
        self._current = None if path is None else scene.index_of(path)
        if not same_places:
            self.fit()
        self._renew()
        self._describe()
        if self.current_path() != path:
            self.current_changed.emit(self.current_path())

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Nearer by `factor` about a point of the widget, or about the current photo, or the middle."""
        if at is None:
            at = QPointF(self.width() / 2, self.height() / 2)
            place = None if self._current is None else self.place_of(self._current)
            if place is not None and self.rect().contains(place.toPoint()):
                at = place
        self._move_to(self._look.zoomed(factor, at.x(), at.y(), self.width(), self.height(), self._fit))

    def current_path(self) -> str | None:
        """The photo that the keyboard is on."""
        return None if self._current is None else self._scene.path(self._current)

    def set_current_path(self, path: str | None) -> bool:
        """Put the keyboard on a photo and show where it is; False where the map has it not."""
        index = None if path is None else self._scene.index_of(path)
        self._set_current(index, show=True)
        return index is not None

    # -- where the keyboard is -------------------------------------------------------------------------------------

    def _set_current(self, index: int | None, *, show: bool = False) -> None:
        if show and index is not None:
            self._show(index)
        if index == self._current:
            return
        self._current = index
        self._describe()
        self.update()
        self.current_changed.emit(self.current_path())

    def _show(self, index: int) -> None:
        """Move the picture so that a photo is in it."""
        place, margin = self.place_of(index), 24
        if not self.rect().adjusted(margin, margin, -margin, -margin).contains(place.toPoint()):
            self._move_to(self._look.moved(self.width() / 2 - place.x(), self.height() / 2 - place.y()))

    def _start(self) -> int | None:
        """Where the keyboard begins: at the query, else at the photo in the middle."""
        if self._scene.queries:
            return self._scene.queries[0]
        self._prepare()
        return nearest_point(self._screen, self.width() / 2, self.height() / 2, float("inf"))

    def _describe(self) -> None:
        """What a screen reader says: what the map is of, and the photo that the keyboard is on."""
        name = self.tr("Map of photos")
        if self._current is not None:
            name = f"{name}: {self._scene.spoken(self._current)}"
        self.setAccessibleName(name)
        self.setAccessibleDescription(self._scene.description)
        if QAccessible.isActive() and self.hasFocus():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded()
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @guarded()
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    @guarded()
    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if turned:
            self.zoom(ZOOM_STEP ** (turned / 120), event.position())
        event.accept()

    @guarded()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._click.stop()
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._dragged = event.position()
            index = self._at(event.position())
            self._clicked = None if index is None else self._scene.path(index)

    @guarded()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position()
        if self._pressed is None:
            self._hover(self._at(point))
            return
        far = (point - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._clicked is None or far:
            self._clicked = None
            self._hover(None)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            by = point - self._dragged
            self._dragged = point
            self._move_to(self._look.moved(by.x(), by.y()))

    @guarded()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        self._pressed = None
        self.unsetCursor()
        if self._clicked is not None:
            self._set_current(self._scene.index_of(self._clicked))
            self._click.start()

    @guarded()
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._click.stop()
        if event.button() == Qt.MouseButton.LeftButton and self._clicked is not None:
            self.view_requested.emit(self._clicked)

    @Slot()
    def _ask(self) -> None:
        if self._clicked is not None:
            self.query_requested.emit(self._clicked)

    @guarded()
    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    @guarded()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index, at = self._at(QPointF(event.pos())), event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self._current
            at = at if index is None else self.mapToGlobal(self.place_of(index).toPoint())
        if index is not None:
            self._set_current(index)
            self.menu_requested.emit(at, [self._scene.path(index)])

    def _at(self, point: QPointF) -> int | None:
        """The photo that is meant by a point: the thumbnail there, else the nearest dot."""
        self._prepare()
        for index, box in self._thumbs:
            if self._box_of(index, box).contains(point):
                return index
        return nearest_point(self._screen, point.x(), point.y(), HOVER_REACH)

    def _hover(self, index: int | None) -> None:
        if index is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        if index == self._hovered:
            return
        self._hovered = index
        side = round(HOVER_SIDE * self.devicePixelRatioF())
        self._thumbnails.want(() if index is None else (self._wanted(index, side),), _HOVER_CLIENT)
        self.update()

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        others = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if others or not len(self._scene.points):
            super().keyPressEvent(event)
        elif key in _ARROWS and shift:
            dx, dy = _ARROWS[_Key(key)]
            self._look, self._fitted = (
                self._look.moved(-dx * PAN_STEP * self.width(), dy * PAN_STEP * self.height()),
                False,
            )
            self._renew()
        elif key in _ARROWS:
            index = self._current
            index = self._start() if index is None else neighbour(self._scene.points, index, *_ARROWS[_Key(key)])
            if index is not None:
                self._set_current(index, show=True)
        elif key in (_Key.Key_Plus, _Key.Key_Equal):
            self.zoom(ZOOM_STEP)
        elif key == _Key.Key_Minus:
            self.zoom(1 / ZOOM_STEP)
        elif key == _Key.Key_0:
            self.fit()
        elif key in (_Key.Key_Return, _Key.Key_Enter, _Key.Key_Space) and self._current is not None:
            signal = self.view_requested if key == _Key.Key_Space else self.query_requested
            signal.emit(self._scene.path(self._current))
        else:
            super().keyPressEvent(event)

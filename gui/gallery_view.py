"""The grid as the window uses it: what clicks, keys and the rubber band mean."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QCursor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from gui.gallery_grid import GAP, GridView
from gui.gallery_model import GalleryItems, GalleryModel, StackRole
from gui.gallery_selection import SelectedPaths
from gui.guard import guarded
from gui.thumbnails import Thumbnails

SMALLEST_TILE, LARGEST_TILE, TILE_STEP = 80, 400, 20
CLICK_DELAY_MS = 220  # most double clicks are quicker; a click alone should not feel slow
_AUTOSCROLL_MS = 16
_MOST_KEPT = 2000  # selected photos that are looked up by name when the library itself has changed

_Key, _Mod = Qt.Key, Qt.KeyboardModifier
_MOVES = {
    _Key.Key_Left: QAbstractItemView.CursorAction.MoveLeft,
    _Key.Key_Right: QAbstractItemView.CursorAction.MoveRight,
    _Key.Key_Up: QAbstractItemView.CursorAction.MoveUp,
    _Key.Key_Down: QAbstractItemView.CursorAction.MoveDown,
    _Key.Key_Home: QAbstractItemView.CursorAction.MoveHome,
    _Key.Key_End: QAbstractItemView.CursorAction.MoveEnd,
    _Key.Key_PageUp: QAbstractItemView.CursorAction.MovePageUp,
    _Key.Key_PageDown: QAbstractItemView.CursorAction.MovePageDown,
}


class GalleryView(GridView):
    """Photos as tiles. Signals carry paths as Python objects: a `str` signal loses bytes that are no UTF-8.

    `query_requested(path)`: a click without Ctrl or Shift. `view_requested(path)`: double click, Enter or Space.
    `menu_requested(global QPoint, paths)`: right click or the menu key; `paths` is a sequence of what is selected.
    `unfold_requested(row)`: a click on the count of a stack. `add_requested(paths, sign)`: + or − was pressed.
    `current_changed(path or None)`: where the keyboard is.
    `selection_changed(count)`; `tile_size_changed(pixels)`: by Ctrl and the wheel, or by `tile_size`.
    """

    query_requested = Signal(object)
    view_requested = Signal(object)
    menu_requested = Signal(QPoint, object)
    unfold_requested = Signal(int)
    add_requested = Signal(object, int)
    current_changed = Signal(object)
    selection_changed = Signal(int)
    tile_size_changed = Signal(int)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(thumbnails, parent)
        self._pressed_path: str | None = None
        self._pressed_at: QPoint | None = None  # in coordinates of the whole grid
        self._pressed_with = _Mod.NoModifier
        self._click = QTimer(self, singleShot=True, interval=CLICK_DELAY_MS)
        self._click.timeout.connect(self._ask)
        self._autoscroll = QTimer(self, interval=_AUTOSCROLL_MS)
        self._autoscroll.timeout.connect(self._scroll_band)
        self.setAccessibleName(self.tr("Photos"))
        self._gallery.modelReset.connect(self._on_reset)

    # -- for the window --------------------------------------------------------------------------------------------

    @property
    def gallery(self) -> GalleryModel:
        """The model, to be read; `show_items` and `refresh_items` change what it holds."""
        return self._gallery

    @property
    def tile_size(self) -> int:
        """The side in pixels of the square that a photo fits into."""
        return self._delegate.tile_size

    @tile_size.setter
    def tile_size(self, side: int) -> None:
        side = max(SMALLEST_TILE, min(LARGEST_TILE, side))
        if side != self._delegate.tile_size:
            self._delegate.tile_size = side
            self.doItemsLayout()
            self.tile_size_changed.emit(side)

    @property
    def numbers(self) -> bool:
        """Whether tiles show rank and distance."""
        return self._delegate.numbers

    @numbers.setter
    def numbers(self, shown: bool) -> None:
        if shown != self._delegate.numbers:
            self._delegate.numbers = shown
            self.doItemsLayout()

    @property
    def click_delay_ms(self) -> int:
        """How long a click waits for a second one before it asks for a query."""
        return self._click.interval()

    @click_delay_ms.setter
    def click_delay_ms(self, delay: int) -> None:
        self._click.setInterval(delay)

    def show_items(self, items: GalleryItems) -> None:
        """Show something else: from the top, with nothing selected."""
        self._top = (0, -GAP)
        self._gallery.set_items(items)

    def refresh_items(self, items: GalleryItems) -> None:
        """Show the same list as it is now: what is on the screen, selected and current stays where it still exists."""
        row, below = self._top
        top = self._gallery.path(row) if row < len(self._gallery.items) else None
        at_start = row == 0 and below <= 0
        current = self.current_path()
        before, selected = self._gallery.items.paths, self.selected_paths()
        self._gallery.set_items(items)
        row_of = self._gallery.row_of
        if top is not None and not at_start and (new_row := row_of(top)) is not None:
            self._top = (new_row, below)
            self.updateGeometries()
        if len(selected):
            at = selected.positions if items.paths is before else _places(items.paths, selected[:_MOST_KEPT])
            self._selecting.select_rows(self._gallery.rows_at(at))
        if current is not None and (new_row := row_of(current)) is not None:
            self.setAutoScroll(False)
            self._selecting.move(new_row)
            self.setAutoScroll(True)

    def current_path(self) -> str | None:
        """The photo that the keyboard is on."""
        row = self.currentIndex().row()
        return self._gallery.path(row) if 0 <= row < len(self._gallery.items) else None

    def set_current_path(self, path: str) -> bool:
        """Select one photo and scroll to it; False if it is not in the grid."""
        row = self._gallery.row_of(path)
        if row is None:
            return False
        self._selecting.choose(row)
        self.scrollTo(self._gallery.index(row))
        return True

    def selected_count(self) -> int:
        """How many photos are selected."""
        return self._selecting.count()

    def selected_paths(self) -> SelectedPaths:
        """The selected photos in the order of the grid."""
        return self._selecting.paths()

    def set_marks(self, marks: Mapping[str, int]) -> None:
        """Show which photos are marked: path -> 1 "like this" or −1 "not this"."""
        self._gallery.marks = marks
        self.viewport().update()

    def invert_selection(self) -> None:
        """Select what is not selected."""
        self._selecting.invert()

    @guarded()
    def selectAll(self) -> None:
        self._selecting.everything()

    # -- what Qt tells ---------------------------------------------------------------------------------------------

    @Slot()
    def _on_reset(self) -> None:
        self._selecting.forget()
        self._autoscroll.stop()
        self._pressed_at = None
        self.selection_changed.emit(0)
        self.current_changed.emit(None)

    @guarded()
    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        # QListView's own would list every selected index for the screen reader.
        QAbstractItemView.selectionChanged(self, selected, deselected)
        if QAccessible.isActive() and not selected.isEmpty():
            event = QAccessibleEvent(self, QAccessible.Event.Selection)
            event.setChild(selected.at(0).top())
            QAccessible.updateAccessibility(event)
        self.selection_changed.emit(self._selecting.count())

    @guarded()
    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().currentChanged(current, previous)
        self.current_changed.emit(self._gallery.path(current.row()) if current.isValid() else None)

    @guarded()
    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Only for Qt's own callers; clicks and bands here go through `GallerySelection`."""
        box = rect.normalized().translated(0, self.verticalScrollBar().value())
        selection = QItemSelection()
        for first, last in self._geometry.ranges_in(box.left(), box.top(), box.right() + 1, box.bottom() + 1):
            selection.append(QItemSelection(self._gallery.index(first), self._gallery.index(last)).at(0))
        self.selectionModel().select(selection, command)

    @guarded()
    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts of the window; a search by first letter would read every name."""

    # -- mouse -----------------------------------------------------------------------------------------------------

    @guarded()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        point, modifiers = event.position().toPoint(), event.modifiers()
        row = self._row_at(point)
        self._click.stop()
        if event.button() == Qt.MouseButton.RightButton:
            if row is None:
                self._selecting.nothing()
            elif not self._selecting.is_selected(row):
                self._selecting.choose(row)
            else:
                self._selecting.move(row)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if row is not None and not modifiers and self._on_badge(row, point):
            self._pressed_path = None
            self.unfold_requested.emit(row)
            return
        self._pressed_at = point + QPoint(0, self.verticalScrollBar().value())
        self._pressed_with = modifiers
        self._pressed_path = None if row is None else self._gallery.path(row)
        if row is None:
            if not modifiers & (_Mod.ControlModifier | _Mod.ShiftModifier):
                self._selecting.nothing()
        elif modifiers & _Mod.ShiftModifier:
            self._selecting.extend(row, keep=bool(modifiers & _Mod.ControlModifier))
        elif modifiers & _Mod.ControlModifier:
            self._selecting.toggle(row)
        else:
            self._selecting.choose(row)

    @guarded()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._pressed_at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            self._hover(self._row_at(point))
            return
        if self._band is None:
            moved = point + QPoint(0, self.verticalScrollBar().value()) - self._pressed_at
            if moved.manhattanLength() < QApplication.startDragDistance():
                return
            self._begin_band()
        self._stretch_band(point)
        if self.viewport().rect().contains(point):
            self._autoscroll.stop()
        elif not self._autoscroll.isActive():
            self._autoscroll.start()

    @guarded()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed_at is None:
            return
        self._pressed_at = None
        if self._band is not None:
            self._autoscroll.stop()
            self._band = None
            self.viewport().update()
        elif self._pressed_path is not None and not self._pressed_with & (_Mod.ControlModifier | _Mod.ShiftModifier):
            self._click.start()

    @guarded()
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        modifiers = event.modifiers() & (_Mod.ControlModifier | _Mod.ShiftModifier)
        if event.button() != Qt.MouseButton.LeftButton or modifiers:
            self.mousePressEvent(event)
            return
        # The photo of the first click, whatever stands there now: a slow double click may have brought a new ranking.
        self._click.stop()
        if self._pressed_path is not None:
            self.view_requested.emit(self._pressed_path)

    @Slot()
    def _ask(self) -> None:
        if self._pressed_path is not None:
            self.query_requested.emit(self._pressed_path)

    def _on_badge(self, row: int, point: QPoint) -> bool:
        """Whether a point lies on the count of the row's stack."""
        role, size = self._gallery.stack(row)
        return role in (StackRole.FOLDED, StackRole.UNFOLDED) and self._delegate.badge_rect(
            self._rect(row), size
        ).contains(point)

    def _begin_band(self) -> None:
        toggle = bool(self._pressed_with & _Mod.ControlModifier)
        if toggle and self._pressed_path is not None and (row := self._gallery.row_of(self._pressed_path)) is not None:
            self._selecting.toggle(row)  # the press turned it over; the band is to do it once, not twice
        self._selecting.begin_band(keep=bool(self._pressed_with & _Mod.ShiftModifier), toggle=toggle)

    def _stretch_band(self, point: QPoint) -> None:
        if self._pressed_at is None:
            return
        offset = QPoint(0, self.verticalScrollBar().value())
        self._band = QRect(self._pressed_at - offset, point).normalized().intersected(self.viewport().rect())
        whole = QRect(self._pressed_at, point + offset).normalized()
        self._selecting.stretch_band(self._geometry, whole.left(), whole.top(), whole.right() + 1, whole.bottom() + 1)
        self.viewport().update()

    @Slot()
    def _scroll_band(self) -> None:
        """The mouse is outside with the button down: scroll, the faster the further away it is."""
        point = self.viewport().mapFromGlobal(QCursor.pos())
        height = self.viewport().height()
        beyond = point.y() if point.y() < 0 else max(0, point.y() - height)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + beyond // 2)
        self._stretch_band(point)

    @guarded()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            current = self.currentIndex()
            if not current.isValid():
                return
            self.scrollTo(current)
            if not self._selecting.is_selected(current.row()):
                self._selecting.choose(current.row())
            at = self.viewport().mapToGlobal(self.visualRect(current).center())
        self.menu_requested.emit(at, self.selected_paths())

    @guarded()
    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & _Mod.ControlModifier:
            self.tile_size += TILE_STEP if event.angleDelta().y() > 0 else -TILE_STEP
            event.accept()
        else:
            super().wheelEvent(event)

    # -- keyboard --------------------------------------------------------------------------------------------------

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        control, shift = bool(modifiers & _Mod.ControlModifier), bool(modifiers & _Mod.ShiftModifier)
        current = self.currentIndex().row()
        event.accept()
        if key in _MOVES and not modifiers & (_Mod.AltModifier | _Mod.MetaModifier):
            self._walk(self.moveCursor(_MOVES[_Key(key)], modifiers).row(), control, shift)
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._selecting.everything()
        elif key == _Key.Key_Space and control and current >= 0:
            self._selecting.toggle(current)
        elif key in (_Key.Key_Return, _Key.Key_Enter, _Key.Key_Space) and not control and current >= 0:
            self.view_requested.emit(self._gallery.path(current))
        elif key in (_Key.Key_Plus, _Key.Key_Minus) and not control and current >= 0:
            chosen = self.selected_paths() if self.selected_count() else [self._gallery.path(current)]
            self.add_requested.emit(chosen, 1 if key == _Key.Key_Plus else -1)
        else:
            event.ignore()

    def _walk(self, row: int, control: bool, shift: bool) -> None:
        if row < 0:
            return
        if shift:
            self._selecting.extend(row, keep=control)
        elif control:
            self._selecting.move(row)
        else:
            self._selecting.choose(row)


def _places(paths: Sequence[str], wanted: Sequence[str]) -> NDArray[np.int64]:
    """Where some photos stand in sorted `paths`, without those that are gone."""
    found = [bisect_left(paths, path) for path in wanted]
    return np.array(
        [at for at, path in zip(found, wanted, strict=True) if at < len(paths) and paths[at] == path], dtype=np.int64
    )

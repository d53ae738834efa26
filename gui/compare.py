"""The query and a result side by side, zoomed and moved as one; one key flicks between them in the same place."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.bar_button import bar_button
from gui.caption import photo_caption
from gui.compare_heat import CompareHeat
from gui.elided_label import ElidedLabel
from gui.gallery_model import EMPTY, GalleryItems, GalleryModel, shown_text
from gui.guard import guarded
from gui.image_view import ImageView, Look
from gui.pictures import FULL, Picture, Pictures
from gui.query_side import QuerySide

_Key, _Mod = Qt.Key, Qt.KeyboardModifier


class _Pane(QWidget):
    """A picture and the line above it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.file: Path | None = None
        self.caption = ElidedLabel(self)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.view = ImageView(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.caption)
        layout.addWidget(self.view, 1)

    def describe(self, text: str) -> None:
        self.caption.set_line(text)
        self.view.setAccessibleName(text)


class Compare(QWidget):
    """A page of the window. Left and Right change the result; Tab flicks; H tells why they match; Esc goes back, first
    to side by side.

    `current_changed(path)`: another result is compared. `closed()`. `full_screen_requested()`.
    """

    current_changed = Signal(object)
    closed = Signal()
    full_screen_requested = Signal()

    def __init__(self, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self._rows = GalleryModel(self)
        self._root = Path()
        self._row = 0
        self._query = QuerySide("")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Comparison"))
        self.left, self.right = _Pane(self), _Pane(self)
        for pane, other in ((self.left, self.right), (self.right, self.left)):
            pane.view.installEventFilter(self)
            pane.view.look_changed.connect(other.view.set_look)
            pane.view.look_changed.connect(self._on_look)
            pane.view.detail_wanted.connect(self._want)
        self.setFocusProxy(self.right.view)
        self.heat = CompareHeat(self.left.view, self.right.view, self)
        self._hint = QLabel(self)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        # A long hint, in any language, must not say how narrow the window can be.
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._hint.setForegroundRole(self._hint.palette().ColorRole.PlaceholderText)
        self._lay_out()
        pictures.arrived.connect(self._arrived)
        self._write_hint()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 6, 12, 6)
        bar.setSpacing(8)
        bar.addWidget(bar_button(self, "✕", self.tr("Back to the photos (Esc)"), self.closed.emit))
        bar.addWidget(self._hint, 1)
        bar.addWidget(self.heat.button)
        self._previous = bar_button(self, "‹", self.tr("Previous result (Left)"), lambda: self.step(-1))
        self._next = bar_button(self, "›", self.tr("Next result (Right)"), lambda: self.step(1))
        bar.addWidget(self._previous)
        bar.addWidget(self._next)
        panes = QHBoxLayout()
        panes.setContentsMargins(12, 0, 12, 12)
        panes.setSpacing(12)
        panes.addWidget(self.left, 1)
        panes.addWidget(self.right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addLayout(panes, 1)
        layout.addWidget(self.heat.note)

    # -- for the window --------------------------------------------------------------------------------------------

    def show_pair(self, query: QuerySide, root: Path, items: GalleryItems, row: int) -> None:
        """Compare the query with the photo of one row; the arrow keys go along the others."""
        self._query = query
        self._root = root
        self._rows.set_items(items)
        self._side_by_side()
        self.left.file = query.file
        self.left.describe(self.tr("Query: {name}").format(name=shown_text(query.name)))
        self.left.view.set_message("")
        if query.image is not None:
            self.left.view.set_image(query.image)
        elif query.file is not None and (picture := self._pictures.get(query.file)) is not None:
            self._display(self.left, picture)
        self._show(row)

    def path(self) -> str | None:
        """The result that is shown, relative to the library."""
        return self._rows.path(self._row) if self._row < len(self._rows.items) else None

    def step(self, by: int) -> None:
        """Go along the results; stops at both ends."""
        row = max(0, min(len(self._rows.items) - 1, self._row + by))
        if row != self._row:
            self._show(row)

    def flick(self) -> None:
        """Show the other picture in the place of this one; from side by side, first the query alone."""
        to_left = not self.right.isHidden()
        self.left.setHidden(not to_left)
        self.right.setHidden(to_left)
        (self.left if to_left else self.right).view.setFocus()
        self.heat.lines.update()
        self._write_hint()

    @property
    def flicking(self) -> bool:
        """Whether one picture stands in the place of both."""
        return self.left.isHidden() or self.right.isHidden()

    def clear(self) -> None:
        """Let go of the pictures."""
        self.heat.clear()
        self._rows.set_items(EMPTY)
        self._row = 0
        for pane in (self.left, self.right):
            pane.file = None
            pane.view.set_message("")
            pane.describe("")
        self._pictures.want(())

    # -- showing ---------------------------------------------------------------------------------------------------

    def _side_by_side(self) -> None:
        self.left.show()
        self.right.show()
        self.right.view.setFocus()
        self.heat.lines.update()
        self._write_hint()

    def _show(self, row: int) -> None:
        self._row = row
        self._previous.setEnabled(row > 0)
        self._next.setEnabled(row < len(self._rows.items) - 1)
        pane = self.right
        pane.file = self._root / self._rows.path(row)
        pane.describe(photo_caption(self._rows, row, None))
        picture = self._pictures.get(pane.file)
        if picture is None:
            pane.view.set_message("")
        else:
            self._display(pane, picture)
        self.heat.set_pair(self._query, pane.file)
        self._want()
        self.current_changed.emit(self.path())

    def _display(self, pane: _Pane, picture: Picture) -> None:
        if picture.failure:
            pane.view.set_message(self.tr("This picture cannot be read."))
            return
        pane.view.set_image(picture.image, picture.size)
        pane.view.set_look(self._other(pane).view.look)
        if pane is self.right:
            pane.describe(photo_caption(self._rows, self._row, picture.size))
        self.heat.show_again()

    def _other(self, pane: _Pane) -> _Pane:
        return self.right if pane is self.left else self.left

    @Slot()
    def _want(self) -> None:
        side = max(64, round(min(self.width(), self.height()) * self.devicePixelRatioF()))
        files = [pane.file for pane in (self.right, self.left) if pane.file is not None]
        wishes = [(file, side) for file in files]
        wishes += [
            (pane.file, FULL)
            for pane in (self.right, self.left)
            if pane.file is not None and pane.view.has_image and pane.view.look.zoom > 1.0
        ]
        rows = range(len(self._rows.items))
        wishes += [(self._root / self._rows.path(row), side) for row in (self._row + 1, self._row - 1) if row in rows]
        self._pictures.want(wishes)

    @Slot(object)
    def _arrived(self, picture: Picture) -> None:
        for pane in (self.left, self.right):
            if pane.file == picture.file:
                if pane.view.has_image:
                    pane.view.add_detail(picture.image)
                else:
                    self._display(pane, picture)

    @Slot(object)
    def _on_look(self, look: Look) -> None:
        self._write_hint()

    def _write_hint(self) -> None:
        if self.flicking:
            self._hint.setText(self.tr("Tab: the other picture · Esc: side by side"))
        else:
            self._hint.setText(
                self.tr("Tab: one in the place of the other · H: why · +, −, 0: zoom · Left, Right: results")
            )

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded(lambda: QSize(800, 480))
    def sizeHint(self) -> QSize:
        return QSize(800, 480)

    @guarded()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.heat.place()
        if self.isVisible():
            self._want()

    @guarded(False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tab would leave the picture: here it flicks."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == _Key.Key_Tab:
            self.flick()
            return True
        return bool(super().eventFilter(watched, event))

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.modifiers() & (_Mod.ControlModifier | _Mod.AltModifier | _Mod.MetaModifier):
            event.ignore()
        elif key in (_Key.Key_Right, _Key.Key_PageDown, _Key.Key_Down):
            self.step(1)
        elif key in (_Key.Key_Left, _Key.Key_PageUp, _Key.Key_Up):
            self.step(-1)
        elif key == _Key.Key_H:
            self.heat.toggle()
        elif key == _Key.Key_F:
            self.full_screen_requested.emit()
        elif key == _Key.Key_Escape and self.flicking:
            self._side_by_side()
        elif key == _Key.Key_Escape:
            self.closed.emit()
        else:
            event.ignore()

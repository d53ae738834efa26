"""One photo as large as the window, with the next and the previous one of the ranking a key away."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.bar_button import bar_button
from gui.caption import photo_caption
from gui.gallery_model import EMPTY, GalleryItems, GalleryModel, shown_name
from gui.guard import guarded
from gui.image_view import FIT, ImageView
from gui.pictures import FULL, Picture, Pictures

_Key, _Mod = Qt.Key, Qt.KeyboardModifier


class Viewer(QWidget):
    """A page of the window. Left and Right step along the rows; Esc closes; F asks for the full screen; Tab flicks to
    the query and back.

    `current_changed(path)`: another photo is shown. `closed()`. `full_screen_requested()`.
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
        self._query: Path | None = None
        self._flicked = False
        self._look = FIT  # what the picture on its way is to be looked at with
        self.view = ImageView(self)
        self.view.installEventFilter(self)
        self.setFocusProxy(self.view)
        self._caption = QLabel(self)
        self._caption.setTextFormat(Qt.TextFormat.PlainText)
        self._caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._zoom = QLabel(self)
        self._previous = bar_button(self, "‹", self.tr("Previous photo (Left)"), lambda: self.step(-1))
        self._next = bar_button(self, "›", self.tr("Next photo (Right)"), lambda: self.step(1))
        self._close = bar_button(self, "✕", self.tr("Back to the photos (Esc)"), self.closed.emit)
        self._lay_out()
        self.view.look_changed.connect(self._show_zoom)
        self.view.detail_wanted.connect(self._want)
        pictures.arrived.connect(self._arrived)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 6, 12, 6)
        bar.setSpacing(8)
        for widget, stretch in (
            (self._close, 0),
            (self._caption, 1),
            (self._zoom, 0),
            (self._previous, 0),
            (self._next, 0),
        ):
            bar.addWidget(widget, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.view, 1)  # to the very edges: on a full screen every pixel counts

    # -- for the window --------------------------------------------------------------------------------------------

    def show_photo(self, root: Path, items: GalleryItems, row: int) -> None:
        """Show the photo of one row; the arrow keys go along the others."""
        self._root = root
        self._rows.set_items(items)
        self._show(row)

    def show_file(self, file: Path) -> None:
        """Show one picture from anywhere, which has no neighbours."""
        self.show_photo(file.parent, GalleryItems((file.name,)), 0)

    def set_query(self, file: Path | None) -> None:
        """What Tab flicks to; None: nothing."""
        self._query = file

    def path(self) -> str | None:
        """The photo that is shown, relative to the library."""
        return self._rows.path(self._row) if self._row < len(self._rows.items) else None

    def step(self, by: int) -> None:
        """Go along the rows; stops at both ends."""
        row = max(0, min(len(self._rows.items) - 1, self._row + by))
        if row != self._row or self._flicked:
            self._show(row)

    def clear(self) -> None:
        """Let go of the picture."""
        self._rows.set_items(EMPTY)
        self._row = 0
        self.view.set_message("")
        self._pictures.want(())

    # -- showing ---------------------------------------------------------------------------------------------------

    def _file(self, row: int) -> Path:
        return self._root / self._rows.path(row)

    @property
    def _shown(self) -> Path | None:
        if self._flicked:
            return self._query
        return self._file(self._row) if len(self._rows.items) else None

    def _show(self, row: int) -> None:
        self._row = row
        self._flicked = False
        self._look = FIT
        self._previous.setEnabled(row > 0)
        self._next.setEnabled(row < len(self._rows.items) - 1)
        self._show_picture()
        self.current_changed.emit(self.path())

    def _show_picture(self) -> None:
        file = self._shown
        if file is None:
            return
        picture = self._pictures.get(file)
        if picture is not None:
            self._display(picture)
        else:
            self.view.set_message("")  # a word would only flash: most pictures arrive within two frames
            self._write_caption(None)
        self._want()

    def _display(self, picture: Picture) -> None:
        if picture.failure:
            self.view.set_message(self.tr("This picture cannot be read."))
        else:
            self.view.set_image(picture.image, picture.size)
            self.view.set_look(self._look)
        self._write_caption(picture)

    def _write_caption(self, picture: Picture | None) -> None:
        size = picture.size if picture is not None and not picture.failure else None
        if self._flicked:
            assert self._query is not None
            text = self.tr("Query: {name}").format(name=shown_name(self._query.name))
        else:
            text = photo_caption(self._rows, self._row, size)
        self._caption.setText(text)
        self.view.setAccessibleName(text)
        self._show_zoom()

    @Slot()
    def _want(self) -> None:
        """The picture that is shown comes first, in the detail that its zoom needs; then its neighbours."""
        file = self._shown
        if file is None:
            return
        side = self._side()
        picture = self._pictures.get(file)
        wishes = [(file, side)]
        if picture is not None and self.view.look.zoom > 1.0:
            wishes.append((file, FULL))
        rows = range(len(self._rows.items))
        wishes += [(self._file(self._row + by), side) for by in (1, -1) if self._row + by in rows]
        self._pictures.want(wishes)

    def _side(self) -> int:
        """The shorter side, in device pixels, that a picture needs to fill the page."""
        ratio = self.devicePixelRatioF()
        return max(64, round(min(self.view.width(), self.view.height()) * ratio))

    @Slot(object)
    def _arrived(self, picture: Picture) -> None:
        if picture.file != self._shown:
            return
        if self.view.has_image:
            self.view.add_detail(picture.image)
        else:
            self._display(picture)

    @Slot()
    def _show_zoom(self) -> None:
        self._zoom.setText(f"{self.view.percent:.0f} %" if self.view.has_image else "")

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded(lambda: QSize(640, 480))
    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    @guarded()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_zoom()
        if self.isVisible():
            self._want()

    @guarded(False)
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tab would leave the picture: it flicks, as long as there is something to flick to."""
        tab = event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == _Key.Key_Tab
        if watched is self.view and tab and self._query is not None and len(self._rows.items):
            self._flicked = not self._flicked
            if self.view.has_image:
                self._look = self.view.look
            self._show_picture()
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
        elif key == _Key.Key_Home:
            self.step(-len(self._rows.items))
        elif key == _Key.Key_End:
            self.step(len(self._rows.items))
        elif key == _Key.Key_F:
            self.full_screen_requested.emit()
        elif key in (_Key.Key_Escape, _Key.Key_Space, _Key.Key_Return, _Key.Key_Enter):
            self.closed.emit()
        else:
            event.ignore()

"""The list of groups of near-identical photos: pictures, facts, and what clicks and keys mean in it."""

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from engine.duplicate_search import Copy, CopyGroup
from gui.duplicates_model import PICTURE_PX, Column, DuplicatesModel
from gui.gallery_view import CLICK_DELAY_MS
from gui.guard import guarded
from gui.thumbnails import Thumbnails, Wanted

_CLIENT = "duplicates"
_Key, _Mod = Qt.Key, Qt.KeyboardModifier


class DuplicatesTree(QTreeView):
    """`query_requested(path)`: a click without Ctrl or Shift. `view_requested()`: double click, Enter or Space.
    `menu_requested(global QPoint)`. `changed()`: other photos are selected."""

    query_requested = Signal(object)
    view_requested = Signal()
    menu_requested = Signal(QPoint)
    changed = Signal()

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._blank = _on_square(None, self.devicePixelRatioF())
        self.copies = DuplicatesModel(self._picture, self)
        self._pressed: str | None = None
        self._click = QTimer(self, singleShot=True, interval=CLICK_DELAY_MS)
        self._click.timeout.connect(self._ask)
        self._look = QTimer(self, singleShot=True, interval=0)
        self._look.timeout.connect(self._want)
        self.setAccessibleName(self.tr("Groups of near-identical photos"))
        self.setModel(self.copies)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAllColumnsShowFocus(True)
        self.setExpandsOnDoubleClick(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setIconSize(QSize(PICTURE_PX, PICTURE_PX))
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(Column.FOLDER, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().selectionChanged.connect(lambda *_: self.changed.emit())
        self.verticalScrollBar().valueChanged.connect(self._look.start)
        self.expanded.connect(lambda _index: self._look.start())
        self.collapsed.connect(lambda _index: self._look.start())
        thumbnails.ready.connect(self._on_ready)
        thumbnails.cleared.connect(self._look.start)

    # -- what is shown ---------------------------------------------------------------------------------------------

    @property
    def click_delay_ms(self) -> int:
        """How long a click waits for a second one before it asks for a query."""
        return self._click.interval()

    @click_delay_ms.setter
    def click_delay_ms(self, delay: int) -> None:
        self._click.setInterval(delay)

    def set_groups(self, groups: Sequence[CopyGroup], stand_at: int = 0) -> None:
        """Show these groups; the keyboard goes to the first photo of the one numbered `stand_at`."""
        self._click.stop()
        self.copies.set_groups(groups)
        for row in range(len(groups)):
            self.setFirstColumnSpanned(row, self.rootIndex(), True)
        self.expandAll()
        widths = ((Column.PHOTO, 48), (Column.PIXELS, 13), (Column.SIZE, 11), (Column.CHANGED, 20))
        for column, letters in (*widths, (Column.SHARPNESS, 12), (Column.DISTANCE, 12)):
            self.setColumnWidth(column, letters * self.fontMetrics().averageCharWidth() + 16)
        if groups:
            group = self.copies.index(min(stand_at, len(groups) - 1), 0)
            first = self.copies.index(0, 0, group)
            self.selectionModel().setCurrentIndex(
                first, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            )
            self.scrollTo(first)
        self.changed.emit()
        self._look.start()

    def chosen(self) -> tuple[int, list[int]] | None:
        """The group that the keyboard is in, and which of its photos are selected: all of them for the group's own
        line. None for no group."""
        place = self.copies.place(self.currentIndex())
        if place is None:
            return None
        group, at = place
        selected = [self.copies.place(index) for index in self.selectionModel().selectedRows()]
        members = sorted({one[1] for one in selected if one is not None and one[0] == group and one[1] is not None})
        if at is None or (group, None) in selected:
            return group, list(range(len(self.copies.groups[group].copies)))
        return group, members or [at]

    def _picture(self, copy: Copy) -> QPixmap:
        pixmap = self._thumbnails.pixmap(copy.path, copy.content or None)
        return self._blank if pixmap is None else _on_square(pixmap, self.devicePixelRatioF())

    def _want(self) -> None:
        """Ask for the pictures on the screen."""
        side = round(PICTURE_PX * self.devicePixelRatioF())
        wanted = []
        index = self.indexAt(QPoint(0, 0))
        while index.isValid() and self.visualRect(index).top() < self.viewport().height():
            copy = self.copies.copy_at(index)
            if copy is not None:
                wanted.append(Wanted(copy.path, side, copy.content or None))
            index = self.indexBelow(index)
        self._thumbnails.want(wanted, client=_CLIENT)

    def _on_ready(self, _path: str) -> None:
        self.viewport().update()

    # -- mouse and keyboard ----------------------------------------------------------------------------------------

    def _ask(self) -> None:
        if self._pressed is not None:
            self.query_requested.emit(self._pressed)

    @guarded()
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._click.stop()
        super().mousePressEvent(event)
        copy = self.copies.copy_at(self.indexAt(event.position().toPoint()))
        plain = event.button() == Qt.MouseButton.LeftButton and not event.modifiers()
        self._pressed = copy.path if copy is not None and plain else None

    @guarded()
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            self._click.start()

    @guarded()
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._click.stop()
        self._pressed = None
        if self.copies.copy_at(self.indexAt(event.position().toPoint())) is not None:
            self.view_requested.emit()

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & (_Mod.ControlModifier | _Mod.AltModifier | _Mod.MetaModifier)
        if event.key() in (_Key.Key_Return, _Key.Key_Enter, _Key.Key_Space) and plain:
            self.view_requested.emit()
        else:
            super().keyPressEvent(event)

    @guarded()
    def keyboardSearch(self, search: str) -> None:
        """Letters are shortcuts of the window."""

    @guarded()
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).center())
        if self.currentIndex().isValid():
            self.menu_requested.emit(at)


def _on_square(pixmap: QPixmap | None, ratio: float) -> QPixmap:
    """The picture in the middle of a square of nothing, so that names stand in one line."""
    square = QPixmap(round(PICTURE_PX * ratio), round(PICTURE_PX * ratio))
    square.setDevicePixelRatio(ratio)
    square.fill(Qt.GlobalColor.transparent)
    if pixmap is not None:
        size = pixmap.deviceIndependentSize().scaled(PICTURE_PX, PICTURE_PX, Qt.AspectRatioMode.KeepAspectRatio)
        with QPainter(square) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            box = QRectF((PICTURE_PX - size.width()) / 2, (PICTURE_PX - size.height()) / 2, size.width(), size.height())
            painter.drawPixmap(box, pixmap, QRectF(pixmap.rect()))
    return square

"""A list view laid out as a grid by arithmetic: layout, scrolling and painting cost the same for 100 photos and 10⁶.

QListView's own layout takes 2.7 µs a photo, which is seconds for a million. It is subclassed all the same, rather than
QAbstractItemView, because a QListView is a list to a screen reader.
"""

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Slot,
)
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem, QWidget

from gui.gallery_delegate import GalleryDelegate
from gui.gallery_geometry import GridGeometry
from gui.gallery_model import GalleryModel
from gui.gallery_selection import GallerySelection
from gui.guard import guarded
from gui.thumbnails import Thumbnails, Wanted

GAP = 10  # pixels between tiles, at least

AnyIndex = QModelIndex | QPersistentModelIndex


class GridView(QListView):
    """Tiles of a `GalleryModel`, drawn by a `GalleryDelegate`; asks for the thumbnails that are looked at."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._gallery = GalleryModel(self)
        self._delegate = GalleryDelegate(thumbnails, self)
        self._selecting = GallerySelection(self._gallery, self)
        self._geometry = GridGeometry(0, 1, 1, 1, GAP)
        self._top = (0, -GAP)  # the first row on the screen and how far above the edge it begins: survives a resize
        self._arranging = False
        self._hovered: int | None = None
        self._band: QRect | None = None  # the rubber band, in coordinates of the viewport
        self._placeholder = ""
        self._wanted_rows: dict[str, int] = {}  # what an arriving thumbnail can repaint
        self._look = QTimer(self, singleShot=True, interval=0)  # one look after a burst of scrolling
        self._look.timeout.connect(self._want_thumbnails)
        thumbnails.ready.connect(self._repaint_path)
        thumbnails.cleared.connect(self._look.start)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setItemDelegate(self._delegate)
        self.setModel(self._gallery)

    @property
    def thumbnails(self) -> Thumbnails:
        """Where its pictures come from."""
        return self._thumbnails

    def set_placeholder(self, text: str) -> None:
        """What an empty grid says."""
        self._placeholder = text
        self.viewport().update()

    # -- geometry --------------------------------------------------------------------------------------------------

    def _rect(self, row: int) -> QRect:
        return QRect(*self._geometry.rect(row)).translated(0, -self.verticalScrollBar().value())

    def _row_at(self, point: QPoint) -> int | None:
        return self._geometry.row_at(point.x(), point.y() + self.verticalScrollBar().value())

    def _visible_rows(self, pages_above: float = 0, pages_below: float = 0) -> range:
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        return self._geometry.rows_between(int(top - pages_above * height), int(top + (1 + pages_below) * height))

    @guarded(QRect)
    def visualRect(self, index: AnyIndex) -> QRect:
        return self._rect(index.row()) if index.isValid() else QRect()

    @guarded(QModelIndex)
    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._row_at(point)
        return QModelIndex() if row is None else self._gallery.index(row)

    @guarded()
    def scrollTo(
        self, index: AnyIndex, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid():
            return
        bar, height, hints = self.verticalScrollBar(), self.viewport().height(), QAbstractItemView.ScrollHint
        _, top, _, tile_height = self._geometry.rect(index.row())
        at_top, at_bottom = top - GAP, top + tile_height + GAP - height
        if hint == hints.PositionAtCenter:
            bar.setValue((at_top + at_bottom) // 2)
        elif hint == hints.PositionAtTop or (hint == hints.EnsureVisible and at_top < bar.value()):
            bar.setValue(at_top)
        elif hint == hints.PositionAtBottom or (hint == hints.EnsureVisible and at_bottom > bar.value()):
            bar.setValue(min(at_top, at_bottom))

    @guarded(0)
    def horizontalOffset(self) -> int:
        return 0

    @guarded(0)
    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    @guarded(False)
    def isIndexHidden(self, index: AnyIndex) -> bool:
        return False

    @guarded(QModelIndex)
    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count, actions = len(self._gallery.items), QAbstractItemView.CursorAction
        if not count:
            return QModelIndex()
        current, columns = self.currentIndex().row(), self._geometry.columns
        if current < 0 and action not in (actions.MoveHome, actions.MoveEnd):
            visible = self._visible_rows()
            return self._gallery.index(visible.start if visible else 0)
        page = max(1, self.viewport().height() // self._geometry.line_height) * columns
        mirrored = self.isRightToLeft()
        step = {
            actions.MoveLeft: 1 if mirrored else -1,
            actions.MoveRight: -1 if mirrored else 1,
            actions.MovePrevious: -1,
            actions.MoveNext: 1,
            actions.MoveUp: -columns,
            actions.MoveDown: columns,
            actions.MovePageUp: -page,
            actions.MovePageDown: page,
            actions.MoveHome: -count,
            actions.MoveEnd: count + 1,
        }[action]
        row = current + step
        if step in (-columns, columns) and columns > 1 and not 0 <= row < count:
            # Up in the first line stays; down goes to the last photo only if there is a line below.
            row = count - 1 if step > 0 and current // columns < (count - 1) // columns else current
        return self._gallery.index(max(0, min(count - 1, row)))

    @guarded(QRegion)
    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """What selected tiles cover of the viewport, in whole lines: a region of single tiles would be slow."""
        visible, region = self._visible_rows(), QRegion()
        for number in range(selection.size()):
            part = selection.at(number)
            first, last = max(part.top(), visible.start), min(part.bottom(), visible.stop - 1)
            if first <= last:
                box = self._rect(first).united(self._rect(last))
                region = region.united(QRect(0, box.top(), self.viewport().width(), box.height()))
        return region

    # -- layout and scrolling --------------------------------------------------------------------------------------

    @guarded()
    def updateGeometries(self) -> None:
        """Grid and scroll bar follow the window and the tile; what stands first stays first."""
        if self._arranging:
            return
        self._arranging = True
        try:
            viewport, bar = self.viewport(), self.verticalScrollBar()
            extent = self._delegate.extent(self.font(), self._gallery.ranked)
            count = len(self._gallery.items)
            self._geometry = GridGeometry(count, viewport.width(), extent.width(), extent.height(), GAP)
            line, height = self._geometry.line_height, viewport.height()
            bar.setSingleStep(max(1, line // 3))
            bar.setPageStep(max(1, height // line) * line)
            bar.setRange(0, max(0, self._geometry.height - height))
            if viewport.width() != self._geometry.width:  # the scroll bar has come or gone
                self._geometry = GridGeometry(count, viewport.width(), extent.width(), extent.height(), GAP)
                bar.setRange(0, max(0, self._geometry.height - height))
            row, below = self._top
            self._top = (max(0, min(row, count - 1)), min(below, line))
            bar.setValue(self._geometry.rect(self._top[0])[1] + self._top[1])
        finally:
            self._arranging = False
        self._look.start()

    @guarded()
    def doItemsLayout(self) -> None:
        QAbstractItemView.doItemsLayout(self)

    @guarded()
    def resizeEvent(self, event: QResizeEvent) -> None:
        self.updateGeometries()

    @guarded()
    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if not self._arranging:
            visible = self._visible_rows()
            row = visible.start if visible else 0
            self._top = (row, self.verticalScrollBar().value() - self._geometry.rect(row)[1])
        viewport, hovered = self.viewport(), self._hovered
        self._hovered = None
        if self._band is None and self.devicePixelRatioF().is_integer():
            viewport.scroll(dx, dy)  # only the strip that comes into view is painted
            if hovered is not None:
                viewport.update(self._rect(hovered))
        else:
            viewport.update()  # at a ratio of 1.25 moved pixels would not lie on pixels
        self._look.start()

    @guarded()
    def dataChanged(self, first: AnyIndex, last: AnyIndex, roles: Sequence[int] = ()) -> None:
        QAbstractItemView.dataChanged(self, first, last, list(roles))

    @guarded()
    def reset(self) -> None:
        self._hovered = self._band = None
        super().reset()
        self.doItemsLayout()

    # -- painting --------------------------------------------------------------------------------------------------

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            if len(self._gallery.items):
                self._paint_tiles(painter, event.region())
            elif self._placeholder:
                painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.viewport().rect().adjusted(24, 24, -24, -24), flags, self._placeholder)
            if self._band is not None:
                colour = self.palette().color(QPalette.ColorRole.Highlight)
                painter.setPen(colour)
                colour.setAlphaF(0.15)
                painter.setBrush(colour)
                painter.drawRoundedRect(QRectF(self._band).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def _paint_tiles(self, painter: QPainter, region: QRegion) -> None:
        area = region.boundingRect()
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain = option.state & ~(QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_HasFocus)
        selected, current = self.selectionModel(), self.currentIndex().row() if self.hasFocus() else -1
        offset = self.verticalScrollBar().value()
        for row in self._geometry.rows_between(area.top() + offset, area.bottom() + 1 + offset):
            option.rect = self._rect(row)
            if not region.intersects(option.rect):
                continue  # two thumbnails arrived, far apart: what lies between need not be drawn again
            index = self._gallery.index(row)
            state = plain
            if selected.isSelected(index):
                state |= QStyle.StateFlag.State_Selected
            if row == self._hovered:
                state |= QStyle.StateFlag.State_MouseOver
            if row == current:
                state |= QStyle.StateFlag.State_HasFocus
            option.state = state
            self._delegate.paint(painter, option, index)

    def _hover(self, row: int | None) -> None:
        if row != self._hovered:
            for changed in (row, self._hovered):
                if changed is not None:
                    self.viewport().update(self._rect(changed))
            self._hovered = row

    @guarded(False)
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
        return super().viewportEvent(event)

    # -- thumbnails ------------------------------------------------------------------------------------------------

    @Slot()
    def _want_thumbnails(self) -> None:
        """Ask for what is on the screen, then the page below, then the page above, and for nothing else."""
        if not self.isVisible():
            return
        visible, around = self._visible_rows(), self._visible_rows(1, 1)
        rows = [*visible, *range(visible.stop, around.stop), *range(around.start, visible.start)]
        ratio = self.devicePixelRatioF()
        side = round(self._delegate.tile_size * ratio)
        model = self._gallery
        self._wanted_rows = {model.path(row): row for row in rows}
        self._thumbnails.set_ratio(ratio)
        self._thumbnails.want([Wanted(path, side, model.content(row)) for path, row in self._wanted_rows.items()])

    @Slot(object)
    def _repaint_path(self, path: str) -> None:
        if self._look.isActive():
            # The rows have changed since they were asked for: another client's picture may be of one that is shown now.
            self.viewport().update()
            return
        row = self._wanted_rows.get(path)
        if row is not None and row < len(self._gallery.items):
            self.viewport().update(self._rect(row))

"""One column of results: pictures with rank and distance, and where the other columns put them."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from engine.agreement import Placed
from gui import messages
from gui.gallery_model import shown_name, shown_text
from gui.thumbnails import Thumbnails, Wanted

SIDE_PX = 72


class ResultColumn(QWidget):
    """`chosen(path)`: a photo was selected; `opened(path)`: it was double-clicked, or Enter was pressed on it."""

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, title: str, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._client = f"column {id(self)}"
        self._rows: dict[str, int] = {}
        heading = QLabel(shown_text(title), self)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        self.list = QListWidget(self)
        self.list.setAccessibleName(title)
        self.list.setIconSize(QSize(SIDE_PX, SIDE_PX))
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        heading.setBuddy(self.list)
        self.list.currentItemChanged.connect(self._on_current)
        self.list.itemActivated.connect(lambda item: self.opened.emit(self._path(item)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addWidget(self.list)
        thumbnails.ready.connect(self._on_ready)
        thumbnails.cleared.connect(self._want)

    def set_results(self, placed: Sequence[Placed]) -> None:
        """Show these photos."""
        blank = QIcon(_on_square(None))
        self._rows = {one.match.path: row for row, one in enumerate(placed)}
        self.list.clear()
        for one in placed:
            numbers = f"{one.match.rank} · {messages.distance(one.match.distance, 4)}"
            item = QListWidgetItem(
                blank, f"{numbers}\n{shown_name(one.match.path)}\n{self.place_words(one)}", self.list
            )
            item.setData(Qt.ItemDataRole.UserRole, one.match.path)
            item.setToolTip(shown_text(one.match.path))
            if one.alone:
                font = item.font()
                font.setBold(True)
                item.setFont(font)
        self._want()
        for path in self._rows:
            self._on_ready(path)

    def place_words(self, one: Placed) -> str:
        """Where the others put it: “only here”, or by how many ranks higher or lower."""
        if one.alone:
            return self.tr("★ only this one found it")
        words = []
        for rank in one.other_ranks:
            if rank is None:
                words.append("–")
            elif rank == one.match.rank:
                words.append("=")
            else:
                moved = abs(rank - one.match.rank)
                # From this column to the other: ▲ there it stands higher.
                words.append(f"{'▲' if rank < one.match.rank else '▼'} {moved}")
        return self.tr("elsewhere %1").replace("%1", ", ".join(words))

    def select(self, path: str) -> None:
        """Select this photo without telling anybody, or nothing where the column does not have it."""
        self.list.blockSignals(True)
        row = self._rows.get(path)
        if row is None:
            self.list.setCurrentRow(-1)
            self.list.clearSelection()
        else:
            self.list.setCurrentRow(row)
            self.list.scrollToItem(self.list.item(row))
        self.list.blockSignals(False)

    @property
    def selected(self) -> str | None:
        """The selected photo."""
        item = self.list.currentItem()
        return None if item is None else self._path(item)

    @staticmethod
    def _path(item: QListWidgetItem) -> str:
        return str(item.data(Qt.ItemDataRole.UserRole))

    def _on_current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(self._path(item))

    def _want(self) -> None:
        side = round(SIDE_PX * self.devicePixelRatioF())
        self._thumbnails.want([Wanted(path, side) for path in self._rows], client=self._client)

    def _on_ready(self, path: str) -> None:
        row, pixmap = self._rows.get(path), self._thumbnails.pixmap(path)
        if row is not None and pixmap is not None and row < self.list.count():
            self.list.item(row).setIcon(QIcon(_on_square(pixmap)))


def _on_square(pixmap: QPixmap | None) -> QPixmap:
    """A picture in the middle of a square, so that the words beside it stand in line."""
    square = QPixmap(SIDE_PX, SIDE_PX)
    square.fill(Qt.GlobalColor.transparent)
    if pixmap is not None:
        scaled = pixmap.scaled(
            QSize(SIDE_PX, SIDE_PX), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter = QPainter(square)
        painter.drawPixmap((SIDE_PX - scaled.width()) // 2, (SIDE_PX - scaled.height()) // 2, scaled)
        painter.end()
    return square

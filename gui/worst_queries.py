"""The queries that a model serves worst, as pictures; a click asks for the ranking of one."""

import os
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from engine.evaluate import QueryScore
from gui import messages
from gui.gallery_model import shown_name, shown_text
from gui.thumbnails import Thumbnails, Wanted

SIDE_PX = 96
_CLIENT = "worst queries"


class WorstQueries(QListWidget):
    """A row of pictures, the worst first. `chosen(str)`: the name of the query, exactly as the evaluation has it."""

    chosen = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._scores: tuple[QueryScore, ...] = ()
        self.setAccessibleName(self.tr("The worst queries"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setMovement(QListView.Movement.Static)
        self.setWrapping(False)
        self.setWordWrap(True)
        self.setIconSize(QSize(SIDE_PX, SIDE_PX))
        lines = 3 * self.fontMetrics().lineSpacing()
        self.setGridSize(QSize(SIDE_PX + 52, SIDE_PX + lines + 12))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setFixedHeight(SIDE_PX + lines + 32)
        self.itemClicked.connect(self._on_chosen)
        self.itemActivated.connect(self._on_chosen)
        thumbnails.ready.connect(self._on_ready)
        thumbnails.cleared.connect(self._want)

    @property
    def scores(self) -> tuple[QueryScore, ...]:
        """What is shown, in order."""
        return self._scores

    def set_scores(self, scores: Sequence[QueryScore]) -> None:
        """Show these queries."""
        self._scores = tuple(scores)
        self.clear()
        blank = QIcon(_on_square(None))
        for score in scores:
            numbers = self.tr("AP %1, first hit %2").replace("%1", messages.distance(score.average_precision, 3))
            numbers = numbers.replace("%2", messages.number(score.first_rank))
            name = shown_name(score.query.replace(os.sep, "/"))
            item = QListWidgetItem(blank, f"{name}\n{shown_text(score.label)}\n{numbers}", self)
            item.setToolTip(shown_text(f"{score.query}\n{score.label}\n{numbers}"))
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._want()
        for score in scores:
            self._on_ready(score.query)

    def _want(self) -> None:
        side = round(SIDE_PX * self.devicePixelRatioF())
        # A query from outside has an absolute path, which stands for itself whatever the library's folder is.
        self._thumbnails.want([Wanted(score.query, side) for score in self._scores], client=_CLIENT)

    def _on_ready(self, path: str) -> None:
        pixmap = self._thumbnails.pixmap(path)
        for row, score in enumerate(self._scores):
            if score.query == path and pixmap is not None:
                self.item(row).setIcon(QIcon(_on_square(pixmap)))

    def _on_chosen(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self._scores[self.row(item)].query)


def _on_square(pixmap: QPixmap | None) -> QPixmap:
    """The picture at the foot of a square of nothing, so that the words beneath all pictures stand in one line."""
    ratio = pixmap.devicePixelRatioF() if pixmap is not None else 1.0
    square = QPixmap(round(SIDE_PX * ratio), round(SIDE_PX * ratio))
    square.setDevicePixelRatio(ratio)
    square.fill(Qt.GlobalColor.transparent)
    if pixmap is not None:
        size = pixmap.deviceIndependentSize().scaled(SIDE_PX, SIDE_PX, Qt.AspectRatioMode.KeepAspectRatio)
        with QPainter(square) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            box = QRectF((SIDE_PX - size.width()) / 2, SIDE_PX - size.height(), size.width(), size.height())
            painter.drawPixmap(box, pixmap, QRectF(pixmap.rect()))
    return square

"""How one tile of the grid is drawn: the photo, its name, and its rank and distance when there is a query."""

from typing import cast

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.gallery_model import GalleryModel, shown_name
from gui.guard import guarded
from gui.thumbnails import Thumbnails

PADDING = 8  # pixels between the edge of a tile and what stands in it
CORNER = 8.0  # radius of a tile's corners
_LINE_GAP = 3


def mixed(below: QColor, above: QColor, part: float) -> QColor:
    """The colour of `above` laid on `below` with the opacity `part`."""
    return QColor.fromRgbF(
        below.redF() + (above.redF() - below.redF()) * part,
        below.greenF() + (above.greenF() - below.greenF()) * part,
        below.blueF() + (above.blueF() - below.blueF()) * part,
    )


class GalleryDelegate(QStyledItemDelegate):
    """Draws tiles of the size that `extent` gives. Every colour comes from the palette of the option."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self.tile_size = 160  # the side of the square that the photo fits into
        self.numbers = True  # whether rank and distance are drawn

    def extent(self, font: QFont, ranked: bool) -> QSize:
        """The size of a tile."""
        line = QFontMetrics(font).height() + _LINE_GAP
        lines = 2 if ranked and self.numbers else 1
        return QSize(self.tile_size + 2 * PADDING, self.tile_size + 2 * PADDING + PADDING // 2 + lines * line)

    @guarded(QSize)
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return self.extent(option.font, cast("GalleryModel", index.model()).ranked)

    @guarded()
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model, row = cast("GalleryModel", index.model()), index.row()
        path = model.path(row)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._draw_card(painter, option)
        square = option.rect.adjusted(PADDING, PADDING, -PADDING, 0)
        square.setHeight(square.width())
        pixmap = self._thumbnails.pixmap(path, model.content(row))
        if pixmap is not None:
            _draw_photo(painter, square, pixmap)
        else:
            self._draw_missing(painter, option, square, self._thumbnails.failure(path))
        metrics = option.fontMetrics
        line = QRect(square.left(), square.bottom() + PADDING // 2 + _LINE_GAP, square.width(), metrics.height())
        distance = model.distance(row)
        text = _text_colour(option)
        if distance is not None and self.numbers:
            self._draw_numbers(painter, option, line, str(model.rank(row)), f"{distance:.4f}")
            line.translate(0, metrics.height() + _LINE_GAP)
            text = _quiet(option)
        painter.setFont(option.font)
        painter.setPen(text)
        name = metrics.elidedText(shown_name(path), Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, name)

    def _draw_card(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        palette, state = option.palette, option.state
        base, accent = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Highlight)
        alternate = palette.color(QPalette.ColorRole.AlternateBase)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setPen(Qt.PenStyle.NoPen)
        edge = QRectF(option.rect).adjusted(1, 1, -1, -1)
        if selected:
            painter.setBrush(mixed(base, accent, 0.26 if hovered else 0.20))
        elif hovered:
            painter.setBrush(mixed(alternate, palette.color(QPalette.ColorRole.Text), 0.06))
        else:
            painter.setBrush(alternate)
        if selected or focused:
            painter.setPen(QPen(accent if selected else mixed(base, accent, 0.6), 2.0 if selected else 1.5))
        painter.drawRoundedRect(edge, CORNER, CORNER)

    def _draw_numbers(
        self, painter: QPainter, option: QStyleOptionViewItem, line: QRect, rank: str, distance: str
    ) -> None:
        font = QFont(option.font)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(_text_colour(option))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, rank)
        painter.setFont(option.font)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, distance)

    def _draw_missing(self, painter: QPainter, option: QStyleOptionViewItem, square: QRect, failure: str) -> None:
        """An empty frame while the photo is being read; a sentence where it cannot be."""
        palette = option.palette
        base, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(base, text, 0.08))
        inset = square.width() // 8
        painter.drawRoundedRect(QRectF(square).adjusted(0, inset, 0, -inset), CORNER - 2, CORNER - 2)
        if failure:
            painter.setPen(_quiet(option))
            painter.setFont(option.font)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(square.adjusted(PADDING, inset, -PADDING, -inset), flags, self.tr("Cannot be read"))


def _text_colour(option: QStyleOptionViewItem) -> QColor:
    return option.palette.color(QPalette.ColorRole.Text)


def _quiet(option: QStyleOptionViewItem) -> QColor:
    """Text of the second order: still well above a contrast of 4.5 in both themes."""
    return mixed(option.palette.color(QPalette.ColorRole.Base), _text_colour(option), 0.72)


def _draw_photo(painter: QPainter, square: QRect, pixmap: QPixmap) -> None:
    """The photo in the middle of the square, as large as it fits, but with no pixel of it larger than one of ours."""
    size = pixmap.deviceIndependentSize()
    scale = min(pixmap.devicePixelRatio(), square.width() / size.width(), square.height() / size.height())
    width, height = size.width() * scale, size.height() * scale
    ratio = pixmap.devicePixelRatio()
    # On whole device pixels, or a photo of exactly the right size would be blurred.
    left = round((square.x() + (square.width() - width) / 2) * ratio) / ratio
    top = round((square.y() + (square.height() - height) / 2) * ratio) / ratio
    if scale == 1.0:
        painter.drawPixmap(QPointF(left, top), pixmap)
    else:
        painter.drawPixmap(QRectF(left, top, width, height), pixmap, QRectF(pixmap.rect()))

"""How one tile of the grid is drawn: the photo, its name, and its rank and distance when there is a query."""

import math
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui import messages
from gui.gallery_model import GalleryModel, shown_name
from gui.guard import guarded
from gui.thumbnails import Thumbnails
from gui.tile_badges import draw_mark, draw_stack, stack_badge

PADDING = 8  # pixels between the edge of a tile and what stands in it
CORNER = 8.0  # radius of a tile's corners
_LINE_GAP = 3
_MOST_CARDS = 16

# Flags combined or tested in Python cost microseconds each, which a page of tiles would feel.
_MIDDLE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WRAPPED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
_SELECTED = QStyle.StateFlag.State_Selected.value
_HOVERED = QStyle.StateFlag.State_MouseOver.value
_FOCUSED = QStyle.StateFlag.State_HasFocus.value
_EMPTY = 1 << 31  # no state of Qt's: there is no photo to draw
_SMOOTH = QPainter.RenderHint.SmoothPixmapTransform
_ANTIALIASING = QPainter.RenderHint.Antialiasing


def mixed(below: QColor, above: QColor, part: float) -> QColor:
    """The colour of `above` laid on `below` with the opacity `part`."""
    return QColor.fromRgbF(
        below.redF() + (above.redF() - below.redF()) * part,
        below.greenF() + (above.greenF() - below.greenF()) * part,
        below.blueF() + (above.blueF() - below.blueF()) * part,
    )


@dataclass(frozen=True, slots=True)
class _Colours:
    """What tiles are drawn with, worked out once for a palette."""

    card: QColor
    hovered: QColor
    selected: QColor
    selected_hovered: QColor
    edge: QColor
    focus: QColor
    text: QColor
    quiet: QColor  # text of the second order: still well above a contrast of 4.5 in both themes
    missing: QColor

    @classmethod
    def of(cls, palette: QPalette) -> "_Colours":
        base, card = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.AlternateBase)
        text, accent = palette.color(QPalette.ColorRole.Text), palette.color(QPalette.ColorRole.Highlight)
        return cls(
            card=card,
            hovered=mixed(card, text, 0.06),
            selected=mixed(base, accent, 0.20),
            selected_hovered=mixed(base, accent, 0.26),
            edge=accent,
            focus=mixed(base, accent, 0.6),
            text=text,
            quiet=mixed(base, text, 0.72),
            missing=mixed(base, text, 0.08),
        )


class GalleryDelegate(QStyledItemDelegate):
    """Draws tiles of the size that `extent` gives. Every colour comes from the palette of the option."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self.tile_size = 160  # the side of the square that the photo fits into
        self.numbers = True  # whether rank and distance are drawn
        self._colours: tuple[int, _Colours] | None = None  # of the palette with this key
        self._cards: dict[tuple[int, int, float, int], QPixmap] = {}  # by width, height, pixel ratio and state

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
        colours = self._colours_of(option.palette)
        square = option.rect.adjusted(PADDING, PADDING, -PADDING, 0)
        square.setHeight(square.width())
        pixmap = self._thumbnails.pixmap(path, model.content(row))
        painter.setRenderHint(_SMOOTH, False)
        state = option.state.value & (_SELECTED | _HOVERED | _FOCUSED) | (_EMPTY if pixmap is None else 0)
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(option.rect.topLeft(), self._card_of(option.rect.size(), ratio, state, colours))
        if pixmap is not None:
            _draw_photo(painter, square, pixmap)
        elif self._thumbnails.failure(path):
            painter.setPen(colours.quiet)
            painter.setFont(option.font)
            painter.drawText(square.adjusted(PADDING, 0, -PADDING, 0), _WRAPPED, self.tr("Cannot be read"))
        if model.marks and (mark := model.marks.get(path)):
            draw_mark(painter, square, mark)
        role, size = model.stack(row)
        if role:
            draw_stack(painter, square, role, size)
        metrics, text = option.fontMetrics, colours.text
        line = QRect(square.left(), square.bottom() + PADDING // 2 + _LINE_GAP, square.width(), metrics.height())
        distance = model.distance(row)
        if distance is not None and self.numbers:
            bold = QFont(option.font)
            bold.setBold(True)
            painter.setPen(colours.text)
            painter.setFont(bold)
            painter.drawText(line, _LEFT, str(model.rank(row)))
            painter.setFont(option.font)
            painter.drawText(line, _RIGHT, messages.distance(distance))
            line.translate(0, metrics.height() + _LINE_GAP)
            text = colours.quiet
        painter.setFont(option.font)
        painter.setPen(text)
        name = metrics.elidedText(shown_name(path), Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, _MIDDLE, name)

    def badge_rect(self, tile: QRect, size: int) -> QRect:
        """Where the count of a stack stands on a tile."""
        return stack_badge(tile.adjusted(PADDING, PADDING, -PADDING, 0), size)

    def _colours_of(self, palette: QPalette) -> _Colours:
        key = palette.cacheKey()
        if self._colours is None or self._colours[0] != key:
            self._colours = (key, _Colours.of(palette))
            self._cards.clear()
        return self._colours[1]

    def _card_of(self, size: QSize, ratio: float, state: int, colours: _Colours) -> QPixmap:
        """The tile's ground, drawn once for each state: 10 µs instead of 60 a tile."""
        key = (size.width(), size.height(), ratio, state)
        card = self._cards.get(key)
        if card is None:
            if len(self._cards) > _MOST_CARDS:
                self._cards.clear()
            card = self._cards[key] = _card(size, ratio, state, colours)
        return card


def _card(size: QSize, ratio: float, state: int, colours: _Colours) -> QPixmap:
    """The ground of a tile: a rounded rectangle that shows whether it is selected, hovered or current, and where no
    photo is drawn yet, its frame."""
    card = QPixmap(round(size.width() * ratio), round(size.height() * ratio))
    card.setDevicePixelRatio(ratio)
    card.fill(Qt.GlobalColor.transparent)
    with QPainter(card) as painter:
        painter.setRenderHint(_ANTIALIASING)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & _SELECTED:
            painter.setBrush(colours.selected_hovered if state & _HOVERED else colours.selected)
            painter.setPen(QPen(colours.edge, 2.0))
        else:
            painter.setBrush(colours.hovered if state & _HOVERED else colours.card)
            if state & _FOCUSED:
                painter.setPen(QPen(colours.focus, 1.5))
        painter.drawRoundedRect(QRectF(0, 0, size.width(), size.height()).adjusted(1, 1, -1, -1), CORNER, CORNER)
        if state & _EMPTY:
            side = size.width() - 2 * PADDING
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.missing)
            painter.drawRoundedRect(QRectF(PADDING, PADDING + side / 8, side, side * 0.75), CORNER - 2, CORNER - 2)
    return card


def _draw_photo(painter: QPainter, square: QRect, pixmap: QPixmap) -> None:
    """The photo in the middle of the square, as large as it fits, but with no pixel of it larger than one of ours."""
    size = pixmap.deviceIndependentSize()
    scale = min(pixmap.devicePixelRatio(), square.width() / size.width(), square.height() / size.height())
    width, height = size.width() * scale, size.height() * scale
    ratio = pixmap.devicePixelRatio()
    # On whole device pixels, or a photo of exactly the right size would be blurred. Halves always go up: rounded to
    # the even neighbour, as `round` does, photos would hop by a pixel while the grid is scrolled.
    left = math.floor((square.x() + (square.width() - width) / 2) * ratio + 0.5) / ratio
    top = math.floor((square.y() + (square.height() - height) / 2) * ratio + 0.5) / ratio
    # Smoothing sends even an unscaled photo through Qt's thread pool: 100 µs instead of 8 where the cores are busy.
    painter.setRenderHint(_ANTIALIASING, False)
    painter.setRenderHint(_SMOOTH, scale != 1.0)
    if scale == 1.0:
        painter.drawPixmap(QPointF(left, top), pixmap)
    else:
        painter.drawPixmap(QRectF(left, top, width, height), pixmap, QRectF(pixmap.rect()))

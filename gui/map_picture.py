"""A map as it is painted: many dots, thumbnails where there is room, rings, and the photo under the pointer."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QWidget

from gui.guard import guarded
from gui.map_points import Look, Points, Raster, disc, fitted, inside
from gui.map_scene import Scene
from gui.thumbnails import Thumbnails, Wanted

HOVER_SIDE = 168  # of the picture beside the pointer
FEW = 2_500  # dots that a painter draws round and smooth; more are drawn as pixels
THUMBS_FROM, THUMBS_TO = 56, 128  # sides of the thumbnails, by how much room there is
THUMBS_UP_TO = 700  # dots in the picture: with more of them, thumbnails would hide them
_CLIENT = "map"

_Role = QPalette.ColorRole


class MapPicture(QWidget):
    """Paints a `Scene` from where `look` says; what people do with it is `MapCanvas`'s."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._scene = Scene()
        self._look = Look(0.0, 0.0, 1.0)
        self._fit = self._look
        self._fitted = True  # the whole map is shown, and stays so when the window grows
        self._current: int | None = None  # the photo that the keyboard is on
        self._hovered: int | None = None
        self._screen: Points = np.empty((0, 2), dtype=np.float32)
        self._raster: Raster | None = None
        self._dots: QImage | None = None  # what was drawn last; None: draw anew
        self._source = QRectF()  # the part of it that is the picture, in its own pixels
        self._thumbs: list[tuple[int, QRectF]] = []
        self._message = ""
        self.setMinimumSize(160, 120)
        thumbnails.ready.connect(self._on_thumbnail)
        thumbnails.cleared.connect(self._renew)

    # -- for the page ----------------------------------------------------------------------------------------------

    @property
    def scene(self) -> Scene:
        """What is shown."""
        return self._scene

    @property
    def look(self) -> Look:
        """Which part of it."""
        return self._look

    @property
    def message(self) -> str:
        """What stands in the middle while there is nothing to show."""
        return self._message

    def set_message(self, text: str) -> None:
        self._message = text
        self.update()

    def fit(self) -> None:
        """Show all photos."""
        self._fit = fitted(self._scene.points, self.width(), self.height())
        self._move_to(self._fit)
        self._fitted = True

    def place_of(self, index: int) -> QPointF:
        """Where a photo lies in the widget."""
        x, y = self._look.screen(self._scene.points[index : index + 1], self.width(), self.height())[0].tolist()
        return QPointF(x, y)

    @property
    def thumbs(self) -> list[str]:
        """The photos whose thumbnails are in the picture."""
        self._prepare()
        return [self._scene.path(index) for index, _ in self._thumbs]

    def _move_to(self, look: Look) -> None:
        """Look elsewhere."""
        self._look, self._fitted = look, False
        self._renew()

    def _box_of(self, index: int, box: QRectF) -> QRectF:
        """The part of its place that a thumbnail takes; nothing while it is not there."""
        pixmap = self._pixmap(index)
        return QRectF() if pixmap is None else _within(pixmap, box)

    def _pixmap(self, index: int) -> QPixmap | None:
        return self._thumbnails.pixmap(self._scene.path(index), self._scene.content(index))

    # -- the picture -----------------------------------------------------------------------------------------------

    @Slot()
    def _renew(self) -> None:
        """Draw the dots anew at the next painting."""
        self._dots = None
        self.update()

    def _prepare(self) -> None:
        """Work out what is where, once for each look."""
        if self._dots is not None:
            return
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        scene = self._scene
        self._screen = self._look.screen(scene.points, self.width(), self.height())
        seen = inside(self._screen, self.width(), self.height(), 8.0) if len(self._screen) else np.empty(0, np.int64)
        self._place_thumbs(seen)
        if len(seen) > FEW:
            self._dots = self._drawn_by_numpy(width, height, ratio, len(seen))
            return
        self._dots = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        self._dots.fill(Qt.GlobalColor.transparent)
        self._dots.setDevicePixelRatio(ratio)
        self._source = QRectF(0, 0, width, height)
        self._draw_smoothly(self._dots, seen)

    def _drawn_by_numpy(self, width: int, height: int, ratio: float, seen: int) -> QImage:
        dot = disc((5.0 if seen <= 20_000 else 3.0 if seen <= 300_000 else 2.0) * ratio)
        reach = max(dx for dx, _ in dot)
        raster, scene = self._raster, self._scene
        if raster is None or (raster.width, raster.height, raster.reach) != (width, height, reach):
            raster = self._raster = Raster(width, height, reach)
        raster.clear()
        screen = self._look.screen(scene.drawn, self.width(), self.height())
        screen = screen if ratio == 1.0 else screen * np.float32(ratio)
        for layer in scene.layers:
            raster.draw(screen[layer], scene.pixels[layer], dot)
        whole = raster.whole
        self._source = QRectF(raster.margin, raster.margin, width, height)
        # Borrowed: the raster lives as long as the image that is painted from it.
        return QImage(whole.data, raster.stride, len(whole), QImage.Format.Format_ARGB32_Premultiplied)

    def _draw_smoothly(self, image: QImage, seen: NDArray[np.int64]) -> None:
        """Few dots: round, with smooth edges, all of one colour in one call."""
        scene = self._scene
        drawn = scene.among(seen)
        diameter = 7.0 if len(seen) > 400 else 9.0
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            colours = scene.pixels_of(drawn)
            edges = np.flatnonzero(np.concatenate(([True], colours[1:] != colours[:-1], [True]))).tolist()
            for first, end in pairwise(edges if len(drawn) else []):
                colour = QColor.fromRgba(int(colours[first]))
                painter.setPen(QPen(colour, diameter, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPoints([QPointF(*self._screen[index].tolist()) for index in drawn[first:end]])

    def _place_thumbs(self, seen: NDArray[np.int64]) -> None:
        """Choose which of the photos in the picture are shown as such: those that matter most, as far as they have
        room, each where its dot is."""
        self._thumbs = []
        if not len(seen) or len(seen) > THUMBS_UP_TO:
            self._thumbnails.want((), _CLIENT)
            return
        room = np.sqrt(self.width() * self.height() / len(seen)) * 0.8
        side = float(np.clip(room, THUMBS_FROM, THUMBS_TO))
        taken: dict[tuple[int, int], tuple[float, float]] = {}  # two middles in one cell would be too near
        for index in self._scene.among(seen)[::-1].tolist():
            x, y = self._screen[index].tolist()
            column, row = int(x // side), int(y // side)
            around = (taken.get((column + dx, row + dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
            if all(other is None or abs(other[0] - x) >= side or abs(other[1] - y) >= side for other in around):
                taken[column, row] = x, y
                self._thumbs.append((index, QRectF(x - side / 2, y - side / 2, side, side)))
        pixels = round(side * self.devicePixelRatioF())
        self._thumbnails.want([self._wanted(index, pixels) for index, _ in self._thumbs], _CLIENT)

    def _wanted(self, index: int, side: int) -> Wanted:
        return Wanted(self._scene.path(index), side, self._scene.content(index))

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        self._prepare()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self.palette().color(_Role.Base))
            if not len(self._scene.points):
                painter.setPen(self.palette().color(_Role.PlaceholderText))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().adjusted(24, 24, -24, -24), flags, self._message)
                return
            if self._dots is not None:
                painter.drawImage(QRectF(self.rect()), self._dots, self._source)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            for index, box in self._thumbs:
                self._paint_thumb(painter, index, box)
            self._paint_rings(painter)
            if self._hovered is not None:
                self._paint_hover(painter, self._hovered)

    def _paint_thumb(self, painter: QPainter, index: int, box: QRectF) -> None:
        pixmap = self._pixmap(index)
        if pixmap is None:
            return  # its dot is there
        target = _within(pixmap, box)
        painter.fillRect(target.adjusted(-2, -2, 2, 2), self._scene.colour(index))
        painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))

    def _paint_rings(self, painter: QPainter) -> None:
        """The query, and where the keyboard is."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        text, accent, ground = (self.palette().color(role) for role in (_Role.Text, _Role.Highlight, _Role.Base))
        boxes = dict(self._thumbs)
        rings = [(index, accent, 10.0) for index in self._scene.queries]
        if self._current is not None:
            rings.append((self._current, accent if self.hasFocus() else text, 7.0))
        for index, colour, radius in rings:
            place = self.place_of(index)
            pixmap = self._pixmap(index)
            for pen, width in ((ground, 5.0), (colour, 2.5)):
                painter.setPen(QPen(pen, width))
                if index in boxes and pixmap is not None:
                    painter.drawRoundedRect(_within(pixmap, boxes[index]).adjusted(-4, -4, 4, 4), 5, 5)
                else:
                    painter.drawEllipse(place, radius, radius)

    def _paint_hover(self, painter: QPainter, index: int) -> None:
        """The photo under the pointer, with its name."""
        place, text = self.place_of(index), self._scene.caption(index)
        pixmap = self._pixmap(index)
        measure = painter.fontMetrics()
        lines = [measure.elidedText(line, Qt.TextElideMode.ElideMiddle, HOVER_SIDE) for line in text.split("\n")]
        picture = QRectF() if pixmap is None else _within(pixmap, QRectF(0, 0, HOVER_SIDE, HOVER_SIDE))
        width = max([picture.width(), *(float(measure.horizontalAdvance(line)) for line in lines)]) + 16
        height = picture.height() + measure.height() * len(lines) + 20
        left = place.x() + 18 if place.x() + 18 + width < self.width() else place.x() - 18 - width
        top = min(max(4.0, place.y() - height / 2), self.height() - height - 4)
        card = QRectF(max(4.0, left), top, width, height)
        painter.setPen(QPen(self.palette().color(_Role.Mid), 1))
        painter.setBrush(self.palette().color(_Role.ToolTipBase))
        painter.drawRoundedRect(card, 6, 6)
        if pixmap is not None:
            picture.moveTo(card.left() + (width - picture.width()) / 2, card.top() + 8)
            painter.drawPixmap(picture, pixmap, QRectF(pixmap.rect()))
        painter.setPen(self.palette().color(_Role.ToolTipText))
        line_top = card.bottom() - 8 - measure.height() * len(lines)
        for line in lines:
            box = QRectF(card.left() + 8, line_top, width - 16, measure.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, line)
            line_top += measure.height()

    @Slot(object)
    def _on_thumbnail(self, path: str) -> None:
        if self.isVisible() and (self._thumbs or self._hovered is not None):
            self.update()

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded(lambda: QSize(720, 560))
    def sizeHint(self) -> QSize:
        return QSize(720, 560)

    @guarded()
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit = fitted(self._scene.points, self.width(), self.height())
        if self._fitted:
            self._look = self._fit
        self._renew()

    @guarded()
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._scene = self._scene.recoloured(self.palette())
            self._renew()


def _within(pixmap: QPixmap, box: QRectF) -> QRectF:
    """The largest part of a box, in its middle, with the proportions of a pixmap."""
    size = pixmap.size().scaled(box.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    found = QRectF(0, 0, size.width(), size.height())
    found.moveCenter(box.center())
    return found

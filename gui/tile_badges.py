"""The small signs on the corner of a photo in the grid."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

MARK_PX = 24.0  # across
LIKED, DISLIKED = QColor(24, 128, 66), QColor(190, 44, 44)  # white on them has a contrast of at least 4.9
_WHITE = QColor(255, 255, 255)
_ARM = 5.5  # half the length of the sign's strokes


def draw_mark(painter: QPainter, square: QRect, sign: int) -> None:
    """A plus or a minus in the photo's upper right corner; told apart by shape, not by colour alone."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    disc = QRectF(square.right() - MARK_PX - 2, square.top() + 3, MARK_PX, MARK_PX)
    painter.setPen(QPen(_WHITE, 2.0))
    painter.setBrush(LIKED if sign > 0 else DISLIKED)
    painter.drawEllipse(disc)
    painter.setPen(QPen(_WHITE, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    centre = disc.center()
    painter.drawLine(centre - QPointF(_ARM, 0), centre + QPointF(_ARM, 0))
    if sign > 0:
        painter.drawLine(centre - QPointF(0, _ARM), centre + QPointF(0, _ARM))
    painter.restore()

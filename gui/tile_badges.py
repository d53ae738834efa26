"""The small signs on the corner of a photo in the grid."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from gui.gallery_model import StackRole

MARK_PX = 24.0  # across
LIKED, DISLIKED = QColor(24, 128, 66), QColor(190, 44, 44)  # white on them has a contrast of at least 4.9
STACKED = QColor(38, 84, 160)
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


def stack_badge(square: QRect, size: int) -> QRect:
    """Where the count of a stack stands: the photo's upper left corner."""
    return QRect(square.left() + 2, square.top() + 3, 30 + 9 * len(str(size)), round(MARK_PX))


def draw_stack(painter: QPainter, square: QRect, role: StackRole, size: int) -> None:
    """How many near-identical photos the tile stands for, beside two sheets on one another (folded) or side by side
    (unfolded); the other photos of an unfolded stack have the sheets alone."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    badge = QRectF(stack_badge(square, size))
    if role is StackRole.MEMBER:
        badge.setWidth(MARK_PX + 4)
    painter.setPen(QPen(_WHITE, 1.5))
    painter.setBrush(STACKED)
    painter.drawRoundedRect(badge, 6, 6)
    left, middle = badge.left() + 7, badge.center().y()
    painter.setPen(QPen(_WHITE, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if role is StackRole.FOLDED:
        painter.drawRect(QRectF(left + 3.5, middle - 6, 8.5, 8.5))
        painter.setBrush(STACKED)
        painter.drawRect(QRectF(left, middle - 2.5, 8.5, 8.5))
    else:
        painter.drawRect(QRectF(left - 1, middle - 4.5, 6, 9))
        painter.drawRect(QRectF(left + 8, middle - 4.5, 6, 9))
    if role is not StackRole.MEMBER:
        font = QFont(painter.font())
        font.setBold(True)
        font.setPixelSize(14)
        painter.setFont(font)
        painter.setPen(_WHITE)
        painter.drawText(badge.adjusted(22, 0, -3, 0), Qt.AlignmentFlag.AlignCenter, str(size))
    painter.restore()

"""In the comparison, what the two pictures match by: heat over both, lines between, and how it was found out."""

from pathlib import Path

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from engine.explain import Method
from gui import messages
from gui.bar_button import bar_button
from gui.explanation import Explained, Line
from gui.guard import guarded
from gui.image_view import ImageView
from gui.query_side import QuerySide

LINE = QColor(60, 200, 120)
_EDGE = QColor(255, 255, 255)
_DOT = 4.0


class MatchLines(QWidget):
    """Lies over both pictures, lets the mouse through, and draws lines from parts of the one to parts of the other."""

    def __init__(self, left: ImageView, right: ImageView, parent: QWidget) -> None:
        super().__init__(parent)
        self._views = left, right
        self._page = parent
        self._lines: tuple[Line, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_lines(self, lines: tuple[Line, ...]) -> None:
        self._lines = lines
        self.setVisible(bool(lines))
        self.update()

    def ends(self) -> list[tuple[QPointF, QPointF, float]]:
        """Both ends of each line that can be seen, in coordinates of this widget, and its strength."""
        found = []
        for line in self._lines:
            ends = [self._place(view, at) for view, at in zip(self._views, (line.first, line.second), strict=True)]
            if ends[0] is not None and ends[1] is not None:
                found.append((ends[0], ends[1], line.strength))
        return found

    def _place(self, view: ImageView, at: QPointF) -> QPointF | None:
        if not view.isVisible() or not view.has_image:
            return None
        box = view.picture_rect()
        point = QPointF(box.left() + at.x() * box.width(), box.top() + at.y() * box.height())
        return QPointF(view.mapTo(self._page, point)) if QRectF(view.rect()).contains(point) else None

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for first, second, strength in self.ends():
                width = 1.0 + 1.5 * strength
                for colour, wide in ((_EDGE, width + 2), (LINE, width)):
                    painter.setPen(QPen(colour, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                    painter.drawLine(first, second)
                painter.setPen(QPen(_EDGE, 1.5))
                painter.setBrush(LINE)
                for point in (first, second):
                    painter.drawEllipse(point, _DOT, _DOT)


class CompareHeat(QObject):
    """Owned by the comparison, which tells it what is shown and asks it to `toggle`.

    `wanted(QuerySide, Path)`: this pair is to be explained. `given_up()`: no pair is, any more.
    """

    wanted = Signal(object, object)
    given_up = Signal()

    def __init__(self, left: ImageView, right: ImageView, parent: QWidget) -> None:
        super().__init__(parent)
        self._page = parent
        self._views = left, right
        self._pair: tuple[QuerySide, Path] | None = None
        self._found: Explained | None = None
        self._on = False
        self.lines = MatchLines(left, right, parent)
        self.button: QToolButton = bar_button(parent, self.tr("Why?"), self.tr("Why they match (H)"), self.toggle)
        self.button.setCheckable(True)
        self.button.setFont(parent.font())
        self.note = QLabel(parent)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setWordWrap(True)
        self.note.setContentsMargins(12, 0, 12, 10)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.note.hide()
        for view in self._views:
            view.look_changed.connect(self.lines.update)

    @property
    def on(self) -> bool:
        """Whether the heat is wanted."""
        return self._on

    def toggle(self) -> None:
        """Show why the pair matches, or the plain pictures again."""
        self._on = not self._on
        self.button.setChecked(self._on)
        if self._on:
            self._ask()
        else:
            self._drop()
            self.note.hide()
            self.given_up.emit()

    def set_pair(self, query: QuerySide, file: Path) -> None:
        """Another pair is shown."""
        if self._pair == (query, file):
            self.show_again()
            return
        self._pair = query, file
        self.renew()

    def renew(self) -> None:
        """What was explained is no longer so: there is another pair, or another model."""
        self._drop()
        if self._on:
            self._ask()

    def clear(self) -> None:
        """No pair is shown any more, and no heat is wanted."""
        self._pair = None
        if self._on:
            self.toggle()

    def show_again(self) -> None:
        """The pictures have come, or have come anew: lay the heat over them."""
        found = self._found
        for view, overlay in zip(self._views, (found.first, found.second) if found else (None, None), strict=True):
            view.set_overlay(overlay.image if overlay else None, overlay.box if overlay else QRectF())
        self.lines.update()

    def answer(self, query: QuerySide, file: Path, found: Explained) -> None:
        """The explanation of a pair; ignored where another is shown by now."""
        if not self._on or self._pair != (query, file):
            return
        self._found = found
        self.note.setText(self._words(found))
        self.lines.set_lines(found.lines)
        self.lines.raise_()
        self.show_again()

    def fail(self, query: QuerySide, file: Path, error: Exception) -> None:
        """The pair cannot be explained."""
        if self._on and self._pair == (query, file):
            told = messages.explain(error)
            self.note.setText(f"{told.title}: {told.text}")

    def place(self) -> None:
        """The comparison has another size."""
        self.lines.setGeometry(self._page.rect())

    def _ask(self) -> None:
        if self._pair is not None:
            self.note.setText(self.tr("Working out why they match…"))
            self.note.show()
            self.wanted.emit(*self._pair)

    def _drop(self) -> None:
        self._found = None
        self.lines.set_lines(())
        self.show_again()

    def _words(self, found: Explained) -> str:
        if found.method is Method.EXACT:
            how = self.tr("Exact: the parts of each map add up to the similarity.")
        else:
            how = self.tr("By occlusion: how far the similarity falls when a square is hidden.")
        similarity = self.tr("Similarity %1 for %2 (cosine distance %3).").replace("%2", found.model)
        similarity = similarity.replace("%1", messages.distance(found.similarity))
        similarity = similarity.replace("%3", messages.distance(1.0 - found.similarity))
        return f"{similarity}\n{how} " + self.tr("Orange adds to it, blue takes from it.")

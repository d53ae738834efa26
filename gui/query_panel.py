"""What is searched for: the query's picture with name, size and date, and a list when there are several."""

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from gui import messages
from gui.gallery_model import shown_text
from gui.query_picture import QueryPicture
from gui.session_state import Part, Query, Region

ROW_PICTURE_PX = 44
ROWS_SHOWN = 4  # more pictures are scrolled to


@dataclass(frozen=True, slots=True, eq=False)
class PartFacts:
    """What is known of one picture of a query once its file was read."""

    image: QImage  # upright, reduced
    width: int  # of the full upright picture
    height: int
    size: int | None  # bytes; None for a pasted picture
    mtime_ns: int | None


class QueryPanel(QWidget):
    """Shows a query and lets people change it. Holds no state of its own but which part is shown large."""

    query_changed = Signal(object)  # Query, or None when the last picture was removed
    open_image_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._query: Query | None = None
        self._facts: dict[Part, PartFacts] = {}
        self._shown = 0
        self._empty = self._build_empty()
        self._filled = self._build_filled()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._empty)
        layout.addWidget(self._filled)
        self.set_query(None)

    def _build_empty(self) -> QWidget:
        box = QWidget(self)
        hint = QLabel(
            self.tr("Click a photo to see what is like it. Or drop a picture here, or paste one (Ctrl+V)."), box
        )
        hint.setWordWrap(True)
        button = QPushButton(self.tr("Open image…"), box)
        button.clicked.connect(self.open_image_requested)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(hint)
        layout.addWidget(button)
        return box

    def _build_filled(self) -> QWidget:
        box = QWidget(self)
        self.picture = QueryPicture(box)
        self.picture.region_chosen.connect(self._on_region_chosen)
        self._name = QLabel(box)
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._name.setWordWrap(True)
        font = self._name.font()
        font.setBold(True)
        self._name.setFont(font)
        self._about = QLabel(box)
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self._about.setWordWrap(True)
        self.whole_picture = QPushButton(self.tr("Search with the whole picture"), box)
        self.whole_picture.clicked.connect(partial(self._on_region_chosen, None))
        self._rows = QWidget(box)
        self._rows_layout = QVBoxLayout(self._rows)
        self._rows_layout.setContentsMargins(0, 0, 0, 0)
        self._rows_layout.setSpacing(2)
        scroll = QScrollArea(box)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._rows)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll = scroll
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.picture, self._name, self._about, self.whole_picture, scroll):
            layout.addWidget(widget)
        return box

    # -- what is shown ---------------------------------------------------------------------------------------------

    def set_query(self, query: Query | None) -> None:
        """Show a query; its pictures come later, by `set_facts`."""
        self._query = query
        parts = query.parts if query else ()
        self._facts = {part: facts for part, facts in self._facts.items() if part in parts}
        self._shown = min(self._shown, max(0, len(parts) - 1))
        self._empty.setVisible(not parts)
        self._filled.setVisible(bool(parts))
        self._fill_rows()
        self._show_part()

    def set_facts(self, part: Part, facts: PartFacts) -> None:
        """Fill in what a file had to say; ignored for a picture that is no longer part of the query."""
        if self._query is None or part not in self._query.parts:
            return
        self._facts[part] = facts
        self._fill_rows()
        self._show_part()

    @property
    def name(self) -> str:
        """The name under the picture."""
        return self._name.text()

    @property
    def about(self) -> str:
        """The line of size and date under the name."""
        return self._about.text()

    def _show_part(self) -> None:
        if self._query is None:
            return
        part = self._query.parts[self._shown]
        facts = self._facts.get(part)
        self._name.setText(shown_text(part.name))
        self._name.setToolTip(shown_text(part.path or str(part.file or part.name)))
        self._about.setText(describe(facts) if facts else "")
        self.picture.set_picture(facts.image if facts else QImage())
        self.picture.set_region(part.region)
        self.whole_picture.setVisible(part.region is not None)

    # -- several pictures ------------------------------------------------------------------------------------------

    def _fill_rows(self) -> None:
        while (item := self._rows_layout.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.setParent(None)
                old.deleteLater()
        parts = self._query.parts if self._query else ()
        self._scroll.setVisible(len(parts) > 1)
        if len(parts) > 1:
            rows = [self._row(index, part) for index, part in enumerate(parts)]
            for row in rows:
                self._rows_layout.addWidget(row)
            self._rows_layout.addStretch(1)
            spacing = self._rows_layout.spacing()
            height = rows[0].sizeHint().height() + spacing
            self._scroll.setFixedHeight(min(len(parts), ROWS_SHOWN) * height + spacing)

    def _row(self, index: int, part: Part) -> QWidget:
        row = QWidget(self._rows)
        name = shown_text(part.name)
        show = QToolButton(row)
        show.setAutoRaise(True)
        show.setCheckable(True)
        show.setChecked(index == self._shown)
        show.setIconSize(QSize(ROW_PICTURE_PX, ROW_PICTURE_PX))
        facts = self._facts.get(part)
        if facts is not None:
            show.setIcon(QIcon(QPixmap.fromImage(facts.image)))
        show.setToolTip(name)
        show.setAccessibleName(self.tr("Show %1 large").replace("%1", name))
        show.clicked.connect(partial(self._on_row_clicked, index))
        label = QLabel(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 110), row)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setToolTip(name)
        sign = QToolButton(row)
        sign.setText("+" if part.sign > 0 else "−")
        wish = self.tr("Like this; click for “unlike”") if part.sign > 0 else self.tr("Unlike this; click for “like”")
        sign.setToolTip(wish)
        sign.setAccessibleName(f"{name}: {wish}")
        sign.clicked.connect(partial(self._on_sign_clicked, index))
        remove = QToolButton(row)
        remove.setText("×")
        remove.setAutoRaise(True)
        remove.setToolTip(self.tr("Take this picture out of the query"))
        remove.setAccessibleName(self.tr("Take %1 out of the query").replace("%1", name))
        remove.clicked.connect(partial(self._on_remove_clicked, index))
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(show)
        layout.addWidget(label, 1)
        layout.addWidget(sign)
        layout.addWidget(remove)
        return row

    # -- what people do --------------------------------------------------------------------------------------------

    def _on_row_clicked(self, index: int) -> None:
        self._shown = index
        self._fill_rows()
        self._show_part()

    def _on_sign_clicked(self, index: int) -> None:
        assert self._query is not None
        part = self._query.parts[index]
        self._change(self._query.replacing(index, replace(part, sign=-part.sign)), part)

    def _on_remove_clicked(self, index: int) -> None:
        assert self._query is not None
        self.query_changed.emit(self._query.without(index))

    def _on_region_chosen(self, region: Region | None) -> None:
        if self._query is None:
            return
        part = self._query.parts[self._shown]
        self._change(self._query.replacing(self._shown, replace(part, region=region)), part)

    def _change(self, query: Query, old: Part) -> None:
        # The picture stays the same: keep what is known of it under the changed part, so that nothing flickers.
        if old in self._facts:
            for part in query.parts:
                if part.same_picture(old):
                    self._facts[part] = self._facts[old]
        self.query_changed.emit(query)


def describe(facts: PartFacts) -> str:
    """Pixels, bytes and date of a picture in one line."""
    pieces = [f"{messages.number(facts.width)} × {messages.number(facts.height)}"]
    if facts.size is not None:
        pieces.append(messages.file_size(facts.size))
    if facts.mtime_ns is not None:
        pieces.append(messages.date(facts.mtime_ns))
    return " · ".join(pieces)

"""The dropdown of models: what each is for, its size, its measured quality, and how much of the library it has seen."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPalette, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.spec import ModelSpec
from gui import messages
from gui.guard import guarded

SpecRole = Qt.ItemDataRole.UserRole + 1
LinesRole = Qt.ItemDataRole.UserRole + 2
POPUP_WIDTH_PX = 420
PAD_PX = 6
MOST_MEASURES = 2  # the rest stands in the model's description

AnyIndex = QModelIndex | QPersistentModelIndex


class ModelPicker(QWidget):
    """A dropdown and, over it, the state of the chosen model. `chosen` is emitted when the user picks another one."""

    chosen = Signal(str)  # the model's name
    own_requested = Signal()  # somebody wants a model of their own

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = QLabel(self.tr("&Model"), self)
        self.box = QComboBox(self)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(12)
        self.own = QToolButton(self)
        self.own.setText("+")
        self.own.setAutoRaise(True)
        self.own.setToolTip(self.tr("Make a model of your own from your folders"))
        self.own.setAccessibleName(self.own.toolTip())
        self.own.clicked.connect(self.own_requested)
        self.box.setItemDelegate(_ModelDelegate(self.box))
        self.box.view().setMinimumWidth(POPUP_WIDTH_PX)
        self.box.activated.connect(self._on_activated)
        label.setBuddy(self.box)  # the name that a screen reader says; a combo box ignores its own
        self.state = QLabel(self)
        self.state.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self.state)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        choice = QHBoxLayout()
        choice.setSpacing(4)
        choice.addWidget(self.box, 1)
        choice.addWidget(self.own)
        layout.addLayout(choice)
        self._specs: tuple[ModelSpec, ...] = ()
        self._counts: dict[str, int] = {}
        self._photos = 0

    def set_models(self, specs: Sequence[ModelSpec], current: str) -> None:
        """Show these models, with the one of this name chosen."""
        self._specs = tuple(specs)
        self._refill(current)

    def set_counts(self, counts: Mapping[str, int], photos: int) -> None:
        """Say how many of the library's `photos` each model has seen (name -> number; a missing one is unknown)."""
        if (dict(counts), photos) == (self._counts, self._photos):
            return
        self._counts, self._photos = dict(counts), photos
        self._refill(self.current)

    @property
    def current(self) -> str:
        """The chosen model's name, "" if there is none."""
        return self.box.currentText()

    def set_current(self, name: str) -> None:
        """Choose a model without telling anybody."""
        self._refill(name)

    def _refill(self, current: str) -> None:
        model = QStandardItemModel(self.box)
        for spec in self._specs:
            item = QStandardItem(spec.name)
            lines = [f"{spec.name} · {self._readiness(spec.name)}", spec.purpose, quality_line(spec)]
            item.setData(spec.name, SpecRole)
            item.setData(lines, LinesRole)
            item.setData(". ".join(lines), Qt.ItemDataRole.AccessibleTextRole)
            item.setToolTip("\n".join([*lines, spec.training_data, spec.licence]))
            model.appendRow(item)
        self.box.setModel(model)  # deletes the old one, its child
        self.box.setCurrentIndex(max(0, self.box.findText(current)))
        chosen = next((spec for spec in self._specs if spec.name == self.current), None)
        self.box.setToolTip(chosen.purpose if chosen else "")
        self.state.setText(self._readiness(chosen.name) if chosen else self.tr("There is no model."))

    def _readiness(self, name: str) -> str:
        seen = self._counts.get(name)
        if not self._photos or seen is None:
            return self.tr("not indexed")
        if seen >= self._photos:
            return self.tr("ready")
        if seen == 0:
            return self.tr("not indexed")
        return (
            self.tr("partly: %1 of %2")
            .replace("%1", messages.number(seen))
            .replace("%2", messages.number(self._photos))
        )

    def _on_activated(self, index: int) -> None:
        self._refill(self.box.itemText(index))
        self.chosen.emit(self.current)


def quality_line(spec: ModelSpec) -> str:
    """Size of the file and of the embedding, and what was measured: “22 MB · 192-d · mAP 0.31”."""
    pieces = [messages.file_size(spec.file_size), f"{spec.embedding_size}-d"]
    for name, value in list(spec.quality.items())[:MOST_MEASURES]:
        pieces.append(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}")
    return " · ".join(pieces)


class _ModelDelegate(QStyledItemDelegate):
    """Three lines for each model in the open list: name and state, purpose, numbers."""

    @guarded()
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        lines = index.data(LinesRole) or [index.data()]
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        style = plain.widget.style() if plain.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, plain.widget)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        palette = option.palette
        painter.save()
        painter.setPen(palette.highlightedText().color() if selected else palette.text().color())
        bold = plain.font
        bold.setBold(True)
        box = option.rect.adjusted(PAD_PX, PAD_PX, -PAD_PX, -PAD_PX)
        top = box.top()
        for number, line in enumerate(lines):
            painter.setFont(bold if number == 0 else option.font)
            height = self._line_height(option, line, number, box.width())
            rect = QRect(box.left(), top, box.width(), height)
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), line)
            top += height
        painter.restore()

    @guarded(lambda: QSize(POPUP_WIDTH_PX, 64))
    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        lines = index.data(LinesRole) or [index.data()]
        width = POPUP_WIDTH_PX - 2 * PAD_PX
        height = sum(self._line_height(option, line, number, width) for number, line in enumerate(lines))
        return QSize(POPUP_WIDTH_PX, height + 2 * PAD_PX)

    @staticmethod
    def _line_height(option: QStyleOptionViewItem, line: str, number: int, width: int) -> int:
        metrics = option.fontMetrics
        if number == 0:
            return metrics.lineSpacing() + 2
        return metrics.boundingRect(QRect(0, 0, width, 10_000), int(Qt.TextFlag.TextWordWrap), line).height()

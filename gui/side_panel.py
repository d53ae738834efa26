"""The left panel: the library, the query, the model, the metric, how many results, and from where."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.metric import Metric
from gui import messages
from gui.gallery_model import shown_text
from gui.limit_panel import LimitPanel
from gui.model_picker import ModelPicker
from gui.query_panel import QueryPanel
from gui.session_state import Scope

MOST_RESULTS = 1_000_000
WIDTH_PX = 270


class SidePanel(QScrollArea):
    """Composes the parts; every change that a user makes is one signal, and setters tell nobody."""

    open_folder_requested = Signal()
    whole_library_requested = Signal()
    metric_chosen = Signal(object)  # Metric
    count_chosen = Signal(int)  # 0: all
    scope_chosen = Signal(object)  # Scope

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(WIDTH_PX)
        self._folders = [""]  # Qt's strings would lose bytes that are no text
        self.query = QueryPanel(self)
        self.models = ModelPicker(self)
        self.limit = LimitPanel(self)
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        for title, widget in (
            (self.tr("Library"), self._build_library()),
            (self.tr("Like what?"), self._build_query()),
            (self.tr("How?"), self._build_how()),
            (self.tr("Which results?"), self._build_results()),
        ):
            layout.addWidget(_heading(title))
            layout.addWidget(widget)
            layout.addSpacing(8)
        layout.addStretch(1)
        self.setWidget(content)

    # -- building --------------------------------------------------------------------------------------------------

    def _build_library(self) -> QWidget:
        box = QWidget(self)
        self._library = QLabel(self.tr("No folder is open."), box)
        self._library.setTextFormat(Qt.TextFormat.PlainText)
        self._library.setWordWrap(True)
        self.open_folder = QPushButton(self.tr("Open folder…"), box)
        self.open_folder.clicked.connect(self.open_folder_requested)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._library)
        layout.addWidget(self.open_folder)
        return box

    def _build_query(self) -> QWidget:
        box = QWidget(self)
        self.whole_library = QPushButton(self.tr("Whole library"), box)
        self.whole_library.setToolTip(self.tr("Leave the results and show every photo again (Alt+Home)"))
        self.whole_library.clicked.connect(self.whole_library_requested)
        self.whole_library.setVisible(False)  # until there is a query to leave
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.query)
        layout.addWidget(self.whole_library)
        return box

    def _build_how(self) -> QWidget:
        box = QWidget(self)
        label = QLabel(self.tr("&Distance"), box)
        self.metric_box = QComboBox(box)
        for metric in Metric:
            self.metric_box.addItem(messages.metric_name(metric), metric)
        self.metric_box.setItemData(
            0, self.tr("Compares directions only: what is shown, whatever its strength"), Qt.ItemDataRole.ToolTipRole
        )
        self.metric_box.setItemData(1, self.tr("Compares direction and strength"), Qt.ItemDataRole.ToolTipRole)
        self.metric_box.activated.connect(
            lambda index: self.metric_chosen.emit(Metric(self.metric_box.itemData(index)))
        )
        label.setBuddy(self.metric_box)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.models)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.metric_box, 1)
        layout.addLayout(row)
        return box

    def _build_results(self) -> QWidget:
        box = QWidget(self)
        count_label = QLabel(self.tr("&At most"), box)
        self.count = QSpinBox(box)
        self.count.setRange(0, MOST_RESULTS)
        self.count.setSpecialValueText(self.tr("all"))
        self.count.setSingleStep(100)
        self.count.setGroupSeparatorShown(True)
        self.count.setKeyboardTracking(False)
        self.count.setAccessibleName(self.tr("Number of results; 0 is all"))
        self.count.valueChanged.connect(self.count_chosen)
        count_label.setBuddy(self.count)
        row = QHBoxLayout()
        row.addWidget(count_label)
        row.addWidget(self.count, 1)
        folder_label = QLabel(self.tr("&From folder"), box)
        self.folder = QComboBox(box)
        self.folder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.folder.activated.connect(self._on_scope_changed)
        folder_label.setBuddy(self.folder)
        self.other_folders = QCheckBox(self.tr("&Not from the query's own folder"), box)
        self.other_folders.clicked.connect(self._on_scope_changed)
        self.folder.addItem(self.tr("Whole library"))
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.limit)
        folder_row = QHBoxLayout()
        folder_row.addWidget(folder_label)
        folder_row.addWidget(self.folder, 1)
        layout.addLayout(folder_row)
        layout.addWidget(self.other_folders)
        return box

    # -- what is shown ---------------------------------------------------------------------------------------------

    def set_library(self, root: Path | None) -> None:
        """Name the open library."""
        if root is None:
            self._library.setText(self.tr("No folder is open."))
            return
        self._library.setText(shown_text(root.name or str(root)))
        self._library.setToolTip(shown_text(str(root)))
        self.open_folder.setText(self.tr("Open another folder…"))

    def set_metric(self, metric: Metric) -> None:
        self.metric_box.setCurrentIndex(list(Metric).index(metric))

    def set_count(self, count: int) -> None:
        with QSignalBlocker(self.count):
            self.count.setValue(count)

    def set_folders(self, folders: Sequence[str], current: Scope | None = None) -> None:
        """Offer the library's sub-folders, in order; keeps the chosen one if it is still there."""
        scope = current or self.scope
        if ["", *folders] != self._folders:
            self._folders = ["", *folders]
            self.folder.clear()
            self.folder.addItem(self.tr("Whole library"))
            self.folder.addItems([shown_text(folder) for folder in folders])
        self.set_scope(scope)

    def set_scope(self, scope: Scope) -> None:
        self.folder.setCurrentIndex(self._folders.index(scope.folder) if scope.folder in self._folders else 0)
        self.other_folders.setChecked(scope.skip_own_folder)

    @property
    def scope(self) -> Scope:
        """The scope that the controls show."""
        return Scope(self._folders[max(0, self.folder.currentIndex())], self.other_folders.isChecked())

    def _on_scope_changed(self) -> None:
        self.scope_chosen.emit(self.scope)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    font.setPointSizeF(font.pointSizeF() * 1.05)
    label.setFont(font)
    return label

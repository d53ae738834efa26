"""The fields that exports and evaluations are set up with: a path, models, distances, formats."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.export import Format
from engine.metric import Metric
from engine.spec import ModelSpec
from gui import messages

ROWS_SHOWN = 5  # of the list of models


class PathField(QWidget):
    """A line for a path, with a button that asks for a folder, or for a file of the kinds of a filter."""

    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = QLineEdit(self)
        self.line.setAccessibleName(name)
        self.line.textChanged.connect(self.changed)
        self.button = QPushButton(self.tr("Choose…"), self)
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(f"{name}: {self.tr('Choose…')}")
        self.button.clicked.connect(self._choose)
        self._name = name
        self._kinds: str | None = None  # None: a folder
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        self.setFocusProxy(self.line)

    @property
    def text(self) -> str:
        return self.line.text().strip()

    def set_text(self, text: str) -> None:
        self.line.setText(text)
        self.line.setCursorPosition(0)

    def ask_for(self, kinds: str | None) -> None:
        """What the button asks for: a file of these kinds (Qt's words for a filter), or a folder (None)."""
        self._kinds = kinds

    def _choose(self) -> None:
        start = next((str(place) for place in (Path(self.text), *Path(self.text).parents) if place.exists()), "")
        start = start if self.text else str(Path.home())
        if self._kinds is None:
            found = QFileDialog.getExistingDirectory(self, self._name, start)
        else:
            found, _kind = QFileDialog.getOpenFileName(self, self._name, start, self._kinds)
        if found:
            self.set_text(found)


class ModelChecks(QScrollArea):
    """One check for each model."""

    changed = Signal()

    def __init__(self, specs: Sequence[ModelSpec], counts: Mapping[str, int], photos: int, parent: QWidget) -> None:
        """`counts` says how many of the library's `photos` each model has seen, by name."""
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._specs = tuple(specs)
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        self.checks: list[QCheckBox] = []
        for spec in specs:
            self.checks.append(QCheckBox(content))
            self.checks[-1].setToolTip(spec.purpose)
            self.checks[-1].toggled.connect(self.changed)
            column.addWidget(self.checks[-1])
        self.set_counts(counts, photos)
        self.setWidget(content)
        self.setMinimumWidth(content.sizeHint().width())
        row = self.checks[0].sizeHint().height() + column.spacing() if specs else 0
        self.setFixedHeight(max(1, min(ROWS_SHOWN, len(specs))) * row)
        if specs:
            self.setFocusProxy(self.checks[0])

    def set_counts(self, counts: Mapping[str, int], photos: int) -> None:
        """Say which models would have to index photos first."""
        for spec, check in zip(self._specs, self.checks, strict=True):
            later = self.tr("%1 (is indexed first)").replace("%1", spec.name)
            check.setText(spec.name if 0 < photos <= counts.get(spec.name, 0) else later)

    @property
    def chosen(self) -> tuple[ModelSpec, ...]:
        """The checked models, in order."""
        return tuple(spec for spec, check in zip(self._specs, self.checks, strict=True) if check.isChecked())

    def choose(self, names: Iterable[str]) -> None:
        """Check exactly these; unknown names are left out."""
        wanted = set(names)
        for spec, check in zip(self._specs, self.checks, strict=True):
            check.setChecked(spec.name in wanted)


class MetricChecks(QWidget):
    """One check for each distance."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.checks = {metric: QCheckBox(messages.metric_name(metric), self) for metric in Metric}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for check in self.checks.values():
            check.toggled.connect(self.changed)
            row.addWidget(check)
        row.addStretch(1)

    @property
    def chosen(self) -> tuple[Metric, ...]:
        return tuple(metric for metric, check in self.checks.items() if check.isChecked())

    def choose(self, metrics: Iterable[str]) -> None:
        """Check exactly these."""
        wanted = set(metrics)
        for metric, check in self.checks.items():
            check.setChecked(str(metric) in wanted)


class FormatChecks(QWidget):
    """One check for each format of an export, with what it is good for."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        words = {
            Format.CSV: (self.tr("CSV"), self.tr("A table for spreadsheets: one row a result")),
            Format.JSON: (self.tr("JSON"), self.tr("The same rows for other programs")),
            Format.PARQUET: (self.tr("Parquet"), self.tr("The same rows, small and fast to read: for very many")),
            Format.HTML: (self.tr("Web page"), self.tr("One page with the pictures, to look at in a browser")),
            Format.CONTACT_SHEET: (
                self.tr("Contact sheets"),
                self.tr("A sheet with the pictures of each query, as PNG and as one PDF to print"),
            ),
            Format.COPY: (
                self.tr("Copies of the photos"),
                self.tr("The photos themselves, copied into a numbered folder for each query"),
            ),
        }
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self.checks: dict[Format, QCheckBox] = {}
        for number, (format_, (name, good_for)) in enumerate(words.items()):
            check = self.checks[format_] = QCheckBox(name, self)
            check.setToolTip(good_for)
            check.toggled.connect(self.changed)
            grid.addWidget(check, number % 3, number // 3)
        grid.setColumnStretch(1, 1)
        if find_spec("pyarrow") is None:
            self.checks[Format.PARQUET].setEnabled(False)
            self.checks[Format.PARQUET].setToolTip(self.tr("Needs the package pyarrow, which is not installed"))

    @property
    def chosen(self) -> tuple[Format, ...]:
        return tuple(format_ for format_, check in self.checks.items() if check.isChecked() and check.isEnabledTo(self))

    def choose(self, formats: Iterable[str]) -> None:
        """Check exactly these."""
        wanted = set(formats)
        for format_, check in self.checks.items():
            check.setChecked(str(format_) in wanted)

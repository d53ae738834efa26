"""The window that exports many searches at once: queries × models × distances, in one job."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from engine.export import ExportRequest
from engine.folder import EXTENSIONS
from engine.query_set import ALL
from gui.backend import Backend
from gui.choices import MetricChecks, ModelChecks, PathField
from gui.export_dialog import ExportDialog
from gui.export_job import ExportChoices, Source, batch_steps, is_interrupted
from gui.settings import Settings
from gui.side_panel import MOST_RESULTS

LARGEST_DISTANCE = 1e6


@dataclass(frozen=True, slots=True)
class Opened:
    """The open library, and how it is looked at: what a first batch starts from."""

    root: Path
    photos: int
    counts: Mapping[str, int]  # model's name -> photos that it has seen
    model: str
    metric: str


class BatchDialog(ExportDialog):
    """Starts from the choices of the last time."""

    def __init__(self, backend: Backend, opened: Opened, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("", opened.root, settings, parent)
        self.setWindowTitle(self.tr("Export many searches"))
        self._backend, self._opened = backend, opened
        self._build_queries()
        self.models = ModelChecks(backend.models.models, opened.counts, opened.photos, self)
        models = QLabel(self.tr("&Models"), self)
        models.setBuddy(self.models)
        self.form.addRow(models, self.models)
        self.metrics = MetricChecks(self)
        metrics = QLabel(self.tr("&Distance"), self)
        metrics.setBuddy(next(iter(self.metrics.checks.values())))
        self.form.addRow(metrics, self.metrics)
        self._build_limits()
        self.add_rows()
        self.resume = QCheckBox(self.tr("&Go on with the export that was stopped there"), self)
        self.form.addRow("", self.resume)
        self.form.addRow("", self.hint)
        if is_interrupted(Path(self._last.out)):
            self.folder.set_text(self._last.out)
        self._show_choices()
        for field in (self.path, self.models, self.metrics):
            field.changed.connect(self.check)
        self.folder.changed.connect(self._look_for_interrupted)
        self.source.currentIndexChanged.connect(self._on_source)
        self.start.clicked.connect(self._on_start)
        self.finish()
        self._on_source()

    def _build_queries(self) -> None:
        self.source = QComboBox(self)
        for source, text in {
            Source.ALL: self.tr("Every photo of the library"),
            Source.FOLDER: self.tr("The photos in a folder"),
            Source.PICTURE: self.tr("One picture"),
            Source.LIST: self.tr("The pictures that a text file lists, one path a line"),
        }.items():
            self.source.addItem(text, str(source))
        self.path = PathField(self.tr("Search with"), self)
        self.form.addRow(self.tr("&Search with"), self.source)
        self.form.addRow("", self.path)

    def _build_limits(self) -> None:
        self.count = QSpinBox(self)
        self.count.setRange(0, MOST_RESULTS)
        self.count.setSpecialValueText(self.tr("All"))
        self.count.setGroupSeparatorShown(True)
        self.form.addRow(self.tr("&Results of each"), self.count)
        self.limited = QCheckBox(self.tr("Only &up to the distance"), self)
        self.limit = QDoubleSpinBox(self)
        self.limit.setDecimals(4)
        self.limit.setRange(0.0, LARGEST_DISTANCE)
        self.limit.setSingleStep(0.01)
        self.limit.setAccessibleName(self.tr("Largest distance of a result"))
        self.limited.toggled.connect(self.limit.setEnabled)
        limits = QWidget(self)
        row = QHBoxLayout(limits)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.limited)
        row.addWidget(self.limit, 1)
        self.form.addRow("", limits)

    # -- the choices -----------------------------------------------------------------------------------------------

    def _show_choices(self) -> None:
        last = self._last
        self.source.setCurrentIndex(max(0, self.source.findData(last.source)))
        self.path.set_text(last.path)
        self.models.choose(last.models)
        if not self.models.chosen:
            self.models.choose([self._opened.model])
        self.metrics.choose(last.metrics or [self._opened.metric])
        self.count.setValue(last.count)
        self.limited.setChecked(last.limited)
        self.limit.setEnabled(last.limited)
        self.limit.setValue(last.limit)

    def _choices(self) -> ExportChoices:
        return ExportChoices(
            source=self.source.currentData(),
            path=self.path.text,
            models=tuple(spec.name for spec in self.models.chosen),
            metrics=tuple(map(str, self.metrics.chosen)),
            count=self.count.value(),
            limited=self.limited.isChecked(),
            limit=self.limit.value(),
            formats=tuple(map(str, self.formats.chosen)),
            out=str(self.out),
        )

    def missing(self) -> str:
        if self._needs_path and not (self.path.text and Path(self.path.text).expanduser().is_absolute()):
            return self.tr("Choose what to search with.")
        if not self.models.chosen:
            return self.tr("Choose at least one model.")
        if not self.metrics.chosen:
            return self.tr("Choose at least one distance.")
        return super().missing()

    @property
    def _needs_path(self) -> bool:
        return bool(self.source.currentData() != Source.ALL)

    def _on_source(self) -> None:
        self.form.setRowVisible(self.path, self._needs_path)
        endings = " ".join(f"*{ending} *{ending.upper()}" for ending in sorted(EXTENSIONS))
        kinds = {
            Source.PICTURE: self.tr("Pictures") + f" ({endings})",
            Source.LIST: self.tr("Text files") + " (*.txt *.csv *.lst);;" + self.tr("All files") + " (*)",
        }
        self.path.ask_for(kinds.get(Source(self.source.currentData())))
        self.check()

    def on_running(self, running: bool) -> None:
        super().on_running(running)
        if not running:
            self._look_for_interrupted()

    def library_changed(self, counts: Mapping[str, int], photos: int) -> None:
        self.models.set_counts(counts, photos)

    def _look_for_interrupted(self) -> None:
        """Offer to go on where the folder holds an export that was stopped."""
        interrupted = bool(self.folder.text) and is_interrupted(self.out)
        self.form.setRowVisible(self.resume, interrupted)
        self.resume.setChecked(interrupted)
        self.check()

    # -- the job ---------------------------------------------------------------------------------------------------

    def _on_start(self) -> None:
        choices = self._choices()
        self.remember(choices)
        request = ExportRequest(
            root=self._opened.root,
            out=self.out,
            queries=str(Path(choices.path).expanduser()) if self._needs_path else ALL,
            models=self.models.chosen,
            metrics=self.metrics.chosen,
            k=choices.count or None,
            max_distance=choices.limit if choices.limited else None,
            formats=self.formats.chosen,
            resume=self.resume.isChecked(),
        )
        self.run(lambda token: batch_steps(self._backend, request, token), self.show_report, self.words)

    def stopped_words(self) -> str:
        if not self.resume.isChecked():
            return super().stopped_words()
        return self.tr("Stopped. What was done is kept: Export goes on from there.")

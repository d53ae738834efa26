"""The window that measures models on the labelled photos of the open library, and shows what came out."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from engine.labelled import LabelledReport
from engine.results import Progress
from gui import messages
from gui.backend import Backend
from gui.batch_dialog import Opened
from gui.choices import MetricChecks, ModelChecks, PathField
from gui.evaluate_job import EvaluateChoices, EvaluationRequest, evaluation_steps, query_of
from gui.evaluate_results import EvaluateResults
from gui.job_dialog import JobDialog
from gui.settings import Settings
from gui.thumbnails import Thumbnails

MIN_WIDTH_PX = 760
FIRST_SIZE = (1120, 820)  # once there is something to show


class EvaluatePage(JobDialog):
    """`ranking_requested(model's name, Metric, Query)`: somebody wants to see what was found for a query."""

    ranking_requested = Signal(str, object, object)

    def __init__(
        self,
        backend: Backend,
        opened: Opened,
        settings: Settings,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", "", "evaluation", parent)
        self.setWindowTitle(self.tr("Evaluate models"))
        self.start.setText(self.tr("&Evaluate"))
        self._backend, self._opened, self._settings = backend, opened, settings
        self._last = EvaluateChoices.from_dict(settings.evaluate_choices)
        explanation = QLabel(
            self.tr(
                "How well does each model find photos of the same kind? Photos in one sub-folder count as one kind; "
                "each query is searched for, and the nearer photos of its kind stand to it, the better."
            ),
            self,
        )
        explanation.setWordWrap(True)
        self.content.addWidget(explanation)
        self.content.addLayout(self._build_choices())
        self.shown = EvaluateResults(thumbnails, self)
        self.shown.query_chosen.connect(self._on_query_chosen)
        self.shown.setVisible(False)
        self.content.addWidget(self.shown, 1)
        self.content.addStretch(0)
        self.copy = QPushButton(self.tr("&Copy the table"), self)
        self.copy.setAutoDefault(False)
        self.copy.setVisible(False)
        self.copy.clicked.connect(self.shown.copy_table)
        self.results.addWidget(self.copy)
        self.results.addStretch(1)
        for field in (self.queries, self.labels, self.models, self.metrics):
            field.changed.connect(self.check)
        for box in (self.source, self.label_source):
            box.currentIndexChanged.connect(self._on_source)
        self.start.clicked.connect(self._on_start)
        self._show_choices()
        self.setMinimumWidth(MIN_WIDTH_PX)
        self.finish()
        self._on_source()

    def _build_choices(self) -> QHBoxLayout:
        self.source = QComboBox(self)
        self.source.addItem(self.tr("Every photo, against the rest"), False)
        self.source.addItem(self.tr("The photos in a folder, against the library"), True)
        self.queries = PathField(self.tr("Folder of queries"), self)
        self.queries.ask_for(None)
        self.label_source = QComboBox(self)
        self.label_source.addItem(self.tr("The sub-folder that a photo lies in"), False)
        self.label_source.addItem(self.tr("A CSV file of path,label"), True)
        self.labels = PathField(self.tr("File of labels"), self)
        self.labels.ask_for(self.tr("Tables") + " (*.csv);;" + self.tr("All files") + " (*)")
        self._left = QFormLayout()
        self._left.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._left.addRow(self.tr("&Search with"), self.source)
        self._left.addRow("", self.queries)
        self._left.addRow(self.tr("&Labels"), self.label_source)
        self._left.addRow("", self.labels)
        self.models = ModelChecks(self._backend.models.models, self._opened.counts, self._opened.photos, self)
        self.metrics = MetricChecks(self)
        right = QFormLayout()
        right.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        models, metrics = QLabel(self.tr("&Models"), self), QLabel(self.tr("&Distance"), self)
        models.setBuddy(self.models)
        metrics.setBuddy(next(iter(self.metrics.checks.values())))
        right.addRow(models, self.models)
        right.addRow(metrics, self.metrics)
        self.hint = QLabel(self)
        right.addRow("", self.hint)
        both = QHBoxLayout()
        both.setSpacing(24)
        both.addLayout(self._left, 3)
        both.addLayout(right, 2)
        for form in (self._left, right):
            both.setAlignment(form, Qt.AlignmentFlag.AlignTop)
        return both

    # -- the choices -----------------------------------------------------------------------------------------------

    def _show_choices(self) -> None:
        last = self._last
        self.source.setCurrentIndex(int(last.from_folder))
        self.queries.set_text(last.queries)
        self.label_source.setCurrentIndex(int(last.from_file))
        self.labels.set_text(last.labels)
        self.models.choose(last.models)
        if not self.models.chosen:
            self.models.choose([self._opened.model])
        self.metrics.choose(last.metrics or [self._opened.metric])

    def _on_source(self) -> None:
        self._left.setRowVisible(self.queries, bool(self.source.currentData()))
        self._left.setRowVisible(self.labels, bool(self.label_source.currentData()))
        self.check()

    def missing(self) -> str:
        """What has to be chosen before it can start, "" if nothing is missing."""
        if self.source.currentData() and not _is_path(self.queries.text):
            return self.tr("Choose the folder of queries.")
        if self.label_source.currentData() and not _is_path(self.labels.text):
            return self.tr("Choose the file of labels.")
        if not self.models.chosen:
            return self.tr("Choose at least one model.")
        if not self.metrics.chosen:
            return self.tr("Choose at least one distance.")
        return ""

    def check(self) -> None:
        """Offer the start, or say what is missing."""
        missing = self.missing()
        self.start.setEnabled(not missing and not self.running)
        self.hint.setText(missing)
        self.hint.setVisible(bool(missing))

    def on_running(self, running: bool) -> None:
        for field in (self.source, self.queries, self.label_source, self.labels, self.models, self.metrics):
            field.setEnabled(not running)
        self.check()

    # -- the job ---------------------------------------------------------------------------------------------------

    def _on_start(self) -> None:
        self._last = EvaluateChoices(
            from_folder=bool(self.source.currentData()),
            queries=self.queries.text,
            from_file=bool(self.label_source.currentData()),
            labels=self.labels.text,
            models=tuple(spec.name for spec in self.models.chosen),
            metrics=tuple(map(str, self.metrics.chosen)),
        )
        self._settings.evaluate_choices = self._last.to_dict()
        request = EvaluationRequest(
            root=self._opened.root,
            models=self.models.chosen,
            metrics=self.metrics.chosen,
            queries=Path(self._last.queries).expanduser() if self._last.from_folder else None,
            labels=Path(self._last.labels).expanduser() if self._last.from_file else None,
        )
        self.run(lambda token: evaluation_steps(self._backend, request, token), self._show, self.words)

    def words(self, report: Progress) -> str:
        """How far the evaluation is."""
        if report.stage in ("scanning", "waiting", "settling", "indexing"):
            return messages.progress(report)
        if report.stage == "embedding":
            text = self.tr("Looking at the pictures to search with: %1 of %2")
        else:
            text = self.tr("Searched for %1 of %2")
        return text.replace("%1", messages.number(report.done)).replace("%2", messages.number(report.total or 0))

    def _show(self, report: LabelledReport) -> None:
        first = not self.shown.isVisible()
        self.tell("")
        self.shown.setVisible(True)
        self.copy.setVisible(True)
        if first and not self.isMaximized():
            room = self.screen().availableSize()
            wide, high = min(FIRST_SIZE[0], room.width()), min(FIRST_SIZE[1], room.height())
            self.resize(max(self.width(), wide), max(self.height(), high))
        self.shown.set_report(report)

    def library_changed(self, counts: Mapping[str, int], photos: int) -> None:
        self.models.set_counts(counts, photos)

    def _on_query_chosen(self, name: str) -> None:
        evaluation = self.shown.evaluation
        if evaluation is not None:
            self.ranking_requested.emit(evaluation.model, evaluation.metric, query_of(name))


def _is_path(text: str) -> bool:
    return bool(text) and Path(text).expanduser().is_absolute()

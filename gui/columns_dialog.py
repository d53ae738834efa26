"""The window that shows one query under two or three models or distances, side by side."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QWidget

from engine.results import Progress
from gui import messages
from gui.backend import Backend
from gui.batch_dialog import Opened
from gui.choices import MetricChecks, ModelChecks
from gui.columns_job import FEWEST, MOST, Columns, ColumnsRequest, Way, column_steps, name_of
from gui.job_dialog import JobDialog
from gui.result_column import ResultColumn
from gui.session_state import Query, Scope
from gui.thumbnails import Thumbnails

MIN_WIDTH_PX = 560
FIRST_SIZE = (960, 760)  # once there is something to show


class ColumnsDialog(JobDialog):
    """`query_requested(path)`: somebody wants to go on with a photo of a column."""

    query_requested = Signal(object)

    def __init__(
        self,
        backend: Backend,
        opened: Opened,
        query: Query,
        scope: Scope,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", "", "columns", parent)
        self.setWindowTitle(self.tr("Models side by side"))
        self.start.setText(self.tr("&Compare"))
        self._backend, self._opened = backend, opened
        self._query, self._scope, self._thumbnails = query, scope, thumbnails
        self.models = ModelChecks(backend.models.models, opened.counts, opened.photos, self)
        self.metrics = MetricChecks(self)
        models, metrics = QLabel(self.tr("&Models"), self), QLabel(self.tr("&Distance"), self)
        models.setBuddy(self.models)
        metrics.setBuddy(next(iter(self.metrics.checks.values())))
        self.hint = QLabel(self)
        form = QFormLayout()
        form.addRow(models, self.models)
        form.addRow(metrics, self.metrics)
        form.addRow("", self.hint)
        self.content.addLayout(form)
        self.agreement = QLabel(self)
        self.agreement.setWordWrap(True)
        self.content.addWidget(self.agreement)
        self._row = QHBoxLayout()
        self.content.addLayout(self._row, 1)
        self.columns: list[ResultColumn] = []
        self._choose_first()
        for field in (self.models, self.metrics):
            field.changed.connect(self.check)
        self.start.clicked.connect(self._on_start)
        self.setMinimumWidth(MIN_WIDTH_PX)
        self.finish()
        self.check()

    def _choose_first(self) -> None:
        """The model that is used, and another one that has seen the library."""
        current, opened = self._opened.model, self._opened
        ready = [
            spec.name
            for spec in self._backend.models.models
            if spec.name != current and 0 < opened.photos <= opened.counts.get(spec.name, 0)
        ]
        self.models.choose([current, *ready[:1]])
        self.metrics.choose([str(opened.metric)])

    @property
    def ways(self) -> tuple[Way, ...]:
        """What would be compared."""
        return tuple((spec, metric) for spec in self.models.chosen for metric in self.metrics.chosen)

    def check(self) -> None:
        """Offer the start, or say what is missing."""
        fits = FEWEST <= len(self.ways) <= MOST
        self.hint.setText("" if fits else self.tr("Choose two or three: models, or one model under both distances."))
        self.start.setEnabled(fits and not self.running)

    def on_running(self, running: bool) -> None:
        for field in (self.models, self.metrics):
            field.setEnabled(not running)
        self.check()

    def library_changed(self, counts: Mapping[str, int], photos: int) -> None:
        self.models.set_counts(counts, photos)

    def _on_start(self) -> None:
        request = ColumnsRequest(self._opened.root, self._query, self._scope, self.ways)
        self.run(lambda token: column_steps(self._backend, request, token), self._show, self.words)

    def words(self, report: Progress) -> str:
        """How far it is."""
        if report.stage == "searching":
            return self.tr("Searching…")
        if report.stage == "comparing":
            return self.tr("Comparing over the whole library…")
        return messages.progress(report)

    def _show(self, found: Columns) -> None:
        self.tell("")
        for old in self.columns:
            old.hide()
            old.deleteLater()
        ways = found.request.ways
        several = len({metric for _, metric in ways}) > 1
        titles = {name_of(way): _title(way, several) for way in ways}
        self.columns = [ResultColumn(titles[name], self._thumbnails, self) for name in found.result.names]
        for column, placed in zip(self.columns, found.result.columns, strict=True):
            column.set_results(placed)
            column.chosen.connect(self._select)
            column.opened.connect(self.query_requested)
            self._row.addWidget(column, 1)
        lines = []
        for (first, second), share in found.result.overlap.items():
            text = self.tr("%1 and %2 share %3 of the first %4.")
            for place, word in (
                ("%1", titles[first]),
                ("%2", titles[second]),
                ("%3", _percent(share)),
                ("%4", messages.number(found.result.k)),
            ):
                text = text.replace(place, word)
            whole = found.agreement[first, second]
            if whole is not None:
                text += " " + self.tr("Over the whole library they share %1.").replace("%1", _percent(whole))
            lines.append(text)
        self.agreement.setText("\n".join(lines))
        room = self.screen().availableSize()
        self.resize(
            max(self.width(), min(FIRST_SIZE[0], room.width())), max(self.height(), min(FIRST_SIZE[1], room.height()))
        )

    def _select(self, path: str) -> None:
        """A photo that is selected in one column is selected in all that have it."""
        for column in self.columns:
            column.select(path)


def _title(way: Way, several: bool) -> str:
    """A column's name for people; the distance is told where there are several."""
    return f"{way[0].name}, {messages.metric_name(way[1])}" if several else way[0].name


def _percent(share: float) -> str:
    return f"{messages.number(round(100 * share))} %"

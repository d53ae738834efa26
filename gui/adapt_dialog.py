"""The window in which a model of one's own is made from labelled folders, judged, and thrown away again."""

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.adapt import MIN_LABELS, MIN_PHOTOS, LabelCount
from engine.results import Progress
from engine.spec import ModelSpec
from gui import adapt_job, messages
from gui.adapt_job import AdaptRequest, Learned
from gui.backend import Backend
from gui.batch_dialog import Opened
from gui.gallery_model import shown_text, tooltip
from gui.job_dialog import JobDialog

MIN_WIDTH_PX = 560
LABELS_SHOWN = 9
DECIMALS = 3


class AdaptDialog(JobDialog):
    """`models_changed(name)`: an own model is there, to be used; with "" one has gone."""

    models_changed = Signal(str)

    def __init__(self, backend: Backend, opened: Opened, parent: QWidget | None = None) -> None:
        super().__init__("", "", "adapting", parent)
        self.setWindowTitle(self.tr("Make your own model"))
        self.start.setText(self.tr("&Learn"))
        self._backend, self._opened = backend, opened
        self._counts: tuple[LabelCount, ...] = ()
        self._learned: Learned | None = None
        explanation = QLabel(
            self.tr(
                "Learns from your sub-folders what makes photos belong together, and measures on photos that it left "
                "out whether it then finds photos of one folder better. It takes seconds."
            ),
            self,
        )
        explanation.setWordWrap(True)
        self.content.addWidget(explanation)
        self.content.addLayout(self._build_form())
        self.keep = QPushButton(self.tr("&Keep it all the same"), self)
        self.keep.setAutoDefault(False)
        self.keep.clicked.connect(self._on_keep)
        self.results.addWidget(self.keep)
        self.results.addStretch(1)
        self._own = QVBoxLayout()
        self.content.addLayout(self._own)
        self.start.clicked.connect(self._on_start)
        self.setMinimumWidth(MIN_WIDTH_PX)
        self.finish()
        self._show_own()
        self._set_learned(None)
        self.run(
            lambda _token: adapt_job.count_steps(backend, opened.root),
            self._show_labels,
            lambda _step: self.tr("Looking…"),
        )

    def _build_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.bases = QComboBox(self)
        for spec in self._backend.models.models:
            if spec.base is None:
                self.bases.addItem(spec.name, spec.name)
        current = self._backend.model(self._opened.model)
        name = "" if current is None else current.base.name if current.base is not None else current.name
        self.bases.setCurrentIndex(max(0, self.bases.findText(name)))
        self.labels = QListWidget(self)
        self.labels.setAccessibleName(self.tr("Folders to learn from"))
        self.labels.setUniformItemSizes(True)
        self.labels.setFixedHeight(LABELS_SHOWN * (self.fontMetrics().height() + 6))
        self.labels.itemChanged.connect(lambda _item: self.check())
        self.name = QLineEdit(adapt_job.free_name(self._backend, self._opened.root), self)
        self.name.textChanged.connect(lambda _text: self.check())
        self.hint = QLabel(self)
        self.hint.setWordWrap(True)
        labels = QLabel(self.tr("&Folders"), self)
        labels.setBuddy(self.labels)
        form.addRow(self.tr("&Adapt"), self.bases)
        form.addRow(labels, self.labels)
        form.addRow(self.tr("&Name"), self.name)
        form.addRow("", self.hint)
        return form

    # -- the choices -----------------------------------------------------------------------------------------------

    def _show_labels(self, counts: tuple[LabelCount, ...]) -> None:
        self._counts = counts
        self.tell("")
        self.labels.blockSignals(True)
        self.labels.clear()
        for count in counts:
            photos = messages.Counted().photos(count.photos)
            text = f"{shown_text(count.label)} · {photos}"
            item = QListWidgetItem(self.labels)
            item.setData(Qt.ItemDataRole.UserRole, count.label)
            if count.enough:
                item.setText(text)
                item.setFlags(
                    Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable
                )
                item.setCheckState(Qt.CheckState.Checked)
            else:
                item.setText(self.tr("%1 (too few)").replace("%1", text))
                item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.labels.blockSignals(False)
        self.check()

    @property
    def chosen(self) -> frozenset[str]:
        """The checked folders."""
        items = [self.labels.item(row) for row in range(self.labels.count())]
        checked = [item for item in items if item.checkState() is Qt.CheckState.Checked]
        return frozenset(item.data(Qt.ItemDataRole.UserRole) for item in checked)

    def check(self) -> None:
        """Offer the start, or say what is missing."""
        missing = ""
        if not adapt_job.enough(self._counts, self.chosen):
            missing = self.tr("At least %1 folders with %2 photos each are needed.")
            missing = missing.replace("%1", str(MIN_LABELS)).replace("%2", str(MIN_PHOTOS))
        elif not self.name.text().strip():
            missing = self.tr("Give the model a name.")
        self.start.setEnabled(not missing and not self.running)
        self.hint.setText("" if self.running else missing)

    def on_running(self, running: bool) -> None:
        for field in (self.bases, self.labels, self.name, self.keep):
            field.setEnabled(not running)
        for row in range(self._own.count()):
            item = self._own.itemAt(row)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setEnabled(not running)
        self.check()

    # -- learning --------------------------------------------------------------------------------------------------

    def _on_start(self) -> None:
        base = self._backend.model(self.bases.currentData())
        if base is None:
            return
        request = AdaptRequest(self._opened.root, base, self.chosen, self.name.text().strip())
        self._set_learned(None)
        self.run(lambda token: adapt_job.learn_steps(self._backend, request, token), self._on_learned, self.words)

    def _on_keep(self) -> None:
        learned = self._learned
        if learned is not None:
            self.run(lambda token: adapt_job.keep_steps(self._backend, learned, token), self._on_learned, self.words)

    def words(self, report: Progress) -> str:
        """How far it is."""
        if report.stage in ("scanning", "waiting", "settling", "indexing", "deriving"):
            return messages.progress(report)
        return {
            "grouping": self.tr("Looking for near-identical photos…"),
            "measuring": self.tr("Measuring on photos that are left out…"),
            "fitting": self.tr("Learning from all photos…"),
        }.get(report.stage, self.tr("Nearly done…"))

    def _on_learned(self, learned: Learned) -> None:
        self._set_learned(learned)
        self.tell(self._verdict(learned))
        if learned.model is not None:
            self._backend.reload_models()
            self._show_own()
            self.models_changed.emit(learned.model.name)

    def _set_learned(self, learned: Learned | None) -> None:
        self._learned = learned
        self.keep.setVisible(learned is not None and learned.model is None)

    def _verdict(self, learned: Learned) -> str:
        found = learned.found
        if found.gains:
            text = self.tr("It gains: mAP rises from %1 to %2, by %3 (95 % interval %4 to %5).")
        else:
            text = self.tr("No gain could be shown: mAP goes from %1 to %2, by %3 (95 % interval %4 to %5).")
        for place, value in zip(("%1", "%2"), (found.before, found.after), strict=True):
            text = text.replace(place, _number(value))
        for place, change in zip(("%3", "%4", "%5"), (found.gain.value, found.gain.low, found.gain.high), strict=True):
            text = text.replace(place, _number(change or 0.0, signed=True))
        on = self.tr("Measured on %1 that it had not learned from.").replace(
            "%1", messages.Counted().photos(found.gain.queries)
        )
        if learned.model is not None:
            done = self.tr("%1 is now in the list of models, and chosen.").replace("%1", learned.model.name)
        else:
            done = self.tr("It was not kept. More photos, or folders that differ more, may help.")
        return f"{text} {on}\n{done}"

    # -- the models that are there ---------------------------------------------------------------------------------

    def _show_own(self) -> None:
        while (item := self._own.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        own = adapt_job.own_ones(self._backend)
        if own:
            self._own.addWidget(QLabel(self.tr("Your own models"), self))
        for spec in own:
            self._own.addWidget(self._own_row(spec))
        if not self.running:
            self.name.setText(adapt_job.free_name(self._backend, self._opened.root))

    def _own_row(self, spec: ModelSpec) -> QWidget:
        row = QWidget(self)
        gain = spec.quality.get("mAP gain", "")
        label = QLabel(f"{spec.name} · mAP {gain}", row)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setToolTip(tooltip(spec.training_data))
        button = QPushButton(self.tr("Throw away"), row)
        button.setAutoDefault(False)
        button.setAccessibleName(self.tr("Throw %1 away").replace("%1", spec.name))
        button.setObjectName(f"throw-away-{spec.name}")
        button.clicked.connect(lambda _checked=False: self._throw_away(spec))
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label, 1)
        layout.addWidget(button)
        return row

    def _throw_away(self, spec: ModelSpec) -> None:
        self._set_learned(None)
        self.run(lambda _token: adapt_job.throw_away_steps(self._backend, spec), self._on_thrown_away, self.words)

    def _on_thrown_away(self, spec: ModelSpec) -> None:
        self._backend.reload_models()
        self._show_own()
        self.tell(self.tr("%1 is gone.").replace("%1", spec.name))
        self.models_changed.emit("")


def _number(value: float, *, signed: bool = False) -> str:
    text = QLocale().toString(abs(value), "f", DECIMALS)
    return (("−" if value < 0 else "+") if signed else "") + text

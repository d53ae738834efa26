"""The windows that export: the results on the screen, or the rankings of many queries."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFormLayout, QLabel, QPushButton, QRadioButton, QVBoxLayout, QWidget

from engine.export import ExportReport, Format
from engine.export_blocks import ScreenSection
from engine.results import Progress
from engine.spec import ModelSpec
from engine.store import Library
from gui import messages
from gui.backend import Backend
from gui.choices import FormatChecks, PathField
from gui.export_job import ExportChoices, new_folder, screen_steps
from gui.gallery_model import shown_text
from gui.job_dialog import JobDialog
from gui.settings import Settings

MIN_WIDTH_PX = 560
PAGE = "index.html"
SHEET = "sheet-"  # there may be hundreds of them


class ExportDialog(JobDialog):
    """What both exports have: formats, a folder to write to, and what can be opened at the end."""

    def __init__(self, title: str, library: Path, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(title, "", "export", parent)
        self.start.setText(self.tr("&Export"))
        self._library_root = library
        self._settings = settings
        self._last = ExportChoices.from_dict(settings.export_choices)
        self._out: Path | None = None
        self.setMinimumWidth(MIN_WIDTH_PX)
        self.form = QFormLayout()
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.formats = FormatChecks(self)
        self.formats.choose(self._last.formats)
        self.folder = PathField(self.tr("Folder to write to"), self)
        self.folder.set_text(str(new_folder(self._place(), library)))
        self.hint = QLabel(self)
        self.hint.setWordWrap(True)
        for field in (self.formats, self.folder):
            field.changed.connect(self.check)
        self.open_page = self._result_button(self.tr("&Open the page"), self._on_open_page)
        self.open_folder = self._result_button(self.tr("Show the &folder"), self._on_open_folder)
        self.results.addStretch(1)
        self.content.addLayout(self.form)

    def _place(self) -> Path:
        """Where the last export made its folder; else among the documents."""
        if self._last.out and Path(self._last.out).parent.is_dir():
            return Path(self._last.out).parent
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(documents) if documents and Path(documents).is_dir() else Path.home()

    def _result_button(self, text: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.setVisible(False)
        button.clicked.connect(act)
        self.results.addWidget(button)
        return button

    def add_rows(self) -> None:
        """The rows that stand last in both."""
        label = QLabel(self.tr("Write as"), self)
        label.setBuddy(self.formats.checks[Format.CSV])
        self.form.addRow(label, self.formats)
        self.form.addRow(self.tr("&Write to"), self.folder)

    # -- what is missing -------------------------------------------------------------------------------------------

    @property
    def out(self) -> Path:
        """The folder to write to."""
        return Path(self.folder.text).expanduser()

    def missing(self) -> str:
        """What has to be chosen before the export can start, "" if nothing is missing."""
        if not self.formats.chosen:
            return self.tr("Choose at least one format.")
        if not self.folder.text or not self.out.is_absolute():
            return self.tr("Choose a folder to write to.")
        return ""

    def check(self) -> None:
        """Offer the start, or say what is missing."""
        missing = self.missing()
        self.start.setEnabled(not missing and not self.running)
        self.hint.setText(missing)
        self.hint.setVisible(bool(missing))

    def on_running(self, running: bool) -> None:
        for row in range(self.form.rowCount()):
            for role in (QFormLayout.ItemRole.FieldRole, QFormLayout.ItemRole.SpanningRole):
                item = self.form.itemAt(row, role)
                widget = item.widget() if item is not None else None
                if widget is not None and widget is not self.hint:
                    widget.setEnabled(not running)
        self.check()
        if running:
            self.open_page.setVisible(False)
            self.open_folder.setVisible(False)

    # -- progress and result ---------------------------------------------------------------------------------------

    def words(self, report: Progress) -> str:
        """How far the export is."""
        if report.stage in ("scanning", "waiting", "settling", "indexing"):
            return messages.progress(report)
        names = {
            "embedding": self.tr("Looking at the pictures to search with"),
            "ranking": self.tr("Searching"),
            Format.HTML: self.tr("Writing the page"),
            Format.CONTACT_SHEET: self.tr("Drawing the sheets"),
            Format.COPY: self.tr("Copying the photos"),
        }
        name = names.get(report.stage) or self.tr("Writing %1").replace("%1", report.stage.upper())
        if report.total is None:
            return name
        text = self.tr("%1: %2 of %3").replace("%1", name)
        return text.replace("%2", messages.number(report.done)).replace("%3", messages.number(report.total))

    def show_report(self, report: ExportReport) -> None:
        """Say where it lies, and offer to open it."""
        self._out = report.out
        text = self.tr("%1 in %2").replace("%1", messages.Counted().results(report.rows))
        names = [name for name in report.files if not name.startswith(SHEET)]
        if sheets := len(report.files) - len(names):
            names.append(self.tr("%Ln sheet(s)", None, sheets))
        lines = [text.replace("%2", str(report.out)), ", ".join(names)]
        if report.skipped:
            lines.append(
                self.tr("%Ln picture(s) could not be read; manifest.json names them.", None, len(report.skipped))
            )
        self.tell("\n".join(lines))
        self.open_page.setVisible(PAGE in report.files)
        self.open_folder.setVisible(True)
        self._make_room()
        (self.open_page if PAGE in report.files else self.open_folder).setFocus()
        self.start.setEnabled(False)  # the folder holds this export now; another choice enables it again

    def stopped_words(self) -> str:
        return self.tr("Stopped. Nothing was written.")

    def remember(self, choices: ExportChoices) -> None:
        """Keep the choices for the next time."""
        self._last = choices
        self._settings.export_choices = choices.to_dict()

    def _on_open_page(self) -> None:
        if self._out is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._out / PAGE)))

    def _on_open_folder(self) -> None:
        if self._out is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._out)))


class ScreenExportDialog(ExportDialog):
    """Exports the ranking that the window shows, or the photos that are selected in it."""

    def __init__(
        self,
        backend: Backend,
        library: Library,
        spec: ModelSpec,
        everything: ScreenSection,
        selection: ScreenSection | None,
        settings: Settings,
        folded: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        """`selection` is the selected part of `everything`, None where nothing is selected; `folded` results are not on
        the screen because better ones stand for them."""
        super().__init__("", library.root, settings, parent)
        self.setWindowTitle(self.tr("Export these results"))
        self._backend, self._library, self._spec = backend, library, spec
        self._everything, self._selection = everything, selection
        shown = everything.results[0]
        query = QLabel(shown_text(shown.query.name), self)
        query.setWordWrap(True)
        how = QLabel(f"{everything.model} · {messages.metric_name(everything.metric)}", self)
        self.all = QRadioButton(self.tr("&All that is shown: %Ln photo(s)", None, len(shown.order)), self)
        self.selected = QRadioButton(self)
        selected = len(selection.results[0].order) if selection else 0
        self.selected.setText(self.tr("Only what is &selected: %Ln photo(s)", None, selected))
        self.selected.setEnabled(selected > 0)
        (self.selected if selected > 1 else self.all).setChecked(True)
        which = QWidget(self)
        choices = QVBoxLayout(which)
        choices.setContentsMargins(0, 0, 0, 0)
        for button in (self.all, self.selected):
            choices.addWidget(button)
        left_out = self.tr("%Ln near-identical photo(s), folded, are left out: unfold them first.", None, folded)
        self.folded = QLabel(left_out, self)
        self.folded.setWordWrap(True)
        self.folded.setVisible(folded > 0)
        choices.addWidget(self.folded)
        self.form.addRow(self.tr("Results for"), query)
        self.form.addRow(self.tr("Found by"), how)
        self.form.addRow(self.tr("Which"), which)
        self.add_rows()
        self.form.addRow("", self.hint)
        self.all.toggled.connect(self.check)
        self.start.clicked.connect(self._on_start)
        self.finish()
        self.check()

    def _on_start(self) -> None:
        section = self._everything if self.all.isChecked() or self._selection is None else self._selection
        out, formats = self.out, self.formats.chosen
        self.remember(_with(self._last, formats, out))
        self.run(
            lambda _token: screen_steps(self._backend, self._library, self._spec, section, out, formats),
            self.show_report,
            self.words,
        )


def _with(choices: ExportChoices, formats: tuple[Format, ...], out: Path) -> ExportChoices:
    return replace(choices, formats=tuple(map(str, formats)), out=str(out))

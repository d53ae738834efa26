"""The window that shows groups of near-identical photos over the whole library; it never deletes anything."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QFileDialog, QLabel, QMenu, QPushButton, QStackedWidget, QWidget

from engine.different import call_different, take_back
from engine.duplicate_search import CopyGroup, DuplicateReport, part
from engine.duplicates import PairKey
from engine.errors import EngineError
from engine.export_duplicates import write_duplicates
from engine.results import Progress
from engine.spec import ModelSpec
from gui import messages
from gui.backend import Backend
from gui.batch_dialog import Opened
from gui.compare import Compare
from gui.duplicates_job import duplicate_steps, items_of, spare_bytes
from gui.duplicates_tree import DuplicatesTree
from gui.explainer import Explainer
from gui.gallery_model import shown_text
from gui.guard import guarded
from gui.job_dialog import JobDialog
from gui.pictures import Pictures
from gui.query_side import QuerySide
from gui.thumbnails import Thumbnails
from gui.viewer import Viewer

FIRST_SIZE = (1040, 760)


class DuplicatesPage(JobDialog):
    """`query_requested(path)`: a photo was clicked. `different_changed()`: other pairs count as no duplicates now."""

    query_requested = Signal(object)
    different_changed = Signal()

    def __init__(
        self, backend: Backend, opened: Opened, spec: ModelSpec, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__("", "", "duplicates", parent)
        self.setWindowTitle(self.tr("Duplicates"))
        self.start.setText(self.tr("&Search"))
        self._backend, self._opened, self._spec = backend, opened, spec
        self.report: DuplicateReport | None = None
        # What was called different, and the report as it stood before; None once another search has replaced it.
        self._undo: list[tuple[frozenset[PairKey], DuplicateReport | None]] = []
        self.about = QLabel(self)
        self.about.setWordWrap(True)
        self.about.setText(
            self.tr(
                "Finds photos of the library that show one picture: copies, also resized, saved again, recoloured, "
                "mirrored or slightly cropped. Semblance deletes nothing; what to keep is up to you."
            )
        )
        self.tree = DuplicatesTree(thumbnails, self)
        self.tree.query_requested.connect(self.query_requested)
        self.tree.view_requested.connect(self.view)
        self.tree.menu_requested.connect(self._show_menu)
        self.tree.changed.connect(self._update)
        self._pictures = Pictures(self)
        self.viewer, self.compare = Viewer(self._pictures, self), Compare(self._pictures, self)
        self._explainer = Explainer(backend.embedder, self)
        self._connect_pages()
        self.pages = QStackedWidget(self)
        for page in (self.tree, self.viewer, self.compare):
            self.pages.addWidget(page)
        self.content.addWidget(self.about)
        self.content.addWidget(self.pages, 1)
        self._actions = self._build_actions()
        self._buttons = self._build_buttons()
        self.start.clicked.connect(self._on_start)
        self.finish()
        self.resize(*FIRST_SIZE)
        self._update()

    def _connect_pages(self) -> None:
        for page in (self.viewer, self.compare):
            page.closed.connect(self.close_page)
            page.full_screen_requested.connect(self._turn_full_screen)
        heat = self.compare.heat
        heat.wanted.connect(lambda query, file: self._explainer.ask(self._spec, query, file))
        heat.given_up.connect(self._explainer.forget)
        self._explainer.explained.connect(heat.answer)
        self._explainer.failed.connect(heat.fail)

    def _build_actions(self) -> dict[str, QAction]:
        made = {}
        for key, text, shortcut, act in (
            ("view", self.tr("&View large"), "", self.view),
            ("compare", self.tr("&Compare"), "C", self.compare_two),
            ("query", self.tr("&Find similar"), "S", self._search_chosen),
            ("different", self.tr("&Not a duplicate"), "N", self.call_different),
            ("undo", self.tr("&Undo"), "Ctrl+Z", self.undo),
            ("export", self.tr("&Export…"), "Ctrl+S", self.export),
        ):
            action = QAction(text, self)
            action.setShortcut(QKeySequence(shortcut))
            action.triggered.connect(lambda _checked=False, act=act: act())
            self.addAction(action)
            made[key] = action
        return made

    def _build_buttons(self) -> dict[str, QPushButton]:
        made = {}
        tips: dict[str, str] = {
            "compare": self.tr("Two photos of a group side by side (C)"),
            "different": self.tr("Take the selected photos out of the group, now and in every later search (N)"),
            "undo": self.tr("Take the last “not a duplicate” back (Ctrl+Z)"),
            "export": self.tr("Write the groups as CSV or JSON (Ctrl+S)"),
        }
        for key, tip in tips.items():
            button = QPushButton(self._actions[key].text(), self)
            button.setAutoDefault(False)
            button.setToolTip(tip)
            button.clicked.connect(self._actions[key].trigger)
            self.results.addWidget(button)
            made[key] = button
        self.results.addStretch(1)
        return made

    def _update(self) -> None:
        """Offer what can be done now."""
        chosen = self.tree.chosen()
        listed = self.pages.currentWidget() is self.tree
        group = chosen is not None and not self.running
        alike = group and len({copy.content for copy in self._group(chosen).copies}) > 1  # type: ignore[arg-type]
        for key, enabled in (
            ("view", group and listed),
            ("compare", group and listed),
            ("query", group and listed),
            ("different", alike),
            ("undo", bool(self._undo) and not self.running),
            ("export", self.report is not None and bool(self.report.groups) and not self.running),
        ):
            self._actions[key].setEnabled(enabled)
            if key in self._buttons:
                self._buttons[key].setEnabled(enabled)
                self._buttons[key].setVisible(self.report is not None)

    def _group(self, chosen: tuple[int, list[int]]) -> CopyGroup:
        return self.tree.copies.groups[chosen[0]]

    def on_running(self, running: bool) -> None:
        super().on_running(running)
        if hasattr(self, "_buttons"):  # the base announces its state while this is still being built
            self._update()

    # -- the job ---------------------------------------------------------------------------------------------------

    def _on_start(self) -> None:
        self.close_page()
        self.run(
            lambda token: duplicate_steps(self._backend, self._opened.root, self._spec, token),
            self._on_found,
            self.words,
        )

    def _on_found(self, report: DuplicateReport) -> None:
        self._undo = [(pairs, None) for pairs, _older in self._undo]
        self.show_report(report)

    def words(self, report: Progress) -> str:
        """How far the search is."""
        if report.stage in ("scanning", "waiting", "settling", "indexing"):
            return messages.progress(report)
        texts = {
            "comparing": self.tr("Comparing all photos with one another: %1 of %2"),
            "looking": self.tr("Looking closely at pairs: %1 of %2"),
        }
        text = texts.get(report.stage, self.tr("Measuring the photos that were found: %1 of %2"))
        text = text.replace("%1", messages.number(report.done)).replace("%2", messages.number(report.total or 0))
        if report.seconds_left is not None and report.seconds_left > 1:
            text += " · " + self.tr("%1 left").replace("%1", messages.duration(report.seconds_left))
        return text

    def show_report(self, report: DuplicateReport, stand_at: int = 0) -> None:
        """Show what was found."""
        self.report = report
        self.tree.set_groups(report.groups, stand_at)
        self.start.setText(self.tr("&Search again"))
        if report.groups:
            photos = sum(len(group.copies) for group in report.groups)
            text = self.tr("%Ln group(s)", None, len(report.groups)) + " · " + messages.Counted().photos(photos)
            text += " · " + self.tr("all but the largest of each: %1").replace(
                "%1", messages.file_size(spare_bytes(report))
            )
        else:
            text = self.tr("No photo is there twice.")
        if report.different:
            text += " · " + self.tr("%Ln pair(s) called no duplicates", None, report.different)
        self.tell(text)
        self.tree.setFocus()
        self._update()

    # -- one photo, two photos -------------------------------------------------------------------------------------

    def view(self) -> None:
        """The photo that the keyboard is on as large as the window; the arrow keys go along its group."""
        chosen = self.tree.chosen()
        if chosen is None:
            return
        group = self._group(chosen)
        self._open(self.viewer)
        place = self.tree.copies.place(self.tree.currentIndex())
        at = place[1] if place is not None and place[1] is not None else 0
        self.viewer.show_photo(self._opened.root, items_of(group, list(range(len(group.copies)))), at)

    def compare_two(self) -> None:
        """Two selected photos side by side; of one, it and the first of its group; the arrow keys go to the others."""
        chosen = self.tree.chosen()
        if chosen is None:
            return
        group, selected = self._group(chosen), chosen[1]
        left = selected[0] if len(selected) > 1 else 0
        right = selected[1] if len(selected) > 1 else selected[0] or 1
        others = [at for at in range(len(group.copies)) if at != left]
        path = group.copies[left].path
        self._open(self.compare)
        side = QuerySide(path.rpartition("/")[2], self._opened.root / path)
        self.compare.show_pair(side, self._opened.root, items_of(group, others), others.index(right))

    def _open(self, page: Viewer | Compare) -> None:
        self.pages.setCurrentWidget(page)
        page.setFocus()
        self._update()

    def close_page(self) -> None:
        """Back to the groups."""
        page = self.pages.currentWidget()
        if isinstance(page, Viewer | Compare):
            page.clear()
            self.pages.setCurrentWidget(self.tree)
            self.tree.setFocus()
            self._update()

    def _turn_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _search_chosen(self) -> None:
        chosen = self.tree.chosen()
        if chosen is not None:
            self.query_requested.emit(self._group(chosen).copies[chosen[1][0]].path)

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions([self._actions[key] for key in ("query", "view", "compare", "different")])
        menu.popup(at)

    # -- what is no duplicate --------------------------------------------------------------------------------------

    def call_different(self) -> None:
        """The selected photos are no duplicates of the rest of their group; of a whole group, none is of another."""
        chosen, report = self.tree.chosen(), self.report
        if chosen is None or report is None:
            return
        group = self._group(chosen)
        gallery = self._backend.store.library(self._opened.root).gallery(self._spec)
        parted = part(gallery, group, frozenset(group.copies[at].content for at in chosen[1]))
        if parted.pairs and self._try(lambda: call_different(self._backend.store, parted.pairs)):
            self._undo.append((parted.pairs, report))
            groups = (*report.groups[: chosen[0]], *parted.groups, *report.groups[chosen[0] + 1 :])
            self.close_page()
            self.show_report(replace(report, groups=groups, different=report.different + len(parted.pairs)), chosen[0])
            self.different_changed.emit()

    def undo(self) -> None:
        """Take the last "not a duplicate" back; one from before the last search is searched for anew."""
        if self._undo and self._try(lambda: take_back(self._backend.store, self._undo[-1][0])):
            _pairs, report = self._undo.pop()
            self.different_changed.emit()
            if report is None:
                self._on_start()
            else:
                self.close_page()
                self.show_report(report)

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except EngineError as error:
            self.tell_error(error)
            return False
        return True

    # -- export ----------------------------------------------------------------------------------------------------

    def export(self) -> None:
        """Ask where to, and write what is shown."""
        report = self.report
        if report is None:
            return
        start = str(self._opened.root.parent / self.tr("duplicates.csv"))
        kinds = self.tr("Table") + " (*.csv);;JSON (*.json)"
        name, kind = QFileDialog.getSaveFileName(self, self.tr("Export the groups"), start, kinds)
        if not name:
            return
        file = Path(name)
        if not file.suffix:
            file = file.with_suffix(".json" if "json" in kind else ".csv")
        if self._try(lambda: write_duplicates(report, file)):
            text = self.tr("%1 in %2").replace("%1", self.tr("%Ln group(s)", None, len(report.groups)))
            self.tell(text.replace("%2", shown_text(str(file))))

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded()
    def reject(self) -> None:
        """Esc goes up one level: out of a page, then it stops the job, then it closes the window."""
        if self.pages.currentWidget() is not self.tree:
            self.close_page()
        else:
            super().reject()

    @guarded()
    def closeEvent(self, event: QCloseEvent) -> None:
        self._explainer.close()
        self._pictures.close()
        super().closeEvent(event)

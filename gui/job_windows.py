"""Opens the windows of long jobs, each kind once, and closes them with the library that they are about."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from engine.metric import Metric
from gui.controller import Controller
from gui.gallery_view import GalleryView
from gui.library_state import LibraryState
from gui.session_state import Query

if TYPE_CHECKING:
    from gui.batch_dialog import Opened
    from gui.job_dialog import JobDialog

# The windows are imported when they are first opened: with them comes onnxruntime, which no start should wait for.


class JobWindows(QObject):
    """Acts for the main window. A second wish for a window of one kind brings the first to the front."""

    def __init__(self, window: QMainWindow, controller: Controller, grid: GalleryView) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._grid = grid
        self._open: dict[str, JobDialog] = {}
        controller.library_opening.connect(self._on_library_opening)
        controller.library_changed.connect(self._on_library_changed)

    @property
    def can_export_screen(self) -> bool:
        """Whether the window shows results."""
        controller = self._controller
        return controller.reply is not None and controller.query is not None and len(controller.items) > 0

    def export_screen(self) -> None:
        """Export the ranking that is shown, or the selection."""
        from gui.export_dialog import ScreenExportDialog
        from gui.export_job import screen_section

        controller = self._controller
        reply, state, items = controller.reply, controller.state, controller.items
        if reply is None or state is None or not self.can_export_screen:
            return
        everything = screen_section(reply, items, state.library.root)
        selected = self._grid.selected_paths()
        part = screen_section(reply, items, state.library.root, selected.positions) if len(selected) else None
        self.close_window("screen")  # it is about other results
        self._show(
            "screen",
            lambda: ScreenExportDialog(
                controller.backend,
                state.library,
                reply.request.model,
                everything,
                part,
                controller.settings,
                controller.folding.folded,
                self._window,
            ),
        )

    def export_batch(self) -> None:
        """Export the rankings of many queries."""
        from gui.batch_dialog import BatchDialog

        opened, controller = self._opened(), self._controller
        if opened is not None:
            self._show("batch", lambda: BatchDialog(controller.backend, opened, controller.settings, self._window))

    def evaluate(self) -> None:
        """Measure models on the labelled photos of the library."""
        from gui.evaluate_page import EvaluatePage

        opened, controller = self._opened(), self._controller
        if opened is None:
            return

        def make() -> EvaluatePage:
            page = EvaluatePage(controller.backend, opened, controller.settings, self._grid.thumbnails, self._window)
            page.ranking_requested.connect(self._show_ranking)
            return page

        self._show("evaluate", make)

    def duplicates(self) -> None:
        """Search the library for near-identical photos."""
        from gui.duplicates_page import DuplicatesPage

        opened, controller = self._opened(), self._controller
        spec = controller.model
        if opened is None or spec is None:
            return

        def make() -> DuplicatesPage:
            page = DuplicatesPage(controller.backend, opened, spec, self._grid.thumbnails, self._window)
            page.query_requested.connect(lambda path: controller.set_query(Query.by_path(path)))
            page.different_changed.connect(controller.folding.look_again)
            return page

        self._show("duplicates", make)

    def robustness(self) -> None:
        """Find out which changes of the query's picture the model sees."""
        from gui.robustness_dialog import RobustnessDialog

        controller = self._controller
        state, query, model, metric = controller.state, controller.query, controller.model, controller.metric
        if state is None or query is None or model is None:
            return
        self.close_window("robustness")  # it is about another query, perhaps
        part = query.base[0]
        self._show(
            "robustness",
            lambda: RobustnessDialog(controller.backend, state.library, part, model, metric, self._window),
        )

    def columns(self) -> None:
        """Show the query under several models side by side."""
        from gui.columns_dialog import ColumnsDialog

        opened, controller = self._opened(), self._controller
        query = controller.query
        if opened is None or query is None:
            return
        self.close_window("columns")  # it is about another query, perhaps

        def make() -> ColumnsDialog:
            thumbnails = self._grid.thumbnails
            dialog = ColumnsDialog(controller.backend, opened, query, controller.scope, thumbnails, self._window)
            dialog.query_requested.connect(lambda path: controller.set_query(Query.by_path(path)))
            return dialog

        self._show("columns", make)

    def adapt(self) -> None:
        """Make a model of one's own from labelled folders."""
        from gui.adapt_dialog import AdaptDialog

        opened, controller = self._opened(), self._controller
        if opened is None:
            return

        def make() -> AdaptDialog:
            dialog = AdaptDialog(controller.backend, opened, self._window)
            dialog.models_changed.connect(controller.reload_models)
            return dialog

        self._show("adapt", make)

    def _show_ranking(self, model: str, metric: Metric, query: Query) -> None:
        """A query of an evaluation as the evaluation searched for it."""
        controller = self._controller
        controller.set_model(model)
        controller.set_metric(metric, keep=False)
        controller.set_limit(None)
        controller.set_query(query)

    def _opened(self) -> "Opened | None":
        from gui.batch_dialog import Opened

        controller = self._controller
        state, model = controller.state, controller.model
        if state is None:
            return None
        name = model.name if model else ""
        return Opened(state.library.root, controller.photos, state.counts, name, str(controller.metric))

    def window(self, kind: str) -> "JobDialog | None":
        """The open window of a kind."""
        return self._open.get(kind)

    def _show(self, kind: str, make: "Callable[[], JobDialog]") -> None:
        dialog = self._open.get(kind)
        if dialog is not None:
            dialog.raise_()
            dialog.activateWindow()
            return
        dialog = self._open[kind] = make()
        dialog.ended.connect(self._controller.refresh)  # it may have indexed something
        dialog.closed.connect(lambda: self._open.pop(kind, None))
        dialog.show()

    def close_window(self, kind: str) -> None:
        """Stop and close one, if it is open."""
        dialog = self._open.get(kind)
        if dialog is not None:
            dialog.close()

    def _on_library_opening(self, root: Path) -> None:
        if root != self._controller.root:
            self.close()

    def _on_library_changed(self, state: LibraryState) -> None:
        for dialog in self._open.values():
            dialog.library_changed(state.counts, self._controller.photos)

    def close(self) -> None:
        """Stop every job, wait for the threads, and close the windows."""
        for kind in list(self._open):
            self.close_window(kind)

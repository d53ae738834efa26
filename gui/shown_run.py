"""Shows an exported run again: its library, model, distance and limits, with its queries in the history."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from engine.manifest import Run
from engine.query_set import Query as RunQuery
from gui.controller import Controller, Place
from gui.history import LIMIT
from gui.library_state import LibraryState
from gui.session_state import Part, Query


class ShownRun(QObject):
    """Opens a run's library, and once that is there, sets the window as the run was. Back leads to its other queries;
    of a run over all photos there is no list, and the library is shown."""

    def __init__(self, controller: Controller, run: Run, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._run = run
        controller.library_changed.connect(self._on_library)
        controller.open_library(run.library)

    @Slot(object)
    def _on_library(self, state: LibraryState) -> None:
        if state.library.root == self._run.library:
            self._controller.library_changed.disconnect(self._on_library)
            # Once the controller is done with the opened library, which resets what is set here.
            QTimer.singleShot(0, self, self._set_up)

    def _set_up(self) -> None:
        controller, run = self._controller, self._run
        controller.set_model(run.models[0])
        controller.set_metric(run.metrics[0], keep=False)
        queries = [query for query in map(_shown, run.queries[: LIMIT - 1]) if query is not None]
        for query in reversed(queries[1:]):
            controller.history.visit(Place(query))
        if queries:
            controller.set_query(queries[0])
        controller.set_limit(run.max_distance)
        if run.k is not None:
            controller.set_count(run.k, keep=False)


def _shown(query: RunQuery) -> Query | None:
    """A run's query as the window searches for it; None for one that has gone, or that was no file."""
    if query.inside is not None:
        return Query.by_path(query.inside)
    if query.path is None or not Path(query.path).is_file():
        return None
    return Query((Part(file=query.path),))

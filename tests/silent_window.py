"""Uses the window by itself and tells of every socket: `python -m tests.silent_window OUT ARGUMENTS OF main.py`.

It opens the folder, searches, changes the distance, draws the map, looks for duplicates, exports to OUT, and closes the
window. Ends as the program does, with 99 if Python code made a socket, and with 98 if the window does not get on.
"""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.network_watch import watched

STUCK, PATIENCE_S = 98, 60.0


def acts(out: Path) -> Iterator[Callable[[], bool]]:
    """What is done in the window; each step ends with what to wait for before the next one."""
    from PySide6.QtWidgets import QApplication

    from engine.metric import Metric
    from gui.duplicates_page import DuplicatesPage
    from gui.export_dialog import ScreenExportDialog
    from gui.main_window import MainWindow
    from gui.session_state import Query

    def windows() -> list[MainWindow]:
        return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)]

    yield lambda: bool(windows())
    (window,) = windows()
    controller, actions = window.controller, window.actions_

    def indexed() -> bool:
        return controller.state is not None and not controller.indexing.running and len(controller.items) > 0

    def answered() -> bool:
        return controller.reply is not None and controller.reply.request.id == controller._request_id

    yield indexed
    controller.set_query(Query.by_path(window.grid.gallery.path(0)))
    yield answered
    controller.set_metric(Metric.EUCLIDEAN)
    yield answered
    for _ in range(2):
        actions["map"].trigger()
        yield lambda: True
    actions["duplicates"].trigger()
    duplicates = window.commands.jobs.window("duplicates")
    assert isinstance(duplicates, DuplicatesPage)
    duplicates.start.click()
    yield lambda: duplicates.report is not None
    duplicates.close()
    actions["export_results"].trigger()
    dialog = window.commands.jobs.window("screen")
    assert isinstance(dialog, ScreenExportDialog)
    dialog.formats.choose(("csv", "html"))
    dialog.folder.set_text(str(out))
    dialog.start.click()
    yield lambda: not dialog.running
    dialog.close()
    window.close()


def main() -> int:
    return watched(use)


def use() -> int:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from main import main as run

    app = QApplication(sys.argv[:1])
    steps, state = acts(Path(sys.argv[1])), {"ready": lambda: True, "since": time.monotonic()}
    stuck = False

    def go_on() -> None:
        nonlocal stuck
        if state["ready"]():
            state["ready"], state["since"] = next(steps, lambda: False), time.monotonic()
        elif time.monotonic() - state["since"] > PATIENCE_S and QApplication.topLevelWidgets():
            stuck = True
            app.exit(STUCK)

    timer = QTimer(interval=20)
    timer.timeout.connect(go_on)
    timer.start()
    status = run(sys.argv[2:])
    return STUCK if stuck else status


if __name__ == "__main__":
    sys.exit(main())

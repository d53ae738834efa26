"""How soon the window answers: while it indexes on all cores, and to another metric, model or query at 100,000 photos.

`python -m benchmarks.responsiveness [--json] [--photos N] [--indexed N]` needs the extra `dev`. The event loop's delay
is how much later than asked a timer of 5 ms fires, while somebody scrolls and walks through the photos. The large
library has random vectors of two models; its files are empty, for none of them is read.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

# Painted in memory, by the same code as on a screen without a graphics card.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from benchmarks.libraries import written_library
from benchmarks.photos import drawn_photos
from benchmarks.ratio import Result, parser, report
from engine.metric import Metric
from engine.spec import bundled_folder
from gui.backend import Backend
from gui.controller import Controller
from gui.main_window import MainWindow
from gui.session_state import Query
from gui.settings import Settings
from gui.theme import LIGHT, Theme
from tests.tiny_models import build_tiny_model

PHOTOS, INDEXED = 100_000, 1500
SIZE = (768, 1024)
DIMENSION = 256
TICK_MS = 5
STEP_MS = 150  # somebody does something so often
BAR_DELAY_MS, BAR_SWITCH_MS = 50.0, 100.0
PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A window and what stands behind it."""

    controller: Controller
    window: MainWindow


@contextmanager
def opened(data: Path, models: list[Path]) -> Iterator[Opened]:
    backend = Backend(data, models, None)
    controller = Controller(backend, Settings(data))
    window = MainWindow(controller)
    window.resize(1400, 900)
    window.show()
    try:
        yield Opened(controller, window)
    finally:
        window.close()
        backend.close()


def wait_until(done: Callable[[], bool]) -> None:
    """Let Qt work until something is true."""
    loop, end, timer = QEventLoop(), time.monotonic() + PATIENCE_S, QTimer(interval=10)
    timer.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > end else None)
    timer.start()
    loop.exec()
    if not done():
        sys.exit("waited in vain")


class Heartbeat(QObject):
    """Notes by how many milliseconds each tick of the event loop is late."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._last = time.perf_counter()
        self._timer.start()

    @Slot()
    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self._last) * 1e3 - TICK_MS))
        self._last = now


class Visitor(QObject):
    """Scrolls a page, walks to the next photo, scrolls on: what somebody does who looks around meanwhile."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._step = 0
        self._timer = QTimer(self, interval=STEP_MS)
        self._timer.timeout.connect(self._act)
        self._timer.start()

    @Slot()
    def _act(self) -> None:
        self._step += 1
        grid = self._window.grid
        rows, bar = len(grid.gallery.items), grid.verticalScrollBar()
        if not rows:
            return
        if self._step % 3:
            bar.setValue((bar.value() + bar.pageStep()) % max(1, bar.maximum()))
        else:
            grid.set_current_path(grid.gallery.path(self._step * 7 % rows))


def while_indexing(folder: Path, count: int) -> list[Result]:
    """Index drawn photos with the default model, look around meanwhile."""
    drawn_photos(folder / "photos", count, SIZE)
    with opened(folder / "data", [bundled_folder()]) as here:
        reports: list[object] = []
        here.controller.indexed.connect(reports.append)
        here.controller.open_library(folder / "photos")
        wait_until(lambda: here.controller.indexing.running)
        heart, visitor = Heartbeat(), Visitor(here.window)
        wait_until(lambda: bool(reports))
        del visitor
        late = np.array(heart.late)
        speed = getattr(reports[0], "images_per_second", 0.0)
    slowest, usual = float(late.max()), float(np.percentile(late, 99))
    note = f"{len(late)} ticks, {count} photos indexed at {speed:.0f}/s"
    return [
        Result("event loop while indexing, 99 of 100", "limit", usual, BAR_DELAY_MS, "ms", usual / BAR_DELAY_MS, 1.0),
        Result("event loop while indexing, latest", "limit", slowest, BAR_DELAY_MS, "ms", slowest / BAR_DELAY_MS, 1.0,
               note=note),
    ]  # fmt: skip


def after_a_switch(folder: Path, count: int, rounds: int) -> list[Result]:
    """From the choice to the painted result, for another query, metric and model."""
    models = folder / "models"
    models.mkdir(parents=True)
    for name, seed in (("one", 1), ("two", 2)):
        build_tiny_model(models / f"{name}.onnx", name, seed=seed, embedding_size=DIMENSION, labels=None)
    filler = Backend(folder / "data", [models], None)
    filler.models = type(filler.models)(tuple(s for s in filler.models.models if s.path.parent == models), ())
    root = folder / "photos"
    written_library(filler.store, root, count, filler.models.models)
    filler.close()
    times: dict[str, list[float]] = {"another query": [], "another metric": [], "another model": []}
    with opened(folder / "data", [models]) as here:
        controller, grid = here.controller, here.window.grid
        painted: list[float] = []
        settled: list[object] = []  # the histogram follows the results; nobody chooses again before he has seen them

        def paint() -> None:
            grid.viewport().repaint()
            painted.append(time.perf_counter())

        def measured(name: str, action: Callable[[], None]) -> None:
            painted.clear()
            settled.clear()
            start = time.perf_counter()
            action()
            wait_until(lambda: bool(painted and settled) and not controller.indexing.running)
            times[name].append((painted[0] - start) * 1e3)

        controller.set_model("one")
        controller.open_library(root)
        wait_until(lambda: controller.photos == count and not controller.indexing.running)
        controller.set_query(Query.by_path(grid.gallery.path(5)))
        wait_until(lambda: controller.reply is not None)
        controller.set_model("two")
        wait_until(lambda: controller.reply is not None and controller.reply.request.model.name == "two")
        controller.replied.connect(lambda _reply: QTimer.singleShot(0, paint))
        controller.spread_changed.connect(settled.append)
        for turn in range(rounds):
            path = controller.state.listing.paths[turn * 997 % count] if controller.state else ""
            measured("another query", lambda path=path: controller.set_query(Query.by_path(path)))
            other = Metric.EUCLIDEAN if controller.metric is Metric.COSINE else Metric.COSINE
            measured("another metric", lambda other=other: controller.set_metric(other))
            name = "one" if controller.model and controller.model.name == "two" else "two"
            measured("another model", lambda name=name: controller.set_model(name))
    results = []
    for name, taken in times.items():
        usual, note = median(taken), f"from {min(taken):.3g} to {max(taken):.3g} ms"
        results.append(
            Result(
                f"{name}, {count} photos", "limit", usual, BAR_SWITCH_MS, "ms", usual / BAR_SWITCH_MS, 1.0, note=note
            )
        )
    return results


def main() -> int:
    """Run both."""
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--photos", type=int, default=PHOTOS, metavar="N", help="photos of the large library")
    options.add_argument("--indexed", type=int, default=INDEXED, metavar="N", help="photos that are indexed")
    arguments = options.parse_args()
    application = QApplication(sys.argv[:1])
    theme = Theme(application, LIGHT)
    with tempfile.TemporaryDirectory() as folder:
        results = after_a_switch(Path(folder) / "large", arguments.photos, arguments.rounds)
        results += while_indexing(Path(folder) / "indexed", arguments.indexed)
    del theme
    return report("responsiveness", results, arguments.json)


if __name__ == "__main__":
    sys.exit(main())

"""The grid of a million photos against a plain QListView in IconMode over the same model, delegate and thumbnails.

`python -m benchmarks.gallery [--json] [--photos N]`. The million rows share 400 drawn thumbnails, which come from the
store on disk by the same way as in the window. Bars in milliseconds are for the time that the window's thread computes:
on a machine that others use, the clock on the wall measures the others.
"""

import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

# Painted in memory, by the same code as on a screen without a graphics card.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEventLoop, QSize, QTimer
from PySide6.QtWidgets import QApplication, QListView, QWidget

from benchmarks.ratio import Result, compared, parser, report
from engine.path_table import PathTable
from engine.thumbnail_store import ThumbnailStore, encode_thumbnail
from gui.gallery_delegate import GalleryDelegate
from gui.gallery_model import GalleryItems, GalleryModel
from gui.gallery_view import GalleryView
from gui.theme import LIGHT, Theme
from gui.thumbnails import Thumbnails

PHOTOS = 1_000_000
PICTURES = 400  # different thumbnails on disk
PAGES = 60  # places in the grid that are visited
WINDOW = QSize(1180, 900)  # 6 × 4 whole tiles of 160 pixels, and the cut ones below them
BAR_FIRST_PAINT_MS, BAR_PAGE_MS, BAR_LAYOUT, BAR_BYTES = 60.0, 12.0, 1 / 20, 0.1
PATIENCE_S = 30.0


def drawn_thumbnails(folder: Path) -> tuple[ThumbnailStore, NDArray[np.uint8]]:
    """A store of noisy gradients, and their keys [PICTURES, 16]."""
    rng = np.random.default_rng(5)
    store = ThumbnailStore(folder)
    keys = rng.integers(0, 256, (PICTURES, 16), dtype=np.uint8)
    across = np.linspace(0, 1, 256)[None, :, None]
    down = np.linspace(0, 1, 192)[:, None, None]
    jpegs = []
    for _ in range(PICTURES):
        left, right, top = rng.integers(0, 200, (3, 3))
        picture = left + (right - left) * across + top * down / 2 + rng.normal(0, 6, (192, 256, 1))
        jpegs.append(encode_thumbnail(picture.clip(0, 255).astype(np.uint8)))
    store.put_many(zip((key.tobytes() for key in keys), jpegs, strict=True))
    return store, keys


def ranking(photos: int, keys: NDArray[np.uint8]) -> GalleryItems:
    """A query's result over a whole library, its columns as the index opens them."""
    rng = np.random.default_rng(7)
    return GalleryItems(
        PathTable.from_sorted(f"holiday/{number:08d}.jpg" for number in range(photos)),
        order=rng.permutation(photos),
        distances=np.sort(rng.random(photos)),
        content=keys[np.arange(photos) % len(keys)],
    )


class Stopwatch:
    """Milliseconds of this thread's computing, and of the wall's clock."""

    def __enter__(self) -> "Stopwatch":
        self._wall, self._thread = time.perf_counter(), time.thread_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = (time.perf_counter() - self._wall) * 1e3
        self.thread = (time.thread_time() - self._thread) * 1e3


def timed(action: Callable[[], object]) -> Stopwatch:
    with Stopwatch() as watch:
        action()
    return watch


def within(name: str, watches: Sequence[Stopwatch], limit: float) -> Result:
    """A result that is judged by a number of milliseconds."""
    ours = median(watch.thread for watch in watches)
    wall = median(watch.wall for watch in watches)
    return Result(name, "limit", ours, limit, "ms", ours / limit, 1.0, note=f"{wall:.3g} ms by the clock")


def show(view: QWidget) -> None:
    view.resize(WINDOW)
    view.show()
    QApplication.processEvents()


def wait_until(done: Callable[[], bool]) -> None:
    """Let Qt work until something is true."""
    loop = QEventLoop()
    end = time.monotonic() + PATIENCE_S
    timer = QTimer(interval=1)
    timer.timeout.connect(lambda: loop.quit() if done() or time.monotonic() > end else None)
    timer.start()
    loop.exec()
    if not done():
        sys.exit("the thumbnails do not arrive")


def visible_paths(view: GalleryView) -> list[str]:
    """What stands on the screen."""
    area, model = view.viewport().rect(), view.gallery
    first = max(0, view.indexAt(area.topLeft() + view.visualRect(model.index(0)).topLeft()).row())
    rows = range(first, min(len(model.items), first + 200))
    return [model.path(row) for row in rows if view.visualRect(model.index(row)).intersects(area)]


def page_positions(view: GalleryView) -> list[int]:
    bar = view.verticalScrollBar()
    rng = np.random.default_rng(11)
    return [int(value) for value in rng.integers(0, bar.maximum() - bar.pageStep(), PAGES)]


def measure_grid(items: GalleryItems, thumbnails: Thumbnails, rounds: int) -> list[Result]:
    """What is judged by itself: first paint, page down, thumbnails, bytes."""
    view = GalleryView(thumbnails)
    show(view)

    def first_paint() -> None:
        view.show_items(items)
        view.viewport().repaint()

    paints = []
    for _ in range(rounds):
        view.show_items(GalleryItems(()))
        QApplication.processEvents()
        paints.append(timed(first_paint))
    bar, empty, full, waits = view.verticalScrollBar(), [], [], []

    def page_down() -> None:
        bar.setValue(bar.value() + bar.pageStep())
        view.viewport().repaint()

    for position in page_positions(view):
        bar.setValue(position)
        QApplication.processEvents()
        empty.append(timed(page_down))
        start = time.perf_counter()
        wait_until(lambda: all(thumbnails.pixmap(path) for path in visible_paths(view)))
        waits.append((time.perf_counter() - start) * 1e3)
        bar.setValue(position)
        view.viewport().repaint()
        full.append(timed(page_down))  # the same page again, every thumbnail in memory
    tracemalloc.start()
    view.show_items(items)
    view.viewport().repaint()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    select = [timed(view.selectAll) for _ in range(rounds)]
    tiles = len(visible_paths(view))
    view.close()
    each = peak / len(items)
    return [
        within("first paint", paints, BAR_FIRST_PAINT_MS),
        within("page down, thumbnails in memory", full, BAR_PAGE_MS),
        within("page down, tiles still empty", empty, BAR_PAGE_MS),
        within("select all", select, BAR_PAGE_MS),
        Result(
            "bytes allocated for a photo", "limit", each, BAR_BYTES, "bytes", each / BAR_BYTES, 1.0,
            note=f"{peak / 1024:.0f} KiB in all; {tiles} thumbnails from disk take {median(waits):.3g} ms by the clock",
        ),
    ]  # fmt: skip


def measure_against_icon_mode(items: GalleryItems, thumbnails: Thumbnails, rounds: int) -> list[Result]:
    """Layout, resize and first paint against Qt's own icon mode at its best: equal sizes, laid out in one pass."""
    ours = GalleryView(thumbnails)
    show(ours)
    model = GalleryModel()
    delegate = GalleryDelegate(thumbnails)
    plain = QListView()
    plain.setViewMode(QListView.ViewMode.IconMode)
    plain.setUniformItemSizes(True)
    plain.setResizeMode(QListView.ResizeMode.Adjust)
    plain.setMovement(QListView.Movement.Static)
    plain.setSpacing(10)
    plain.setItemDelegate(delegate)
    plain.setModel(model)
    show(plain)
    seconds: dict[str, tuple[list[float], list[float]]] = {}

    def turn(name: str, mine: Callable[[], object], theirs: Callable[[], object]) -> None:
        pair = seconds.setdefault(name, ([], []))
        for way, taken in zip((mine, theirs), pair, strict=True):
            taken.append(timed(way).thread / 1e3)

    def painted(view: QListView, show_items: Callable[[GalleryItems], None]) -> Callable[[], None]:
        def paint() -> None:
            show_items(items)
            view.doItemsLayout()
            view.viewport().repaint()

        return paint

    def resized(view: QListView, wider: int) -> Callable[[], None]:
        def resize() -> None:
            view.resize(WINDOW.width() + wider, WINDOW.height())
            view.doItemsLayout()
            view.viewport().repaint()

        return resize

    for number in range(rounds):
        ours.show_items(GalleryItems(()))
        model.set_items(GalleryItems(()))
        QApplication.processEvents()
        turn("first paint against icon mode", painted(ours, ours.show_items), painted(plain, model.set_items))
        turn("layout against icon mode", ours.doItemsLayout, plain.doItemsLayout)
        wider = 97 * (number % 2)
        turn("resize against icon mode", resized(ours, wider), resized(plain, wider))
    ours.close()
    plain.close()
    return [compared(name, mine, "QListView", theirs, BAR_LAYOUT) for name, (mine, theirs) in seconds.items()]


def main() -> int:
    """Run every comparison."""
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--photos", type=int, default=PHOTOS, metavar="N", help="rows of the grid")
    options.set_defaults(rounds=3)  # Qt's own layout of a million rows takes seconds, three times a round
    arguments = options.parse_args()
    application = QApplication(sys.argv[:1])
    Theme(application, LIGHT)
    with tempfile.TemporaryDirectory() as folder:
        store, keys = drawn_thumbnails(Path(folder))
        items = ranking(arguments.photos, keys)
        thumbnails = Thumbnails(store)
        try:
            results = measure_grid(items, thumbnails, arguments.rounds)
            results += measure_against_icon_mode(items, thumbnails, arguments.rounds)
        finally:
            thumbnails.close()
            store.close()
    return report("gallery", results, arguments.json)


if __name__ == "__main__":
    sys.exit(main())

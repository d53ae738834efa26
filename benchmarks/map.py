"""The map of 100,000 photos, frame by frame, against a painter that draws each dot as an ellipse; and how it is made.

`python -m benchmarks.map [--json] [--photos N] [--large N] [--neighbours N]`. Each frame moves or zooms the map and
paints it anew, by the same code as in the window. Bars in milliseconds are for the time that the window's thread
computes: on a machine that others use, the clock on the wall measures the others.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.gallery import Stopwatch, show, timed, within
from benchmarks.ratio import Result, compared, parser, report
from engine.gallery import Gallery
from engine.metric import Metric
from engine.path_table import PathTable
from engine.photo_map import pca_map
from engine.tsne import tsne_installed, tsne_map
from gui.guard import guarded
from gui.map_canvas import MapCanvas
from gui.map_groups import by_folder, shades
from gui.map_scene import Scene
from gui.theme import LIGHT, Theme, palette
from gui.thumbnails import Thumbnails

PHOTOS, LARGE = 100_000, 1_000_000
DIMENSION = 192  # of the default model's vectors
FOLDERS = 12
FRAMES = 40
WINDOW = QSize(1180, 900)
BAR_FRAME_MS = 1000 / 30
BAR_LARGE_MS = 100.0
BAR_ELLIPSES = 1 / 10
BAR_MAP_S = 30.0
NEIGHBOURS = 10_300  # photos whose map is made by t-SNE
BAR_NEIGHBOURS_S = 120.0


def scene_of(photos: int, *, by_distance: bool) -> Scene:
    """Clouds of photos, one for each folder, as a library of some kinds of pictures has them."""
    rng = np.random.default_rng(3)
    folder = np.sort(rng.integers(0, FOLDERS, photos))
    middles = rng.normal(0, 3, (FOLDERS, 2))
    points = (middles[folder] + rng.normal(0, 1, (photos, 2))).astype(np.float32)
    paths = PathTable.from_sorted(f"{group:02d}/{number:08d}.jpg" for number, group in enumerate(folder.tolist()))
    distances = rng.random(photos, dtype=np.float32) if by_distance else None
    shade = by_folder(paths).number if distances is None else shades(distances)
    return Scene(points, paths, shade, palette(LIGHT), distances=distances)


class Ellipses(QWidget):
    """The plain way: the same dots, each an ellipse of the painter."""

    def __init__(self, canvas: MapCanvas) -> None:
        super().__init__()
        self._canvas = canvas

    @guarded()
    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt calls it so
        scene, look = self._canvas.scene, self._canvas.look
        screen = look.screen(scene.drawn, self.width(), self.height()).tolist()
        colours, shade = scene.colours, scene.shade[scene.order].tolist()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), Qt.GlobalColor.white)
            painter.setPen(Qt.PenStyle.NoPen)
            for (x, y), number in zip(screen, shade, strict=True):
                painter.setBrush(colours[number])
                painter.drawEllipse(QPointF(x, y), 1.5, 1.5)


def frames(canvas: MapCanvas, scene: Scene, count: int) -> list[Stopwatch]:
    """Frames of somebody who moves and zooms."""
    canvas.set_scene(scene)
    canvas.repaint()
    middle = QPointF(WINDOW.width() / 2, WINDOW.height() / 2)
    watches = []
    for number in range(count):

        def frame(number: int = number) -> None:
            # In and out again about the middle; every other frame to one side.
            canvas.zoom(1.15 if number % 8 < 4 else 1 / 1.15, middle + QPointF(7 * (number % 3), 0))
            canvas.repaint()

        watches.append(timed(frame))
    return watches


def measure_frames(canvas: MapCanvas, photos: int, large: int, rounds: int) -> list[Result]:
    by_folder_, by_distance = (scene_of(photos, by_distance=flag) for flag in (False, True))
    results = [
        within(f"a frame of {photos:,} photos by folder", frames(canvas, by_folder_, FRAMES), BAR_FRAME_MS),
        within(f"a frame of {photos:,} photos by distance", frames(canvas, by_distance, FRAMES), BAR_FRAME_MS),
    ]
    plain = Ellipses(canvas)
    show(plain)
    plain.resize(WINDOW)
    canvas.set_scene(by_folder_)
    canvas.fit()
    ours: list[float] = []
    theirs: list[float] = []

    def whole() -> None:
        canvas.fit()
        canvas.repaint()

    ways: tuple[tuple[Callable[[], object], list[float]], ...] = ((whole, ours), (plain.repaint, theirs))
    for _ in range(rounds):
        for way, taken in ways:
            taken.append(timed(way).thread / 1e3)
    plain.close()
    results.append(compared(f"{photos:,} dots", ours, "drawEllipse", theirs, BAR_ELLIPSES))
    point = [timed(lambda: canvas._at(QPointF(400, 300))) for _ in range(rounds)]
    results.append(within(f"the photo under the pointer among {photos:,}", point, BAR_FRAME_MS / 4))
    if large:
        several = frames(canvas, scene_of(large, by_distance=False), max(8, rounds))
        results.append(within(f"a frame of {large:,} photos", several, BAR_LARGE_MS))
    canvas.set_scene(Scene())
    return results


def measure_making(photos: int, folder: Path) -> Result:
    """The map of a library whose vectors lie in a file, as the index maps it."""
    rng = np.random.default_rng(4)
    file = folder / "vectors"
    with file.open("wb") as out:
        for start in range(0, photos, 50_000):
            out.write(rng.standard_normal((min(50_000, photos - start), DIMENSION), dtype=np.float32).data)
    matrix = np.asarray(np.memmap(file, dtype=np.float32, mode="r", shape=(photos, DIMENSION)))
    paths = PathTable.from_sorted(f"{number:08d}.jpg" for number in range(photos))
    gallery = Gallery(paths, matrix, np.arange(photos, dtype=np.int64), "random")
    start = time.perf_counter()
    steps = sum(1 for _ in pca_map(gallery, Metric.COSINE))
    seconds = time.perf_counter() - start
    return Result(
        f"the map of {photos:,} photos of {DIMENSION} numbers", "limit", seconds, BAR_MAP_S, "s",
        seconds / BAR_MAP_S, 1.0, note=f"{steps} points at which it can be stopped",
    )  # fmt: skip


def measure_neighbours(photos: int) -> Result:
    """The map by t-SNE, in its own process, of clouds of vectors as a network makes them of a few kinds of pictures."""
    rng = np.random.default_rng(5)
    middles = rng.standard_normal((FOLDERS, DIMENSION), dtype=np.float32)
    vectors = middles[rng.integers(0, FOLDERS, photos)] + rng.standard_normal((photos, DIMENSION), dtype=np.float32)
    gallery = Gallery.from_arrays([f"{number:08d}.jpg" for number in range(photos)], vectors, "drawn")
    start = time.perf_counter()
    steps = sum(1 for _ in tsne_map(gallery, Metric.COSINE))
    seconds = time.perf_counter() - start
    return Result(
        f"the map of {photos:,} photos by t-SNE", "limit", seconds, BAR_NEIGHBOURS_S, "s",
        seconds / BAR_NEIGHBOURS_S, 1.0, note=f"{steps} points at which it can be stopped",
    )  # fmt: skip


def main() -> int:
    """Run every comparison."""
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--photos", type=int, default=PHOTOS, metavar="N", help="dots of the map")
    options.add_argument("--large", type=int, default=LARGE, metavar="N", help="of a large library; 0 leaves it out")
    options.add_argument("--neighbours", type=int, default=NEIGHBOURS, metavar="N", help="photos by t-SNE; 0: none")
    arguments = options.parse_args()
    application = QApplication(sys.argv[:1])
    Theme(application, LIGHT)
    thumbnails = Thumbnails()
    try:
        canvas = MapCanvas(thumbnails)
        show(canvas)
        canvas.resize(WINDOW)
        results = measure_frames(canvas, arguments.photos, arguments.large, arguments.rounds)
        canvas.close()
        if arguments.large:
            with tempfile.TemporaryDirectory() as folder:
                results.append(measure_making(arguments.large, Path(folder)))
        if arguments.neighbours and tsne_installed():
            results.append(measure_neighbours(arguments.neighbours))
    finally:
        thumbnails.close()
    return report("map", results, arguments.json)


if __name__ == "__main__":
    sys.exit(main())

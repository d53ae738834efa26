"""The program's start: to a window that shows a library, and to the first search result, against the bare parts of it.

`python -m benchmarks.start [--json] [--rounds N]` needs the extra `dev`. Every start is a process of its own, timed
until it has something to show: ours until the window has painted the tiles of an indexed library of 300 photos (and,
by itself, until the empty window is painted) and its event loop is idle; a bare PySide6 window with a label until the
same. The search embeds a picture from outside the library and prints the ranking; the bare onnxruntime session loads
the same model and runs it once on zeros.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.libraries import indexed
from benchmarks.photos import SMALL, drawn_jpegs, drawn_photos
from benchmarks.process import run_until_line
from benchmarks.ratio import Result, compared, parser, report, take_turns
from engine.embedder import open_embedder
from engine.spec import DEFAULT_MODEL, bundled_folder, find_model

PHOTOS = 300
BAR = 1.5
OFFSCREEN = {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}

# Both windows end themselves: what they take to close is not measured.
PAINTED = """
class Painted(QObject):
    def __init__(self, widget, ready):
        super().__init__(widget)
        self.ready, self.done = ready, False
        widget.installEventFilter(self)

    def eventFilter(self, widget, event):
        if event.type() == QEvent.Type.Paint and not self.done and self.ready():
            self.done = True
            QTimer.singleShot(0, self.tell)
        return False

    def tell(self):
        print("painted", flush=True)
        QApplication.quit()
"""

OURS = f"""
import sys
import main
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from gui import application

{PAINTED}

class Window(application.MainWindow):
    def show(self):
        photos = int(sys.argv[1])
        if photos:
            Painted(self.grid.viewport(), lambda: len(self.grid.gallery.items) >= photos)
        else:
            Painted(self, lambda: True)
        super().show()

application.MainWindow = Window
sys.exit(main.main(sys.argv[2:]))
"""

BARE_WINDOW = f"""
import sys
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

{PAINTED}

application = QApplication([])
window, label = QMainWindow(), QLabel("photos")
window.setCentralWidget(label)
Painted(label, lambda: True)
window.resize(1400, 900)
window.show()
sys.exit(application.exec())
"""

BARE_SESSION = """
import sys
import numpy
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
image = numpy.zeros((1, 3, int(sys.argv[2]), int(sys.argv[3])), numpy.float32)
print(session.run(["embedding"], {"image": image})[0].shape, flush=True)
"""


def measured(scratch: Path, rounds: int) -> list[Result]:
    """All starts, in turns."""
    spec = find_model(DEFAULT_MODEL, [bundled_folder()])
    photos, data, empty, image = (scratch / name for name in ("photos", "data", "empty", "query.jpg"))
    drawn_photos(photos, PHOTOS, SMALL)
    image.write_bytes(list(drawn_jpegs(PHOTOS + 1, SMALL))[-1])
    indexed(data, photos, open_embedder(spec))

    def start(*arguments: object) -> Callable[[], float]:
        return lambda: run_until_line([str(argument) for argument in arguments], OFFSCREEN).seconds

    seconds = take_turns(
        {
            "library": start("-c", OURS, PHOTOS, photos, "--data-dir", data),
            "window": start("-c", OURS, 0, "--data-dir", empty),
            "bare window": start("-c", BARE_WINDOW),
            "search": start("main.py", "search", photos, image, "--data-dir", data, "--json"),
            "bare session": start("-c", BARE_SESSION, spec.path, spec.height, spec.width),
        },
        rounds,
    )
    bare, session = seconds["bare window"], seconds["bare session"]
    return [
        compared(f"start to a window with {PHOTOS:,} photos", seconds["library"], "bare PySide6 window", bare, BAR),
        compared("start to the empty window", seconds["window"], "bare PySide6 window", bare, BAR),
        compared("start to the first search result", seconds["search"], "bare onnxruntime session", session, BAR),
    ]


def main() -> int:
    """Measure, and report."""
    args = parser(__doc__.partition("\n")[0]).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = measured(Path(folder), args.rounds)
    return report("start", results, args.json)


if __name__ == "__main__":
    sys.exit(main())

"""A small window to drag from, as out of a file manager, or with `--pixels` out of a browser: a picture without a file.

`python -m tests.tour.drag_source [--pixels] X Y PATH…` stands over everything else at X, Y.
"""

import argparse
import sys
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel

SIZE = (150, 40)


class Source(QLabel):
    """Moving the mouse with the button down begins the drag."""

    def __init__(self, paths: list[Path], pixels: bool) -> None:
        super().__init__(", ".join(path.name for path in paths))
        self._paths, self._pixels = paths, pixels
        self.setWindowFlags(Qt.WindowType.X11BypassWindowManagerHint | Qt.WindowType.WindowStaysOnTopHint)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setStyleSheet("background: #ffe08a; color: black; border: 1px solid black")
        self.resize(*SIZE)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        data = QMimeData()
        if self._pixels:
            data.setImageData(QImage(str(self._paths[0])))
            data.setUrls([QUrl(f"https://example.org/{self._paths[0].name}")])
        else:
            data.setUrls([QUrl.fromLocalFile(str(path)) for path in self._paths])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pixels", action="store_true")
    parser.add_argument("x", type=int)
    parser.add_argument("y", type=int)
    parser.add_argument("paths", type=Path, nargs="+")
    args = parser.parse_args()
    app = QApplication(sys.argv[:1])
    source = Source([path.absolute() for path in args.paths], args.pixels)
    source.move(args.x, args.y)
    source.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())

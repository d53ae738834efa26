"""The program with an ear: as `main.py`, but it answers on standard output what the tour asks on standard input.

A line is a Python expression over `window`, `controller`, `app`, and `place(widget)`, the rectangle of a widget on the
screen as [left, top, width, height]. The answer is one line of JSON, or null where the expression fails. The tour only
looks this way; what it does, it does with mouse and keyboard.
"""

import json
import sys
import threading
from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QDialog, QWidget

import main as product
from gui.main_window import MainWindow


def place(widget: QWidget) -> list[int]:
    """Where a widget is on the screen, in pixels of density 1."""
    corner = widget.mapToGlobal(QPoint(0, 0))
    return [corner.x(), corner.y(), widget.width(), widget.height()]


class Ear(QObject):
    """Listens on a thread, answers on the window's."""

    asked = Signal(str)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self.asked.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            self.asked.emit(line)

    @Slot(str)
    def _answer(self, expression: str) -> None:
        window = next((w for w in self._app.topLevelWidgets() if isinstance(w, MainWindow)), None)
        names: dict[str, Any] = {
            "app": self._app,
            "place": place,
            "window": window,
            "controller": window.controller if window else None,
            "dialog": next((w for w in self._app.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()), None),
        }
        try:
            answer = json.dumps(eval(expression, names))
        except Exception:
            answer = "null"
        print(answer, flush=True)


def main() -> int:
    app = QApplication(sys.argv[:1])
    ear = Ear(app)
    status = product.main(sys.argv[1:])
    del ear
    return status


if __name__ == "__main__":
    sys.exit(main())

"""What a classifying model takes one photo for, asked in the background for the photo that is looked at."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from engine.embedder import Embedder
from engine.spec import ModelSpec
from gui.worker import Lane

SHOWN = 3  # labels
SETTLE_MS = 250  # who walks along the photos with the arrow keys starts no network for each of them


def likeliest(logits: NDArray[np.float32], labels: tuple[str, ...], count: int = SHOWN) -> list[tuple[str, float]]:
    """The `count` likeliest labels and their probabilities (softmax of `logits` [C]); equal ones in order."""
    exact = logits.astype(np.float64)
    powers = np.exp(exact - exact.max())
    probabilities = powers / powers.sum()
    order = np.argsort(-probabilities, kind="stable")[:count]
    return [(labels[at], float(probabilities[at])) for at in order]


class Predictor(QObject):
    """Asks for one photo at a time. `predicted(path, labels)`: pairs of label and probability, the likeliest first.

    A photo that cannot be read, and a model without labels, get no answer. `close` ends the thread.
    """

    predicted = Signal(object, object)

    def __init__(self, embedder_of: Callable[[ModelSpec], Embedder], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._embedder_of = embedder_of
        self._lane = Lane("labels", self)
        self._asked: tuple[ModelSpec, str, Path] | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._start)

    def ask(self, spec: ModelSpec | None, path: str | None, file: Path | None) -> None:
        """Ask what `spec` takes `file` for; `path` comes back with the answer. Replaces what was asked before."""
        self._lane.cancel_all()
        if spec is None or spec.labels is None or path is None or file is None:
            self._asked = None
            self._settle.stop()
        else:
            self._asked = spec, path, file
            self._settle.start()

    def close(self) -> None:
        """Wait for the thread to end."""
        self._settle.stop()
        self._lane.close()

    def _start(self) -> None:
        if self._asked is None:
            return
        spec, path, file = self._asked

        def predict(_token: object) -> list[tuple[str, float]]:
            from engine.query import (
                embed_file,
            )  # with onnxruntime behind it, which the window's start need not wait for

            logits = embed_file(self._embedder_of(spec), file).logits
            return [] if logits is None or spec.labels is None else likeliest(logits, spec.labels)

        def done(labels: list[tuple[str, float]]) -> None:
            if labels:
                self.predicted.emit(path, labels)

        # A failure is no news: the tile and the inspector say already that the file cannot be read.
        self._lane.submit(predict, done=done, failed=lambda _error: None, replace=True)

"""Asks for explanations in the background, one pair of pictures at a time, and keeps the last ones."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from engine.embedder import Embedder
from engine.spec import ModelSpec
from gui.explanation import Explained, explain_pair
from gui.query_side import QuerySide
from gui.worker import Lane

SETTLE_MS = 150  # who walks along the results with the arrow keys starts no network for each of them
KEPT = 32  # half a megabyte each

Key = tuple[str, QuerySide, Path]


class Explainer(QObject):
    """`explained(query, file, Explained)` or `failed(query, file, error)` answers the last `ask`; `close` ends it."""

    explained = Signal(object, object, object)
    failed = Signal(object, object, object)

    def __init__(self, embedder_of: Callable[[ModelSpec], Embedder], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._embedder_of = embedder_of
        self._lane = Lane("explain", self)
        self._kept: OrderedDict[Key, Explained] = OrderedDict()
        self._asked: tuple[ModelSpec, QuerySide, Path] | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._start)

    def ask(self, spec: ModelSpec, query: QuerySide, file: Path) -> None:
        """Ask why `file` matches `query` for this model. Replaces what was asked before."""
        self.forget()
        known = self._kept.get((spec.sha256, query, file))
        if known is not None:
            self.explained.emit(query, file, known)
            return
        self._asked = spec, query, file
        self._settle.start()

    def forget(self) -> None:
        """Nobody looks at the last pair any more."""
        self._asked = None
        self._settle.stop()
        self._lane.cancel_all()

    def close(self) -> None:
        """Wait for the thread to end, at most one run of the network."""
        self.forget()
        self._lane.close()

    def _start(self) -> None:
        if self._asked is None:
            return
        spec, query, file = self._asked

        def done(found: Explained) -> None:
            self._kept[spec.sha256, query, file] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            self.explained.emit(query, file, found)

        self._lane.submit(
            lambda token: explain_pair(self._embedder_of(spec), query, file, token),
            done=done,
            failed=lambda error: self.failed.emit(query, file, error),
            replace=True,
        )

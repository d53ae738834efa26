"""Learns in the background what distances mean, once for each library, model, metric and state of the index."""

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.errors import EngineError
from engine.metric import Metric
from gui.meaning import Meaning, can_be_judged, learn
from gui.search_job import SearchReply
from gui.worker import Lane

KEPT = 8  # 4.5 MB each at most

Key = tuple[Path, Path, Metric, int]


class Calibrator(QObject):
    """`learned(Meaning or None)`: what is known now of the search asked about last. `close` ends the thread."""

    learned = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("meaning", self)
        self._kept: OrderedDict[Key, Meaning | None] = OrderedDict()
        self._asked: Key | None = None

    def ask(self, root: Path, reply: SearchReply) -> None:
        """Ask about the distances of a search; replaces what was asked before."""
        request, gallery = reply.request, reply.gallery
        key = (root, request.model.path, request.metric, gallery.generation)
        if not can_be_judged(request.query):
            self.forget()
            return
        if key in self._kept:
            self._asked = key
            self._lane.cancel_all()
            self._kept.move_to_end(key)
            self.learned.emit(self._kept[key])
            return
        if key == self._asked:
            return  # it is on its way
        self.forget()
        self._asked = key

        def done(meaning: Meaning | None) -> None:
            self._kept[key] = meaning
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            self.learned.emit(meaning)

        def failed(error: Exception) -> None:
            # A server that is gone or an index that cannot be read: the next search tells of it, and nobody asked for
            # what distances mean.
            if not isinstance(error, EngineError):
                raise error
            self.forget()  # asked again with the next one

        self._lane.submit(lambda _token: learn(gallery, request.metric), done=done, failed=failed, replace=True)

    def forget(self) -> None:
        """Nothing is asked about any more."""
        self._asked = None
        self._lane.cancel_all()
        self.learned.emit(None)

    def close(self) -> None:
        """Wait for the thread to end."""
        self._lane.close()

"""What tells people why results are what they are, connected with the window: the meaning of distances, and why two
pictures match."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gui.calibrator import Calibrator
from gui.controller import Controller
from gui.explainer import Explainer
from gui.gallery_view import GalleryView
from gui.meaning import Meaning
from gui.meaning_words import tooltip_line
from gui.query_side import QuerySide
from gui.search_job import SearchReply
from gui.viewing import Viewing


class Understanding(QObject):
    """Follows the controller's searches. `judged`: the headline has something else to say. `close` ends the threads."""

    judged = Signal()

    def __init__(self, controller: Controller, grid: GalleryView, viewing: Viewing, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._grid = grid
        self._viewing = viewing
        self._meaning: Meaning | None = None
        self.calibrator = Calibrator(self)
        self.calibrator.learned.connect(self._on_learned)
        self.explainer = Explainer(controller.backend.embedder, self)
        heat = viewing.compare.heat
        heat.wanted.connect(self._explain)
        heat.given_up.connect(self.explainer.forget)
        controller.model_changed.connect(lambda _model: heat.renew())
        self.explainer.explained.connect(heat.answer)
        self.explainer.failed.connect(heat.fail)
        controller.replied.connect(self._on_replied)
        controller.query_changed.connect(lambda _query: self.calibrator.forget())

    @property
    def nothing_similar(self) -> bool:
        """Whether even the best result is no nearer than chance brings an unrelated photo."""
        reply, meaning = self._controller.reply, self._meaning
        return reply is not None and meaning is not None and meaning.nothing_similar(reply.ranking, reply.candidates)

    def _on_replied(self, reply: SearchReply) -> None:
        root = self._controller.root
        assert root is not None
        self.calibrator.ask(root, reply)

    def _on_learned(self, meaning: Meaning | None) -> None:
        self._meaning = meaning
        self._viewing.set_meaning(meaning)
        self._grid.gallery.about = None if meaning is None else lambda distance: tooltip_line(meaning, distance)
        self.judged.emit()

    def _explain(self, query: QuerySide, file: Path) -> None:
        model = self._controller.model
        if model is not None:
            self.explainer.ask(model, query, file)

    def close(self) -> None:
        self.calibrator.close()
        self.explainer.close()

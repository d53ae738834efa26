"""Reads the pictures of a query in the background: reduced, upright, with what their files say."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.picture import load
from gui.image_data import from_rgb
from gui.query_panel import PartFacts
from gui.session_state import Part, Query
from gui.worker import Lane, Token

SIDE_PX = 480  # of the shorter side: enough for the panel at twice the density


class QueryFacts(QObject):
    """`arrived` for each part that could be read; one that could not stays without a picture, the search tells why."""

    arrived = Signal(object, object)  # Part, PartFacts

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("query-facts", self)

    def read(self, query: Query | None, root: Path | None) -> None:
        """Read the pictures of this query, and of no other any more."""
        self._lane.cancel_all()
        for part in query.parts if query else ():
            self._lane.submit(partial(_read, part, root), done=partial(self.arrived.emit, part), failed=_ignore)

    def close(self) -> None:
        self._lane.close()


def file_of(part: Part, root: Path | None) -> Path | None:
    """The file of a part of a query; None for a pasted picture."""
    if part.path is None:
        return part.file
    assert root is not None
    return root / part.path


def read_facts(part: Part, root: Path | None) -> PartFacts:
    """Decode one part of a query. Raises DecodeError, or OSError when the file is gone."""
    file = file_of(part, root)
    if file is None:
        assert part.pasted is not None
        height, width = part.pasted.rgb.shape[:2]
        return PartFacts(from_rgb(part.pasted.rgb), width, height, None, None)
    decoded = load(file, SIDE_PX)
    status = file.stat()
    return PartFacts(from_rgb(decoded.rgb), decoded.width, decoded.height, status.st_size, status.st_mtime_ns)


def _read(part: Part, root: Path | None, _token: Token) -> PartFacts:
    return read_facts(part, root)


def _ignore(_error: Exception) -> None:
    """The search for the same picture fails too, and says why."""

"""What shows one photo large, kept in step with the grid and the query: viewer, comparison, inspector."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.metric import Metric, pairwise_distance
from gui.centre import Centre
from gui.compare import Compare
from gui.gallery_model import GalleryItems
from gui.gallery_view import GalleryView
from gui.image_data import from_rgb
from gui.inspector import Inspector, MatchFacts
from gui.meaning import Meaning
from gui.meaning_words import match_lines
from gui.pictures import Pictures
from gui.query_facts import file_of
from gui.query_side import QuerySide
from gui.search_job import SearchReply
from gui.session_state import Query
from gui.thumbnails import Thumbnails
from gui.viewer import Viewer


class Viewing(QObject):
    """Viewer and comparison are pages of the window's middle; the inspector stands beside it and follows the grid."""

    full_screen_requested = Signal()
    page_changed = Signal()  # one was opened or closed
    returned = Signal(object)  # the photo that a page showed last, when it closes; or None
    inspected = Signal(object, object)  # path and file of the photo that the inspector shows; None and None

    def __init__(self, centre: Centre, grid: GalleryView, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._centre = centre
        self._grid = grid
        self._root = Path()
        self._query: QuerySide | None = None
        self._reply: SearchReply | None = None
        self._meaning: Meaning | None = None
        self._elsewhere: str | None = None
        self.pictures = Pictures(self)
        self.viewer = Viewer(self.pictures, parent)
        self.compare = Compare(self.pictures, parent)
        self.inspector = Inspector(thumbnails, parent)
        for page in (self.viewer, self.compare):
            centre.addWidget(page)
            page.closed.connect(self.close_page)
            page.full_screen_requested.connect(self.full_screen_requested)
            page.current_changed.connect(self._on_page_moved)
        grid.view_requested.connect(self.view)
        grid.current_changed.connect(self._inspect)
        self.inspector.view_requested.connect(self.view)

    # -- what it is about ------------------------------------------------------------------------------------------

    def set_library(self, root: Path) -> None:
        """Paths are relative to this folder from now on."""
        if root != self._root:
            self.close_page()
            self._root = root

    def set_query(self, query: Query | None) -> None:
        """What photos are compared with: the query's first picture."""
        self._reply = None
        if query is None:
            self._query = None
            self.viewer.set_query(None)
        else:
            part = query.parts[0]
            file = file_of(part, self._root)
            rgb = part.pasted.rgb if part.pasted else None
            image = None if rgb is None else from_rgb(rgb)
            self._query = QuerySide(part.name, file, image, rgb, part.region)
            self.viewer.set_query(file)
        self._inspect(self._grid.current_path())

    def set_reply(self, reply: SearchReply) -> None:
        """The inspector tells rank and distances from this."""
        self._reply = reply
        self._tell_match(self.inspector.path)

    def set_meaning(self, meaning: Meaning | None) -> None:
        """The inspector tells from this what the distance means."""
        self._meaning = meaning
        self._tell_match(self.inspector.path)

    @property
    def current_path(self) -> str | None:
        """The photo that the keyboard is on, in the grid or elsewhere."""
        return self._grid.current_path() if self._elsewhere is None else self._elsewhere

    @property
    def elsewhere(self) -> str | None:
        """The photo that the keyboard is on outside the grid."""
        return self._elsewhere

    def set_elsewhere(self, path: str | None) -> None:
        """The keyboard is on a photo outside the grid, which need not have it; None: back in the grid."""
        self._elsewhere = path
        self._inspect(path if path is not None else self._grid.current_path())

    # -- pages -----------------------------------------------------------------------------------------------------

    @property
    def page(self) -> Viewer | Compare | None:
        """The page that is open; None while the grid is shown."""
        current = self._centre.currentWidget()
        return current if isinstance(current, Viewer | Compare) else None

    def view(self, path: str) -> None:
        """Show one photo of the grid; the arrow keys go along the others."""
        self._open(self.viewer)
        self.viewer.show_photo(self._root, *self._among(path))

    def _among(self, path: str) -> tuple[GalleryItems, int]:
        """The rows of the grid and the photo's own; for one that is not among them, itself alone."""
        row = self._grid.gallery.row_of(path)
        return (GalleryItems((path,)), 0) if row is None else (self._grid.gallery.items, row)

    def view_current(self) -> None:
        path = self.current_path
        if path is not None:
            self.view(path)

    def compare_current(self) -> None:
        """The query beside the current photo, or beside the first result."""
        items = self._grid.gallery.items
        if self._query is None or not len(items):
            return
        path = self.current_path
        if path is not None:
            items, row = self._among(path)
        self._open(self.compare)
        self.compare.show_pair(self._query, self._root, items, row if path is not None else 0)

    def _open(self, page: Viewer | Compare) -> None:
        other = self.page
        if other is not None and other is not page:
            other.clear()
        self._centre.setCurrentWidget(page)
        page.setFocus()
        self.page_changed.emit()

    def close_page(self) -> None:
        """Back to the photos, at the one that was looked at last."""
        page = self.page
        if page is None:
            return
        path = page.path()
        self._centre.show_photos()
        page.clear()
        if path is not None:
            self._grid.set_current_path(path)
        self.page_changed.emit()
        self._centre.focus_photos()
        self.returned.emit(path)

    def _on_page_moved(self, path: str | None) -> None:
        # The grid goes along, unseen: what acts on "the selected photo" acts on the one that is looked at.
        if path is not None:
            self._grid.set_current_path(path)
            if self._elsewhere is not None:
                self.set_elsewhere(path)

    # -- the inspector ---------------------------------------------------------------------------------------------

    def _inspect(self, path: str | None) -> None:
        path = path if self._elsewhere is None else self._elsewhere
        if path is None:
            self.inspector.show_photo(None, None)
            self.inspected.emit(None, None)
            return
        self.inspector.show_photo(path, self._root / path, *self._grid.gallery.facts(path))
        self._tell_match(path)
        self.inspected.emit(path, self._root / path)

    def set_labels(self, path: str, labels: list[tuple[str, float]]) -> None:
        """The inspector tells what the model takes a photo for, if it still shows that one."""
        if path == self.inspector.path:
            self.inspector.set_labels(labels)

    def _tell_match(self, path: str | None) -> None:
        reply = self._reply
        position = reply.gallery.index_of(path) if reply is not None and path is not None else None
        if reply is None or path is None or position is None:
            self.inspector.set_match(None)
            return
        row = self._grid.gallery.row_of(path)
        vector = reply.gallery.vector(position)
        found = {metric: float(pairwise_distance(vector, reply.vector, metric)[0]) for metric in Metric}
        rank = self._grid.gallery.rank(row) if row is not None else 0
        told = match_lines(self._meaning, found[reply.request.metric]) if self._meaning is not None else []
        facts = MatchFacts(rank, len(reply.ranking), found[Metric.COSINE], found[Metric.EUCLIDEAN], tuple(told))
        self.inspector.set_match(facts)

    def close(self) -> None:
        """End the threads."""
        self.pictures.close()
        self.inspector.shut_down()

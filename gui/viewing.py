"""The pages and panels that show one photo large, kept in step with the grid and the query."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gui.centre import Centre
from gui.gallery_view import GalleryView
from gui.pictures import Pictures
from gui.viewer import Viewer


class Viewing(QObject):
    """Opens the viewer and the comparison as pages of the window's middle, and feeds the inspector beside it."""

    full_screen_requested = Signal()

    def __init__(self, centre: Centre, grid: GalleryView, parent: QWidget) -> None:
        super().__init__(parent)
        self._centre = centre
        self._grid = grid
        self._root = Path()
        self._query_file: Path | None = None
        self.pictures = Pictures(self)
        self.viewer = Viewer(self.pictures, parent)
        centre.addWidget(self.viewer)
        grid.view_requested.connect(self.view)
        self.viewer.closed.connect(self.close_page)
        self.viewer.full_screen_requested.connect(self.full_screen_requested)

    def set_library(self, root: Path) -> None:
        """Paths are relative to this folder from now on."""
        if root != self._root:
            self._root = root
            self.close_page()

    def set_query(self, file: Path | None) -> None:
        """The picture to compare with: the query's, where it is one file."""
        self._query_file = file
        self.viewer.set_query(file)

    def view(self, path: str) -> None:
        """Show one photo of the grid; the arrow keys go along the others."""
        row = self._grid.gallery.row_of(path)
        if row is None:
            return
        self.viewer.show_photo(self._root, self._grid.gallery.items, row)
        self._centre.setCurrentWidget(self.viewer)
        self.viewer.setFocus()

    def view_current(self) -> None:
        path = self._grid.current_path()
        if path is not None:
            self.view(path)

    def close_page(self) -> None:
        """Back to the photos, at the one that was looked at last."""
        if self._centre.currentWidget() is not self.viewer:
            return
        path = self.viewer.path()
        self._centre.show_photos()
        self.viewer.clear()
        if path is not None:
            self._grid.set_current_path(path)
        self._grid.setFocus()

    def close(self) -> None:
        """End the threads."""
        self.pictures.close()

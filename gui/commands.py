"""What the menus and shortcuts do: `actions.py` connected to the controller, the grid and the dialogs."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMainWindow

from engine.folder import EXTENSIONS
from gui import headline, messages
from gui.actions import Actions
from gui.controller import Controller
from gui.dialogs import AboutDialog, ErrorDialog, HistoryDialog, ShortcutsDialog, SkippedDialog
from gui.gallery_view import TILE_STEP, GalleryView
from gui.job_windows import JobWindows
from gui.photo_actions import PhotoActions
from gui.preferences import PreferencesDialog
from gui.saved_searches import SavedSearches, why_not_saved
from gui.session_state import Part, Query
from gui.sources import Brought, part_of, read_mime
from gui.viewing import Viewing

NOTICE_MS = 6000
MOST_PARTS = 100  # pictures in one query: more is a slip of the selection
PHOTO_MENU: list[str | None] = [
    "find_similar",
    "add_plus",
    "add_minus",
    None,
    "view",
    "compare",
    "unfold",
    None,
    "open_outside",
    "show_in_folder",
    "copy_path",
    "copy_image",
    None,
    "export_results",
]


class Commands(QObject):
    """Acts for the window. Photos that a command acts on are the selected ones, else the one the keyboard is on."""

    def __init__(
        self, window: QMainWindow, controller: Controller, actions: Actions, grid: GalleryView, viewing: Viewing
    ) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._actions = actions
        self._grid = grid
        self._viewing = viewing
        self.photos = PhotoActions(self)
        self.jobs = JobWindows(window, controller, grid)
        self.saved = SavedSearches(window, controller)
        self.saved.failed.connect(self.show_error)
        self.saved.notified.connect(self.notify)
        self.photos.failed.connect(self.show_error)
        self.photos.copied_path.connect(lambda count: self.notify(self.tr("%Ln path(s) copied", None, count)))
        self.photos.copied_image.connect(lambda _file: self.notify(self.tr("Picture copied")))
        grid.menu_requested.connect(self.show_menu)
        grid.add_requested.connect(self.add)
        grid.unfold_requested.connect(controller.toggle_stack)
        grid.selection_changed.connect(self.update)
        grid.current_changed.connect(self.update)
        controller.history_changed.connect(self.update)
        self._connect()

    def _connect(self) -> None:
        controller, grid = self._controller, self._grid
        for key, act in {
            "open_folder": self.choose_folder,
            "rescan": controller.look_for_changes,
            "stop": controller.stop_indexing,
            "skipped": self.show_skipped,
            "preferences": self.show_preferences,
            "quit": self._window.close,
            "find_similar": self.find_similar,
            "add_plus": lambda: self.add(self._chosen(), 1),
            "add_minus": lambda: self.add(self._chosen(), -1),
            "forget_marks": self.forget_marks,
            "open_image": self.choose_image,
            "paste": self.paste,
            "back": controller.back,
            "forward": controller.forward,
            "history": self.show_history,
            "whole_library": partial(controller.set_query, None),
            "save_search": self.saved.ask_to_save,
            "saved_searches": self.saved.show_list,
            "view": self._viewing.view_current,
            "compare": self._viewing.compare_current,
            "open_outside": lambda: self.photos.open_outside(self._files()),
            "show_in_folder": lambda: self.photos.show_in_folder(self._files()[0]),
            "copy_path": lambda: self.photos.copy_paths(self._files()),
            "copy_image": lambda: self.photos.copy_image(self._files()[0]),
            "unfold": lambda: controller.toggle_stack(self._row),
            "select_all": grid.selectAll,
            "select_none": grid.clearSelection,
            "select_invert": grid.invert_selection,
            "larger": lambda: setattr(grid, "tile_size", grid.tile_size + TILE_STEP),
            "smaller": lambda: setattr(grid, "tile_size", grid.tile_size - TILE_STEP),
            "export_results": self.jobs.export_screen,
            "export_batch": self.jobs.export_batch,
            "duplicates": self.jobs.duplicates,
            "evaluate": self.jobs.evaluate,
            "robustness": self.jobs.robustness,
            "columns": self.jobs.columns,
            "adapt": self.jobs.adapt,
            "shortcuts": self.show_shortcuts,
            "about": lambda: AboutDialog(self._window).show(),
        }.items():
            self._actions[key].triggered.connect(lambda _checked=False, act=act: act())

    def update(self) -> None:
        """Offer what can be done now."""
        controller, actions = self._controller, self._actions
        opened, query = controller.state is not None, controller.query is not None
        count = len(self._chosen())
        actions["rescan"].setEnabled(opened or controller.opening is not None)
        for key in (
            "filter",
            "open_image",
            "history",
            "saved_searches",
            "select_all",
            "select_none",
            "select_invert",
            "map",
            "export_batch",
            "evaluate",
            "duplicates",
            "adapt",
        ):
            actions[key].setEnabled(opened)
        for key in ("find_similar", "add_plus", "add_minus", "open_outside", "copy_path"):
            actions[key].setEnabled(count > 0)
        for key in ("show_in_folder", "copy_image"):
            actions[key].setEnabled(count == 1)
        actions["view"].setEnabled(self._viewing.current_path is not None)
        actions["unfold"].setEnabled(self._row >= 0 and self._grid.gallery.stack(self._row)[1] > 0)
        actions["columns"].setEnabled(query)
        actions["compare"].setEnabled(query and len(controller.items) > 0)
        actions["export_results"].setEnabled(self.jobs.can_export_screen)
        actions["forget_marks"].setEnabled(controller.query is not None and bool(controller.query.marks))
        reason = why_not_saved(controller.query)
        actions["save_search"].setEnabled(query and not reason)
        actions["save_search"].setToolTip(reason)
        actions["save_search"].setStatusTip(reason)
        actions["back"].setEnabled(controller.history.can_go_back)
        actions["forward"].setEnabled(controller.history.can_go_forward)
        for key in ("whole_library", "robustness"):
            actions[key].setEnabled(query)
        actions["stop"].setEnabled(controller.indexing.running)

    # -- the library and the query ---------------------------------------------------------------------------------

    def choose_folder(self) -> None:
        """Ask for a folder and open it as the library."""
        start = str(self._controller.root or Path.home())
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Open a folder of photos"), start)
        if folder:
            self._controller.open_library(Path(folder))

    def choose_image(self) -> None:
        """Ask for pictures from anywhere and search with them."""
        endings = " ".join(f"*{ending} *{ending.upper()}" for ending in sorted(EXTENSIONS))
        start = str(self._controller.root or Path.home())
        kinds = self.tr("Pictures") + f" ({endings})"
        files, _kind = QFileDialog.getOpenFileNames(self._window, self.tr("Search with a picture"), start, kinds)
        if files:
            self.take(Brought(parts=tuple(part_of(Path(file), self._controller.root) for file in files)))

    def paste(self) -> None:
        """Search with what the clipboard holds: a picture, a file, a path."""
        brought = read_mime(QGuiApplication.clipboard().mimeData(), self._controller.root)
        if brought:
            self.take(brought)
        else:
            self.notify(self.tr("There is no picture in the clipboard."))

    def take(self, brought: Brought) -> None:
        """Open what a drop, the clipboard or a dialog brought."""
        if brought.folder is not None:
            self._controller.open_library(brought.folder)
        elif brought.parts and self._controller.state is None:
            self.notify(self.tr("Open a folder first: that is where similar photos are looked for."))
        elif brought.parts:
            self._controller.set_query(Query(brought.parts[:MOST_PARTS]))

    def find_similar(self) -> None:
        """Search with the chosen photo, or with all that are chosen together."""
        paths = self._chosen()[:MOST_PARTS]
        if paths:
            self._controller.set_query(Query(tuple(Part(path=path) for path in paths)))

    def add(self, paths: Sequence[str], sign: int) -> None:
        """Mark results as "like this" (1) or "not this" (−1), or take that mark away; without a query, begin one."""
        query, chosen = self._controller.query, paths[:MOST_PARTS]
        if query is not None:
            self._controller.set_query(query.marked(chosen, sign))
        elif len(chosen):
            self._controller.set_query(Query(tuple(Part(path=path, sign=sign) for path in chosen)))

    def forget_marks(self) -> None:
        """Back to the query as it was asked for."""
        query = self._controller.query
        if query is not None:
            self._controller.set_query(query.unmarked())

    # -- photos ----------------------------------------------------------------------------------------------------

    def _chosen(self) -> Sequence[str]:
        if self._viewing.elsewhere is not None:
            return [self._viewing.elsewhere]
        selected = self._grid.selected_paths()
        if len(selected):
            return selected
        current = self._grid.current_path()
        return [current] if current is not None else []

    @property
    def _row(self) -> int:
        """Where the keyboard is in the grid, −1 for nowhere."""
        row = self._grid.currentIndex().row()
        return row if row < len(self._grid.gallery.items) else -1

    def _files(self) -> list[Path]:
        root = self._controller.root
        return [root / path for path in self._chosen()] if root is not None else []

    def show_menu(self, position: QPoint, paths: Sequence[str]) -> None:
        """What can be done with the chosen photos, at a point of the screen."""
        if len(paths):
            menu = self._actions.context_menu(PHOTO_MENU)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(position)

    # -- small windows ---------------------------------------------------------------------------------------------

    def show_skipped(self) -> None:
        """The files that could not be read, and the models that are refused."""
        state = self._controller.state
        refused = self._controller.backend.models.refused
        SkippedDialog(state.skipped if state else (), refused, self._window).show()

    def show_preferences(self) -> None:
        from engine.session import available_providers  # onnxruntime: not before somebody asks

        data_dir = self._controller.backend.data_dir
        PreferencesDialog(self._controller.settings, data_dir, available_providers, self._window).show()

    def show_shortcuts(self) -> None:
        ShortcutsDialog(self._actions.key_help(), self._window).show()

    def show_history(self) -> None:
        """What was searched for, to go back to any of it."""
        history = self._controller.history
        names = [headline.title(place.query, self._controller.scope) for place in history.entries]
        dialog = HistoryDialog(names, history.position, self._window)
        dialog.chosen.connect(self._controller.jump)
        dialog.show()

    def show_error(self, error: Exception) -> None:
        """Tell in people's words, with details to copy; the window stays usable. What is told already, and not read
        yet, is not told twice: a server that is gone fails whatever is under way."""
        message = messages.explain(error)
        for shown in self._window.findChildren(ErrorDialog):
            if shown.isVisible() and (shown.message.title, shown.message.text) == (message.title, message.text):
                shown.raise_()
                return
        ErrorDialog(message, self._window).show()
        self.update()

    def notify(self, text: str) -> None:
        """Say something small that needs no answer."""
        self._window.statusBar().showMessage(text, NOTICE_MS)

    def close(self) -> None:
        """End the threads."""
        self.photos.close()
        self.jobs.close()
        self.saved.close()

"""The window: lays out the panels and connects them with the controller; owns no data."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QPushButton, QSplitter, QWidget

from engine.folder import EXTENSIONS
from engine.results import Progress
from gui import headline, messages
from gui.actions import Actions
from gui.centre import Centre
from gui.controller import Controller
from gui.dialogs import AboutDialog, ErrorDialog, HistoryDialog, ShortcutsDialog, SkippedDialog
from gui.gallery_model import GalleryItems, shown_text
from gui.gallery_view import TILE_STEP, GalleryView
from gui.guard import guarded
from gui.library_state import LibraryState
from gui.photo_actions import PhotoActions
from gui.preferences import PreferencesDialog
from gui.query_facts import QueryFacts
from gui.session_state import Part, Query, Sort
from gui.side_panel import SidePanel
from gui.sources import Brought, could_be_used, part_of, read_mime
from gui.status import Status
from gui.theme import Theme
from gui.thumbnails import Thumbnails
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
    None,
    "open_outside",
    "show_in_folder",
    "copy_path",
    "copy_image",
]


class MainWindow(QMainWindow):
    """One library at a time. Everything that lasts runs in the background; nothing here is modal but file dialogs."""

    def __init__(self, controller: Controller, theme: Theme | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controller = controller
        self.settings = controller.settings
        self.theme = theme
        self.setWindowTitle(self.tr("Semblance"))
        self.setAcceptDrops(True)
        self.thumbnails = Thumbnails(controller.backend.thumbnails, parent=self)
        self.facts = QueryFacts(self)
        self.photo_actions = PhotoActions(self)
        self.actions_ = Actions(self)
        self.grid = GalleryView(self.thumbnails, self)
        self.centre = Centre(self.grid, self.actions_, self)
        self.side = SidePanel(self)
        self.viewing = Viewing(self.centre, self.grid, self.thumbnails, self)
        self.status = Status(self)
        self.setStatusBar(self.status)
        self._recent_menu = QMenu(self)
        self.actions_.fill(self.menuBar(), self._recent_menu)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        for panel in (self.side, self.centre, self.viewing.inspector):
            self.splitter.addWidget(panel)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setChildrenCollapsible(False)
        self.setCentralWidget(self.splitter)
        self._connect_controller()
        self._connect_panels()
        self._connect_actions()
        self._apply_settings()
        self._update_recent()
        self._on_model_changed()
        self._on_metric_changed()
        self._update_actions()

    # -- wiring ----------------------------------------------------------------------------------------------------

    def _connect_controller(self) -> None:
        controller = self.controller
        controller.library_opening.connect(self._on_library_opening)
        controller.library_changed.connect(self._on_library_changed)
        controller.items_changed.connect(self._on_items_changed)
        controller.query_changed.connect(self._on_query_changed)
        controller.history_changed.connect(self._update_actions)
        controller.model_changed.connect(self._on_model_changed)
        controller.metric_changed.connect(self._on_metric_changed)
        controller.spread_changed.connect(self.side.limit.set_spread)
        controller.limit_changed.connect(self.side.limit.set_limit)
        controller.indexing_changed.connect(self._on_indexing_changed)
        controller.replied.connect(self.viewing.set_reply)
        controller.failed.connect(self.show_error)
        self.settings.changed.connect(self._on_setting_changed)

    def _connect_panels(self) -> None:
        controller, side, centre, grid = self.controller, self.side, self.centre, self.grid
        grid.query_requested.connect(lambda path: controller.set_query(Query.by_path(path)))
        grid.add_requested.connect(self._on_add_requested)
        grid.menu_requested.connect(self._on_menu_requested)
        grid.selection_changed.connect(self._update_actions)
        grid.current_changed.connect(self._update_actions)
        grid.tile_size_changed.connect(partial(setattr, self.settings, "tile_size"))
        centre.sort_chosen.connect(controller.set_sort)
        centre.filter_changed.connect(controller.set_filter)
        centre.open_folder_requested.connect(self.choose_folder)
        side.open_folder_requested.connect(self.choose_folder)
        side.whole_library_requested.connect(lambda: controller.set_query(None))
        side.query.query_changed.connect(controller.set_query)
        side.query.open_image_requested.connect(self.choose_image)
        side.models.chosen.connect(controller.set_model)
        side.metric_chosen.connect(controller.set_metric)
        side.count_chosen.connect(controller.set_count)
        side.scope_chosen.connect(controller.set_scope)
        side.limit.limit_chosen.connect(controller.set_limit)
        self.facts.arrived.connect(side.query.set_facts)
        self.viewing.full_screen_requested.connect(self.actions_["full_screen"].toggle)
        self.status.skipped_requested.connect(self.show_skipped)
        self.status.stop_requested.connect(controller.stop_indexing)
        self.photo_actions.failed.connect(self.show_error)
        self.photo_actions.copied_path.connect(lambda count: self.notify(self.tr("%n path(s) copied", None, count)))
        self.photo_actions.copied_image.connect(lambda _file: self.notify(self.tr("Picture copied")))

    def _connect_actions(self) -> None:
        controller, grid = self.controller, self.grid
        for key, slot in {
            "open_folder": self.choose_folder,
            "rescan": controller.rescan,
            "stop": controller.stop_indexing,
            "skipped": self.show_skipped,
            "preferences": self.show_preferences,
            "quit": self.close,
            "find_similar": self._on_find_similar,
            "add_plus": lambda: self._on_add_requested(grid.selected_paths(), 1),
            "add_minus": lambda: self._on_add_requested(grid.selected_paths(), -1),
            "open_image": self.choose_image,
            "paste": self._on_paste,
            "back": controller.back,
            "forward": controller.forward,
            "history": self.show_history,
            "whole_library": lambda: controller.set_query(None),
            "filter": self.centre.filter.setFocus,
            "view": self.viewing.view_current,
            "compare": self.viewing.compare_current,
            "open_outside": lambda: self.photo_actions.open_outside(self._selected_files()),
            "show_in_folder": lambda: self.photo_actions.show_in_folder(self._selected_files()[0]),
            "copy_path": lambda: self.photo_actions.copy_paths(self._selected_files()),
            "copy_image": lambda: self.photo_actions.copy_image(self._selected_files()[0]),
            "select_all": grid.selectAll,
            "select_none": grid.clearSelection,
            "select_invert": grid.invert_selection,
            "larger": lambda: setattr(grid, "tile_size", grid.tile_size + TILE_STEP),
            "smaller": lambda: setattr(grid, "tile_size", grid.tile_size - TILE_STEP),
            "shortcuts": self.show_shortcuts,
            "about": lambda: AboutDialog(self).open(),
        }.items():
            self.actions_[key].triggered.connect(lambda _checked=False, slot=slot: slot())
        self.actions_["side_panel"].toggled.connect(partial(setattr, self.settings, "show_side_panel"))
        self.actions_["inspector"].toggled.connect(partial(setattr, self.settings, "show_inspector"))
        self.actions_["numbers"].toggled.connect(partial(setattr, self.settings, "show_numbers"))
        self.actions_["full_screen"].toggled.connect(lambda on: self.showFullScreen() if on else self.showNormal())
        for mode in ("system", "light", "dark"):
            self.actions_[f"theme_{mode}"].triggered.connect(partial(setattr, self.settings, "theme", mode))

    # -- the library -----------------------------------------------------------------------------------------------

    def choose_folder(self) -> None:
        """Ask for a folder and open it as the library."""
        start = str(self.controller.root or Path.home())
        folder = QFileDialog.getExistingDirectory(self, self.tr("Open a folder of photos"), start)
        if folder:
            self.controller.open_library(Path(folder))

    def choose_image(self) -> None:
        """Ask for a picture from anywhere and search with it."""
        endings = " ".join(f"*{ending} *{ending.upper()}" for ending in sorted(EXTENSIONS))
        start = str(self.controller.root or Path.home())
        files, _filter = QFileDialog.getOpenFileNames(
            self, self.tr("Search with a picture"), start, self.tr("Pictures") + f" ({endings})"
        )
        if files:
            self.take(Brought(parts=tuple(part_of(Path(file), self.controller.root) for file in files)))

    def take(self, brought: Brought) -> None:
        """Open what a drop, the clipboard or a dialog brought."""
        if brought.folder is not None:
            self.controller.open_library(brought.folder)
        elif brought.parts and self.controller.state is None:
            self.notify(self.tr("Open a folder first: that is where similar photos are looked for."))
        elif brought.parts:
            self.controller.set_query(Query(brought.parts))
        else:
            self.notify(self.tr("There is no picture in the clipboard."))

    def _on_paste(self) -> None:
        self.take(read_mime(QGuiApplication.clipboard().mimeData(), self.controller.root))

    def _on_library_opening(self, root: Path) -> None:
        self.centre.show_photos()
        self.centre.clear_filter()
        self.grid.set_placeholder(self.tr("Opening…"))
        self.side.set_library(root)

    def _on_library_changed(self, state: LibraryState) -> None:
        root = state.library.root
        self.thumbnails.set_root(root)
        self.viewing.set_library(root)
        self.side.set_library(root)
        self.setWindowTitle(self.tr("%1 – Semblance").replace("%1", shown_text(root.name or str(root))))
        self.side.set_folders(state.folders, self.controller.scope)
        self.side.models.set_counts(state.counts, len(state.listing))
        self._show_status()
        self._show_headline()
        self._update_actions()

    def _update_recent(self) -> None:
        """The menu and the welcome page offer the libraries that were opened lately."""
        recent = [root for root in self.settings.recent if root != self.controller.root]
        self._recent_menu.clear()
        self._recent_menu.setEnabled(bool(recent))
        buttons = []
        for root in recent:
            name = shown_text(str(root))
            self._recent_menu.addAction(name).triggered.connect(partial(self._open_recent, root))
            button = QPushButton(name, self)
            button.setFlat(True)
            button.clicked.connect(partial(self._open_recent, root))
            buttons.append(button)
        if recent:
            self._recent_menu.addSeparator()
            self._recent_menu.addAction(self.tr("Clear this list")).triggered.connect(self.settings.clear_recent)
        if self.controller.root is None:
            self.centre.show_welcome(buttons[:5])
        else:
            for button in buttons:
                button.deleteLater()

    def _open_recent(self, root: Path, _checked: bool = False) -> None:
        self.controller.open_library(root)

    def _on_indexing_changed(self, progress: Progress | None) -> None:
        self.status.set_progress(progress)
        self.actions_["stop"].setEnabled(progress is not None)
        self._show_status()

    def _show_status(self) -> None:
        controller = self.controller
        self.status.set_library(controller.state, controller.model)
        embedder = controller.backend.opened(controller.model) if controller.model else None
        self.status.set_model(
            controller.model, embedder.provider if embedder else None, embedder.notice if embedder else None
        )

    # -- the query and its results ---------------------------------------------------------------------------------

    def _on_query_changed(self, query: Query | None) -> None:
        self.viewing.close_page()
        self.side.query.set_query(query)
        self.side.whole_library.setEnabled(query is not None)
        self.facts.read(query, self.controller.root)
        self.viewing.set_query(query)
        library_sorts = [Sort.NAME, Sort.DATE, Sort.SIZE]
        self.centre.set_sorts(library_sorts if query is None else [Sort.DISTANCE, *library_sorts], self.controller.sort)
        self._update_actions()

    def _on_items_changed(self, items: GalleryItems, fresh: bool, stand_at: str | None) -> None:
        if fresh:
            self.grid.show_items(items)
        else:
            self.grid.refresh_items(items)
        if stand_at is not None:
            self.grid.set_current_path(stand_at)
        self.grid.set_placeholder(self._why_empty())
        self._show_headline()
        self._update_actions()

    def _why_empty(self) -> str:
        """What to do when the grid has nothing to show."""
        controller = self.controller
        if self.centre.filter.text():
            return self.tr("No photo has this in its name. Esc empties the filter.")
        if controller.query is not None and controller.limit is not None:
            return self.tr("Nothing is that near. Raise the distance on the left.")
        if controller.query is not None and controller.scope.folder:
            return self.tr("There is nothing in this folder to compare with. Choose another one on the left.")
        if controller.query is not None and controller.indexing.running:
            return self.tr("The first photos are being indexed; results appear here as soon as there are some.")
        if controller.query is not None:
            return self.tr("Nothing is indexed yet for this model. Look for changes (F5) starts it.")
        return self.tr("There are no photos in this folder. Open another one (Ctrl+O), or drop it here.")

    def _on_add_requested(self, paths: Sequence[str], sign: int) -> None:
        query = self.controller.query
        for path in list(paths[:MOST_PARTS]):
            part = Part(path=path, sign=sign)
            query = query.with_part(part) if query else Query((part,))
        self.controller.set_query(query)

    def _on_find_similar(self) -> None:
        """Search with the selected photo, or with all that are selected together."""
        paths = self.grid.selected_paths()
        if len(paths):
            self.controller.set_query(Query(tuple(Part(path=path) for path in paths[:MOST_PARTS])))

    def _on_menu_requested(self, position: QPoint, paths: Sequence[str]) -> None:
        if len(paths):
            self.actions_.context_menu(PHOTO_MENU).popup(position)

    def _selected_files(self) -> list[Path]:
        root = self.controller.root
        paths = self.grid.selected_paths()
        return [root / path for path in paths] if root is not None else []

    def _show_headline(self) -> None:
        controller = self.controller
        state, reply = controller.state, controller.reply
        counts = headline.Counts(
            len(controller.items), len(state.listing) if state else 0, len(reply.gallery) if reply else 0
        )
        query = controller.query
        self.centre.set_title(headline.title(query, controller.scope), headline.note(query, counts))

    # -- settings and small windows --------------------------------------------------------------------------------

    def _on_model_changed(self) -> None:
        controller = self.controller
        self.side.models.set_models(controller.backend.models.models, controller.model.name if controller.model else "")
        self._show_status()

    def _on_metric_changed(self) -> None:
        self.side.set_metric(self.controller.metric)

    def _apply_settings(self) -> None:
        """Bring the window to what the settings say; also after they were reset."""
        settings = self.settings
        self.grid.tile_size = settings.tile_size
        self.grid.numbers = settings.show_numbers
        self.side.set_count(settings.result_count)
        self.side.setVisible(settings.show_side_panel)
        self.viewing.inspector.setVisible(settings.show_inspector)
        self.actions_["side_panel"].setChecked(settings.show_side_panel)
        self.actions_["inspector"].setChecked(settings.show_inspector)
        self.actions_["numbers"].setChecked(settings.show_numbers)
        mode = settings.theme if settings.theme in ("light", "dark") else "system"
        self.actions_[f"theme_{mode}"].setChecked(True)
        if self.theme is not None and self.theme.mode != mode:
            self.theme.set_mode(mode)

    def _on_setting_changed(self, name: str) -> None:
        if name == "recent":
            self._update_recent()
        elif name not in ("tile_size", "geometry_hex", "splitter_hex"):
            self._apply_settings()

    def restore_layout(self) -> None:
        """The window's place and the panels' widths of the last time."""
        if not self.restoreGeometry(self.settings.bytes_of("geometry_hex")):
            self.resize(1280, 860)
        if not self.splitter.restoreState(self.settings.bytes_of("splitter_hex")):
            self.splitter.setSizes([280, 720, 300])

    def _save_layout(self) -> None:
        self.settings.geometry_hex = self.saveGeometry().toHex().toStdString()
        self.settings.splitter_hex = self.splitter.saveState().toHex().toStdString()

    def show_skipped(self) -> None:
        state = self.controller.state
        refused = self.controller.backend.models.refused
        SkippedDialog(state.skipped if state else (), refused, self).show()

    def show_preferences(self) -> None:
        from engine.session import available_providers  # onnxruntime: not before somebody asks

        PreferencesDialog(self.settings, self.controller.backend.data_dir, available_providers, self).show()

    def show_shortcuts(self) -> None:
        ShortcutsDialog(self.actions_.key_help(), self).show()

    def show_history(self) -> None:
        history = self.controller.history
        names = [headline.title(place.query, self.controller.scope) for place in history.entries]
        dialog = HistoryDialog(names, history.position, self)
        dialog.chosen.connect(self.controller.jump)
        dialog.show()

    def show_error(self, error: Exception) -> None:
        """Tell in people's words, with details to copy; the window stays usable."""
        ErrorDialog(messages.explain(error), self).show()

    def notify(self, text: str) -> None:
        """Say something small that needs no answer."""
        self.status.showMessage(text, NOTICE_MS)

    def _update_actions(self) -> None:
        """Offer what can be done now."""
        controller, actions = self.controller, self.actions_
        opened = controller.state is not None
        selected = self.grid.selected_count()
        query = controller.query is not None
        for key in ("rescan", "skipped", "filter", "open_image"):
            actions[key].setEnabled(opened)
        for key in ("find_similar", "add_plus", "add_minus", "open_outside", "copy_path"):
            actions[key].setEnabled(selected > 0)
        for key in ("show_in_folder", "copy_image"):
            actions[key].setEnabled(selected == 1)
        actions["view"].setEnabled(self.grid.current_path() is not None)
        actions["compare"].setEnabled(query and self.grid.current_path() is not None)
        actions["back"].setEnabled(controller.history.can_go_back)
        actions["forward"].setEnabled(controller.history.can_go_forward)
        actions["whole_library"].setEnabled(query)
        actions["history"].setEnabled(opened)
        actions["stop"].setEnabled(controller.indexing.running)
        self.side.whole_library.setEnabled(query)

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes up one level: out of the filter, out of the selection, out of the results."""
        if event.key() != Qt.Key.Key_Escape or not self.centre.shows_photos:
            super().keyPressEvent(event)
        elif self.centre.filter.text():
            self.centre.filter.clear()
            self.grid.setFocus()
        elif self.grid.selected_count() > 1:
            self.grid.clearSelection()
        elif self.controller.query is not None:
            self.controller.set_query(None)

    @guarded()
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if could_be_used(event.mimeData()):
            event.acceptProposedAction()

    @guarded()
    def dropEvent(self, event: QDropEvent) -> None:
        brought = read_mime(event.mimeData(), self.controller.root)
        event.acceptProposedAction()
        # The other program waits for the end of the drop: what it started comes after.
        QTimer.singleShot(0, partial(self.take, brought))

    @guarded()
    def closeEvent(self, event: QCloseEvent) -> None:
        """Clean at any moment: jobs end at their next step, and what they did is kept."""
        self._save_layout()
        self.controller.close()
        self.thumbnails.close()
        self.facts.close()
        self.viewing.close()
        self.photo_actions.close()
        event.accept()

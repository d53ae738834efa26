"""The window: lays out the panels and connects them with the controller; owns no data."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QPushButton, QSplitter, QWidget

from engine.results import Progress
from gui import headline
from gui.actions import Actions
from gui.centre import Centre
from gui.commands import Commands
from gui.controller import Controller
from gui.empty_states import why_empty
from gui.gallery_model import GalleryItems, shown_text
from gui.gallery_view import GalleryView
from gui.guard import guarded
from gui.library_state import LibraryState
from gui.mapping import Mapping
from gui.predictor import Predictor
from gui.query_facts import QueryFacts
from gui.session_state import Query, Sort
from gui.side_panel import SidePanel
from gui.sources import could_be_used, read_mime
from gui.status import Status
from gui.theme import DARK, LIGHT, SYSTEM, Theme
from gui.thumbnails import Thumbnails
from gui.understanding import Understanding
from gui.viewing import Viewing

QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's "as large as you like", which PySide does not name
FIRST_SIZE = (1280, 860)  # of a first start; the screen may be smaller, then the window manager sees to it
FIRST_WIDTHS = [290, 720, 270]
RECENT_SHOWN = 5  # on the welcome page
NO_WINDOW_SETTINGS = (
    "geometry_hex",
    "splitter_hex",
    "tile_size",
    "model",
    "metric",
    "sort",
    "library_sort",
    "export_choices",
    "evaluate_choices",
    "map_layout",
    "map_colour",
)


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
        self.actions_ = Actions(self)
        self.grid = GalleryView(self.thumbnails, self)
        self.centre = Centre(self.grid, self.actions_, self)
        self.side = SidePanel(self)
        self.viewing = Viewing(self.centre, self.grid, self.thumbnails, self)
        self.mapping = Mapping(controller, self.thumbnails, self)
        self.centre.add_map(self.mapping.page)
        self.predictor = Predictor(controller.backend.embedder, self)
        self.understanding = Understanding(controller, self.grid, self.viewing, self)
        self.commands = Commands(self, controller, self.actions_, self.grid, self.viewing)
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
        self._connect_settings()
        self._apply_settings()
        self._update_recent()
        self._on_model_changed()
        self.side.set_metric(controller.metric)
        self.commands.update()

    # -- wiring ----------------------------------------------------------------------------------------------------

    def _connect_controller(self) -> None:
        controller = self.controller
        controller.library_opening.connect(self._on_library_opening)
        controller.library_changed.connect(self._on_library_changed)
        controller.items_changed.connect(self._on_items_changed)
        controller.query_changed.connect(self._on_query_changed)
        controller.model_changed.connect(self._on_model_changed)
        controller.metric_changed.connect(self.side.set_metric)
        controller.spread_changed.connect(self.side.limit.set_spread)
        controller.limit_changed.connect(self.side.limit.set_limit)
        controller.count_changed.connect(self.side.set_count)
        controller.scope_changed.connect(self.side.set_scope)
        controller.indexing_changed.connect(self._on_indexing_changed)
        controller.replied.connect(self.viewing.set_reply)
        controller.failed.connect(self.commands.show_error)

    def _connect_panels(self) -> None:
        controller, side, centre = self.controller, self.side, self.centre
        self.grid.query_requested.connect(lambda path: controller.set_query(Query.by_path(path)))
        centre.sort_chosen.connect(controller.set_sort)
        centre.filter_changed.connect(controller.set_filter)
        centre.open_folder_requested.connect(self.commands.choose_folder)
        side.open_folder_requested.connect(self.commands.choose_folder)
        side.whole_library_requested.connect(lambda: controller.set_query(None))
        side.query.query_changed.connect(controller.set_query)
        side.query.open_image_requested.connect(self.commands.choose_image)
        side.models.chosen.connect(controller.set_model)
        side.models.own_requested.connect(self.actions_["adapt"].trigger)
        side.metric_chosen.connect(controller.set_metric)
        side.count_chosen.connect(controller.set_count)
        side.scope_chosen.connect(controller.set_scope)
        side.limit.limit_chosen.connect(controller.set_limit)
        self.facts.arrived.connect(side.query.set_facts)
        self.status.skipped_requested.connect(self.commands.show_skipped)
        self.status.stop_requested.connect(controller.stop_indexing)
        self.viewing.inspected.connect(lambda path, file: self.predictor.ask(controller.model, path, file))
        self.predictor.predicted.connect(self.viewing.set_labels)
        self.understanding.judged.connect(self._show_state)
        self.viewing.full_screen_requested.connect(self.actions_["full_screen"].toggle)
        self._connect_map()
        self.actions_["filter"].triggered.connect(self._on_filter_wanted)
        self.actions_["full_screen"].toggled.connect(self._on_full_screen)
        self.viewing.page_changed.connect(self._show_panels)

    def _connect_map(self) -> None:
        mapping, canvas = self.mapping, self.mapping.canvas
        self.actions_["map"].toggled.connect(self._on_map)
        canvas.view_requested.connect(self.viewing.view)
        canvas.menu_requested.connect(self.commands.show_menu)
        canvas.current_changed.connect(self._on_map_moved)
        self.viewing.returned.connect(lambda path: mapping.shown and path and canvas.set_current_path(path))
        mapping.failed.connect(self.commands.show_error)

    def _connect_settings(self) -> None:
        settings = self.settings
        settings.changed.connect(self._on_setting_changed)
        self.grid.tile_size_changed.connect(partial(setattr, settings, "tile_size"))
        for key, name in (
            ("side_panel", "show_side_panel"),
            ("inspector", "show_inspector"),
            ("numbers", "show_numbers"),
            ("fold_copies", "fold_copies"),
        ):
            self.actions_[key].toggled.connect(partial(setattr, settings, name))
        for mode in (SYSTEM, LIGHT, DARK):
            self.actions_[f"theme_{mode}"].triggered.connect(partial(self._choose_theme, mode))

    # -- the library -----------------------------------------------------------------------------------------------

    def _on_library_opening(self, root: Path) -> None:
        self.centre.show_photos()
        self.centre.clear_filter()
        self.grid.set_placeholder(self.tr("Opening…"))
        self.centre.focus_photos()
        self.side.set_library(root)

    def _on_library_changed(self, state: LibraryState) -> None:
        root = state.library.root
        self.thumbnails.set_root(root)
        self.viewing.set_library(root)
        self.side.set_library(root)
        self.setWindowTitle(self.tr("%1 – Semblance").replace("%1", shown_text(root.name or str(root))))
        self.side.set_folders(state.folders, self.controller.scope)
        self._show_panels()
        self._show_state()
        self.commands.update()

    def _update_recent(self) -> None:
        """The menu and the welcome page offer the libraries that were opened lately."""
        recent = [root for root in self.settings.recent if root != self.controller.root]
        menu = self._recent_menu
        menu.clear()
        menu.setEnabled(bool(recent))
        for root in recent:
            menu.addAction(shown_text(str(root))).triggered.connect(partial(self._open_recent, root))
        if recent:
            menu.addSeparator()
            menu.addAction(self.tr("Clear this list")).triggered.connect(self.settings.clear_recent)
        if self.controller.root is None:
            buttons = []
            for root in recent[:RECENT_SHOWN]:
                buttons.append(QPushButton(shown_text(str(root)), self.centre, flat=True))
                buttons[-1].clicked.connect(partial(self._open_recent, root))
            self.centre.show_welcome(buttons)

    def _open_recent(self, root: Path, _checked: bool = False) -> None:
        self.controller.open_library(root)

    def _on_indexing_changed(self, progress: Progress | None) -> None:
        self.status.set_progress(progress)
        self.actions_["stop"].setEnabled(progress is not None)
        self._show_state()

    def _show_state(self) -> None:
        """What the status line, the model list and the headline say of the library as it is now."""
        controller = self.controller
        state, model = controller.state, controller.model
        embedder = controller.backend.opened(model) if model else None
        self.status.set_model(model, embedder.provider if embedder else None, embedder.notice if embedder else None)
        if state is not None:
            photos = controller.photos
            self.status.set_counts(state.counts.get(model.name, 0) if model else 0, photos, len(state.skipped))
            self.side.models.set_counts(state.counts, photos)
        reply = controller.reply
        counts = headline.Counts(
            len(controller.items),
            controller.photos,
            len(reply.gallery) if reply else 0,
            controller.folding.folded if controller.query is not None else 0,
            self.understanding.nothing_similar,
        )
        query = controller.query
        self.centre.set_title(headline.title(query, controller.scope), headline.note(query, counts))
        self.centre.approximate.setVisible(query is not None and reply is not None and reply.approximate)

    # -- the query and its results ---------------------------------------------------------------------------------

    def _on_query_changed(self, query: Query | None) -> None:
        self.viewing.close_page()
        self.centre.clear_filter()
        self.side.query.set_query(query)
        self.grid.set_marks(query.marks if query else {})
        self.side.whole_library.setVisible(query is not None)
        self.facts.read(query, self.controller.root)
        self.viewing.set_query(query)
        sorts = [Sort.NAME, Sort.DATE, Sort.SIZE]
        self.centre.set_sorts(sorts if query is None else [Sort.DISTANCE, *sorts], self.controller.sort)
        self.commands.update()

    def _on_items_changed(self, items: GalleryItems, fresh: bool, stand_at: str | None) -> None:
        if fresh:
            self.grid.show_items(items)
        else:
            self.grid.refresh_items(items)
        if stand_at is not None:
            self.grid.set_current_path(stand_at)
        elif items.distances is not None and len(items) and self.grid.current_path() is None:
            # The keyboard starts at the best match, which the inspector shows; nothing is selected.
            first = self.grid.gallery.index(0)
            self.grid.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.grid.set_placeholder(why_empty(self.controller, self.centre.filter.text()))
        self._show_state()
        self.commands.update()

    def _on_filter_wanted(self) -> None:
        self.viewing.close_page()
        self.centre.filter.setFocus()
        self.centre.filter.selectAll()

    def _on_model_changed(self) -> None:
        controller = self.controller
        self.side.models.set_models(controller.backend.models.models, controller.model.name if controller.model else "")
        self._show_state()
        path, root = self.viewing.inspector.path, controller.root
        if path is not None and root is not None:
            self.viewing.set_labels(path, [])
            self.predictor.ask(controller.model, path, root / path)

    # -- the map ---------------------------------------------------------------------------------------------------

    def _on_map(self, shown: bool) -> None:
        """The map in place of the grid, at the same photo; and back."""
        self.viewing.close_page()
        canvas, path = self.mapping.canvas, self.viewing.current_path
        self.centre.show_map(shown)
        self.mapping.set_shown(shown)
        if shown:
            canvas.set_current_path(path)
            self.viewing.set_elsewhere(canvas.current_path())
        else:
            self.viewing.set_elsewhere(None)
            if path is not None:
                self.grid.set_current_path(path)
        self.commands.update()

    def _on_map_moved(self, path: str | None) -> None:
        if self.mapping.shown:
            self.viewing.set_elsewhere(path)
            self.commands.update()

    # -- settings --------------------------------------------------------------------------------------------------

    def _apply_settings(self) -> None:
        """Bring the window to what the settings say; also after they were reset."""
        settings = self.settings
        self.grid.tile_size = settings.tile_size
        self.grid.numbers = settings.show_numbers
        self.side.set_count(self.controller.count)
        self._show_panels()
        self.actions_["side_panel"].setChecked(settings.show_side_panel)
        self.actions_["inspector"].setChecked(settings.show_inspector)
        self.actions_["numbers"].setChecked(settings.show_numbers)
        self.actions_["fold_copies"].setChecked(settings.fold_copies)
        mode = settings.theme if settings.theme in (LIGHT, DARK) else SYSTEM
        self.actions_[f"theme_{mode}"].setChecked(True)
        if self.theme is not None and self.theme.mode != mode:
            self.theme.set_mode(mode)

    def _show_panels(self) -> None:
        """Which panels stand around the middle: none before a library is open, for there is one thing to do then, and
        none around a photo that fills the screen."""
        alone = self.isFullScreen() and self.viewing.page is not None
        opened = self.controller.root is not None
        self.side.setVisible(opened and self.settings.show_side_panel and not alone)
        self.viewing.inspector.setVisible(opened and self.settings.show_inspector and not alone)
        self.status.setVisible(not alone)
        # A hidden menu bar would take the shortcuts of its menus with it.
        self.menuBar().setMaximumHeight(0 if alone else QWIDGETSIZE_MAX)

    def _on_full_screen(self, on: bool) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        self._show_panels()

    def _on_setting_changed(self, name: str) -> None:
        if name == "recent":
            self._update_recent()
        elif name == "":
            self.controller.apply_settings()
            self._apply_settings()
            self.restore_layout()
        elif name in ("provider", "watch_folder"):
            self.controller.apply_settings()
        elif name not in NO_WINDOW_SETTINGS:
            self._apply_settings()

    def _choose_theme(self, mode: str, _checked: bool = False) -> None:
        self.settings.theme = mode

    def restore_layout(self) -> None:
        """The window's place and the panels' widths of the last time."""
        if not self.restoreGeometry(self.settings.bytes_of("geometry_hex")):
            self.resize(*FIRST_SIZE)
        if not self.splitter.restoreState(self.settings.bytes_of("splitter_hex")):
            self.splitter.setSizes(FIRST_WIDTHS)

    def _save_layout(self) -> None:
        self.settings.geometry_hex = self.saveGeometry().toHex().toStdString()
        self.settings.splitter_hex = self.splitter.saveState().toHex().toStdString()

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded()
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes up one level: out of the filter, out of the selection, out of the results."""
        if event.key() != Qt.Key.Key_Escape or not self.centre.shows_photos:
            super().keyPressEvent(event)
        elif self.centre.filter.text():
            self.centre.filter.clear()
            self.centre.focus_photos()
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
        QTimer.singleShot(0, partial(self.commands.take, brought))

    @guarded()
    def closeEvent(self, event: QCloseEvent) -> None:
        """Clean at any moment: jobs end at their next step, and what they did is kept."""
        self._save_layout()
        parts = (self.thumbnails, self.facts, self.viewing, self.mapping, self.predictor, self.understanding)
        for part in (self.controller, *parts, self.commands):
            part.close()
        event.accept()

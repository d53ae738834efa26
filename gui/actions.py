"""Every command of the window, once: its words, its shortcuts, its menu. Menus and the F1 list are made from here."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """One line of the list of shortcuts."""

    section: str
    text: str
    keys: str


class Actions(QObject):
    """The commands as QActions, found by key: `actions["open_folder"].triggered.connect(…)`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._by_key: dict[str, QAction] = {}
        self._menus: dict[str, list[str | None]] = {}  # None is a separator
        self._menu = ""
        self._library()
        self._search()
        self._selection()
        self._view()
        self._help()

    def __getitem__(self, key: str) -> QAction:
        return self._by_key[key]

    # -- the commands ----------------------------------------------------------------------------------------------

    def _library(self) -> None:
        self._begin(self.tr("&Library"))
        self._add("open_folder", self.tr("&Open folder…"), "Ctrl+O")
        self._add("recent", self.tr("Open &recent"))
        self._add("rescan", self.tr("&Look for changes"), "F5", "Ctrl+R")
        self._add("stop", self.tr("&Stop indexing"))
        self._add("skipped", self.tr("S&kipped files…"))
        self._separate()
        self._add("preferences", self.tr("&Preferences…"), "Ctrl+,", role=QAction.MenuRole.PreferencesRole)
        self._add("quit", self.tr("&Quit"), "Ctrl+Q", role=QAction.MenuRole.QuitRole)

    def _search(self) -> None:
        self._begin(self.tr("&Search"))
        self._add("find_similar", self.tr("&Find similar"), "S", "Ctrl+Shift+F")
        self._add("add_plus", self.tr("Mark: &like this"), "+", window=False)
        self._add("add_minus", self.tr("Mark: n&ot this"), "-", window=False)
        self._add("forget_marks", self.tr("Forget all mar&ks"), "Ctrl+Shift+M")
        self._separate()
        self._add("open_image", self.tr("Open &image…"), "Ctrl+Shift+O")
        self._add("paste", self.tr("&Paste picture"), "Ctrl+V")
        self._separate()
        self._add("back", self.tr("&Back"), "Alt+Left", "Ctrl+Z", "Backspace")
        self._add("forward", self.tr("For&ward"), "Alt+Right", "Ctrl+Y")
        self._add("history", self.tr("&History…"), "Ctrl+H")
        self._add("whole_library", self.tr("Whole lib&rary"), "Alt+Home")
        self._separate()
        self._add("save_search", self.tr("Sa&ve this search…"), "Ctrl+K")
        self._add("saved_searches", self.tr("Saved sear&ches…"), "Ctrl+Shift+K")
        self._separate()
        self._add("filter", self.tr("Filter by &name"), "Ctrl+F", "F3", "Ctrl+/")
        self._separate()
        self._add("export_results", self.tr("E&xport these results…"), "Ctrl+S")
        self._add("export_batch", self.tr("Export &many searches…"), "Ctrl+Shift+S")
        self._add("duplicates", self.tr("Find &duplicates…"), "Ctrl+Shift+D")
        self._add("evaluate", self.tr("&Evaluate models…"), "Ctrl+M")
        self._add("robustness", self.tr("What the model &sees…"), "V")
        self._add("columns", self.tr("Models side by side…"), "Ctrl+Shift+B")
        self._add("adapt", self.tr("Make &your own model…"), "Ctrl+Shift+L")

    def _selection(self) -> None:
        self._begin(self.tr("&Photo"))
        self._add("view", self.tr("&View large"), "Space", "Return", window=False)
        self._add("compare", self.tr("&Compare with the query"), "C")
        self._separate()
        self._add("open_outside", self.tr("&Open in another program"), "Ctrl+E", "Ctrl+Return")
        self._add("show_in_folder", self.tr("&Show in folder"), "Ctrl+Shift+E")
        self._add("copy_path", self.tr("Copy &path"), "Ctrl+C")
        self._add("copy_image", self.tr("Copy i&mage"), "Ctrl+Shift+C")
        self._separate()
        self._add("select_all", self.tr("Select &all"), "Ctrl+A")
        self._add("select_none", self.tr("Select &none"), "Ctrl+D")
        self._add("select_invert", self.tr("&Invert selection"), "Ctrl+I")

    def _view(self) -> None:
        self._begin(self.tr("&View"))
        self._add("map", self.tr("Map of all &photos"), "M", checkable=True)
        self._separate()
        self._add("side_panel", self.tr("&Search panel"), "Ctrl+B", checkable=True)
        self._add("inspector", self.tr("&Details"), "I", checkable=True)
        self._add("numbers", self.tr("&Rank and distance on the photos"), "Ctrl+Shift+R", checkable=True)
        self._add("unfold", self.tr("&Unfold the stack, fold it again"), "U")
        self._add("fold_copies", self.tr("Fold &near-identical results"), "Ctrl+U", checkable=True)
        self._separate()
        self._add("larger", self.tr("&Larger photos"), "Ctrl++", "Ctrl+=")
        self._add("smaller", self.tr("S&maller photos"), "Ctrl+-")
        self._add("full_screen", self.tr("&Full screen"), "F11", checkable=True)
        self._separate()
        group = QActionGroup(self)
        for key, text in (
            ("theme_system", self.tr("Colours of the s&ystem")),
            ("theme_light", self.tr("L&ight")),
            ("theme_dark", self.tr("D&ark")),
        ):
            group.addAction(self._add(key, text, checkable=True))

    def _help(self) -> None:
        self._begin(self.tr("&Help"))
        self._add("shortcuts", self.tr("&Shortcuts"), "F1", "?")
        self._add("about", self.tr("&About Semblance"), role=QAction.MenuRole.AboutRole)

    # -- menus and lists -------------------------------------------------------------------------------------------

    def fill(self, bar: QMenuBar, recent: QMenu) -> None:
        """Make the menus; `recent` becomes the sub-menu of the recent libraries."""
        recent.setTitle(self["recent"].text())
        for title, keys in self._menus.items():
            menu = bar.addMenu(title)
            menu.setToolTipsVisible(True)  # of those that say why they cannot be chosen
            for key in keys:
                if key is None:
                    menu.addSeparator()
                elif key == "recent":
                    menu.addMenu(recent)
                else:
                    menu.addAction(self[key])

    def context_menu(self, keys: list[str | None]) -> QMenu:
        """A right-click menu of some commands; None is a separator."""
        menu = QMenu(self._window)
        for key in keys:
            if key is None:
                menu.addSeparator()
            else:
                menu.addAction(self[key])
        return menu

    def key_help(self) -> list[KeyHelp]:
        """Every shortcut there is: those of the menus, then those that the grid, the viewer and the query have."""
        native = QKeySequence.SequenceFormat.NativeText
        lines = []
        for title, keys in self._menus.items():
            for key in keys:
                action = self._by_key.get(key or "")
                if action is not None and action.shortcuts():
                    shown = ", ".join(shortcut.toString(native) for shortcut in action.shortcuts())
                    lines.append(KeyHelp(plain(title), plain(action.text()).rstrip("…"), shown))
        return lines + self._other_keys()

    def _other_keys(self) -> list[KeyHelp]:
        grid, viewer, query = self.tr("Photos"), self.tr("Viewer and comparison"), self.tr("Query picture")
        limit, photo_map = self.tr("Distance limit"), self.tr("Map")
        duplicates = self.tr("Duplicates")
        return [
            KeyHelp(grid, self.tr("Make the photo the query"), self.tr("Click")),
            KeyHelp(grid, self.tr("Select one more; a range"), self.tr("Ctrl+Click, Shift+Click")),
            KeyHelp(grid, self.tr("Move"), self.tr("Arrows, Page Up, Page Down, Home, End")),
            KeyHelp(grid, self.tr("Open the viewer"), self.tr("Double click, Space, Enter")),
            KeyHelp(grid, self.tr("Size of the photos"), self.tr("Ctrl+Wheel")),
            KeyHelp(viewer, self.tr("Next, previous"), self.tr("Right, Left")),
            KeyHelp(viewer, self.tr("Zoom in, out"), "+, −"),
            KeyHelp(viewer, self.tr("Fit to the window; one to one"), "0; 1, Z"),
            KeyHelp(viewer, self.tr("Full screen"), "F, F11"),
            KeyHelp(viewer, self.tr("Flick between query and photo"), self.tr("Tab")),
            KeyHelp(viewer, self.tr("Show why they match"), "H"),
            KeyHelp(viewer, self.tr("Close"), "Esc"),
            KeyHelp(photo_map, self.tr("Search with the photo"), self.tr("Click, Enter")),
            KeyHelp(photo_map, self.tr("Go to the photo beside it"), self.tr("Arrows")),
            KeyHelp(photo_map, self.tr("Open the viewer"), self.tr("Double click, Space")),
            KeyHelp(photo_map, self.tr("Move the map"), self.tr("Drag, Shift+Arrows")),
            KeyHelp(photo_map, self.tr("Zoom in, out"), self.tr("Wheel, +, −")),
            KeyHelp(photo_map, self.tr("Show all photos"), "0"),
            KeyHelp(duplicates, self.tr("Compare two of a group"), "C"),
            KeyHelp(duplicates, self.tr("Not a duplicate; take it back"), self.tr("N; Ctrl+Z")),
            KeyHelp(duplicates, self.tr("Make the photo the query"), self.tr("Click, or S")),
            KeyHelp(duplicates, self.tr("Open the viewer"), self.tr("Double click, Space, Enter")),
            KeyHelp(duplicates, self.tr("Export the groups"), self.tr("Ctrl+S")),
            KeyHelp(limit, self.tr("Move the limit"), self.tr("Arrows, Page Up, Page Down")),
            KeyHelp(limit, self.tr("Remove the limit"), self.tr("Delete")),
            KeyHelp(query, self.tr("Search with a part of the picture"), self.tr("Drag a rectangle, or R")),
            KeyHelp(query, self.tr("Move, resize the rectangle"), self.tr("Arrows, Shift+Arrows")),
            KeyHelp(query, self.tr("Search; give up the rectangle"), self.tr("Enter; Esc")),
        ]

    def _begin(self, title: str) -> None:
        self._menu = title
        self._menus[title] = []

    def _separate(self) -> None:
        self._menus[self._menu].append(None)

    def _add(
        self,
        key: str,
        text: str,
        *shortcuts: str,
        checkable: bool = False,
        window: bool = True,
        role: QAction.MenuRole = QAction.MenuRole.NoRole,
    ) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(key)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        action.setCheckable(checkable)
        action.setMenuRole(role)
        if window:
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            self._window.addAction(action)
        else:
            # The grid has these keys itself; the menu only shows them.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._by_key[key] = action
        self._menus[self._menu].append(key)
        return action


def plain(text: str) -> str:
    """A menu's text without its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")

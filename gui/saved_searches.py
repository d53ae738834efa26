"""Saving a search by name, and opening it again: a window to name it, and one with all that are saved."""

from bisect import bisect_left
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from engine import saved_searches as store
from engine.errors import EngineError
from engine.saved_searches import MAX_NAME, SavedPart, SavedSearch
from gui import headline
from gui.controller import Controller
from gui.gallery_model import shown_text
from gui.session_state import Part, Query, Scope
from gui.worker import Lane

MOST_NAMED = 20  # of the photos that are gone; the others are counted
_Buttons = QDialogButtonBox.StandardButton


def why_not_saved(query: Query | None) -> str:
    """Why this query cannot be saved, for people; empty where it can."""
    if query is not None and any(part.pasted is not None for part in query.parts):
        return QCoreApplication.translate(
            "saved searches", "A pasted picture has no file, so that this search cannot be saved."
        )
    return ""


def saved(name: str, query: Query, controller: Controller) -> SavedSearch:
    """What is searched for now, under a name."""
    assert controller.model is not None
    parts = tuple(SavedPart(part.path, part.file, part.region, part.sign, part.mark) for part in query.parts)
    model, metric, limit, scope = controller.model.name, controller.metric, controller.limit, controller.scope
    return SavedSearch(name, parts, model, metric, limit, scope.folder, scope.skip_own_folder, count=controller.count)


@dataclass(frozen=True, slots=True)
class Found:
    """A saved search as far as it is still there: the query (None when nothing is left), and what is gone, by name."""

    query: Query | None
    gone: tuple[str, ...]


def find(search: SavedSearch, photos: Container[str]) -> Found:
    """Look which pictures of a saved search are still there. Marks that lost what they refined become the query."""
    there, gone = [], []
    for one in search.parts:
        exists = one.path in photos if one.path is not None else one.file is not None and one.file.is_file()
        if exists:
            there.append(Part(path=one.path, file=one.file, region=one.region, sign=one.sign, mark=one.mark))
        else:
            gone.append(one.path if one.path is not None else str(one.file))
    if all(part.mark for part in there):
        there = [replace(part, mark=False) for part in there]
    return Found(Query(tuple(there)) if there else None, tuple(gone))


class SavedSearches(QObject):
    """The two windows of the saved searches, and the way from one of them back to the screen."""

    failed = Signal(object)  # Exception
    notified = Signal(str)

    def __init__(self, window: QMainWindow, controller: Controller) -> None:
        super().__init__(window)
        self._window = window
        self._controller = controller
        self._lane = Lane("saved", self)  # a file from outside may lie on a drive that takes its time
        self.dialog: SaveDialog | ListDialog | None = None
        self.notice: QMessageBox | None = None
        controller.library_opening.connect(self._on_library_opening)

    # -- saving ----------------------------------------------------------------------------------------------------

    def ask_to_save(self) -> None:
        """Ask for a name, and keep the search that is shown now."""
        query = self._controller.query
        searches = self._load()
        if query is None or searches is None or self._controller.model is None or why_not_saved(query):
            return
        title = shown_text(headline.title(query, self._controller.scope))[:MAX_NAME]
        search = saved(title, query, self._controller)
        dialog = SaveDialog(title, [one.name for one in searches], self._window)
        dialog.named.connect(lambda name: self._save(replace(search, name=name)))
        self._show(dialog)

    def _save(self, search: SavedSearch) -> None:
        root, data_dir = self._controller.root, self._controller.backend.data_dir
        if root is not None and self._did(lambda: store.save(data_dir, root, search)):
            self.notified.emit(self.tr("Search saved: %1").replace("%1", search.name))

    # -- the list --------------------------------------------------------------------------------------------------

    def show_list(self) -> None:
        """Show what is saved for this library, to open or remove."""
        searches = self._load()
        if searches is None:
            return
        dialog = ListDialog(searches, self._window)
        dialog.opened.connect(self.open)
        dialog.removed.connect(lambda search: self._remove(dialog, search))
        dialog.taken_back.connect(lambda search: self._take_back(dialog, search))
        self._show(dialog)

    def _remove(self, dialog: "ListDialog", search: SavedSearch) -> None:
        root, data_dir = self._controller.root, self._controller.backend.data_dir
        if root is not None and self._did(lambda: store.remove(data_dir, root, search.name)):
            dialog.take_out(search)

    def _take_back(self, dialog: "ListDialog", search: SavedSearch) -> None:
        root, data_dir = self._controller.root, self._controller.backend.data_dir
        if root is not None and self._did(lambda: store.save(data_dir, root, search)):
            dialog.put_in(search)

    def open(self, search: SavedSearch) -> None:
        """Search for this again, with its model, metric, limit and part of the library."""
        controller = self._controller
        library = controller.state.library if controller.state else None
        photos = controller.paths

        def done(found: Found) -> None:
            if controller.state is not None and controller.state.library is library:
                self._put_back(search, found)

        self._lane.submit(lambda _token: find(search, photos), done=done, failed=self.failed.emit, replace=True)

    def _put_back(self, search: SavedSearch, found: Found) -> None:
        controller, state = self._controller, self._controller.state
        missing = [shown_text(path) for path in found.gone]
        limit: float | None = search.limit
        if state is not None and found.query is not None:
            folder = search.folder
            if folder and folder not in state.folders:
                missing.append(shown_text(folder) + "/")
                folder = ""
            controller.set_query(found.query)
            controller.set_scope(Scope(folder, search.skip_own_folder))
            model = controller.backend.model(search.model)
            model_gone = model is None or model.name != search.model
            if model_gone:
                limit = None  # another model's distances are others
            else:
                controller.set_model(search.model)
            controller.set_metric(search.metric, keep=False)
            if search.count is not None:
                controller.set_count(search.count, keep=False)
            controller.set_limit(limit)
            self._tell(search, missing, search.model if model_gone else "")
        else:
            self._tell(search, missing, "")

    def _tell(self, search: SavedSearch, missing: Sequence[str], model: str) -> None:
        """Say what is not as it was when the search was saved, beside the window rather than before it."""
        lines = []
        if missing:
            lines.append(self.tr("No longer there, and left out:"))
            lines += [f"• {name}" for name in missing[:MOST_NAMED]]
            if len(missing) > MOST_NAMED:
                lines.append(self.tr("• and %Ln more", None, len(missing) - MOST_NAMED))
        if model:
            used = self._controller.model.name if self._controller.model else ""
            text = self.tr("The model %1 is no longer there. %2 is used instead, so that the ranking is another.")
            lines.append(text.replace("%2", used).replace("%1", model))
        if not lines:
            return
        box = self.notice = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Information)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(self.tr("Saved searches"))
        box.setText(self.tr("“%1” is not as it was saved.").replace("%1", shown_text(search.name)))
        box.setInformativeText("\n".join(lines))
        box.setModal(False)
        box.show()

    # -- both ------------------------------------------------------------------------------------------------------

    def _load(self) -> list[SavedSearch] | None:
        root = self._controller.root
        if root is None:
            return None
        try:
            return store.load(self._controller.backend.data_dir, root)
        except (EngineError, OSError) as error:
            self.failed.emit(error)
            return None

    def _did(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except (EngineError, OSError) as error:
            self.failed.emit(error)
            return False
        return True

    def _show(self, dialog: "SaveDialog | ListDialog") -> None:
        self._close_dialog()
        self.dialog = dialog
        dialog.show()

    def _close_dialog(self) -> None:
        for window in (self.dialog, self.notice):
            if window is not None:
                window.close()
                window.deleteLater()
        self.dialog = self.notice = None

    def _on_library_opening(self, _root: Path) -> None:
        self._lane.cancel_all()
        self._close_dialog()

    def close(self) -> None:
        """End the thread."""
        self._lane.close()
        self._close_dialog()


class SaveDialog(QDialog):
    """Asks for a name; `named` carries it. A name that is taken turns "Save" into "Replace", and says so."""

    named = Signal(str)

    def __init__(self, name: str, taken: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._taken = frozenset(taken)
        self.setWindowTitle(self.tr("Save this search"))
        self.setMinimumWidth(420)
        label = QLabel(self.tr("&Name:"), self)
        self.name = QLineEdit(name, self)
        self.name.setMaxLength(MAX_NAME)
        self.name.selectAll()
        label.setBuddy(self.name)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QDialogButtonBox(_Buttons.Save | _Buttons.Cancel, self)
        self.save = self.buttons.button(_Buttons.Save)
        self.buttons.accepted.connect(self._on_accepted)
        self.buttons.rejected.connect(self.close)
        self.name.textChanged.connect(self._on_changed)
        body = QVBoxLayout(self)
        for widget in (label, self.name, self.note, self.buttons):
            body.addWidget(widget)
        self._on_changed()

    def _on_changed(self) -> None:
        name = self.name.text().strip()
        replaces = name in self._taken
        self.save.setEnabled(bool(name))
        self.save.setText(self.tr("&Replace") if replaces else self.tr("&Save"))
        note = self.tr("A search of this name is saved already. Do you want to replace it?") if replaces else ""
        self.note.setText(note)
        self.name.setAccessibleDescription(note)

    def _on_accepted(self) -> None:
        self.close()
        self.named.emit(self.name.text().strip())


class ListDialog(QDialog):
    """The saved searches of a library, by name: Enter or a double click opens one, Delete removes it, Ctrl+Z takes
    that back."""

    opened = Signal(object)  # SavedSearch
    removed = Signal(object)  # SavedSearch
    taken_back = Signal(object)  # SavedSearch that was removed

    def __init__(self, searches: Sequence[SavedSearch], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Saved searches"))
        self.setMinimumSize(420, 380)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.windowTitle())
        self._removed: list[SavedSearch] = []  # the last one is taken back first
        self._searches = sorted(searches, key=_by_name)
        for search in self._searches:
            self.list.addItem(QListWidgetItem(shown_text(search.name)))
        self.list.setCurrentRow(0)
        self.list.itemActivated.connect(self._on_open)
        self.buttons = QDialogButtonBox(_Buttons.Close, self)
        self.open_button = self.buttons.addButton(self.tr("&Open"), QDialogButtonBox.ButtonRole.ActionRole)
        self.remove_button = self.buttons.addButton(self.tr("&Remove"), QDialogButtonBox.ButtonRole.ActionRole)
        self.undo_button = self.buttons.addButton(self.tr("&Undo"), QDialogButtonBox.ButtonRole.ActionRole)
        self.undo_button.setToolTip(self.tr("Take the last removal back (Ctrl+Z)"))
        self.open_button.setDefault(True)
        self.open_button.clicked.connect(self._on_open)
        self.remove_button.clicked.connect(self._on_remove)
        self.undo_button.clicked.connect(self._on_undo)
        self.buttons.rejected.connect(self.close)
        self.delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.list, self._on_remove)
        self.delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        self.undo = QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self, self._on_undo)
        body = QVBoxLayout(self)
        for widget in (self.note, self.list, self.buttons):
            body.addWidget(widget)
        self._update()

    def take_out(self, search: SavedSearch) -> None:
        """Show no longer what was removed."""
        row = self._searches.index(search)
        del self._searches[row]
        self._removed.append(search)
        self.list.takeItem(row)
        self._update()

    def put_in(self, search: SavedSearch) -> None:
        """Show again what was taken back."""
        self._removed.remove(search)
        row = bisect_left(self._searches, _by_name(search), key=_by_name)
        self._searches.insert(row, search)
        self.list.insertItem(row, QListWidgetItem(shown_text(search.name)))
        self._update()
        self.list.setCurrentRow(row)
        self.list.setFocus()

    def _update(self) -> None:
        some = bool(self._searches)
        empty = self.tr(
            "Nothing is saved for this library yet. “Save this search…” in the menu keeps what you look for."
        )
        self.note.setText("" if some else empty)
        self.note.setVisible(not some)
        self.list.setVisible(some)
        self.open_button.setEnabled(some)
        self.remove_button.setEnabled(some)
        self.undo_button.setEnabled(bool(self._removed))

    def _chosen(self) -> SavedSearch | None:
        row = self.list.currentRow()
        return self._searches[row] if 0 <= row < len(self._searches) else None

    def _on_open(self) -> None:
        search = self._chosen()
        if search is not None and self.isVisible():  # Enter tells it twice: by the list, and by the default button
            self.close()
            self.opened.emit(search)

    def _on_remove(self) -> None:
        search = self._chosen()
        if search is not None:
            self.removed.emit(search)

    def _on_undo(self) -> None:
        if self._removed:
            self.taken_back.emit(self._removed[-1])


def _by_name(search: SavedSearch) -> tuple[str, str]:
    return search.name.casefold(), search.name

"""Somebody who uses the window: what tests tell of them are sentences ("opens a folder, clicks the third photo")."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.vector_store import StoreAddress
from gui.backend import Backend
from gui.controller import Controller
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.theme import Theme

PATIENCE_MS = 20_000  # the machine may be busy; a passing test needs a fraction

Key, Modifier = Qt.Key, Qt.KeyboardModifier


class Person:
    """Sits before one window and acts by mouse and keyboard; `sees…` reads what the window shows."""

    def __init__(
        self,
        qtbot: QtBot,
        data_dir: Path,
        model_folders: Sequence[Path],
        *,
        theme: Theme | None = None,
        provider: str | None = None,
        address: StoreAddress | None = None,
    ) -> None:
        self._qtbot = qtbot
        self.backend = Backend(data_dir, model_folders, provider, address)
        self.settings = Settings(data_dir)
        self.controller = Controller(self.backend, self.settings)
        self.window = MainWindow(self.controller, theme)
        self.window.grid.click_delay_ms = 0
        self.window.restore_layout()
        self.window.show()
        qtbot.waitExposed(self.window)

    # -- acts ------------------------------------------------------------------------------------------------------

    def opens(self, folder: Path) -> "Person":
        """Opens a folder, and waits until it is indexed."""
        self.starts_opening(folder)
        self.waits_for_indexing()
        return self

    def starts_opening(self, folder: Path) -> None:
        """Opens a folder, and waits until its photos are shown."""
        self.controller.open_library(folder)
        self.waits_until(lambda: self.controller.root == folder.resolve() and len(self.controller.items) > 0)

    def clicks(self, row: int, modifier: Modifier = Modifier.NoModifier) -> None:
        """Clicks a photo of the grid, counted from 0."""
        grid = self.window.grid
        index = grid.gallery.index(row)
        grid.scrollTo(index)
        position = grid.visualRect(index).center()
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifier, position)

    def double_clicks(self, row: int) -> None:
        grid = self.window.grid
        position = grid.visualRect(grid.gallery.index(row)).center()
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Modifier.NoModifier, position)
        QTest.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, Modifier.NoModifier, position)

    def searches(self, row: int) -> str:
        """Clicks a photo, waits for the ranking, and says which photo it was."""
        path = self.window.grid.gallery.path(row)
        before = self.controller._request_id
        self.clicks(row)
        self.waits_until(lambda: self.controller._request_id > before)
        self.waits_for_results()
        return path

    def presses(self, key: Key, modifier: Modifier = Modifier.NoModifier) -> None:
        """Presses a key where the keyboard is."""
        widget = self.window.focusWidget() or self.window
        QTest.keyClick(widget, key, modifier)

    def chooses(self, command: str) -> None:
        """Chooses a command of the menus that can be chosen now."""
        action = self.action(command)
        assert action.isEnabled(), f"{command} cannot be chosen"
        action.trigger()

    def drags(self, widget_point: Callable[[], tuple[object, QPoint, QPoint]]) -> None:
        widget, start, end = widget_point()
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, Modifier.NoModifier, start)
        QTest.mouseMove(widget, (start + end) / 2)
        QTest.mouseMove(widget, end)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, Modifier.NoModifier, end)

    def action(self, command: str) -> QAction:
        return self.window.actions_[command]

    def leaves(self) -> None:
        """Closes the window."""
        self.window.close()
        self.backend.close()

    # -- waits -----------------------------------------------------------------------------------------------------

    def waits_until(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=PATIENCE_MS)

    def waits_for_indexing(self) -> None:
        """Until every photo can be searched."""
        controller = self.controller
        name = controller.model.name if controller.model else ""
        self.waits_until(
            lambda: (
                controller.state is not None
                and not controller.indexing.running
                and controller.state.counts.get(name, 0) == controller.photos > 0
                and controller._looks.idle
            )
        )

    def waits_for_results(self) -> None:
        """Until the answer to the last search is shown, with its histogram."""
        controller = self.controller
        self.waits_until(
            lambda: (
                controller.reply is not None
                and controller.reply.request.id == controller._request_id
                and controller._searches.idle
            )
        )

    # -- sees ------------------------------------------------------------------------------------------------------

    @property
    def sees(self) -> list[str]:
        """The photos in the grid, in its order."""
        model = self.window.grid.gallery
        return [model.path(row) for row in range(len(model.items))]

    @property
    def distances(self) -> list[float | None]:
        model = self.window.grid.gallery
        return [model.distance(row) for row in range(len(model.items))]

    @property
    def headline(self) -> str:
        return self.window.centre.title.text()

"""The application: language, colours, the window, and what happens to an error that nobody caught."""

import gc
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication, QMessageBox

from engine.errors import EngineError
from gui import messages
from gui.backend import Backend
from gui.controller import Controller
from gui.main_window import MainWindow
from gui.settings import Settings
from gui.theme import Theme

if TYPE_CHECKING:
    from engine.manifest import Run
    from engine.vector_store import StoreAddress

TRANSLATIONS = Path(__file__).resolve().parent / "translations"
FAILED = 1

_log = logging.getLogger(__name__)


def execute(
    folder: Path | None,
    data_dir: Path,
    model_folders: Sequence[Path],
    provider: str | None,
    exported: "Run | None" = None,
    changes: Sequence[str] = (),
    store: "StoreAddress | None" = None,
) -> int:
    """Make the application and run it until its window is closed; returns the exit status."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Semblance")
    app.setDesktopFileName("semblance")
    try:
        settings = Settings(data_dir)
        translators = install_language(app, settings.language)
        theme = Theme(app, settings.theme)
        backend = Backend(data_dir, model_folders, provider, store)
        backend.use_provider(provider or settings.provider or None)
    except (EngineError, OSError) as error:
        message = messages.explain(error)
        _log.error("%s", error)
        QMessageBox.critical(None, message.title, message.text)
        return FAILED
    window = MainWindow(Controller(backend, settings), theme)
    hook = sys.excepthook
    sys.excepthook = window_hook(window)
    try:
        window.restore_layout()
        window.show()
        if exported is not None:
            from gui.run_changes import tell_changes  # with what reads an export behind it: a start seldom shows one
            from gui.shown_run import ShownRun

            ShownRun(window.controller, exported, window)
            tell_changes(changes, window)
        elif folder is not None:
            window.controller.open_library(folder)
        gc.freeze()  # what the start has made stays: no later look for garbage goes through it again
        gc.enable()
        return app.exec()
    finally:
        sys.excepthook = hook
        backend.close()
        for translator in translators:
            app.removeTranslator(translator)


def install_language(app: QApplication, language: str) -> list[QTranslator]:
    """Translate into `language` ("de"; "" is the system's), and Qt's own dialogs with it. Returns what was installed.

    English has a file too: it holds the singular and plural forms.
    """
    locale = QLocale(language) if language else QLocale.system()
    if language:
        QLocale.setDefault(locale)
    installed = []
    for name, folder in (("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)), ("", TRANSLATIONS)):
        translator = QTranslator(app)
        found = translator.load(locale, name or "semblance", "_", str(folder))
        if not found and not name:
            found = translator.load(QLocale("en"), "semblance", "_", str(folder))
        if found and app.installTranslator(translator):
            installed.append(translator)
    return installed


def window_hook(window: MainWindow) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """An exception hook that logs, and tells the user once for each kind of error."""
    told: set[str] = set()

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _log.error("an error that nobody caught", exc_info=(kind, error, trace))
        place = f"{kind.__name__} {trace.tb_lineno if trace else 0}"
        if isinstance(error, Exception) and place not in told:
            told.add(place)
            window.commands.show_error(error)

    return hook

"""What can be done with photos beside searching: open them elsewhere, show them in their folder, copy path or picture.

None of it changes a file.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QProcess, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage

from engine.picture import load
from gui.gallery_model import shown_text
from gui.image_data import from_rgb
from gui.worker import Lane

if TYPE_CHECKING:
    from engine.decode import Decoded

MOST_OPENED = 10  # a slip with everything selected must not open a thousand windows
FILE_MANAGER_MS = 10_000  # one that has not shown a file by then is not going to


class PhotoActions(QObject):
    """Acts on files of the disk; `done` says in words what happened, `failed` carries an exception."""

    copied_path = Signal(int)  # how many
    copied_image = Signal(object)  # Path
    failed = Signal(object)  # Exception

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("copy", self)

    def open_outside(self, files: Sequence[Path]) -> None:
        """Open files with the programs that the system has for them."""
        for file in files[:MOST_OPENED]:
            if not QDesktopServices.openUrl(_url(file)):
                self.failed.emit(OSError(f"{file}: no program opened it"))
                return

    def show_in_folder(self, file: Path) -> None:
        """Open the file manager with the file selected, or its folder where it cannot be selected."""
        if sys.platform == "darwin":
            QProcess.startDetached("open", ["-R", str(file)])
        elif sys.platform == "win32":
            QProcess.startDetached("explorer", [f"/select,{file}"])
        else:
            self._ask_file_manager(file)

    def _ask_file_manager(self, file: Path) -> None:
        """Ask the desktop's file manager (https://www.freedesktop.org/wiki/Specifications/file-manager-interface/),
        which may have to start first: the window does not wait for it."""
        # A library that the window's start can do without.
        from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected():
            self._open_folder_of(file)
            return
        message = QDBusMessage.createMethodCall(
            "org.freedesktop.FileManager1",
            "/org/freedesktop/FileManager1",
            "org.freedesktop.FileManager1",
            "ShowItems",
        )
        message.setArguments([[_url(file).toString(QUrl.ComponentFormattingOption.FullyEncoded)], ""])
        watcher = QDBusPendingCallWatcher(bus.asyncCall(message, FILE_MANAGER_MS), self)

        def answered() -> None:
            if watcher.isError():
                self._open_folder_of(file)
            watcher.deleteLater()

        watcher.finished.connect(answered)

    def _open_folder_of(self, file: Path) -> None:
        if not QDesktopServices.openUrl(_url(file.parent)):
            self.failed.emit(OSError(f"{file.parent}: no file manager opened it"))

    def copy_paths(self, files: Sequence[Path]) -> None:
        """Put the paths into the clipboard, one a line, and the files themselves for a file manager."""
        data = QMimeData()
        data.setText("\n".join(shown_text(str(file)) for file in files))
        data.setUrls([_url(file) for file in files])
        QGuiApplication.clipboard().setMimeData(data)
        self.copied_path.emit(len(files))

    def copy_image(self, file: Path) -> None:
        """Put the full, upright picture into the clipboard; decoded in the background."""

        def done(decoded: "Decoded") -> None:
            QGuiApplication.clipboard().setImage(_image(decoded))
            self.copied_image.emit(file)

        self._lane.submit(lambda _token: load(file, 1 << 30), done=done, failed=self.failed.emit, replace=True)

    def close(self) -> None:
        self._lane.close()


def _url(file: Path) -> QUrl:
    return QUrl.fromLocalFile(str(file))


def _image(decoded: "Decoded") -> QImage:
    return from_rgb(decoded.rgb)

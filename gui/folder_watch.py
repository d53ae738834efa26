"""Notices that files of the library were added, changed or removed while the window is open."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

DELAY_MS = 1500  # a camera's card copies file by file: wait until it is quiet
LONGEST_DELAY_MS = 15_000  # … but not for ever, if it never is
MOST_FOLDERS = 4000  # Linux lets a user watch 8,192 in all; the rest is seen at the next "Look for changes"


class FolderWatch(QObject):
    """Watches a library's folders and says `changed` once a burst of changes is over."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._on_directory_changed)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(DELAY_MS)
        self._quiet.timeout.connect(self._tell)
        self._latest = QTimer(self)
        self._latest.setSingleShot(True)
        self._latest.setInterval(LONGEST_DELAY_MS)
        self._latest.timeout.connect(self._tell)

    def watch(self, root: Path, folders: Iterable[str]) -> None:
        """Watch `root` and its sub-folders (relative, with `/`), and nothing else any more."""
        wanted = [str(root)]
        for folder in folders:
            if len(wanted) >= MOST_FOLDERS:
                break
            # Qt's strings lose bytes that are no text: such a folder cannot be watched.
            if folder.isprintable():
                wanted.append(str(root / folder))
        watched = set(self._watcher.directories())
        gone, new = watched.difference(wanted), [path for path in wanted if path not in watched]
        if gone:
            self._watcher.removePaths(sorted(gone))
        if new:
            self._watcher.addPaths(new)

    def stop(self) -> None:
        """Watch nothing."""
        self._quiet.stop()
        self._latest.stop()
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())

    @property
    def folders(self) -> list[str]:
        """What is watched."""
        return self._watcher.directories()

    def _on_directory_changed(self) -> None:
        self._quiet.start()
        if not self._latest.isActive():
            self._latest.start()

    def _tell(self) -> None:
        self._quiet.stop()
        self._latest.stop()
        self.changed.emit()

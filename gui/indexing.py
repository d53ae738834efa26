"""Brings the index of the open library up to date in the background, for the chosen model, one job at a time."""

import os
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from engine.results import Progress
from engine.spec import ModelSpec
from gui.backend import Backend
from gui.worker import Lane, Token

if TYPE_CHECKING:
    from engine.indexer import IndexReport

PAINT_SECONDS = 0.2  # the photos that are known are painted first: loading a network would hold the window up
NICENESS = 4  # the window's thread goes first when all cores are at work; other programs hardly notice


class Indexing(QObject):
    """Runs `engine.indexer.index` on its own lane. Starting for another library or model ends the running job first;
    what that has embedded is kept."""

    started = Signal()
    progressed = Signal(object)  # Progress
    finished = Signal(object)  # IndexReport
    failed = Signal(object)  # Exception
    stopped = Signal()  # on request

    def __init__(self, backend: Backend, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._lane = Lane("indexing", self, initializer=be_nice)
        self._root: Path | None = None
        self._again: tuple[Path, ModelSpec] | None = None

    @property
    def running(self) -> bool:
        return self._lane.busy

    def start(self, root: Path, spec: ModelSpec) -> None:
        """Bring the index up to date, instead of whatever runs."""
        self._again = None
        self._root = root

        def work(token: Token) -> "Generator[Progress, None, IndexReport]":
            return self._steps(root, spec, token)

        self._lane.submit(work, done=self._on_done, failed=self._on_failed, progress=self._on_progress, replace=True)
        self.started.emit()

    def start_when_free(self, root: Path, spec: ModelSpec) -> None:
        """Bring the index up to date, after whatever runs: what runs may have passed by the changed folder already."""
        if self.running:
            self._again = (root, spec)
        else:
            self.start(root, spec)

    def stop(self) -> None:
        """End the running job; all but the batch in flight is kept."""
        self._again = None
        if self.running:
            self._lane.cancel_all()
            self.stopped.emit()

    def close(self) -> None:
        """Stop, and wait for the thread."""
        self._again = None
        self._lane.close()

    def _steps(self, root: Path, spec: ModelSpec, token: Token) -> "Generator[Progress, None, IndexReport]":
        yield Progress("scanning", 0)
        time.sleep(PAINT_SECONDS)
        from engine.indexer import index  # on this thread, and not with the window's start

        embedder = self._backend.embedder(spec)
        return (
            yield from index(
                self._backend.store, root, [embedder], thumbnails=self._backend.thumbnails, cancelled=token
            )
        )

    def _on_progress(self, progress: Progress) -> None:
        self.progressed.emit(progress)

    def _on_done(self, report: Any) -> None:
        self.finished.emit(report)
        if self._again is not None and not self.running:
            self.start(*self._again)

    def _on_failed(self, error: Exception) -> None:
        self._again = None
        self.failed.emit(error)


def be_nice() -> None:
    """Lower the priority of the calling thread, and so of the threads that it starts (Linux counts it per thread)."""
    if sys.platform.startswith("linux"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)

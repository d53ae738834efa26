"""A window that starts one long job at a time, shows how far it is, stops it, and tells what came out or went wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.results import Progress
from gui import messages
from gui.dialogs import ErrorDialog
from gui.gallery_model import shown_text
from gui.guard import guarded
from gui.indexing import be_nice
from gui.worker import Lane, Work

Words = Callable[[Progress], str]


class JobDialog(QDialog):
    """Not modal: the main window stays usable. Esc stops a running job; closing the window stops it, too, and waits for
    its thread. A kind of job fills `content`, ends its building with `finish`, and starts its work with `run`."""

    ended = Signal()  # a job: done, failed or stopped
    closed = Signal()

    def __init__(self, title: str, start: str, lane: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._lane = Lane(lane, self, initializer=be_nice)
        self._error: Exception | None = None
        self._running = False
        self.content = QVBoxLayout()
        self.note = QLabel(self)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.stop = QPushButton(self.tr("&Stop"), self)
        self.stop.setAutoDefault(False)
        self.stop.clicked.connect(self.stop_job)
        self.details = QPushButton(self.tr("De&tails…"), self)
        self.details.setAutoDefault(False)
        self.details.clicked.connect(self._show_details)
        self.results = QHBoxLayout()  # buttons for what came out
        self.buttons = QDialogButtonBox(self)
        self.start = self.buttons.addButton(start, QDialogButtonBox.ButtonRole.AcceptRole)
        self.start.setDefault(True)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        self.buttons.rejected.connect(self.close)

    def finish(self) -> None:
        """Put what every job has under what this kind of job asks for."""
        running = QHBoxLayout()
        running.addWidget(self.bar, 1)
        running.addWidget(self.stop)
        told = QHBoxLayout()
        told.addWidget(self.note, 1)
        told.addWidget(self.details, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addLayout(self.content, 1)
        layout.addLayout(told)
        layout.addLayout(self.results)
        layout.addLayout(running)
        layout.addWidget(self.buttons)
        self.tell("")
        self._set_running(False)

    # -- the job ---------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self._running

    def run(self, work: Work, done: Callable[[Any], None], words: Words) -> None:
        """Do this work on the window's thread of its own; `words` tells of its progress, `done` gets its result."""
        if self._running:
            return

        def finished(result: Any) -> None:
            self._set_running(False)
            done(result)

        def progressed(report: Progress) -> None:
            self.bar.setRange(0, report.total or 0)
            self.bar.setValue(report.done)
            self.tell(words(report))

        self.tell(self.tr("Starting…"))
        self.bar.setRange(0, 0)
        self._set_running(True)
        self._lane.submit(work, done=finished, failed=self._on_failed, progress=progressed, stopped=self._on_stopped)

    def stop_job(self) -> None:
        """End the job at its next step."""
        if self._running:
            self.tell(self.tr("Stopping…"))
            self.stop.setEnabled(False)
            self._lane.cancel_all()

    def _on_stopped(self) -> None:
        self._set_running(False)
        self.tell(self.stopped_words())

    def stopped_words(self) -> str:
        """What to say once a job was stopped."""
        return self.tr("Stopped.")

    def _on_failed(self, error: Exception) -> None:
        self._set_running(False)
        self.tell_error(error)

    def _set_running(self, running: bool) -> None:
        self._running = running
        self.bar.setVisible(running)
        self.stop.setVisible(running)
        self.stop.setEnabled(True)
        self.on_running(running)
        if not running:
            self.ended.emit()

    def on_running(self, running: bool) -> None:
        """The job begins or has ended; overridden by kinds of jobs that have more to switch than the button."""
        self.start.setEnabled(not running)

    def library_changed(self, counts: Mapping[str, int], photos: int) -> None:
        """The index knows more: how many of the library's photos each model has seen; for kinds that offer models."""

    # -- what is told ----------------------------------------------------------------------------------------------

    def tell(self, text: str) -> None:
        """Say something above the buttons."""
        self._error = None
        self.details.setVisible(False)
        self.note.setForegroundRole(QPalette.ColorRole.WindowText)
        self.note.setText(shown_text(text))
        self.note.setVisible(bool(text))
        self._make_room()

    def _make_room(self) -> None:
        """Grow as high as a longer text needs: a layout would rather squeeze the fields above it."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def tell_error(self, error: Exception) -> None:
        """Say in people's words what went wrong; the details on request."""
        message = messages.explain(error)
        self.tell(f"{message.title}\n{message.text}")
        self.note.setForegroundRole(QPalette.ColorRole.BrightText)
        self._error = error
        self.details.setVisible(True)
        self._make_room()

    def _show_details(self) -> None:
        if self._error is not None:
            ErrorDialog(messages.explain(self._error), self).show()

    # -- Qt's calls ------------------------------------------------------------------------------------------------

    @guarded()
    def reject(self) -> None:
        """Esc: first it stops the job, so that a slip does not throw the window away with it."""
        if self._running:
            self.stop_job()
        else:
            self.close()

    @guarded()
    def closeEvent(self, event: QCloseEvent) -> None:
        self._lane.close()
        event.accept()
        self.closed.emit()

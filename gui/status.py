"""The line at the bottom: what is indexed, by which model, on which hardware, what was skipped, and the running job."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QSizePolicy, QStatusBar, QToolButton, QWidget

from engine.results import Progress
from engine.spec import ModelSpec
from gui import messages

BAR_WIDTH_PX = 140


class Status(QStatusBar):
    """A status bar; `skipped_requested` when somebody wants the list of skipped files."""

    skipped_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.photos = QLabel(self)
        self.model = QLabel(self)
        self.skipped = QToolButton(self)
        self.skipped.setAutoRaise(True)
        self.skipped.setToolTip(self.tr("Which files were skipped, and why"))
        self.skipped.clicked.connect(self.skipped_requested)
        self.job = QLabel(self)
        # A text that grows must not widen the window.
        self.job.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.job.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.bar = QProgressBar(self)
        self.bar.setFixedWidth(BAR_WIDTH_PX)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of indexing"))
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setToolTip(self.tr("Stop indexing; what is done is kept"))
        self.cancel.clicked.connect(self.stop_requested)
        self.addWidget(self.photos)
        self.addWidget(self.skipped)
        self.addPermanentWidget(self.job, 1)
        for widget in (self.bar, self.cancel, self.model):
            self.addPermanentWidget(widget)
        self.setContentsMargins(8, 0, 8, 0)
        self.skipped.setVisible(False)
        self.set_progress(None)

    def set_counts(self, seen: int, photos: int, skipped: int) -> None:
        """How many of the library's photos the model has seen, and how many files were skipped."""
        self.skipped.setVisible(skipped > 0)
        self.skipped.setText(self.tr("%Ln file(s) skipped", None, skipped))
        if seen >= photos:
            self.photos.setText(self.tr("%Ln photo(s) indexed", None, seen))
        else:
            text = self.tr("%1 of %2 photos indexed")
            self.photos.setText(text.replace("%1", messages.number(seen)).replace("%2", messages.number(photos)))

    def set_model(self, model: ModelSpec | None, provider: str | None, notice: str | None) -> None:
        """Name the model and what it really runs on; `notice` says why that is not what was asked for."""
        if model is None:
            self.model.setText(self.tr("no model"))
            return
        where = f" · {messages.provider_name(provider)}" if provider else ""  # known once it has computed something
        self.model.setText(model.name + where + (" ⚠" if notice else ""))
        self.model.setToolTip(notice or self.tr("The model, and what it computes on"))

    def set_progress(self, progress: Progress | None) -> None:
        """Show how far indexing is; None when it does not run."""
        for widget in (self.job, self.bar, self.cancel):
            widget.setVisible(progress is not None)
        if progress is None:
            return
        self.job.setText(messages.progress(progress))
        if progress.total:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
        else:
            self.bar.setRange(0, 0)

"""How near a result must be: a limit of the distance as a number, drawn on the histogram of all distances."""

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui import messages
from gui.histogram import DistanceHistogram
from gui.search_job import Spread

SETTLE_MS = 60  # while the line is dragged, the grid follows at this pace


class LimitPanel(QWidget):
    """Keeps check box, number and line in step. `limit_chosen` carries the limit, or None for none."""

    limit_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spread: Spread | None = None
        self._limit: float | None = None
        self.check = QCheckBox(self.tr("Distance &up to"), self)
        self.check.toggled.connect(self._on_toggled)
        self.number = QDoubleSpinBox(self)
        self.number.setDecimals(4)
        self.number.setRange(0.0, 1e6)
        self.number.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.number.setKeyboardTracking(False)
        self.number.setAccessibleName(self.tr("Largest distance of a result"))
        self.number.valueChanged.connect(self._choose)
        self.histogram = DistanceHistogram(self)
        self.histogram.limit_changed.connect(self._choose)
        self.kept = QLabel(self)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._tell)
        row = QHBoxLayout()
        row.addWidget(self.check)
        row.addWidget(self.number, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.histogram)
        layout.addLayout(row)
        layout.addWidget(self.kept)
        self.set_spread(None)

    def set_spread(self, spread: Spread | None) -> None:
        """Show the distances of another search."""
        self._spread = spread
        self.setVisible(spread is not None and len(spread.distances) > 0)
        if spread is not None and len(spread.distances):
            self.histogram.set_distances(spread.distances)
            step = float(spread.distances[-1]) / 200
            self.number.setSingleStep(step or 0.01)
        self._show_limit()

    def set_limit(self, limit: float | None) -> None:
        """Show a limit without telling anybody."""
        self._limit = limit
        self._show_limit()

    def _show_limit(self) -> None:
        with QSignalBlocker(self.check), QSignalBlocker(self.number):
            self.check.setChecked(self._limit is not None)
            self.number.setEnabled(self._limit is not None)
            if self._limit is not None:
                self.number.setValue(self._limit)
        self.histogram.set_limit(self._limit)
        self._count()

    def _count(self) -> None:
        if self._spread is None:
            return
        self.kept.setVisible(self._limit is not None)
        kept, count = messages.number(self.histogram.kept), messages.number(self.histogram.count)
        self.kept.setText(self.tr("%1 of %2 photos are that near").replace("%1", kept).replace("%2", count))

    def _on_toggled(self, on: bool) -> None:
        if not on or self._spread is None or not len(self._spread.distances):
            self._choose(None)
            return
        # A first limit that shows what it does: the nearest twentieth, at least ten photos.
        distances = self._spread.distances
        self._choose(float(distances[min(len(distances) - 1, max(10, len(distances) // 20))]))

    def _choose(self, limit: float | None) -> None:
        self._limit = limit
        self._show_limit()
        if not self._settle.isActive():  # started anew with every move, it would only fire once the mouse rests
            self._settle.start()

    def _tell(self) -> None:
        self.limit_chosen.emit(self._limit)

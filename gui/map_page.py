"""The map with what belongs around it: how photos are arranged and coloured, zoom, progress, and what colours mean."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.photo_map import Layout
from engine.results import Progress
from gui import messages
from gui.bar_button import bar_button
from gui.elided_label import ElidedLabel
from gui.map_canvas import ZOOM_STEP, MapCanvas
from gui.map_legend import MapLegend
from gui.thumbnails import Thumbnails

FOLDER, DISTANCE = "folder", "distance"


class MapPage(QWidget):
    """`layout_chosen(Layout)`, `colour_chosen(FOLDER or DISTANCE)`, `stop_requested()`, `anew_requested()`: what people
    ask for; `canvas` has the rest."""

    layout_chosen = Signal(object)
    colour_chosen = Signal(str)
    stop_requested = Signal()
    anew_requested = Signal()

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = MapCanvas(thumbnails, self)
        self.legend = MapLegend(self)
        self.layouts = QComboBox(self)
        for layout, name in (
            (Layout.PCA, self.tr("Overview (PCA)")),
            (Layout.TSNE, self.tr("Neighbourhoods (t-SNE)")),
        ):
            self.layouts.addItem(name, str(layout))
        self.layouts.setItemData(
            0, self.tr("The two directions in which the photos differ most; takes seconds"), Qt.ItemDataRole.ToolTipRole
        )
        self.layouts.setItemData(
            1, self.tr("Keeps photos beside those most like them; takes minutes"), Qt.ItemDataRole.ToolTipRole
        )
        self.colours = QComboBox(self)
        self.colours.addItem(self.tr("Folder"), FOLDER)
        self.colours.addItem(self.tr("Distance to the query"), DISTANCE)
        self.layouts.activated.connect(lambda _row: self.layout_chosen.emit(Layout(self.layouts.currentData())))
        self.colours.activated.connect(lambda _row: self.colour_chosen.emit(self.colours.currentData()))
        self.note = ElidedLabel(self)
        self.note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.bar.setAccessibleName(self.tr("Progress of the map"))
        self.stop = QPushButton(self.tr("Stop"), self)
        self.stop.clicked.connect(self.stop_requested)
        self.anew = QPushButton(self.tr("Arrange anew"), self)
        self.anew.setToolTip(self.tr("New photos were put among those most like them"))
        self.anew.clicked.connect(self.anew_requested)
        self._lay_out()
        self.anew.setVisible(False)
        self.set_progress(None)
        self.set_query(False)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 6)
        row.setSpacing(6)
        for text, box in ((self.tr("A&rrange"), self.layouts), (self.tr("&Colour"), self.colours)):
            label = QLabel(text, self)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box)
            row.addSpacing(8)
        row.addStretch(1)
        canvas = self.canvas
        row.addWidget(bar_button(self, "−", self.tr("Farther (−)"), lambda: canvas.zoom(1 / ZOOM_STEP)))
        row.addWidget(bar_button(self, "+", self.tr("Nearer (+)"), lambda: canvas.zoom(ZOOM_STEP)))
        row.addWidget(bar_button(self, "⤢", self.tr("All photos (0)"), canvas.fit))
        below = QHBoxLayout()  # not above: what comes and goes there would push the window wider
        below.setContentsMargins(0, 0, 8, 0)
        below.setSpacing(12)
        below.addWidget(self.legend, 2)
        below.addWidget(self.note, 1)
        for widget in (self.bar, self.stop, self.anew):
            below.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(canvas, 1)
        layout.addLayout(below)
        self.setFocusProxy(canvas)

    def set_layout(self, layout: Layout) -> None:
        """Which arrangement is shown; tells nobody."""
        with QSignalBlocker(self.layouts):
            self.layouts.setCurrentIndex(self.layouts.findData(str(layout)))

    def set_colour(self, colour: str) -> None:
        """What the colours mean; tells nobody."""
        with QSignalBlocker(self.colours):
            self.colours.setCurrentIndex(self.colours.findData(colour))

    def set_query(self, there: bool) -> None:
        """Distances can be shown only while there is a query."""
        self.colours.setEnabled(there)
        self.colours.setToolTip("" if there else self.tr("Click a photo: then colours can tell the distance to it"))

    def set_progress(self, progress: Progress | None) -> None:
        """How far the map is; None: nothing runs."""
        self.bar.setVisible(progress is not None)
        self.stop.setVisible(progress is not None)
        if progress is not None:
            self.anew.setVisible(False)
            self.bar.setRange(0, progress.total or 0)
            self.bar.setValue(progress.done)
            self.tell(self._words(progress))

    def tell(self, text: str) -> None:
        """Say something beside the choices."""
        self.note.set_line(text)

    def _words(self, progress: Progress) -> str:
        if progress.stage == "learning":
            return self.tr("Looking for what tells the photos apart…")
        if progress.stage == "placing":
            text = self.tr("Placing photos: %1 of %2").replace("%1", messages.number(progress.done))
            return text.replace("%2", messages.number(progress.total or 0))
        if progress.stage == "arranging":
            share = 100 * progress.done // max(1, progress.total or 1)
            text = self.tr("Arranging neighbours: %1 %").replace("%1", str(share))
            if progress.seconds_left is None:
                return text
            return f"{text} · " + self.tr("%1 left").replace("%1", messages.duration(progress.seconds_left))
        return self.tr("Looking for each photo's neighbours…")

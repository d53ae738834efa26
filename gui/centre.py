"""The middle of the window: the grid under what is shown, in which order and size; or what to do when it is empty."""

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.actions import Actions, plain
from gui.elided_label import ElidedLabel
from gui.gallery_view import LARGEST_TILE, SMALLEST_TILE, GalleryView
from gui.session_state import Sort

FILTER_DELAY_MS = 200


class Centre(QStackedWidget):
    """Two pages: the welcome, with one large button, and the photos with their header."""

    sort_chosen = Signal(object)  # Sort
    filter_changed = Signal(str)
    open_folder_requested = Signal()

    def __init__(self, grid: GalleryView, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid = grid
        self._welcome = self._build_welcome()
        self._photos = self._build_photos(actions)
        self.addWidget(self._welcome)
        self.addWidget(self._photos)

    # -- building --------------------------------------------------------------------------------------------------

    def _build_welcome(self) -> QWidget:
        page = QWidget(self)
        title = QLabel(self.tr("Which photos are alike?"), page)
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        title.setFont(font)
        text = QLabel(
            self.tr(
                "Open a folder of photos, or drop one here. Then click a photo to see those most like it.\n"
                "Everything stays on this computer, and nothing is ever written into your folder."
            ),
            page,
        )
        text.setWordWrap(True)
        for label in (title, text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_folder = QPushButton(self.tr("Open folder…"), page)
        self.open_folder.setMinimumSize(QSize(240, 56))
        self.open_folder.setDefault(True)
        self.open_folder.clicked.connect(self.open_folder_requested)
        self.recent = QVBoxLayout()
        self.recent.setSpacing(2)
        layout = QVBoxLayout(page)
        layout.setSpacing(16)
        layout.addStretch(2)
        layout.addWidget(title)
        layout.addWidget(text)
        layout.addWidget(self.open_folder, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addLayout(self.recent)
        layout.addStretch(3)
        return page

    def _build_photos(self, actions: Actions) -> QWidget:
        page = QWidget(self)
        header = QWidget(page)
        self.back = self._tool("←", actions["back"])
        self.forward = self._tool("→", actions["forward"])
        self.title = ElidedLabel(header)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.note = ElidedLabel(header)
        self.note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        # Never cut, unlike the note above it: whoever relies on a search has to see that it may have missed some.
        self.approximate = QLabel(self.tr("approximate"), header)
        self.approximate.setToolTip(
            self.tr("The server's index found these photos: it may have missed a few. The distances are exact.")
        )
        self.approximate.hide()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.note)
        words.addWidget(self.approximate)
        self.filter = QLineEdit(header)
        self.filter.setPlaceholderText(self.tr("Filter by name"))
        self.filter.setAccessibleName(self.tr("Filter by name"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(135)  # what is less goes to the title, which a photo's name has to fit
        self._typing = QTimer(self, singleShot=True, interval=FILTER_DELAY_MS)
        self._typing.timeout.connect(self._tell_filter)
        self.filter.textChanged.connect(self._typing.start)
        self._sort_label = QLabel(self.tr("S&ort"), header)
        self.sort = QComboBox(header)
        self.sort.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._sort_label.setBuddy(self.sort)
        self.sort.activated.connect(lambda index: self.sort_chosen.emit(self._sorts[index]))
        self._sorts: list[Sort] = []
        self.size_slider = QSlider(Qt.Orientation.Horizontal, header)
        self.size_slider.setRange(SMALLEST_TILE, LARGEST_TILE)
        self.size_slider.setSingleStep(20)
        self.size_slider.setPageStep(40)
        self.size_slider.setFixedWidth(80)
        self.size_slider.setToolTip(self.tr("Size of the photos"))
        self.size_slider.setAccessibleName(self.tr("Size of the photos"))
        self.size_slider.setValue(self.grid.tile_size)
        self.size_slider.valueChanged.connect(self._on_size_moved)
        self.grid.tile_size_changed.connect(self.size_slider.setValue)
        row = QHBoxLayout(header)
        row.setContentsMargins(8, 6, 8, 6)
        row.addWidget(self.back)
        row.addWidget(self.forward)
        row.addLayout(words, 1)
        self.map = QToolButton(header)
        actions["map"].setIconText(self.tr("Map"))
        actions["map"].setToolTip(self.tr("Map of all photos (M)"))
        self.map.setDefaultAction(actions["map"])
        for widget in (self.filter, self._sort_label, self.sort, self.size_slider, self.map):
            row.addWidget(widget)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._looks = QStackedWidget(page)  # the grid, and the map in its place
        self._looks.addWidget(self.grid)
        self._of_grid = (self._sort_label, self.sort, self.size_slider)
        layout.addWidget(header)
        layout.addWidget(self._looks, 1)
        return page

    def add_map(self, page: QWidget) -> None:
        """Take in what `show_map` shows."""
        self._looks.addWidget(page)

    def _tool(self, text: str, action: QAction) -> QToolButton:
        """A button that shows an arrow rather than the action's words."""
        button = QToolButton(self)
        button.setText(text)
        button.setAutoRaise(True)
        name = plain(action.text())
        button.setAccessibleName(name)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{name} ({keys})")
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        return button

    # -- what is shown ---------------------------------------------------------------------------------------------

    def show_welcome(self, recent: list[QPushButton]) -> None:
        """The first page, with buttons for the libraries that were opened lately."""
        while (item := self.recent.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for button in recent:
            self.recent.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)
        self.setCurrentWidget(self._welcome)

    def show_photos(self) -> None:
        self.setCurrentWidget(self._photos)

    def show_map(self, shown: bool) -> None:
        """The map in place of the grid, under the same header."""
        self._looks.setCurrentIndex(1 if shown else 0)
        for widget in self._of_grid:
            widget.setVisible(not shown)
        self.focus_photos()

    def focus_photos(self) -> None:
        """Give the keyboard to the grid, or to the map."""
        look = self._looks.currentWidget()
        if look is not None:
            look.setFocus()

    @property
    def shows_photos(self) -> bool:
        return self.currentWidget() is self._photos

    def set_title(self, title: str, note: str) -> None:
        """Say what is shown, and how much of it."""
        self.title.set_line(title)
        self.note.set_line(note)

    def set_sorts(self, sorts: list[Sort], current: Sort) -> None:
        """Offer these orders."""
        names = {
            Sort.DISTANCE: self.tr("Distance"),
            Sort.NAME: self.tr("Folder and name"),
            Sort.DATE: self.tr("Newest first"),
            Sort.SIZE: self.tr("Largest first"),
        }
        with QSignalBlocker(self.sort):
            if sorts != self._sorts:
                self._sorts = sorts
                self.sort.clear()
                self.sort.addItems([names[sort] for sort in sorts])
            self.sort.setCurrentIndex(sorts.index(current) if current in sorts else 0)

    def clear_filter(self) -> None:
        """Empty the filter without telling anybody."""
        self.filter.clear()
        self._typing.stop()  # rather than blocked signals: the field's own cross listens to them, too

    def _on_size_moved(self, size: int) -> None:
        self.grid.tile_size = size

    def _tell_filter(self) -> None:
        self.filter_changed.emit(self.filter.text())

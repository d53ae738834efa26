"""Everything that is known of one photo: the picture, its match with the query, the file, and what the camera wrote."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from engine.metric import Metric
from gui import messages
from gui.gallery_model import shown_name, shown_text
from gui.guard import guarded
from gui.thumbnails import Thumbnails, Wanted
from gui.worker import Lane

if TYPE_CHECKING:
    from gui.exif import FileFacts

_CLIENT = "inspector"
_TALLEST = 1.1  # of the width: a tall picture must leave room for the facts
_DASH = "–"


@dataclass(frozen=True, slots=True)
class MatchFacts:
    """How a photo stands to the query. `rank` counts from 1 among `of`; 0 where it is not among the results."""

    rank: int
    of: int
    cosine: float | None
    euclidean: float | None
    meaning: tuple[tuple[str, str], ...] = ()  # further lines, a word and its value each


class _Photo(QWidget):
    """The picture, whole; a double click opens it."""

    opened = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pixmap: QPixmap | None = None
        self._message = ""
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_pixmap(self, pixmap: QPixmap | None, message: str = "") -> None:
        self._pixmap, self._message = pixmap, message
        self.updateGeometry()
        self.update()

    @guarded(lambda: QSize(240, 180))
    def sizeHint(self) -> QSize:
        return QSize(240, 180)

    @guarded(True)
    def hasHeightForWidth(self) -> bool:
        return True

    @guarded(180)
    def heightForWidth(self, width: int) -> int:
        if self._pixmap is None:
            return round(width * 0.75)
        return round(width * min(_TALLEST, self._pixmap.height() / self._pixmap.width()))

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._pixmap is None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
                painter.drawRoundedRect(self.rect(), 8, 8)
                painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect().adjusted(8, 8, -8, -8), flags, self._message)
                return
            size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
            box = QRectF(left, top, size.width(), size.height())
            painter.drawPixmap(box, self._pixmap, QRectF(self._pixmap.rect()))

    @guarded()
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.opened.emit()

    @guarded()
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class _Section(QWidget):
    """A heading and lines of a word and its value; hidden while it has no lines."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = QLabel(title, self)
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 12, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self._title, 0, 0, 1, 2)
        self._labels: list[tuple[QLabel, QLabel]] = []

    def set_lines(self, lines: Iterable[tuple[str, str]]) -> None:
        shown = list(lines)
        while len(self._labels) < len(shown):
            self._add_line()
        for number, (word, value) in enumerate(self._labels):
            used = number < len(shown)
            word.setVisible(used)
            value.setVisible(used)
            if used:
                word.setText(shown[number][0])
                value.setText(shown[number][1])
                value.setAccessibleName(f"{shown[number][0]}: {shown[number][1]}")
        self.setVisible(bool(shown))

    def lines(self) -> list[tuple[str, str]]:
        return [(word.text(), value.text()) for word, value in self._labels if not word.isHidden()]

    def _add_line(self) -> None:
        row = len(self._labels) + 1
        word, value = QLabel(self), QLabel(self)
        word.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        word.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        value.setTextFormat(Qt.TextFormat.PlainText)
        value.setWordWrap(True)
        value.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._grid.addWidget(word, row, 0)
        self._grid.addWidget(value, row, 1)
        self._labels.append((word, value))


class Inspector(QScrollArea):
    """The right panel. `view_requested(path)`: its picture was double-clicked. `shut_down` ends its thread."""

    view_requested = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._lane = Lane("facts", self)
        self._path: str | None = None
        self._content: bytes | None = None
        self._size: int | None = None
        self._mtime_ns: int | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(220)
        self.setAccessibleName(self.tr("Details"))
        self._build()
        self._photo.opened.connect(self._open)
        self._photo.resized.connect(self._want)
        thumbnails.ready.connect(self._ready)
        thumbnails.cleared.connect(self._want)
        self.show_photo(None, None)

    def _build(self) -> None:
        content = QWidget(self)
        self._photo = _Photo(content)
        self._name = QLabel(content)
        self._folder = QLabel(content)
        self._empty = QLabel(self.tr("Select a photo to see its details."), content)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        font = self._name.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.1)
        self._name.setFont(font)
        for label in (self._name, self._folder):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for label in (self._folder, self._empty):
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.match = _Section(self.tr("Match"), content)
        self.labels = _Section(self.tr("The model sees"), content)
        self.file = _Section(self.tr("File"), content)
        self.camera = _Section(self.tr("Camera"), content)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(4)
        for widget in (self._empty, self._photo, self._name, self._folder):
            layout.addWidget(widget)
        layout.insertSpacing(layout.indexOf(self._name), 6)
        for section in (self.match, self.labels, self.file, self.camera):
            layout.addWidget(section)
        layout.addStretch(1)
        self.setWidget(content)

    # -- for the window --------------------------------------------------------------------------------------------

    def show_photo(
        self,
        path: str | None,
        file: Path | None,
        content: bytes | None = None,
        size: int | None = None,
        mtime_ns: int | None = None,
    ) -> None:
        """Show another photo: `path` as the thumbnails know it, `file` where it lies; None and None: no photo.

        What was said of the one before (match, labels) goes.
        """
        self._path, self._content, self._size, self._mtime_ns = path, content, size, mtime_ns
        shown = path is not None and file is not None
        for widget in (self._photo, self._name, self._folder):
            widget.setVisible(shown)
        self._empty.setVisible(not shown)
        for section in (self.match, self.labels, self.file, self.camera):
            section.set_lines(())
        self._lane.cancel_all()
        self._thumbnails.want((), _CLIENT)
        if path is None or file is None:
            return
        folder = str(PurePosixPath(path).parent)
        self._name.setText(_breakable(shown_name(path)))
        self._folder.setText(_breakable(shown_text(folder)))
        self._folder.setVisible(folder != ".")
        self._write_file(None)
        self._draw()
        self._want()
        self._lane.submit(lambda _token: _facts(file), done=self._on_facts, replace=True)

    @property
    def path(self) -> str | None:
        """The photo that is shown."""
        return self._path

    def set_match(self, match: MatchFacts | None) -> None:
        """Say how the photo stands to the query."""
        if match is None or self._path is None:
            self.match.set_lines(())
            return
        place = self.tr("{rank} of {count}") if match.rank else _DASH
        self.match.set_lines(
            (
                (self.tr("Rank"), place.format(rank=messages.number(match.rank), count=messages.number(match.of))),
                *(
                    (messages.metric_name(metric), _DASH if value is None else messages.distance(value))
                    for metric, value in ((Metric.COSINE, match.cosine), (Metric.EUCLIDEAN, match.euclidean))
                ),
                *match.meaning,
            )
        )

    def set_labels(self, labels: Sequence[tuple[str, float]]) -> None:
        """What the model takes the photo for: names with their probability, the likeliest first."""
        if self._path is not None:
            self.labels.set_lines((name, f"{100 * probability:.1f} %") for name, probability in labels)

    def shut_down(self) -> None:
        """Wait for the thread to end."""
        self._lane.close()

    # -- showing ---------------------------------------------------------------------------------------------------

    def _on_facts(self, facts: "FileFacts | None") -> None:
        self._write_file(facts)
        words = self._words()
        self.camera.set_lines(() if facts is None else ((words[key], value) for key, value in facts.lines))

    def _write_file(self, facts: "FileFacts | None") -> None:
        lines = []
        if facts is not None:
            lines.append((self.tr("Pixels"), f"{facts.width} × {facts.height}"))
            lines.append((self.tr("Format"), facts.format))
        if self._size is not None:
            lines.append((self.tr("Size"), messages.file_size(self._size)))
        if self._mtime_ns is not None:
            lines.append((self.tr("Changed"), messages.date(self._mtime_ns)))
        self.file.set_lines(lines)

    def _words(self) -> dict[str, str]:
        return {
            "taken": self.tr("Taken"),
            "camera": self.tr("Camera"),
            "lens": self.tr("Lens"),
            "exposure": self.tr("Exposure"),
            "aperture": self.tr("Aperture"),
            "iso": self.tr("Sensitivity"),
            "focal": self.tr("Focal length"),
            "place": self.tr("Place"),
            "software": self.tr("Software"),
            "artist": self.tr("Artist"),
            "copyright": self.tr("Copyright"),
            "description": self.tr("Description"),
        }

    @Slot()
    def _want(self) -> None:
        if self._path is not None and self.isVisible():
            side = round(max(self._photo.width(), self._photo.height()) * self.devicePixelRatioF())
            self._thumbnails.want((Wanted(self._path, side, self._content),), _CLIENT)

    @Slot(object)
    def _ready(self, path: str) -> None:
        if path == self._path:
            self._draw()

    def _draw(self) -> None:
        assert self._path is not None
        failure = self._thumbnails.failure(self._path)
        message = self.tr("This picture cannot be read:\n{reason}").format(reason=messages.skip_reason(failure))
        self._photo.set_pixmap(self._thumbnails.pixmap(self._path, self._content), message if failure else "")

    @Slot()
    def _open(self) -> None:
        if self._path is not None:
            self.view_requested.emit(self._path)


def _facts(file: Path) -> "FileFacts | None":
    from gui.exif import read_facts  # with Pillow behind it: not with the window's start

    return read_facts(file)


def _breakable(text: str) -> str:
    """Long names without blanks may break after what commonly joins words."""
    return "".join(letter + "\u200b" if letter in "/_-.," else letter for letter in text)

"""The window that shows which changes of the query's picture a model sees, and which it is blind to."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPalette, QPixmap
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from engine.library import Library
from engine.metric import Metric
from engine.results import Progress
from engine.robustness import Pixels, Robustness, Variation
from engine.spec import ModelSpec
from gui import messages
from gui.backend import Backend
from gui.gallery_model import shown_text
from gui.image_data import from_rgb
from gui.job_dialog import JobDialog
from gui.robustness_job import details, distance, robustness_steps, sentence, stays, title
from gui.session_state import Part

COLUMNS = 5  # the picture as it is, and nine variations: two rows
PICTURE = (164, 124)  # what a picture fits into


class RobustnessDialog(JobDialog):
    """Starts at once. It is about the query, the model and the distance at that moment, and says so."""

    def __init__(
        self,
        backend: Backend,
        library: Library,
        part: Part,
        model: ModelSpec,
        metric: Metric,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", "", "robustness", parent)
        self.setWindowTitle(self.tr("What the model sees"))
        self.start.setText(self.tr("&Measure again"))
        self._backend, self._library, self._part = backend, library, part
        self._model, self._metric = model, metric
        about = self.tr(
            "%1 is changed in nine ways and searched with each time (%2, %3). Where the first results stay the same, "
            "the model hardly sees the change. Other pictures may fare otherwise."
        )
        words = (shown_text(part.name), model.name, messages.metric_name(metric))
        for place, word in enumerate(words, 1):
            about = about.replace(f"%{place}", word)
        self.about = QLabel(about, self)
        self.verdict = QLabel(self)
        font = self.verdict.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setBold(True)
        self.verdict.setFont(font)
        for label in (self.about, self.verdict):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.verdict.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.verdict.setVisible(False)
        self.cards = QGridLayout()
        self.cards.setHorizontalSpacing(16)
        self.cards.setVerticalSpacing(14)
        for column in range(COLUMNS):
            self.cards.setColumnStretch(column, 1)
            self.cards.setColumnMinimumWidth(column, PICTURE[0])
        for widget in (self.about, self.verdict):
            self.content.addWidget(widget)
        self.content.addLayout(self.cards, 1)
        self._fit = QTimer(self, singleShot=True, interval=0)
        self._fit.timeout.connect(self._fit_cards)
        self.start.clicked.connect(self.measure)
        self.finish()
        self.measure()

    def measure(self) -> None:
        """Do it, for the library as it is now."""
        self.run(
            lambda _token: robustness_steps(self._backend, self._library, self._part, self._model, self._metric),
            self._show,
            self._words,
        )

    def _words(self, report: Progress) -> str:
        if report.total is None:
            return self.tr("Opening the model…")
        text = self.tr("Searching with the changed picture: %1 of %2")
        return text.replace("%1", messages.number(report.done)).replace("%2", messages.number(report.total))

    def _show(self, found: Robustness | None) -> None:
        if found is None:
            self.tell(self.tr("A ranking that can change takes at least two other photos."))
            return
        self.tell("")
        while (item := self.cards.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        cards = [self._card(found.original, self.tr("As it is"), None, found)]
        cards += [self._card(one.shown, title(one.name), one, found) for one in found.variations]
        for place, card in enumerate(cards):
            self.cards.addWidget(card, place // COLUMNS, place % COLUMNS)
        self.verdict.setText(sentence(found))
        self.verdict.setVisible(True)
        self._fit.start()

    def _fit_cards(self) -> None:
        """A layout would rather squeeze cards than ask for a larger window. What they need is known once they stand."""
        for place in range(self.cards.count()):
            item = self.cards.itemAt(place)
            if item is not None and (card := item.widget()) is not None:
                card.setMinimumHeight(max(card.heightForWidth(card.width()), card.sizeHint().height()))
        self._make_room()

    def _card(self, pixels: Pixels, name: str, one: Variation | None, found: Robustness) -> QWidget:
        """A picture, what was done to it, and a bar of how much of the ranking stays."""
        card = QWidget(self)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        picture = QLabel(card)
        picture.setPixmap(self._pixmap(pixels))
        picture.setFixedHeight(PICTURE[1])
        picture.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        heading = QLabel(name, card)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        layout.addWidget(picture)
        layout.addWidget(heading)
        if one is None:
            apart = self.tr("Two photos of the library are usually %1 apart")
            lines = [apart.replace("%1", messages.distance(found.typical))]
        else:
            bar = QProgressBar(card)
            bar.setRange(0, len(one.ranks))
            bar.setValue(sum(rank <= len(one.ranks) for rank in one.ranks))
            bar.setTextVisible(False)
            bar.setFixedHeight(8)
            bar.setAccessibleName(f"{name}: {stays(one)}")
            layout.addWidget(bar)
            lines = [stays(one), distance(one)]
            card.setToolTip(details(one))
            picture.setAccessibleName(f"{name}. {stays(one)}. {distance(one)}. {details(one)}")
        for line in lines:
            label = QLabel(line, card)
            label.setWordWrap(one is None)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            layout.addWidget(label)
        layout.addStretch(1)
        return card

    def _pixmap(self, pixels: Pixels) -> QPixmap:
        ratio = self.devicePixelRatioF()
        room = (round(PICTURE[0] * ratio), round(PICTURE[1] * ratio))
        image = from_rgb(pixels).scaled(
            *room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

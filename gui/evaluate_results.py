"""What an evaluation found: a table of measures with intervals, each label as a bar, and the worst queries."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.evaluate import Evaluation
from engine.labelled import LabelledReport
from gui import messages
from gui.class_chart import Bar, ClassChart
from gui.evaluate_job import (
    CHARTED,
    SHOWN,
    as_text,
    difference_words,
    measure_meaning,
    measure_name,
    title,
    verdict,
    with_interval,
)
from gui.gallery_model import shown_text
from gui.thumbnails import Thumbnails
from gui.worst_queries import WorstQueries

MOST_NAMED = 5  # labels in a note; the command line lists all
CHART_WIDTH_PX = 360  # at least, when there is something new to show
MOST_VERDICTS = 3  # of the pairs; more is read from the table


class EvaluateResults(QWidget):
    """`query_chosen(str)`: one of the worst queries, as the evaluation names it."""

    query_chosen = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: LabelledReport | None = None
        self.verdict = QLabel(self)
        font = self.verdict.font()
        font.setBold(True)
        self.verdict.setFont(font)
        self.facts = QLabel(self)
        for label in (self.verdict, self.facts):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = QTableWidget(self)
        self.table.setAccessibleName(self.tr("Measures"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.worst = WorstQueries(thumbnails, self)
        self.worst.chosen.connect(self.query_chosen)
        self.worst_title = QLabel(self)
        halves = self._halves = QSplitter(Qt.Orientation.Horizontal, self)
        halves.addWidget(self.table)
        halves.addWidget(self._build_chart())
        halves.setStretchFactor(0, 4)
        halves.setStretchFactor(1, 3)
        halves.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.verdict, self.facts):
            layout.addWidget(widget)
        layout.addWidget(halves, 1)
        layout.addWidget(self.worst_title)
        layout.addWidget(self.worst)

    def _build_chart(self) -> QWidget:
        box = QWidget(self)
        self.which = QComboBox(box)
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.measure = QComboBox(box)
        for name in CHARTED:
            self.measure.addItem(measure_name(name), name)
        which_label, measure_label = QLabel(self.tr("Each label &by"), box), QLabel(self.tr("&in"), box)
        which_label.setBuddy(self.which)
        measure_label.setBuddy(self.measure)
        self.which.currentIndexChanged.connect(self._show_one)
        self.measure.currentIndexChanged.connect(self._show_chart)
        row = QHBoxLayout()
        row.addWidget(which_label)
        row.addWidget(self.which, 1)
        row.addWidget(measure_label)
        row.addWidget(self.measure)
        self.chart = ClassChart(box)
        scroll = QScrollArea(box)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.chart)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(scroll, 1)
        return box

    @property
    def evaluation(self) -> Evaluation | None:
        """The one whose labels and worst queries are shown."""
        return None if self._report is None else self._report.evaluations[max(0, self.which.currentIndex())]

    def set_report(self, report: LabelledReport) -> None:
        """Show another outcome."""
        self._report = report
        self.verdict.setText("\n".join(verdict(pair) for pair in report.comparisons[:MOST_VERDICTS]))
        self.verdict.setVisible(bool(report.comparisons))
        self._fill_table(report)
        self.which.blockSignals(True)
        self.which.clear()
        self.which.addItems([title(one) for one in report.evaluations])
        self.which.blockSignals(False)
        self._show_one()

    def copy_table(self) -> None:
        """Put the measures into the clipboard, for a spreadsheet."""
        if self._report is not None:
            QGuiApplication.clipboard().setText(as_text(self._report.evaluations))

    # -- parts -----------------------------------------------------------------------------------------------------

    def _fill_table(self, report: LabelledReport) -> None:
        pair = report.comparisons[0] if len(report.comparisons) == 1 else None
        heads = ["", *(title(one) for one in report.evaluations), *([self.tr("Difference")] if pair else [])]
        self.table.setColumnCount(len(heads))
        self.table.setRowCount(len(SHOWN))
        self.table.setHorizontalHeaderLabels(heads)
        for row, name in enumerate(SHOWN):
            cells = [measure_name(name), *(with_interval(one.metrics[name], name) for one in report.evaluations)]
            if pair is not None:
                cells.append(difference_words(pair.differences[name], name))
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                side = Qt.AlignmentFlag.AlignHCenter if column else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(measure_meaning(name))
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()
        bar = self.table.verticalScrollBar().sizeHint().width() + 4
        wanted = sum(self.table.columnWidth(column) for column in range(len(heads))) + bar
        self._halves.setSizes([wanted, max(CHART_WIDTH_PX, self.width() - wanted)])

    def _show_one(self) -> None:
        evaluation = self.evaluation
        if evaluation is None:
            return
        self.facts.setText(" ".join(self._facts(evaluation)))
        worst = evaluation.worst()
        self.worst_title.setText(self.tr("The worst queries: click one to see its ranking"))
        for widget in (self.worst_title, self.worst):
            widget.setVisible(bool(worst))
        self.worst.set_scores(worst)
        self._show_chart()

    def _show_chart(self) -> None:
        evaluation, name = self.evaluation, self.measure.currentData()
        if evaluation is not None:
            bars = [Bar(one.label, one.metrics[name], one.queries) for one in evaluation.per_class]
            self.chart.set_bars(bars)

    def _facts(self, evaluation: Evaluation) -> list[str]:
        """What was counted, and what was left out."""
        facts = [
            self.tr("%1 in %2, of %3. In brackets: 95 % intervals.")
            .replace("%1", self.tr("%Ln query(s)", None, len(evaluation.names)))
            .replace("%2", messages.Counted().photos(evaluation.gallery_size))
            .replace("%3", self.tr("%Ln label(s)", None, len(evaluation.confusion_labels)))
        ]
        if evaluation.lone_labels:
            facts.append(self.tr("One photo only: %1.").replace("%1", _listed(evaluation.lone_labels)))
        if evaluation.without_relevant:
            count = len(evaluation.without_relevant)
            facts.append(self.tr("%Ln query(s) left out: no other photo has the label.", None, count))
        if evaluation.unlabelled_queries:
            facts.append(self.tr("%Ln query(s) without a label.", None, len(evaluation.unlabelled_queries)))
        if evaluation.unlabelled_gallery:
            facts.append(self.tr("%Ln photo(s) without a label.", None, evaluation.unlabelled_gallery))
        if self._report is not None and self._report.skipped:
            facts.append(self.tr("%Ln picture(s) could not be read.", None, len(self._report.skipped)))
        return facts


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(shown_text(name) for name in names[:MOST_NAMED])
    return text + (" …" if len(names) > MOST_NAMED else "")

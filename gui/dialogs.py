"""The small windows: an error with details to copy, the skipped files, the shortcuts, the history, about."""

import platform
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ModelError
from engine.results import Skipped
from gui.actions import KeyHelp
from gui.gallery_model import shown_text
from gui.messages import Message
from gui.skip_reasons import skip_reason

_Buttons = QDialogButtonBox.StandardButton
SHORTCUTS_SIZE = (620, 840)  # shows nearly all of them


class _Dialog(QDialog):
    """A window with a Close button that does not stop the main window and is gone when it is closed."""

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.body = QVBoxLayout(self)
        self.buttons = QDialogButtonBox(_Buttons.Close, self)
        self.buttons.rejected.connect(self.close)

    def finish(self) -> None:
        """Put the buttons under what the body holds by now."""
        self.body.addWidget(self.buttons)

    def add_copy(self, label: str, text: str) -> QPushButton:
        """A button that puts `text` into the clipboard."""
        button = self.buttons.addButton(label, QDialogButtonBox.ButtonRole.ActionRole)
        button.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        return button


class ErrorDialog(_Dialog):
    """What happened, in people's words; the technical side on request, and to copy."""

    def __init__(self, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(message.title, parent)
        self.message = message
        title = QLabel(message.title, self)
        font = title.font()
        font.setBold(True)
        title.setFont(font)
        text = QLabel(shown_text(message.text), self)
        for label in (title, text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        text.setMinimumWidth(420)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details = QPlainTextEdit(shown_text(message.details), self)
        self.details.setReadOnly(True)
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setVisible(False)
        self.more = self.buttons.addButton(self.tr("Details"), QDialogButtonBox.ButtonRole.ActionRole)
        self.more.setCheckable(True)
        self.more.toggled.connect(self._on_more)
        self.copy = self.add_copy(
            self.tr("Copy details"), f"{message.title}\n{message.text}\n\n{message.details}\n\n{versions()}"
        )
        for widget in (title, text, self.details):
            self.body.addWidget(widget)
        self.finish()

    def _on_more(self, on: bool) -> None:
        self.details.setVisible(on)
        self.resize(640, 420) if on else self.adjustSize()


class SkippedDialog(_Dialog):
    """The files that could not be indexed, and the models that are refused, each with the reason."""

    def __init__(
        self, skipped: Sequence[Skipped], refused: Sequence[ModelError], parent: QWidget | None = None
    ) -> None:
        super().__init__(self.tr("Skipped files"), parent)
        self.setMinimumSize(640, 360)
        explanation = QLabel(self.tr("These files could not be read. Everything else is indexed."), self)
        explanation.setWordWrap(True)
        rows = [(item.path, skip_reason(item.reason)) for item in skipped]
        rows += [(str(error.path), error.reason) for error in refused]
        self.list = _table([self.tr("File"), self.tr("Reason")], self)
        self.list.setAccessibleName(self.windowTitle())
        for path, reason in rows:
            item = QTreeWidgetItem([shown_text(path), reason])
            item.setToolTip(0, shown_text(path))
            item.setToolTip(1, reason)
            self.list.addTopLevelItem(item)
        self.copy = self.add_copy(
            self.tr("Copy the list"), "\n".join(f"{shown_text(path)}\t{reason}" for path, reason in rows)
        )
        self.body.addWidget(explanation)
        self.body.addWidget(self.list)
        self.finish()


class ShortcutsDialog(_Dialog):
    """Every key there is, by section."""

    def __init__(self, lines: Sequence[KeyHelp], parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Shortcuts"), parent)
        self.setMinimumSize(560, 400)
        width, height = SHORTCUTS_SIZE
        self.resize(width, min(height, self.screen().availableGeometry().height() - 60))
        self.list = _table([self.tr("What"), self.tr("Keys")], self)
        self.list.setAccessibleName(self.windowTitle())
        sections: dict[str, QTreeWidgetItem] = {}
        for line in lines:
            if line.section not in sections:
                section = sections[line.section] = QTreeWidgetItem([line.section])
                font = section.font(0)
                font.setBold(True)
                section.setFont(0, font)
                section.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self.list.addTopLevelItem(section)
            sections[line.section].addChild(QTreeWidgetItem([line.text, line.keys]))
        self.list.expandAll()
        self.body.addWidget(self.list)
        self.finish()


class HistoryDialog(_Dialog):
    """Everything that was searched for, the latest first; `chosen` carries the position in the history."""

    chosen = Signal(int)

    def __init__(self, names: Sequence[str], position: int, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("History"), parent)
        self.setMinimumSize(360, 380)
        self._count = len(names)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.windowTitle())
        self.list.addItems([shown_text(name) for name in reversed(names)])
        self.list.setCurrentRow(self._count - 1 - position)
        self.list.itemActivated.connect(self._on_activated)
        self.list.itemClicked.connect(self._on_activated)
        self.body.addWidget(self.list)
        self.finish()

    def _on_activated(self) -> None:
        self.chosen.emit(self._count - 1 - self.list.currentRow())
        self.close()


class AboutDialog(_Dialog):
    """The name, the version, what it is made of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("About Semblance"), parent)
        text = QLabel(
            self.tr(
                "Semblance shows which of your photos are alike.\n"
                "Everything is computed on this computer; your photos are never changed and never leave it."
            ),
            self,
        )
        text.setWordWrap(True)
        text.setMinimumWidth(380)
        parts = QLabel(versions(), self)
        parts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(text)
        self.body.addWidget(parts)
        self.add_copy(self.tr("Copy"), versions())
        self.finish()


def versions() -> str:
    """Versions of the program and of what it stands on, one a line, for a report."""
    from importlib import metadata

    lines = [f"Python {platform.python_version()} · {platform.platform()}"]
    for name in ("semblance", "PySide6-Essentials", "onnxruntime", "numpy", "pillow"):
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:  # run from a checkout
            continue
    return "\n".join(lines)


def _table(titles: list[str], parent: QWidget) -> QTreeWidget:
    table = QTreeWidget(parent)
    table.setHeaderLabels(titles)
    table.setUniformRowHeights(True)
    table.setRootIsDecorated(False)
    table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    table.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
    table.header().setStretchLastSection(False)
    return table

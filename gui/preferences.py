"""The preferences: colours, language, what computes, watching the folder, where the index lies; and a reset."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui import messages
from gui.gallery_model import shown_text
from gui.settings import Settings


class PreferencesDialog(QDialog):
    """Every change takes effect at once, but for the language, which the next start uses."""

    def __init__(
        self, settings: Settings, data_dir: Path, providers: Callable[[], list[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings = settings
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.theme = self._choice(
            "theme",
            self.tr("&Colours"),
            {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")},
        )
        self.language = self._choice(
            "language",
            self.tr("&Language (from the next start)"),
            {"": self.tr("As the system"), "en": "English", "de": "Deutsch"},
        )
        offered = {"": self.tr("CPU (default)")}
        offered |= {name: messages.provider_name(name) for name in providers() if name != "cpu"}
        self.provider = self._choice("provider", self.tr("Compute &with"), offered)
        self.numbers = self._check("show_numbers", self.tr("&Rank and distance on the photos"))
        self.watch = self._check("watch_folder", self.tr("Follow &changes in the folder while it is open"))
        place = QLineEdit(shown_text(str(data_dir)), self)
        place.setReadOnly(True)
        place.setCursorPosition(0)
        self._form.addRow(self.tr("The index lies in"), place)
        show = QPushButton(self.tr("Open this folder"), self)
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(data_dir))))
        self._form.addRow("", show)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.buttons.rejected.connect(self.close)
        self.reset = self.buttons.addButton(self.tr("Reset all"), QDialogButtonBox.ButtonRole.ResetRole)
        self.reset.setToolTip(self.tr("Back to what a first start has. The index and the recent folders stay."))
        self.reset.clicked.connect(settings.reset)
        layout = QVBoxLayout(self)
        layout.addLayout(self._form)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(460)
        settings.changed.connect(self._show)
        self._show()

    def _choice(self, name: str, label: str, options: dict[str, str]) -> QComboBox:
        box = QComboBox(self)
        for value, text in options.items():
            box.addItem(text, value)
        box.activated.connect(lambda index: setattr(self._settings, name, box.itemData(index)))
        box.setObjectName(name)
        self._form.addRow(label, box)
        return box

    def _check(self, name: str, label: str) -> QCheckBox:
        check = QCheckBox(label, self)
        check.setObjectName(name)
        check.toggled.connect(partial(setattr, self._settings, name))
        self._form.addRow("", check)
        return check

    def _show(self) -> None:
        for box in (self.theme, self.language, self.provider):
            box.setCurrentIndex(max(0, box.findData(getattr(self._settings, box.objectName()))))
        for check in (self.numbers, self.watch):
            with QSignalBlocker(check):
                check.setChecked(getattr(self._settings, check.objectName()))

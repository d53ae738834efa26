"""The small windows: what they show can be read, copied and closed."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from engine.errors import DecodeError, ModelError
from engine.results import Skipped
from gui import messages
from gui.actions import Actions
from gui.dialogs import AboutDialog, ErrorDialog, HistoryDialog, ShortcutsDialog, SkippedDialog
from gui.preferences import PreferencesDialog
from gui.settings import Settings


def test_an_error_shows_words_first_and_its_details_on_request_and_to_copy(qtbot: QtBot) -> None:
    dialog = ErrorDialog(messages.explain(DecodeError(Path("/p/a.jpg"), "the file is empty")))
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.details.isVisible()
    dialog.more.click()
    assert dialog.details.isVisible()
    assert "DecodeError" in dialog.details.toPlainText()
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "the file is empty" in copied
    assert "DecodeError" in copied
    assert "Python" in copied  # the versions, for whoever helps


def test_an_error_is_not_modal(qtbot: QtBot) -> None:
    dialog = ErrorDialog(messages.explain(KeyError("x")))
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.isModal()


def test_skipped_files_and_refused_models_with_reasons_to_copy(qtbot: QtBot) -> None:
    skipped = [Skipped("a/broken.jpg", "truncated JPEG"), Skipped("b\udcff.jpg", "the file is empty")]
    refused = [ModelError(Path("/m/odd.onnx"), "it has no description")]
    dialog = SkippedDialog(skipped, refused)
    qtbot.addWidget(dialog)
    dialog.show()
    rows = [dialog.list.topLevelItem(row) for row in range(dialog.list.topLevelItemCount())]
    assert [row.text(1) for row in rows if row] == ["truncated JPEG", "the file is empty", "it has no description"]
    dialog.copy.click()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "a/broken.jpg\ttruncated JPEG"
    assert len(lines) == 3


def test_the_history_stands_latest_first_and_a_choice_is_told(qtbot: QtBot) -> None:
    dialog = HistoryDialog(["Whole library", "Like a.jpg", "Like b.jpg"], 1)
    qtbot.addWidget(dialog)
    dialog.show()
    assert [dialog.list.item(row).text() for row in range(3)] == ["Like b.jpg", "Like a.jpg", "Whole library"]
    assert dialog.list.currentRow() == 1
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.list.setCurrentRow(2)
        QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    assert chosen.args == [0]


def test_every_shortcut_of_the_menus_stands_in_the_list(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = Actions(window)
    dialog = ShortcutsDialog(actions.key_help())
    qtbot.addWidget(dialog)
    shown = set()
    for top in range(dialog.list.topLevelItemCount()):
        section = dialog.list.topLevelItem(top)
        shown |= {section.child(row).text(1) for row in range(section.childCount())}
    everything = ", ".join(shown)
    for key in ("open_folder", "rescan", "find_similar", "paste", "back", "compare", "inspector", "shortcuts"):
        for sequence in actions[key].shortcuts():
            assert sequence.toString() in everything, key


def test_no_key_has_two_meanings(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = Actions(window)
    keys = [sequence.toString() for action in window.actions() for sequence in action.shortcuts()]
    assert len(keys) == len(set(keys))
    assert {"S", "C", "I", "F1", "Ctrl+V", "Ctrl+R", "F5", "F11", "Ctrl+,"} <= set(keys)
    assert actions["view"].shortcuts()


def test_about_names_the_versions(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.buttons.buttons()[-1].click()
    assert "PySide6-Essentials" in QGuiApplication.clipboard().text()


@pytest.fixture
def preferences(qtbot: QtBot, data_dir: Path) -> PreferencesDialog:
    dialog = PreferencesDialog(Settings(data_dir), data_dir, lambda: ["cuda", "cpu"])
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_a_preference_takes_effect_at_once(preferences: PreferencesDialog) -> None:
    settings = preferences._settings
    told: list[str] = []
    settings.changed.connect(told.append)
    preferences.theme.setCurrentIndex(2)
    preferences.theme.activated.emit(2)
    preferences.watch.click()
    assert settings.theme == "dark"
    assert not settings.watch_folder
    assert told == ["theme", "watch_folder"]


def test_only_providers_that_are_there_are_offered(preferences: PreferencesDialog) -> None:
    offered = [preferences.provider.itemText(row) for row in range(preferences.provider.count())]
    assert offered == ["CPU (default)", "CUDA"]


def test_reset_brings_the_defaults_back_into_the_window(preferences: PreferencesDialog) -> None:
    settings = preferences._settings
    settings.theme, settings.show_numbers = "dark", False
    assert not preferences.numbers.isChecked()
    preferences.reset.click()
    assert settings.theme == "system"
    assert preferences.numbers.isChecked()
    assert preferences.theme.currentIndex() == 0

"""Exporting from the window: what is on the screen, and many searches at once."""

import csv
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest

from engine.export import Format
from gui.export_dialog import ScreenExportDialog
from gui.export_job import ExportChoices, new_folder
from gui.session_state import Query, Sort
from tests.gui.person import Person


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def screen_dialog(person: Person) -> ScreenExportDialog:
    person.chooses("export_results")
    dialog = person.window.commands.jobs.window("screen")
    assert isinstance(dialog, ScreenExportDialog)
    return dialog


def exports(person: Person, dialog: ScreenExportDialog, out: Path, *formats: Format) -> None:
    dialog.formats.choose(map(str, formats))
    dialog.folder.set_text(str(out))
    dialog.start.click()
    person.waits_until(lambda: not dialog.running)


def test_the_file_holds_the_ranking_that_the_screen_shows(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    query = person.searches(0)
    dialog = screen_dialog(person)
    exports(person, dialog, tmp_path / "run", Format.CSV, Format.HTML)
    rows = rows_of(tmp_path / "run")
    assert [row["path"] for row in rows] == person.sees
    assert [float(row["distance"]) for row in rows] == person.distances
    assert {row["query"] for row in rows} == {query}
    assert str(tmp_path / "run") in dialog.note.text()
    assert "index.html" in dialog.note.text()


def test_a_selection_keeps_its_ranks_whatever_the_order_on_the_screen(
    person: Person, photo_folder: Path, tmp_path: Path
) -> None:
    person.opens(photo_folder)
    person.searches(0)
    ranks = dict(zip(person.sees, range(1, 24), strict=True))
    person.window.centre.sort_chosen.emit(Sort.NAME)
    person.clicks(4, Qt.KeyboardModifier.ControlModifier)
    person.clicks(9, Qt.KeyboardModifier.ControlModifier)
    selected = {person.sees[4], person.sees[9]}
    dialog = screen_dialog(person)
    assert dialog.selected.isChecked()
    exports(person, dialog, tmp_path / "run", Format.CSV)
    rows = rows_of(tmp_path / "run")
    assert {row["path"] for row in rows} == selected
    assert [int(row["rank"]) for row in rows] == sorted(ranks[path] for path in selected)


def test_without_results_there_is_nothing_to_export(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    assert not person.action("export_results").isEnabled()
    person.searches(0)
    assert person.action("export_results").isEnabled()
    person.presses(Qt.Key.Key_Escape)
    person.waits_until(lambda: not person.action("export_results").isEnabled())


def test_a_query_of_several_pictures_is_named_after_them(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    person.controller.set_query(Query.by_path("blue/0.jpg"))
    person.window.commands.add(["red/1.jpg"], -1)
    person.waits_for_results()
    exports(person, screen_dialog(person), tmp_path / "run", Format.CSV)
    assert rows_of(tmp_path / "run")[0]["query"] == "blue/0.jpg − red/1.jpg"


def test_the_photos_folder_is_refused_in_words_and_stays_untouched(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    dialog = screen_dialog(person)
    before = sorted(photo_folder.rglob("*"))
    exports(person, dialog, photo_folder / "run", Format.CSV)
    assert dialog.note.text().startswith("This cannot be exported")
    assert "nothing is ever written into" in dialog.note.text()
    assert dialog.details.isVisible()
    assert sorted(photo_folder.rglob("*")) == before
    assert dialog.start.isEnabled()  # another folder, and again


def test_a_folder_that_holds_an_export_is_not_overwritten(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    exports(person, screen_dialog(person), tmp_path / "run", Format.CSV)
    before = (tmp_path / "run" / "results.csv").read_bytes()
    dialog = screen_dialog(person)
    exports(person, dialog, tmp_path / "run", Format.CSV)
    assert "holds an export already" in dialog.note.text()
    assert (tmp_path / "run" / "results.csv").read_bytes() == before


def test_what_is_missing_is_said_before_the_start(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    dialog = screen_dialog(person)
    dialog.formats.choose([])
    assert not dialog.start.isEnabled()
    assert "format" in dialog.hint.text()
    dialog.formats.choose(["json"])
    assert dialog.start.isEnabled()
    assert not dialog.hint.isVisible()
    dialog.folder.set_text("somewhere")
    assert not dialog.start.isEnabled()


class Opened(QObject):
    """Takes what the system would open."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[QUrl] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url)


def test_the_result_opens_with_a_click(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    dialog = screen_dialog(person)
    assert not dialog.open_folder.isVisible()
    exports(person, dialog, tmp_path / "run", Format.HTML)
    opened = Opened()
    QDesktopServices.setUrlHandler("file", opened, "take")
    try:
        dialog.open_page.click()
        dialog.open_folder.click()
    finally:
        QDesktopServices.unsetUrlHandler("file")
    assert [url.toLocalFile() for url in opened.urls] == [str(tmp_path / "run/index.html"), str(tmp_path / "run")]


def test_the_formats_and_the_place_of_the_last_time_are_offered_again(
    person: Person, photo_folder: Path, tmp_path: Path
) -> None:
    person.opens(photo_folder)
    person.searches(0)
    (tmp_path / "exports").mkdir()
    exports(person, screen_dialog(person), tmp_path / "exports" / "mine", Format.JSON, Format.COPY)
    dialog = screen_dialog(person)
    assert dialog.formats.chosen == (Format.JSON, Format.COPY)
    assert dialog.folder.text == str(tmp_path / "exports" / "Semblance photos")


def test_escape_closes_the_window_and_another_library_too(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    QTest.keyClick(screen_dialog(person), Qt.Key.Key_Escape)
    assert person.window.commands.jobs.window("screen") is None
    screen_dialog(person)
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jpg").write_bytes((photo_folder / "blue" / "0.jpg").read_bytes())
    person.opens(other)
    assert person.window.commands.jobs.window("screen") is None


def test_settings_of_another_kind_are_as_on_a_first_start() -> None:
    choices = ExportChoices(count=7, formats=("json",), models=("a", "b"), limited=True, limit=0.25, out="/x")
    assert ExportChoices.from_dict(json.loads(json.dumps(choices.to_dict()))) == choices
    assert ExportChoices.from_dict({"count": "many", "formats": 3, "unknown": 1}) == ExportChoices()


@pytest.mark.parametrize(("there", "offered"), [((), "Semblance cats"), (("Semblance cats",), "Semblance cats 2")])
def test_a_new_folder_has_a_name_that_is_free(tmp_path: Path, there: tuple[str, ...], offered: str) -> None:
    for name in there:
        (tmp_path / name).mkdir()
    assert new_folder(tmp_path, Path("/somewhere/cats")) == tmp_path / offered


def test_a_new_folder_never_lies_among_the_photos(tmp_path: Path) -> None:
    assert new_folder(tmp_path / "cats" / "sub", tmp_path / "cats") == tmp_path / "Semblance cats"

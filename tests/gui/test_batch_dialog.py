"""Many searches exported at once from the window: set up, watched, stopped, gone on with."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.export import Format
from engine.metric import Metric
from gui.batch_dialog import BatchDialog
from gui.export_job import Source
from tests.conftest import draw_photo
from tests.gui.person import Person
from tests.gui.test_export_dialog import rows_of


def batch(person: Person) -> BatchDialog:
    person.chooses("export_batch")
    dialog = person.window.commands.jobs.window("batch")
    assert isinstance(dialog, BatchDialog)
    return dialog


def chooses_source(dialog: BatchDialog, source: Source, path: Path | None = None) -> None:
    dialog.source.setCurrentIndex(dialog.source.findData(str(source)))
    if path is not None:
        dialog.path.set_text(str(path))


def runs(person: Person, dialog: BatchDialog) -> None:
    assert dialog.start.isEnabled(), dialog.hint.text()
    dialog.start.click()
    person.waits_until(lambda: not dialog.running)


def manifest_of(folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return result


def test_every_photo_against_the_rest_with_two_models_and_two_distances(
    person: Person, photo_folder: Path, tmp_path: Path
) -> None:
    person.opens(photo_folder)
    dialog = batch(person)
    dialog.models.choose(["vit-tiny-imagenet", "tiny-two"])  # the second has not seen the library yet
    dialog.metrics.choose(map(str, Metric))
    dialog.count.setValue(3)
    dialog.formats.choose(["csv", "json"])
    dialog.folder.set_text(str(tmp_path / "run"))
    runs(person, dialog)
    assert len(rows_of(tmp_path / "run")) == 24 * 3 * 4
    assert {model["name"] for model in manifest_of(tmp_path / "run")["models"]} == {"vit-tiny-imagenet", "tiny-two"}
    assert "288" in dialog.note.text()
    assert dialog.open_folder.isVisible()
    assert not dialog.open_page.isVisible()
    person.waits_until(lambda: person.controller.state is not None and person.controller.state.counts["tiny-two"] == 24)


def test_a_folder_a_picture_and_a_list_can_be_searched_with(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    queries = tmp_path / "queries"
    queries.mkdir()
    for number in range(2):
        draw_photo("red", 900 + number).save(queries / f"{number}.png")
    listed = tmp_path / "list.txt"
    listed.write_text(f"blue/1.jpg\n{queries / '0.png'}\nnot-there.jpg\n")
    dialog = batch(person)
    dialog.formats.choose(["csv"])
    for source, path, count in (
        (Source.FOLDER, queries, 2),
        (Source.PICTURE, queries / "1.png", 1),
        (Source.LIST, listed, 2),
    ):
        chooses_source(dialog, source, path)
        dialog.folder.set_text(str(tmp_path / f"run-{source}"))
        runs(person, dialog)
        assert len({row["query"] for row in rows_of(tmp_path / f"run-{source}")}) == count
    assert "1 picture" in dialog.note.text().splitlines()[-1]  # not-there.jpg


def test_results_are_cut_by_number_and_by_distance(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    dialog = batch(person)
    dialog.formats.choose(["csv"])
    dialog.count.setValue(0)
    dialog.folder.set_text(str(tmp_path / "all"))
    runs(person, dialog)
    everything = rows_of(tmp_path / "all")
    assert len(everything) == 24 * 23
    limit = round(sorted(float(row["distance"]) for row in everything)[100], 4)
    dialog.limited.setChecked(True)
    dialog.limit.setValue(limit)
    dialog.folder.set_text(str(tmp_path / "near"))
    runs(person, dialog)
    assert rows_of(tmp_path / "near") == [row for row in everything if float(row["distance"]) <= limit]


def test_the_last_choices_come_back(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    dialog = batch(person)
    chooses_source(dialog, Source.PICTURE, photo_folder / "red" / "2.jpg")
    dialog.models.choose(["vit-tiny-imagenet"])
    dialog.metrics.choose(["euclidean"])
    dialog.count.setValue(7)
    dialog.limited.setChecked(True)
    dialog.limit.setValue(123.5)
    dialog.formats.choose(["json", "contact-sheet"])
    dialog.folder.set_text(str(tmp_path / "run"))
    runs(person, dialog)
    dialog.close()
    again = batch(person)
    assert again is not dialog
    assert again.source.currentData() == Source.PICTURE
    assert again.path.text == str(photo_folder / "red" / "2.jpg")
    assert [spec.name for spec in again.models.chosen] == ["vit-tiny-imagenet"]
    assert again.metrics.chosen == (Metric.EUCLIDEAN,)
    assert (again.count.value(), again.limited.isChecked(), again.limit.value()) == (7, True, 123.5)
    assert again.formats.chosen == (Format.JSON, Format.CONTACT_SHEET)
    assert again.folder.text == str(tmp_path / "Semblance photos")


def test_many_sheets_are_counted_rather_than_named(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    dialog = batch(person)
    dialog.formats.choose(["contact-sheet"])
    dialog.count.setValue(0)
    dialog.folder.set_text(str(tmp_path / "run"))
    runs(person, dialog)
    sheets = len(list((tmp_path / "run").glob("sheet-*.png")))
    assert sheets > 1
    assert dialog.note.text().splitlines()[1].startswith(f"sheet.pdf, {sheets} sheet")


def test_the_window_grows_with_what_it_tells(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    dialog = batch(person)
    fields = dialog.formats.height()
    dialog.tell("a long story\n" * 20)
    assert dialog.formats.height() == fields
    assert dialog.note.height() >= 20 * dialog.fontMetrics().height()


def test_a_stopped_export_leaves_no_file_and_goes_on_later(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    dialog = batch(person)
    dialog.formats.choose(["csv", "html", "contact-sheet", "copy"])
    dialog.folder.set_text(str(tmp_path / "run"))
    dialog.start.click()
    person.waits_until(lambda: (tmp_path / "run" / ".semblance-partial" / "state.json").exists())
    dialog.stop.click()
    person.waits_until(lambda: not dialog.running)
    assert [path.name for path in (tmp_path / "run").iterdir()] == [".semblance-partial"]
    assert dialog.note.text().startswith("Stopped")
    dialog.close()
    again = batch(person)
    assert again.folder.text == str(tmp_path / "run")
    assert again.resume.isVisible()
    assert again.resume.isChecked()
    runs(person, again)
    assert (tmp_path / "run" / "index.html").exists()
    assert len(rows_of(tmp_path / "run")) == 24 * 23
    assert not again.resume.isVisible()


def test_closing_the_window_stops_the_export(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    dialog = batch(person)
    dialog.formats.choose(["contact-sheet"])
    dialog.folder.set_text(str(tmp_path / "run"))
    dialog.start.click()
    person.window.close()
    assert not (tmp_path / "run" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda dialog: chooses_source(dialog, Source.FOLDER), "search with"),
        (lambda dialog: dialog.models.choose([]), "model"),
        (lambda dialog: dialog.metrics.choose([]), "distance"),
        (lambda dialog: dialog.formats.choose([]), "format"),
    ],
)
def test_what_is_missing_is_said_before_the_start(person: Person, photo_folder: Path, spoil: Any, words: str) -> None:
    person.opens(photo_folder)
    dialog = batch(person)
    assert dialog.start.isEnabled()
    spoil(dialog)
    assert not dialog.start.isEnabled()
    assert words in dialog.hint.text()


def test_a_wrong_source_is_told_in_words(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    dialog = batch(person)
    dialog.folder.set_text(str(tmp_path / "run"))
    for path, words in ((empty, "there is no picture in it"), (tmp_path / "none", "it is not there")):
        chooses_source(dialog, Source.FOLDER, path)
        runs(person, dialog)
        assert words in dialog.note.text()
        assert not (tmp_path / "run").exists()

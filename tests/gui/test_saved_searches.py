"""A refined search is saved by name, opened again after a restart, and exported."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine import saved_searches
from engine.export import Format
from engine.metric import Metric
from engine.saved_searches import file_of
from gui import messages
from gui.dialogs import ErrorDialog
from gui.saved_searches import ListDialog, SaveDialog
from gui.session_state import Part, Pasted, Query, Scope
from tests.gui.person import Person
from tests.gui.test_export_dialog import exports, rows_of, screen_dialog

Key = Qt.Key


def refines(person: Person) -> Query:
    """Searches for the first photo, likes the fifth result and dislikes the first."""
    person.searches(0)
    liked, disliked = person.sees[4], person.sees[0]
    person.window.commands.add([liked], 1)
    person.window.commands.add([disliked], -1)
    person.waits_for_results()
    query = person.controller.query
    assert query is not None
    assert query.marks == {liked: 1, disliked: -1}
    return query


def save_dialog(person: Person) -> SaveDialog:
    person.chooses("save_search")
    dialog = person.window.commands.saved.dialog
    assert isinstance(dialog, SaveDialog)
    return dialog


def saves_as(person: Person, name: str) -> None:
    dialog = save_dialog(person)
    dialog.name.setText(name)
    QTest.keyClick(dialog.name, Key.Key_Return)
    assert not dialog.isVisible()


def saved_list(person: Person) -> ListDialog:
    person.chooses("saved_searches")
    dialog = person.window.commands.saved.dialog
    assert isinstance(dialog, ListDialog)
    return dialog


def listed(dialog: ListDialog) -> list[str]:
    return [dialog.list.item(row).text() for row in range(dialog.list.count())]


def opens_saved(person: Person, row: int = 0) -> None:
    dialog = saved_list(person)
    dialog.list.setCurrentRow(row)
    QTest.keyClick(dialog.list, Key.Key_Return)
    person.waits_until(lambda: person.window.commands.saved._lane.idle)
    if person.controller.query is not None:
        person.waits_for_results()


def told(person: Person) -> str:
    notice = person.window.commands.saved.notice
    return notice.informativeText() if notice is not None else ""


def test_a_refined_search_is_saved_and_gives_the_same_ranking_after_a_restart(
    qtbot: QtBot, data_dir: Path, model_folder: Path, photo_folder: Path
) -> None:
    first = Person(qtbot, data_dir, [model_folder])
    first.settings.fold_copies = False  # see the fixture
    first.opens(photo_folder)
    first.controller.set_model("tiny-two")
    first.waits_for_indexing()
    query = refines(first)
    first.controller.set_metric(Metric.EUCLIDEAN, keep=False)
    first.controller.set_scope(Scope(skip_own_folder=True))
    first.waits_for_results()
    first.controller.set_count(12, keep=False)
    first.waits_until(lambda: len(first.sees) == 12)
    shown = first.distances[-3]
    first.controller.set_limit(shown)
    ranking, distances = first.sees, first.distances
    saves_as(first, "like the fifth")
    first.leaves()

    second = Person(qtbot, data_dir, [model_folder])
    second.opens(photo_folder)
    second.controller.set_model("vit-tiny-imagenet")
    second.controller.set_metric(Metric.COSINE, keep=False)
    second.waits_for_indexing()
    opens_saved(second)
    assert second.controller.query == query
    assert second.controller.model is not None
    assert second.controller.model.name == "tiny-two"
    assert second.window.side.models.box.currentText() == "tiny-two"
    assert second.controller.metric is Metric.EUCLIDEAN
    assert second.controller.limit == shown
    assert (second.controller.count, second.settings.result_count) == (12, 1000)
    assert second.window.side.scope == Scope(skip_own_folder=True)
    assert (second.sees, second.distances) == (ranking, distances)
    assert 0 < len(ranking) < 23
    assert second.headline == "Like 0.jpg (+1 −1)"
    assert told(second) == ""
    second.chooses("back")  # it is a place of the history as any other
    assert second.controller.query is None
    second.leaves()


def test_a_name_that_is_taken_is_replaced_only_when_that_was_said(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    saves_as(person, "mine")
    query = refines(person)
    dialog = save_dialog(person)
    assert dialog.note.text() == ""
    dialog.name.setText(" mine ")
    assert dialog.save.text() == "&Replace"
    assert "replace" in dialog.note.text()
    QTest.keyClick(dialog, Key.Key_Escape)
    [kept] = saved_searches.load(person.backend.data_dir, photo_folder)
    assert len(kept.parts) == 1
    saves_as(person, "mine")
    [kept] = saved_searches.load(person.backend.data_dir, photo_folder)
    assert len(kept.parts) == len(query.parts) == 3
    dialog = save_dialog(person)
    dialog.name.setText("  ")
    assert not dialog.save.isEnabled()


def test_what_is_saved_is_listed_by_name_and_removed(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    dialog = saved_list(person)
    assert not dialog.open_button.isEnabled()
    assert "Nothing is saved" in dialog.note.text()
    person.searches(0)
    for name in ("b", "C", "a"):
        saves_as(person, name)
    dialog = saved_list(person)
    assert listed(dialog) == ["a", "b", "C"]
    dialog.list.setFocus()
    dialog.list.setCurrentRow(1)
    dialog.remove_button.click()
    assert listed(dialog) == ["a", "C"]
    assert [one.name for one in saved_searches.load(person.backend.data_dir, photo_folder)] == ["C", "a"]
    dialog.delete.activated.emit()
    assert listed(dialog) == ["a"]
    dialog.undo.activated.emit()
    dialog.undo_button.click()
    assert listed(dialog) == ["a", "b", "C"]
    assert not dialog.undo_button.isEnabled()
    assert {one.name for one in saved_searches.load(person.backend.data_dir, photo_folder)} == {"a", "b", "C"}


def test_photos_that_are_gone_are_named_and_left_out(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    outside = tmp_path / "outside.jpg"
    outside.write_bytes((photo_folder / "red/1.jpg").read_bytes())
    region = (0.0, 0.0, 0.5, 0.5)
    query = Query((Part(path="blue/0.jpg"), Part(file=outside, region=region))).marked(["red/2.jpg", "red/3.jpg"], 1)
    person.controller.set_query(query)
    person.waits_for_results()
    saves_as(person, "parts")
    person.chooses("whole_library")
    (photo_folder / "red/2.jpg").unlink()
    (photo_folder / "blue/0.jpg").unlink()
    person.controller.rescan()
    person.waits_until(lambda: person.controller.photos == 22)
    person.waits_for_indexing()
    opens_saved(person)
    assert person.controller.query == Query((Part(file=outside, region=region),)).marked(["red/3.jpg"], 1)
    assert told(person).splitlines()[1:] == ["• blue/0.jpg", "• red/2.jpg"]
    outside.unlink()
    (photo_folder / "red/3.jpg").unlink()
    person.chooses("whole_library")
    person.controller.rescan()
    person.waits_until(lambda: person.controller.photos == 21)
    person.waits_for_indexing()
    opens_saved(person)
    assert person.controller.query is None  # nothing is left to search for
    assert str(outside) in told(person)
    [kept] = saved_searches.load(person.backend.data_dir, photo_folder)
    assert len(kept.parts) == 4  # the photos may come back


def test_a_model_that_is_gone_is_said(qtbot: QtBot, data_dir: Path, model_folder: Path, photo_folder: Path) -> None:
    first = Person(qtbot, data_dir, [model_folder])
    first.settings.fold_copies = False  # see the fixture
    first.opens(photo_folder)
    first.controller.set_model("tiny-two")
    first.waits_for_indexing()
    query = refines(first)
    first.controller.set_limit(0.5)
    saves_as(first, "by the other model")
    first.leaves()
    for file in model_folder.glob("tiny-two*"):
        file.unlink()
    second = Person(qtbot, data_dir, [model_folder])
    second.opens(photo_folder)
    opens_saved(second)
    assert second.controller.query == query
    assert second.controller.limit is None
    assert "tiny-two" in told(second)
    assert "vit-tiny-imagenet is used instead" in told(second)
    second.leaves()


def test_a_pasted_picture_cannot_be_saved_and_the_menu_says_why(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    action = person.action("save_search")
    assert not action.isEnabled()
    pasted = Pasted("Pasted picture", np.full((40, 40, 3), 128, np.uint8))
    person.controller.set_query(Query((Part(pasted=pasted),)))
    person.waits_for_results()
    assert not action.isEnabled()
    assert "no file" in action.toolTip()
    person.controller.set_query(Query.by_path("blue/0.jpg"))
    person.waits_for_results()
    assert action.isEnabled()
    assert "no file" not in action.toolTip()


def test_a_damaged_file_is_told_and_kept(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    saves_as(person, "mine")
    file = file_of(person.backend.data_dir, photo_folder)
    file.write_bytes(b"damaged")
    for command in ("saved_searches", "save_search"):
        person.chooses(command)
        dialog = person.window.findChildren(ErrorDialog)[-1]
        assert dialog.message.title == "The saved searches cannot be used"
        assert str(file) in dialog.message.text
        dialog.close()
    assert file.read_bytes() == b"damaged"


@pytest.mark.parametrize("reason", [saved_searches.BUSY, saved_searches.NEWER])
def test_each_reason_has_words(reason: str) -> None:
    text = messages.explain(saved_searches.SavedSearchError(Path("x"), reason)).text
    assert ("moment" in text) == (reason == saved_searches.BUSY)
    assert ("newer" in text) == (reason == saved_searches.NEWER)


def test_the_export_of_a_refined_search_holds_its_ranking_and_names_its_marks(
    person: Person, photo_folder: Path, tmp_path: Path
) -> None:
    person.opens(photo_folder)
    query = refines(person)
    exports(person, screen_dialog(person), tmp_path / "run", Format.CSV, Format.JSON)
    rows = rows_of(tmp_path / "run")
    assert [row["path"] for row in rows] == person.sees
    assert [float(row["distance"]) for row in rows] == person.distances
    (liked, _), (disliked, _) = query.marks.items()
    assert {row["query"] for row in rows} == {f"blue/0.jpg + {liked} − {disliked}"}
    refined = person.sees
    person.chooses("forget_marks")
    person.waits_for_results()
    assert person.sees != refined

"""The window of near-identical photos: found, looked at, compared, called different, exported; never deleted."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QAccessible, QPixmap
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QFileDialog

from engine.duplicate_search import Copy, CopyGroup
from gui.duplicates_model import Column, DuplicatesModel, is_best
from gui.duplicates_page import DuplicatesPage
from gui.session_state import Query
from tests.engine.test_duplicates import scene
from tests.gui.person import Person
from tests.gui.test_folding import ONE, TWO, scenes, searches_folded

__all__ = ["scenes"]

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def page(person: Person) -> DuplicatesPage:
    person.chooses("duplicates")
    shown = person.window.commands.jobs.window("duplicates")
    assert isinstance(shown, DuplicatesPage)
    shown.tree.click_delay_ms = 0
    return shown


def searched(person: Person, folder: Path) -> DuplicatesPage:
    person.opens(folder)
    shown = page(person)
    shown.start.click()
    person.waits_until(lambda: not shown.running and shown.report is not None)
    return shown


def groups(shown: DuplicatesPage) -> list[set[str]]:
    return [{copy.path for copy in group.copies} for group in shown.tree.copies.groups]


def line(shown: DuplicatesPage, path: str, column: int = 0):
    model = shown.tree.copies
    return next(
        model.index(at, column, model.index(number, 0))
        for number, group in enumerate(model.groups)
        for at, copy in enumerate(group.copies)
        if copy.path == path
    )


def clicks(shown: DuplicatesPage, path: str, modifier: Modifier = Modifier.NoModifier) -> None:
    index = line(shown, path)
    shown.tree.scrollTo(index)
    point = shown.tree.visualRect(index).center()
    QTest.mouseClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, modifier, point)


def text(shown: DuplicatesPage, path: str, column: Column) -> str:
    return str(line(shown, path, column).data())


def test_groups_stand_with_their_facts_the_most_certain_first(person: Person, scenes: Path) -> None:
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in scenes.iterdir()}
    shown = searched(person, scenes)
    certainties = [group.certainty for group in shown.tree.copies.groups]
    assert certainties == sorted(certainties, reverse=True)
    assert {frozenset(group) for group in groups(shown)} == {frozenset(ONE), frozenset(TWO)}
    assert text(shown, "1.png", Column.PIXELS) == "240 × 180"
    assert text(shown, "1 small.png", Column.PIXELS) == "160 × 120"
    sharp = {path: float(text(shown, path, Column.SHARPNESS)) for path in ("1.png", "1 small.png")}
    assert sharp["1 small.png"] < sharp["1.png"]
    assert text(shown, "1.png", Column.SIZE)
    assert text(shown, "1.png", Column.CHANGED)
    assert "2 group(s)" in shown.note.text()
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in scenes.iterdir()} == before


def test_the_search_can_be_stopped_and_started_again(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    shown = page(person)
    shown.start.click()
    assert shown.running
    shown.stop.click()
    person.waits_until(lambda: not shown.running)
    assert shown.report is None
    assert shown.note.text() == "Stopped."
    shown.start.click()
    person.waits_until(lambda: shown.report is not None)
    assert len(groups(shown)) == 2


def test_a_click_searches_and_a_double_click_views_along_the_group(person: Person, scenes: Path) -> None:
    shown = searched(person, scenes)
    clicks(shown, "2.png")
    person.waits_until(lambda: person.controller.query == Query.by_path("2.png"))
    index = line(shown, "1.png")
    point = shown.tree.visualRect(index).center()
    QTest.mouseClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, Modifier.NoModifier, point)
    QTest.mouseDClick(shown.tree.viewport(), Qt.MouseButton.LeftButton, Modifier.NoModifier, point)
    assert shown.pages.currentWidget() is shown.viewer
    assert shown.viewer.path() == "1.png"
    seen = set()
    shown.viewer.step(-99)
    for _ in range(4):
        seen.add(shown.viewer.path())
        QTest.keyClick(shown.viewer, Key.Key_Right)
    assert seen == ONE
    QTest.keyClick(shown.viewer, Key.Key_Escape)
    assert shown.pages.currentWidget() is shown.tree
    assert shown.isVisible()
    assert person.controller.query == Query.by_path("2.png")


def test_two_of_a_group_are_compared_side_by_side(person: Person, scenes: Path) -> None:
    shown = searched(person, scenes)
    clicks(shown, "1 again.png", Modifier.ControlModifier)
    shown.tree.clearSelection()
    clicks(shown, "1 small.png", Modifier.ControlModifier)
    clicks(shown, "1.png", Modifier.ControlModifier)
    QTest.keyClick(shown.tree, Key.Key_C)
    compare = shown.compare
    assert shown.pages.currentWidget() is compare
    assert {compare.left.file.name, compare.right.file.name} == {"1 small.png", "1.png"}
    person.waits_until(lambda: compare.left.view.has_image and compare.right.view.has_image)
    QTest.keyClick(compare, Key.Key_Escape)
    assert shown.pages.currentWidget() is shown.tree


def test_not_a_duplicate_is_remembered_and_can_be_taken_back(person: Person, scenes: Path) -> None:
    shown = searched(person, scenes)
    clicks(shown, "1 small.png", Modifier.ControlModifier)
    shown.tree.setCurrentIndex(line(shown, "1 small.png"))
    QTest.keyClick(shown.tree, Key.Key_N)
    rest = ONE - {"1 small.png"}
    assert {frozenset(group) for group in groups(shown)} == {frozenset(rest), frozenset(TWO)}
    assert "2 pair(s) called no duplicates" in shown.note.text()  # 1.png and its copy have one content
    shutil.move(scenes / "1 small.png", scenes / "another name.png")
    person.controller.rescan()
    person.waits_until(lambda: person.controller.items.paths.index_of("another name.png") is not None)
    person.waits_for_indexing()
    shown.start.click()
    person.waits_until(lambda: not shown.running)
    assert {frozenset(group) for group in groups(shown)} == {frozenset(rest), frozenset(TWO)}
    QTest.keyClick(shown.tree, Key.Key_Z, Modifier.ControlModifier)
    # What was found before the photo was renamed must not come back: it is searched for anew.
    person.waits_until(lambda: not shown.running)
    assert rest | {"another name.png"} in groups(shown)
    assert not shown._actions["undo"].isEnabled()


def test_undo_without_another_search_shows_what_was_shown_before(person: Person, scenes: Path) -> None:
    shown = searched(person, scenes)
    shown.tree.setCurrentIndex(line(shown, "1 small.png"))
    QTest.keyClick(shown.tree, Key.Key_N)
    assert ONE not in groups(shown)
    QTest.keyClick(shown.tree, Key.Key_Z, Modifier.ControlModifier)
    assert not shown.running
    assert {frozenset(group) for group in groups(shown)} == {frozenset(ONE), frozenset(TWO)}


def test_a_whole_group_is_taken_apart_but_for_identical_files(person: Person, scenes: Path) -> None:
    shown = searched(person, scenes)
    model = shown.tree.copies
    row = groups(shown).index(ONE)
    shown.tree.setCurrentIndex(model.index(row, 0))
    shown._actions["different"].trigger()
    assert groups(shown)[row] == {"1.png", "1 same.png"}
    assert shown.tree.copies.groups[row].certainty == 1.0
    shown.tree.setCurrentIndex(line(shown, "1.png"))
    assert not shown._actions["different"].isEnabled()  # the same bytes are the same photo, whatever is said


def test_results_are_unfolded_once_photos_are_called_different(person: Person, scenes: Path) -> None:
    person.settings.fold_copies = True
    shown = searched(person, scenes)
    searches_folded(person)
    assert person.controller.folding.folded > 0
    folded = len(person.sees)
    shown.tree.setCurrentIndex(line(shown, "2 warm.png"))
    shown._actions["different"].trigger()
    person.waits_until(lambda: len(person.sees) == folded + 1)


@pytest.mark.parametrize("ending", [".csv", ".json"])
def test_the_groups_are_exported_as_they_are_shown(
    person: Person, scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    shown = searched(person, scenes)
    shown.tree.setCurrentIndex(line(shown, "2 warm.png"))
    shown._actions["different"].trigger()
    file = tmp_path / f"groups{ending}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    shown._buttons["export"].click()
    assert str(file) in shown.note.text()
    if ending == ".csv":
        with file.open(newline="") as stream:
            written = {row["path"] for row in csv.DictReader(stream)}
    else:
        (group,) = json.loads(file.read_text())["groups"]
        written = set(group["paths"])
    assert written == ONE


def test_an_export_among_the_photos_is_refused_in_words(
    person: Person, scenes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = searched(person, scenes)
    before = sorted(scenes.iterdir())
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(scenes / "groups.csv"), ""))
    shown._actions["export"].trigger()
    assert shown.details.isVisible()
    assert sorted(scenes.iterdir()) == before


def test_nothing_is_there_twice(person: Person, tmp_path: Path) -> None:
    root = tmp_path / "different"
    root.mkdir()
    for seed in range(3):
        scene(seed).save(root / f"{seed}.png")
    shown = searched(person, root)
    assert groups(shown) == []
    assert shown.note.text() == "No photo is there twice."
    assert not shown._buttons["export"].isEnabled()
    assert not shown._buttons["compare"].isEnabled()


def test_the_window_can_be_heard(person: Person, scenes: Path) -> None:
    shown = searched(person, scenes)
    QAccessible.setActive(True)
    tree = QAccessible.queryAccessibleInterface(shown.tree)
    assert tree.text(QAccessible.Text.Name) == "Groups of near-identical photos"
    group = shown.tree.copies.index(groups(shown).index(ONE), 0)
    assert str(group.data()).startswith("4 photo(s) · certainty 0.9")


def test_closing_the_library_closes_the_window(person: Person, scenes: Path, photo_folder: Path) -> None:
    searched(person, scenes)
    person.opens(photo_folder)
    assert person.window.commands.jobs.window("duplicates") is None


def copy(path: str, width: int = 10, height: int = 10, sharp: float | None = 1.0, content: bytes = b"x") -> Copy:
    return Copy(path, 0.0, width, height, 100, 0, sharp, content)


def test_the_model_is_a_proper_tree(qtbot) -> None:
    model = DuplicatesModel(lambda _copy: QPixmap(1, 1))
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_groups([CopyGroup((copy("a"), copy("b")), 1.0), CopyGroup((copy("c"), copy("d"), copy("e")), 0.9)])
    assert isinstance(model, QAbstractItemModel)
    second = model.index(1, 0)
    assert (model.rowCount(), model.rowCount(second), model.rowCount(model.index(0, 0, second))) == (2, 3, 0)
    assert model.parent(model.index(2, 0, second)) == second
    model.set_groups([])
    assert model.rowCount() == 0


def test_the_best_is_bold_only_where_there_is_a_worse_one() -> None:
    large, small, lost = copy("a", 200, 100, 9.0), copy("b", 100, 50, 9.0), copy("c", 0, 0, None)
    group = CopyGroup((large, small), 0.9)
    assert is_best(group, large, Column.PIXELS)
    assert not is_best(group, small, Column.PIXELS)
    assert not is_best(group, large, Column.SHARPNESS)
    assert is_best(CopyGroup((large, lost), 0.9), large, Column.SHARPNESS)
    assert not is_best(group, large, Column.SIZE)

"""What the controller promises: stale replies dropped, work kept, the folder followed, nothing left running."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.metric import Metric
from gui.controller import Controller
from gui.session_state import Part, Query, Scope
from tests.gui.person import Person


def test_a_stale_reply_changes_nothing(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    reply = person.controller.reply
    assert reply is not None
    shown = person.sees
    late = replace(reply, request=replace(reply.request, id=reply.request.id - 1), ranking=reply.ranking)
    person.controller.set_query(Query.by_path("red/0.jpg"))
    person.controller._on_reply(late)
    assert person.controller.reply is None  # still waiting for the new one
    person.waits_for_results()
    assert person.sees != shown
    assert person.controller.reply is not None
    assert person.controller.reply.request.query == Query.by_path("red/0.jpg")


def test_many_quick_queries_end_at_the_last_one(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    for number in range(5):
        person.controller.set_query(Query.by_path(f"green/{number}.jpg"))
    person.waits_for_results()
    assert person.controller.reply is not None
    assert person.controller.reply.request.query == Query.by_path("green/4.jpg")
    assert "green/4.jpg" not in person.sees


def test_a_picture_from_outside_is_a_query_and_does_not_join_the_library(
    person: Person, photo_folder: Path, tmp_path: Path
) -> None:
    person.opens(photo_folder)
    outside = tmp_path / "outside.jpg"
    shutil.copy(photo_folder / "red/3.jpg", outside)
    person.controller.set_query(Query((Part(file=outside),)))
    person.waits_for_results()
    assert len(person.sees) == 24
    assert person.sees[0] == "red/3.jpg"  # the same picture
    assert person.distances[0] == pytest.approx(0.0, abs=1e-5)
    assert len(person.backend.store.library(photo_folder).files()) == 24


def test_a_region_of_a_photo_is_another_query_than_the_photo(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    whole = person.distances
    person.controller.set_query(Query((Part(path="blue/0.jpg", region=(0.3, 0.3, 0.7, 0.7)),)))
    person.waits_for_results()
    assert len(person.sees) == 23  # the photo that was cut is not its own result
    assert person.distances != whole


def test_a_picture_that_cannot_be_read_is_told(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear aunt")
    told: list[Exception] = []
    person.controller.failed.connect(told.append)
    person.controller.set_query(Query((Part(file=letter),)))
    person.waits_until(lambda: bool(told))
    assert "letter.jpg" in str(told[0])
    person.chooses("back")
    assert len(person.sees) == 24


def test_a_photo_that_is_added_changed_or_removed_while_the_window_is_open(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shutil.copy(photo_folder / "red/0.jpg", photo_folder / "blue/new.jpg")
    person.waits_until(lambda: "blue/new.jpg" in person.sees)
    person.waits_for_indexing()
    person.controller.set_query(Query.by_path("blue/new.jpg"))
    person.waits_for_results()
    assert person.sees[0] == "red/0.jpg"
    (photo_folder / "red/0.jpg").unlink()
    person.waits_until(lambda: "red/0.jpg" not in person.sees)
    assert len(person.sees) == 23


def test_a_new_sub_folder_is_followed_too(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    (photo_folder / "later").mkdir()
    shutil.copy(photo_folder / "red/0.jpg", photo_folder / "later/1.jpg")
    person.waits_until(lambda: "later/1.jpg" in person.sees)
    person.waits_for_indexing()
    shutil.copy(photo_folder / "red/1.jpg", photo_folder / "later/2.jpg")
    person.waits_until(lambda: "later/2.jpg" in person.sees)


def test_not_following_when_the_user_does_not_want_it(person: Person, photo_folder: Path, qtbot: QtBot) -> None:
    person.settings.watch_folder = False
    person.opens(photo_folder)
    shutil.copy(photo_folder / "red/0.jpg", photo_folder / "blue/new.jpg")
    assert person.controller._watch.folders == []
    person.chooses("rescan")
    person.waits_until(lambda: "blue/new.jpg" in person.sees)


def test_stopping_keeps_what_was_embedded_and_looking_again_goes_on(person: Person, photo_folder: Path) -> None:
    person.starts_opening(photo_folder)
    person.controller.stop_indexing()
    person.waits_until(lambda: not person.controller.indexing.running)
    assert len(person.sees) == 24  # all photos are shown, indexed or not
    person.chooses("rescan")
    person.waits_for_indexing()
    assert person.controller.state is not None
    assert person.controller.state.counts["vit-tiny-imagenet"] == 24


def test_searching_with_a_photo_that_is_not_indexed_yet(person: Person, photo_folder: Path) -> None:
    person.starts_opening(photo_folder)
    person.controller.set_query(Query.by_path("yellow/4.jpg"))
    person.waits_for_indexing()
    person.waits_until(lambda: len(person.sees) == 23)  # the results grow to all photos by themselves
    assert person.controller.query == Query.by_path("yellow/4.jpg")


def test_opening_another_library_starts_from_its_beginning(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.controller.set_scope(Scope("blue"))
    other = tmp_path / "other"
    shutil.copytree(photo_folder / "green", other / "green")
    person.opens(other)
    assert person.sees == [f"green/{number}.jpg" for number in range(5)] + ["green/5.png"]
    assert person.controller.query is None
    assert person.controller.scope == Scope()
    assert not person.controller.history.can_go_back
    assert person.settings.recent == [other.resolve(), photo_folder.resolve()]


def test_copies_are_not_embedded_again_in_another_library(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    reports = []
    person.controller.indexed.connect(reports.append)
    other = tmp_path / "other"
    shutil.copytree(photo_folder, other)
    person.opens(other)
    person.waits_until(lambda: bool(reports))
    assert reports[-1].embedded == 0


def test_choices_are_kept_for_the_next_start(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.controller.set_model("tiny-two")
    person.controller.set_metric(Metric.COSINE)
    again = Controller(person.backend, person.settings)
    assert again.model is not None
    assert again.model.name == "tiny-two"
    assert again.metric is Metric.COSINE
    again.close()


def test_no_photo_is_ever_changed(person: Person, photo_folder: Path) -> None:
    def state() -> dict[str, tuple[bytes, int]]:
        files = [file for file in photo_folder.rglob("*") if file.is_file()]
        return {str(file): (file.read_bytes(), file.stat().st_mtime_ns) for file in files}

    before = state()
    person.opens(photo_folder)
    person.searches(0)
    person.chooses("copy_path")
    person.chooses("view")
    person.chooses("compare")
    person.leaves()
    assert state() == before

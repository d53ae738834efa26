"""The main job, as people do it: open a folder, click a photo, look at what is like it, go on, go back."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractSpinBox, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from engine.metric import Metric
from gui.dialogs import SkippedDialog
from gui.main_window import MainWindow
from gui.session_state import Part, Query, Scope, Sort
from tests.gui.person import Person


def test_opening_a_folder_shows_every_photo_and_indexes_them(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    assert len(person.sees) == 24
    assert person.sees == sorted(person.sees)
    assert person.window.status.photos.text().startswith("24 ")
    assert person.window.windowTitle().startswith("photos")


def test_photos_are_shown_before_they_are_indexed(person: Person, photo_folder: Path) -> None:
    person.starts_opening(photo_folder)
    assert len(person.sees) == 24


def test_a_click_on_the_third_photo_ranks_all_others(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    query = person.searches(2)
    assert query == "blue/2.jpg"
    assert len(person.sees) == 23
    assert query not in person.sees
    distances = person.distances
    assert distances == sorted(distances)
    assert [person.window.grid.gallery.rank(row) for row in range(23)] == list(range(1, 24))
    assert {path.split("/")[0] for path in person.sees[:5]} == {"blue"}
    assert "2.jpg" in person.headline


def test_the_query_stands_in_the_panel_with_name_size_and_date(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    panel = person.window.side.query
    assert panel.name == "0.jpg"
    person.waits_until(lambda: "96 × 72" in panel.about)
    assert "B" in panel.about
    assert not panel.picture._image.isNull()


def test_going_on_from_a_result_then_back_and_forward(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    first = person.searches(0)
    after_first = person.sees
    second = person.searches(3)
    assert second == after_first[3]
    person.chooses("back")
    person.waits_for_results()
    assert person.sees == after_first
    assert person.controller.query == Query.by_path(first)
    assert person.window.grid.current_path() == second  # where one was
    person.chooses("forward")
    person.waits_for_results()
    assert person.controller.query == Query.by_path(second)
    assert not person.action("forward").isEnabled()


def test_whole_library_leaves_the_results_and_back_returns_to_them(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.window.side.whole_library.click()
    assert len(person.sees) == 24
    assert not person.action("whole_library").isEnabled()
    person.chooses("back")
    person.waits_for_results()
    assert len(person.sees) == 23


def test_another_metric_ranks_anew_and_embeds_nothing(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    cosine = person.distances
    person.controller.indexing.started.connect(lambda: pytest.fail("a metric needs no indexing"))
    person.window.side.metric_box.setCurrentIndex(1)
    person.window.side.metric_box.activated.emit(1)
    person.waits_for_results()
    assert person.controller.metric is Metric.EUCLIDEAN
    assert person.distances != cosine
    assert len(person.sees) == 23


def test_another_model_indexes_in_the_background_and_switching_back_is_instant(
    person: Person, photo_folder: Path
) -> None:
    person.opens(photo_folder)
    person.searches(0)
    first = person.distances
    person.controller.set_model("tiny-two")
    person.waits_for_indexing()
    person.waits_until(lambda: len(person.sees) == 23 and person.distances != first)
    assert person.controller.metric is Metric.EUCLIDEAN  # what the model's description asks for
    assert person.window.side.models.state.text() == "ready"
    person.controller.indexing.started.connect(lambda: pytest.fail("all vectors were there"))
    person.controller.set_model("vit-tiny-imagenet")
    person.waits_for_results()
    assert person.distances == first


def test_sorting_by_name_keeps_rank_and_distance(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    by_rank = dict(zip(person.sees, range(1, 24), strict=True))
    person.window.centre.sort_chosen.emit(Sort.NAME)
    assert person.sees == sorted(person.sees)
    model = person.window.grid.gallery
    assert {model.path(row): model.rank(row) for row in range(23)} == by_rank


def test_only_results_from_one_folder(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.controller.set_scope(Scope(folder="red"))
    person.waits_for_results()
    assert {path.split("/")[0] for path in person.sees} == {"red"}
    assert len(person.sees) == 6


def test_no_results_from_the_querys_own_folder(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.window.side.other_folders.click()
    person.waits_for_results()
    assert len(person.sees) == 18
    assert not any(path.startswith("blue/") for path in person.sees)


def test_a_distance_limit_keeps_what_lies_below_it(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    nearest = person.distances
    limit = nearest[4]
    assert limit is not None
    person.controller.set_limit(limit)
    assert person.distances == nearest[:5]
    assert "5 of 23" in person.window.side.limit.kept.text()
    person.window.side.limit.check.click()
    person.waits_until(lambda: len(person.sees) == 23)


def test_fewer_results(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.window.side.count.setValue(7)
    person.waits_for_results()
    assert len(person.sees) == 7
    assert person.window.side.limit.histogram.count == 23  # the histogram still shows all distances


def test_the_filter_keeps_names_that_contain_a_text_and_esc_empties_it(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.chooses("filter")
    person.window.centre.filter.setText("RED")
    person.waits_until(lambda: len(person.sees) == 6)
    person.presses(Qt.Key.Key_Escape)
    person.waits_until(lambda: len(person.sees) == 24)


def test_esc_leads_from_the_results_to_the_library(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.window.grid.setFocus()
    person.presses(Qt.Key.Key_Escape)
    assert person.controller.query is None
    assert len(person.sees) == 24


def test_ctrl_click_several_and_find_what_is_like_all_of_them(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.clicks(0, Qt.KeyboardModifier.ControlModifier)
    person.clicks(6, Qt.KeyboardModifier.ControlModifier)
    person.chooses("find_similar")
    person.waits_for_results()
    assert person.controller.query == Query((Part(path="blue/0.jpg"), Part(path="green/0.jpg")))
    assert len(person.sees) == 22
    assert {path.split("/")[0] for path in person.sees[:8]} == {"blue", "green"}


def test_minus_moves_the_unwanted_away(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    before = person.sees
    unwanted = next(row for row, path in enumerate(before) if not path.startswith("blue/"))
    folder = before[unwanted].split("/")[0]
    person.clicks(unwanted, Qt.KeyboardModifier.ControlModifier)
    person.presses(Qt.Key.Key_Minus)
    person.waits_for_results()
    assert person.controller.query is not None
    assert person.controller.query == Query.by_path("blue/0.jpg").marked([before[unwanted]], -1)
    assert before[unwanted] in person.sees

    def mean_rank(paths: list[str]) -> float:
        ranks = [rank for rank, path in enumerate(paths) if path.startswith(f"{folder}/")]
        return sum(ranks) / len(ranks)

    assert mean_rank(person.sees) > mean_rank(before)


def test_esc_in_an_empty_window_does_nothing(person: Person) -> None:
    person.presses(Qt.Key.Key_Escape)
    assert person.window.isVisible()
    assert not person.window.centre.shows_photos


def test_closing_while_indexing_keeps_what_was_embedded(person: Person, photo_folder: Path) -> None:
    person.starts_opening(photo_folder)
    person.window.close()
    library = person.backend.store.library(photo_folder)
    assert len(library.files()) <= 24  # the index can be read: nothing is torn


def test_a_folder_that_is_not_there_is_told_and_the_window_stays(person: Person, tmp_path: Path) -> None:
    told: list[Exception] = []
    person.controller.failed.connect(told.append)
    person.controller.open_library(tmp_path / "nowhere")
    person.waits_until(lambda: bool(told))
    assert "nowhere" in str(told[0])
    assert person.window.isVisible()


def test_a_query_leaves_the_filter_that_led_to_it(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.window.centre.filter.setText("blue/3")
    person.waits_until(lambda: person.sees == ["blue/3.jpg"])
    person.searches(0)
    assert len(person.sees) == 23
    assert person.window.centre.filter.text() == ""


def test_a_photo_alone_on_the_full_screen(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.chooses("view")
    person.chooses("full_screen")
    assert not person.window.side.isVisible()
    assert not person.window.viewing.inspector.isVisible()
    assert not person.window.status.isVisible()
    person.presses(Qt.Key.Key_Escape)
    assert person.window.side.isVisible()
    assert person.window.status.isVisible()
    person.chooses("full_screen")
    assert not person.window.isFullScreen()


def test_keyboard_alone_views_steps_compares_and_returns(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    results = person.sees
    person.window.grid.setFocus()
    person.presses(Qt.Key.Key_Return)
    viewing = person.window.viewing
    assert viewing.page is viewing.viewer
    person.presses(Qt.Key.Key_Right)
    assert viewing.viewer.path() == results[1]
    person.chooses("compare")
    assert viewing.page is viewing.compare
    assert viewing.compare.path() == results[1]
    person.presses(Qt.Key.Key_Escape)
    assert viewing.page is None
    assert person.window.grid.current_path() == results[1]  # where one was


def test_the_inspector_tells_rank_and_both_distances(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    person.clicks(4, Qt.KeyboardModifier.ControlModifier)
    lines = dict(person.window.viewing.inspector.match.lines())
    assert lines["Rank"].startswith("5 ")
    distance = person.distances[4]
    assert distance is not None
    assert lines["Cosine"] == f"{distance:.4f}".replace(".", lines["Cosine"][1])
    assert lines["Euclidean"]


def test_every_control_has_a_name_for_a_screen_reader(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    QAccessible.setActive(True)
    try:
        nameless = []
        for widget in person.window.findChildren(QWidget):
            if not widget.isVisible() or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
                continue
            interface = QAccessible.queryAccessibleInterface(widget)
            if isinstance(widget, QScrollArea) or isinstance(widget.parent(), QAbstractSpinBox) or interface is None:
                continue  # a frame around what has a name of its own, the field of a box that has one
            if not interface.text(QAccessible.Text.Name):
                nameless.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
        assert nameless == []
        grid = QAccessible.queryAccessibleInterface(person.window.grid)
        first = grid.child(0)
        assert "Rank 1" in first.text(QAccessible.Text.Name)
        assert person.sees[0].split("/")[-1] in first.text(QAccessible.Text.Name)
    finally:
        QAccessible.setActive(False)


def test_the_layout_is_kept_for_the_next_start(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.chooses("inspector")
    person.window.splitter.setSizes([320, 800, 0])
    width = person.window.side.width()
    person.window.resize(person.window.width(), 640)  # the screen of the tests is too narrow for another width
    person.window.close()
    assert person.settings.geometry_hex
    assert not person.settings.show_inspector
    again = MainWindow(person.controller)
    again.restore_layout()
    again.show()
    assert again.height() == 640
    assert again.splitter.sizes()[0] == pytest.approx(width, abs=60)
    again.close()


def test_a_reset_shows_the_defaults_at_once(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.chooses("side_panel")
    person.chooses("numbers")
    person.window.grid.tile_size = 300
    person.settings.reset()
    assert person.window.side.isVisible()
    assert person.window.grid.numbers
    assert person.window.grid.tile_size == 160


def test_dropping_a_folder_opens_it_and_dropping_a_picture_searches(person: Person, photo_folder: Path) -> None:
    def drops(path: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        position = QPointF(600, 400)
        buttons, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        entered = QDragEnterEvent(position.toPoint(), Qt.DropAction.CopyAction, data, buttons, none)
        person.window.dragEnterEvent(entered)
        assert entered.isAccepted()
        person.window.dropEvent(QDropEvent(position, Qt.DropAction.CopyAction, data, buttons, none))

    drops(photo_folder)
    person.waits_for_indexing()
    assert len(person.sees) == 24
    drops(photo_folder / "green/1.jpg")
    person.waits_until(lambda: person.controller.query == Query.by_path("green/1.jpg"))
    person.waits_for_results()
    assert len(person.sees) == 23


def test_pasting_a_picture_searches_and_pasting_nothing_is_said(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("hello")
    person.chooses("paste")
    assert "no picture" in person.window.status.currentMessage()
    clipboard.setImage(QImage(str(photo_folder / "red/2.jpg")))
    person.chooses("paste")
    person.waits_for_results()
    assert person.sees[0] == "red/2.jpg"
    assert "pasted picture" in person.headline


def test_skipped_files_are_counted_and_listed_with_reasons(person: Person, photo_folder: Path) -> None:
    (photo_folder / "empty.jpg").touch()
    (photo_folder / "letter.jpg").write_text("Dear aunt")
    person.opens(photo_folder)
    assert person.window.status.skipped.isVisible()
    assert person.window.status.skipped.text().startswith("2 ")
    person.window.status.skipped.click()
    dialog = person.window.findChild(SkippedDialog)
    assert dialog is not None
    rows = [dialog.list.topLevelItem(row) for row in range(2)]
    assert {row.text(0): row.text(1) for row in rows if row} == {
        "empty.jpg": "the file is empty",
        "letter.jpg": "not an image that can be read",
    }
    dialog.close()


def test_the_status_line_names_the_model_and_what_really_computes(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    assert person.window.status.model.text() == "vit-tiny-imagenet · CPU"


def test_a_provider_that_is_not_there_is_told_where_it_is_seen(
    qtbot: QtBot, data_dir: Path, model_folder: Path, photo_folder: Path
) -> None:
    somebody = Person(qtbot, data_dir, [model_folder], provider="openvino")
    somebody.opens(photo_folder)
    assert somebody.window.status.model.text() == "vit-tiny-imagenet · CPU ⚠"
    assert "openvino" in somebody.window.status.model.toolTip()
    somebody.leaves()

"""Measuring models in the window: a table, bars for the labels, and from the worst queries to their rankings."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from engine.bootstrap import Interval
from engine.evaluate import Comparison, Evaluation, evaluate
from engine.labels import folder_labels
from engine.metric import Metric
from gui.evaluate_job import SHOWN, difference_words, measure_name, number, verdict
from gui.evaluate_page import EvaluatePage
from gui.session_state import Part, Query
from tests.conftest import draw_photo
from tests.gui.person import Person


def page(person: Person) -> EvaluatePage:
    person.chooses("evaluate")
    shown = person.window.commands.jobs.window("evaluate")
    assert isinstance(shown, EvaluatePage)
    return shown


def runs(person: Person, shown: EvaluatePage) -> None:
    assert shown.start.isEnabled(), shown.hint.text()
    shown.start.click()
    person.waits_until(lambda: not shown.running)


def column(shown: EvaluatePage, number: int) -> list[str]:
    return [shown.shown.table.item(row, number).text() for row in range(shown.shown.table.rowCount())]


def measured(person: Person, metric: Metric = Metric.COSINE) -> Evaluation:
    assert person.controller.state is not None
    assert person.controller.model is not None
    gallery = person.controller.state.library.gallery(person.controller.model)
    return evaluate(gallery, folder_labels(gallery.paths), metric)


def test_the_table_says_what_the_engine_measures(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shown = page(person)
    assert not shown.shown.isVisible()
    runs(person, shown)
    expected = measured(person)
    assert column(shown, 0) == [measure_name(name) for name in SHOWN]
    values = [text.split(" ")[0] for text in column(shown, 1)]
    assert values == [number(expected.metrics[name].value, name) for name in SHOWN]
    assert "24 " in shown.shown.facts.text()
    assert not shown.shown.verdict.isVisible()  # one model: nothing to compare


def test_two_models_are_compared_and_the_second_is_indexed_first(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shown = page(person)
    assert "indexed first" in shown.models.checks[0].text()
    shown.models.choose(["vit-tiny-imagenet", "tiny-two"])
    runs(person, shown)
    assert shown.shown.table.columnCount() == 4
    assert "±" in column(shown, 3)[0]
    assert "better than" in shown.shown.verdict.text()
    person.waits_until(lambda: shown.models.checks[0].text() == "tiny-two")


def test_the_bars_follow_the_chosen_model_and_measure(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shown = page(person)
    shown.metrics.choose(map(str, Metric))
    runs(person, shown)
    results = shown.shown
    for row, metric in enumerate(Metric):
        results.which.setCurrentIndex(row)
        expected = {one.label: one.metrics for one in measured(person, metric).per_class}
        for name in ("map", "recall_at_10"):
            results.measure.setCurrentIndex(results.measure.findData(name))
            bars = results.chart.bars
            assert {bar.label: bar.value for bar in bars} == {label: means[name] for label, means in expected.items()}
            assert [bar.value for bar in bars] == sorted((bar.value or 0.0 for bar in bars), reverse=True)
    picture = results.chart.grab().toImage()
    colours = {picture.pixelColor(x, 10).name() for x in range(picture.width())}
    assert results.chart.palette().highlight().color().name() in colours


def test_a_click_on_a_worst_query_shows_its_ranking_as_it_was_measured(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shown = page(person)
    shown.metrics.choose(["euclidean"])
    runs(person, shown)
    worst = shown.shown.worst
    expected = measured(person, Metric.EUCLIDEAN).worst()
    assert list(worst.scores) == expected
    person.waits_until(lambda: worst.item(0).icon().pixmap(96).toImage().pixelColor(48, 80).alpha() > 0)
    before = person.controller._request_id
    position = worst.visualItemRect(worst.item(1)).center()
    QTest.mouseClick(worst.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, position)
    person.waits_until(lambda: person.controller._request_id > before)
    person.waits_for_results()
    assert person.controller.query == Query.by_path(expected[1].query)
    assert person.controller.metric is Metric.EUCLIDEAN
    label = expected[1].label
    first = next(rank for rank, path in enumerate(person.sees, 1) if path.startswith(f"{label}/"))
    assert first == expected[1].first_rank


def test_a_folder_of_queries_is_searched_for_in_the_library(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    for label in ("red", "blue", "unknown"):
        (tmp_path / "queries" / label).mkdir(parents=True)
        draw_photo("red" if label == "unknown" else label, 901).save(tmp_path / "queries" / label / "q.png")
    person.opens(photo_folder)
    shown = page(person)
    shown.source.setCurrentIndex(1)
    assert not shown.start.isEnabled()
    shown.queries.set_text(str(tmp_path / "queries"))
    runs(person, shown)
    assert shown.shown.facts.text().startswith("3 ")
    assert "left out" in shown.shown.facts.text()
    worst = shown.shown.worst
    assert worst.count() == 2
    QTest.keyClick(worst, Qt.Key.Key_Home)
    QTest.keyClick(worst, Qt.Key.Key_Return)
    person.waits_until(lambda: person.controller.query is not None)
    assert person.controller.query == Query((Part(file=Path(worst.scores[0].query)),))
    person.waits_for_results()


def test_labels_come_from_a_file_too_and_a_wrong_one_is_told(
    person: Person, photo_folder: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label\nblue/0.jpg,a\nred/0.jpg,a\ngreen/0.jpg,lonely\n")
    person.opens(photo_folder)
    shown = page(person)
    shown.label_source.setCurrentIndex(1)
    assert not shown.start.isEnabled()
    shown.labels.set_text(str(labels))
    runs(person, shown)
    assert "lonely" in shown.shown.facts.text()
    labels.write_text("blue/0.jpg,a,b\n")
    runs(person, shown)
    assert shown.note.text().startswith("These labels cannot be used")
    assert "line 1 has 3 columns" in shown.note.text()
    assert shown.details.isVisible()


def test_photos_without_labels_cannot_be_measured(person: Person, tmp_path: Path) -> None:
    loose = tmp_path / "loose"
    loose.mkdir()
    for seed in range(3):
        draw_photo("red", seed).save(loose / f"{seed}.png")
    person.opens(loose)
    shown = page(person)
    runs(person, shown)
    assert "no query lies in a sub-folder" in shown.note.text()
    assert not shown.shown.isVisible()


def test_the_table_goes_into_the_clipboard_in_full_precision(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shown = page(person)
    runs(person, shown)
    shown.copy.click()
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    copied = {line[0]: line[1:] for line in lines[1:]}
    interval = measured(person).metrics["map"]
    assert [float(cell) for cell in copied["map"]] == [interval.value, interval.low, interval.high]


def test_the_last_choices_come_back(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shown = page(person)
    shown.models.choose(["tiny-two"])
    shown.metrics.choose(["euclidean"])
    runs(person, shown)
    shown.close()
    again = page(person)
    assert [spec.name for spec in again.models.chosen] == ["tiny-two"]
    assert again.metrics.chosen == (Metric.EUCLIDEAN,)


def test_escape_stops_the_evaluation_and_leaves_the_window(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    shown = page(person)
    shown.start.click()
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    person.waits_until(lambda: not shown.running)
    assert shown.isVisible()
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert person.window.commands.jobs.window("evaluate") is None


def test_a_verdict_names_the_better_and_admits_chance() -> None:
    def compared(value: float | None, low: float | None, high: float | None) -> Comparison:
        interval = Interval(value, low, high, 5)
        return Comparison(("a", Metric.COSINE), ("b", Metric.COSINE), 5, {"map": interval})

    assert verdict(compared(0.12, 0.09, 0.15)) == "a, Cosine is better than b, Cosine by 0.120 ± 0.030 mAP."
    assert verdict(compared(-0.12, -0.15, -0.09)).startswith("b, Cosine is better than a, Cosine by 0.120")
    assert verdict(compared(0.01, -0.02, 0.04)).endswith("which may be chance.")
    assert "no query in common" in verdict(compared(None, None, None))
    assert difference_words(Interval(-1.25, -2.0, -0.5, 5), "mean_rank") in ("−1.2 ± 0.8", "−1.3 ± 0.8")

"""One query under several models: what they share, what only one found, and a selection that goes through them all."""

from pathlib import Path

from engine.agreement import library_agreement, side_by_side
from engine.metric import Metric
from engine.search import nearest
from gui.columns_dialog import ColumnsDialog
from gui.columns_job import FIRST
from tests.gui.person import Person


def dialog(person: Person) -> ColumnsDialog:
    person.chooses("columns")
    shown = person.window.commands.jobs.window("columns")
    assert isinstance(shown, ColumnsDialog)
    return shown


def compares(person: Person, shown: ColumnsDialog) -> None:
    assert shown.start.isEnabled(), shown.hint.text()
    shown.start.click()
    person.waits_until(lambda: not shown.running and bool(shown.columns))


def test_two_models_lie_side_by_side_with_what_they_share(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    assert not person.action("columns").isEnabled()  # there is no query
    query = person.searches(0)
    shown = dialog(person)
    assert not shown.start.isEnabled()  # one model, one distance
    shown.models.choose(["vit-tiny-imagenet", "tiny-two"])
    compares(person, shown)
    state = person.controller.state
    assert state is not None
    rankings, galleries = {}, []
    for spec in person.backend.models.models:
        gallery = state.library.gallery(spec)
        galleries.append(gallery)
        position = gallery.index_of(query)
        assert position is not None
        rankings[spec.name] = nearest(gallery, gallery.vector(position), Metric.COSINE, FIRST, exclude=query)
    expected = side_by_side(rankings, FIRST)
    (share,) = expected.overlap.values()
    whole = library_agreement(galleries[0], galleries[1], (Metric.COSINE, Metric.COSINE), expected.k)
    assert whole is not None
    assert f"share {round(100 * share)} % of the first {expected.k}" in shown.agreement.text()
    assert f"they share {round(100 * whole)} %" in shown.agreement.text()
    for column, placed in zip(shown.columns, expected.columns, strict=True):
        assert column.list.count() == expected.k
        for row, one in enumerate(placed):
            text = column.list.item(row).text()
            assert text.startswith(f"{one.match.rank} · ")
            assert text.endswith(column.place_words(one))


def test_what_is_selected_in_one_column_is_selected_in_all(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    shown = dialog(person)
    shown.metrics.choose(map(str, Metric))
    compares(person, shown)
    first, second = shown.columns
    first.list.setCurrentRow(4)
    assert second.selected == first.selected is not None
    path = first.selected
    first.list.itemActivated.emit(first.list.currentItem())
    person.waits_for_results()
    assert person.controller.query is not None
    assert person.controller.query.single_path == path


def test_marks_tell_who_found_it_alone_and_who_ranks_it_higher(person: Person, photo_folder: Path) -> None:
    from engine.agreement import Placed
    from engine.results import Match

    person.opens(photo_folder)
    person.searches(0)
    shown = dialog(person)
    shown.metrics.choose(map(str, Metric))
    compares(person, shown)
    words = shown.columns[0].place_words
    assert words(Placed(Match(5, "a.jpg", 0.1), (None, None), True)) == "★ only this one found it"
    assert words(Placed(Match(5, "a.jpg", 0.1), (2, None), False)) == "elsewhere ▲ 3, –"
    assert words(Placed(Match(5, "a.jpg", 0.1), (5, 9), False)) == "elsewhere =, ▼ 4"

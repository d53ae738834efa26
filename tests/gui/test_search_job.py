"""A search as the window asks for it: the short way for one photo gives what the long way gives."""

from pathlib import Path

import numpy as np
import pytest

from engine.metric import Metric
from gui import search_job
from gui.search_job import Searcher, SearchReply, SearchRequest, Spread, allowed_photos, sole_photo_left_out
from gui.session_state import Part, Query, Scope
from tests.gui.person import Person

REGION = (0.25, 0.25, 0.75, 0.75)


def answer(person: Person, query: Query, metric: Metric, count: int) -> tuple[SearchReply, Spread]:
    """What the searcher says on this thread."""
    controller = person.controller
    assert controller.state is not None
    assert controller.model is not None
    steps = Searcher(person.backend, controller.state.library).steps(
        SearchRequest(1, query, controller.model, metric, count, Scope())
    )
    reply = next(steps)
    assert reply is not None
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return reply, end.value


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("count", [0, 7, 23])
@pytest.mark.parametrize("part", [Part(path="green/3.jpg"), Part(path="green/3.jpg", region=REGION)])
def test_leaving_out_one_photo_ranks_as_choosing_all_others_does(
    person: Person, photo_folder: Path, monkeypatch: pytest.MonkeyPatch, metric: Metric, count: int, part: Part
) -> None:
    person.opens(photo_folder)
    short, short_spread = answer(person, Query((part,)), metric, count)
    monkeypatch.setattr(search_job, "sole_photo_left_out", lambda *_: None)
    long, long_spread = answer(person, Query((part,)), metric, count)
    assert short.ranking.order.tolist() == long.ranking.order.tolist()
    assert short.ranking.distances.tolist() == long.ranking.distances.tolist()
    assert short.candidates == long.candidates == 23
    assert np.array_equal(short_spread.distances, long_spread.distances)
    assert len(short_spread.distances) == 23


def test_the_short_way_is_only_for_one_photo_of_the_whole_library(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    person.searches(0)
    assert person.controller.reply is not None
    gallery = person.controller.reply.gallery
    one = Query.by_path("blue/1.jpg")
    assert sole_photo_left_out(gallery, one, Scope()) == 1
    assert sole_photo_left_out(gallery, one.marked(["red/1.jpg"], 1), Scope()) == 1
    for query, scope in (
        (one, Scope(folder="blue")),
        (one, Scope(skip_own_folder=True)),
        (Query((Part(path="blue/1.jpg"), Part(path="blue/2.jpg"))), Scope()),
        (Query((Part(file=photo_folder / "blue/1.jpg"),)), Scope()),
        (Query.by_path("blue/not-there.jpg"), Scope()),
    ):
        assert sole_photo_left_out(gallery, query, scope) is None
    allowed = allowed_photos(gallery, one, Scope())
    assert allowed is not None
    assert np.flatnonzero(~allowed).tolist() == [1]

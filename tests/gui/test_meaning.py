"""What distances mean: learned once, told in words, and no claim from too few photos."""

from collections.abc import Generator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from engine.calibration import MatchRate
from engine.gallery import Gallery
from engine.metric import Metric
from engine.results import Ranking
from engine.search import nearest
from gui.meaning import FEWEST_PHOTOS, Meaning, can_be_judged, learn
from gui.meaning_words import match_lines, tooltip_line
from gui.session_state import Part, Query


def result_of(steps: Generator[None, None, Meaning | None]) -> Meaning | None:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def gallery_of(count: int, seed: int = 0) -> Gallery:
    """Photos that have something in common, as those of one library do."""
    vectors = 0.5 + np.random.default_rng(seed).standard_normal((count, 32)).astype(np.float32)
    return Gallery.from_arrays([f"{i % 2}/{i:04}.jpg" for i in range(count)], vectors, "drawn")


def learned(gallery: Gallery) -> Meaning:
    meaning = result_of(learn(gallery, Metric.COSINE))
    assert meaning is not None
    return meaning


def best_for(gallery: Gallery, query: np.ndarray) -> Ranking:
    return nearest(gallery, query, Metric.COSINE, 5)


def test_one_photo_has_no_background() -> None:
    assert result_of(learn(gallery_of(1), Metric.COSINE)) is None


def test_a_stranger_finds_nothing_similar_and_a_copy_does() -> None:
    gallery = gallery_of(400)
    meaning = learned(gallery)
    stranger = -gallery.vectors(np.arange(400)).mean(axis=0)
    assert meaning.nothing_similar(best_for(gallery, stranger), 400)
    assert not meaning.nothing_similar(best_for(gallery, gallery.vector(3) * 1.01), 400)


def test_too_few_photos_are_never_called_nothing_similar() -> None:
    few, enough = gallery_of(FEWEST_PHOTOS - 1), gallery_of(FEWEST_PHOTOS)
    stranger = -few.vectors(np.arange(len(few))).mean(axis=0)
    assert not learned(few).nothing_similar(best_for(few, stranger), len(few))
    assert learned(enough).nothing_similar(best_for(enough, stranger), len(enough))
    assert not learned(enough).nothing_similar(best_for(enough, stranger)[:0], 0)


def test_the_rate_is_that_of_the_distance_and_ends_with_the_pairs() -> None:
    gallery = gallery_of(100)
    rates = (MatchRate(0.0, 0.2, 10, 0.9, 0.8, 1.0), MatchRate(0.2, 0.5, 90, 0.4, 0.3, 0.5))
    meaning = Meaning(learned(gallery).background, rates)
    assert meaning.rate(0.1) == meaning.rate(0.2) == rates[0]
    assert meaning.rate(0.21) == rates[1]
    assert meaning.rate(0.51) is None
    assert match_lines(meaning, 0.1)[1] == ("In one folder", "90\u00a0% of the pairs this near (80–100\u00a0%)")
    assert len(match_lines(meaning, 0.51)) == 1


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (0.879, "87 %"), (0.9989, "99.8 %"), (0.99956, "99.95 %"), (0.999999, "99.999 %"), (1.0, "100 %")],
)
def test_the_rarer_the_more_digits_and_never_rounded_up(qapp: QApplication, share: float, words: str) -> None:
    base = learned(gallery_of(60)).background
    count = 1_000_000
    distances = np.arange(count, dtype=np.float32)
    background = type(base)("drawn", Metric.COSINE, 1500, distances, base.centre, base.spread)
    nearer_or_equal = round((1 - share) * count)
    line = match_lines(Meaning(background, ()), nearer_or_equal - 0.5)[0]
    assert line == ("Nearer than", f"{words} of all pairs of photos".replace(" %", "\u00a0%"))


def test_a_tile_tells_it_too(qapp: QApplication) -> None:
    meaning = learned(gallery_of(100))
    assert tooltip_line(meaning, -1.0) == "Distance -1.0000: nearer than 100\u00a0% of all pairs of photos"


@pytest.mark.parametrize(
    ("query", "judged"),
    [
        (Query.by_path("a.jpg"), True),
        (Query((Part(path="a.jpg", region=(0.1, 0.1, 0.5, 0.5)),)), True),
        (Query((Part(path="a.jpg", sign=-1),)), False),
        (Query((Part(path="a.jpg"), Part(path="b.jpg"))), False),
    ],
)
def test_only_one_wanted_picture_is_judged(query: Query, judged: bool) -> None:
    assert can_be_judged(query) is judged

"""The background of distances, the test for "nothing similar", and the share of right matches."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.calibration import coverage
from engine.calibration import SAMPLE_PHOTOS, Background, folder_match_rates, learn_background, match_rates
from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance

METRICS = list(Metric)


def gallery_of(vectors: NDArray[np.float32]) -> Gallery:
    return Gallery.from_arrays([f"{i:06}.jpg" for i in range(len(vectors))], vectors, "drawn")


def random_vectors(count: int, seed: int = 0, size: int = 32) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, size)).astype(np.float32)


def background_of(vectors: NDArray[np.float32], metric: Metric) -> Background:
    background = learn_background(gallery_of(vectors), metric)
    assert background is not None
    return background


@pytest.mark.parametrize("metric", METRICS)
def test_on_random_vectors_the_rarity_of_fresh_pairs_is_uniform(metric: Metric) -> None:
    background = background_of(random_vectors(1_200), metric)
    fresh = pairwise_distance(random_vectors(2_000, 1), random_vectors(2_000, 2), metric)
    rarities = np.sort([background.rarity(float(distance)) for distance in fresh])
    # The Kolmogorov-Smirnov distance of 2,000 uniform draws stays below 1.63 / sqrt(n) in 99 of 100 cases; the seeds
    # are fixed, and the background's own noise gets the rest.
    assert np.abs(rarities - (np.arange(2_000) + 0.5) / 2_000).max() < 0.045


@pytest.mark.parametrize("metric", METRICS)
def test_the_rarity_is_the_share_of_pairs_that_lie_farther_apart(metric: Metric) -> None:
    vectors = random_vectors(40)
    pairs = [float(pairwise_distance(vectors[i], vectors[j], metric)[0]) for i in range(40) for j in range(i + 1, 40)]
    background = background_of(vectors, metric)
    assert len(background.distances) == len(pairs)
    for share in (0.1, 0.5, 0.9):
        limit = float(np.quantile(pairs, share, method="midpoint"))
        expected = sum(pair > limit for pair in pairs) / len(pairs)
        assert background.rarity(limit) == pytest.approx(expected, abs=1.5 / len(pairs))
    assert background.rarity(-1.0) == 1.0
    assert background.rarity(1e6) == 0.0


@pytest.mark.parametrize("metric", METRICS)
def test_a_stranger_among_strangers_is_nothing_similar_and_a_near_copy_is(metric: Metric) -> None:
    vectors = random_vectors(1_000)
    background = background_of(vectors, metric)
    strangers, verdicts = random_vectors(200, 5), []
    for stranger in strangers:
        best = float(pairwise_distance(vectors, stranger, metric).min())
        verdicts.append(background.nothing_similar(best, 1_000))
    # By the definition the nearest of 1,000 strangers lies about where one is expected: were chance exactly normal, it
    # would lie beyond in e^-1 of the cases.
    assert np.mean(verdicts) > 0.3
    copy = vectors[3] + 0.05 * random_vectors(1, 6)[0]
    assert not background.nothing_similar(float(pairwise_distance(vectors, copy, metric).min()), 1_000)
    assert background.nothing_similar(background.centre, 1_000)


def test_chance_grows_with_the_gallery() -> None:
    background = background_of(random_vectors(300), Metric.COSINE)
    one = background.chance_matches(0.5, 1)
    assert background.chance_matches(0.5, 1_000_000) == pytest.approx(1_000_000 * one)
    assert background.chance_matches(background.centre, 1) == pytest.approx(0.5)


def test_a_large_library_is_sampled_and_gives_the_same_figures_each_time() -> None:
    gallery = gallery_of(random_vectors(5_000))
    first, second = learn_background(gallery, Metric.COSINE), learn_background(gallery, Metric.COSINE)
    assert first is not None
    assert second is not None
    assert first.photos == SAMPLE_PHOTOS
    assert np.array_equal(first.distances, second.distances)


@pytest.mark.parametrize("count", [0, 1])
def test_there_is_no_background_with_fewer_than_two_photos(count: int) -> None:
    gallery = gallery_of(np.zeros((count, 4), dtype=np.float32))
    assert learn_background(gallery, Metric.COSINE) is None
    assert match_rates(gallery, ["a"] * count, Metric.COSINE) == []


def test_equal_photos_only_leave_no_chance_and_no_division_by_zero() -> None:
    background = background_of(np.ones((10, 4), dtype=np.float32), Metric.EUCLIDEAN)
    assert background.nothing_similar(0.5, 10)
    assert background.rarity(0.0) == 0.0


def test_the_match_rate_of_two_clear_groups_is_one_when_near_and_zero_when_far() -> None:
    centres = np.repeat(np.eye(2, 8, dtype=np.float32) * 10, 50, axis=0)
    vectors = centres + 0.1 * random_vectors(100, size=8)
    rates = match_rates(gallery_of(vectors), ["left"] * 50 + ["right"] * 50, Metric.EUCLIDEAN)
    assert sum(rate.pairs for rate in rates) == 100 * 99 // 2
    assert rates[0].share == 1.0
    assert rates[-1].share == 0.0
    assert all(a.farthest == b.nearest for a, b in pairwise(rates))
    assert all(rate.low <= rate.share <= rate.high for rate in rates)


def test_the_match_rate_of_labels_that_mean_nothing_is_their_share() -> None:
    labels = [str(i) for i in np.random.default_rng(3).integers(0, 4, 600)]
    rates = match_rates(gallery_of(random_vectors(600)), labels, Metric.COSINE)
    inside = [rate.low <= 0.25 <= rate.high for rate in rates]
    assert sum(inside) >= len(inside) - 2
    widest = max(rates, key=lambda rate: rate.high - rate.low)
    assert widest.pairs == min(rate.pairs for rate in rates)


def labelled_clouds(photos: int, seed: int) -> Gallery:
    """Photos of eight labels whose clouds overlap, some wide and some narrow: their near pairs differ from label to
    label and from photo to photo, as those of real photos do."""
    random = np.random.default_rng(seed)
    kinds = random.integers(0, 8, photos)
    middles, widths = random.normal(0, 1, (8, 6)), random.uniform(0.4, 1.6, 8)
    vectors = middles[kinds] + widths[kinds, None] * random.standard_normal((photos, 6))
    paths = [f"{kind}/{number:05}.jpg" for number, kind in enumerate(kinds)]
    return Gallery.from_arrays(paths, vectors.astype(np.float32), "drawn")


@pytest.mark.parametrize(("library", "new_photos", "sample"), [(150, 40, 1_500), (150, 150, 1_500), (600, 150, 150)])
def test_the_interval_holds_for_new_photos_in_95_of_100_cases(
    monkeypatch: pytest.MonkeyPatch, library: int, new_photos: int, sample: int
) -> None:
    monkeypatch.setattr("engine.calibration.SAMPLE_PHOTOS", sample)
    shares = coverage(labelled_clouds(1_200, 4), Metric.EUCLIDEAN, library, new_photos, splits=30)
    # 30 splits of 10 ranges, which hang together: the standard error is some hundredths.
    assert 0.92 < shares.mean() < 0.99
    assert shares.min() > 0.75


def test_the_interval_of_a_range_without_a_wrong_pair_says_how_little_that_shows() -> None:
    vectors = np.array([[0], [0.1], [5], [9], [14], [20]], dtype=np.float32)
    first = match_rates(gallery_of(vectors), list("aabcde"), Metric.EUCLIDEAN)[0]
    assert (first.pairs, first.share, first.high) == (1, 1.0, 1.0)
    assert first.low == pytest.approx(0.025)
    clouds = np.repeat(np.eye(2, 8, dtype=np.float32) * 10, 50, axis=0) + 0.1 * random_vectors(100, size=8)
    near = match_rates(gallery_of(clouds), ["left"] * 50 + ["right"] * 50, Metric.EUCLIDEAN)[5]
    assert near.share == 1.0
    assert 0.9 < near.low < 1.0


def test_labels_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="3 labels for 4 photos"):
        match_rates(gallery_of(random_vectors(4)), ["a", "b", "c"], Metric.COSINE)


def test_folders_are_labels_and_photos_in_none_are_left_out() -> None:
    vectors = random_vectors(60)
    paths = [f"{'ab'[i % 2]}/{i:02}.jpg" if i < 50 else f"{i:02}.jpg" for i in range(60)]
    labelled = Gallery.from_arrays(paths[:50], vectors[:50], "drawn")
    expected = match_rates(labelled, [path[0] for path in sorted(paths[:50])], Metric.COSINE)
    assert expected
    assert folder_match_rates(Gallery.from_arrays(paths, vectors, "drawn"), Metric.COSINE) == expected
    assert folder_match_rates(gallery_of(vectors), Metric.COSINE) == []


def test_of_a_large_library_some_labelled_photos_are_drawn_the_same_ones_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Labels are of two clusters: near pairs share theirs, in a sample as in the whole."""
    random = np.random.default_rng(3)
    centres = np.repeat(np.eye(2, 16, dtype=np.float32) * 6, 150, axis=0)
    vectors = (centres + random.standard_normal((300, 16))).astype(np.float32)
    paths = [f"{'left' if i < 150 else 'right'}/{i:03}.jpg" for i in range(300)]
    gallery = Gallery.from_arrays(paths, vectors, "drawn")
    monkeypatch.setattr("engine.calibration.LABELLED_PHOTOS", 100)
    first, again = (folder_match_rates(gallery, Metric.COSINE) for _ in range(2))
    assert first == again
    assert sum(rate.pairs for rate in first) <= 100 * 99 // 2
    assert first[0].share > 0.9
    assert first[-1].share < 0.1

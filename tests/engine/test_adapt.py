"""Adapting embeddings to labels: it gains where there is something to learn, and says so where there is not."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.adapt import MIN_PHOTOS, Adapted, Discriminants, _parts, _scenes, adapt, average_precisions, count_labels
from engine.errors import AdaptError

LABELS = 6
EACH = 30
DIMENSION = 48


def drawn(seed: int, each: int = EACH, noise: float = 3.0) -> tuple[NDArray[np.float32], list[str]]:
    """Photos whose labels differ in a few directions, among others in which every photo differs far more."""
    random = np.random.default_rng(seed)
    fixed = np.random.default_rng(99)
    means = fixed.normal(size=(LABELS, DIMENSION)) * (np.arange(DIMENSION) < 8)
    spread = np.where(np.arange(DIMENSION) < 8, 0.7, noise)
    codes = np.repeat(np.arange(LABELS), each)
    vectors = means[codes] + random.normal(size=(len(codes), DIMENSION)) * spread + 1.0
    return vectors.astype(np.float32), [f"label {code}" for code in codes]


def adapted(vectors: NDArray[np.float32], labels: Sequence[str | None]) -> Adapted:
    job = adapt(vectors.__getitem__, labels)
    stages = []
    while True:
        try:
            stages.append(next(job).stage)
        except StopIteration as end:
            assert list(dict.fromkeys(stages)) == ["grouping", "measuring", "fitting"]
            found: Adapted = end.value
            return found


def test_the_measured_gain_is_that_on_photos_that_nobody_has_seen() -> None:
    found = adapted(*drawn(1))
    assert found.gains
    fresh, labels = drawn(2, each=len(drawn(1)[1]) // LABELS // 5)  # as many as a part of the measurement holds
    codes = np.unique(labels, return_inverse=True)[1]
    gain = average_precisions(found.projection.apply(fresh), codes) - average_precisions(fresh, codes)
    assert gain.mean() > 0.1
    assert found.gain.low is not None
    assert found.gain.high is not None
    assert found.gain.low - 0.1 < gain.mean() < found.gain.high + 0.1
    assert found.after - found.before == pytest.approx(found.gain.value)


def test_labels_that_mean_nothing_gain_nothing() -> None:
    vectors, labels = drawn(3)
    gained = 0
    for seed in range(6):
        shuffled = [str(label) for label in np.random.default_rng(seed).permutation(labels)]
        gained += adapted(vectors, shuffled).gains
    assert gained <= 1  # a 95 % interval lies above zero by chance once in forty times


def grouped(vectors: NDArray[np.float32], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    job = _scenes(vectors.astype(np.float64), codes)
    while True:
        try:
            next(job)
        except StopIteration as end:
            scenes: NDArray[np.int64] = end.value
            return scenes


def test_a_model_that_crowds_its_photos_together_does_not_make_one_scene_of_them() -> None:
    """As networks do that were trained on classes: unrelated photos lie at a cosine distance of about 0.02, and copies
    nearer by far."""
    random = np.random.default_rng(12)
    centre = random.normal(size=(1, 64)) * 7
    photos = centre + random.normal(size=(80, 64))
    copies = photos + random.normal(size=photos.shape) * 0.1
    codes = np.tile(np.arange(80) % 4, 2)
    scenes = grouped(np.concatenate([photos, copies]).astype(np.float32), codes)
    assert np.array_equal(scenes[:80], scenes[80:])
    assert len(np.unique(scenes)) > 70


def test_photos_that_stand_in_two_folders_are_one_scene_all_the_same() -> None:
    """A few photos that were sorted under two labels do not make every photo a scene of its own."""
    vectors, labels = drawn(13)
    codes = np.unique(labels, return_inverse=True)[1]
    elsewhere = vectors[:8]
    again = np.concatenate([vectors, vectors * 1.01, elsewhere])
    scenes = grouped(again, np.concatenate([codes, codes, (codes[:8] + 1) % LABELS]))
    assert np.array_equal(scenes[: len(vectors)], scenes[len(vectors) : 2 * len(vectors)])
    assert np.array_equal(scenes[:8], scenes[-8:])


def test_copies_of_a_photo_never_stand_on_both_sides() -> None:
    vectors, labels = drawn(4)
    doubled = np.concatenate([vectors, vectors * 1.01])
    codes = np.unique([*labels, *labels], return_inverse=True)[1]
    scenes = grouped(doubled, codes)
    half = len(vectors)
    assert np.array_equal(scenes[:half], scenes[half:])
    parts = _parts(scenes, codes, 5, np.random.default_rng(0))
    assert np.array_equal(parts[:half], parts[half:])
    for label in range(LABELS):
        counts = np.bincount(parts[codes == label], minlength=5)
        assert counts.max() - counts.min() <= 2  # and every part has its share of each label


def test_random_labels_with_copies_do_not_gain_from_the_copies() -> None:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(60, 64)).astype(np.float32)
    labels = [f"label {code}" for code in random.integers(0, 3, 60)]
    copies = np.concatenate([vectors + random.normal(size=vectors.shape).astype(np.float32) * 0.05 for _ in range(4)])
    assert not adapted(copies, labels * 4).gains


def test_too_little_to_learn_from_is_said() -> None:
    vectors, labels = drawn(6)
    with pytest.raises(AdaptError, match="at least 2 folders"):
        adapted(vectors, ["one"] * len(vectors))
    few = [label if number < MIN_PHOTOS - 1 else "rest" for number, label in enumerate(labels)]
    with pytest.raises(AdaptError, match="there are 1"):
        adapted(vectors, few)
    with pytest.raises(AdaptError, match="nearly the same"):
        adapted(np.repeat(vectors[[0, EACH]], 10, axis=0), ["a"] * 10 + ["b"] * 10)


def test_photos_without_a_label_and_small_labels_do_not_count() -> None:
    vectors, labels = drawn(7)
    some: list[str | None] = [*labels]
    some[:3] = [None, "small", "small"]
    found = adapted(vectors, some)
    assert found.photos == len(vectors) - 3
    assert [count.label for count in found.labels] == sorted(set(labels))
    assert {count.label: count.enough for count in count_labels(some)}["small"] is False


def test_only_what_is_learned_from_is_read() -> None:
    """A library of a million photos with two labelled folders must not be copied into memory."""
    vectors, labels = drawn(11, each=8)
    sparse: list[str | None] = []
    for label in labels:
        sparse += [None, label, "small" if label == labels[0] and "small" not in sparse else None]
    asked: list[list[int]] = []

    def vectors_of(positions: NDArray[np.int64]) -> NDArray[np.float32]:
        asked.append(positions.tolist())
        return vectors[positions // 3]

    for _ in adapt(vectors_of, sparse):
        pass
    assert asked == [[position for position, label in enumerate(sparse) if label not in (None, "small")]]


def test_the_average_precision_is_that_of_the_evaluation() -> None:
    from engine.evaluate import evaluate
    from engine.gallery import Gallery
    from engine.metric import Metric

    vectors, labels = drawn(8, each=7)
    paths = [f"{number:03}.jpg" for number in range(len(vectors))]
    measured = evaluate(Gallery.from_arrays(paths, vectors, "any"), labels, Metric.COSINE)
    codes = np.unique(labels, return_inverse=True)[1]
    assert average_precisions(vectors, codes) == pytest.approx(measured._column("map"), abs=1e-6)


def test_full_shrinkage_leaves_what_does_not_tell_labels_apart_as_it_was() -> None:
    vectors, labels = drawn(9)
    codes = np.unique(labels, return_inverse=True)[1]
    weight = Discriminants(vectors.astype(np.float64), codes).at(1.0).weight
    strengths = np.linalg.svd(weight, compute_uv=False)
    assert strengths[: LABELS - 1] == pytest.approx(1.0, abs=1e-5)
    assert strengths[LABELS - 1 :] == pytest.approx(0.2, abs=1e-5)


def test_the_same_photos_give_the_same_model() -> None:
    vectors, labels = drawn(10)
    first, second = adapted(vectors, labels), adapted(vectors, labels)
    assert np.array_equal(first.projection.weight, second.projection.weight)
    assert first.gain == second.gain


def test_of_very_many_photos_some_are_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.adapt.MOST_PHOTOS", 90)
    vectors, labels = drawn(14)
    asked: list[NDArray[np.int64]] = []

    def vectors_of(positions: NDArray[np.int64]) -> NDArray[np.float32]:
        asked.append(positions)
        return vectors[positions]

    for _ in adapt(vectors_of, labels):
        pass
    (drawn_ones,) = asked
    assert len(np.unique(drawn_ones)) == 90
    assert len({labels[position] for position in drawn_ones}) == LABELS


def test_four_photos_of_two_labels_are_enough() -> None:
    vectors, labels = drawn(15, each=MIN_PHOTOS)
    two = [row for row, label in enumerate(labels) if label in ("label 0", "label 1")]
    found = adapted(vectors[two], [labels[row] for row in two])
    assert found.photos == 2 * MIN_PHOTOS
    assert np.isfinite(found.projection.weight).all()
    assert found.gain.low is not None
    assert found.gain.low <= found.gain.value <= (found.gain.high or 0)


def test_labels_whose_photos_are_all_the_same_are_told_apart() -> None:
    """There is no scatter within a label to divide by."""
    x = np.repeat(np.eye(3, 6), 4, axis=0)
    y = np.repeat(np.arange(3), 4)
    for shrinkage in (0.0, 0.5, 1.0):
        projected = Discriminants(x, y).at(shrinkage).apply(x.astype(np.float32))
        assert np.isfinite(projected).all()
        assert average_precisions(projected, y) == pytest.approx(1.0)

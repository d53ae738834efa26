"""Fits a linear map to the user's labelled photos, and measures honestly whether it finds their kind better.

The map is a regularised linear discriminant (Fisher, 1936; Friedman, "Regularized Discriminant Analysis", 1989). The
scatter of photos around the mean of their label is whitened, which weighs down the directions in which photos of one
label differ; it is shrunk towards a multiple of the identity, for there are fewer photos than that scatter has numbers.
Of the whitened space the directions in which the labels' means differ are kept whole, and the rest at `REST`: what is
alike within a label stays alike. Everything is closed-form: seconds, where a trained head needs minutes. On HAR's
gallery with 60 photos a label from its training part it found more (mAP 0.44) than softmax heads of any weight decay
that was tried (0.38).
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.bootstrap import LEVEL, RESAMPLES, SEED, Interval
from engine.errors import AdaptError
from engine.projection import Projection
from engine.results import Progress
from engine.threads import one_blas_thread

MIN_LABELS = 2
MIN_PHOTOS = 4  # of a label: two to learn from, and two that can find each other
PARTS = 5
REST = 0.2  # of the directions that do not tell labels apart; 0.1 to 0.3 gave the same on HAR, 0 and 0.5 less
SHRINKAGES = (0.2, 0.4, 0.6, 0.8, 0.9)
FEW_PHOTOS_SHRINKAGE = 0.8  # where there are too few photos to choose: best with 5 photos a label on HAR
INNER_PARTS = 3
# Photos up to this cosine distance are taken for shots of one scene, and never stand on both sides of a measurement. Of
# 200 copies of HAR's photos (resized, re-compressed, recoloured, cropped by up to 10 %), 99 % lie within 0.15 with
# vit-tiny-imagenet and 0.17 with resnet50-imagenet.
SAME_SCENE = 0.2
# A network that was trained on classes crowds each of them together: by 0.2 alone HAR's gallery, 1,000 photos, makes 24
# scenes with resnet50-actions and 4 with simple-cnn. So it is less where more than this share of the photos has one of
# another label as near: that makes 550 and 792, and with the two networks above 947 and 991 either way.
NEAR_OTHERS = 0.1
NEIGHBOURS = 8  # that are looked at for each photo: a longer burst still hangs together through its neighbours
MOST_PHOTOS = (
    20_000  # that are learned from, drawn with a fixed seed; more would change little and take longer than a minute
)
MOST_QUERIES = 2_000  # in a part of the measurement
MOST_INNER = 600  # photos that a shrinkage is judged on
ROWS_AT_ONCE = 1024

Labels = NDArray[np.int64]
Vectors = NDArray[np.float64]
VectorsOf = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""The vectors float32 [K, D] of the photos at ascending positions [K]."""


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label and how many photos have it; `enough` to learn from."""

    label: str
    photos: int

    @property
    def enough(self) -> bool:
        return self.photos >= MIN_PHOTOS


@dataclass(frozen=True, slots=True, eq=False)
class Adapted:
    """A map that was fitted to all photos, and what the same way of fitting gains on photos that it has not seen.

    `before` and `after` are the mAP of the base and of the adapted model over the left-out photos, `gain` their
    difference with its 95 % interval.
    """

    projection: Projection
    labels: tuple[LabelCount, ...]
    photos: int
    scenes: int  # groups of near-identical photos that were kept together
    shrinkage: float
    before: float
    after: float
    gain: Interval

    @property
    def gains(self) -> bool:
        """Whether the gain is more than chance: its interval lies above zero."""
        return self.gain.low is not None and self.gain.low > 0


def count_labels(labels: Sequence[str | None]) -> tuple[LabelCount, ...]:
    """How many photos each label has, in order of the label."""
    names, counts = np.unique(
        np.array([label for label in labels if label is not None], dtype=object), return_counts=True
    )
    return tuple(LabelCount(str(name), int(count)) for name, count in zip(names, counts, strict=True))


def enough_labels(counts: Sequence[LabelCount]) -> tuple[LabelCount, ...]:
    """The labels that can be learned from. Raises AdaptError where they are too few."""
    enough = tuple(count for count in counts if count.enough)
    if len(enough) < MIN_LABELS:
        raise AdaptError(
            f"at least {MIN_LABELS} folders with {MIN_PHOTOS} photos or more are needed; there are {len(enough)}"
        )
    return enough


def adapt(vectors: VectorsOf, labels: Sequence[str | None], seed: int = 0) -> Generator[Progress, None, Adapted]:
    """Fit a map to the base's vectors of photos with these `labels` [N] (None, and labels with fewer than `MIN_PHOTOS`
    photos, do not count), and measure its gain by cross-validation, near-identical photos together. `vectors` is asked
    once, for the photos that are learned from.

    Each part's photos are searched among the others of that part, by a map that was fitted to the other parts. Yields
    Progress in the stages "grouping", "measuring" and "fitting". Raises AdaptError where the labels are too little.
    """
    used = enough_labels(count_labels(labels))
    code_of = {count.label: code for code, count in enumerate(used)}
    codes = np.array([-1 if label is None else code_of.get(label, -1) for label in labels], dtype=np.int64)
    random = np.random.default_rng(seed)
    chosen = _some(np.flatnonzero(codes >= 0), MOST_PHOTOS, random)
    with one_blas_thread():  # hundreds of small products, whose threads would wait for one another on a busy machine
        return (yield from _adapted(vectors(chosen).astype(np.float64), codes[chosen], used, random))


def _adapted(
    x: Vectors, y: Labels, used: tuple[LabelCount, ...], random: np.random.Generator
) -> Generator[Progress, None, Adapted]:
    scenes = yield from _scenes(x, y)
    parts = max(2, min(PARTS, min(count.photos for count in used) // 2))
    part_of = _parts(scenes, y, parts, random)
    before, after, owners = [np.empty(0)], [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for part in range(parts):
        out = part_of == part
        queries = _some(np.flatnonzero(_has_company(y[out])), MOST_QUERIES, random)
        if len(np.unique(y[~out])) < MIN_LABELS or not len(queries):
            continue
        for step in (choice := _Choice(x[~out], y[~out], scenes[~out], random)):
            yield Progress("measuring", part * INNER_PARTS + step, parts * INNER_PARTS)
        projected = Discriminants(x[~out], y[~out]).at(choice.best).apply(x[out].astype(np.float32))
        before.append(average_precisions(x[out], y[out], queries))
        after.append(average_precisions(projected, y[out], queries))
        owners.append(scenes[out][queries])
    base, own = np.concatenate(before), np.concatenate(after)
    if not len(base):
        raise AdaptError("the photos of each folder are nearly the same: none are left to measure with")
    for step in (choice := _Choice(x, y, scenes, random)):
        yield Progress("fitting", step, INNER_PARTS)
    projection = Discriminants(x, y).at(choice.best)
    gain = _interval(own - base, np.concatenate(owners))
    groups = int(scenes.max()) + 1
    return Adapted(projection, used, len(x), groups, choice.best, float(base.mean()), float(own.mean()), gain)


class Discriminants:
    """The discriminants of `x` [N, D] with labels `y` [N], at any shrinkage; see above."""

    def __init__(self, x: Vectors, y: Labels) -> None:
        labels, places = np.unique(y, return_inverse=True)
        self._mean = x.mean(axis=0)
        self._means = np.stack([x[places == place].mean(axis=0) for place in range(len(labels))])
        apart = x - self._means[places]
        within = apart.T @ apart / max(1, len(x) - len(labels))
        self._size = float(np.trace(within)) / len(within)
        if self._size <= 0.0:  # all photos of a label are the same: there is nothing to whiten
            self._size, within = 1.0, np.eye(len(within))
        self._variances, self._directions = np.linalg.eigh(within)

    def at(self, shrinkage: float) -> Projection:
        """The map from D numbers to D; `shrinkage` from 0, the scatter as it was found, to 1, the identity."""
        variances = (1 - shrinkage) * self._variances / self._size + shrinkage
        whitening = (self._directions / np.sqrt(np.maximum(variances, 1e-9))).T
        between = (self._means - self._means.mean(axis=0)) @ whitening.T
        _, strengths, axes = np.linalg.svd(between, full_matrices=False)
        # The means of L labels lie in L − 1 dimensions, or fewer: what is left is rounding.
        axes = axes[strengths > 1e-9 * strengths[0]][: len(between) - 1]
        weight = REST * whitening + (1 - REST) * axes.T @ (axes @ whitening)
        return Projection(weight.astype(np.float32), (-weight @ self._mean).astype(np.float32))


def average_precisions(
    x: NDArray[np.floating], y: Labels, queries: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """The average precision of each of `queries` (positions; all by default) against all other rows of `x` [N, D] by
    cosine distance; every query has another photo of its label."""
    unit = x.astype(np.float32)
    norms = np.linalg.norm(unit, axis=1, keepdims=True)
    unit = np.divide(unit, norms, out=np.zeros_like(unit), where=norms > 0)
    queries = np.arange(len(x)) if queries is None else queries
    values = np.empty(len(queries))
    for start in range(0, len(queries), ROWS_AT_ONCE):
        part = queries[start : start + ROWS_AT_ONCE]
        scores = unit[part] @ unit.T
        scores[np.arange(len(part)), part] = -np.inf  # itself, last
        orders = np.argsort(-scores, axis=1, kind="stable")[:, :-1]
        for row, query in enumerate(part):
            ranks = np.flatnonzero(y[orders[row]] == y[query]) + 1
            values[start + row] = (np.arange(1, len(ranks) + 1) / ranks).mean()
    return values


def _scenes(x: Vectors, y: Labels) -> Generator[Progress, None, NDArray[np.int64]]:
    """The number of each row's scene: rows within `SAME_SCENE` of one another (or less, by `NEAR_OTHERS`), and of these
    and so on, share one. There are two labels at least."""
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    unit = np.divide(x, norms, out=np.zeros_like(x), where=norms > 0).astype(np.float32)
    leader = list(range(len(x)))

    def root(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    few = min(NEIGHBOURS + 1, len(x))  # one of them is the row itself
    nearest, cosines = np.empty((len(x), few), dtype=np.int64), np.empty((len(x), few), dtype=np.float32)
    strangers = np.empty(len(x), dtype=np.float32)  # the cosine of the nearest photo of another label
    for start in range(0, len(x), ROWS_AT_ONCE):
        yield Progress("grouping", start, len(x))
        part = slice(start, start + ROWS_AT_ONCE)
        scores = unit[part] @ unit.T
        nearest[part] = np.argpartition(-scores, few - 1, axis=1)[:, :few]
        cosines[part] = np.take_along_axis(scores, nearest[part], axis=1)
        strangers[part] = np.max(scores, axis=1, initial=-1.0, where=y[part, None] != y)
    least = max(1.0 - SAME_SCENE, float(np.quantile(strangers, 1.0 - NEAR_OTHERS)))
    for row, column in np.argwhere(cosines >= least):
        a, b = root(int(row)), root(int(nearest[row, column]))
        leader[max(a, b)] = min(a, b)
    found = np.unique([root(row) for row in range(len(x))], return_inverse=True)[1]
    return found.astype(np.int64)


def _parts(scenes: NDArray[np.int64], y: Labels, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """A part for each row: scenes stay whole, and each goes, the large ones first, to the part that has the fewest
    photos of its label."""
    order = random.permutation(int(scenes.max()) + 1)
    sizes = np.bincount(scenes)
    part = np.zeros(len(sizes), dtype=np.int64)
    filled = np.zeros((int(y.max()) + 1, count))
    members = np.split(np.argsort(scenes, kind="stable"), np.cumsum(sizes)[:-1])
    for scene in order[np.argsort(-sizes[order], kind="stable")]:
        held = np.bincount(y[members[scene]], minlength=len(filled))
        label = int(held.argmax())
        part[scene] = min(range(count), key=lambda one: (filled[label, one], filled[:, one].sum()))
        filled[:, part[scene]] += held
    return part[scenes]


class _Choice:
    """The shrinkage with the highest mAP on left-out photos of these alone: iterate over it, and it is `best`."""

    def __init__(self, x: Vectors, y: Labels, scenes: NDArray[np.int64], random: np.random.Generator) -> None:
        self._x, self._y, self._random = x, y, random
        self._parts = _parts(np.unique(scenes, return_inverse=True)[1], y, INNER_PARTS, random)
        self._totals = dict.fromkeys(SHRINKAGES, 0.0)

    def __iter__(self) -> Iterator[int]:
        for part in range(INNER_PARTS):
            yield part
            kept = self._parts != part
            out = _some(np.flatnonzero(~kept), MOST_INNER, self._random)
            out = out[_has_company(self._y[out])]
            if not len(out) or len(np.unique(self._y[kept])) < MIN_LABELS:
                continue
            maps = Discriminants(self._x[kept], self._y[kept])
            for shrinkage in SHRINKAGES:
                projected = maps.at(shrinkage).apply(self._x[out].astype(np.float32))
                self._totals[shrinkage] += float(average_precisions(projected, self._y[out]).sum())

    @property
    def best(self) -> float:
        if not any(self._totals.values()):
            return FEW_PHOTOS_SHRINKAGE
        return max(self._totals, key=lambda shrinkage: self._totals[shrinkage])


def _has_company(y: Labels) -> NDArray[np.bool_]:
    """Which rows share their label with another one."""
    counts = np.bincount(y, minlength=1)
    company: NDArray[np.bool_] = counts[y] > 1
    return company


def _some(positions: NDArray[np.int64], most: int, random: np.random.Generator) -> NDArray[np.int64]:
    if len(positions) <= most:
        return positions
    return np.sort(random.choice(positions, most, replace=False))


def _interval(values: NDArray[np.float64], scenes: NDArray[np.int64]) -> Interval:
    """The mean of `values` [Q] with its interval. Whole scenes are drawn: photos of one are not independent."""
    _, owner = np.unique(scenes, return_inverse=True)
    sums, sizes = np.bincount(owner, values), np.bincount(owner)
    random, chances = np.random.default_rng(SEED), np.full(len(sums), 1 / len(sums))
    means = np.empty(RESAMPLES)
    for number in range(RESAMPLES):
        drawn = random.multinomial(len(sums), chances)
        means[number] = (drawn @ sums) / (drawn @ sizes)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, [tail, 1 - tail]).tolist()
    return Interval(float(values.mean()), low, high, len(values))

"""What a distance means in one library under one model: how rare it is, and how often it is a right match."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, inf, sqrt

import numpy as np
from numpy.typing import NDArray

from engine.gallery import Gallery
from engine.labels import folder_labels
from engine.metric import Metric

# All pairs among this many photos: 1.1 million distances, a few hundredths of a second, whatever the library's size.
SAMPLE_PHOTOS = 1_500

# Where the labelled estimate is read off, as shares of all pairs from the nearest on. Denser near zero, for that is
# where the photos lie that people look at.
SHARES = (0.0, 0.0005, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

BOOTSTRAP_ROUNDS = 400
TAIL = 0.025  # on each side of an interval

# How many new photos an interval is told for: about as many searches as somebody makes before trusting a figure.
NEW_PHOTOS = 100

# Photos whose folders are looked at: many times what the estimate is made from, and read in hundredths of a second.
LABELLED_PHOTOS = 20_000


@dataclass(frozen=True, slots=True)
class Background:
    """The distances between photos of a library that were drawn at random.

    `distances` float32 [P] is sorted. `centre` and `spread` describe the distances between *unrelated* photos: the
    median, and the standard deviation of a normal law whose far half is the background's own far half. Related photos
    can only make the near half heavier, so that the far half is what chance looks like.
    """

    model: str
    metric: Metric
    photos: int
    distances: NDArray[np.float32]
    centre: float
    spread: float

    def rarity(self, distance: float) -> float:
        """The share of pairs that lie farther apart than `distance`, in [0, 1]: "nearer than 99.8 % of pairs"."""
        return 1.0 - float(np.searchsorted(self.distances, np.float32(distance), side="right")) / len(self.distances)

    def chance_matches(self, distance: float, gallery_size: int) -> float:
        """How many of `gallery_size` unrelated photos would lie this near by chance alone, on average.

        One or more means that the distance is nothing special: an "a contrario" test as in Desolneux, Moisan and
        Morel, "From Gestalt Theory to Image Analysis" (2008), with the normal law above for chance.
        """
        if self.spread <= 0:
            return inf if distance >= self.centre else 0.0
        return gallery_size * 0.5 * erfc((self.centre - distance) / (self.spread * sqrt(2)))

    def nothing_similar(self, best_distance: float, gallery_size: int, at_least: float = 1.0) -> bool:
        """Whether even the best hit is no nearer than chance would bring `at_least` unrelated photos."""
        return self.chance_matches(best_distance, gallery_size) >= at_least


@dataclass(frozen=True, slots=True)
class MatchRate:
    """Of the pairs whose distance lies in (`nearest`, `farthest`], the share with equal labels. Among the results that
    new photos find at this distance, it lies from `low` to `high` in 95 of 100 cases."""

    nearest: float
    farthest: float
    pairs: int
    share: float
    low: float
    high: float


def learn_background(gallery: Gallery, metric: Metric, seed: int = 0) -> Background | None:
    """The background of a library; None with fewer than two photos. Costs the same at a thousand photos and a million.

    The sample is drawn with a fixed seed: the same library gives the same figures.
    """
    if len(gallery) < 2:
        return None
    distances = _pair_distances(gallery.vectors(_sample(len(gallery), seed)), metric)
    values = np.sort(distances[np.triu_indices(len(distances), 1)])
    centre = float(np.median(values))
    far = values[values >= centre].astype(np.float64) - centre
    spread = float(np.sqrt(np.mean(far**2)))
    return Background(gallery.model, metric, len(distances), values, centre, spread)


def match_rates(
    gallery: Gallery, labels: Sequence[str], metric: Metric, seed: int = 0, new_photos: int = NEW_PHOTOS
) -> list[MatchRate]:
    """How often two photos at some distance carry the same label, for ranges of distance from near to far.

    `labels` [N] stands in the gallery's order. Empty where there is one label only or fewer than two photos. The
    intervals are predictions: what `new_photos` further photos of the same kinds find at this distance has such a share
    of right ones.
    """
    if len(labels) != len(gallery):
        raise ValueError(f"{len(labels)} labels for {len(gallery)} photos")
    if len(gallery) < 2 or len(set(labels)) < 2:
        return []
    positions = _sample(len(gallery), seed)
    codes = np.unique([labels[int(i)] for i in positions], return_inverse=True)[1]
    distances = _pair_distances(gallery.vectors(positions), metric)
    first, second = np.triu_indices(len(positions), 1)
    values = distances[first, second]
    edges: NDArray[np.float64] = np.quantile(values, SHARES).astype(np.float64)
    edges[0] = -inf
    bins = np.clip(np.searchsorted(edges, values, side="left") - 1, 0, len(SHARES) - 2)
    bin_of = np.full(distances.shape, -1, dtype=np.int8)  # a photo with itself is no pair
    bin_of[first, second] = bin_of[second, first] = bins
    random, evenly = np.random.default_rng(seed), np.full(len(positions), 1 / len(positions))
    queries, found = (
        random.multinomial(count, evenly, BOOTSTRAP_ROUNDS).astype(np.float32) for count in (new_photos, len(positions))
    )
    share_of_library = len(positions) / len(gallery)
    return _rates(bin_of, codes[:, None] == codes[None, :], edges, Draws(queries, found, share_of_library))


def folder_match_rates(
    gallery: Gallery, metric: Metric, seed: int = 0, new_photos: int = NEW_PHOTOS
) -> list[MatchRate]:
    """`match_rates` with the first folder of each photo as its label; photos that lie in no folder are left out.

    Of a large library `LABELLED_PHOTOS` are drawn and looked at, with a fixed seed.
    """
    positions = np.arange(len(gallery), dtype=np.int64)
    if len(positions) > LABELLED_PHOTOS:
        positions = np.sort(np.random.default_rng(seed).choice(positions, LABELLED_PHOTOS, replace=False))
    labels = folder_labels(gallery.paths[int(position)] for position in positions)
    labelled = positions[[label is not None for label in labels]]
    part = Gallery(gallery.paths.take(labelled), gallery.matrix, gallery.rows[labelled], gallery.model)
    return match_rates(part, [label for label in labels if label is not None], metric, seed, new_photos)


@dataclass(frozen=True, slots=True)
class Draws:
    """Photos drawn anew: how often each of the sample [R, S] stands for a new photo, and for one of the library.

    Pairs that share a photo are not independent, whence photos are drawn and not pairs, on both sides by themselves
    (Owen, "The pigeonhole bootstrap", 2007). Drawing the library alone, as for a confidence interval, leaves out that
    new photos vary too: of such intervals 84 in 100 held.
    """

    queries: NDArray[np.float32]
    found: NDArray[np.float32]
    share_of_library: float  # that the sample is

    def interval(self, inside: NDArray[np.bool_], right: NDArray[np.bool_]) -> tuple[float, float]:
        """The limits between which the share of `right` among the pairs `inside`, both [S, S], lies for new photos.

        What a mean over the pairs of a sample misses by is 4 ζ / S in variance, for both members come from it, and ζ is
        what one photo contributes (Hoeffding, "A class of statistics with asymptotically normal distribution", 1948).
        Where the sample is the whole library, it is the very photos that are searched, and ζ / S is left, as drawn. Of
        a library of N, 3 ζ (1 / S - 1 / N) comes to it: three quarters of how the mean over drawn pairs varies.
        """
        found_inside, found_right = (self.found @ part.astype(np.float32) for part in (inside, right))
        asked = _quotients(found_right, found_inside, self.queries)
        if not np.isfinite(asked).any():
            return 0.0, 1.0
        beyond = sqrt(0.75 * (1 - self.share_of_library))
        if beyond > 0:
            among = np.roll(_quotients(found_right, found_inside, self.found), 1)  # of other draws than `asked`
            asked += np.float32(beyond) * (among - np.nanmean(among))
        low, high = np.clip(np.nanquantile(asked, [TAIL, 1 - TAIL]), 0.0, 1.0)
        return float(low), float(high)


def _quotients(
    right: NDArray[np.float32], inside: NDArray[np.float32], drawn: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The share of right pairs in each round [R]; NaN where none was drawn."""
    counts = np.einsum("rs,rs->r", inside, drawn)
    shares: NDArray[np.float32] = np.full(len(drawn), np.nan, dtype=np.float32)
    np.divide(np.einsum("rs,rs->r", right, drawn), counts, out=shares, where=counts > 0)
    return shares


def _rates(
    bin_of: NDArray[np.int8], right: NDArray[np.bool_], edges: NDArray[np.float64], draws: Draws
) -> list[MatchRate]:
    """The share of right pairs in each bin of `bin_of` [S, S], with its interval."""
    rates = []
    for number in range(len(SHARES) - 1):
        inside = bin_of == number
        pairs = int(inside.sum()) // 2
        if not pairs:
            continue
        matching = inside & right
        share = int(matching.sum()) / 2 / pairs
        if 0 < share < 1:
            low, high = draws.interval(inside, matching)
            low, high = min(low, share), max(high, share)
        else:
            # No draw holds what the sample does not: the limits of Clopper and Pearson (1934) for as many pairs as can
            # be formed with each photo in one of them only.
            apart = max(1, min(pairs, int(inside.any(axis=1).sum()) // 2))
            low, high = (0.0, 1 - TAIL ** (1 / apart)) if share == 0 else (TAIL ** (1 / apart), 1.0)
        nearest, farthest = max(float(edges[number]), 0.0), float(edges[number + 1])
        rates.append(MatchRate(nearest, farthest, pairs, share, low, high))
    return rates


def _sample(size: int, seed: int) -> NDArray[np.int64]:
    """Up to `SAMPLE_PHOTOS` positions, ascending (the vectors are read in the order of the file)."""
    if size <= SAMPLE_PHOTOS:
        return np.arange(size, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(size, SAMPLE_PHOTOS, replace=False)).astype(np.int64)


def _pair_distances(vectors: NDArray[np.float32], metric: Metric) -> NDArray[np.float32]:
    """All distances between the rows of float32 [S, D], as float32 [S, S]: precise enough to rank and to count."""
    rows = vectors.astype(np.float64)
    squares: NDArray[np.float64] = np.einsum("nd,nd->n", rows, rows)
    products: NDArray[np.float64] = rows @ rows.T
    if metric is Metric.EUCLIDEAN:
        squared = squares[:, None] + squares[None, :] - 2.0 * products
        euclidean: NDArray[np.float32] = np.sqrt(np.maximum(squared, 0.0)).astype(np.float32)
        return euclidean
    norms = np.sqrt(squares)
    scale = norms[:, None] * norms[None, :]
    similarity = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    cosine: NDArray[np.float32] = (1.0 - np.clip(similarity, -1.0, 1.0)).astype(np.float32)
    return cosine

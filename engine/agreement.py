"""How far several rankings of the same query, by different models or metrics, agree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.gallery import Gallery
from engine.metric import Metric
from engine.results import Match, Ranking
from engine.search import nearest_batch

SAMPLED_QUERIES = 500


@dataclass(frozen=True, slots=True)
class Placed:
    """One photo of a column, and where the other columns put it."""

    match: Match
    other_ranks: tuple[int | None, ...]  # by the other columns in order; None beyond their first k
    alone: bool  # no other column has it among its first k


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The first k of each ranking, and the overlap of each two of them."""

    names: tuple[str, ...]
    k: int
    columns: tuple[tuple[Placed, ...], ...]
    overlap: Mapping[tuple[str, str], float]  # the share of photos that both have among their first k


def side_by_side(rankings: Mapping[str, Ranking], k: int) -> SideBySide:
    """Lay rankings of one query beside one another. `k` is cut to the shortest; ValueError with fewer than two."""
    if len(rankings) < 2:
        raise ValueError("at least two rankings are needed to compare")
    k = min([k, *(len(ranking) for ranking in rankings.values())])
    names = tuple(rankings)
    firsts = {name: rankings[name][:k] for name in names}
    ranks = {name: {match.path: match.rank for match in firsts[name]} for name in names}
    columns = []
    for name in names:
        others = [ranks[other] for other in names if other != name]
        column = []
        for match in firsts[name]:
            places = tuple(other.get(match.path) for other in others)
            column.append(Placed(match, places, all(place is None for place in places)))
        columns.append(tuple(column))
    overlap = {(a, b): overlap_at(ranks[a], ranks[b], k) for i, a in enumerate(names) for b in names[i + 1 :]}
    return SideBySide(names, k, tuple(columns), overlap)


def overlap_at(first: Iterable[str], second: Iterable[str], k: int) -> float:
    """The share of the first k photos that two rankings have in common, in [0, 1]; 1 where k is 0."""
    return len(set(first) & set(second)) / k if k else 1.0


def library_agreement(
    first: Gallery, second: Gallery, metrics: Sequence[Metric], k: int, seed: int = 0
) -> float | None:
    """The mean overlap@k of two models over the photos that both know, each a query against the rest.

    At most `SAMPLED_QUERIES` photos are drawn as queries (fixed seed). None with fewer than two photos in common.
    """
    common = sorted(set(first.paths) & set(second.paths))
    if len(common) < 2:
        return None
    if len(common) > SAMPLED_QUERIES:
        chosen = np.random.default_rng(seed).choice(len(common), SAMPLED_QUERIES, replace=False)
        queries = [common[int(i)] for i in np.sort(chosen)]
    else:
        queries = common
    k = min(k, len(common) - 1)
    rankings = [
        _first_k(gallery, queries, set(common), metric, k)
        for gallery, metric in zip((first, second), metrics, strict=True)
    ]
    return float(np.mean([overlap_at(a, b, k) for a, b in zip(*rankings, strict=True)]))


def _first_k(gallery: Gallery, queries: Sequence[str], common: set[str], metric: Metric, k: int) -> list[list[str]]:
    positions = [gallery.index_of(path) for path in queries]
    vectors = gallery.vectors(np.array(positions, dtype=np.int64))
    allowed = np.fromiter((path in common for path in gallery.paths), dtype=np.bool_, count=len(gallery))
    found = nearest_batch(gallery, vectors, metric, k, exclude=queries, allowed=allowed)
    return [[match.path for match in ranking] for ranking in found]

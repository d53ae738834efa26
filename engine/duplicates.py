"""Groups of near-identical photos in a library: embeddings propose pairs, pixels decide."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.detail_match import SAME_DETAILS, detail_match
from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance
from engine.near_copies import SAME_PICTURE, fingerprint, likeness
from engine.results import Progress

# Cosine distance up to which a pair is looked at. With the default model resized, re-compressed, recoloured and
# slightly cropped copies lie at up to 0.22.
CANDIDATE_DISTANCE = 0.25
# Pairs that are looked at for each photo: a longer burst still hangs together through its neighbours.
CANDIDATES_EACH = 8
AHEAD_EACH = 32  # pairs with photos behind it that are kept for each photo until all are known: what bounds the memory
ROWS_AT_ONCE, COLUMNS_AT_ONCE = 1024, 4096  # a block of cosines: 16 MB
FINGERPRINTS_KEPT = 500  # 0.2 MB each; pairs come in order of path, and copies mostly lie near one another

GreyPicture = Callable[[int], NDArray[np.uint8] | None]
SameMoment = Callable[[int, int], bool]  # whether two photos were taken in one burst
_Look = tuple[NDArray[np.uint8], NDArray[np.float32]]  # a grey square and its fingerprint
PairKey = frozenset[bytes]  # the content hashes of two photos


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Photos that are copies of one another; `distances` are cosine distances to the first of them, and `certainty` is
    the agreement of details in the least certain link that holds the group together (1 for identical files)."""

    paths: tuple[str, ...]
    distances: tuple[float, ...]
    certainty: float


@dataclass(frozen=True, slots=True)
class _Link:
    first: int
    second: int
    certainty: float


def find_duplicates(
    gallery: Gallery,
    contents: NDArray[np.uint8],
    grey: GreyPicture,
    *,
    dismissed: Collection[PairKey] = frozenset(),
    limit: float = CANDIDATE_DISTANCE,
    same_moment: SameMoment | None = None,
) -> Generator[Progress, None, list[DuplicateGroup]]:
    """All groups, the most certain first; exact over all pairs of embeddings.

    `contents` uint8 [N, 16] are the content hashes in the gallery's order. `grey(i)` gives photo i as
    `near_copies.grey_square` does, or None where it cannot be read (then it is compared by content only). Pairs in
    `dismissed` were called different by the user. With `same_moment`, pairs that it calls so are linked as well,
    however their pixels compare: within `limit` and of one burst they show one scene. Memory grows with the pairs
    found, not with their possible number.
    """
    if contents.shape != (len(gallery), 16):
        raise ValueError(f"contents {contents.shape} do not fit {len(gallery)} photos")
    hashes = [row.tobytes() for row in contents]
    links = _identical(hashes)
    candidates = yield from _candidates(gallery, limit)
    yield from _verify(candidates, hashes, grey, frozenset(dismissed), same_moment, links)
    return _groups(gallery, links)


def _identical(hashes: list[bytes]) -> list[_Link]:
    """A link between each photo and the first with the same content."""
    first: dict[bytes, int] = {}
    return [
        _Link(first[content], position, 1.0)
        for position, content in enumerate(hashes)
        if first.setdefault(content, position) != position
    ]


def _candidates(gallery: Gallery, limit: float) -> Generator[Progress, None, NDArray[np.int64]]:
    """Pairs (i < j) within `limit` that are among the nearest few of i or of j, int64 [P, 2] in order, from block by
    block of matrix products: every pair of photos is looked at."""
    size = len(gallery)
    unit = np.empty((size, gallery.dimension), dtype=np.float32)
    for start in range(0, size, ROWS_AT_ONCE):
        rows = gallery.vectors(np.arange(start, min(start + ROWS_AT_ONCE, size)))
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        unit[start : start + len(rows)] = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    least = np.float32(1.0 - limit)
    found: list[_Pairs] = []
    started = time.monotonic()
    # The blocks get fewer to the end: what is left to compare is a triangle.
    blocks = range(0, size, ROWS_AT_ONCE)
    for start in blocks:
        stop = min(start + ROWS_AT_ONCE, size)
        near = _Pairs.none()
        for other in range(start, size, COLUMNS_AT_ONCE):
            products = unit[start:stop] @ unit[other : other + COLUMNS_AT_ONCE].T
            near = near.joined(_near(products, least, start, other)).nearest(AHEAD_EACH)
        found.append(near)
        done = size * size - (size - stop) ** 2
        speed = done / max(time.monotonic() - started, 1e-6)
        yield Progress("comparing", stop, size, 0, stop / max(done / speed, 1e-6), (size * size - done) / speed)
    pairs = _Pairs.none().joined(*found)
    return pairs.of_either_end(CANDIDATES_EACH)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs of photos and the cosine between them: int64 [P], int64 [P], float32 [P]."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    cosine: NDArray[np.float32]

    @classmethod
    def none(cls) -> "_Pairs":
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))

    def joined(self, *others: "_Pairs") -> "_Pairs":
        parts = [self, *others]
        return _Pairs(
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.second for part in parts]),
            np.concatenate([part.cosine for part in parts]),
        )

    def nearest(self, count: int) -> "_Pairs":
        """For each first photo the nearest `count` of its pairs."""
        if len(self.first) <= count:
            return self
        few = _first_few(self.first, self.cosine, count)
        return _Pairs(self.first[few], self.second[few], self.cosine[few])

    def of_either_end(self, count: int) -> NDArray[np.int64]:
        """The pairs that are among the nearest `count` of one of their two photos, int64 [P, 2], in order."""
        ends = np.concatenate([self.first, self.second])
        few = _first_few(ends, np.concatenate([self.cosine, self.cosine]), count)
        kept = np.unique(few % len(self.first)) if len(self.first) else few
        pairs = np.stack([self.first[kept], self.second[kept]], axis=1)
        return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _near(products: NDArray[np.float32], least: np.float32, row: int, column: int) -> _Pairs:
    """The pairs (i < j) in one block of cosines [R, C], whose first row and column are photos `row` and `column`."""
    at = np.flatnonzero(products >= least)
    first, second = np.divmod(at, products.shape[1])
    ahead = second + column > first + row
    at, first, second = at[ahead], first[ahead], second[ahead]
    return _Pairs(first + row, second + column, products.reshape(-1)[at])


def _first_few(owner: NDArray[np.int64], cosine: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Which entries are among the `count` with the largest cosine of their owner."""
    order = np.lexsort((-cosine, owner))
    owner = owner[order]
    place = np.arange(len(owner)) - np.searchsorted(owner, owner, side="left")
    return order[place < count]


def _verify(
    candidates: NDArray[np.int64],
    hashes: list[bytes],
    grey: GreyPicture,
    dismissed: frozenset[PairKey],
    same_moment: SameMoment | None,
    links: list[_Link],
) -> Generator[Progress, None, None]:
    """Look at the pixels of each candidate pair; those that show one picture are added to `links`."""
    kept: OrderedDict[int, _Look | None] = OrderedDict()

    def look(position: int) -> _Look | None:
        if position in kept:
            kept.move_to_end(position)
            return kept[position]
        picture = grey(position)
        kept[position] = None if picture is None else (picture, fingerprint(picture))
        if len(kept) > FINGERPRINTS_KEPT:
            kept.popitem(last=False)
        return kept[position]

    started = time.monotonic()
    for done, (i, j) in enumerate(candidates.tolist(), 1):
        if hashes[i] != hashes[j] and frozenset((hashes[i], hashes[j])) not in dismissed:
            first, second = look(i), look(j)
            certainty = None if first is None or second is None else copy_certainty(first, second)
            if certainty is not None or (same_moment is not None and same_moment(i, j)):
                links.append(_Link(i, j, certainty or 0.0))
        if done % 32 == 0:
            speed = done / max(time.monotonic() - started, 1e-6)
            yield Progress("looking", done, len(candidates), 0, speed, (len(candidates) - done) / speed)


def copy_certainty(first: _Look, second: _Look) -> float | None:
    """How far the details of two pictures agree, if one is a copy of the other; else None."""
    if likeness(first[1], second[1]) < SAME_PICTURE:
        return None
    certainty = detail_match(first[0], second[0], first[1], second[1])
    return min(certainty, 1.0) if certainty >= SAME_DETAILS else None


def _groups(gallery: Gallery, links: list[_Link]) -> list[DuplicateGroup]:
    """Join the links into groups, the most certain links first (Kruskal's spanning tree), and order the groups."""
    leader = list(range(len(gallery)))
    weakest: dict[int, float] = {}

    def root(position: int) -> int:
        while leader[position] != position:
            leader[position] = leader[leader[position]]
            position = leader[position]
        return position

    for link in sorted(links, key=lambda link: -link.certainty):
        a, b = root(link.first), root(link.second)
        if a != b:
            leader[max(a, b)] = min(a, b)
            weakest[min(a, b)] = min(link.certainty, weakest.get(a, 1.0), weakest.get(b, 1.0))
    members: dict[int, list[int]] = {}
    for position in sorted({end for link in links for end in (link.first, link.second)}):
        members.setdefault(root(position), []).append(position)
    groups = []
    for leading, positions in members.items():
        vectors = gallery.vectors(np.array(positions, dtype=np.int64))
        distances = pairwise_distance(vectors, vectors[0], Metric.COSINE)
        paths = tuple(gallery.paths[position] for position in positions)
        groups.append(DuplicateGroup(paths, tuple(map(float, distances)), weakest[leading]))
    return sorted(groups, key=lambda group: (-group.certainty, group.paths))

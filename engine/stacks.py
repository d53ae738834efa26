"""Which results of a search are near-identical to a better one: bursts, and copies that were resized or saved again."""

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.duplicates import GreyPicture, PairKey, find_duplicates
from engine.gallery import Gallery
from engine.results import Progress

# Results that are compared with one another, from the nearest on: beyond them nobody looks at photo after photo.
STACKED_UP_TO = 2_000
BURST_SECONDS = 3.0

Moment = tuple[str, float]  # the camera, and the seconds of its clock


@dataclass(frozen=True, slots=True, eq=False)
class Stacks:
    """Photos that belong together: `positions` int64 [S] in the gallery, ascending, and the number of each one's stack,
    int64 [S]."""

    positions: NDArray[np.int64]
    numbers: NDArray[np.int64]


def find_stacks(
    gallery: Gallery,
    contents: NDArray[np.uint8],
    results: NDArray[np.int64],
    grey: GreyPicture,
    *,
    dismissed: Collection[PairKey] = frozenset(),
    moment: Callable[[int], Moment | None] = lambda _position: None,
) -> Generator[Progress, None, Stacks]:
    """The stacks among `results` (positions in the gallery, the nearest first), of which the first `STACKED_UP_TO` are
    compared.

    `contents` and `grey` are as `find_duplicates` wants them, for the whole gallery. `moment` tells when and by which
    camera a photo was taken, None where nothing does: alike photos of one camera within three seconds are a burst.
    """
    chosen = np.sort(results[:STACKED_UP_TO])
    # Their vectors alone: from a server, all of them would take a while.
    rows, own = np.unique(gallery.rows[chosen], return_index=True)
    vectors = gallery.vectors(chosen[own])
    part_rows = np.searchsorted(rows, gallery.rows[chosen])
    part = Gallery(gallery.paths.take(chosen), vectors, part_rows, gallery.model, gallery.generation)
    moments: dict[int, Moment | None] = {}

    def taken(at: int) -> Moment | None:
        if at not in moments:
            moments[at] = moment(int(chosen[at]))
        return moments[at]

    def same_moment(first: int, second: int) -> bool:
        one = taken(first)
        other = taken(second) if one is not None else None
        return one is not None and other is not None and one[0] == other[0] and abs(one[1] - other[1]) <= BURST_SECONDS

    groups = yield from find_duplicates(
        part, contents[chosen], lambda at: grey(int(chosen[at])), dismissed=dismissed, same_moment=same_moment
    )
    stacked = [(part.index_of(path), number) for number, group in enumerate(groups) for path in group.paths]
    pairs = np.array(sorted((at, number) for at, number in stacked if at is not None), dtype=np.int64).reshape(-1, 2)
    return Stacks(chosen[pairs[:, 0]], pairs[:, 1])

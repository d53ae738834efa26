"""Which rows the grid shows: limits, filters, orders and scopes, against what can be done by hand."""

from pathlib import Path

import numpy as np
import pytest

from engine.metric import Metric
from engine.path_table import PathTable
from engine.results import Ranking
from gui.arrangement import Listing, arrange_library, arrange_results
from gui.session_state import Scope, Sort

PATHS = ["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/c/1.jpg", "z.jpg"]


@pytest.fixture
def listing() -> Listing:
    return Listing(
        PathTable.from_sorted(PATHS),
        sizes=np.array([30, 10, 50, 10, 20]),
        mtimes_ns=np.array([5, 4, 3, 2, 1]),
    )


@pytest.fixture
def ranking() -> Ranking:
    """z, a/2, b/1, a/1 at 0.1, 0.2, 0.3, 0.4 (b/c/1 is not among the results)."""
    order = np.array([4, 1, 2, 0], dtype=np.int64)
    return Ranking(PATHS, order, np.array([0.1, 0.2, 0.3, 0.4]), Metric.COSINE, "m")


def shown(items: object) -> list[str]:
    order = items.order  # type: ignore[attr-defined]
    return [PATHS[i] for i in (range(len(PATHS)) if order is None else order)]


def test_results_stand_in_order_of_distance(listing: Listing, ranking: Ranking) -> None:
    items = arrange_results(listing, ranking, None, Sort.DISTANCE, None, None)
    assert shown(items) == ["z.jpg", "a/2.jpg", "b/1.jpg", "a/1.jpg"]
    assert items.ranks is not None
    assert list(items.ranks) == [1, 2, 3, 4]


def test_a_limit_keeps_what_is_at_or_below_it(listing: Listing, ranking: Ranking) -> None:
    assert len(arrange_results(listing, ranking, None, Sort.DISTANCE, 0.3, None)) == 3
    assert len(arrange_results(listing, ranking, None, Sort.DISTANCE, 0.2999, None)) == 2
    assert len(arrange_results(listing, ranking, None, Sort.DISTANCE, 0.0, None)) == 0


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.NAME, ["a/1.jpg", "a/2.jpg", "b/1.jpg", "z.jpg"]),
        (Sort.DATE, ["a/1.jpg", "a/2.jpg", "b/1.jpg", "z.jpg"]),
        (Sort.SIZE, ["b/1.jpg", "a/1.jpg", "z.jpg", "a/2.jpg"]),
    ],
)
def test_another_order_keeps_each_photos_rank_and_distance(
    listing: Listing, ranking: Ranking, sort: Sort, expected: list[str]
) -> None:
    items = arrange_results(listing, ranking, None, sort, None, None)
    assert shown(items) == expected
    assert items.ranks is not None
    assert items.distances is not None
    distance_of = {"z.jpg": 0.1, "a/2.jpg": 0.2, "b/1.jpg": 0.3, "a/1.jpg": 0.4}
    assert list(items.distances) == [distance_of[path] for path in expected]
    assert list(items.ranks) == [round(distance_of[path] * 10) for path in expected]


def test_a_filter_keeps_the_ranks_of_all(listing: Listing, ranking: Ranking) -> None:
    items = arrange_results(listing, ranking, None, Sort.DISTANCE, None, listing.containing("A/"))
    assert shown(items) == ["a/2.jpg", "a/1.jpg"]
    assert items.ranks is not None
    assert list(items.ranks) == [2, 4]


def test_positions_of_a_part_of_the_library_are_mapped_and_gone_files_left_out(listing: Listing) -> None:
    ranking = Ranking(
        ["b/1.jpg", "gone.jpg", "z.jpg"], np.array([1, 0, 2]), np.array([0.1, 0.2, 0.3]), Metric.COSINE, "m"
    )
    items = arrange_results(listing, ranking, np.array([2, -1, 4]), Sort.DISTANCE, None, None)
    assert shown(items) == ["b/1.jpg", "z.jpg"]
    assert items.ranks is not None
    assert list(items.ranks) == [2, 3]


def test_the_library_as_it_is_needs_no_order_of_its_own(listing: Listing) -> None:
    assert arrange_library(listing, Sort.NAME, Scope()).order is None


def test_the_library_in_other_orders_and_parts(listing: Listing) -> None:
    assert shown(arrange_library(listing, Sort.SIZE, Scope())) == [
        "b/1.jpg",
        "a/1.jpg",
        "z.jpg",
        "a/2.jpg",
        "b/c/1.jpg",
    ]
    assert shown(arrange_library(listing, Sort.NAME, Scope("b"))) == ["b/1.jpg", "b/c/1.jpg"]
    assert shown(arrange_library(listing, Sort.NAME, Scope("b"), listing.containing("c/"))) == ["b/c/1.jpg"]


def test_folders_with_those_above_them(listing: Listing) -> None:
    assert listing.folders() == ["a", "b", "b/c"]


def test_the_files_of_a_folder_without_an_index(photo_folder: Path) -> None:
    listing = Listing.on_disk(photo_folder)
    assert len(listing) == 24
    assert listing.content is None
    assert listing.sizes[0] == (photo_folder / "blue/0.jpg").stat().st_size

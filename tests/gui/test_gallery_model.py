"""The model of the grid: columns in, Qt's roles out."""

import tracemalloc

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from gui.gallery_model import (
    DistanceRole,
    GalleryItems,
    GalleryModel,
    PathRole,
    RankRole,
    shown_name,
)
from tests.gui.conftest import ranked

PATHS = ["a/one.jpg", "a/two.jpg", "b/three.jpg"]


@pytest.fixture
def model(qapp: object) -> GalleryModel:
    made = GalleryModel()
    made.set_items(ranked(PATHS))
    return made


def test_qts_own_tester_finds_nothing_wrong(qapp: object) -> None:
    model = GalleryModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_items(ranked(PATHS))
    model.set_items(GalleryItems(PATHS))
    model.set_items(GalleryItems(()))
    assert model.rowCount() == 0


def test_a_row_is_the_photo_that_the_order_names(model: GalleryModel) -> None:
    assert [model.path(row) for row in range(3)] == ["b/three.jpg", "a/two.jpg", "a/one.jpg"]
    assert [model.rank(row) for row in range(3)] == [1, 2, 3]
    assert model.distance(2) == 0.002
    assert model.ranked


def test_roles(model: GalleryModel) -> None:
    index = model.index(1)
    assert index.data(Qt.ItemDataRole.DisplayRole) == "two.jpg"
    assert index.data(PathRole) == "a/two.jpg"
    assert index.data(RankRole) == 2
    assert index.data(DistanceRole) == 0.001
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "a/two.jpg"
    assert index.data(Qt.ItemDataRole.DecorationRole) is None


def test_a_screen_reader_hears_rank_distance_and_name(model: GalleryModel) -> None:
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "Rank 1, distance 0.0000, three.jpg"
    model.set_items(GalleryItems(PATHS))
    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "one.jpg"


def test_without_a_query_there_is_neither_rank_nor_distance(qapp: object) -> None:
    model = GalleryModel()
    model.set_items(GalleryItems(PATHS))
    assert (model.rank(0), model.distance(0), model.ranked) == (0, None, False)


def test_ranks_stay_with_their_photos_when_sorted_otherwise(qapp: object) -> None:
    model = GalleryModel()
    order = np.array([0, 1, 2])
    model.set_items(GalleryItems(PATHS, order, np.array([0.3, 0.1, 0.2]), ranks=np.array([3, 1, 2])))
    assert [model.rank(row) for row in range(3)] == [3, 1, 2]


def test_columns_belong_to_photos_and_not_to_rows(qapp: object) -> None:
    model = GalleryModel()
    content = np.arange(48, dtype=np.uint8).reshape(3, 16)
    model.set_items(
        GalleryItems(
            PATHS,
            np.array([2, 0]),
            np.array([0.1, 0.2]),
            sizes=np.array([10, 20, 30]),
            mtimes_ns=np.array([1, 2, 3]),
            content=content,
        )
    )
    assert (model.size(0), model.size(1)) == (30, 10)
    assert (model.mtime_ns(0), model.mtime_ns(1)) == (3, 1)
    assert model.content(0) == bytes(range(32, 48))


def test_unknown_columns_are_none(model: GalleryModel) -> None:
    assert (model.size(0), model.mtime_ns(0), model.content(0)) == (None, None, None)


@pytest.mark.parametrize(("path", "row"), [("a/one.jpg", 2), ("b/three.jpg", 0), ("b/four.jpg", None), ("z", None)])
def test_finding_a_photo(model: GalleryModel, path: str, row: int | None) -> None:
    assert model.row_of(path) == row


def test_finding_a_photo_that_is_in_the_library_but_not_shown(qapp: object) -> None:
    model = GalleryModel()
    model.set_items(GalleryItems(PATHS, np.array([1]), np.array([0.5])))
    assert model.row_of("a/one.jpg") is None
    assert model.row_of("a/two.jpg") == 0


def test_columns_of_the_wrong_length_are_refused() -> None:
    with pytest.raises(ValueError, match="distances has 2 entries for 3"):
        GalleryItems(PATHS, distances=np.zeros(2))
    with pytest.raises(ValueError, match="sizes has 1 entries for 3"):
        GalleryItems(PATHS, order=np.array([0]), sizes=np.zeros(1, np.int64))


def test_bytes_of_a_name_that_are_no_utf8_are_kept_in_the_path_and_shown_as_replacements(qapp: object) -> None:
    odd = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    model = GalleryModel()
    model.set_items(GalleryItems([odd]))
    assert model.path(0) == odd
    assert model.index(0).data() == "caf\ufffd.jpg"
    assert shown_name("b/é.jpg") == "é.jpg"


def test_an_index_of_nowhere_has_no_data_and_no_children(model: GalleryModel) -> None:
    assert model.data(QModelIndex()) is None
    assert model.flags(QModelIndex()) == Qt.ItemFlag.NoItemFlags
    assert model.rowCount(model.index(0)) == 0


def test_a_million_photos_cost_no_object_each(qapp: object) -> None:
    class Names(list[str]):
        """A million paths that are made when they are asked for."""

        def __len__(self) -> int:
            return 1_000_000

        def __getitem__(self, at: int) -> str:  # type: ignore[override]
            return f"{at:07d}.jpg"

    order, distances = np.arange(1_000_000), np.linspace(0, 1, 1_000_000)
    model = GalleryModel()
    tracemalloc.start()
    model.set_items(GalleryItems(Names(), order, distances))
    assert model.index(999_999).data() == "0999999.jpg"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert model.rowCount() == 1_000_000
    assert peak < 100_000


def test_a_name_that_looks_like_html_is_shown_as_it_is_written(qapp: object) -> None:
    model = GalleryModel()
    model.set_items(GalleryItems(["a <b>bold</b> one.jpg", "plain.jpg"]))
    assert model.index(0).data(Qt.ItemDataRole.ToolTipRole) == (
        '<p style="white-space: pre-wrap">a &lt;b&gt;bold&lt;/b&gt; one.jpg</p>'
    )
    assert model.index(1).data(Qt.ItemDataRole.ToolTipRole) == "plain.jpg"

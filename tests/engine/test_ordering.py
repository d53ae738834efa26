"""The order alone must be that of the ranking, to the last tie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import ordering
from engine.gallery import Gallery
from engine.metric import Metric
from engine.ordering import orders
from engine.search import nearest


def gallery_of(vectors: np.ndarray) -> Gallery:
    return Gallery.from_arrays([f"{i:05}" for i in range(len(vectors))], vectors.astype(np.float32), "tiny")


def agree(gallery: Gallery, queries: np.ndarray, metric: Metric, exclude: list[str | None]) -> None:
    found = list(orders(gallery, queries, metric, exclude))
    assert len(found) == len(queries)
    for query, path, order in zip(queries, exclude, found, strict=True):
        assert order.tolist() == nearest(gallery, query, metric, None, exclude=path).order.tolist()


@pytest.mark.parametrize("metric", list(Metric))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_galleries_of_few_distinct_vectors(metric: Metric, data: st.DataObject) -> None:
    number = st.sampled_from([0.0, 1.0, -1.0, 0.1, 1 + 2**-23, 1e-30, 1e20, 7.0])
    row = st.lists(number, min_size=3, max_size=3)
    vectors = np.array(data.draw(st.lists(row, min_size=1, max_size=30)), dtype=np.float32)
    queries = np.array(data.draw(st.lists(row, min_size=0, max_size=4)), dtype=np.float32).reshape(-1, 3)
    exclude = data.draw(st.lists(st.sampled_from([None, "00000", "00003", "x"]), min_size=4, max_size=4))
    agree(gallery_of(vectors), queries, metric, exclude[: len(queries)])


@pytest.mark.parametrize("metric", list(Metric))
def test_blocks_near_ties_and_copies(metric: Metric, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "TABLE_SIZE", 4000)
    monkeypatch.setattr(ordering, "ROWS_AT_ONCE", 300)
    monkeypatch.setattr(ordering, "TIES_AT_ONCE", 7)
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((1500, 40))
    rows[500:600] = rows[0] * (1 + 1e-7 * rng.standard_normal((100, 1)))
    rows[900:950] = rows[1]
    gallery = gallery_of(rows)
    agree(gallery, gallery.vectors(np.arange(9)), metric, [*gallery.paths[:8], None])


def test_an_empty_gallery() -> None:
    found = list(orders(gallery_of(np.empty((0, 2))), np.ones((2, 2), dtype=np.float32), Metric.COSINE, [None] * 2))
    assert [order.tolist() for order in found] == [[], []]

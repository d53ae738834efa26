"""Every way of searching against brute force in float64."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import codes, scan, search
from engine.codes import encode, lengths_of
from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance
from engine.path_table import PathTable
from engine.results import Ranking
from engine.search import Columns, all_distances, nearest, nearest_batch, nearest_columns

METRICS = list(Metric)


def brute_force(
    gallery: Gallery, query: np.ndarray, metric: Metric, k: int | None, excluded: str | None, allowed: np.ndarray | None
) -> list[tuple[str, float]]:
    """The ranking from its definition: all distances in float64, sorted by (distance, path)."""
    distances = pairwise_distance(gallery.vectors(np.arange(len(gallery))), query, metric).tolist()
    pairs = [
        (distance, path)
        for i, (distance, path) in enumerate(zip(distances, gallery.paths, strict=True))
        if path != excluded and (allowed is None or allowed[i])
    ]
    pairs.sort()
    return [(path, distance) for distance, path in pairs[: k or None]]


def listed(ranking: Ranking) -> list[tuple[str, float]]:
    return [(match.path, match.distance) for match in ranking]


def gallery_of(vectors: Sequence[Sequence[float]] | np.ndarray) -> Gallery:
    matrix = np.array(vectors, dtype=np.float32)
    return Gallery.from_arrays([f"{i:05}.jpg" for i in range(len(matrix))], matrix, "tiny")


def scattered_gallery(vectors: np.ndarray, seed: int, copies: int = 0) -> Gallery:
    """The vectors at scattered rows of a larger file, as after additions and removals; `copies` share a row."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((2 * len(vectors) + 1, vectors.shape[1])).astype(np.float32)
    rows = rng.permutation(len(matrix))[: len(vectors)].astype(np.int64)
    matrix[rows] = vectors
    rows = np.concatenate([rows, rng.choice(rows, copies)]) if copies else rows
    return Gallery(PathTable.from_sorted(f"{i:05}.jpg" for i in range(len(rows))), matrix, rows, "tiny")


def with_codes(gallery: Gallery, share: float = 1.0) -> Gallery:
    """The same gallery with codes of the first `share` of the file's rows."""
    coded = encode(gallery.matrix[: round(share * len(gallery.matrix))])
    return Gallery(gallery.paths, gallery.matrix, gallery.rows, gallery.model, gallery.generation, coded)


@pytest.fixture
def always_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small galleries go through the fast pass too, in blocks small enough that there are several."""
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "LARGE_SHARE", 1.0)
    monkeypatch.setattr(scan, "BLOCK_ROWS", 5)
    monkeypatch.setattr(codes, "BLOCK", 6)
    monkeypatch.setattr(scan, "FEW_LEFT", 0)


numbers = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0]),
    st.floats(-100, 100, width=32),
    st.sampled_from([1e-30, 1e-20, 1e20, 3e38, 1e-42, 1 + 2**-23]),
)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Gallery, np.ndarray, int | None, str | None, np.ndarray | None]:
    dimension = draw(st.integers(1, 6))
    row = st.lists(numbers, min_size=dimension, max_size=dimension)
    distinct = draw(st.lists(row, min_size=1, max_size=12))
    # Few distinct vectors, drawn again and again: ties are the rule.
    picks = draw(st.lists(st.integers(0, len(distinct) - 1), min_size=0, max_size=40))
    vectors = np.array([distinct[i] for i in picks], dtype=np.float32).reshape(-1, dimension)
    order = np.array(draw(st.permutations(range(len(picks)))), dtype=np.int64)
    gallery = Gallery(PathTable.from_sorted(f"{i:05}" for i in range(len(picks))), vectors, order, "tiny")
    gallery = draw(st.sampled_from([gallery, with_codes(gallery), with_codes(gallery, 0.6)]))
    query = np.array(draw(st.one_of(row, st.sampled_from(distinct))), dtype=np.float32)
    k = draw(st.one_of(st.none(), st.integers(0, 45)))
    excluded = draw(st.one_of(st.none(), st.sampled_from([f"{i:05}" for i in range(41)])))
    mask = st.lists(st.booleans(), min_size=len(picks), max_size=len(picks))
    allowed = draw(st.one_of(st.none(), mask.map(lambda flags: np.array(flags, dtype=bool))))
    return gallery, query, k, excluded, allowed


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problem=problems())
def test_any_gallery_with_ties_zeros_and_extremes(
    always_scan: None,
    metric: Metric,
    problem: tuple[Gallery, np.ndarray, int | None, str | None, np.ndarray | None],
) -> None:
    gallery, query, k, excluded, allowed = problem
    expected = brute_force(gallery, query, metric, k, excluded, allowed)
    assert listed(nearest(gallery, query, metric, k, exclude=excluded, allowed=allowed)) == expected


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dimension", [1, 3, 64, 257])
@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
@pytest.mark.parametrize("coded", [0.0, 0.7, 1.0])
def test_random_galleries_through_the_fast_pass(metric: Metric, dimension: int, scale: float, coded: float) -> None:
    rng = np.random.default_rng(dimension)
    lengths = rng.uniform(0.1, 10, (3000, 1))
    gallery = scattered_gallery((rng.standard_normal((3000, dimension)) * lengths * scale).astype(np.float32), 7)
    gallery = with_codes(gallery, coded)
    for i in (0, 17):
        query = gallery.vector(i)
        for k in (1, 10, 250):
            expected = brute_force(gallery, query, metric, k, gallery.paths[i], None)
            assert listed(nearest(gallery, query, metric, k, exclude=gallery.paths[i])) == expected


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("coded", [0.0, 1.0])
def test_vectors_that_float32_cannot_tell_apart(metric: Metric, coded: float) -> None:
    """A crowd around the query at distances far below the rounding of float32 products."""
    rng = np.random.default_rng(3)
    centre = rng.standard_normal(96)
    crowd = (centre + rng.standard_normal((4000, 96)) * 1e-6).astype(np.float32)
    gallery, query = with_codes(gallery_of(crowd), coded), centre.astype(np.float32)
    assert listed(nearest(gallery, query, metric, 20)) == brute_force(gallery, query, metric, 20, None, None)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("coded", [0.0, 1.0])
def test_thousands_of_copies_stand_in_order_of_path(metric: Metric, coded: float) -> None:
    rng = np.random.default_rng(4)
    gallery = scattered_gallery(rng.standard_normal((3, 32)).astype(np.float32), 4, copies=3000)
    gallery = with_codes(gallery, coded)
    query = gallery.vector(1)
    found = nearest(gallery, query, metric, 5, exclude=gallery.paths[1])
    twins = np.flatnonzero(gallery.rows == gallery.rows[1])
    assert found.order.tolist() == [i for i in twins.tolist() if i != 1][:5]
    assert listed(found) == brute_force(gallery, query, metric, 5, gallery.paths[1], None)


@pytest.mark.parametrize("metric", METRICS)
def test_a_batch_agrees_with_single_queries_to_the_digit(metric: Metric, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "QUERIES_AT_ONCE", 4)
    rng = np.random.default_rng(6)
    gallery = scattered_gallery(rng.standard_normal((2500, 48)).astype(np.float32), 6, copies=100)
    queries = np.concatenate([gallery.vectors(np.arange(9)), np.zeros((1, 48)), np.full((1, 48), 1e30)])
    queries = queries.astype(np.float32)
    excluded = [gallery.paths[i] for i in range(9)] + [None, "no such photo"]
    allowed = rng.random(2600) < 0.7
    coded = with_codes(gallery, 0.9)
    for k in (1, 50):
        batch = nearest_batch(gallery, queries, metric, k, exclude=excluded, allowed=allowed)
        for query, path, found in zip(queries, excluded, batch, strict=True):
            assert listed(found) == listed(nearest(gallery, query, metric, k, exclude=path, allowed=allowed))
            assert listed(found) == listed(nearest(coded, query, metric, k, exclude=path, allowed=allowed))
            assert listed(found) == brute_force(gallery, query, metric, k, path, allowed)


@pytest.mark.parametrize("metric", METRICS)
def test_a_filter_comes_before_the_choice_of_the_nearest(metric: Metric) -> None:
    rng = np.random.default_rng(8)
    gallery = gallery_of(rng.standard_normal((5000, 16)))
    query = gallery.vector(0)
    far = all_distances(gallery, query, metric) > np.float32(0.9)
    found = nearest(gallery, query, metric, 30, allowed=far)
    assert listed(nearest(with_codes(gallery), query, metric, 30, allowed=far)) == listed(found)
    assert len(found) == 30
    assert listed(found) == brute_force(gallery, query, metric, 30, None, far)
    assert list(nearest(gallery, query, metric, 30, allowed=np.zeros(5000, dtype=bool))) == []


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [None, 0, 3, 10_000])
def test_all_photos_where_k_says_so(metric: Metric, k: int | None) -> None:
    gallery = gallery_of([[1, 0], [0, 1], [-1, 0]])
    found = nearest(gallery, np.array([1, 0.1], dtype=np.float32), metric, k)
    assert [match.path for match in found] == ["00000.jpg", "00001.jpg", "00002.jpg"]
    assert [match.rank for match in found] == [1, 2, 3]
    assert (found.metric, found.model) == (metric, "tiny")


@pytest.mark.parametrize("metric", METRICS)
def test_an_empty_library_and_one_photo(metric: Metric) -> None:
    query = np.array([1, 2], dtype=np.float32)
    empty = gallery_of(np.empty((0, 2)))
    assert list(nearest(empty, query, metric, 5)) == []
    assert all_distances(empty, query, metric).shape == (0,)
    assert list(nearest_batch(empty, np.empty((0, 2), dtype=np.float32), metric, 5)) == []
    one = gallery_of([[2, 4]])
    assert [match.path for match in nearest(one, query, metric, 5)] == ["00000.jpg"]
    assert list(nearest(one, query, metric, 5, exclude="00000.jpg")) == []


@pytest.mark.parametrize("metric", METRICS)
def test_zero_vectors_are_found_where_they_belong(metric: Metric) -> None:
    rng = np.random.default_rng(9)
    rows = rng.standard_normal((2000, 8)).astype(np.float32)
    rows[::100] = 0
    gallery = gallery_of(rows)
    for query in (np.zeros(8, dtype=np.float32), rows[1]):
        for k in (5, 150):
            expected = brute_force(gallery, query, metric, k, None, None)
            assert listed(nearest(gallery, query, metric, k)) == expected
            assert listed(nearest(with_codes(gallery), query, metric, k)) == expected


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads_gives_the_same(metric: Metric, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "PRODUCTS_A_THREAD", 1000)
    monkeypatch.setattr(scan, "CODED_A_THREAD", 1000)
    monkeypatch.setattr(codes, "BLOCK", 500)
    monkeypatch.setattr(scan, "BLOCK_ROWS", 300)
    monkeypatch.setattr(scan, "cores", lambda: threads)
    monkeypatch.setattr(search, "cores", lambda: threads)
    rng = np.random.default_rng(11)
    gallery = gallery_of(rng.standard_normal((5000, 24)))
    queries = np.concatenate([gallery.vectors(np.arange(4960, 5000)), np.zeros((1, 24), dtype=np.float32)])
    expected = [brute_force(gallery, query, metric, 40, None, None) for query in queries]
    assert [listed(found) for found in nearest_batch(gallery, queries, metric, 40)] == expected
    assert listed(nearest(with_codes(gallery), queries[0], metric, 40)) == expected[0]


def test_gaps_between_the_wanted_rows_are_read_or_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second, every tenth and an unbroken run of the rows, as other libraries and filters leave them."""
    monkeypatch.setattr(codes, "BLOCK", 1000)
    rng = np.random.default_rng(12)
    matrix = rng.standard_normal((20_000, 8)).astype(np.float32)
    for rows in (
        np.arange(0, 20_000, 2),
        np.arange(0, 20_000, 10),
        np.arange(0, 20_000, 90),
        np.arange(5000, 9000),
        np.arange(4000).repeat(2),
    ):
        gallery = Gallery(PathTable.from_sorted(f"{i:05}" for i in range(len(rows))), matrix, rows, "tiny")
        query = gallery.vector(77)
        expected = brute_force(gallery, query, Metric.EUCLIDEAN, 9, None, None)
        for coded in (0.0, 0.4, 1.0):
            assert listed(nearest(with_codes(gallery, coded), query, Metric.EUCLIDEAN, 9)) == expected


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("metric", METRICS)
def test_a_query_that_is_not_finite_is_refused(value: float, metric: Metric) -> None:
    gallery, query = gallery_of([[1, 0], [0, 1]]), np.array([1, value], dtype=np.float32)
    for search_once in (nearest, all_distances):
        with pytest.raises(ValueError, match="not finite"):
            search_once(gallery, query, metric, *([3] if search_once is nearest else []))
    with pytest.raises(ValueError, match="not finite"):
        nearest_batch(gallery, query[None], metric, 3)


def test_what_does_not_fit_is_refused() -> None:
    gallery, query = gallery_of([[1, 0], [0, 1]]), np.array([1, 0], dtype=np.float32)
    with pytest.raises(ValueError, match="2 numbers"):
        nearest(gallery, np.ones(3, dtype=np.float32), Metric.COSINE, 1)
    with pytest.raises(ValueError, match="-1"):
        nearest(gallery, query, Metric.COSINE, -1)
    with pytest.raises(ValueError, match="filter"):
        nearest(gallery, query, Metric.COSINE, 1, allowed=np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="filter"):
        nearest(gallery, query, Metric.COSINE, 1, allowed=np.array([0, 1]))
    with pytest.raises(ValueError, match="exclude"):
        nearest_batch(gallery, query[None], Metric.COSINE, 1, exclude=[])


@pytest.mark.parametrize("metric", METRICS)
def test_all_distances_are_those_of_the_ranking(metric: Metric) -> None:
    rng = np.random.default_rng(10)
    gallery = scattered_gallery(rng.standard_normal((5000, 12)).astype(np.float32), 10)
    query = rng.standard_normal(12).astype(np.float32)
    ranking = nearest(gallery, query, metric, None)
    assert all_distances(gallery, query, metric)[ranking.order].tolist() == ranking.distances.astype("f4").tolist()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dimension", [2, 128, 1000])
def test_no_estimate_leaves_its_bound(metric: Metric, dimension: int) -> None:
    """The margin is a promise about every score, not only about those near the k-th place."""
    rng = np.random.default_rng(dimension)
    rows = (rng.uniform(-1, 1, (500, dimension)) * 10 ** rng.uniform(-2, 2, (500, 1))).astype(np.float32)
    queries = np.concatenate([rows[:5] * np.float32(1.1), rng.standard_normal((5, dimension)).astype(np.float32)])
    for asked in (queries, np.tile(queries, (dimension, 1))[: dimension + 1]):  # fewer and more than numbers in a row
        lengths = lengths_of(asked)
        table = np.empty((len(asked), 600), dtype=np.float32)
        scores, errors, safe = scan.estimate(rows, asked, lengths, metric, table)
        assert safe.all()
        for query, score, error in zip(asked, scores, errors, strict=True):
            distance, length = pairwise_distance(rows, query, metric), np.linalg.norm(query.astype(np.float64))
            true = (1 - distance) * length if metric is Metric.COSINE else (length**2 - distance**2) / 2
            assert (np.abs(score - true) <= error).all()
            assert error <= 1e-3 * (length if metric is Metric.COSINE else (length + lengths_of(rows).max()) ** 2)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("k", [1, 7, 300, None])
def test_many_at_once_are_the_same_to_the_digit(metric: Metric, k: int | None) -> None:
    """Long lists and short ones, a query with no photo of its own, and one that points nowhere."""
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((1500, 24)).astype(np.float32)
    vectors[7] = vectors[3]
    gallery = Gallery.from_arrays([f"{i:04}.jpg" for i in range(1500)], vectors, "tiny")
    queries = vectors[:40].copy()
    queries[5] = 0
    own = np.arange(40)
    own[9] = -1
    found = nearest_columns(gallery, queries, metric, k, own)
    ends = np.cumsum(found.lengths).tolist()
    for number, (start, stop) in enumerate(zip([0, *ends], ends, strict=False)):
        path = None if number == 9 else gallery.paths[number]
        expected = nearest(gallery, queries[number], metric, k, exclude=path)
        assert found.order[start:stop].tolist() == expected.order.tolist()
        assert found.distances[start:stop].tolist() == expected.distances.tolist()
        exact = pairwise_distance(gallery.vectors(expected.order), queries[number], metric)
        assert exact.tolist() == expected.distances.tolist()
    limit = float(np.median(found.distances))
    near = found.within(limit)
    assert near.distances.tolist() == found.distances[found.distances <= limit].tolist()
    assert int(near.lengths.sum()) == len(near.order)
    assert found.within(None) is found


def test_a_query_without_a_result_within_the_distance_keeps_its_place() -> None:
    columns = Columns(np.array([2, 1]), np.array([0, 1, 2]), np.array([0.1, 0.5, 0.9]))
    near = columns.within(0.3)
    assert near.lengths.tolist() == [1, 0]
    assert near.order.tolist() == [0]

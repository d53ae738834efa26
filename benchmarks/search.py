"""Exact search against numpy in float32 and faiss's flat indexes: one query at 100,000 and a million photos, and 1,000.

`python -m benchmarks.search [--json] [--photos N]...` needs the extra `bench`. The vectors are random: 2,000 clusters,
256 numbers, lengths of 0.5 to 2. Both sides have them in the page cache; numpy and faiss may prepare what they like
beforehand (unit vectors, squared lengths), as the index keeps its 8-bit codes.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

# Read by OpenMP when faiss is loaded: threads that spin while they wait would take the cores from whoever is next.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from numpy.typing import NDArray

from benchmarks.ratio import Result, compared, parser, report, take_turns
from engine.codes import Codes, extended
from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance
from engine.path_table import PathTable
from engine.search import nearest, nearest_batch
from engine.snapshot import read_snapshot, write_snapshot

DIMENSION = 256
CLUSTERS = 2000
TOP = 100
SIZES = (100_000, 1_000_000)
BATCH_SIZE, BATCH_QUERIES = 100_000, 1000
BAR_NUMPY, BAR_FAISS, BAR_BATCH = 0.6, 0.5, 1.1
CHECKED = 3  # queries whose answers are checked against float64

Vectors = NDArray[np.float32]


def made_gallery(folder: Path, photos: int) -> tuple[Gallery, Vectors]:
    """A gallery over memory-mapped files, as the index opens it, and queries that resemble its photos."""
    rng = np.random.default_rng(photos)
    centres = rng.standard_normal((CLUSTERS, DIMENSION), dtype=np.float32)

    def drawn(count: int) -> Vectors:
        rows = centres[rng.integers(0, CLUSTERS, count)]
        rows += rng.standard_normal((count, DIMENSION), dtype=np.float32)
        rows *= rng.uniform(0.5, 2, (count, 1)).astype(np.float32) / np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    matrix = np.memmap(folder / "vectors", np.float32, "w+", shape=(photos, DIMENSION))
    for start in range(0, photos, 50_000):
        matrix[start : start + 50_000] = drawn(min(50_000, photos - start))
    write_snapshot(folder / "codes", {}, extended(matrix, None))
    arrays = read_snapshot(folder / "codes", {})
    assert arrays is not None
    paths = PathTable.from_sorted(f"{i:08}.jpg" for i in range(photos))
    rows = np.arange(photos, dtype=np.int64)
    return Gallery(paths, np.asarray(matrix), rows, "random", codes=Codes.from_arrays(arrays)), drawn(BATCH_QUERIES)


def numpy_search(matrix: Vectors, metric: Metric) -> Callable[[Vectors], NDArray[np.int64]]:
    """The k nearest by one float32 product and argpartition."""
    cosine = metric is Metric.COSINE
    squares = np.einsum("nd,nd->n", matrix, matrix)
    held = matrix / np.sqrt(squares)[:, None] if cosine else matrix.copy()

    def search(query: Vectors) -> NDArray[np.int64]:
        keys = held @ (query / np.linalg.norm(query) if cosine else query)
        keys = -keys if cosine else squares - 2 * keys
        best = np.argpartition(keys, TOP)[:TOP]
        return best[np.argsort(keys[best])]

    return search


def faiss_search(matrix: Vectors, metric: Metric) -> Callable[[Vectors], NDArray[np.int64]]:
    """faiss's exact index, for one query [D] or several [Q, D]."""
    import faiss

    cosine = metric is Metric.COSINE
    index = faiss.IndexFlatIP(DIMENSION) if cosine else faiss.IndexFlatL2(DIMENSION)
    index.add(matrix / np.linalg.norm(matrix, axis=1, keepdims=True) if cosine else matrix)

    def search(queries: Vectors) -> NDArray[np.int64]:
        queries = np.atleast_2d(queries)
        if cosine:
            queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
        return index.search(queries, TOP)[1]

    return search


def check(gallery: Gallery, queries: Vectors, metric: Metric) -> None:
    """The answers are the first in float64, all of them: recall@100 is 1, and the order is right too."""
    for query in queries[:CHECKED]:
        distances = np.concatenate(
            [
                pairwise_distance(gallery.matrix[start : start + 20_000], query, metric)
                for start in range(0, len(gallery), 20_000)
            ]
        )
        true = np.argsort(distances, kind="stable")[:TOP]
        assert np.array_equal(nearest(gallery, query, metric, TOP).order, true), "the search is not exact"


def one_query(gallery: Gallery, queries: Vectors, metric: Metric, rounds: int) -> Iterator[Result]:
    """One query at a time, another one each time."""
    check(gallery, queries, metric)
    asked = iter(np.tile(queries, (10, 1)))
    numpy_way, faiss_way = numpy_search(gallery.matrix, metric), faiss_search(gallery.matrix, metric)
    seconds = take_turns(
        {
            "ours": lambda: nearest(gallery, next(asked), metric, TOP),
            "numpy": lambda: numpy_way(next(asked)),
            "faiss": lambda: faiss_way(next(asked)),
        },
        rounds,
    )
    name = f"1 query, {len(gallery):,} photos, {metric}"
    yield compared(name, seconds["ours"], "numpy float32", seconds["numpy"], BAR_NUMPY, f"recall@{TOP} 1")
    flat = "faiss IndexFlatIP" if metric is Metric.COSINE else "faiss IndexFlatL2"
    yield compared(name, seconds["ours"], flat, seconds["faiss"], BAR_FAISS)


def many_queries(gallery: Gallery, queries: Vectors, rounds: int) -> Result:
    """All queries in one call."""
    faiss_way = faiss_search(gallery.matrix, Metric.COSINE)
    seconds = take_turns(
        {
            "ours": lambda: list(nearest_batch(gallery, queries, Metric.COSINE, TOP)),
            "faiss": lambda: faiss_way(queries),
        },
        rounds,
    )
    name = f"{len(queries):,} queries at once, {len(gallery):,} photos, cosine"
    return compared(name, seconds["ours"], "faiss IndexFlatIP", seconds["faiss"], BAR_BATCH)


def main() -> int:
    options = parser(__doc__.partition("\n")[0])
    options.add_argument("--photos", type=int, action="append", help="sizes to measure (default 100000 and 1000000)")
    args = options.parse_args()
    results: list[Result] = []
    for photos in args.photos or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            gallery, queries = made_gallery(Path(folder), photos)
            for metric in Metric:
                results += one_query(gallery, queries, metric, args.rounds)
            if photos == BATCH_SIZE:
                results.append(many_queries(gallery, queries, args.rounds))
            del gallery
    return report("search", results, args.json)


if __name__ == "__main__":
    sys.exit(main())

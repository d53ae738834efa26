"""What a cluster costs and gives: Ray's share of each photo, and a million vectors in Milvus beside the embedded index.

`python -m benchmarks.cluster [--part NAME]... [--vectors N] [--photos FOLDER] [--json]` needs the extras `cluster` and
`dev`. The parts:

- `overhead`: photos embedded by Ray's workers, against the plain indexing on the same cores. Both are timed with few
  and with many photos; what counts is the time of a further photo, for a start of some seconds is no cost of a photo
- `vectors`: clustered vectors of 256 numbers in a Milvus server of this machine (the PyPI package): how fast they are
  written, then single searches one after another, with the exact search of the embedded index beside them
- `archive`, if `--photos` names some: folders of photos, one a label, indexed through Ray into Milvus while a
  worker is killed and the server restarted, then exported and evaluated there and with the embedded index
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.cluster_archive import archive
from benchmarks.photos import small_photos
from benchmarks.ratio import Result, parser, report
from benchmarks.search import DIMENSION, made_gallery
from engine.cluster.pipeline import Cluster, Job
from engine.cluster.source import open_source
from engine.cluster.worker import ModelFiles
from engine.embedder import open_embedder
from engine.gallery import Gallery
from engine.indexer import index
from engine.metric import Metric
from engine.results import ImageFile
from engine.search import nearest
from engine.spec import ModelSpec, bundled_folder, find_model
from engine.store import Store
from engine.threads import cores
from engine.vector_store import StoreAddress, StoredPhoto, VectorStore, open_vector_store

PARTS = ("overhead", "vectors", "archive")
FEW, MANY = 256, 2304  # photos: whole batches for two workers
MODEL = "simple-cnn"  # the fastest that comes along: what Ray adds weighs most with it
TOP = 10
WRITTEN_AT_ONCE = 10_000
WARM, ASKED = 100, 1000  # queries
INDEX_SECONDS = 3600.0
BAR_OVERHEAD, BAR_RECALL = 1.15, 0.98


def overhead(scratch: Path, model: str, rounds: int) -> Result:
    """Ray against the plain indexing, in turns."""
    words = small_photos(scratch / "photos", MANY)
    source = open_source(str(scratch / "photos"))
    files = [item for item in source.listing() if isinstance(item, ImageFile)]
    few = scratch / "few"
    for file in files[:FEW]:
        (few / file.path).parent.mkdir(parents=True, exist_ok=True)
        (few / file.path).hardlink_to(scratch / "photos" / file.path)
    spec = find_model(model, [bundled_folder()])
    ours, plain = [], []
    with Cluster(Job(source, ModelFiles.of(spec)), workers=cores()) as cluster:
        _by_ray(cluster, files[:FEW])
        for _ in range(rounds):
            ours.append(_a_further(lambda count: _by_ray(cluster, files[:count])))
            plain.append(_a_further(lambda count: _plainly(scratch, few if count == FEW else scratch / "photos", spec)))
    ratio = median(mine / theirs for mine, theirs in zip(ours, plain, strict=True))
    return Result(
        f"a further photo by Ray, {model}",
        "plain indexing",
        median(ours) * 1e3,
        median(plain) * 1e3,
        "ms",
        ratio,
        BAR_OVERHEAD,
        note=f"{words}, {cores()} workers of a core each; {1 / median(ours):.1f} and {1 / median(plain):.1f} photos/s",
    )


def _a_further(taken: Callable[[int], float]) -> float:
    """Seconds for one photo more, from runs over few and over many."""
    return (taken(MANY) - taken(FEW)) / (MANY - FEW)


def _by_ray(cluster: Cluster, files: Sequence[ImageFile]) -> float:
    began = time.perf_counter()
    outcomes = [outcome for some in cluster.run(files) for outcome in some]
    taken = time.perf_counter() - began
    assert len(outcomes) == len(files)
    assert all(outcome.reason is None for outcome in outcomes)
    cluster.forget()
    return taken


def _plainly(scratch: Path, root: Path, spec: ModelSpec) -> float:
    embedder = open_embedder(spec)
    with tempfile.TemporaryDirectory(dir=scratch) as data, Store(Path(data)) as store:
        began = time.perf_counter()
        for _ in index(store, root, [embedder]):
            pass
        return time.perf_counter() - began


def vectors(scratch: Path, count: int) -> list[Result]:
    """A Milvus server of this machine, written and asked through the engine's own store."""
    from tests.milvus_server import MilvusProcess

    gallery, queries = made_gallery(scratch, count)
    (scratch / "milvus").mkdir()
    server = MilvusProcess(scratch / "milvus")
    server.start()
    try:
        address = StoreAddress.parse(server.address)
        spec = replace(find_model(MODEL, [bundled_folder()]), embedding_size=DIMENSION, metric=Metric.COSINE)
        store = open_vector_store(address, spec, create=True)
        assert store is not None
        began = time.perf_counter()
        _write(store, gallery)
        store.flush()
        written = time.perf_counter() - began
        _wait_for_index(address, spec, count)
        indexed = time.perf_counter() - began
        return _asked(store, gallery, queries, f"written in {written:.0f} s, indexed in {indexed:.0f} s")
    finally:
        server.stop()


def _write(store: VectorStore, gallery: Gallery) -> None:
    for start in range(0, len(gallery), WRITTEN_AT_ONCE):
        block = np.asarray(gallery.matrix[start : start + WRITTEN_AT_ONCE])
        store.add(
            [
                StoredPhoto(_content(number), (ImageFile(gallery.paths[number], number, number),), vector)
                for number, vector in enumerate(block, start)
            ]
        )


def _wait_for_index(address: StoreAddress, spec: ModelSpec, count: int) -> None:
    """Until every vector is in the HNSW index: before that, Milvus looks at some one by one."""
    from pymilvus import MilvusClient

    client = MilvusClient(uri=address.uri)
    name = address.collection_of(spec)
    deadline = time.monotonic() + INDEX_SECONDS
    client.compact(name)
    while time.monotonic() < deadline:
        time.sleep(2)
        state = client.describe_index(name, "vector")
        if int(state["pending_index_rows"]) == 0 and int(state["indexed_rows"]) >= count:
            client.refresh_load(name)
            client.close()
            return
    raise TimeoutError(f"the index of {count:,} vectors is not built after {INDEX_SECONDS:.0f} s")


def _asked(store: VectorStore, gallery: Gallery, queries: np.ndarray, note: str) -> list[Result]:
    wanted = queries[np.arange(WARM + ASKED) % len(queries)]
    times: dict[str, list[float]] = {"milvus": [], "embedded": []}
    hits = 0
    for number, query in enumerate(wanted):
        began = time.perf_counter()
        found = store.search(query[None], Metric.COSINE, TOP)[0]
        between = time.perf_counter()
        ranking = nearest(gallery, query, Metric.COSINE, TOP)
        ended = time.perf_counter()
        if number < WARM:
            continue
        times["milvus"].append(between - began)
        times["embedded"].append(ended - between)
        hits += len({int.from_bytes(content, "big") for content in found.contents} & set(ranking.order.tolist()))
    count, recall = len(gallery), hits / (TOP * ASKED)
    results = [
        Result(
            f"recall@{TOP} of {count:,} vectors in Milvus", "exact", recall, 1.0, "", recall, BAR_RECALL, False, note
        )
    ]
    for percent in (50, 99):
        both = [float(np.percentile(times[name], percent)) * 1e3 for name in ("milvus", "embedded")]
        name = f"p{percent} of a search among {count:,} in Milvus"
        results.append(Result(name, "embedded index, exact", *both, "ms", both[0] / both[1], float("inf")))
    return results


def _content(number: int) -> bytes:
    return number.to_bytes(16, "big")


def main() -> int:
    """Measure the parts that were asked for, by default all that can be."""
    options = parser(__doc__.partition("\n")[0])
    options.set_defaults(rounds=3)
    options.add_argument("--part", action="append", choices=PARTS, help="what to measure (default: all)")
    options.add_argument("--vectors", type=int, default=1_000_000, help="how many (default %(default)s)")
    options.add_argument("--model", default=MODEL, help="what photos are embedded with (default %(default)s)")
    options.add_argument("--photos", type=Path, help="folders of photos, one a label, for `archive`")
    options.add_argument("--scratch", type=Path, help="folder for photos and servers (default: the system's)")
    args: argparse.Namespace = options.parse_args()
    results: list[Result] = []
    if args.photos is None and "archive" in (args.part or ()):
        options.error("--part archive needs --photos")
    for part in args.part or [one for one in PARTS if one != "archive" or args.photos]:
        with tempfile.TemporaryDirectory(dir=args.scratch) as folder:
            if part == "overhead":
                results.append(overhead(Path(folder), args.model, args.rounds))
            elif part == "archive":
                results += archive(Path(folder), args.photos.resolve(), args.model)
            else:
                results += vectors(Path(folder), args.vectors)
    return report("cluster", results, args.json)


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    sys.exit(main())

"""`cluster-index` as its users run it: a real Ray cluster of two workers, a real Milvus server (the PyPI package
`milvus`), and what may go wrong between them."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.embedder import open_embedder
from engine.errors import VectorStoreError
from engine.gallery import Gallery
from engine.indexer import index
from engine.metric import Metric, pairwise_distance
from engine.search import nearest
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from engine.vector_store import StoreAddress, VectorStore, open_vector_store, read_token
from tests.conftest import CLASSES, draw_photo
from tests.milvus_server import MilvusProcess
from tests.ray_cluster import RayProcess, ray_process, worker_pids

__all__ = ["ray_process"]

# Minutes with the start of Ray and Milvus, and things must be caught while they run: `pytest -m slow` takes them.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
PICTURES, VARIANTS = 20, 16  # enough for some seconds on a fast machine, of which the first two write nothing
AWAY_SECONDS = 12.0  # longer than a call to the server is given
PATIENCE = 240  # seconds; some 20 on a machine with nothing else to do


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """320 photos that take a while to decode: 20 large progressive JPEGs, each in 16 files with other bytes behind it.
    Two more are copies, and one is none."""
    root = tmp_path_factory.mktemp("archive")
    for number in range(PICTURES):
        picture = draw_photo(list(CLASSES)[number % len(CLASSES)], number).resize((2400, 1800))
        held = io.BytesIO()
        picture.save(held, "JPEG", quality=85, progressive=True)
        for variant in range(VARIANTS):
            file = root / f"{variant}" / f"{number:02}.jpg"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(held.getvalue() + bytes([variant]))
    for name in ("0/copy.jpg", "zzz.jpg"):
        (root / name).write_bytes((root / "5/19.jpg").read_bytes())
    (root / "3/broken.jpg").write_text("no picture")
    return root


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


@pytest.fixture
def address(milvus_process: MilvusProcess) -> str:
    return milvus_process.address


Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run(spec: ModelSpec, data_dir: Path) -> Iterator[Run]:
    """Starts the command; whatever still runs at the end is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(source: str | Path, store: str, *options: str) -> "subprocess.Popen[str]":
        command = [
            sys.executable,
            "-W",
            "ignore",
            str(ROOT / "main.py"),
            "cluster-index",
            str(source),
            "--store",
            store,
        ]
        command += ["--model", "tiny", "--models-dir", str(spec.path.parent), "--data-dir", str(data_dir), "--json"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        process = subprocess.Popen(
            [*command, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def answer(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What the command said, when it is done."""
    out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(out)
    return found


def wait_until(so_far: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + PATIENCE
    while not so_far():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def embedded_gallery(root: Path, spec: ModelSpec, data_dir: Path) -> Gallery:
    with Store(data_dir) as store:
        for _ in index(store, root, [open_embedder(spec)]):
            pass
        return store.library(root).gallery(spec)


def check_same(store: VectorStore, gallery: Gallery) -> None:
    """The server has the photos that the embedded index has, with the same vectors, and finds the same."""
    files = {file.path: photo.content for block in store.photos() for photo in block for file in photo.files}
    assert sorted(files) == list(gallery.paths)
    found, wanted = 0, 0
    for position in range(0, len(gallery), 5):
        query = gallery.matrix[gallery.rows[position]]
        hits = store.search(query[None], Metric.COSINE, 10)[0]
        exact = nearest(gallery, query, Metric.COSINE, 10 + 2)  # two are copies of another one
        vectors = store.vectors(hits.contents)
        np.testing.assert_allclose(hits.distances, pairwise_distance(vectors, query, Metric.COSINE), atol=1e-3)
        near = list(dict.fromkeys(files[match.path] for match in exact))[:10]
        furthest = max(match.distance for match in exact if files[match.path] in near) + 1e-6
        found += sum(distance <= furthest for distance in hits.distances)
        wanted += len(near)
    assert found >= 0.98 * wanted
    own = store.get(gallery.paths[7])
    assert own is not None
    assert own.vector is not None
    np.testing.assert_allclose(own.vector, gallery.matrix[gallery.rows[7]], atol=1e-5)


def opened(address: str, spec: ModelSpec) -> VectorStore:
    store = open_vector_store(StoreAddress.parse(address, read_token()), spec, create=False)
    assert store is not None
    return store


def count(address: str, spec: ModelSpec) -> int:
    """Contents in the store so far; 0 where there is none yet, or none that is ready."""
    try:
        store = open_vector_store(StoreAddress.parse(address, read_token()), spec)
    except VectorStoreError:
        return 0
    if store is None:
        return 0
    try:
        return store.count()
    finally:
        store.close()


@pytest.fixture
def own_server(tmp_path: Path, milvus_process: MilvusProcess) -> Iterator[MilvusProcess]:
    """A server that a test may end; after `milvus_process`, which says whether there can be one, and sets the token."""
    made = MilvusProcess(tmp_path / "own", session_seconds=45, authorization_enabled=True)
    (tmp_path / "own").mkdir()
    made.start()
    yield made
    made.stop()


def hangs(server: MilvusProcess) -> None:
    server.pause()
    time.sleep(AWAY_SECONDS)
    server.go_on()


def is_restarted(server: MilvusProcess) -> None:
    server.end()
    time.sleep(AWAY_SECONDS)
    server.start()


@pytest.mark.parametrize("fails", [hangs, is_restarted])
def test_a_worker_dies_and_the_server_fails_and_the_result_is_that_of_the_embedded_index(
    run: Run,
    archive: Path,
    own_server: MilvusProcess,
    spec: ModelSpec,
    ray_process: RayProcess,
    tmp_path: Path,
    fails: Callable[[MilvusProcess], None],
) -> None:
    address = own_server.address
    process = run(archive, address, "--ray", ray_process.address)
    wait_until(lambda: count(address, spec) > 0, process)
    victims = worker_pids()
    assert victims, "the workers are done already"
    os.kill(victims[0], signal.SIGKILL)
    fails(own_server)
    report = answer(process)
    assert [file["path"] for file in report["skipped"]] == ["3/broken.jpg"]
    assert (report["images"], report["embedded"], report["workers"]) == (
        PICTURES * VARIANTS + 2,
        PICTURES * VARIANTS,
        2,
    )
    store = opened(address, spec)
    check_same(store, embedded_gallery(archive, spec, tmp_path / "embedded"))
    store.close()
    again = answer(run(archive, address, "--ray", ray_process.address))
    assert (again["images"], again["embedded"], again["unchanged"]) == (
        PICTURES * VARIANTS + 2,
        0,
        PICTURES * VARIANTS + 2,
    )


def test_a_job_that_is_killed_goes_on_and_embeds_nothing_twice(
    run: Run, archive: Path, address: str, spec: ModelSpec
) -> None:
    process = run(archive, address)
    wait_until(lambda: count(address, spec) > 0, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    written = count(address, spec)
    assert 0 < written < PICTURES * VARIANTS
    report = answer(run(archive, address))
    assert report["embedded"] == PICTURES * VARIANTS - written
    assert report["images"] == PICTURES * VARIANTS + 2
    assert count(address, spec) == PICTURES * VARIANTS


@pytest.mark.parametrize("kind", ["nobody", "somebody else", "nonsense"])
def test_a_wrong_address_of_a_cluster_is_said_within_ten_seconds(
    run: Run, photo_folder: Path, address: str, milvus_process: MilvusProcess, kind: str, start_seconds: float
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        places = {
            "nobody": f"127.0.0.1:{closed.getsockname()[1]}",
            "somebody else": f"127.0.0.1:{milvus_process.port}",
            "nonsense": "not an address",
        }
        said = failure(run(photo_folder, address, "--ray", places[kind]), start_seconds)
    assert "Ray" in said


@pytest.mark.parametrize(
    ("source", "store", "reason"),
    [
        ("nothing/here", None, "does not exist"),
        ("memory://nothing/here", None, "no such folder"),
        ("nonsense://bucket", None, "Protocol not known"),
        (None, "milvus://127.0.0.1:1/archive", "does not answer"),
        (None, "elsewhere", "milvus://HOST:PORT/COLLECTION"),
    ],
)
def test_what_cannot_be_reached_is_said_within_ten_seconds(
    run: Run, photo_folder: Path, address: str, source: str | None, store: str | None, reason: str, start_seconds: float
) -> None:
    assert reason in failure(run(source or photo_folder, store or address), start_seconds)


@pytest.fixture(scope="module")
def start_seconds() -> float:
    """What it takes to import the packages of the extra `cluster`, before anybody can be asked."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-W", "ignore", "-c", "import ray.data, pymilvus, onnxruntime"], check=True)
    return time.monotonic() - began


def failure(process: "subprocess.Popen[str]", start_seconds: float) -> str:
    """The one line that the command says before it ends."""
    began = time.monotonic()
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode in (1, 2), errors
    assert len(errors.splitlines()) == 1, errors
    assert time.monotonic() - began - start_seconds < 10
    return errors


def test_a_collection_of_other_photos_is_not_touched(
    run: Run, photo_folder: Path, archive: Path, address: str, start_seconds: float
) -> None:
    report = answer(run(photo_folder, address))
    assert report["images"] == 24
    assert "choose another collection" in failure(run(archive, address), start_seconds)

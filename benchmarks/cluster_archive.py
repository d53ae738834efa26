"""A whole archive by Ray into Milvus: a worker is killed and the server restarted; beside the embedded index."""

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.ratio import Result
from engine.errors import VectorStoreError
from engine.spec import ModelSpec, bundled_folder, find_model
from engine.vector_store import StoreAddress, open_vector_store, read_token

ROOT = Path(__file__).resolve().parent.parent
TOP, QUERIES = 10, 300
AWAY_SECONDS = 10.0  # that the server is switched off
PATIENCE_SECONDS = 1800.0
# After so long without a sign of itself the server takes itself for dead; a restarted one waits as long for its past.
SESSION_SECONDS = 60
BATCH = 256  # files that a worker takes at a time
BAR_RECALL, BAR_DISTANCE = 0.98, 1e-3

Row = tuple[str, str]  # the query, and a result


def archive(scratch: Path, photos: Path, model: str) -> list[Result]:
    """Index `photos` through a cluster; a worker is killed at a third of them, the server restarted at two thirds. Then
    export and evaluate there and with the embedded index. Raises AssertionError where the reports
    do not fit together."""
    from tests.milvus_server import ROOT_TOKEN, TOKEN, MilvusProcess
    from tests.ray_cluster import RayProcess, worker_pids

    os.environ[TOKEN] = ROOT_TOKEN
    spec = find_model(model, [bundled_folder()])
    (scratch / "milvus").mkdir()
    server = MilvusProcess(scratch / "milvus", session_seconds=SESSION_SECONDS, authorization_enabled=True)
    server.start()
    address = server.address
    ray = None
    try:
        ray = RayProcess(2)
        embedded = _Desk(scratch / "embedded", photos, model)
        served = _Desk(scratch / "served", photos, model, address)
        plain = embedded.run("index", str(photos))
        total = int(plain["images"])

        def kill_a_worker() -> None:
            os.kill(worker_pids()[0], signal.SIGKILL)

        def restart_the_server() -> None:
            server.end()
            time.sleep(AWAY_SECONDS)
            server.start()

        job = served.start("cluster-index", str(photos), "--ray", ray.address)
        _when(job, address, spec, total // 3, kill_a_worker)
        _when(job, address, spec, 2 * total // 3, restart_the_server)
        report = served.answer(job)
        again = served.run("cluster-index", str(photos), "--ray", ray.address)
        _check_report(plain, report, again)
        note = (
            f"{total:,} photos, {report['embedded']:,} vectors by {report['workers']} workers, one of them killed, in "
            f"{report['seconds']:.0f} s with the server started again; the next run embedded "
            f"{again['embedded']} in {again['seconds']:.0f} s; the plain indexing took {plain['seconds']:.0f} s"
        )
        return [*_exported(embedded, served, note), _evaluated(embedded, served)]
    finally:
        if ray is not None:
            ray.stop()
        server.stop()


class _Desk:
    """The command line with an index of its own, and perhaps a server."""

    def __init__(self, data: Path, photos: Path, model: str, address: str | None = None) -> None:
        self.photos = photos
        self.data = data
        self._common = ["--data-dir", str(data), "--json"] + (["--store", address] if address else [])
        self._model = ["--model", model]

    def start(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-W", "ignore", str(ROOT / "main.py"), *words, *self._model, *self._common]
        # What it says of its progress goes where this program's own words go.
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def answer(self, process: "subprocess.Popen[str]") -> Any:
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, f"{process.args} ended with {process.returncode}"
        return json.loads(out)

    def run(self, *words: str) -> Any:
        return self.answer(self.start(*words))


def _when(job: "subprocess.Popen[str]", address: str, spec: ModelSpec, photos: int, act: Callable[[], None]) -> None:
    """Do something when the server has so many photos."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _count(address, spec) < photos:
        assert job.poll() is None, "the job was over before anything could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.2)
    act()


def _count(address: str, spec: ModelSpec) -> int:
    with contextlib.suppress(VectorStoreError):
        store = open_vector_store(StoreAddress.parse(address, read_token()), spec)
        if store is not None:
            with contextlib.closing(store):
                return store.count()
    return 0


def _check_report(plain: Any, report: Any, again: Any) -> None:
    assert report["images"] == plain["images"], (report["images"], plain["images"])
    # A batch of a lost worker is embedded again, and so may be copies of a photo that two workers meet at one time;
    # `again` shows that each is there once.
    second_time = report["embedded"] - plain["embedded"]
    assert 0 <= second_time <= 2 * BATCH, (report["embedded"], plain["embedded"])
    assert report["skipped"] == plain["skipped"]
    assert (again["embedded"], again["unchanged"]) == (0, plain["images"])


def _exported(embedded: _Desk, served: _Desk, note: str) -> list[Result]:
    """The rankings of some photos, evenly taken, as `export` writes them, from both."""
    paths = sorted(file.relative_to(embedded.photos).as_posix() for file in embedded.photos.rglob("*.jpg"))
    asked = embedded.data.parent / "queries.txt"
    asked.write_text("\n".join(str(embedded.photos / path) for path in paths[:: max(1, len(paths) // QUERIES)]) + "\n")
    exact, found = (_rows(desk, asked) for desk in (embedded, served))
    assert {query for query, _ in exact} == {query for query, _ in found}
    worst = max(abs(exact[row] - found[row]) for row in exact.keys() & found.keys())
    # Of equally near ones, either counts.
    furthest: dict[str, float] = {}
    for (query, _), distance in exact.items():
        furthest[query] = max(distance, furthest.get(query, 0.0))
    hits = sum(distance <= furthest[query] + 1e-9 for (query, _), distance in found.items())
    recall = hits / len(exact)
    title = f"recall@{TOP} of export after both failed"
    return [
        Result(title, "embedded index, exact", recall, 1.0, "", recall, BAR_RECALL, False, note),
        Result("largest difference of a distance", "embedded index", worst, 0.0, "", worst, BAR_DISTANCE),
    ]


def _rows(desk: _Desk, queries: Path) -> dict[Row, float]:
    out = desk.data.parent / f"{desk.data.name}-run"
    desk.run(
        "export", str(desk.photos), "--queries", str(queries), "--out", str(out), "-k", str(TOP), "--format", "csv"
    )
    with (out / "results.csv").open(newline="", encoding="utf-8") as file:
        return {(row["query"], row["path"]): float(row["distance"]) for row in csv.DictReader(file)}


def _evaluated(embedded: _Desk, served: _Desk) -> Result:
    """The measures that `evaluate` gives, from both: every photo against the rest."""
    exact, found = (_measures(desk) for desk in (embedded, served))
    assert exact.keys() == found.keys()
    # Ranks are in the hundreds, everything else is a share.
    apart = {name: abs(value - found[name]) / max(1.0, abs(value)) for name, value in exact.items()}
    worst = max(apart, key=lambda name: apart[name])
    title = "largest difference of a measure of evaluate"
    note = f"{len(apart)} measures, {worst}; mAP {exact['map']:.4f} and {found['map']:.4f}"
    return Result(title, "embedded index", apart[worst], 0.0, "", apart[worst], BAR_DISTANCE, note=note)


def _measures(desk: _Desk) -> dict[str, float]:
    evaluation = desk.run("evaluate", str(desk.photos))["evaluations"][0]
    return {name: float(measure["value"]) for name, measure in evaluation["metrics"].items()}

"""The workers: a Ray cluster that is joined, or one of this machine's cores, and what runs on it."""

import contextlib
import io
import logging
import os
import platform
import re
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from engine.cluster.ledger import Ledger
from engine.cluster.source import Source
from engine.cluster.worker import ModelFiles, Outcome, Worker
from engine.errors import ClusterError, EngineError
from engine.results import ImageFile
from engine.threads import cores

if TYPE_CHECKING:
    import pyarrow as pa

CONNECT_SECONDS = 4.0  # for a connection, and again for an answer
DEFAULT_PORT = 6379
START_TRIES = 3  # Ray gives its own processes half a minute, which a busy machine may exceed
# Ray keeps what travels here: files to read, vectors, and the model. Ray itself wants 75 MB.
LOCAL_STORE_BYTES = 256 << 20
# Files that travel together. Smaller batches cost more of Ray's own time; larger ones lose more with a machine, and
# leave more to the last worker at the end.
MOST_FILES, LEAST_FILES, BATCHES_A_WORKER = 256, 16, 4
IN_FLIGHT = 2  # batches that a worker has or is about to have
GPU_PROVIDERS = ("cuda", "tensorrt", "migraphx")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker needs. `threads`: cores of one worker."""

    source: Source
    model: ModelFiles
    provider: str | None = None
    threads: int = 1


class Cluster:
    """Ray, as long as the context is open. `workers` is how many there are to be."""

    def __init__(self, job: Job, address: str | None = None, workers: int | None = None) -> None:
        """`address` HOST:PORT or `auto` of a running cluster; None starts one with this machine's cores. Raises
        ClusterError within 10 s where the cluster does not answer or Ray is not installed."""
        self.workers = workers or 0
        self._job = job
        self._folder: Path | None = None
        self._least = 1
        ray = _ray()
        # Ray prints of its own accord, from a thread, where the answer is to stand.
        self._diverted = contextlib.redirect_stdout(_RaysWords())
        self._diverted.__enter__()
        try:
            if address is None:
                self._start(ray)
            else:
                self._join(ray, address)
            self._ray = ray
            self._ledger = _ledger_actor(ray)
            self._model = ray.put(job.model)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers; of a local cluster, everything."""
        _ray().shutdown()
        self._diverted.__exit__(None, None, None)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def note_known(self, joined: bytes) -> None:
        """Tell the workers of contents that need not be embedded, 16 bytes each, one after another."""
        self._ray.get(self._ledger.add_known.remote(joined))

    def forget(self) -> None:
        """Have what was embedded embedded anew."""
        self._ray.get(self._ledger.forget.remote())

    def run(self, files: Sequence[ImageFile]) -> Iterator[list[Outcome]]:
        """What comes of the files, batch by batch as they are finished. What is brought is to be in the store before
        the next call. Raises ClusterError."""
        from engine.cluster import tables

        share = -(-len(files) // (self.workers * BATCHES_A_WORKER))
        size = max(LEAST_FILES, min(MOST_FILES, share))
        blocks = [tables.of_files(files[start : start + size]) for start in range(0, len(files), size)]
        try:
            for table in self._dataset(blocks).iter_batches(
                batch_size=None, batch_format="pyarrow", prefetch_batches=0
            ):
                outcomes = list(tables.outcomes_of(table))
                failed = next((outcome.failure for outcome in outcomes if outcome.failure), None)
                if failed is not None:
                    raise ClusterError("a worker", failed)
                yield outcomes
            self._ray.get(self._ledger.settle.remote())
        except EngineError:
            raise
        except Exception as error:  # Ray's own come from several trees
            raise ClusterError("Ray", _last_line(error)) from error

    def _dataset(self, blocks: "list[pa.Table]") -> Any:
        import ray.data

        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.execution_options.preserve_order = False
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        job = self._job
        arguments = {"job": (job.source, job.provider, job.threads), "model": self._model, "ledger": self._ledger}
        return ray.data.from_arrow(blocks).map_batches(
            _RayWorker,
            batch_size=None,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(
                min_size=min(self._least, self.workers),
                max_size=self.workers,
                max_tasks_in_flight_per_actor=IN_FLIGHT,
            ),
            num_cpus=job.threads,
            num_gpus=1 if job.provider in GPU_PROVIDERS else None,
            fn_constructor_kwargs=arguments,
        )

    def _start(self, ray: Any) -> None:
        self.workers = self.workers or max(1, cores() // self._job.threads)
        self._least = self.workers
        self._folder = Path(tempfile.mkdtemp(prefix="semblance-ray-"))
        for left in reversed(range(START_TRIES)):
            try:
                self._start_once(ray)
                return
            except ClusterError as error:
                if not left:
                    raise
                _log.info("%s; trying again", error)
                ray.shutdown()

    def _start_once(self, ray: Any) -> None:
        with _one_line("Ray"):
            ray.init(
                address="local",
                num_cpus=self.workers * self._job.threads,
                object_store_memory=LOCAL_STORE_BYTES,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                _temp_dir=str(self._folder),
            )

    def _join(self, ray: Any, address: str) -> None:
        if address != "auto":
            address = _answering(address)
        with _one_line(f"Ray at {address}"):
            # This very code goes along: the machines need its dependencies, and no version of its own.
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                runtime_env={"py_modules": [str(Path(__file__).resolve().parents[1])]},
            )
        there = max(1, int(ray.cluster_resources().get("CPU", 0)) // self._job.threads)
        self.workers = self.workers or there
        self._least = min(self.workers, there)
        if self.workers > there:
            _log.warning("Ray at %s has room for %d workers; more begin when it grows", address, there)


class _RaysWords(io.TextIOBase):
    """What Ray prints, as lines of the log."""

    def write(self, text: str) -> int:
        for line in text.splitlines():
            if line.strip():
                _log.info("Ray: %s", re.sub("\x1b\\[[0-9;]*m", "", line.strip()))
        return len(text)


class _RayWorker:
    """A worker in a process of Ray's: loads the model once, then takes tables and gives tables."""

    def __init__(self, job: tuple[Source, str | None, int], model: Any, ledger: Any) -> None:
        import ray

        source, provider, threads = job
        self._failure: str | None = None
        self._worker: Worker | None = None
        try:
            source.check()
            with tempfile.TemporaryDirectory(prefix="semblance-model-") as folder:
                embedder = ray.get(model).open(Path(folder), provider, threads)
            self._worker = Worker(source, embedder, _Calls(ledger))
        except EngineError as error:
            self._fail(error)

    def __call__(self, table: "pa.Table") -> "pa.Table":
        from engine.cluster import tables

        files = tables.files_of(table)
        if self._worker is not None:
            try:
                return tables.of_outcomes(self._worker(files))
            except EngineError as error:
                self._fail(error)
        return tables.of_outcomes([Outcome(files[0], failure=self._failure)])

    def _fail(self, error: EngineError) -> None:
        self._failure = f"{error} (on {platform.node()})"


class _Calls:
    """The ledger, from another process."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def begin(self, batch: bytes) -> tuple[bool, list[int]]:
        return self._ask("begin", batch)  # type: ignore[no-any-return]

    def trying(self, batch: bytes, row: int) -> None:
        self._ask("trying", batch, row)

    def end(self, batch: bytes) -> None:
        self._actor.end.remote(batch)

    def claim(self, batch: bytes, contents: Sequence[bytes]) -> list[str]:
        return self._ask("claim", batch, contents)  # type: ignore[no-any-return]

    def _ask(self, name: str, *arguments: Any) -> Any:
        import ray

        return ray.get(getattr(self._actor, name).remote(*arguments))


def _ray() -> Any:
    """The package, told to keep to itself. Raises ClusterError where it is not installed."""
    # No word to Ray's makers about who uses it how.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # it warns of a change to come otherwise
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it would write beside what we say ourselves
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ClusterError("Ray", 'it is not installed: pip install "semblance[cluster]"') from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    return ray


def _ledger_actor(ray: Any) -> Any:
    """The ledger, on the machine of whoever asks, started again if it dies."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": here}
    return ray.remote(Ledger).options(**options).remote()


def _answering(address: str) -> str:
    """The address with its port, if a Ray cluster answers there. Raises ClusterError within 10 s."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?", address)
    if found is None:
        raise ClusterError(address, "the address of a Ray cluster looks like HOST:PORT, or is auto")
    host, port = found[1], int(found[2] or DEFAULT_PORT)
    place = f"Ray at {host}:{port}"
    try:
        socket.create_connection((host.strip("[]"), port), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(place, f"nobody answers ({getattr(error, 'strerror', None) or error})") from error

    def ask() -> None:
        import ray

        ray._raylet.GcsClient(address=f"{host}:{port}")

    with _silenced():
        failed = _within(CONNECT_SECONDS, ask)
    if failed is not None:
        raise ClusterError(place, f"no Ray cluster answers there ({failed})")
    return f"{host}:{port}"


def _within(seconds: float, work: Callable[[], None]) -> str | None:
    """Do something on a thread of its own; why it failed, or None."""
    failed: list[str] = [f"nothing within {seconds:.0f} s"]

    def run() -> None:
        try:
            work()
            failed.clear()
        except Exception as error:  # noqa: BLE001 - in words
            failed[0] = _last_line(error)

    thread = threading.Thread(target=run, name="ray-connect", daemon=True)
    thread.start()
    thread.join(seconds)
    return failed[0] if failed else None


@contextlib.contextmanager
def _one_line(place: str) -> Iterator[None]:
    """Ray's start: what goes wrong is one line of ours. What Ray's libraries write past Python is for nobody."""
    try:
        with _silenced():
            yield
    except EngineError:
        raise
    except Exception as error:
        raise ClusterError(place, _last_line(error)) from error


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Without standard error, for this whole process."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _last_line(error: BaseException) -> str:
    """The line of an error that says what went wrong: the last one, where a trace from elsewhere stands before it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    trace = any(line.startswith("Traceback") for line in lines)
    return (lines[-1 if trace else 0] if lines else type(error).__name__)[:300]

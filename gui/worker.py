"""The one thread idiom of the window: a lane runs jobs one after another on its own thread and answers on the GUI's."""

import logging
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from inspect import isgenerator
from typing import Any, cast

from PySide6.QtCore import QObject, Qt, Signal, Slot

from engine.heaps import trim_heaps

PROGRESS_INTERVAL_S = 0.033  # a report a frame is all that an eye can use; more only fills the event queue

# A job of that long (indexing, an export) leaves memory behind in the C library's heaps: what it took is given back.
LONG_JOB_S = 2.0

# For a closing lane: the longest batch of a network, and what is left of it once another lane hangs.
PATIENCE_S = {False: 10.0, True: 1.0}

_hanging: list[Future[None]] = []
_log = logging.getLogger(__name__)


def hangs() -> bool:
    """Whether a job of a closed lane still has not ended; the process would wait for it before it ends."""
    return any(not future.done() for future in _hanging)


class Token:
    """Tells a job that nobody wants its result any more. Calling it answers "am I cancelled?"."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    def __call__(self) -> bool:
        return self._event.is_set()


# A job gets its token. It returns a result, or it is a generator: each `yield` is a progress report and a point where
# it can be stopped, and what it returns is the result.
Work = Callable[[Token], Any]


class _Job:
    """What a lane remembers of one job; `done`, `failed` and `progress` are only ever called on the GUI's thread."""

    def __init__(
        self,
        work: Work,
        done: Callable[[Any], None] | None,
        failed: Callable[[Exception], None] | None,
        progress: Callable[[Any], None] | None,
        stopped: Callable[[], None] | None,
    ) -> None:
        self.work: Work | None = work
        self.done = done
        self.failed = failed
        self.progress = progress
        self.stopped = stopped
        self.token = Token()


class Lane(QObject):
    """One background thread with a queue. Lives on the GUI's thread, and calls back only there.

    A job that was cancelled or replaced never calls `done`, `failed` or `progress` again, however late it ends: a stale
    reply has nobody to go to. It calls `stopped` once it has really ended, so that its successor can start cleanly.
    """

    _reported = Signal(int, str, object)  # job's id; "progress", "done", "failed" or "stopped"; what goes with it
    busy_changed = Signal(bool)

    def __init__(self, name: str, parent: QObject | None = None, initializer: Callable[[], None] | None = None) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name, initializer=initializer)
        self._running: list[Future[None]] = []
        self._jobs: dict[int, _Job] = {}
        self._last_id = 0
        self._closed = False
        # The bridge: emitted on the lane's thread, delivered on the thread that this object lives in.
        self._reported.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        work: Work,
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        progress: Callable[[Any], None] | None = None,
        stopped: Callable[[], None] | None = None,
        replace: bool = False,
    ) -> int:
        """Queue a job and return its id. With `replace`, every earlier job of the lane is cancelled first."""
        if self._closed:
            return 0
        if replace:
            self.cancel_all()
        self._last_id += 1
        was_busy = self.busy
        job = self._jobs[self._last_id] = _Job(work, done, failed, progress, stopped)
        self._running = [future for future in self._running if not future.done()]
        self._running.append(self._executor.submit(self._run, self._last_id, job))
        if not was_busy:
            self.busy_changed.emit(True)
        return self._last_id

    @property
    def busy(self) -> bool:
        """A job that is still wanted is queued or running."""
        return any(not job.token() for job in self._jobs.values())

    @property
    def idle(self) -> bool:
        """Nothing is queued or running, not even a cancelled job on its way out."""
        return not self._jobs

    def cancel(self, job_id: int) -> None:
        """Forget one job: it is not started, or ends at its next `yield`."""
        job = self._jobs.get(job_id)
        if job is None or job.token():
            return
        job.token.cancel()
        if not self.busy:
            self.busy_changed.emit(False)

    def cancel_all(self) -> None:
        """Forget every job of the lane."""
        for job_id in list(self._jobs):
            self.cancel(job_id)

    def close(self) -> None:
        """Cancel everything and wait for the thread to end: at most one `yield` of the running job away, unless it
        hangs in a read from a drive that does not answer. `hangs` tells that."""
        if self._closed:
            return
        self._closed = True
        self.cancel_all()
        self._executor.shutdown(wait=False, cancel_futures=True)
        _, late = wait([future for future in self._running if not future.cancelled()], timeout=PATIENCE_S[hangs()])
        if late:
            _log.warning("a job of the window does not end: it waits for a drive that does not answer")
            _hanging.extend(late)
        self._jobs.clear()

    # -- on the lane's thread --------------------------------------------------------------------------------------

    def _run(self, job_id: int, job: _Job) -> None:
        began = time.monotonic()
        try:
            kind, payload = self._outcome(job_id, job)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is handed to the GUI's thread)
            _log.debug("a job of %s failed", threading.current_thread().name, exc_info=True)
            kind, payload = ("stopped", None) if job.token() else ("failed", error)
        job.work = None  # what the closure holds (an image, a gallery) must not outlive the job
        self._reported.emit(job_id, kind, payload)
        if time.monotonic() - began >= LONG_JOB_S:
            trim_heaps()

    def _outcome(self, job_id: int, job: _Job) -> tuple[str, Any]:
        if job.token() or job.work is None:
            return "stopped", None
        result = job.work(job.token)
        if isgenerator(result):
            result = self._drive(job_id, job, cast("Generator[Any, None, Any]", result))
        return ("stopped", None) if job.token() else ("done", result)

    def _drive(self, job_id: int, job: _Job, steps: Generator[Any, None, Any]) -> Any:
        last = 0.0
        try:
            while not job.token():
                try:
                    report = next(steps)
                except StopIteration as end:
                    return end.value
                now = time.monotonic()
                if now - last >= PROGRESS_INTERVAL_S:
                    last = now
                    self._reported.emit(job_id, "progress", report)
        finally:
            steps.close()
        return None

    # -- on the GUI's thread ---------------------------------------------------------------------------------------

    @Slot(int, str, object)
    def _deliver(self, job_id: int, kind: str, payload: Any) -> None:
        job = self._jobs.get(job_id)
        if job is None:
            return
        if kind == "progress":
            if job.progress is not None and not job.token():
                job.progress(payload)
            return
        cancelled = job.token()
        del self._jobs[job_id]
        if not cancelled and not self.busy:
            self.busy_changed.emit(False)
        if cancelled:
            if job.stopped is not None:
                job.stopped()
        elif kind == "done" and job.done is not None:
            job.done(payload)
        elif kind == "failed":
            if job.failed is None:
                raise payload  # reaches sys.excepthook, which tells the user
            job.failed(payload)

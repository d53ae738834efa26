"""Wait until a server's index has what was written: until then it looks through that by a rougher one of its own."""

import logging
import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from engine.results import Progress
from engine.vector_store import VectorStore

T = TypeVar("T")
Steps = Generator[Progress, None, T]
# A segment of half a gigabyte takes a core some minutes, and is ready all at once.
STUCK_SECONDS = 600.0
LOOK_SECONDS = 0.5

_log = logging.getLogger(__name__)


def _at_once(call: Callable[[], T]) -> Steps[T]:
    yield from ()
    return call()


def settle(
    store: VectorStore,
    cancelled: Callable[[], bool] = lambda: False,
    ask: Callable[[Callable[[], Any]], Steps[Any]] = _at_once,
    stuck_seconds: float = STUCK_SECONDS,
) -> Steps[None]:
    """Have the server write to its disks and index what was added; yields Progress in the stage "settling", in vectors.
    `ask` calls the server, and may wait for one that is away.

    Nothing is lost where this is ended early, or where the server gets no further for `stuck_seconds`, which the log
    says: its searches find fewer of the nearest meanwhile. Raises VectorStoreError where the server does not answer.
    """
    yield Progress("settling", 0)
    yield from ask(store.flush)
    best, since = -1, time.monotonic()
    while not cancelled():
        ready, total = yield from ask(store.indexed)
        if ready >= total:
            return
        now = time.monotonic()
        if ready > best:
            best, since = ready, now
        elif now - since >= stuck_seconds:
            _log.warning("the server has indexed %d of %d vectors and gets no further", ready, total)
            return
        yield Progress("settling", ready, total)
        time.sleep(LOOK_SECONDS)

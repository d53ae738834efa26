"""Work done ahead on threads, in order and within bounds: the next results are ready when they are asked for."""

import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

WAIT_SECONDS = 1.0
JOIN_SECONDS = 5.0  # how long a thread may take to end; longer only if it hangs in a read


class Pending(Exception):  # noqa: N818 - a state, not an error
    """The next result is not ready yet."""


class LookAhead(Generic[T, R]):
    """Applies `function` to `items` on `threads` threads; `next_result` gives the results in the order of the items.

    At most `ahead` items are begun before their turn, so that memory is bounded however slow the consumer is. An
    exception of `function` or `items` is raised when its turn comes. Threads are daemons: one that hangs in a read from
    a dead network drive keeps neither the consumer nor the end of the program waiting.
    """

    def __init__(self, function: Callable[[T], R], items: Iterator[T], threads: int, ahead: int) -> None:
        self._function = function
        self._items = items
        self._ahead = max(ahead, threads)
        self._changed = threading.Condition()
        self._results: dict[int, tuple[R | None, BaseException | None]] = {}
        self._begun = 0
        self._taken = 0
        self._exhausted = False
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"decode-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "LookAhead[T, R]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def next_result(self, seconds: float) -> R:
        """The next result. Raises Pending when it takes longer than `seconds`, StopIteration behind the last one."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken in self._results or self._finished(), seconds)
            if self._taken not in self._results:
                if self._finished():
                    raise StopIteration
                raise Pending
            result, error = self._results.pop(self._taken)
            self._taken += 1
            self._changed.notify_all()
        if error is not None:
            raise error
        return result  # type: ignore[return-value]

    def __iter__(self) -> Iterator[R]:
        """All results, however long they take."""
        while True:
            try:
                yield self.next_result(WAIT_SECONDS)
            except Pending:
                continue
            except StopIteration:
                return

    def close(self) -> None:
        """Begin nothing more, and wait a little for what has begun."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        deadline = time.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _finished(self) -> bool:
        return self._exhausted and self._taken >= self._begun

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closed or self._exhausted or self._begun - self._taken < self._ahead
                )
                if self._closed or self._exhausted:
                    return
                number = self._begun
                try:
                    item = next(self._items)
                except StopIteration:
                    self._exhausted = True
                    self._changed.notify_all()
                    return
                except BaseException as error:  # noqa: BLE001 - raised again by next_result
                    self._results[number] = None, error
                    self._begun += 1
                    self._exhausted = True
                    self._changed.notify_all()
                    return
                self._begun += 1
            outcome: tuple[R | None, BaseException | None]
            try:
                outcome = self._function(item), None
            except BaseException as error:  # noqa: BLE001 - raised again by next_result
                outcome = None, error
            with self._changed:
                self._results[number] = outcome
                self._changed.notify_all()

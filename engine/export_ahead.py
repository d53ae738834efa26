"""The tables of a large export, written while its rankings are still being made: both together keep all cores busy."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from types import TracebackType

REPORT_SECONDS = 0.1


class _StoppedError(Exception):
    """Nobody wants the rest."""


class Arrivals:
    """Tells who waits for a file that it is there."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        return self._stopped

    def arrived(self) -> None:
        """A file is there, whole."""
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        """No further file will come."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def wait(self, file: Path) -> None:
        """Return once the file is there."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or file.exists())
        if self._stopped:
            raise _StoppedError


class _Table(threading.Thread):
    """Writes one table; `done` counts its queries."""

    def __init__(self, name: str, write: Callable[[], Generator[int, None, None]], arrivals: Arrivals) -> None:
        super().__init__(name=f"export-{name}", daemon=True)
        self.done = 0
        self.error: BaseException | None = None
        self._write = write
        self._arrivals = arrivals

    def run(self) -> None:
        writer = self._write()
        try:
            for self.done in writer:
                if self._arrivals.stopped:
                    break
        except _StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again by `finish` or `check`
            self.error = error
        finally:
            writer.close()


class TablesAhead:
    """Writes each table on a thread of its own from the moment that it is entered; leaving it ends what still runs."""

    def __init__(self, tables: Mapping[str, Callable[[], Generator[int, None, None]]], arrivals: Arrivals) -> None:
        """`tables`: by the format's name, what starts its writer, a generator of the number of queries written."""
        self._arrivals = arrivals
        self._threads = {name: _Table(name, write, arrivals) for name, write in tables.items()}

    def __enter__(self) -> "TablesAhead":
        for thread in self._threads.values():
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._arrivals.stop()
        for thread in self._threads.values():
            thread.join()

    def __contains__(self, name: str) -> bool:
        return name in self._threads

    def check(self) -> None:
        """Raise what has ended a table, so that the disk that is full is told before the rankings are all made."""
        for thread in self._threads.values():
            if thread.error is not None:
                raise thread.error

    def finish(self, name: str) -> Iterator[int]:
        """Wait for a table; yields the number of its queries that are written. Raises what has ended it."""
        thread = self._threads[name]
        while thread.is_alive():
            yield thread.done
            thread.join(REPORT_SECONDS)
        if thread.error is not None:
            raise thread.error
        yield thread.done

"""A Python process of its own, timed from its start to the first line that it prints, and the memory it takes."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Run:
    """`seconds` from the start to the line. In bytes, and 0 where the system does not tell (it must be Linux):
    `own`, the largest anonymous memory that was seen, and `resident`, the largest of all, mapped files included."""

    line: str
    seconds: float
    own: int
    resident: int


def run_until_line(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, patience: float = 120.0
) -> Run:
    """Run `python ARGUMENTS`, which prints a line when it is as far as wanted, and ends then or when its input ends.

    Raises RuntimeError when it ends without a line; it is ended after `patience` seconds.
    """
    # From the second start on, users' Python has everything compiled.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**inherited, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        watch = _Watch(process.pid)
        end = threading.Timer(patience, process.kill)
        end.start()
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
        watch.close()
        process.communicate()
        end.cancel()
    if not line:
        raise RuntimeError(f"{' '.join(arguments)[:200]} ended with {process.returncode}")
    return Run(line, seconds, watch.own, watch.resident)


class _Watch:
    """Looks at a process's memory now and then, on a thread."""

    def __init__(self, number: int) -> None:
        self.own = self.resident = 0
        self._status = Path(f"/proc/{number}/status")
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        while True:
            self._look()
            if self._end.wait(SAMPLE_SECONDS):
                self._look()
                return

    def _look(self) -> None:
        try:
            lines = self._status.read_text(encoding="utf-8").splitlines()
        except OSError:  # it has ended, or this is not Linux
            return
        kilobytes = {line.split()[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
        self.own = max(self.own, 1024 * kilobytes.get("RssAnon:", 0))
        self.resident = max(self.resident, 1024 * kilobytes.get("VmHWM:", 0))

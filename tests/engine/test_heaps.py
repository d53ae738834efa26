"""Memory that the program has freed goes back to the system."""

import subprocess
import sys

import pytest

from engine import heaps

pytestmark = pytest.mark.skipif(heaps._glibc() is None, reason="only glibc keeps a heap for each thread")

BEGIN = """
import threading
from pathlib import Path
import numpy as np
from engine.heaps import bound_heaps, trim_heaps

def mib():
    return int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) // 1024

def on_threads(work):
    threads = [threading.Thread(target=work) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

start = mib()
"""

# 24 threads, each of which makes 20 MB of small arrays and, when all have done so, lets all go but for one in fifty.
# Prints the megabytes that stay before and after what is free is given back.
SMALL = """
kept, met = [], threading.Barrier(24)

def work():
    arrays = [np.ones(60_000, np.uint8) for _ in range(350)]
    met.wait()
    kept.append(arrays[::50])
    del arrays
    met.wait()

on_threads(work)
left = mib() - start
trim_heaps()
print(left, mib() - start)
"""

# 24 threads at once let something large go, and then 20 MB more, one small thing on top of them. Prints what stays.
LARGE = """
met = threading.Barrier(24)
above = []

def work():
    first = np.ones(20 << 20, np.uint8)
    del first
    met.wait()
    large = [np.ones(5 << 20, np.uint8) for _ in range(4)]
    above.append([np.ones(1000, np.uint8) for _ in range(50)])
    met.wait()
    del large

on_threads(work)
print(mib() - start)
"""


def held(program: str) -> list[int]:
    command = [sys.executable, "-c", BEGIN + program]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return [int(word) for word in answer.stdout.split()]


def test_what_threads_have_freed_goes_back_when_it_is_asked_for() -> None:
    left, trimmed = held(SMALL)
    assert left > 300
    assert trimmed < 60  # ten of them are still in use


def test_large_things_go_back_at_once_where_heaps_are_bounded() -> None:
    (bounded,), (free,) = held("assert bound_heaps()" + LARGE), held(LARGE)
    assert bounded < 60
    assert free > 2 * bounded  # or the bounds are not needed


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    heaps._glibc.cache_clear()
    with monkeypatch.context() as there:
        there.setattr(heaps.sys, "platform", "darwin")
        assert not heaps.bound_heaps()
        heaps.trim_heaps()
    heaps._glibc.cache_clear()

"""The map by t-SNE, which keeps neighbours together: openTSNE in a process of its own, so that it can be stopped."""

import importlib.util
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import tsne_child
from engine.errors import MapError
from engine.gallery import Gallery
from engine.metric import Metric
from engine.photo_map import Layout, PhotoMap, principal_axes, projected
from engine.results import Progress

INSTALL = "pip install 'semblance[map]'"
# Distances between photos hardly change when only the directions of greatest variance are kept, and neighbours are
# found four times as fast (van der Maaten and Hinton, "Visualizing data using t-SNE", 2008, do so, too).
DIRECTIONS = 50
FEWEST = 8  # photos; with fewer there are no neighbourhoods
LOOK_SECONDS = 0.1
NICENESS = 4


def tsne_installed() -> bool:
    """Whether the optional package is there."""
    return importlib.util.find_spec("openTSNE") is not None


def tsne_map(gallery: Gallery, metric: Metric) -> Generator[Progress, None, PhotoMap]:
    """Lay the photos out by t-SNE (van der Maaten and Hinton, 2008; the FFT-accelerated one of Linderman et al., 2019).

    The same photos give the same map on the same machine. Raises MapError where openTSNE is not installed, or fails.
    """
    if not tsne_installed():
        raise MapError(f"t-SNE needs the package openTSNE: {INSTALL}")
    if len(gallery) < FEWEST:
        in_a_row = np.zeros((len(gallery), 2), dtype=np.float32)
        in_a_row[:, 0] = np.arange(len(gallery))
        return PhotoMap(Layout.TSNE, in_a_row, None)
    axes = yield from principal_axes(gallery, metric, DIRECTIONS)
    vectors = yield from projected(gallery, metric, axes)
    points = yield from _in_a_process(vectors)
    return PhotoMap(Layout.TSNE, points, None)


def _in_a_process(vectors: NDArray[np.float32]) -> Generator[Progress, None, NDArray[np.float32]]:
    with tempfile.TemporaryDirectory(prefix="semblance-map-") as folder:
        source, target, log = (Path(folder) / name for name in ("vectors.npy", "places.npy", "log.txt"))
        np.save(source, vectors)
        with log.open("wb") as complaints:
            process = subprocess.Popen(
                [sys.executable, tsne_child.__file__, str(source), str(target), "0"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"},  # threads that spin take the cores from the window
            )
        told: queue.Queue[str | None] = queue.Queue()
        reader = threading.Thread(target=_read, args=(process, told), name="map-reader")
        reader.start()
        try:
            if hasattr(os, "setpriority"):
                os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
            yield from _progress(told)
            status = process.wait()
        finally:
            process.kill()  # harmless once it has ended
            process.wait()
            reader.join()
        if status != 0 or not target.exists():
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise MapError(f"t-SNE failed: {lines[-1] if lines else f'it ended with status {status}'}")
        points: NDArray[np.float32] = np.load(target)
    return points


def _read(process: "subprocess.Popen[str]", told: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            told.put(line)
    told.put(None)


def _progress(told: "queue.Queue[str | None]") -> Generator[Progress, None, None]:
    """Reports until the process ends, often enough that it can be stopped at any moment."""
    latest, began = Progress("finding neighbours", 0), None
    while True:
        try:
            line = told.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            yield latest
            continue
        if line is None:
            return
        done, total = map(int, line.split())
        if done:
            began = began or (time.monotonic(), done)
            speed = (done - began[1]) / max(time.monotonic() - began[0], 1e-6)
            left = (total - done) / speed if speed else None
            latest = Progress("arranging", done, total, 0, 0.0, left)
        yield latest

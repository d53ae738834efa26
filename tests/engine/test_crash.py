"""Kill -9 and power cuts at any moment: the next start gives the answers of a clean run, and loses no commit."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks")


def kill(job: str, kills: int, folder: Path) -> dict[str, object]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.engine.crash_harness", job, str(kills), "0", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=3000)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == [], done.stderr
    return found


@pytest.fixture
def folder(photo_folder: Path, tiny_model: Path) -> Iterator[Path]:
    """A folder with `photos` and `tiny.onnx`: in memory where that goes, for hundreds of indexes are synced there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        shutil.copytree(photo_folder, Path(folder) / "photos")
        shutil.copy(tiny_model, Path(folder) / "tiny.onnx")
        yield Path(folder)


@pytest.mark.parametrize(("job", "kills"), [("index", 30), ("compact", 18), ("migrate", 12)])
def test_a_kill_loses_nothing_that_was_committed(folder: Path, job: str, kills: int) -> None:
    found = kill(job, kills, folder)
    assert found["kills"] == kills
    assert found["events"] > 10


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("job", ["index", "compact", "migrate"])
def test_two_hundred_kills_lose_nothing_that_was_committed(folder: Path, job: str) -> None:
    assert kill(job, 200, folder)["kills"] == 200

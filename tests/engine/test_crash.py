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


@pytest.mark.parametrize(("job", "kills"), [("index", 30), ("compact", 18), ("migrate", 12), ("export", 9)])
def test_a_kill_loses_nothing_that_was_committed(folder: Path, job: str, kills: int) -> None:
    found = kill(job, kills, folder)
    assert found["kills"] == kills
    assert found["events"] > 10


def _may_mount() -> bool:
    """Whether a small disk can be made here, in a namespace of mounts that ends with its process."""
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def fill(job: str, step: int, folder: Path) -> dict[str, object]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = ["unshare", "--mount", sys.executable, "-m", "tests.engine.full_disk", job, str(step), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=3000)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == [], done.stderr
    return found


@pytest.mark.skipif(not _may_mount(), reason="a small disk can only be mounted by root")
@pytest.mark.parametrize(("job", "step"), [("index", 31), ("compact", 7), ("migrate", 7), ("export", 37)])
def test_a_full_disk_is_said_and_the_job_goes_on_once_there_is_room(folder: Path, job: str, step: int) -> None:
    assert int(str(fill(job, step, folder)["tries"])) > 2


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.skipif(not _may_mount(), reason="a small disk can only be mounted by root")
@pytest.mark.parametrize("job", ["index", "compact", "migrate", "export"])
def test_a_disk_that_fills_up_at_any_page(folder: Path, job: str) -> None:
    assert int(str(fill(job, 1, folder)["tries"])) > 2


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("job", ["index", "compact", "migrate", "export"])
def test_two_hundred_kills_lose_nothing_that_was_committed(folder: Path, job: str) -> None:
    assert kill(job, 200, folder)["kills"] == 200

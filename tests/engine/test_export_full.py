"""An export onto a disk that is full, or may hold no file so large: an error that says so, nothing half-written, and a
resume that goes on."""

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ExportError
from engine.export import Format, export
from engine.export_folder import PARTIAL
from tests.engine.test_export import World, every_format, files_in, finish, world

__all__ = ["world"]

MANY_TIMES = 200  # a run that does not end after so many steps never will


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but those that say when they were made."""
    changing = ("manifest.json", "index.html", "sheet.pdf")
    return {name: (folder / name).read_bytes() for name in files_in(folder) if name not in changing}


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """What a quota does to a process: writing more fails with EFBIG."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a process's files")
@pytest.mark.parametrize("format_", every_format())
def test_what_does_not_fit_is_an_error_and_a_resume_goes_on(world: World, tmp_path: Path, format_: Format) -> None:
    choices: dict[str, Any] = {"formats": (format_,), "k": 5}
    world.run(out=tmp_path / "whole", **choices)
    largest = max((tmp_path / "whole" / name).stat().st_size for name in files_in(tmp_path / "whole"))
    job = export(world.store, world.request(**choices))
    while next(job).stage != format_:  # the limit would be one for the files of the index, too
        pass
    with no_file_larger_than(largest - 1), pytest.raises(OSError, match="File too large") as caught:
        finish(job)
    assert caught.value.errno == errno.EFBIG
    assert str(world.out) in str(caught.value)
    assert all(name.startswith(PARTIAL) for name in files_in(world.out))
    world.run(resume=True, **choices)
    assert files_in(world.out) == files_in(tmp_path / "whole")
    assert contents(world.out) == contents(tmp_path / "whole")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own in memory, as small as may be; `grow` makes it larger."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8k", "semblance-test", str(place)]
    mounted = sys.platform == "linux" and subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("a small file system can be mounted by root on Linux only")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def run_once(world: World, out: Path, choices: dict[str, Any]) -> OSError | ExportError | None:
    try:
        world.run(out=out, resume=True, **choices)
    except (OSError, ExportError) as error:
        return error
    return None


def test_a_disk_that_fills_up_at_any_moment_leaves_nothing_half_written(
    world: World, tmp_path: Path, small_disk: Path
) -> None:
    choices: dict[str, Any] = {"formats": every_format(), "k": 5, "queries": str(world.queries)}
    world.run(out=tmp_path / "whole", **choices)
    whole = contents(tmp_path / "whole")
    out, failures = small_disk / "out", 0
    for step in range(2, MANY_TIMES):
        trouble = run_once(world, out, choices)
        if trouble is None:
            break
        assert str(small_disk) in str(trouble)
        # Copies are added up before the first is made.
        full = trouble.errno == errno.ENOSPC if isinstance(trouble, OSError) else "are free" in str(trouble)
        assert full, trouble
        failures += 1
        written = contents(out) if out.is_dir() else {}
        finals = {name: data for name, data in written.items() if not name.startswith(PARTIAL)}
        assert finals == {name: whole[name] for name in finals}, "a name that was given is that of a whole file"
        grow = ["mount", "-o", f"remount,size={step * 16}k", str(small_disk)]
        subprocess.run(grow, check=True)
    assert failures > 3
    assert files_in(out) == files_in(tmp_path / "whole")
    assert contents(out) == whole


@pytest.mark.timeout(1600)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the exports that are killed are forks")
def test_a_kill_at_any_moment_leaves_nothing_half_written(world: World, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    kills = 20
    words = [str(kills), world.data_dir, world.specs[0].path, world.root, tmp_path / "killed"]
    command = [sys.executable, "-m", "tests.engine.export_killer", *map(str, words)]
    (tmp_path / "killed").mkdir()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["problems"] == [], done.stderr
    assert found["killed"] >= kills - 2, "the last moments may not come in a run that began otherwise"
    assert found["events"] > 5 * kills


def test_a_disk_that_refuses_while_more_is_written_ends_the_export(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.export_table.SYNC_BYTES", 1)
    monkeypatch.setattr("engine.export.block_size", lambda _results, _photos: 1)
    sync, refused = os.fsync, threading.Event()

    def refusing(file: int) -> None:
        if threading.current_thread().name.startswith("export-disk"):
            refused.set()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(file)

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", refusing)
        with pytest.raises(OSError, match="No space left"):
            world.run(formats=(Format.CSV,), k=5)
    assert refused.is_set()
    assert all(name.startswith(PARTIAL) for name in files_in(world.out))
    world.run(formats=(Format.CSV,), k=5, resume=True)
    assert files_in(world.out) == {"manifest.json", "results.csv"}

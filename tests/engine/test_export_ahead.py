"""Tables that are written while the rest is still being ranked: the same files, and nothing left behind."""

import errno
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.export import TABLES, Format, export
from engine.export_ahead import Arrivals, TablesAhead
from engine.export_folder import PARTIAL
from tests.engine.test_export import World, every_format, files_in, finish, world

__all__ = ["world"]


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in files_in(out) if name.startswith(("results", "files"))}


def running() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("export-")]


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table is worth it, and so small blocks are ranked side by side."""
    monkeypatch.setattr("engine.export.AHEAD_ROWS", 1)
    monkeypatch.setattr("engine.export.block_size", lambda _results, _photos: 2)


@pytest.fixture
def choices(world: World) -> dict[str, Any]:
    return {"models": world.specs, "formats": every_format(), "k": 5}


@pytest.fixture
def expected(world: World, choices: dict[str, Any], tmp_path: Path) -> dict[str, bytes]:
    """What an export gives that writes one table after another."""
    world.run(out=tmp_path / "plain", **choices)
    return tables(tmp_path / "plain")


@pytest.mark.usefixtures("ahead")
def test_the_files_are_the_same(world: World, choices: dict[str, Any], tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as plain:
        plain.setattr("engine.export.AHEAD_ROWS", 10**9)
        world.run(out=tmp_path / "plain", **choices)
    world.run(**choices)
    assert tables(world.out) == tables(tmp_path / "plain")
    assert running() == []


def test_cancelled_at_any_stage_nothing_stays_and_a_resume_ends_the_same(
    world: World, choices: dict[str, Any], expected: dict[str, bytes], ahead: None, tmp_path: Path
) -> None:
    for stage in ("ranking", *every_format()):
        out = tmp_path / stage
        job = export(world.store, world.request(out=out, **choices))
        while next(job).stage != stage:
            pass
        job.close()
        assert running() == []
        assert all(name.startswith(PARTIAL) for name in files_in(out)), stage
        world.run(out=out, resume=True, **choices)
        assert tables(out) == expected, stage


def test_a_table_that_cannot_be_written_ends_the_export_and_a_resume_goes_on(
    world: World, choices: dict[str, Any], expected: dict[str, bytes], ahead: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Iterator[int]:
        raise OSError(errno.ENOSPC, "No space left on device")
        yield 0

    with monkeypatch.context() as disk:
        disk.setitem(TABLES, Format.CSV, full)
        with pytest.raises(OSError, match="No space left") as caught:
            world.run(**choices)
    assert str(world.out) in str(caught.value)
    assert running() == []
    assert all(name.startswith(PARTIAL) for name in files_in(world.out))
    world.run(resume=True, **choices)
    assert tables(world.out) == expected


def test_a_table_waits_for_a_block_and_ends_when_none_will_come(tmp_path: Path) -> None:
    arrivals, first, read = Arrivals(), tmp_path / "first", threading.Event()

    def write() -> Generator[int, None, None]:
        arrivals.wait(first)
        read.set()
        yield 1
        arrivals.wait(tmp_path / "second")
        yield 2

    with TablesAhead({"csv": lambda: write()}, arrivals) as begun:
        assert not read.wait(0.05)
        first.touch()
        arrivals.arrived()
        assert read.wait(30)
        assert "csv" in begun
        begun.check()
    assert running() == []


def test_what_has_ended_a_table_is_raised_by_who_waits_for_it() -> None:
    def write() -> Generator[int, None, None]:
        yield 1
        raise OSError(errno.ENOSPC, "No space left on device")

    with TablesAhead({"csv": write}, Arrivals()) as begun, pytest.raises(OSError, match="No space left"):
        finish(begun.finish("csv"))

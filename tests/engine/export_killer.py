"""Kills exports in forked processes, at chosen moments, and looks at what is left and at what a resume makes of it.

Run as `python -m tests.engine.export_killer KILLS DATA MODEL LIBRARY FOLDER`; prints one JSON object: at how many of
how many moments the export was killed, and what was wrong after that.
"""

import builtins
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.export import ExportRequest, Format, export
from engine.export_folder import PARTIAL
from engine.spec import read_spec
from engine.store import Store

FORMATS = tuple(Format)
CHANGING = ("manifest.json", "index.html", "sheet.pdf")  # they say when they were made
EVENTS = ("fsync", "replace", "rename", "mkdir", "unlink", "utime", "rmdir")


class Death:
    """Counts what happens to the folder of an export, and kills the process when the count is reached."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def install(self) -> None:
        for name in EVENTS:
            setattr(os, name, self._wrapped(getattr(os, name)))
        builtins.open = self._wrapped(builtins.open)

    def event(self) -> None:
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **more: Any) -> Any:
            self.event()
            result = function(*words, **more)
            self.event()
            return result

        return call


def run(request: ExportRequest, data: Path, at: int) -> int:
    """The export in a process of its own that dies at an event (0: never); returns the number of events, or −1 where it
    was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        death = Death(at)
        try:
            os.close(reading)
            with Store(data) as store:
                death.install()
                for _ in export(store, request):
                    death.event()
            os.write(writing, str(death.count).encode())
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return -1
    if status != 0:
        raise RuntimeError(f"the export failed with status {status}")
    return int(told)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    named = ((path.relative_to(folder).as_posix(), path) for path in files)
    return {name: b"" if name in CHANGING else path.read_bytes() for name, path in named}


def look(number: int, out: Path, whole: dict[str, bytes]) -> list[str]:
    """What is wrong with what a killed export has left."""
    problems = []
    named = {name: data for name, data in contents(out).items() if not name.startswith(PARTIAL)}
    for name, data in named.items():
        if whole.get(name) != data:
            problems.append(f"kill {number}: {name} is not whole")
    if "manifest.json" in named and named.keys() != whole.keys():
        problems.append(f"kill {number}: a manifest without {sorted(whole.keys() - named.keys())[:3]}")
    return problems


def main() -> None:
    kills, (data, model, library, folder) = int(sys.argv[1]), map(Path, sys.argv[2:])
    queries = folder / "queries.txt"
    queries.write_text("blue/0.jpg\nred/1.jpg\n")
    plain = ExportRequest(library, folder / "whole", str(queries), (read_spec(model),), k=2, formats=FORMATS)
    events = run(plain, data, 0)
    whole = contents(plain.out)
    problems: list[str] = []
    killed = 0
    for number in np.linspace(1, events, kills).round().astype(int).tolist():
        out = folder / f"kill-{number}"
        request = replace(plain, out=out, resume=True)
        killed += run(request, data, number) == -1
        problems += look(number, out, whole)
        run(request, data, 0)
        if contents(out) != whole:
            problems.append(
                f"kill {number}: the resume ends differently: {sorted(contents(out).keys() ^ whole.keys())[:3]}"
            )
    print(json.dumps({"events": events, "killed": killed, "problems": problems}))


if __name__ == "__main__":
    main()

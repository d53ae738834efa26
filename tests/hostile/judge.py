"""Decode hostile files in a child process and say of each what came of it: `python -m tests.hostile.judge [FOLDER]`.

Without FOLDER the files are those of `tests.hostile.images`. Prints one JSON object and ends with status 1 if a file
crashed the child, hung, took more than 1 GB, raised anything but an error that names it, or met the wrong fate.
"""

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.decode import load
from engine.errors import DecodeError
from gui.exif import read_facts
from tests.hostile.images import Fate, Hostile, hostile_images

HANG_SECONDS = 10.0
MAX_BYTES = 1 << 30
MIN_SIDE = 256  # what indexing asks for
_STATUS = Path("/proc/self/status")
_PEAK = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one file: "read", "refused", or what went wrong; the peak of the process's memory meanwhile."""

    name: str
    outcome: str
    reason: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0

    def problem(self, fate: Fate) -> str | None:
        """Why this is not right for a file of that fate, or None."""
        wrong = None
        if self.outcome not in ("read", "refused"):
            wrong = self.outcome
        elif fate == "refused" and self.outcome != "refused":
            wrong = "it was read"
        elif fate == "reads" and self.outcome != "read":
            wrong = f"it was refused: {self.reason}"
        elif self.seconds > HANG_SECONDS:
            wrong = f"it took {self.seconds:.1f} s"
        elif self.peak_bytes > MAX_BYTES:
            wrong = f"it took {self.peak_bytes >> 20} MiB"
        return None if wrong is None else f"{self.name}: {wrong}"


def judge(paths: Iterable[Path]) -> Iterator[Verdict]:
    """Decode each file in a child; a child that dies or hangs is replaced, and the file is to blame."""
    waiting = list(paths)
    while waiting:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.judge", "--child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdout.readline()  # it has imported everything
            while waiting:
                child.stdin.write(f"{os.fspath(waiting[0])}\n")
                child.stdin.flush()
                began = time.perf_counter()
                ready, _, _ = select.select([child.stdout], [], [], 3 * HANG_SECONDS)
                line = child.stdout.readline() if ready else ""
                path = waiting.pop(0)
                if line:
                    yield Verdict(**json.loads(line))
                    continue
                if not ready:
                    child.kill()
                seconds = time.perf_counter() - began
                outcome = f"the process ended with status {child.wait()}" if ready else "it hung"
                yield Verdict(path.name, outcome, seconds=seconds)
                break
        finally:
            child.kill()
            child.communicate()


def _serve() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(_decoded(Path(line.rstrip("\n"))))), flush=True)


def _decoded(path: Path) -> Verdict:
    if _PEAK.exists():
        _PEAK.write_text("5")  # Linux's way to count the peak anew
    began = time.perf_counter()
    outcome, reason = "read", ""
    try:
        read_facts(path)  # what the window shows beside the picture
        load(path, MIN_SIDE)
    except DecodeError as error:
        outcome, reason = "refused", error.reason
        if not reason or str(path) not in str(error):
            outcome = f"the error does not name the file and the cause: {error}"
    except BaseException as error:
        outcome = f"it raised {type(error).__name__}: {error}"
    return Verdict(path.name, outcome, reason, time.perf_counter() - began, _peak_bytes())


def _peak_bytes() -> int:
    if not _STATUS.exists():
        return 0
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def judge_all(files: Iterable[Hostile]) -> tuple[list[Verdict], list[str]]:
    """Verdicts on generated files, and what is not as it must be."""
    with tempfile.TemporaryDirectory() as folder:
        fates: dict[str, Fate] = {}
        for hostile in files:
            (Path(folder) / hostile.name).write_bytes(hostile.data)
            fates[hostile.name] = hostile.fate
        verdicts = list(judge(Path(folder) / name for name in fates))
    problems = [verdict.problem(fates[verdict.name]) for verdict in verdicts]
    return verdicts, [problem for problem in problems if problem]


def main() -> int:
    if sys.argv[1:] == ["--child"]:
        _serve()
        return 0
    if len(sys.argv) > 1:
        verdicts = list(judge(sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_file())))
        problems = [problem for problem in (verdict.problem("either") for verdict in verdicts) if problem]
    else:
        verdicts, problems = judge_all(hostile_images())
    slowest = max(verdicts, key=lambda verdict: verdict.seconds)
    largest = max(verdicts, key=lambda verdict: verdict.peak_bytes)
    print(
        json.dumps(
            {
                "files": len(verdicts),
                "read": sum(verdict.outcome == "read" for verdict in verdicts),
                "refused": sum(verdict.outcome == "refused" for verdict in verdicts),
                "slowest": [slowest.name, round(slowest.seconds, 2)],
                "largest_mib": [largest.name, largest.peak_bytes >> 20],
                "problems": problems,
            },
            indent=2,
        )
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

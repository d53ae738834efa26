"""Fuzz what reads files: `python -m tests.fuzz --minutes 10`, with `pip install -e '.[fuzz]'` (atheris) before.

Coverage-guided: libFuzzer keeps each input that reaches a new branch of the engine or of Pillow's readers, and goes on
from it. An input that crashes the process, takes more than 10 s or 1 GB, or makes it raise what it should not is kept
in `runs/fuzz`, and the status is 1.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS
from tests.hostile.judge import HANG_SECONDS, MAX_BYTES

KEPT = Path("runs/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="in all, shared by the targets")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="one or more; all without")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    names = args.target or list(TARGETS)
    KEPT.mkdir(parents=True, exist_ok=True)
    findings = 0
    for name in names:
        findings += _fuzz(name, int(60 * args.minutes / len(names)), args.seed)
    return 1 if findings else 0


def _fuzz(name: str, seconds: int, seed: int) -> int:
    """Fuzz one target, going on after each finding until the time is over; returns how many findings there were."""
    deadline = time.monotonic() + seconds
    findings = runs = coverage = 0
    with tempfile.TemporaryDirectory(prefix="semblance-fuzz-") as folder:
        corpus = Path(folder)
        for number, data in enumerate(TARGETS[name].seeds()):
            (corpus / f"seed-{number:04d}").write_bytes(data)
        while (left := int(deadline - time.monotonic())) > 0:
            status, text = _round(name, corpus, left, seed + findings)
            runs += sum(map(int, re.findall(r"stat::number_of_executed_units:\s*(\d+)", text)))
            coverage = max([coverage, *map(int, re.findall(r"cov: (\d+)", text))])
            if status == 0:
                break
            findings += 1
            print(_told(text), flush=True)
            if "stat::number_of_executed_units" not in text and findings > 20:
                break
    print(f"{name}: {runs} runs, {coverage} branches reached, {findings} findings, {seconds} s", flush=True)
    return findings


def _told(text: str) -> str:
    """The part of libFuzzer's report that says what happened."""
    start = max(text.find("Uncaught Python exception"), 0)
    return text[start : start + 3000] if start else text[-3000:]


def _round(name: str, corpus: Path, seconds: int, seed: int) -> tuple[int, str]:
    command = [
        *(sys.executable, "-m", "tests.fuzz.drive", name, str(corpus)),
        f"-max_total_time={seconds}",
        f"-timeout={HANG_SECONDS:.0f}",
        f"-rss_limit_mb={MAX_BYTES >> 20}",
        f"-max_len={TARGETS[name].longest}",
        f"-seed={seed + 1}",  # 0 means a random one
        f"-artifact_prefix={KEPT}/{name}-",
        "-print_final_stats=1",
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, env=environment)
    return done.returncode, done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())

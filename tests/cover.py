"""Branch coverage of the tests: `python -m tests.cover [FURTHER ARGUMENTS OF PYTEST]`.

Prints the share of lines and branches reached in the engine and in the whole program, and the files that reach least;
ends with status 1 below the bounds. What runs in programs that a test starts counts, too.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOUNDS = {"engine": 95.0, "": 88.0}  # of the whole: "", which leaves out nothing


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        command = [sys.executable, "-m", "pytest", "--cov", f"--cov-report=json:{report}", *sys.argv[1:]]
        # The data of many processes: out of the way of the repository.
        env = {**os.environ, "COVERAGE_FILE": str(Path(folder) / "data")}
        status = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
        files = json.loads(report.read_text())["files"]
    shares = {name: share(files, name) for name in BOUNDS}
    least = sorted(files, key=lambda name: files[name]["summary"]["percent_covered"])[:15]
    for name in least:
        print(f"{files[name]['summary']['percent_covered']:6.1f} %  {name}")
    for name, bound in BOUNDS.items():
        print(f"{name or 'the whole'}: {shares[name]:.1f} % of lines and branches; the bound is {bound:.0f} %")
    return status or int(any(shares[name] < bound for name, bound in BOUNDS.items()))


def share(files: dict[str, dict[str, dict[str, float]]], folder: str) -> float:
    """Lines and branches reached, of all of the files beneath a folder, in percent."""
    found = [item["summary"] for name, item in files.items() if name.startswith(f"{folder}/" if folder else "")]
    reached = sum(item["covered_lines"] + item["covered_branches"] for item in found)
    return 100 * reached / max(1, sum(item["num_statements"] + item["num_branches"] for item in found))


if __name__ == "__main__":
    sys.exit(main())

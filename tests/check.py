"""Every check in one command: `python tests/check.py`. Further arguments go to pytest, which runs last."""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tool(name: str) -> str:
    """A command of this very environment, whether or not it is activated."""
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    if found is None:
        sys.exit(f"{name} is not installed in {sys.prefix}: pip install -e '.[dev]'")
    return found


def main() -> int:
    """Run every check, the later ones too when one fails; returns 0 if all passed."""
    checks = [
        [tool("ruff"), "check", "."],
        [tool("ruff"), "format", "--check", "."],
        [tool("mypy")],
        [tool("lint-imports")],
        [sys.executable, "-m", "pytest", *sys.argv[1:]],
    ]
    failed: list[str] = []
    for command in checks:
        words = " ".join([Path(command[0]).stem, *command[1:]])
        if failed and command is checks[-1]:
            print(f"failed so far: {', '.join(failed)}", flush=True)  # before pytest: its closing line stays the last
        print(f"$ {words}", flush=True)
        started = time.monotonic()
        status = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"}, check=False).returncode
        if command is not checks[-1]:
            print(f"  {'failed' if status else 'passed'} in {time.monotonic() - started:.0f} s", flush=True)
        if status:
            failed.append(words)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

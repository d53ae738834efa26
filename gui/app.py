"""Starts the window, once it is clear that one can open: Qt would abort the process."""

import sys
from collections.abc import Sequence
from pathlib import Path

from gui.preflight import problem

FAILED = 1


def run(folder: Path | None, data_dir: Path, model_folders: Sequence[Path], provider: str | None) -> int:
    """Show the window until it is closed; `folder` None opens none. Returns the process's exit status."""
    trouble = problem()
    if trouble is not None:
        sys.stderr.write(f"{trouble}\n")
        return FAILED
    from gui.application import execute  # Qt: not before the look above

    return execute(folder, data_dir, model_folders, provider)

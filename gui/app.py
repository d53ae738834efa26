"""Starts the window, once it is clear that one can open: Qt would abort the process."""

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.heaps import bound_heaps
from gui.preflight import problem

if TYPE_CHECKING:
    from engine.manifest import Run
    from engine.vector_store import StoreAddress

FAILED = 1


def run(
    folder: Path | None,
    data_dir: Path,
    model_folders: Sequence[Path],
    provider: str | None,
    exported: "Run | None" = None,
    changes: Sequence[str] = (),
    store: "StoreAddress | None" = None,
) -> int:
    """Show the window until it is closed; `folder` None opens none, `exported` shows such a run again instead, and
    tells `changes` since it was made; `store` is a server that holds the vectors. Returns the process's exit status."""
    trouble = problem()
    if trouble is not None:
        sys.stderr.write(f"{trouble}\n")
        return FAILED
    bound_heaps()
    # A tenth of the start would go into looking for garbage among objects that all stay.
    gc.disable()
    try:
        from gui.application import execute  # Qt: not before the look above

        status = execute(folder, data_dir, model_folders, provider, exported, changes, store)
    finally:
        gc.enable()
    from gui.worker import hangs

    if hangs():
        # Python would wait for ever for the thread that reads from a dead drive. What was done is in the index.
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)
    return status

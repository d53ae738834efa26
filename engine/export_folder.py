"""The folder an export goes to: everything is made in a hidden part of it, and gets its name when all is whole."""

import contextlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from engine.atomic import replacing
from engine.errors import ExportError
from engine.query_set import path_inside

MANIFEST = "manifest.json"
PARTIAL = ".semblance-partial"
KNOWN_OUTPUTS = ("results.csv", "results.json", "results.parquet", "index.html", "sheet-*.png", "sheet.pdf", "files")


class ExportFolder:
    """One export on its way into `out`.

    What is not finished lies in `out/.semblance-partial`: block files and vectors in `work`, finished outputs in
    `done`, and `state.json` with the run's fingerprint and what is finished. `commit` moves the outputs to their names,
    the manifest last. A run that was cancelled or killed leaves only the hidden folder, from which the same run can go
    on.
    """

    def __init__(self, out: Path, photo_folders: Sequence[Path], *, resume: bool) -> None:
        """Make the folder, and lock it against a second export. Raises ExportError: `out` lies in one of the folders of
        photos, which nothing is written into; it holds an export already; it cannot be written; it is in use."""
        for folder in photo_folders:
            if path_inside(folder, out / "x") is not None:
                raise ExportError(out, f"it lies inside the photos' own folder {folder}, which nothing is written into")
        self.out = out
        self.partial = out / PARTIAL
        self.work = self.partial / "work"
        self.done = self.partial / "done"
        self._state_file = self.partial / "state.json"
        self._state: dict[str, Any] = {}
        try:
            if out.exists() and not out.is_dir():
                raise ExportError(out, "it is a file, not a folder")
            if not resume or not (self._state_file.exists() or (out / MANIFEST).exists()):
                self._refuse_used_folder()
            self._made = not out.exists()
            self.partial.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self.partial / "lock")
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise ExportError(out, "another export is writing into it") from error
        except OSError as error:
            raise ExportError(out, f"it cannot be written ({error.strerror or error})") from error

    def _refuse_used_folder(self) -> None:
        held = (MANIFEST, *KNOWN_OUTPUTS)
        found = next((path.name for pattern in held for path in sorted(self.out.glob(pattern))), None)
        if found is not None:
            raise ExportError(
                self.out, f"it holds an export already ({found}): name another folder, or resume if it was interrupted"
            )

    def begin(self, fingerprint: str, *, resume: bool) -> dict[str, Any] | None:
        """Start anew, or go on with what an interrupted run of the same fingerprint has left. Returns the manifest if
        that run is finished. Raises ExportError when what is there is of another run."""
        state = self._read(self._state_file) if resume else None
        finished = self._read(self.out / MANIFEST) if resume and state is None else None
        before = state or finished
        if before is not None and before.get("fingerprint") != fingerprint:
            raise ExportError(self.out, "what it holds was made with other choices, or the photos have changed since")
        if finished is not None:
            return finished
        if state is not None and state.get("names_given"):
            self._state = state
            return self._give_names()
        if state is None:
            for folder in (self.work, self.done):
                shutil.rmtree(folder, ignore_errors=True)
            state = {"fingerprint": fingerprint, "finished": []}
        self._state = state
        for folder in (self.work, self.done):
            folder.mkdir(exist_ok=True)
        self._write_state()
        return None

    def is_finished(self, step: str) -> bool:
        """Whether this output is whole in `done`."""
        return step in self._state["finished"]

    def finish(self, step: str) -> None:
        """Note that an output is whole."""
        self._state["finished"].append(step)
        self._write_state()

    def clear(self, *patterns: str) -> None:
        """Delete what an interrupted step has left in `done`."""
        for path in [path for pattern in patterns for path in self.done.glob(pattern)]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def commit(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Give all outputs their names, the manifest last, and delete the hidden folder; returns the manifest, with
        the names and sizes of the outputs as `files`."""
        self.clear(f".{MANIFEST}.*")  # begun by a run that was killed
        files = [{"name": path.name, "bytes": _size(path)} for path in sorted(self.done.iterdir())]
        written = {**manifest, "fingerprint": self._state["fingerprint"], "files": files}
        with replacing(self.done / MANIFEST) as file:
            file.write(json.dumps(written, indent=2, allow_nan=False).encode() + b"\n")
        self._state["names_given"] = True  # a run that is killed from here on is resumed by giving the other names
        self._write_state()
        return self._give_names()

    def _give_names(self) -> dict[str, Any]:
        names = sorted(path.name for path in self.done.iterdir() if path.name != MANIFEST)
        for name in [*names, MANIFEST]:
            if (self.done / name).exists():
                os.replace(self.done / name, self.out / name)  # noqa: PTH105 - says that it replaces
        self.discard()
        return self._read(self.out / MANIFEST) or {}

    def close(self) -> None:
        """Release the folder; what is unfinished stays for a later resume."""
        if self._state_file.exists():
            self._lock.release()
        else:
            self.discard()

    def discard(self) -> None:
        """Release the folder and delete its hidden part, and itself where this made it and nothing else is in it."""
        self._lock.release()
        shutil.rmtree(self.partial, ignore_errors=True)
        if self._made:
            with contextlib.suppress(OSError):
                self.out.rmdir()

    def _read(self, file: Path) -> dict[str, Any] | None:
        try:
            value = json.loads(file.read_bytes())
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def _write_state(self) -> None:
        with replacing(self._state_file) as file:
            file.write(json.dumps(self._state).encode())


def _size(path: Path) -> int:
    """The bytes of a file, or of all files beneath a folder."""
    if path.is_dir():
        return sum(item.stat().st_size for item in path.rglob("*") if item.is_file())
    return path.stat().st_size

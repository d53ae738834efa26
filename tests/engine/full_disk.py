"""Lets the disk fill up at every page that a job writes: `python -m tests.engine.full_disk JOB STEP FOLDER`.

The index lies on a small disk of its own (tmpfs), on which STEP more pages are free each time, until the job goes
through. It must say that the disk is full or do without; the index must be whole; and with room again the job must end
as a clean run does. Needs the right to mount: `unshare --mount` where one is root. Prints one JSON object.
"""

import errno
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

from engine.errors import ExportError, StoreError
from tests.engine.crash_harness import JOBS, Job, commit_often, forked, integrity

PAGE = 4096
DISK_BYTES = 8 << 20


def fill_up(data_dir: Path, free_pages: int) -> Path:
    """Leave so many pages free; returns the file that takes the rest."""
    ballast = data_dir.parent / "ballast"
    free = os.statvfs(data_dir)
    descriptor = os.open(ballast, os.O_CREAT | os.O_WRONLY, 0o600)
    os.posix_fallocate(descriptor, 0, max(PAGE, (free.f_bavail - free_pages) * PAGE))
    os.close(descriptor)
    return ballast


def once(job: Job, free_pages: int) -> tuple[bool, list[str]]:
    """Run the job with so many free pages; returns whether it went through, and what is wrong."""
    ballast = fill_up(job.data_dir, free_pages)
    reader, writer = os.pipe()

    def attempted() -> None:
        try:
            job.work()
            told = ["through"]
        except OSError as error:  # an export's own files
            told = [] if error.errno == errno.ENOSPC else [f"it raised {error!r}"]
        except ExportError as error:
            told = [] if "are free" in str(error) or "No space" in str(error) else [f"it says only: {error}"]
        except StoreError as error:
            told = [] if "the disk is full" in str(error) else [f"it says only: {error}"]
        os.write(writer, json.dumps(told).encode())

    def checked() -> None:
        found = job.check() + integrity(job.data_dir / "index.db")
        os.write(writer, json.dumps(found).encode())

    _, well = forked(attempted)
    told = json.loads(os.read(reader, 1 << 16)) if well else ["it raised something else than a StoreError"]
    ballast.unlink()
    _, well = forked(checked)
    problems = json.loads(os.read(reader, 1 << 20)) if well else ["the check failed"]
    os.close(reader)
    os.close(writer)
    through = told == ["through"]
    return through, problems + ([] if through else told)


def main(name: str, step: int, folder: Path) -> None:
    logging.disable(logging.CRITICAL)
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(disk)], check=True)
    commit_often()
    job = JOBS[name](folder, folder / "photos", folder / "tiny.onnx")
    forked(job.prepare)
    pristine = folder / "pristine"
    shutil.move(job.data_dir, pristine)
    job.data_dir = disk / "data"
    free_pages, through, tries = 0, 0, 0
    problems: list[str] = []
    try:
        while through < 2 and free_pages * PAGE < DISK_BYTES:
            job.forget()
            shutil.rmtree(job.data_dir, ignore_errors=True)
            shutil.copytree(pristine, job.data_dir)
            went, found = once(job, free_pages)
            problems += [f"{free_pages} free pages: {problem}" for problem in found]
            through = through + 1 if went else 0
            tries += 1
            free_pages += step
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
    if through < 2:
        problems.append("it never went through")
    print(json.dumps({"tries": tries, "pages": free_pages, "problems": problems}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))

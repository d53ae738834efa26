"""Random acts in the real window for a long time: `python -m tests.soak --minutes 30 --seed 0 [--photos FOLDER]`.

The program runs on a screen of its own (Xvfb) and is used by mouse and keyboard as people do. Photos come and go in its
folder all the while. Every two seconds its memory, its open files and its threads are counted. It must not end, say
nothing on standard error, always answer within a bound, and level off: in the last quarter of the time neither memory
nor open files may be much more than in the quarter before. `runs/soak` gets a plot and all figures.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import CLASSES, draw_photo
from tests.tour.screen import Screen

OUT = Path("runs/soak")
SAMPLE_S = 2.0
ANSWER_S = 30.0  # on a machine that others use, too
MAX_GROWTH = 1.10  # of memory, from the third quarter to the last
MAX_MORE_FILES = 8
PHOTOS = 240


@dataclass
class Samples:
    """What the process took, by seconds since the start."""

    seconds: list[float] = field(default_factory=list)
    mib: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def take(self, pid: int, began: float) -> None:
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
        )
        self.seconds.append(round(time.monotonic() - began, 1))
        self.mib.append(int(status["VmRSS"].split()[0]) / 1024)
        self.files.append(len(os.listdir(f"/proc/{pid}/fd")))  # noqa: PTH208
        self.threads.append(int(status["Threads"]))

    def quarter(self, values: list[float] | list[int], number: int) -> float:
        """The median of one quarter of the time (0 to 3)."""
        step = max(1, len(values) // 4)
        return statistics.median(values[number * step : (number + 1) * step] or values[-1:])


class Soak:
    """One window and a seeded chooser of acts."""

    def __init__(self, screen: Screen, folders: list[Path], picture: Path, out: Path, seed: int) -> None:
        self.screen, self.folders, self.picture, self.out = screen, folders, picture, out
        self.chooser = random.Random(seed)
        self.acts: list[str] = []
        self.slowest_answer = 0.0
        self._exports = 0
        self._weights: list[tuple[Callable[[], None], int]] = [
            (self.click, 20),
            (self.scroll, 10),
            (self.travel, 10),
            (self.mark, 5),
            (self.view, 6),
            (self.compare, 4),
            (self.switch, 8),
            (self.resize, 4),
            (self.zoom, 4),
            (self.change_photos, 6),
            (self.open_other, 3),
            (self.stop, 2),
            (self.drop, 1),
            (self.paste, 2),
            (self.export, 2),
            (self.map, 2),
            (self.panels, 4),
            (self.filter, 3),
            (self.select, 4),
        ]

    def act(self) -> None:
        """One act, from a window in which no dialog is open."""
        began = time.monotonic()
        for _ in range(3):
            if not self.screen.ask("dialog is not None"):
                break
            self.screen.key("Escape")
        self.slowest_answer = max(self.slowest_answer, time.monotonic() - began)
        acts, weights = zip(*self._weights, strict=True)
        chosen = self.chooser.choices(acts, weights)[0]
        self.acts.append(chosen.__name__)
        chosen()
        time.sleep(self.chooser.choice((0.0, 0.1, 0.3, 1.0)))

    # -- the acts --------------------------------------------------------------------------------------------------

    def _point(self) -> tuple[int, int]:
        return self.chooser.randint(340, self.screen.width - 320), self.chooser.randint(110, self.screen.height - 120)

    def click(self) -> None:
        self.screen.click(*self._point(), times=self.chooser.choice((1, 1, 1, 2)))

    def scroll(self) -> None:
        self.screen.key(*self.chooser.choices(("Page_Down", "Page_Up", "Home", "End", "Down", "Right"), k=4))

    def travel(self) -> None:
        self.screen.key(self.chooser.choice(("alt+Left", "alt+Right", "alt+Home", "BackSpace")))

    def mark(self) -> None:
        self.screen.key("Right", self.chooser.choice(("plus", "minus")))

    def view(self) -> None:
        self.screen.key("space", "Right", "Right", "Escape")

    def compare(self) -> None:
        self.screen.key("c", "h", "Escape")

    def switch(self) -> None:
        """Another model, distance or order, from one of the dropdowns."""
        boxes = self.screen.ask(
            "[place(w) for w in app.allWidgets()"
            " if w.isVisible() and 'QComboBox' in [c.__name__ for c in type(w).mro()]]"
        )
        if boxes:
            left, top, width, height = self.chooser.choice(boxes)
            self.screen.click(left + width // 2, top + height // 2)
            self.screen.key(self.chooser.choice(("Down", "Up")), "Return")

    def resize(self) -> None:
        window = self._window()
        if window is None:
            return
        width, height = self.chooser.randint(900, self.screen.width), self.chooser.randint(650, self.screen.height - 30)
        self.screen.tool("xdotool", "windowsize", window, str(width), str(height))

    def _window(self) -> str | None:
        """The number of the program's window; None where it was not found: the search fails when any other window goes
        away while it looks."""
        try:
            return self.screen.tool("xdotool", "search", "--onlyvisible", "--name", "Semblance").split()[-1]
        except subprocess.CalledProcessError:
            return None

    def zoom(self) -> None:
        self.screen.key(self.chooser.choice(("ctrl+plus", "ctrl+minus")))

    def change_photos(self) -> None:
        """Somebody adds photos and takes others away."""
        folder = self.folders[0] / "new"
        folder.mkdir(exist_ok=True)
        held = sorted(folder.iterdir())
        for path in self.chooser.sample(held, len(held) // 2):
            path.unlink()
        for _ in range(6):
            seed = self.chooser.randrange(10**6)
            draw_photo(self.chooser.choice(list(CLASSES)), seed, (320, 240)).save(folder / f"{seed}.jpg")

    def open_other(self) -> None:
        self.screen.key("ctrl+o")
        time.sleep(0.7)
        self.screen.key("ctrl+a")
        self.screen.write(str(self.chooser.choice(self.folders)))
        self.screen.key("Return")

    def stop(self) -> None:
        self.screen.key("F5")
        self.screen.key("alt+Home")

    def drop(self) -> None:
        self.screen.drop([self.picture], (self.screen.width // 2, self.screen.height // 2))

    def paste(self) -> None:
        self.screen.key("ctrl+v")

    def export(self) -> None:
        self._exports += 1
        self.screen.key("ctrl+s")
        time.sleep(0.7)
        if self.screen.ask("dialog is not None"):
            self.screen.key("ctrl+a")
            self.screen.write(str(self.out / f"run-{self._exports}"))
            self.screen.key("Return")
            time.sleep(1.0)

    def map(self) -> None:
        self.screen.key("m")
        time.sleep(0.5)
        self.screen.click(*self._point())
        self.screen.key("m")

    def panels(self) -> None:
        self.screen.key(self.chooser.choice(("i", "ctrl+b", "ctrl+u", "ctrl+shift+r", "F1")))

    def filter(self) -> None:
        self.screen.key("ctrl+f")
        self.screen.write(self.chooser.choice(("1", "red", "zzz")))
        self.screen.key("ctrl+a", "Delete", "Escape")

    def select(self) -> None:
        self.screen.key(self.chooser.choice(("ctrl+a", "ctrl+i")), "ctrl+d")


def photos(folder: Path, source: Path | None) -> list[Path]:
    """Two libraries: a copy of some photos, and a part of them."""
    first, second = folder / "first", folder / "second"
    first.mkdir()
    if source is not None:
        for number, path in enumerate(sorted(source.rglob("*.jpg"))[:PHOTOS]):
            shutil.copy(path, first / f"{number:04}-{path.parent.name}.jpg")
    else:
        for number in range(PHOTOS):
            label = list(CLASSES)[number % len(CLASSES)]
            draw_photo(label, number, (640, 480)).save(first / f"{number:04}-{label}.jpg")
    second.mkdir()
    for path in sorted(first.iterdir())[:80]:
        shutil.copy(path, second)
    return [first, second]


def plot(samples: Samples, path: Path, title: str) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, 1, sharex=True, figsize=(9, 7))
    minutes = [second / 60 for second in samples.seconds]
    for axis, values, name in zip(
        axes, (samples.mib, samples.files, samples.threads), ("memory, MiB", "open files", "threads"), strict=True
    ):
        axis.plot(minutes, values, linewidth=1)
        axis.set_ylabel(name)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    axes[0].set_title(title)
    axes[-1].set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(path, dpi=100)


def problems(samples: Samples, said: str, soak: Soak, status: int | None) -> list[str]:
    found = [f"it said: {line}" for line in said.splitlines() if line.strip()]
    if status != 0:
        found.append(f"it ended with status {status} after {soak.acts[-5:]}")
    before, after = samples.quarter(samples.mib, 2), samples.quarter(samples.mib, 3)
    if after > before * MAX_GROWTH:
        found.append(f"memory grew from {before:.0f} to {after:.0f} MiB")
    if samples.quarter(samples.files, 3) > samples.quarter(samples.files, 2) + MAX_MORE_FILES:
        found.append("open files grow")
    if soak.slowest_answer > ANSWER_S:
        found.append(f"it kept us waiting for {soak.slowest_answer:.1f} s")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--photos", type=Path, help="photos to copy; drawn ones without")
    args = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    samples, over = Samples(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="soak-") as place:
        folders = photos(Path(place), args.photos)
        picture = Path(place) / "query.png"
        draw_photo("red", 7, (400, 300)).save(picture)
        said = Path(place) / "stderr"
        told = os.dup(2)
        with said.open("wb") as file:
            os.dup2(file.fileno(), 2)  # what the program says goes there
        try:
            with Screen(1300, 900) as screen:
                screen.run(str(folders[0]), "--data-dir", str(Path(place) / "data"))
                screen.clipboard(picture)
                assert screen._program is not None
                pid, began = screen._program.pid, time.monotonic()
                soak = Soak(screen, folders, picture, Path(place), args.seed)

                def sample() -> None:
                    while not over.wait(SAMPLE_S):
                        samples.take(pid, began)

                watcher = threading.Thread(target=sample, daemon=True)
                watcher.start()
                while time.monotonic() - began < 60 * args.minutes and screen.alive:
                    soak.act()
                screen.shot(OUT / "last.png")
                over.set()
                watcher.join()
                for _ in range(3):
                    screen.key("Escape")
                status = screen.end() if screen.alive else screen._program.wait()
        finally:
            over.set()
            os.dup2(told, 2)
            print(said.read_text(errors="replace"), end="", file=sys.stderr)
        wrong = problems(samples, said.read_text(errors="replace"), soak, status)
    plot(samples, OUT / "soak.png", f"{len(soak.acts)} acts in {args.minutes:g} minutes, seed {args.seed}")
    quarters = {
        name: [round(samples.quarter(values, number)) for number in range(4)]
        for name, values in (("mib", samples.mib), ("files", samples.files), ("threads", samples.threads))
    }
    report = {"acts": len(soak.acts), "quarters": quarters, "slowest_answer_s": round(soak.slowest_answer, 2)}
    report["problems"] = wrong
    (OUT / "soak.json").write_text(json.dumps(report | {"samples": vars(samples), "all_acts": soak.acts}))
    print(json.dumps(report, indent=2))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

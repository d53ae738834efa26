"""The whole tour of the window, on a real screen with real clicks: `python -m tests.tour.drive FOLDER --out DIR`.

Opens FOLDER, indexes it with the default model (or `--model`), and does by mouse and keyboard what people do, with a
picture of each step in DIR. Look at the pictures: the script fails only where the program does.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.folder import scan
from engine.results import ImageFile
from engine.spec import DEFAULT_MODEL, bundled_folder, find_model
from engine.store import Store
from gui.settings import Settings
from tests.tour.screen import Screen

# Points of the window at its full size, at density 1.
LEFT, TOP = 317, 60  # of the grid
TILE = (219, 215)  # from one photo to the next, at the size of a first start
QUERY_PICTURE = (150, 270)
HISTOGRAM_Y = 640
INDEXING_S = 900.0
CLICK_S = 0.6  # a click waits for a second one before it searches


class Tour:
    """One window, and a numbered picture for each step."""

    def __init__(self, screen: Screen, out: Path, folder: Path, data_dir: Path, model: str) -> None:
        self.screen, self.out, self.folder, self.data_dir, self.model = screen, out, folder, data_dir, model
        self._number = 0

    def keep(self, name: str, *, settle: bool = True) -> None:
        """A picture of this step."""
        if settle:
            self.screen.settle()
        self._number += 1
        file = self.out / f"{self._number:02d}-{name}.png"
        self.screen.shot(file)
        print(file.name, flush=True)
        if not self.screen.alive:
            raise SystemExit(f"the program ended at step {name}")

    def tile(self, column: int, row: int = 0) -> tuple[int, int]:
        """The middle of a photo on the screen."""
        return LEFT + TILE[0] * column + TILE[0] // 2, TOP + TILE[1] * row + TILE[1] // 2

    def wait_for_index(self) -> None:
        """Ask the index itself how far it is."""
        spec = find_model(self.model, [bundled_folder()])
        deadline = time.monotonic() + INDEXING_S
        with Store(self.data_dir) as store:
            library = store.library(self.folder)
            photos = sum(isinstance(item, ImageFile) for item in scan(self.folder))
            while len(library.gallery(spec)) < photos and time.monotonic() < deadline:
                time.sleep(1)
        time.sleep(2)  # the window looks at the index every 1.5 seconds

    # -- the steps -------------------------------------------------------------------------------------------------

    def open_folder(self) -> None:
        screen = self.screen
        self.keep("welcome")
        screen.key("ctrl+o")
        screen.settle()
        screen.key("ctrl+a")
        screen.write(str(self.folder))
        self.keep("open-dialog")
        screen.key("Return")
        time.sleep(1.5)
        self.keep("indexing", settle=False)
        screen.click(*self.tile(2))
        time.sleep(1.5)
        self.keep("search-while-indexing", settle=False)
        screen.key("alt+Home")
        self.wait_for_index()
        self.keep("library")

    def search(self) -> None:
        screen = self.screen
        screen.click(*self.tile(2))
        time.sleep(CLICK_S)
        self.keep("ranked")
        screen.click(*self.tile(3))
        time.sleep(CLICK_S)
        self.keep("on-from-a-result")
        screen.key("alt+Left")
        self.keep("back")
        screen.key("alt+Right")
        self.keep("forward")
        screen.key("ctrl+h")
        self.keep("history")
        screen.key("Escape")

    def refine(self) -> None:
        screen = self.screen
        screen.drag((QUERY_PICTURE[0] - 60, QUERY_PICTURE[1] - 50), (QUERY_PICTURE[0] + 20, QUERY_PICTURE[1] + 40))
        self.keep("region")
        screen.key("alt+Left")
        screen.settle()
        screen.click(*self.tile(0), held="ctrl")
        screen.click(*self.tile(1), held="ctrl")
        self.keep("two-selected")
        screen.key("s")
        self.keep("like-both")
        screen.click(*self.tile(0, 1), held="ctrl")
        screen.key("minus")
        self.keep("unlike-one")
        screen.key("alt+Left")
        screen.key("alt+Left")
        screen.settle()

    def look(self) -> None:
        screen = self.screen
        screen.click(*self.tile(1), held="ctrl")
        screen.key("Return")
        self.keep("viewer")
        screen.key("Right", "plus", "plus")
        self.keep("viewer-next-zoomed")
        screen.key("F11")
        self.keep("viewer-full-screen")
        screen.key("F11", "Escape")
        screen.settle()
        screen.key("c")
        self.keep("compare")
        screen.key("plus", "plus", "plus")
        self.keep("compare-zoomed")
        screen.key("Tab")
        self.keep("compare-flicked")
        screen.key("Escape", "Escape")
        screen.click(*self.tile(1), 3)
        self.keep("right-click")
        screen.key("Escape")

    def adjust(self) -> None:
        screen = self.screen
        for name, key in (("models", "alt+m"), ("metrics", "alt+d")):
            screen.key(key, "F4")
            self.keep(name)
            screen.key("Escape")
        screen.key("alt+d", "Down")
        self.keep("euclidean")
        screen.key("alt+d", "Up")
        screen.settle()
        screen.drag((250, HISTOGRAM_Y), (150, HISTOGRAM_Y))
        self.keep("distance-limit")
        screen.key("Delete")
        screen.settle()
        screen.key("ctrl+f")
        screen.write("5")
        self.keep("filtered")
        screen.key("Escape")
        for _ in range(4):
            screen.key("ctrl+plus")
        self.keep("larger-photos")
        for _ in range(4):
            screen.key("ctrl+minus")
        screen.key("i", "ctrl+b")
        self.keep("panels-hidden")
        screen.key("i", "ctrl+b")
        screen.settle()

    def windows(self) -> None:
        screen = self.screen
        for name, key in (("shortcuts", "F1"), ("preferences", "ctrl+comma")):
            screen.key(key)
            self.keep(name)
            screen.key("Escape")
        screen.key("alt+l")
        self.keep("menu-library")
        screen.key("Escape")
        picture = self.out / "pasted.png"
        photo = sorted(self.folder.rglob("*.jpg"))[-1]
        screen.tool("convert", str(photo), str(picture))
        screen.clipboard(picture)
        screen.key("ctrl+v")
        self.keep("pasted")
        picture.unlink()

    def odd_files(self) -> None:
        """A second library, with files that cannot be read."""
        screen = self.screen
        odd = Path(tempfile.mkdtemp(prefix="odd-", dir=self.data_dir))
        for photo in sorted(self.folder.rglob("*.jpg"))[:40]:
            (odd / photo.name).write_bytes(photo.read_bytes())
        (odd / "empty.jpg").touch()
        (odd / "letter.jpg").write_text("Dear aunt")
        (odd / "broken.jpg").write_bytes(next(odd.glob("*.jpg")).read_bytes()[:300])
        screen.key("ctrl+o")
        screen.settle()
        screen.key("ctrl+a")
        screen.write(str(odd))
        screen.key("Return")
        time.sleep(6)
        self.keep("library-with-skipped-files")
        screen.click(170, 958)
        self.keep("skipped-files")
        screen.key("Escape")
        screen.click(*self.tile(1))
        time.sleep(CLICK_S)
        self.keep("ranked-among-few")


STEPS: tuple[Callable[[Tour], None], ...] = (
    Tour.open_folder,
    Tour.search,
    Tour.refine,
    Tour.look,
    Tour.adjust,
    Tour.windows,
    Tour.odd_files,
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="photos to tour; nothing is written there")
    parser.add_argument("--out", type=Path, required=True, help="where the pictures go")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--theme", choices=("system", "light", "dark"), default="light")
    parser.add_argument("--scale", type=int, choices=(1, 2), default=1)
    parser.add_argument("--language", default="en")
    parser.add_argument("--data-dir", type=Path, help="an index to go on with (default: a new one)")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tour-index-") as fresh, Screen(scale=args.scale) as screen:
        data_dir = args.data_dir or Path(fresh)
        settings = Settings(data_dir)
        settings.theme, settings.language, settings.model = args.theme, args.language, args.model
        settings.sync()
        screen.run("--data-dir", str(data_dir))
        tour = Tour(screen, args.out, args.folder.resolve(), data_dir, args.model)
        for step in STEPS:
            step(tour)
        status = screen.end()
        print(f"ended with status {status}")
        return status


if __name__ == "__main__":
    sys.exit(main())

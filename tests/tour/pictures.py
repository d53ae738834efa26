"""Makes the pictures of the README from drawn images: `python -m tests.tour.pictures` writes docs/images/*.png.

Starts the real program with the default model on a virtual screen, and takes the pictures of its window.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from engine.photo_map import Layout
from engine.spec import DEFAULT_MODEL, bundled_folder, find_model
from engine.store import Store
from gui.settings import Settings
from tests.tour.drawings import draw_library, draw_sorted_flowers
from tests.tour.screen import ROOT, Screen
from tests.tour.tour import GRID, Tour

SIZE = (1280, 822)  # of the screen; the window is as much smaller as its title is high
TILES = ((446, 200), (668, 200), (890, 200))  # the first row of photos, in the window of that size
QUERY_PICTURE = (139, 211)
SETTLED_S = 1.0
VARIED_S = 12.0  # for ten runs of the network
COMPARED_S = 8.0
SECOND_MODEL = "resnet50-imagenet"


def take_pictures(out: Path, data_dir: Path, photos: Path) -> None:
    """The window in light and dark, a search with a part of a picture, the comparison, a search with marks, the model's
    sight, the map, the small windows."""
    for theme, name in (("dark", "window-dark"), ("light", "window")):
        settings = Settings(data_dir)
        settings.theme, settings.language, settings.model = theme, "en", DEFAULT_MODEL
        settings.map_layout = str(Layout.TSNE)
        settings.sync()
        with Screen(*SIZE) as screen:
            screen.run("--data-dir", str(data_dir), str(photos))
            wait_for_index(data_dir, photos)
            search_for(screen, "boat-03")
            take(screen, out / f"{name}.png")
            if theme == "light":
                left, top = QUERY_PICTURE
                screen.drag((left - 70, top - 60), (left + 60, top + 30))
                take(screen, out / "region.png")
                screen.key("alt+Left")
                time.sleep(SETTLED_S)
                screen.click(*TILES[1], held="ctrl")
                screen.key("c")
                take(screen, out / "compare.png")
                screen.key("Escape")
                take_refined(Tour(screen, out, photos, data_dir))
                take_understanding(screen, out, data_dir)
                take_small_windows(screen, out, data_dir, photos)
            screen.end()


def take_refined(tour: Tour) -> None:
    """A search that two results were marked in as wanted, and one as not."""
    screen = tour.screen
    search_for(screen, "flower-02")
    for name, mark in (("flower-06", "plus"), ("flower-05", "plus"), ("flower-12", "minus")):
        rows = f"[row for row in range(12) if {GRID}.gallery.path(row).endswith('{name}.jpg')]"
        screen.click(*tour.tile(screen.ask(rows)[0]), held="ctrl")
        screen.key(mark, "ctrl+d")
        time.sleep(SETTLED_S)
    screen.move(640, 10)
    take(screen, tour.out / "refine.png")
    screen.key("alt+Home")
    time.sleep(SETTLED_S)


def take_own_model(out: Path, data_dir: Path, photos: Path) -> None:
    """A model of one's own, learned from flowers that are sorted by colour, and what it gains."""
    with Screen(*SIZE) as screen:
        screen.run("--data-dir", str(data_dir), str(photos))
        wait_for_index(data_dir, photos)
        screen.key("ctrl+shift+l")
        time.sleep(SETTLED_S)
        screen.key("alt+l")
        screen.wait("dialog.name.isEnabled() and bool(dialog._own.count())")
        take(screen, out / "adapt.png")
        screen.key("Escape")
        screen.end()


def take_understanding(screen: Screen, out: Path, data_dir: Path) -> None:
    """What the model sees of the query, and the map of all photos."""
    screen.key("v")
    time.sleep(VARIED_S)
    take(screen, out / "robustness.png")
    screen.key("Escape")
    screen.key("alt+Home")
    time.sleep(SETTLED_S)
    screen.key("m")
    screen.move(640, 10)
    while not list((data_dir / "snapshots").glob("map-*-tsne-*")):
        time.sleep(SETTLED_S)
    take(screen, out / "map.png")
    screen.key("m")


def take_small_windows(screen: Screen, out: Path, data_dir: Path, photos: Path) -> None:
    """The same search by two models, and the copies in the library."""
    search_for(screen, "boat-03")
    screen.key("ctrl+shift+b")
    time.sleep(SETTLED_S)
    screen.key("Return")
    time.sleep(COMPARED_S)
    take(screen, out / "columns.png")
    screen.key("Escape")
    save_again(photos)
    wait_for_index(data_dir, photos)
    screen.key("ctrl+shift+d")
    time.sleep(SETTLED_S)
    screen.key("Return")
    time.sleep(COMPARED_S)
    take(screen, out / "duplicates.png")
    screen.key("Escape")


def save_again(photos: Path) -> None:
    """Three photos as they come back from a messenger: smaller, and compressed more."""
    (photos / "received").mkdir()
    for name in ("boat-03", "balloon-02", "town-04"):
        with Image.open(next(photos.rglob(f"{name}.jpg"))) as picture:
            picture.resize((picture.width // 2, picture.height // 2)).save(
                photos / "received" / f"{name}-small.jpg", quality=70
            )


def search_for(screen: Screen, name: str) -> None:
    """Find a photo by its name and make it the query."""
    screen.key("ctrl+f")
    screen.write(name)
    time.sleep(SETTLED_S)
    screen.click(*TILES[0])
    time.sleep(SETTLED_S)
    screen.move(640, 10)


def take(screen: Screen, file: Path) -> None:
    """Keep a picture once the window stands still, with as few colours as can be told apart: half the bytes."""
    time.sleep(SETTLED_S)
    screen.settle()
    screen.shot_window(file)
    screen.tool("convert", str(file), "-strip", "+dither", "-colors", "250", f"png8:{file}")
    print(file)


def wait_for_index(data_dir: Path, photos: Path) -> None:
    """Until the default model has seen all photos."""
    spec = find_model(DEFAULT_MODEL, [bundled_folder()])
    count = sum(1 for _ in photos.rglob("*.jpg"))
    with Store(data_dir) as store:
        library = store.library(photos)
        while len(library.gallery(spec)) < count:
            time.sleep(0.5)
    time.sleep(3)  # the window looks at the index every 1.5 seconds


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="default: docs/images")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        photos = Path(folder) / "Pictures"
        draw_library(photos)
        index = [str(ROOT / "main.py"), "index", str(photos), "--model", SECOND_MODEL]
        subprocess.run([sys.executable, *index, "--data-dir", str(Path(folder) / "index")], check=True)
        take_pictures(args.out, Path(folder) / "index", photos)
        draw_sorted_flowers(Path(folder) / "Flowers")
        take_own_model(args.out, Path(folder) / "index", Path(folder) / "Flowers")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The whole tour of the window, on a real screen with real clicks: `python -m tests.tour.drive FOLDER --out DIR`.

Opens FOLDER, indexes it with the default model (or `--model`), and does by mouse and keyboard what people do, with a
picture of each step in DIR. A step that does not lead where it should ends the tour with an error; how it looks is for
whoever looks at the pictures. `--steps NAME…` takes only some, with an index that `--data-dir` names.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.spec import DEFAULT_MODEL
from gui.settings import Settings
from tests.tour import search_steps as first
from tests.tour import window_steps as second
from tests.tour.screen import Screen
from tests.tour.tour import Tour

STEPS: tuple[Callable[[Tour], None], ...] = (
    first.open_folder,
    first.search,
    first.bring,
    first.region,
    first.several,
    first.adjust,
    first.limit,
    first.sort_and_scope,
    second.select,
    second.view,
    second.compare,
    second.export,
    second.evaluate,
    second.small_windows,
    second.settings,
    second.empty_states,
    second.odd_files,
)


def main(arguments: list[str] | None = None) -> int:
    names = [step.__name__ for step in STEPS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="photos to tour; nothing is written there")
    parser.add_argument("--out", type=Path, required=True, help="where the pictures go")
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--theme", choices=("system", "light", "dark"), default="light")
    parser.add_argument("--scale", type=int, choices=(1, 2), default=1)
    parser.add_argument("--language", default="en")
    parser.add_argument("--data-dir", type=Path, help="an index to go on with (default: a new one)")
    parser.add_argument("--steps", nargs="+", choices=names, default=names, help="only these (default: all)")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tour-index-") as fresh, Screen(scale=args.scale) as screen:
        data_dir = args.data_dir or Path(fresh)
        settings = Settings(data_dir)
        settings.theme, settings.language, settings.model = args.theme, args.language, args.model
        settings.sync()
        folder = args.folder.resolve()
        opened = args.steps[0] != names[0]
        screen.run("--data-dir", str(data_dir), *([str(folder)] if opened else []))
        tour = Tour(screen, args.out, folder, data_dir)
        if opened:
            tour.wait_for_index()
        for step in (step for step in STEPS if step.__name__ in args.steps):
            print(f"- {step.__name__}", flush=True)
            step(tour)
        status = screen.end()
        print(f"ended with status {status}")
        return status


if __name__ == "__main__":
    sys.exit(main())

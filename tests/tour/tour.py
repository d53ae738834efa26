"""The one who tours the window: presses, drags, types, waits until the program says it is so, and takes a picture."""

from pathlib import Path

from tests.tour.screen import Screen

INDEXING_S = 900.0
GRID = "window.grid"
SIDE = "window.side"


class Tour:
    """One window, and a numbered picture for each step."""

    def __init__(self, screen: Screen, out: Path, folder: Path, data_dir: Path) -> None:
        self.screen, self.out, self.folder, self.data_dir = screen, out, folder, data_dir
        self.number = 0

    # -- for the steps ---------------------------------------------------------------------------------------------

    def keep(self, name: str, *, settle: bool = True) -> None:
        """A picture of this step."""
        if settle:
            self.screen.settle()
        self.number += 1
        file = self.out / f"{self.number:02d}-{name}.png"
        self.screen.shot(file)
        print(file.name, flush=True)
        if not self.screen.alive:
            raise SystemExit(f"the program ended at step {name}")

    def tile(self, row: int) -> tuple[int, int]:
        """The middle of a photo's picture on the screen."""
        left, top, width, _ = self.screen.ask(
            f"[*(lambda r: (*{GRID}.viewport().mapToGlobal(r.topLeft()).toTuple(), r.width(), r.height()))"
            f"({GRID}.visualRect({GRID}.gallery.index({row})))]"
        )
        return left + width // 2, top + width // 2

    def press(self, widget: str) -> None:
        """Click the middle of a widget."""
        self.screen.click(*self.screen.middle(widget))

    def tick(self, check: str) -> None:
        """Click the box of a check or a radio button, which stands at its left."""
        left, top, _, height = self.screen.ask(f"place({check})")
        self.screen.click(left + 10, top + height // 2)

    def open_menu(self, number: int) -> None:
        """Click a title in the menu bar."""
        bar = "window.menuBar()"
        self.screen.click(
            *self.screen.ask(f"{bar}.mapToGlobal({bar}.actionGeometry({bar}.actions()[{number}]).center()).toTuple()")
        )
        self.screen.wait("app.activePopupWidget() is not None")

    def type_path(self, path: Path) -> None:
        """Answer Qt's own dialog for files and folders."""
        self.screen.settle()
        self.screen.key("ctrl+a")
        self.screen.write(str(path))

    def query_is(self, name: str) -> None:
        """Wait for the results of a query with a picture of this name."""
        self.screen.wait(f"any(p.name == {name!r} for p in controller.query.parts) and controller.reply is not None")
        self.ranked()

    def ranked(self) -> None:
        """Wait for the answer to the last search, histogram included."""
        self.screen.wait(
            "controller.reply is not None and controller.reply.request.id == controller._request_id"
            " and controller._searches.idle"
        )

    def wait_for_index(self) -> None:
        """Until the model has seen every photo."""
        self.screen.wait(
            "controller.state is not None and not controller.indexing.running"
            " and controller.state.counts.get(controller.model.name) == controller.photos > 0",
            INDEXING_S,
        )

    def close(self) -> None:
        """Close the small window in front, by the keyboard."""
        self.screen.key("Escape")
        self.screen.wait("dialog is None")

    def photo(self, number: int) -> Path:
        """A photo of the library, counted by name."""
        return sorted(self.folder.rglob("*.jpg"))[number]

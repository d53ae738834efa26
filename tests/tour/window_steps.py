"""The tour's second part: what is done with results, the long jobs, the small windows, and what goes wrong."""

import tempfile
from pathlib import Path

from tests.tour.tour import GRID, INDEXING_S, SIDE, Tour

# -- results -----------------------------------------------------------------------------------------------------------


def select(tour: Tour) -> None:
    screen = tour.screen
    screen.click(*tour.tile(1), held="ctrl")
    screen.click(*tour.tile(6), held="shift")
    screen.wait(f"{GRID}.selected_count() == 6")
    tour.keep("shift-range")
    start, end = tour.tile(1), tour.tile(6)
    tour.number += 1
    drawn = tour.out / f"{tour.number:02d}-rubber-band.png"
    screen.drag((start[0] - 105, start[1] - 60), end, holding=drawn)
    screen.wait(f"{GRID}.selected_count() > 1")
    screen.key("ctrl+a")
    screen.wait(f"{GRID}.selected_count() == len(controller.items)")
    tour.keep("all-selected")
    screen.key("ctrl+i")
    screen.wait(f"{GRID}.selected_count() == 0")
    screen.key("ctrl+shift+r")
    screen.wait(f"not {GRID}.numbers")
    tour.keep("without-numbers")
    screen.key("ctrl+shift+r")
    for _ in range(4):
        screen.key("ctrl+plus")
    tour.keep("larger-photos")
    for _ in range(7):
        screen.key("ctrl+minus")
    tour.keep("smaller-photos")
    for _ in range(3):
        screen.key("ctrl+plus")
    screen.key("i", "ctrl+b")
    screen.wait(f"not {SIDE}.isVisible() and not window.viewing.inspector.isVisible()")
    tour.keep("panels-hidden")
    screen.key("i", "ctrl+b")
    screen.wait(f"{SIDE}.isVisible() and window.viewing.inspector.isVisible()")
    screen.settle()
    screen.click(*tour.tile(1), 3)
    screen.wait("app.activePopupWidget() is not None")
    tour.keep("right-click")
    screen.key("Down", "Down", "Down", "Escape")
    screen.wait("app.activePopupWidget() is None")
    screen.key("ctrl+c")
    path = screen.ask(f"{GRID}.gallery.path(1)")
    screen.wait(f"app.clipboard().text().endswith({path!r})")
    tour.keep("path-copied")
    screen.key("ctrl+shift+c")
    screen.wait("app.clipboard().mimeData().hasImage()")


def view(tour: Tour) -> None:
    screen = tour.screen
    viewer = "window.viewing.viewer"
    screen.click(*tour.tile(1), times=2)
    screen.wait(f"window.viewing.page is {viewer}")
    tour.keep("viewer")
    screen.key("Right")
    screen.wait(f"{viewer}.path() == {GRID}.gallery.path(2)")
    screen.key("plus", "plus")
    tour.keep("viewer-next-zoomed")
    screen.key("0", "f")
    screen.wait("window.isFullScreen()")
    tour.keep("viewer-full-screen")
    screen.key("F11")
    screen.wait("not window.isFullScreen()")
    screen.key("Tab")
    tour.keep("viewer-flicked-to-the-query")
    screen.key("Escape")
    screen.wait("window.viewing.page is None")


def compare(tour: Tour) -> None:
    screen = tour.screen
    screen.key("c")
    screen.wait("window.viewing.page is window.viewing.compare")
    tour.keep("compare")
    screen.key("plus", "plus", "plus")
    tour.keep("compare-zoomed")
    screen.key("0", "h")
    screen.wait("window.viewing.compare.heat._found is not None", INDEXING_S)
    tour.keep("compare-why")
    screen.key("h", "Tab")
    tour.keep("compare-flicked")
    screen.key("Escape", "Escape")
    screen.wait("window.viewing.page is None")


# -- long jobs and small windows ---------------------------------------------------------------------------------------


def export(tour: Tour) -> None:
    screen = tour.screen
    out = Path(tempfile.mkdtemp(prefix="export-", dir=tour.data_dir)) / "ranking"
    screen.key("ctrl+s")
    screen.wait("dialog is not None")
    screen.settle()
    screen.ask(f"dialog.folder.set_text({str(out)!r})")
    tour.keep("export")
    tour.press("dialog.start")
    screen.wait("not dialog.running and dialog.open_folder.isVisible()")
    tour.keep("exported")
    tour.close()
    screen.key("ctrl+shift+s")
    screen.wait("dialog is not None")
    tour.keep("export-many")
    tour.close()


def evaluate(tour: Tour) -> None:
    screen = tour.screen
    screen.key("ctrl+m")
    screen.wait("dialog is not None")
    tour.keep("evaluate")
    tour.press("dialog.start")
    screen.wait("not dialog.running and dialog.shown.isVisible()", INDEXING_S)
    tour.keep("evaluated")
    tour.close()


def small_windows(tour: Tour) -> None:
    screen = tour.screen
    for name, key in (("shortcuts", "F1"), ("preferences", "ctrl+comma")):
        screen.key(key)
        screen.wait("dialog is not None")
        tour.keep(name)
        tour.close()
    for number in range(5):
        tour.open_menu(number)
        tour.keep(f"menu-{number + 1}")
        screen.key("Escape", "Escape")
        screen.wait("app.activePopupWidget() is None")
    screen.ask("window.actions_['about'].trigger()")
    screen.wait("dialog is not None")
    tour.keep("about")
    tour.close()


def settings(tour: Tour) -> None:
    """Change some, see them take effect, reset them."""
    screen = tour.screen
    theme = screen.ask("controller.settings.theme")
    screen.key("ctrl+comma")
    screen.wait("dialog is not None")
    other = "Up" if theme == "dark" else "Down"
    tour.press("dialog.theme")
    screen.key(other, "Return")
    screen.wait(f"controller.settings.theme != {theme!r}")
    tour.tick("dialog.numbers")
    screen.wait(f"not {GRID}.numbers")
    tour.keep("other-settings")
    tour.press("dialog.reset")
    screen.wait(f"{GRID}.numbers and controller.settings.theme == 'system'")
    tour.keep("reset")
    tour.press("dialog.theme")
    screen.key("Home", *["Down"] * ("system", "light", "dark").index(theme), "Return")
    screen.wait(f"controller.settings.theme == {theme!r}")
    tour.close()


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def empty_states(tour: Tour) -> None:
    screen = tour.screen
    screen.key("ctrl+f")
    screen.write("no such name")
    screen.wait("len(controller.items) == 0")
    tour.keep("nothing-has-this-name")
    screen.key("Escape")
    empty = Path(tempfile.mkdtemp(prefix="empty-", dir=tour.data_dir))
    screen.drop([empty], screen.middle(GRID))
    screen.wait(f"str(controller.root) == {str(empty)!r}")
    tour.keep("empty-folder")


def odd_files(tour: Tour) -> None:
    """A second library, with files that cannot be read, and a query that cannot be read."""
    screen = tour.screen
    odd = Path(tempfile.mkdtemp(prefix="odd-", dir=tour.data_dir))
    for number in range(40):
        (odd / tour.photo(number).name).write_bytes(tour.photo(number).read_bytes())
    (odd / "empty.jpg").touch()
    (odd / "letter.jpg").write_text("Dear aunt")
    (odd / "broken.jpg").write_bytes(tour.photo(0).read_bytes()[:300])
    screen.drop([odd], screen.middle(GRID))
    screen.wait(f"str(controller.root) == {str(odd)!r} and not controller.indexing.running", INDEXING_S)
    screen.wait("window.status.skipped.isVisible()")
    tour.keep("library-with-skipped-files")
    tour.press("window.status.skipped")
    screen.wait("dialog is not None")
    tour.keep("skipped-files")
    tour.close()
    screen.key("ctrl+shift+o")
    tour.type_path(odd / "letter.jpg")
    screen.key("Return")
    screen.wait("hasattr(dialog, 'more')")
    tour.keep("a-query-that-cannot-be-read")
    tour.press("dialog.more")
    tour.keep("error-details")
    tour.close()
    screen.key("alt+Home")
    screen.wait("controller.query is None")
    screen.click(*tour.tile(1))
    screen.wait("controller.query is not None")
    tour.ranked()
    tour.keep("ranked-among-few")
    tour.open_menu(0)
    menu = "window.menuBar().actions()[0].menu()"
    screen.click(
        *screen.ask(f"{menu}.mapToGlobal({menu}.actionGeometry(window._recent_menu.menuAction()).center()).toTuple()")
    )
    screen.wait("app.activePopupWidget() is window._recent_menu")
    tour.keep("recent-folders")
    screen.key("Escape", "Escape", "Escape")

"""The tour's first part: open a folder, search in every way, adjust; each step is checked by asking the program."""

import tempfile
from pathlib import Path

from tests.tour.tour import GRID, SIDE, Tour

PICTURE = f"{SIDE}.query.picture"


# -- opening -----------------------------------------------------------------------------------------------------------


def open_folder(tour: Tour) -> None:
    screen = tour.screen
    tour.keep("welcome")
    screen.key("ctrl+o")
    tour.type_path(tour.folder)
    tour.keep("open-dialog")
    screen.key("Return")
    screen.wait("controller.root is not None and len(controller.items) > 0")
    tour.keep("indexing", settle=False)
    screen.wait("controller.state.counts.get(controller.model.name, 0) > 30 or not controller.indexing.running")
    screen.click(*tour.tile(2))
    tour.ranked()
    tour.keep("search-while-indexing", settle=False)
    screen.key("alt+Home")
    tour.wait_for_index()
    tour.keep("library")


# -- queries -----------------------------------------------------------------------------------------------------------


def search(tour: Tour) -> None:
    screen = tour.screen
    name = screen.ask(f"{GRID}.gallery.path(2)").split("/")[-1]
    screen.click(*tour.tile(2))
    tour.query_is(name)
    tour.keep("ranked")
    on = screen.ask(f"{GRID}.gallery.path(3)").split("/")[-1]
    screen.click(*tour.tile(3))
    tour.query_is(on)
    tour.keep("on-from-a-result")
    screen.key("alt+Left")
    tour.query_is(name)
    tour.keep("back")
    screen.key("alt+Right")
    tour.query_is(on)
    screen.key("ctrl+h")
    tour.keep("history")
    tour.close()


def bring(tour: Tour) -> None:
    """Pictures from a file, from other programs, from the clipboard."""
    screen = tour.screen
    outside = Path(tempfile.mkdtemp(prefix="outside-", dir=tour.data_dir))
    file = outside / "from outside.jpg"
    file.write_bytes(tour.photo(-40).read_bytes())
    screen.key("ctrl+shift+o")
    tour.type_path(file)
    screen.key("Return")
    tour.query_is(file.name)
    tour.keep("from-a-file")
    target = screen.middle(GRID)
    screen.drop([tour.photo(-80)], target)
    tour.query_is(tour.photo(-80).name)
    tour.keep("dropped-from-a-file-manager")
    screen.drop([tour.photo(-120)], target, pixels=True)
    screen.wait("controller.query.parts[0].pasted is not None")
    tour.ranked()
    tour.keep("dropped-from-a-browser")
    screen.key("alt+Home")
    picture = outside / "pasted.png"
    screen.tool("convert", str(tour.photo(-1)), str(picture))
    screen.clipboard(picture)
    screen.key("ctrl+v")
    screen.wait("controller.query is not None and controller.query.parts[0].pasted is not None")
    tour.ranked()
    tour.keep("pasted")


def region(tour: Tour) -> None:
    screen = tour.screen
    screen.key("alt+Home")
    screen.wait("controller.query is None")
    screen.click(*tour.tile(6))
    screen.wait("controller.query is not None")
    tour.ranked()
    screen.settle()
    x, y = screen.middle(PICTURE)
    tour.number += 1
    screen.drag((x - 40, y - 50), (x + 30, y + 20), holding=tour.out / f"{tour.number:02d}-region-drawn.png")
    screen.wait("controller.query.parts[0].region is not None")
    tour.ranked()
    tour.keep("region")
    screen.key("Escape")  # the keyboard is on the picture, where Esc gives the region up
    screen.wait("controller.query.parts[0].region is None")
    screen.key("r", "Right", "Down", "shift+Left")
    tour.keep("region-by-keyboard")
    screen.key("Return")
    screen.wait("controller.query.parts[0].region is not None")
    tour.ranked()
    tour.press(f"{SIDE}.query.whole_picture")
    screen.wait("controller.query.parts[0].region is None")
    tour.ranked()


def several(tour: Tour) -> None:
    screen = tour.screen
    screen.key("alt+Home")
    screen.wait("controller.query is None")
    for row in (1, 4):
        screen.click(*tour.tile(row), held="ctrl")
    screen.wait(f"{GRID}.selected_count() == 2")
    tour.keep("two-selected")
    screen.key("s")
    screen.wait("controller.query is not None and len(controller.query.parts) == 2")
    tour.ranked()
    tour.keep("like-both")
    tour.press(f"{SIDE}.query._rows_layout.itemAt(1).widget().layout().itemAt(2).widget()")
    screen.wait("controller.query.parts[1].sign == -1")
    tour.ranked()
    tour.keep("like-one-unlike-the-other")
    screen.key("alt+Left")
    screen.wait("controller.query.parts[1].sign == 1")
    tour.ranked()
    screen.click(*tour.tile(5), held="ctrl")
    screen.key("minus")
    screen.wait("list(controller.query.marks.values()) == [-1]")
    tour.ranked()
    screen.key("Home", "plus")
    screen.wait("sorted(controller.query.marks.values()) == [-1, 1]")
    tour.ranked()
    tour.keep("marked")
    screen.key("ctrl+shift+m")
    screen.wait("not controller.query.marks")
    tour.ranked()


# -- how to search -----------------------------------------------------------------------------------------------------


def adjust(tour: Tour) -> None:
    screen = tour.screen
    screen.key("alt+Home")
    screen.wait("controller.query is None")
    screen.click(*tour.tile(2))
    screen.wait("controller.query is not None")
    tour.ranked()
    for name, box in (("models", f"{SIDE}.models.box"), ("metrics", f"{SIDE}.metric_box")):
        tour.press(box)
        tour.keep(name)
        screen.key("Escape")
    tour.press(f"{SIDE}.metric_box")
    screen.key("Down", "Return")
    screen.wait("controller.metric == 'euclidean'")
    tour.ranked()
    tour.keep("euclidean")
    tour.press(f"{SIDE}.metric_box")
    screen.key("Up", "Return")
    screen.wait("controller.metric == 'cosine'")
    tour.ranked()
    before = screen.ask("controller.model.name")
    tour.press(f"{SIDE}.models.box")
    screen.key("Home", "Down", "Down", "Return")
    screen.wait(f"controller.model.name != {before!r}")
    tour.keep("another-model-indexes", settle=False)
    tour.wait_for_index()
    screen.wait(f"controller.reply is not None and controller.reply.request.model.name != {before!r}")
    tour.ranked()
    tour.keep("another-model")
    tour.press(f"{SIDE}.models.box")
    screen.key("End", "Return")
    screen.wait(f"controller.model.name == {before!r}")
    tour.ranked()


def limit(tour: Tour) -> None:
    screen = tour.screen
    screen.settle()
    left, top, width, height = screen.ask(f"place({SIDE}.limit.histogram)")
    screen.drag((left + width - 12, top + height // 2), (left + width // 2, top + height // 2))
    screen.wait("controller.limit is not None and 0 < len(controller.items) < 999")
    tour.keep("distance-limit")
    screen.key("Right", "Page_Up")
    screen.wait("controller.limit is not None")
    screen.key("Home")
    tour.keep("limit-at-the-nearest")
    tour.tick(f"{SIDE}.limit.check")
    screen.wait("controller.limit is None")
    tour.press(f"{SIDE}.count")
    screen.key("ctrl+a")
    screen.write("50")
    screen.key("Tab")
    screen.wait("len(controller.items) == 50")
    tour.keep("fifty-results")
    tour.press(f"{SIDE}.count")
    screen.key("ctrl+a")
    screen.write("1000")
    screen.key("Tab")


def sort_and_scope(tour: Tour) -> None:
    screen = tour.screen
    for times, name in ((1, "sorted-by-name"), (2, "sorted-by-date"), (3, "sorted-by-size")):
        tour.press("window.centre.sort")
        screen.key("Home", *["Down"] * times, "Return")
        tour.keep(name)
    tour.press("window.centre.sort")
    screen.key("Home", "Return")
    screen.wait("controller.sort == 'distance'")
    tour.press(f"{SIDE}.folder")
    tour.keep("folders")
    screen.key("Home", "Down", "Down", "Return")
    screen.wait("controller.scope.folder != ''")
    tour.ranked()
    tour.keep("one-folder")
    tour.press(f"{SIDE}.folder")
    screen.key("Home", "Return")
    screen.wait("controller.scope.folder == ''")
    tour.tick(f"{SIDE}.other_folders")
    screen.wait("controller.scope.skip_own_folder")
    tour.ranked()
    tour.keep("not-its-own-folder")
    tour.tick(f"{SIDE}.other_folders")
    screen.wait("not controller.scope.skip_own_folder")
    screen.key("ctrl+f")
    screen.write("5")
    screen.wait("controller._filter == '5'")
    tour.keep("filtered")
    screen.key("Escape")
    screen.wait("controller._filter == ''")

"""Near-identical results stand as one tile with a count; one key unfolds them, and ranks and exports stay honest."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.different import call_different
from gui.export_dialog import ScreenExportDialog
from gui.folding import Folding
from gui.gallery_model import GalleryItems, StackRole
from gui.session_state import Sort
from gui.settings import Settings
from gui.stack_job import taken_at
from tests.engine.test_duplicates import edited, scene
from tests.gui.person import Person

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """Six scenes; of the second there are three copies, of the third one."""
    root = tmp_path / "scenes"
    root.mkdir()
    for seed in range(6):
        scene(seed).save(root / f"{seed}.png")
    shutil.copy(root / "1.png", root / "1 same.png")
    edited("re-compress", scene(1)).save(root / "1 again.png")
    scene(1).resize((160, 120)).save(root / "1 small.png")
    edited("colour", scene(2)).save(root / "2 warm.png")
    return root


ONE = {"1.png", "1 same.png", "1 again.png", "1 small.png"}
TWO = {"2.png", "2 warm.png"}


@pytest.fixture
def person(person: Person) -> Person:
    """The window as it comes, with folding on."""
    person.settings.fold_copies = True
    return person


def searches_folded(person: Person, row: int = 0) -> None:
    person.searches(row)
    person.waits_until(lambda: not person.controller.folding.busy)


def roles(person: Person) -> dict[str, tuple[StackRole, int]]:
    model = person.window.grid.gallery
    return {model.path(row): model.stack(row) for row in range(len(model.items)) if model.stack(row)[1]}


def note(person: Person) -> str:
    return person.window.centre.note.text()


def row_of_stack(person: Person, size: int) -> int:
    path = next(path for path, (_, count) in roles(person).items() if count == size)
    return person.sees.index(path)


def ranks(person: Person) -> dict[str, int]:
    model = person.window.grid.gallery
    return {model.path(row): model.rank(row) for row in range(len(model.items))}


def test_copies_stand_under_the_best_of_them_and_ranks_keep_their_gaps(person: Person, scenes: Path) -> None:
    person.settings.fold_copies = False
    person.opens(scenes)
    person.searches(0)  # 0.png
    plain, plain_ranks = person.sees, ranks(person)
    assert len(plain) == 9
    person.settings.fold_copies = True
    person.waits_until(lambda: person.controller.folding.folded > 0)
    best = {min(ONE, key=plain.index): (StackRole.FOLDED, 4), min(TWO, key=plain.index): (StackRole.FOLDED, 2)}
    assert roles(person) == best
    assert person.sees == [path for path in plain if path not in (ONE | TWO) - set(best)]
    assert all(plain_ranks[path] == rank for path, rank in ranks(person).items())
    assert note(person) == "9 result(s) · 4 of them folded"


def test_one_key_unfolds_a_stack_and_folds_it_again(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    before = person.sees
    row = row_of_stack(person, 4)
    leader = person.sees[row]
    person.window.grid.set_current_path(leader)
    person.presses(Key.Key_U)
    assert set(person.sees[row : row + 4]) == ONE
    assert person.sees[row] == leader == person.window.grid.current_path()
    assert [rank for path, rank in ranks(person).items() if path in ONE] == sorted(
        rank for path, rank in ranks(person).items() if path in ONE
    )
    assert [role for role, size in roles(person).values() if size == 4] == [StackRole.UNFOLDED] + [StackRole.MEMBER] * 3
    assert note(person) == "9 result(s) · 1 of them folded"
    person.window.grid.set_current_path(person.sees[row + 2])
    person.presses(Key.Key_U)  # from within the stack
    assert person.sees == before
    assert person.window.grid.current_path() == leader


def test_a_click_on_the_count_unfolds_and_is_no_search(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    grid, row = person.window.grid, row_of_stack(person, 4)
    request = person.controller._request_id
    badge = grid._delegate.badge_rect(grid._rect(row), 4)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Modifier.NoModifier, badge.center())
    QTest.qWait(20)
    assert len(person.sees) == 8
    assert person.controller._request_id == request
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Modifier.NoModifier, badge.center())
    assert len(person.sees) == 5


def test_the_menu_offers_it_where_there_is_a_stack(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    person.window.grid.set_current_path(person.sees[row_of_stack(person, 2)])
    assert person.action("unfold").isEnabled()
    person.chooses("unfold")
    assert person.controller.folding.folded == 3
    person.window.grid.set_current_path(next(path for path in person.sees if path not in ONE | TWO))
    assert not person.action("unfold").isEnabled()


def test_folding_can_be_switched_off_and_stays_so(person: Person, scenes: Path, data_dir: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    assert person.action("fold_copies").isChecked()
    person.chooses("fold_copies")
    assert len(person.sees) == 9
    assert note(person) == "9 result(s)"
    assert not roles(person)
    person.settings.sync()
    assert Settings(data_dir).fold_copies is False
    searches_folded(person, 1)
    assert not roles(person)


def test_the_library_itself_is_never_folded(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    person.chooses("back")
    assert len(person.sees) == 10
    assert not roles(person)
    assert note(person) == "10 photo(s)"


def test_another_order_and_a_filter_keep_stacks_together(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    person.controller.set_sort(Sort.NAME)
    assert person.sees == sorted(person.sees)
    leader = person.sees[row_of_stack(person, 4)]
    others = sorted(ONE - {leader})
    person.controller.set_filter(others[0][:-4])
    person.waits_until(lambda: leader not in person.sees)
    assert set(person.sees) <= ONE  # what is folded is found by name: of the filtered ones the best stands for them


def test_marked_photos_stand_for_themselves(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    row = row_of_stack(person, 2)
    marked = person.sees[row]
    person.window.grid.set_current_path(marked)
    person.presses(Key.Key_Plus)
    person.waits_for_results()
    person.waits_until(lambda: not person.controller.folding.busy)
    assert set(roles(person)) <= ONE
    assert set(person.sees) >= TWO


def test_pairs_that_were_called_different_are_not_folded(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    assert person.controller.state is not None
    files = person.controller.state.library.files()
    contents = [files.content[files.paths.index_of(path)].tobytes() for path in sorted(TWO)]
    call_different(person.backend.store, [frozenset(contents)])
    searches_folded(person)
    assert {size for _, size in roles(person).values()} == {4}


def test_the_export_equals_the_screen_and_says_what_it_leaves_out(person: Person, scenes: Path, tmp_path: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    person.chooses("export_results")
    dialog = person.window.commands.jobs.window("screen")
    assert isinstance(dialog, ScreenExportDialog)
    assert dialog.folded.text().startswith("4 near-identical photo(s)")
    dialog.formats.choose(["csv"])
    dialog.folder.set_text(str(tmp_path / "out"))
    dialog.start.click()
    person.waits_until(lambda: not dialog.running)
    with (tmp_path / "out" / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["path"]: int(row["rank"]) for row in rows} == ranks(person)
    assert [row["path"] for row in rows] == person.sees


def test_a_stack_is_seen_and_heard(person: Person, scenes: Path) -> None:
    person.opens(scenes)
    searches_folded(person)
    grid, row = person.window.grid, row_of_stack(person, 4)
    assert grid.gallery.spoken(row).endswith("stack of 4, folded")
    folded = grid.viewport().grab(grid._delegate.badge_rect(grid._rect(row), 4)).toImage()
    person.controller.toggle_stack(row)
    assert grid.gallery.spoken(row).endswith("stack of 4, unfolded")
    unfolded = grid.viewport().grab(grid._delegate.badge_rect(grid._rect(row), 4)).toImage()
    assert folded != unfolded
    assert folded.pixelColor(4, folded.height() // 2).blue() > folded.pixelColor(4, folded.height() // 2).red() + 60


def with_moment(file: Path, image: Image.Image, taken: str, camera: str = "Lumen 3") -> None:
    exif = Image.Exif()
    exif[0x0110] = camera
    exif.get_ifd(0x8769)[0x9003] = taken
    image.save(file, exif=exif, quality=95)


@pytest.mark.parametrize(
    ("taken", "camera", "together"),
    [
        ("2024:05:01 10:00:02", "Lumen 3", True),
        ("2024:05:01 10:09:00", "Lumen 3", False),
        ("2024:05:01 10:00:02", "Other", False),
    ],
)
def test_alike_photos_of_one_camera_and_moment_are_a_burst(
    person: Person, tmp_path: Path, taken: str, camera: str, together: bool
) -> None:
    root = tmp_path / "burst"
    root.mkdir()
    scene(9).save(root / "query.png")
    # The same things in other places: alike for the network, not for whoever compares pixels.
    image = scene(1).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    with_moment(root / "a.jpg", image, "2024:05:01 10:00:00")
    with_moment(root / "b.jpg", ImageChops.offset(image, 120, 0), taken, camera)
    assert taken_at(root / "query.png") is None
    person.opens(root)
    searches_folded(person, person.sees.index("query.png"))
    assert len(person.sees) == (1 if together else 2)
    assert {size for _, size in roles(person).values()} == ({2} if together else set())


def test_folding_is_arithmetic_on_columns(person: Person) -> None:
    """Against a plain loop, with random stacks, orders and unfolded ones."""
    folding = Folding(person.backend, person.settings)
    random = np.random.default_rng(5)
    for _ in range(40):
        count = int(random.integers(1, 30))
        order = random.permutation(100)[:count].astype(np.int64)
        shown = random.permutation(count)
        folding._files = np.sort(random.permutation(100)[: int(random.integers(1, 60))].astype(np.int64))
        folding._numbers = random.integers(0, 8, len(folding._files))
        folding._unfolded = set(random.permutation(8)[:2].tolist())
        paths, distances = [f"{i:03}" for i in range(100)], np.arange(count) / 10
        items = GalleryItems(paths, order[shown], distances[shown], ranks=(np.arange(count) + 1)[shown])
        number = dict(zip(folding._files.tolist(), folding._numbers.tolist(), strict=True))
        rows = list(zip(items.order.tolist(), items.ranks.tolist(), strict=True))
        stacks: dict[int, list[tuple[int, int]]] = {}
        for file, rank in rows:
            if file in number:
                stacks.setdefault(number[file], []).append((rank, file))
        expected: list[tuple[int, int]] = []
        for file, rank in rows:
            members = sorted(stacks.get(number.get(file, -1), [(rank, file)]))
            if members[0] == (rank, file):
                several = members if number.get(file) in folding._unfolded else members[:1]
                expected += [(other, at) for at, other in several]
        result = folding.fold(items)
        ranks = result.ranks if result.ranks is not None else np.arange(1, count + 1)
        assert list(zip(result.order.tolist(), ranks.tolist(), strict=True)) == expected
        assert folding.folded == count - len(expected)
    folding.close()

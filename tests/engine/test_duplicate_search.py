"""Near-identical photos of a real library: measured, exported, and kept apart where somebody said so."""

import contextlib
import csv
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from engine.different import call_different, different_pairs, take_back
from engine.duplicate_search import Copy, CopyGroup, DuplicateReport, contents_of, part, search_duplicates
from engine.embedder import open_embedder
from engine.errors import ExportError
from engine.export_duplicates import modified, write_duplicates
from engine.gallery import Gallery
from engine.indexer import index
from engine.query_set import current_position
from engine.sharpness import sharpness
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore
from tests.engine.test_duplicates import edited, scene


class Shelf:
    """A library of drawn scenes with copies, its index, and the model that embeds it."""

    def __init__(self, root: Path, data_dir: Path, model: Path) -> None:
        self.root = root
        self.spec: ModelSpec = read_spec(model)
        self.store = Store(data_dir)
        self.thumbnails = ThumbnailStore(data_dir)
        root.mkdir()
        for seed in range(6):
            scene(seed, 640, 480).save(root / f"{seed}.png")
        (root / "copies").mkdir()
        shutil.copy(root / "1.png", root / "copies" / "same.png")
        scene(2, 640, 480).resize((320, 240)).save(root / "copies" / "small.png")
        edited("re-compress", scene(2, 640, 480)).save(root / "copies" / "again.png")

    def index(self) -> None:
        embedder = open_embedder(self.spec, None, 1)
        for _ in index(self.store, self.root, [embedder], thumbnails=self.thumbnails):
            pass

    def search(self) -> DuplicateReport:
        self.index()
        return self.searched()

    def searched(self) -> DuplicateReport:
        """Without looking for changes before."""
        stages = []
        job = search_duplicates(self.store, self.store.library(self.root), self.spec, self.thumbnails)
        while True:
            try:
                stages.append(next(job).stage)
            except StopIteration as end:
                assert stages[0] == "comparing"
                return end.value

    def groups(self) -> list[set[str]]:
        return [{copy.path for copy in group.copies} for group in self.search().groups]

    def content(self, path: str) -> bytes:
        files = self.store.library(self.root).files()
        return files.content[files.paths.index_of(path)].tobytes()


@pytest.fixture
def shelf(tmp_path: Path, data_dir: Path, tiny_model: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "shelf", data_dir, tiny_model)
    yield made
    made.thumbnails.close()
    made.store.close()


SAME = {"1.png", "copies/same.png"}
LIKE = {"2.png", "copies/small.png", "copies/again.png"}


def test_copies_are_found_and_measured(shelf: Shelf) -> None:
    report = shelf.search()
    assert [{copy.path for copy in group.copies} for group in report.groups] == [SAME, LIKE]
    assert report.photos == 9
    assert report.groups[0].certainty == 1.0
    by_path = {copy.path: copy for copy in report.groups[1].copies}
    whole, small = by_path["2.png"], by_path["copies/small.png"]
    assert (whole.width, whole.height, small.width, small.height) == (640, 480, 320, 240)
    assert whole.size == (shelf.root / "2.png").stat().st_size
    assert whole.mtime_ns == (shelf.root / "2.png").stat().st_mtime_ns
    assert whole.sharpness is not None
    assert small.sharpness is not None
    assert whole.sharpness > small.sharpness * 1.2


def test_what_was_called_different_stays_apart_through_moves_and_a_new_scan(shelf: Shelf) -> None:
    shelf.index()
    apart = shelf.content("copies/small.png")
    pairs = [frozenset((apart, shelf.content(path))) for path in ("2.png", "copies/again.png")]
    assert call_different(shelf.store, pairs) == 2
    assert call_different(shelf.store, pairs) == 0
    assert shelf.groups() == [SAME, {"2.png", "copies/again.png"}]
    (shelf.root / "moved").mkdir()
    (shelf.root / "copies" / "small.png").rename(shelf.root / "moved" / "other name.png")
    (shelf.root / "2.png").rename(shelf.root / "moved" / "two.png")
    assert shelf.groups() == [SAME, {"moved/two.png", "copies/again.png"}]
    shelf.store.forget(shelf.root)
    shelf.store.compact()
    report = shelf.search()
    assert [{copy.path for copy in group.copies} for group in report.groups] == [
        SAME,
        {"moved/two.png", "copies/again.png"},
    ]
    assert report.different == 2
    assert take_back(shelf.store, pairs) == 2
    assert different_pairs(shelf.store) == frozenset()
    assert shelf.groups()[1] == {"moved/two.png", "copies/again.png", "moved/other name.png"}


def test_photos_that_have_gone_from_the_index_do_not_pass_for_copies_of_one_another(shelf: Shelf) -> None:
    shelf.index()
    library = shelf.store.library(shelf.root)
    before = library.gallery(shelf.spec)
    for name in ("3.png", "4.png"):
        (shelf.root / name).unlink()
    shelf.index()
    contents = contents_of(before, library.files())
    numbers = [before.index_of(name) for name in ("3.png", "4.png")]
    assert len({contents[number].tobytes() for number in numbers}) == 2
    assert contents[before.index_of("1.png")].tobytes() == shelf.content("1.png")


def test_identical_files_cannot_be_called_different(shelf: Shelf) -> None:
    shelf.index()
    assert call_different(shelf.store, [frozenset((shelf.content("1.png"), shelf.content("copies/same.png")))]) == 0


def test_a_photo_that_has_gone_is_listed_without_its_measures(shelf: Shelf) -> None:
    shelf.index()
    (shelf.root / "copies" / "same.png").unlink()
    (shelf.root / "1.png").unlink()
    gone = shelf.searched().groups[0].copies
    assert [(copy.width, copy.sharpness) for copy in gone] == [(0, None), (0, None)]


def test_the_groups_are_written_as_csv_and_json(shelf: Shelf, tmp_path: Path) -> None:
    (shelf.root / "1.png").rename(shelf.root / "=1,a.png")
    report = shelf.search()
    write_duplicates(report, tmp_path / "groups.csv")
    write_duplicates(report, tmp_path / "groups.json")
    with (tmp_path / "groups.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["1", "1", "2", "2", "2"]
    assert rows[0]["path"] == "'=1,a.png"
    assert {row["path"] for row in rows[2:]} == LIKE
    kept = json.loads((tmp_path / "groups.json").read_text())
    for row, (group, at) in zip(rows, ((g, i) for g in kept["groups"] for i in range(len(g["paths"]))), strict=True):
        facts = group["files"][at]
        assert (int(row["width"]), int(row["bytes"]), row["modified"]) == (
            facts["width"],
            facts["bytes"],
            facts["modified"],
        )
        assert float(row["distance"]) == group["distances"][at]
        assert float(row["sharpness"]) == pytest.approx(facts["sharpness"], abs=0.001)


@pytest.mark.parametrize("second", [15_032_385_535, 999_999_999_999, -2_147_483_648, -100_000_000_000])
def test_files_of_a_clock_that_is_centuries_off_are_found_and_written(
    shelf: Shelf, tmp_path: Path, second: int
) -> None:
    """ext4 knows the year 2446, others far later ones; 64 bits of nanoseconds end in 2262."""
    for name in ("1.png", "copies/same.png"):
        with contextlib.suppress(OverflowError, OSError):  # a system that cannot say it has no such files
            os.utime(shelf.root / name, ns=(0, second * 10**9))
    report = shelf.search()
    write_duplicates(report, tmp_path / "groups.csv")
    (same,) = (group for group in report.groups if "1.png" in [copy.path for copy in group.copies])
    given = (shelf.root / "1.png").stat().st_mtime_ns
    year = 2262 if given >= 2**63 else 1677 if given < -(2**63) else datetime.fromtimestamp(given / 1e9, UTC).year
    assert {modified(copy)[:4] for copy in same.copies} == {str(year)}
    library = shelf.store.library(shelf.root)  # and they are not taken for changed ones ever after
    assert current_position(shelf.root, library.files(), library.gallery(shelf.spec), "1.png") is not None


def test_nothing_is_written_among_the_photos_or_under_another_ending(shelf: Shelf, tmp_path: Path) -> None:
    report = shelf.search()
    before = sorted(shelf.root.rglob("*"))
    with pytest.raises(ExportError, match="in the library"):
        write_duplicates(report, shelf.root / "groups.csv")
    with pytest.raises(ExportError, match="has to end with"):
        write_duplicates(report, tmp_path / "groups.txt")
    with pytest.raises(ExportError, match="No such file"):
        write_duplicates(report, tmp_path / "nowhere" / "groups.csv")
    assert sorted(shelf.root.rglob("*")) == before


def test_blur_and_reduction_cost_sharpness() -> None:
    image = scene(3, 640, 480)
    whole = sharpness(np.asarray(image))
    assert sharpness(np.asarray(image.filter(ImageFilter.GaussianBlur(2)))) < whole / 2
    assert sharpness(np.asarray(image.resize((160, 120)))) < whole / 2
    assert sharpness(np.asarray(image.resize((1280, 960)))) == pytest.approx(whole, rel=0.35)
    assert sharpness(np.asarray(Image.new("RGB", (1, 1)))) == 0.0


def test_photos_that_are_called_different_leave_their_group_and_files_of_one_content_stay_together() -> None:
    vectors = np.array([[1, 0], [1, 0], [1, 0.1], [0, 1]], dtype=np.float32)
    gallery = Gallery.from_arrays(["a", "a2", "b", "c"], vectors, "drawn")

    def copy(path: str, content: bytes) -> Copy:
        return Copy(path, 0.5, 10, 10, 100, 0, 1.0, content)

    group = CopyGroup((copy("a", b"A"), copy("a2", b"A"), copy("b", b"B"), copy("c", b"C")), 0.9)
    apart = part(gallery, group, frozenset([b"A"]))
    assert [[one.path for one in kept.copies] for kept in apart.groups] == [["b", "c"], ["a", "a2"]]
    assert [kept.certainty for kept in apart.groups] == [0.9, 1.0]  # what is left of the two A is one file
    assert apart.pairs == {frozenset((b"A", b"B")), frozenset((b"A", b"C"))}
    # Distances are to the first of each group now.
    assert [one.distance for one in apart.groups[0].copies] == pytest.approx([0.0, 1 - 0.1 / np.sqrt(1.01)], abs=1e-6)
    assert part(gallery, group, frozenset([b"A", b"B", b"C"])).groups == apart.groups[1:]
    assert part(gallery, group, frozenset([b"other"])).pairs == frozenset()
    # Of a photo that has left the gallery meanwhile nothing can be measured: what was told before stays.
    gone = replace(group, copies=(*group.copies[:3], copy("gone", b"C")))
    assert [one.distance for one in part(gallery, gone, frozenset([b"A"])).groups[0].copies] == [0.5, 0.5]

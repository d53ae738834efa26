"""Indexing: what is embedded and what need not be, what is skipped, and what a cancelled run leaves."""

import os
import shutil
import threading
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import assembly, indexer, plan
from engine.decode import load
from engine.embedder import Embedded, Embedder, embed_image, open_embedder
from engine.errors import FolderError, ModelError, StoreBusyError, StoreError
from engine.indexer import IndexReport, index
from engine.prepare import UnreadableError, read_steady
from engine.results import Progress
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore
from tests.conftest import draw_photo


class Counting:
    """A real embedder that counts the pictures it is given; `before` is called with each batch."""

    def __init__(self, inner: Embedder) -> None:
        self.spec: ModelSpec = inner.spec
        self.provider = inner.provider
        self.notice = inner.notice
        self.pictures = 0
        self.batches = 0
        self.before = lambda batch: batch
        self._inner = inner

    def embed(self, batch: np.ndarray) -> Embedded:
        self.pictures += len(batch)
        self.batches += 1
        return self._inner.embed(self.before(batch))


@pytest.fixture
def embedder(tiny_model: Path) -> Counting:
    return Counting(open_embedder(read_spec(tiny_model), threads=1))


@pytest.fixture
def second(second_tiny_model: Path) -> Counting:
    return Counting(open_embedder(read_spec(second_tiny_model), threads=1))


@pytest.fixture
def store(data_dir: Path):
    with Store(data_dir, lock_seconds=0.2) as opened:
        yield opened


def finish(job: Generator[Progress, None, IndexReport]) -> IndexReport:
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def run(store: Store, root: Path, *embedders: Embedder, **options: object) -> IndexReport:
    return finish(index(store, root, embedders, **options))


def contents(store: Store, root: Path, spec: ModelSpec) -> dict[str, np.ndarray]:
    gallery = store.library(root).gallery(spec)
    return {path: gallery.vector(i) for i, path in enumerate(gallery.paths)}


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> bool:
    return left.keys() == right.keys() and all(np.allclose(left[path], right[path], atol=1e-5) for path in left)


def later(path: Path, seconds: float) -> None:
    info = path.stat()
    os.utime(path, ns=(info.st_mtime_ns, info.st_mtime_ns + int(seconds * 1e9)))


def test_every_photo_gets_the_vector_that_its_model_gives(store: Store, photo_folder: Path, embedder: Counting) -> None:
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.unchanged, report.removed) == (24, 24, 0, 0)
    assert report.skipped == []
    assert report.complete
    assert (report.library, report.model, report.provider) == (photo_folder, "tiny", "cpu")
    assert report.images_per_second > 0
    found = contents(store, photo_folder, embedder.spec)
    expected = {
        path.relative_to(photo_folder).as_posix(): embed_image(embedder, load(path, 256).rgb).vectors[0]
        for path in photo_folder.rglob("*.*")
    }
    assert same(found, expected)


def test_a_second_run_reads_and_embeds_nothing(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(store, photo_folder, embedder)
    generation = store.library(photo_folder).generation
    embedder.pictures = 0

    def refuse(*args: object) -> None:
        raise AssertionError("a file was read")

    monkeypatch.setattr("engine.prepare.read_steady", refuse)
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.unchanged) == (24, 0, 24)
    assert embedder.pictures == 0
    assert store.library(photo_folder).generation == generation


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_number_of_threads_changes_nothing(
    tmp_path: Path, photo_folder: Path, embedder: Counting, threads: int
) -> None:
    with Store(tmp_path / "one") as one, Store(tmp_path / "many") as many:
        run(one, photo_folder, embedder, decode_threads=1)
        run(many, photo_folder, embedder, decode_threads=threads)
        assert same(contents(one, photo_folder, embedder.spec), contents(many, photo_folder, embedder.spec))


def test_added_changed_and_removed_files_are_noticed(store: Store, photo_folder: Path, embedder: Counting) -> None:
    run(store, photo_folder, embedder)
    before = contents(store, photo_folder, embedder.spec)
    embedder.pictures = 0
    (photo_folder / "blue" / "0.jpg").unlink()
    draw_photo("red", 999).save(photo_folder / "blue" / "1.jpg")
    draw_photo("green", 998).save(photo_folder / "new.png")
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.unchanged, report.removed) == (24, 2, 22, 1)
    assert embedder.pictures == 2
    after = contents(store, photo_folder, embedder.spec)
    assert after.keys() == (before.keys() - {"blue/0.jpg"}) | {"new.png"}
    assert not np.allclose(after["blue/1.jpg"], before["blue/1.jpg"])
    assert all(np.array_equal(after[path], before[path]) for path in after.keys() - {"blue/1.jpg", "new.png"})


def test_an_edit_that_keeps_the_size_is_noticed_by_the_time(
    store: Store, photo_folder: Path, embedder: Counting
) -> None:
    path = photo_folder / "flat.bmp"
    Image.new("RGB", (40, 40), (255, 0, 0)).save(path)
    run(store, photo_folder, embedder)
    old = contents(store, photo_folder, embedder.spec)["flat.bmp"]
    info = path.stat()
    Image.new("RGB", (40, 40), (0, 0, 255)).save(path)
    assert path.stat().st_size == info.st_size
    later(path, 1)
    assert run(store, photo_folder, embedder).embedded == 1
    assert not np.allclose(contents(store, photo_folder, embedder.spec)["flat.bmp"], old)


def test_a_time_that_goes_backwards_counts_as_a_change(store: Store, photo_folder: Path, embedder: Counting) -> None:
    run(store, photo_folder, embedder)
    path = photo_folder / "blue" / "0.jpg"
    draw_photo("yellow", 5).save(path)
    later(path, -1_000_000)
    assert run(store, photo_folder, embedder).embedded == 1


def test_a_touched_file_is_read_but_not_embedded(store: Store, photo_folder: Path, embedder: Counting) -> None:
    run(store, photo_folder, embedder)
    embedder.pictures = 0
    later(photo_folder / "blue" / "0.jpg", 5)
    report = run(store, photo_folder, embedder)
    assert (report.embedded, report.unchanged, embedder.pictures) == (0, 24, 0)
    info = (photo_folder / "blue" / "0.jpg").stat()
    assert store.library(photo_folder).files().mtimes_ns[0] == info.st_mtime_ns


def test_copies_are_embedded_once(store: Store, photo_folder: Path, embedder: Counting) -> None:
    for number in range(40):
        shutil.copy(photo_folder / "blue" / "0.jpg", photo_folder / f"copy {number}.jpg")
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.unchanged) == (64, 24, 40)
    assert embedder.pictures == 24
    found = contents(store, photo_folder, embedder.spec)
    assert np.array_equal(found["copy 7.jpg"], found["blue/0.jpg"])
    files = store.library(photo_folder).files()
    assert len(np.unique(files.content, axis=0)) == 24


def test_copies_that_are_spread_over_commits_are_embedded_once(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembly, "COMMIT_SECONDS", 0.0)
    for number in range(150):
        shutil.copy(photo_folder / "red" / "0.jpg", photo_folder / f"red {number}.jpg")
    run(store, photo_folder, embedder, decode_threads=4)
    assert embedder.pictures == 24
    with store.reading() as db:
        assert db.execute("SELECT rows FROM models").fetchone()[0] == 24


def test_a_moved_file_and_a_renamed_library_need_no_inference(
    store: Store, photo_folder: Path, embedder: Counting
) -> None:
    run(store, photo_folder, embedder)
    before = contents(store, photo_folder, embedder.spec)
    embedder.pictures = 0
    (photo_folder / "blue" / "3.jpg").rename(photo_folder / "moved.jpg")
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.removed) == (24, 0, 1)
    elsewhere = photo_folder.rename(photo_folder.with_name("renamed"))
    report = run(store, elsewhere, embedder)
    assert (report.images, report.embedded, report.unchanged) == (24, 0, 24)
    assert embedder.pictures == 0
    after = contents(store, elsewhere, embedder.spec)
    before["moved.jpg"] = before.pop("blue/3.jpg")
    assert same(before, after)


def test_the_same_photo_in_two_libraries_is_embedded_once(
    store: Store, photo_folder: Path, tmp_path: Path, embedder: Counting
) -> None:
    run(store, photo_folder, embedder)
    shutil.copytree(photo_folder / "blue", tmp_path / "other")
    embedder.pictures = 0
    assert run(store, tmp_path / "other", embedder).embedded == 0
    assert embedder.pictures == 0


def test_several_models_share_one_pass(
    store: Store, photo_folder: Path, embedder: Counting, second: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    monkeypatch.setattr("engine.prepare.load_bytes", _noting(reads))
    report = run(store, photo_folder, embedder, second)
    assert (report.images, report.embedded, report.model) == (24, 24, "tiny, tiny-two")
    assert len(reads) == 24
    assert (embedder.pictures, second.pictures) == (24, 24)
    assert store.library(photo_folder).gallery(second.spec).dimension == 8


def _noting(reads: list[str]):
    from engine.decode import load_bytes

    def noting(data: bytes, name: str, *rest: object):
        reads.append(name)
        return load_bytes(data, name, *rest)

    return noting


def test_a_second_model_keeps_the_first_ones_vectors(
    tmp_path: Path, store: Store, photo_folder: Path, embedder: Counting, second: Counting
) -> None:
    run(store, photo_folder, embedder)
    before = contents(store, photo_folder, embedder.spec)
    draw_photo("green", 77).save(photo_folder / "new.jpg")
    report = run(store, photo_folder, second, embedder)
    assert (embedder.pictures, second.pictures, report.embedded) == (25, 25, 25)
    after = contents(store, photo_folder, embedder.spec)
    assert all(np.array_equal(after[path], before[path]) for path in before)
    with Store(tmp_path / "together") as other:
        run(other, photo_folder, embedder, second)
        assert same(
            contents(other, photo_folder, second.spec),
            contents(store, photo_folder, second.spec),
        )


def test_a_new_model_embeds_each_copy_once(
    store: Store, photo_folder: Path, embedder: Counting, second: Counting
) -> None:
    shutil.copy(photo_folder / "blue" / "0.jpg", photo_folder / "copy.jpg")
    run(store, photo_folder, embedder)
    report = run(store, photo_folder, second)
    assert (report.embedded, report.unchanged, second.pictures) == (24, 1, 24)
    assert len(store.library(photo_folder).gallery(second.spec)) == 25


# Files that cannot be used


def _break_some(root: Path) -> dict[str, str]:
    good = (root / "blue" / "0.jpg").read_bytes()
    (root / "cut.jpg").write_bytes(good[: len(good) // 2])
    (root / "empty.jpg").touch()
    (root / "text.png").write_text("hello")
    return {"cut.jpg": "truncated", "empty.jpg": "empty", "text.png": "not an image"}


def test_broken_files_are_skipped_and_named_and_stop_nothing(
    store: Store, photo_folder: Path, embedder: Counting
) -> None:
    expected = _break_some(photo_folder)
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded) == (24, 24)
    assert [skipped.path for skipped in report.skipped] == list(expected)
    assert all(expected[skipped.path] in skipped.reason for skipped in report.skipped)
    assert store.library(photo_folder).skipped() == report.skipped
    assert len(store.library(photo_folder).files()) == 24


def test_a_broken_file_is_not_read_again_but_reported_again(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_some(photo_folder)
    first = run(store, photo_folder, embedder)
    reads: list[str] = []
    monkeypatch.setattr("engine.prepare.load_bytes", _noting(reads))
    again = run(store, photo_folder, embedder)
    assert again.skipped == first.skipped
    assert reads == []
    shutil.copy(photo_folder / "red" / "0.jpg", photo_folder / "cut.jpg")
    (photo_folder / "empty.jpg").unlink()
    repaired = run(store, photo_folder, embedder)
    assert [skipped.path for skipped in repaired.skipped] == ["text.png"]
    assert (repaired.images, repaired.embedded, repaired.removed) == (25, 0, 1)
    assert [skipped.path for skipped in store.library(photo_folder).skipped()] == ["text.png"]


def test_newer_decoders_look_at_broken_files_again(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_some(photo_folder)
    run(store, photo_folder, embedder)
    reads: list[str] = []
    monkeypatch.setattr("engine.prepare.load_bytes", _noting(reads))
    for module in ("engine.plan", "engine.writer"):
        monkeypatch.setattr(f"{module}.DECODER", "of next year")
    assert len(run(store, photo_folder, embedder).skipped) == 3
    assert sorted(reads) == ["cut.jpg", "empty.jpg", "text.png"]
    assert len(run(store, photo_folder, embedder).skipped) == 3
    assert len(reads) == 3


def test_a_file_that_may_not_be_read_is_tried_again(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = os.open

    def refuse(path: object, *rest: int) -> int:
        if str(path).endswith("0.jpg"):
            raise PermissionError(13, "Permission denied", str(path))
        return opener(path, *rest)

    monkeypatch.setattr("engine.prepare.os.open", refuse)
    report = run(store, photo_folder, embedder)
    assert report.images == 20
    assert {skipped.reason for skipped in report.skipped} == {"no permission to read it"}
    assert len(run(store, photo_folder, embedder).skipped) == 4
    monkeypatch.undo()
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.skipped) == (24, 4, [])
    assert store.library(photo_folder).skipped() == []


def test_a_photo_that_cannot_be_read_just_now_stays_in_the_library(
    store: Store, photo_folder: Path, embedder: Counting, second: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(store, photo_folder, embedder)

    def refuse(path: Path) -> None:
        raise UnreadableError("it cannot be read (Input/output error)")

    monkeypatch.setattr("engine.prepare.read_steady", refuse)
    report = run(store, photo_folder, second)
    assert len(report.skipped) == 24
    assert len(contents(store, photo_folder, embedder.spec)) == 24
    monkeypatch.undo()
    assert run(store, photo_folder, second).embedded == 24


def test_a_folder_that_cannot_be_read_does_not_remove_its_photos(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(store, photo_folder, embedder)
    scandir = os.scandir

    def refuse(path: str):
        if path.endswith("blue"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = run(store, photo_folder, embedder)
    assert [skipped.path for skipped in report.skipped] == ["blue"]
    assert (report.images, report.removed) == (24, 0)
    assert [skipped.path for skipped in run(store, photo_folder, embedder).skipped] == ["blue"]
    monkeypatch.undo()
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.skipped) == (24, 0, [])


def test_a_vector_that_is_not_finite_is_refused_once(store: Store, photo_folder: Path, embedder: Counting) -> None:
    def spoil(batch: np.ndarray) -> np.ndarray:
        spoiled = batch.copy()
        spoiled[0] = np.nan
        return spoiled

    embedder.before = spoil
    report = run(store, photo_folder, embedder)
    bad = report.skipped[0].path
    assert "tiny gives no finite embedding" in report.skipped[0].reason
    assert embedder.pictures == 24
    refused = len(report.skipped)
    assert len(contents(store, photo_folder, embedder.spec)) == 24 - refused
    assert bad not in contents(store, photo_folder, embedder.spec)
    again = run(store, photo_folder, embedder)
    assert again.skipped == report.skipped
    assert embedder.pictures == 24


def test_an_odd_name_goes_through(store: Store, photo_folder: Path, embedder: Counting) -> None:
    shutil.copy(photo_folder / "red" / "0.jpg", os.fsencode(photo_folder) + b"/caf\xe9 \xf0\x9f\x98\x80.jpg")
    shutil.copy(photo_folder / "red" / "1.jpg", photo_folder / "new\nline 漢字.jpg")
    report = run(store, photo_folder, embedder)
    assert report.images == 26
    with Store(store.data_dir) as again:
        paths = list(again.library(photo_folder).gallery(embedder.spec).paths)
    assert paths == sorted(paths)
    assert {"caf\udce9 \U0001f600.jpg", "new\nline 漢字.jpg"} <= set(paths)
    assert run(store, photo_folder, embedder).embedded == 0


def test_a_fifo_in_a_files_place_does_not_hang(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = plan.look

    def swap(root: Path):
        found = yield from look(root)
        (root / "blue" / "0.jpg").unlink()
        os.mkfifo(root / "blue" / "0.jpg")
        return found

    monkeypatch.setattr(indexer, "look", swap)
    report = run(store, photo_folder, embedder)
    assert [skipped.path for skipped in report.skipped] == ["blue/0.jpg"]
    assert report.images == 23


def test_a_file_that_grows_while_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "growing.jpg"
    path.write_bytes(b"a" * 1000)
    fstat = os.fstat
    calls: list[int] = []

    def growing(descriptor: int) -> os.stat_result:
        calls.append(descriptor)
        if len(calls) == 2:
            with path.open("ab") as file:
                file.write(b"b")
        return fstat(descriptor)

    monkeypatch.setattr("engine.prepare.os.fstat", growing)
    data, size, _ = read_steady(path)
    assert data == b"a" * 1000 + b"b"
    assert size == 1001

    def always(descriptor: int) -> os.stat_result:
        with path.open("ab") as file:
            file.write(b"b")
        return fstat(descriptor)

    monkeypatch.setattr("engine.prepare.os.fstat", always)
    with pytest.raises(UnreadableError, match="changes while it is read"):
        read_steady(path)


# Places


def test_a_folder_that_is_not_there_is_refused(store: Store, tmp_path: Path, embedder: Counting) -> None:
    with pytest.raises(FolderError):
        run(store, tmp_path / "absent", embedder)


def test_an_unplugged_drive_loses_nothing(store: Store, photo_folder: Path, embedder: Counting) -> None:
    run(store, photo_folder, embedder)
    away = photo_folder.rename(photo_folder.with_name("away"))
    with pytest.raises(FolderError):
        run(store, photo_folder, embedder)
    assert len(contents(store, photo_folder, embedder.spec)) == 24
    photo_folder.mkdir()  # an empty mount point
    report = run(store, photo_folder, embedder)
    assert (report.images, report.removed) == (0, 24)
    photo_folder.rmdir()
    away.rename(photo_folder)
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.unchanged, embedder.pictures) == (24, 0, 24, 24)


def test_files_that_come_back_as_they_were_are_not_read(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break_some(photo_folder)
    first = run(store, photo_folder, embedder)
    away = photo_folder.rename(photo_folder.with_name("away"))
    photo_folder.mkdir()
    assert run(store, photo_folder, embedder).removed == 27
    assert store.library(photo_folder).skipped() == []
    photo_folder.rmdir()
    away.rename(photo_folder)

    def refuse(*args: object) -> None:
        raise AssertionError("a file was read")

    monkeypatch.setattr("engine.prepare.read_steady", refuse)
    report = run(store, photo_folder, embedder)
    assert (report.images, report.skipped) == (24, first.skipped)
    assert store.library(photo_folder).skipped() == first.skipped


def test_a_folder_that_vanishes_while_it_is_indexed(store: Store, photo_folder: Path, embedder: Counting) -> None:
    def vanish(batch: np.ndarray) -> np.ndarray:
        if photo_folder.exists():
            photo_folder.rename(photo_folder.with_name("away"))
        return batch

    embedder.before = vanish
    for number in range(100):
        draw_photo("red", 1000 + number).save(photo_folder / f"{number}.jpg")
    with pytest.raises(FolderError, match="vanished"):
        run(store, photo_folder, embedder)
    kept = len(contents(store, photo_folder, embedder.spec))
    assert kept >= assembly.BATCH
    photo_folder.with_name("away").rename(photo_folder)
    embedder.before = lambda batch: batch
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, report.skipped) == (124, 124 - kept, [])


def test_nothing_is_written_into_the_library(store: Store, photo_folder: Path, embedder: Counting) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in [photo_folder, *photo_folder.rglob("*")]}

    before = state()
    run(store, photo_folder, embedder)
    assert state() == before


# Cancelling, progress, and others


def ended_since(before: set[threading.Thread]) -> None:
    """No thread is left but those that were there; on a busy machine the last one may still be on its way out."""
    for thread in set(threading.enumerate()) - before:
        thread.join(10.0)
        assert not thread.is_alive(), thread.name


def test_closing_the_job_keeps_what_is_embedded(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "REPORT_SECONDS", 0.0)
    before = set(threading.enumerate())
    job = index(store, photo_folder, [embedder], decode_threads=3)
    while embedder.batches == 0:
        next(job)
    job.close()
    ended_since(before)
    assert len(contents(store, photo_folder, embedder.spec)) == assembly.BATCH
    with store.exclusive():
        pass
    report = run(store, photo_folder, embedder)
    assert (report.images, report.embedded, embedder.pictures) == (24, 24 - assembly.BATCH, 24)


@pytest.mark.parametrize("after", range(6))
def test_closing_at_any_yield_is_clean(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(indexer, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(plan, "_REPORT_EVERY", 10)
    before = set(threading.enumerate())
    job = index(store, photo_folder, [embedder])
    for _ in range(after * 5):
        next(job, None)
    job.close()
    ended_since(before)
    report = run(store, photo_folder, embedder)
    assert (report.images, embedder.pictures) == (24, 24)


def test_a_cancelled_job_says_what_it_did(store: Store, photo_folder: Path, embedder: Counting) -> None:
    report = run(store, photo_folder, embedder, cancelled=lambda: embedder.batches > 0)
    assert not report.complete
    assert (report.images, report.embedded) == (16, 16)
    report = run(store, photo_folder, embedder, cancelled=lambda: True)
    assert not report.complete
    assert (report.images, report.embedded) == (16, 0)


def test_cancelling_does_not_wait_for_a_drive_that_hangs(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = threading.Event()

    def hanging(path: Path) -> None:
        hang.wait(20)
        raise UnreadableError("too late")

    monkeypatch.setattr("engine.prepare.read_steady", hanging)
    monkeypatch.setattr("engine.lookahead.JOIN_SECONDS", 0.1)
    started = time.monotonic()
    report = run(store, photo_folder, embedder, cancelled=lambda: time.monotonic() - started > 0.3)
    assert time.monotonic() - started < 5
    assert not report.complete
    hang.set()
    for thread in threading.enumerate():
        if thread.name.startswith("decode-"):
            thread.join(5)


def test_cancelling_does_not_wait_for_a_folder_that_hangs(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = threading.Event()
    listed = os.scandir

    def hanging(folder: str) -> object:
        if os.fspath(folder).endswith("green"):
            hang.wait(20)
        return listed(folder)

    monkeypatch.setattr(os, "scandir", hanging)
    started = time.monotonic()
    report = run(store, photo_folder, embedder, cancelled=lambda: time.monotonic() - started > 0.3)
    assert time.monotonic() - started < 5
    assert not report.complete
    hang.set()
    for thread in threading.enumerate():
        if thread.name == "scan":
            thread.join(5)
    monkeypatch.undo()
    assert run(store, photo_folder, embedder).images == 24


def test_progress_counts_up_to_the_end(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(plan, "_REPORT_EVERY", 10)
    (photo_folder / "bad.jpg").write_text("x")
    reports = list(index(store, photo_folder, [embedder]))
    scanning = [report.done for report in reports if report.stage == "scanning"]
    assert scanning == sorted(scanning)  # the scan runs beside us: how many of its counts we see is its affair
    assert set(scanning) <= {0, 10, 20, 25}
    embedding = [report for report in reports if report.stage == "embedding"]
    counts = [report.done for report in embedding]
    assert counts == sorted(counts)
    assert counts[-1] == embedding[-1].total == 25
    assert embedding[-1].skipped == 1
    assert embedding[-1].seconds_left == 0.0
    assert embedding[-1].per_second > 0


def test_progress_is_not_reported_all_the_time(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        draw_photo("red", 1000 + number).save(photo_folder / f"{number}.jpg")
    monkeypatch.setattr(indexer, "REPORT_SECONDS", 0.1)
    started = time.perf_counter()
    count = len(list(index(store, photo_folder, [embedder])))
    assert count <= (time.perf_counter() - started) / 0.1 + 1


def test_photos_can_be_searched_while_others_are_indexed(
    store: Store, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(assembly, "COMMIT_SECONDS", 0.0)
    sizes = []
    for _ in index(store, photo_folder, [embedder]):
        sizes.append(len(store.library(photo_folder).gallery(embedder.spec)))
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 5


def test_a_second_indexing_waits_and_then_says_why(store: Store, photo_folder: Path, embedder: Counting) -> None:
    with store.exclusive(), pytest.raises(StoreBusyError):
        run(store, photo_folder, embedder)
    job = index(store, photo_folder, [embedder])
    with store.exclusive():
        assert next(job).stage == "waiting"
    assert finish(job).embedded == 24
    with store.exclusive():  # nothing to do: nobody to wait for
        assert run(store, photo_folder, embedder).unchanged == 24


def test_what_another_one_indexed_meanwhile_is_not_done_again(
    store: Store, photo_folder: Path, embedder: Counting
) -> None:
    with store.exclusive():
        job = index(store, photo_folder, [embedder])
        assert next(job).stage == "waiting"
    with Store(store.data_dir) as other:
        run(other, photo_folder, embedder)
    assert finish(job).embedded == 0
    assert embedder.pictures == 24


def test_a_network_that_fails_keeps_what_was_embedded(store: Store, photo_folder: Path, embedder: Counting) -> None:
    def fail(batch: np.ndarray) -> np.ndarray:
        if embedder.batches > 1:
            raise ModelError(embedder.spec.path, "it failed to run")
        return batch

    embedder.before = fail
    with pytest.raises(ModelError, match="failed to run"):
        run(store, photo_folder, embedder)
    assert len(contents(store, photo_folder, embedder.spec)) == 16
    embedder.before = lambda batch: batch
    assert run(store, photo_folder, embedder).embedded == 8


def test_a_full_disk_ends_the_job_with_the_index_whole(store: Store, photo_folder: Path, embedder: Counting) -> None:
    run(store, photo_folder / "blue", embedder)
    pages = store._connections.get().execute("PRAGMA page_count").fetchone()[0]
    store._connections.get().execute(f"PRAGMA max_page_count = {pages}")
    for number in range(300):
        draw_photo("red", 1000 + number, (48, 36)).save(photo_folder / f"{'a long name ' * 8}{number}.jpg")
    with pytest.raises(StoreError, match="the disk is full"):
        run(store, photo_folder, embedder)
    assert len(contents(store, photo_folder / "blue", embedder.spec)) == 6
    store._connections.get().execute("PRAGMA max_page_count = 1000000")
    report = run(store, photo_folder, embedder)
    assert report.images == 324
    assert same(
        {path: vector for path, vector in contents(store, photo_folder, embedder.spec).items() if "blue/" in path},
        {f"blue/{path}": vector for path, vector in contents(store, photo_folder / "blue", embedder.spec).items()},
    )


def test_thumbnails_come_from_the_same_decode(
    store: Store, data_dir: Path, photo_folder: Path, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    monkeypatch.setattr("engine.prepare.load_bytes", _noting(reads))
    thumbnails = ThumbnailStore(data_dir)
    run(store, photo_folder, embedder, thumbnails=thumbnails)
    assert len(reads) == 24
    for content in store.library(photo_folder).files().content:
        jpeg = thumbnails.get(content.tobytes())
        assert jpeg is not None
        assert jpeg.startswith(b"\xff\xd8")
    thumbnails.close()


def test_no_model_is_refused(store: Store, photo_folder: Path) -> None:
    with pytest.raises(ValueError, match="no model"):
        run(store, photo_folder)


def test_lost_vectors_are_made_again(store: Store, photo_folder: Path, embedder: Counting) -> None:
    run(store, photo_folder, embedder)
    before = contents(store, photo_folder, embedder.spec)
    store.close()
    (path,) = (store.data_dir / "vectors").iterdir()
    with path.open("r+b") as file:
        file.truncate(4096 + 10 * 64 + 7)
    with Store(store.data_dir) as again:
        report = run(again, photo_folder, embedder)
        assert (report.images, report.embedded) == (24, 14)
        assert same(before, contents(again, photo_folder, embedder.spec))


def test_the_entry_of_a_killed_run_is_put_right(store: Store, photo_folder: Path, embedder: Counting) -> None:
    job = index(store, photo_folder, [embedder], cancelled=lambda: embedder.batches > 0)
    finish(job)
    assert store.libraries()[0].images == 0
    run(store, photo_folder, embedder)
    store._connections.get().execute("UPDATE libraries SET images = 3")
    run(store, photo_folder, embedder)
    assert (store.libraries()[0].images, store.libraries()[0].bytes) == (24, 24 * 64)

"""Thumbnails: what is looked at first, nothing that has scrolled away, and never more bytes than allowed."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

import gui.thumbnails as module
from engine.decode import Decoded, load
from engine.thumbnail_store import ThumbnailStore, encode_thumbnail
from gui.thumbnails import Thumbnails, Wanted


class Reader:
    """Stands where files are decoded: notes which, on which thread, and can be held back."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.threads: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, path: Path, min_side: int) -> Decoded:
        self.read.append(path.name)
        self.threads.add(threading.current_thread().name)
        assert self.gate.wait(10)
        return load(path, min_side)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    made = Reader()
    monkeypatch.setattr(module, "load", made)
    yield made
    made.gate.set()


@pytest.fixture
def single(qapp: object, photo_folder: Path) -> Iterator[Thumbnails]:
    """One thread, so that the order can be seen."""
    made = Thumbnails(threads=1)
    made.set_root(photo_folder / "red")
    yield made
    made.close()


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, size: tuple[int, int], colour: tuple[int, int, int] = (200, 30, 30)) -> Path:
        file = tmp_path / name
        Image.new("RGB", size, colour).save(file)
        return file

    return make


def wants(*names: str, side: int = 100) -> list[Wanted]:
    return [Wanted(name, side) for name in names]


def finished(thumbnails: Thumbnails, *names: str) -> bool:
    return all(thumbnails.pixmap(name) is not None for name in names) and thumbnails.idle


def test_what_is_wanted_first_comes_first_and_by_a_worker(qtbot: QtBot, single: Thumbnails, reader: Reader) -> None:
    arrived: list[object] = []
    single.ready.connect(arrived.append)
    single.want(wants("3.jpg", "1.jpg", "2.jpg"))
    qtbot.waitUntil(lambda: finished(single, "1.jpg", "2.jpg", "3.jpg"))
    assert reader.read == arrived == ["3.jpg", "1.jpg", "2.jpg"]
    assert threading.main_thread().name not in reader.threads


def test_what_has_scrolled_away_is_never_read_and_the_newest_comes_next(
    qtbot: QtBot, single: Thumbnails, reader: Reader
) -> None:
    reader.gate.clear()
    single.want(wants("0.jpg", "1.jpg", "2.jpg"))
    qtbot.waitUntil(lambda: reader.read == ["0.jpg"])
    single.want(wants("4.jpg", "2.jpg"))
    reader.gate.set()
    qtbot.waitUntil(lambda: finished(single, "4.jpg", "2.jpg"))
    assert reader.read == ["0.jpg", "4.jpg", "2.jpg"]
    assert single.pixmap("1.jpg") is None


def test_what_is_there_is_not_read_again(qtbot: QtBot, single: Thumbnails, reader: Reader) -> None:
    for _ in range(3):
        single.want(wants("0.jpg", "1.jpg"))
        qtbot.waitUntil(lambda: finished(single, "0.jpg", "1.jpg"))
    assert reader.read == ["0.jpg", "1.jpg"]


def test_two_clients_want_the_same_photo_and_it_is_read_once(
    qtbot: QtBot, thumbnails: Thumbnails, photo_folder: Path, reader: Reader
) -> None:
    thumbnails.set_root(photo_folder / "red")
    reader.gate.clear()
    thumbnails.want(wants("0.jpg"))
    thumbnails.want(wants("0.jpg"), "inspector")
    qtbot.wait(30)
    reader.gate.set()
    qtbot.waitUntil(lambda: finished(thumbnails, "0.jpg"))
    assert reader.read == ["0.jpg"]


def test_the_grid_waits_for_the_panels(qtbot: QtBot, single: Thumbnails, reader: Reader) -> None:
    reader.gate.clear()
    single.want(wants("0.jpg", "1.jpg", "2.jpg"))
    single.want(wants("4.jpg"), "inspector")
    reader.gate.set()
    qtbot.waitUntil(lambda: finished(single, "0.jpg", "1.jpg", "2.jpg", "4.jpg"))
    assert reader.read[:2] in (["0.jpg", "4.jpg"], ["4.jpg", "0.jpg"])


def test_a_larger_size_is_made_anew_and_a_smaller_one_is_not(
    qtbot: QtBot, thumbnails: Thumbnails, draw: Callable[..., Path], reader: Reader
) -> None:
    file = draw("big.png", (900, 600))
    thumbnails.set_root(file.parent)
    for side in (100, 60, 300):
        thumbnails.want(wants("big.png", side=side))
        qtbot.waitUntil(lambda: thumbnails.pixmap("big.png") is not None and thumbnails.idle)
    assert len(reader.read) == 2
    pixmap = thumbnails.pixmap("big.png")
    assert pixmap is not None
    assert (pixmap.width(), pixmap.height()) == (300, 200)


def test_pixmaps_know_the_screen_they_are_for(qtbot: QtBot, thumbnails: Thumbnails, draw: Callable[..., Path]) -> None:
    file = draw("big.png", (900, 600))
    thumbnails.set_root(file.parent)
    thumbnails.set_ratio(2.0)
    thumbnails.want(wants("big.png", side=200))
    qtbot.waitUntil(lambda: thumbnails.pixmap("big.png") is not None)
    pixmap = thumbnails.pixmap("big.png")
    assert pixmap is not None
    assert (pixmap.width(), pixmap.deviceIndependentSize().width()) == (200, 100)
    with qtbot.waitSignal(thumbnails.cleared):
        thumbnails.set_ratio(1.0)
    assert thumbnails.pixmap("big.png") is None


def test_corners_are_round_and_colours_are_right(
    qtbot: QtBot, thumbnails: Thumbnails, draw: Callable[..., Path]
) -> None:
    file = draw("big.png", (900, 600), (200, 30, 90))
    thumbnails.set_root(file.parent)
    thumbnails.want(wants("big.png", side=150))
    qtbot.waitUntil(lambda: thumbnails.pixmap("big.png") is not None)
    pixmap = thumbnails.pixmap("big.png")
    assert pixmap is not None
    image = pixmap.toImage()
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(75, 50).getRgb() == (200, 30, 90, 255)


def test_a_file_that_cannot_be_read_says_so_once(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path, reader: Reader
) -> None:
    (tmp_path / "bad.jpg").write_text("no picture")
    thumbnails.set_root(tmp_path)
    with qtbot.waitSignal(thumbnails.ready) as told:
        thumbnails.want(wants("bad.jpg"))
    assert told.args == ["bad.jpg"]
    assert thumbnails.failure("bad.jpg") == "not an image that can be read"
    assert thumbnails.pixmap("bad.jpg") is None
    thumbnails.want(wants("bad.jpg"))
    qtbot.waitUntil(lambda: thumbnails.idle)
    assert reader.read == ["bad.jpg"]
    assert thumbnails.failure("other.jpg") == ""


def test_a_file_that_was_mended_is_shown(
    qtbot: QtBot, thumbnails: Thumbnails, draw: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "bad.png").write_bytes(b"half a file")
    thumbnails.set_root(tmp_path)
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want(wants("bad.png"))
    draw("bad.png", (90, 60))
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want([Wanted("bad.png", 100, bytes(16))])  # the index has read it since, and knows its hash
    assert thumbnails.pixmap("bad.png") is not None
    assert thumbnails.failure("bad.png") == ""


def test_an_error_nobody_thought_of_becomes_a_tile_too(
    qtbot: QtBot, thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, min_side: int) -> Decoded:
        raise RuntimeError("never thought of")

    monkeypatch.setattr(module, "load", fail)
    with qtbot.waitSignal(thumbnails.ready):
        thumbnails.want(wants("a.jpg"))
    assert thumbnails.failure("a.jpg") == "never thought of"


def test_the_least_lately_used_go_when_the_bytes_run_out(
    qtbot: QtBot, photo_folder: Path, reader: Reader, qapp: object
) -> None:
    each = 256 + 96 * 72 * 4
    thumbnails = Thumbnails(threads=1, limit_bytes=3 * each)
    thumbnails.set_root(photo_folder / "red")
    try:
        thumbnails.want(wants("0.jpg", "1.jpg", "2.jpg"))
        qtbot.waitUntil(lambda: finished(thumbnails, "0.jpg", "1.jpg", "2.jpg"))
        assert thumbnails.bytes_used == 3 * each
        assert thumbnails.pixmap("0.jpg") is not None
        thumbnails.want(wants("3.jpg"))
        qtbot.waitUntil(lambda: finished(thumbnails, "3.jpg"))
        assert thumbnails.pixmap("1.jpg") is None
        assert thumbnails.pixmap("0.jpg") is not None
        assert thumbnails.bytes_used == 3 * each
    finally:
        thumbnails.close()


def test_another_library_shows_none_of_the_old_photos(qtbot: QtBot, single: Thumbnails, photo_folder: Path) -> None:
    single.want(wants("0.jpg"))
    qtbot.waitUntil(lambda: finished(single, "0.jpg"))
    red = single.pixmap("0.jpg")
    single.set_root(photo_folder / "blue")
    assert single.pixmap("0.jpg") is None
    assert single.bytes_used == 0
    single.want(wants("0.jpg"))
    qtbot.waitUntil(lambda: finished(single, "0.jpg"))
    blue = single.pixmap("0.jpg")
    assert red is not None
    assert blue is not None
    assert red.toImage() != blue.toImage()


def test_what_arrives_late_from_another_library_is_dropped(
    qtbot: QtBot, single: Thumbnails, photo_folder: Path, reader: Reader
) -> None:
    reader.gate.clear()
    single.want(wants("0.jpg"))
    qtbot.waitUntil(lambda: len(reader.read) == 1)
    single.set_root(photo_folder / "blue")
    reader.gate.set()
    qtbot.waitUntil(lambda: single.idle)
    assert single.pixmap("0.jpg") is None


def test_closing_waits_for_the_work_and_starts_no_more(qtbot: QtBot, single: Thumbnails, reader: Reader) -> None:
    single.want(wants("0.jpg", "1.jpg"))
    single.close()
    read = len(reader.read)
    single.want(wants("2.jpg"))
    qtbot.wait(30)
    assert len(reader.read) == read


# -- the store on disk -------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ThumbnailStore]:
    made = ThumbnailStore(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def stored(qapp: object, store: ThumbnailStore, tmp_path: Path) -> Iterator[Thumbnails]:
    made = Thumbnails(store)
    made.set_root(tmp_path)
    yield made
    made.close()


def test_what_the_store_has_is_not_read_from_the_file(
    qtbot: QtBot, stored: Thumbnails, store: ThumbnailStore, reader: Reader
) -> None:
    content = bytes(range(16))
    store.put(content, encode_thumbnail(np.full((200, 256, 3), 90, np.uint8)))
    stored.want([Wanted("gone.jpg", 160, content)])
    qtbot.waitUntil(lambda: stored.pixmap("gone.jpg") is not None)
    pixmap = stored.pixmap("gone.jpg")
    assert pixmap is not None
    assert pixmap.width() == 160
    assert reader.read == []


def test_what_the_store_lacks_is_made_from_the_file_and_kept(
    qtbot: QtBot, stored: Thumbnails, store: ThumbnailStore, draw: Callable[..., Path]
) -> None:
    file = draw("new.png", (800, 400))
    content = load(file, 1).content_hash
    stored.want([Wanted("new.png", 100, content)])
    qtbot.waitUntil(lambda: stored.pixmap("new.png") is not None)
    assert content in store


def test_a_large_tile_shows_the_stored_thumbnail_until_the_file_is_read(
    qtbot: QtBot, stored: Thumbnails, store: ThumbnailStore, draw: Callable[..., Path], reader: Reader
) -> None:
    file = draw("big.png", (1200, 800))
    decoded = load(file, 256)
    store.put(decoded.content_hash, encode_thumbnail(decoded.rgb))
    reader.gate.clear()
    stored.want([Wanted("big.png", 600, decoded.content_hash)])
    qtbot.waitUntil(lambda: stored.pixmap("big.png") is not None)
    first = stored.pixmap("big.png")
    assert first is not None
    assert first.width() == 256
    reader.gate.set()
    qtbot.waitUntil(lambda: stored.pixmap("big.png").width() == 600)  # type: ignore[union-attr]


def test_a_small_picture_from_the_store_is_enough_for_a_large_tile(
    qtbot: QtBot, stored: Thumbnails, store: ThumbnailStore, reader: Reader
) -> None:
    content = bytes(16)
    store.put(content, encode_thumbnail(np.full((100, 120, 3), 90, np.uint8)))
    stored.want([Wanted("small.jpg", 600, content)])
    qtbot.waitUntil(lambda: stored.pixmap("small.jpg") is not None and stored.idle)
    assert reader.read == []


def test_a_file_with_other_bytes_is_another_picture(
    qtbot: QtBot, stored: Thumbnails, draw: Callable[..., Path]
) -> None:
    old, new = bytes(16), bytes([1]) * 16
    draw("a.png", (300, 300), (255, 0, 0))
    stored.want([Wanted("a.png", 100, old)])
    qtbot.waitUntil(lambda: stored.pixmap("a.png", old) is not None)
    draw("a.png", (300, 300), (0, 0, 255))
    assert stored.pixmap("a.png", new) is None
    stored.want([Wanted("a.png", 100, new)])
    qtbot.waitUntil(lambda: stored.pixmap("a.png", new) is not None)
    pixmap = stored.pixmap("a.png", new)
    assert pixmap is not None
    assert pixmap.toImage().pixelColor(50, 50).blue() > 200

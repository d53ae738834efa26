"""Thumbnails: the picture that comes back, the bounds, and that nothing that goes wrong is raised."""

import io
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.thumbnail_store import THUMBNAIL_SIDE, ThumbnailStore, encode_thumbnail


def _key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _gradient(height: int, width: int) -> np.ndarray:
    rgb = np.zeros((height, width, 3), dtype=np.uint8)
    rgb[..., 0] = np.linspace(0, 255, width)
    rgb[..., 1] = np.linspace(0, 255, height)[:, None]
    return rgb


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(768, 1024, (256, 192)), (1024, 768, (192, 256)), (40, 30, (30, 40)), (4000, 3, (1, 256)), (1, 1, (1, 1))],
)
def test_a_thumbnail_keeps_the_shape_and_the_colours(height: int, width: int, expected: tuple[int, int]) -> None:
    rgb = _gradient(height, width)
    with Image.open(io.BytesIO(encode_thumbnail(rgb))) as picture:
        assert picture.size == expected
        assert max(picture.size) <= THUMBNAIL_SIDE
        small = np.asarray(picture.convert("RGB")).astype(int)
    wanted = np.asarray(Image.fromarray(rgb).resize(expected, Image.Resampling.BOX)).astype(int)
    assert np.abs(small - wanted).mean() < 12


def test_what_is_put_is_found_again_after_a_restart(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put_many([(_key(1), b"one"), (_key(2), b"two")])
    store.put(_key(3), b"three")
    store.close()
    store = ThumbnailStore(tmp_path)
    assert [store.get(_key(n)) for n in range(1, 5)] == [b"one", b"two", b"three", None]
    assert _key(2) in store
    assert _key(4) not in store
    assert "no key" not in store
    store.close()


def test_the_file_is_private_to_the_user(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path / "data")
    store.put(_key(1), b"one")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    for path in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    store.close()


def test_the_first_thumbnails_make_room_for_new_ones(tmp_path: Path) -> None:
    limit = 1_000_000
    store = ThumbnailStore(tmp_path, limit)
    for number in range(200):
        store.put(_key(number), bytes(14_000))
        assert store.size() <= limit
    assert store.get(_key(0)) is None
    kept = [number for number in range(200) if _key(number) in store]
    assert kept == list(range(kept[0], 200))
    assert len(kept) > 40
    store.close()
    assert store.path.stat().st_size < 1.2 * limit


def test_no_room_at_all_keeps_nothing_and_raises_nothing(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path, 1)
    for number in range(3):
        store.put(_key(number), bytes(14_000))
    assert sum(_key(number) in store for number in range(3)) <= 1
    store.close()


def test_many_threads_use_one_store(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    wrong: list[object] = []

    def work(first: int) -> None:
        for number in range(first, first + 50):
            store.put(_key(number), str(number).encode())
            found = store.get(_key(number))
            if found != str(number).encode():
                wrong.append((number, found))

    threads = [threading.Thread(target=work, args=(50 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert all(_key(number) in store for number in range(200))
    store.close()


@pytest.mark.parametrize("damage", [b"not a database" * 1000, b""])
def test_a_damaged_file_is_replaced_by_an_empty_one(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "thumbnails.db").write_bytes(damage)
    store = ThumbnailStore(tmp_path)
    assert store.get(_key(1)) is None
    store.put(_key(1), b"one")
    assert store.get(_key(1)) == b"one"
    store.close()


def test_damage_found_while_in_use_is_gone_after_closing(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put_many((_key(n), bytes(14_000)) for n in range(50))
    store.close()
    with store.path.open("r+b") as file:
        file.seek(16_384)
        file.write(b"\xff" * 16_384 * 10)
    assert [store.get(_key(n)) for n in range(50)].count(None) > 0
    store.close()
    store.put(_key(7), b"seven")
    assert store.get(_key(7)) == b"seven"
    store.close()


def test_a_database_of_another_version_is_replaced(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put(_key(1), b"one")
    store._connections.get().execute("PRAGMA user_version = 99")
    store.close()
    store = ThumbnailStore(tmp_path)
    assert store.get(_key(1)) is None
    store.put(_key(1), b"new")
    assert store.get(_key(1)) == b"new"
    store.close()


def test_a_database_that_cannot_be_opened_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "thumbnails.db").mkdir()
    store = ThumbnailStore(tmp_path)
    store.put(_key(1), b"one")
    assert store.get(_key(1)) is None
    assert _key(1) not in store
    assert store.size() == 0
    store.close()


def test_a_write_that_fails_changes_nothing_and_raises_nothing(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    store.put(_key(1), b"one")
    store._connections.get().execute("PRAGMA max_page_count = 10")  # the disk is full, as SQLite sees it
    store.put_many((_key(n), bytes(14_000)) for n in range(2, 50))
    assert store.get(_key(1)) == b"one"
    assert store.get(_key(2)) is None
    store._connections.get().execute("PRAGMA max_page_count = 100000")
    store.put(_key(2), b"two")
    assert store.get(_key(2)) == b"two"
    store.close()

"""The index as others see it: libraries, galleries, snapshots, locks, damage, and a disk without room."""

import contextlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import library as library_module
from engine import store as store_module
from engine.errors import FolderError, StoreBusyError, StoreError, StoreTooNewError
from engine.snapshot import write_snapshot
from engine.spec import ModelSpec, read_spec
from engine.store import Store, default_data_dir
from engine.vectors import HEADER_BYTES
from engine.writer import Batch, FileRecord, Writer


def content_of(number: int) -> bytes:
    return number.to_bytes(16, "big")


def vector_of(number: int, spec: ModelSpec) -> np.ndarray:
    return np.random.default_rng(number).normal(size=spec.embedding_size).astype(np.float32)


def fill(store: Store, root: Path, spec: ModelSpec, numbers: range, *, commits: int = 1) -> None:
    """Commit photos `0000.jpg`, … with the contents and vectors of their numbers, as the indexer would."""
    library = store.library(root)
    with store.exclusive():
        writer = Writer(store, library)
        model = writer.model(spec, "cpu")
        for part in np.array_split(np.array(numbers), commits):
            files = [FileRecord(f"{n:04d}.jpg", n, n * 10, content_of(n), 4, 3) for n in part.tolist()]
            with store.reading() as db:
                known = {bytes(row[0]) for row in db.execute("SELECT hash FROM contents")}
            vectors = [(content_of(n), vector_of(n, spec)) for n in part.tolist() if content_of(n) not in known]
            writer.commit(Batch(files, {model: vectors}))
        writer.finish()


def vector_path(data_dir: Path) -> Path:
    (path,) = (data_dir / "vectors").iterdir()
    return path


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    with Store(data_dir, lock_seconds=0.2) as opened:
        yield opened


def test_the_data_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEMBLANCE_DATA", str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.delenv("SEMBLANCE_DATA")
    assert default_data_dir().name.lower() == "semblance"


def test_index_and_folders_are_private(tmp_path: Path, root: Path, spec: ModelSpec) -> None:
    data_dir = tmp_path / "new" / "data"
    old = os.umask(0)
    try:
        with Store(data_dir) as store:
            fill(store, root, spec, range(3))
            paths = list(data_dir.rglob("*"))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}
    finally:
        os.umask(old)
    assert {"index.db", "index.db-wal", "vectors", "snapshots"} <= set(modes)
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    for path in paths:
        assert modes[path.name] == (0o700 if path.is_dir() else 0o600), path


def test_a_gallery_holds_the_vectors_as_they_were_given(store: Store, root: Path, spec: ModelSpec) -> None:
    fill(store, root, spec, range(40), commits=5)
    gallery = store.library(root).gallery(spec)
    assert list(gallery.paths) == [f"{n:04d}.jpg" for n in range(40)]
    assert all(np.array_equal(gallery.vector(n), vector_of(n, spec)) for n in range(40))
    assert (gallery.model, gallery.dimension) == ("tiny", 16)
    files = store.library(root).files()
    assert files.paths == gallery.paths
    assert files.sizes.tolist() == list(range(40))
    assert files.mtimes_ns.tolist() == list(range(0, 400, 10))
    assert files.content.tobytes() == b"".join(map(content_of, range(40)))


def test_a_gallery_is_made_once_for_each_moment(store: Store, root: Path, spec: ModelSpec) -> None:
    fill(store, root, spec, range(4))
    library = store.library(root)
    first = library.gallery(spec)
    assert library.gallery(spec) is first
    generation = library.generation
    fill(store, root, spec, range(4, 6))
    assert library.generation != generation
    second = library.gallery(spec)
    assert (len(first), len(second)) == (4, 6)
    assert np.array_equal(first.vector(3), second.vector(3))


def test_a_model_that_was_never_used_has_an_empty_gallery(
    store: Store, root: Path, spec: ModelSpec, second_tiny_model: Path
) -> None:
    fill(store, root, spec, range(4))
    gallery = store.library(root).gallery(read_spec(second_tiny_model))
    assert (len(gallery), gallery.dimension) == (0, 8)


def test_an_unknown_folder_that_is_not_there_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no such folder"):
        store.library(tmp_path / "absent")
    assert store.libraries() == []


def test_a_known_folder_that_is_gone_can_be_looked_at(store: Store, root: Path, spec: ModelSpec) -> None:
    fill(store, root, spec, range(4))
    root.rmdir()
    assert len(store.library(root).gallery(spec)) == 4


def test_one_library_has_one_name(store: Store, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root.parent / "link").symlink_to(root)
    monkeypatch.chdir(root)
    libraries = {store.library(path).number for path in (root, Path(), root.parent / "link", root / ".." / "library")}
    assert len(libraries) == 1
    assert [info.root for info in store.libraries()] == [root]


def test_libraries_are_listed_with_their_size_the_last_one_first(store: Store, tmp_path: Path, spec: ModelSpec) -> None:
    for name, numbers in (("a", range(3)), ("b", range(2, 7))):
        (tmp_path / name).mkdir()
        fill(store, tmp_path / name, spec, numbers)
    store.library(tmp_path / "a")
    found = [(info.root.name, info.images, info.bytes) for info in store.libraries()]
    assert found == [("a", 3, 3 * 16 * 4), ("b", 5, 5 * 16 * 4)]


def test_a_forgotten_library_needs_no_new_vectors(store: Store, root: Path, spec: ModelSpec) -> None:
    fill(store, root, spec, range(4))
    old = store.library(root)
    store.forget(root)
    assert store.libraries() == []
    with pytest.raises(StoreError, match="forgotten"):
        old.files()
    new = store.library(root)
    assert len(new.files()) == 0
    with store.reading() as db:
        assert db.execute("SELECT count(*) FROM vectors").fetchone()[0] == 4


def test_committing_to_a_forgotten_library_changes_nothing(store: Store, root: Path, spec: ModelSpec) -> None:
    library = store.library(root)
    with store.exclusive():
        writer = Writer(store, library)
        store.forget(root)
        with pytest.raises(StoreError, match="forgotten"):
            writer.commit(Batch([FileRecord("a.jpg", 1, 1, content_of(1), 4, 3)]))
    with store.reading() as db:
        assert db.execute("SELECT count(*) FROM contents").fetchone()[0] == 0


def test_compacting_keeps_what_is_used_and_gives_the_rest_back(
    store: Store, data_dir: Path, tmp_path: Path, spec: ModelSpec
) -> None:
    for name, numbers in (("a", range(0, 3000)), ("b", range(2990, 3010))):
        (tmp_path / name).mkdir()
        fill(store, tmp_path / name, spec, numbers)
    held = store.library(tmp_path / "a").gallery(spec)
    size = vector_path(data_dir).stat().st_size
    store.forget(tmp_path / "a")
    freed = store.compact()
    assert size - vector_path(data_dir).stat().st_size == 2990 * 16 * 4
    assert freed > 2990 * 16 * 4
    gallery = store.library(tmp_path / "b").gallery(spec)
    assert list(gallery.paths) == [f"{n:04d}.jpg" for n in range(2990, 3010)]
    assert all(np.array_equal(gallery.vector(i), vector_of(2990 + i, spec)) for i in range(20))
    assert np.array_equal(held.vector(5), vector_of(5, spec))  # still mapped by whoever looks at it
    fill(store, tmp_path / "b", spec, range(3010, 3020))
    assert np.array_equal(store.library(tmp_path / "b").gallery(spec).vector(29), vector_of(3019, spec))
    assert store.compact() == 0 or store.compact() == 0


def test_two_writers_wait_for_one_another_or_say_so(store: Store, data_dir: Path, root: Path) -> None:
    with store.exclusive():
        with pytest.raises(StoreBusyError, match="another"), Store(data_dir, lock_seconds=0.1).exclusive():
            pass
        with pytest.raises(StoreBusyError):
            store.compact()
        assert store.library(root).files().paths[:] == []  # reading and opening go on
    with store.exclusive():
        pass


def test_a_writer_in_another_process_is_noticed(store: Store, data_dir: Path) -> None:
    code = (
        "import sys, pathlib; from engine.store import Store\n"
        "with Store(pathlib.Path(sys.argv[1])).exclusive():\n"
        "    print('locked', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(StoreBusyError), store.exclusive():
            pass
        other.kill()
    with store.exclusive():  # the lock died with its process
        pass


def test_galleries_can_be_read_while_batches_are_committed(store: Store, root: Path, spec: ModelSpec) -> None:
    fill(store, root, spec, range(10))
    stop = threading.Event()
    problems: list[object] = []
    seen: set[int] = set()

    def read() -> None:
        library = store.library(root)
        while not stop.is_set():
            try:
                gallery = library.gallery(spec)
                seen.add(len(gallery))
                last = len(gallery) - 1
                number = int(gallery.paths[last][:4])
                if not np.array_equal(gallery.vector(last), vector_of(number, spec)):
                    problems.append(last)
            except Exception as error:
                problems.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    fill(store, root, spec, range(10, 210), commits=20)
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(seen) > 1


# Snapshots


@pytest.fixture
def eager_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_module, "SNAPSHOT_FROM", 1)


@pytest.mark.usefixtures("eager_snapshots")
def test_a_snapshot_opens_as_the_index_does(store: Store, data_dir: Path, root: Path, spec: ModelSpec) -> None:
    fill(store, root, spec, range(30))
    library = store.library(root)
    expected = library.gallery(spec)
    library.save_snapshots([spec])
    with Store(data_dir) as again:
        with again.reading() as db:  # an index that has lost its rows shows that they are not asked for
            db.execute("SELECT 1")
        again._connections.get().execute("DELETE FROM files")
        again._connections.get().execute("DELETE FROM vectors")
        gallery = again.library(root).gallery(spec)
        assert gallery.paths == expected.paths
        assert np.array_equal(gallery.vectors(np.arange(30)), expected.vectors(np.arange(30)))
        assert again.library(root).files().content.tobytes() == library.files().content.tobytes()


@pytest.mark.usefixtures("eager_snapshots")
def test_an_old_snapshot_is_not_believed(store: Store, data_dir: Path, root: Path, spec: ModelSpec) -> None:
    fill(store, root, spec, range(30))
    store.library(root).save_snapshots([spec])
    fill(store, root, spec, range(30, 40))
    with Store(data_dir) as again:
        assert len(again.library(root).gallery(spec)) == 40


@pytest.mark.usefixtures("eager_snapshots")
def test_vectors_that_another_library_brought_are_seen(store: Store, tmp_path: Path, spec: ModelSpec) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    library = store.library(tmp_path / "a")
    with store.exclusive():
        Writer(store, library).commit(Batch([FileRecord("x.jpg", 1, 1, content_of(7), 4, 3)]))
        Writer(store, library).model(spec, "cpu")
    assert len(library.gallery(spec)) == 0
    library.save_snapshots([spec])
    with store.exclusive():
        writer = Writer(store, store.library(tmp_path / "b"))
        model = writer.model(spec, "cpu")
        files = [FileRecord("y.jpg", 1, 1, content_of(7), 4, 3)]
        writer.commit(Batch(files, {model: [(content_of(7), vector_of(7, spec))]}))
    assert len(library.gallery(spec)) == 1


@pytest.mark.usefixtures("eager_snapshots")
@pytest.mark.parametrize("keep_time", [False, True])
@pytest.mark.parametrize("change", ["cut", "zero", "empty", "garbage"])
def test_a_damaged_snapshot_is_made_anew(
    store: Store, data_dir: Path, root: Path, spec: ModelSpec, change: str, keep_time: bool
) -> None:
    fill(store, root, spec, range(30))
    store.library(root).save_snapshots([spec])
    for path in (data_dir / "snapshots").iterdir():
        info = path.stat()
        data = path.read_bytes()
        damaged = {
            "cut": data[:-100],
            "zero": bytes(len(data)),
            "empty": b"",
            "garbage": os.urandom(len(data)),
        }[change]
        path.write_bytes(damaged)
        if keep_time:
            os.utime(path, ns=(info.st_mtime_ns, info.st_mtime_ns))
    with Store(data_dir) as again:
        gallery = again.library(root).gallery(spec)
        assert len(gallery) == 30
        assert np.array_equal(gallery.vector(29), vector_of(29, spec))


@pytest.mark.usefixtures("eager_snapshots")
@pytest.mark.parametrize("wrong", ["shorter", "a column less", "paths of nothing", "rows of nothing", "rows beyond"])
def test_a_snapshot_that_contradicts_itself_is_not_believed(
    store: Store, data_dir: Path, root: Path, spec: ModelSpec, wrong: str
) -> None:
    """Whole as a file, and wrong as what it says."""
    fill(store, root, spec, range(5))
    library = store.library(root)
    library.save_snapshots([spec])
    kind = "rows" if wrong.startswith("rows") else "files"
    (file,) = (path for path in (data_dir / "snapshots").iterdir() if path.name.startswith(kind))
    name = file.name.rpartition("-")[0]
    with file.open("rb") as opened:
        opened.readline()
        key = json.loads(opened.readline())["key"]
    arrays = store.load_snapshot(name, key)
    assert arrays is not None
    if wrong == "shorter":
        arrays["sizes"] = arrays["sizes"][:-1]
    elif wrong == "a column less":
        del arrays["content"]
    elif wrong == "paths of nothing":
        arrays["offsets"] = arrays["offsets"] + 1
    elif wrong == "rows of nothing":
        arrays["rows"] = arrays["rows"][:-1]
    else:
        arrays["rows"] = arrays["rows"] + 1000
    write_snapshot(file, key, arrays)
    with Store(data_dir) as again:
        found = again.library(root)
        assert list(found.files().paths) == [f"{number:04d}.jpg" for number in range(5)]
        gallery = found.gallery(spec)
        assert len(gallery) == 5
        for number in range(5):
            assert np.array_equal(gallery.vector(number), vector_of(number, spec))


def test_a_snapshot_that_cannot_be_written_is_only_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_snapshot(tmp_path / "nowhere" / "files-1-1", {"a": 1}, {"numbers": np.arange(3)})
    assert "cannot write" in caplog.text
    with pytest.raises(ValueError, match="too long"):
        write_snapshot(tmp_path / "files-1-1", {"a": "x" * 10_000}, {"numbers": np.arange(3)})
    assert [path for path in tmp_path.iterdir() if not path.name.endswith(".tmp")] == []


@pytest.mark.usefixtures("eager_snapshots")
def test_snapshots_for_a_model_that_nobody_has_used_are_those_of_the_files(
    store: Store, data_dir: Path, root: Path, spec: ModelSpec
) -> None:
    store.library(root).save_snapshots([spec])
    assert {path.name.split("-")[0] for path in (data_dir / "snapshots").iterdir()} <= {"files"}


@pytest.mark.usefixtures("eager_snapshots")
def test_a_snapshot_of_an_index_that_was_deleted_is_not_believed(data_dir: Path, root: Path, spec: ModelSpec) -> None:
    with Store(data_dir) as store:
        fill(store, root, spec, range(30))
        store.library(root).save_snapshots([spec])
    for path in data_dir.glob("index.db*"):
        path.unlink()
    with Store(data_dir) as store:
        fill(store, root, spec, range(100, 103))
        gallery = store.library(root).gallery(spec)
        assert list(gallery.paths) == ["0100.jpg", "0101.jpg", "0102.jpg"]
        assert np.array_equal(gallery.vector(0), vector_of(100, spec))


@pytest.mark.usefixtures("eager_snapshots")
def test_one_snapshot_of_a_kind_is_kept(store: Store, data_dir: Path, root: Path, spec: ModelSpec) -> None:
    for last in (10, 20, 30):
        fill(store, root, spec, range(last))
        store.library(root).save_snapshots([spec])
    kinds = sorted(path.name.split("-")[0] for path in (data_dir / "snapshots").iterdir())
    assert kinds == ["files", "rows"]
    store.forget(root)
    assert list((data_dir / "snapshots").iterdir()) == []


# Damage


def test_a_truncated_vector_file_loses_only_what_was_cut(data_dir: Path, root: Path, spec: ModelSpec) -> None:
    with Store(data_dir) as store:
        fill(store, root, spec, range(20))
    with vector_path(data_dir).open("r+b") as file:
        file.truncate(HEADER_BYTES + 12 * 64 + 30)
    with Store(data_dir) as store:
        gallery = store.library(root).gallery(spec)
        assert list(gallery.paths) == [f"{n:04d}.jpg" for n in range(12)]
        assert all(np.array_equal(gallery.vector(n), vector_of(n, spec)) for n in range(12))
        assert len(store.library(root).files()) == 20
        fill(store, root, spec, range(20, 24))
    with Store(data_dir) as store:
        assert np.array_equal(store.library(root).gallery(spec).vector(15), vector_of(23, spec))


def test_damaged_rows_are_found_at_opening_and_lost_alone(data_dir: Path, root: Path, spec: ModelSpec) -> None:
    with Store(data_dir) as store:
        fill(store, root, spec, range(20))
        generation = store.library(root).generation
    with vector_path(data_dir).open("r+b") as file:
        for row in (3, 17):
            file.seek(HEADER_BYTES + row * 64 + 8)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
    with Store(data_dir) as store:
        library = store.library(root)
        assert library.generation != generation
        gallery = library.gallery(spec)
        assert [int(path[:4]) for path in gallery.paths] == [n for n in range(20) if n not in (3, 17)]
        assert np.array_equal(gallery.vector(3), vector_of(4, spec))


@pytest.mark.parametrize("damage", ["missing", "header", "foreign"])
def test_a_vector_file_that_is_none_of_ours_is_made_anew(
    data_dir: Path, root: Path, spec: ModelSpec, damage: str
) -> None:
    with Store(data_dir) as store:
        fill(store, root, spec, range(20))
    path = vector_path(data_dir)
    if damage == "missing":
        path.unlink()
    elif damage == "header":
        with path.open("r+b") as file:
            file.write(b"\0" * 100)
    else:
        path.write_bytes(os.urandom(20_000))
    with Store(data_dir) as store:
        assert len(store.library(root).gallery(spec)) == 0
        assert len(store.library(root).files()) == 20
        with store.exclusive():
            writer = Writer(store, store.library(root))
            vectors = [(content_of(n), vector_of(n, spec)) for n in range(20)]
            writer.commit(Batch([], {writer.model(spec, "cpu"): vectors}))
        assert np.array_equal(store.library(root).gallery(spec).vector(19), vector_of(19, spec))


def test_leftovers_of_a_kill_are_cut_off_and_nothing_is_lost(data_dir: Path, root: Path, spec: ModelSpec) -> None:
    with Store(data_dir) as store:
        fill(store, root, spec, range(20))
    path = vector_path(data_dir)
    size = path.stat().st_size
    with path.open("ab") as file:
        file.write(os.urandom(1000))
    (data_dir / "vectors" / "stray.f32").write_bytes(b"an interrupted compaction")
    with Store(data_dir) as store:
        assert len(store.library(root).gallery(spec)) == 20
    assert [p.name for p in (data_dir / "vectors").iterdir()] == [path.name]
    assert path.stat().st_size == size


def test_damage_done_while_the_index_is_open_is_found_by_the_next_commit(
    store: Store, data_dir: Path, root: Path, spec: ModelSpec
) -> None:
    fill(store, root, spec, range(20))
    vector_path(data_dir).unlink()
    fill(store, root, spec, range(20, 25))
    gallery = store.library(root).gallery(spec)
    assert [int(path[:4]) for path in gallery.paths] == list(range(20, 25))
    assert np.array_equal(gallery.vector(0), vector_of(20, spec))


def test_nothing_is_repaired_while_another_one_writes(data_dir: Path, root: Path, spec: ModelSpec) -> None:
    with Store(data_dir) as store:
        fill(store, root, spec, range(20))
        with vector_path(data_dir).open("ab") as file:
            file.write(b"a batch in flight")
        size = vector_path(data_dir).stat().st_size
        with store.exclusive(), Store(data_dir) as reader:
            assert len(reader.library(root).gallery(spec)) == 20
        assert vector_path(data_dir).stat().st_size == size


def test_a_newer_index_is_refused(data_dir: Path) -> None:
    Store(data_dir).close()
    db = sqlite3.connect(data_dir / "index.db")
    db.execute("PRAGMA user_version = 1000")
    db.close()
    with pytest.raises(StoreTooNewError) as caught:
        Store(data_dir)
    assert caught.value.path == data_dir / "index.db"


def test_a_file_that_is_no_database_is_refused_with_a_clear_message(data_dir: Path) -> None:
    (data_dir / "index.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="damaged"):
        Store(data_dir)


def test_a_data_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path / "file" / "data")


# A disk without room


def test_a_full_disk_is_said_clearly_and_leaves_the_index_whole(
    store: Store, data_dir: Path, root: Path, spec: ModelSpec
) -> None:
    fill(store, root, spec, range(20))
    pages = store._connections.get().execute("PRAGMA page_count").fetchone()[0]
    store._connections.get().execute(f"PRAGMA max_page_count = {pages + 1}")  # SQLite's own full disk
    with pytest.raises(StoreError, match="the disk is full"):
        fill(store, root, spec, range(20, 4000))
    assert len(store.library(root).gallery(spec)) == 20
    store._connections.get().execute("PRAGMA max_page_count = 1000000")
    fill(store, root, spec, range(20, 30))
    with Store(data_dir) as again:
        gallery = again.library(root).gallery(spec)
        assert len(gallery) == 30
        assert all(np.array_equal(gallery.vector(n), vector_of(n, spec)) for n in range(30))


def test_what_is_there_can_be_searched_though_nothing_can_be_written(
    store: Store, root: Path, spec: ModelSpec, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """When a library was opened is a note that may be missing; a library that is new cannot be made known."""
    fill(store, root, spec, range(20))
    store._connections.get().execute("PRAGMA query_only = 1")
    assert len(store.library(root).gallery(spec)) == 20
    assert "not noted that" in caplog.text
    with pytest.raises(StoreError, match="cannot be opened for writing"):
        store.library(tmp_path)
    store._connections.get().execute("PRAGMA query_only = 0")
    assert [info.root for info in store.libraries()] == [root]


def _full_disk(size: int, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system cannot be mounted here")


def test_a_disk_that_is_really_full(tmp_path: Path, root: Path, spec: ModelSpec) -> None:
    disk = tmp_path / "disk"
    _full_disk(2 << 20, disk)
    try:
        with Store(disk / "data") as store:
            done, failure = 0, None
            while failure is None and done < 100_000:
                try:
                    fill(store, root, spec, range(done, done + 500))
                    done += 500
                except StoreError as error:
                    failure = error
            assert "the disk is full" in str(failure)
            assert done > 0
            held = len(store.library(root).gallery(spec))
            assert held == done
        with Store(disk / "data") as store:
            gallery = store.library(root).gallery(spec)
            assert len(gallery) == held
            assert np.array_equal(gallery.vector(held - 1), vector_of(held - 1, spec))
        with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while ballast.write(bytes(4096)):  # not one byte is free
                pass
        with Store(disk / "data") as store:
            assert len(store.library(root).gallery(spec)) == held
        (disk / "ballast").unlink()
        subprocess.run(["mount", "-o", f"remount,size={8 << 20}", str(disk)], check=True)
        with Store(disk / "data") as store:
            fill(store, root, spec, range(done, done + 500))
            gallery = store.library(root).gallery(spec)
            assert len(gallery) == done + 500
            assert np.array_equal(gallery.vector(done + 499), vector_of(done + 499, spec))
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)  # lazily: a gallery of the test may be mapped


def test_the_lock_waits_as_long_as_it_is_told(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "LOCK_SECONDS", 0.1)
    with Store(data_dir) as first, first.exclusive():
        done: list[bool] = []

        def wait() -> None:
            with Store(data_dir, lock_seconds=10.0) as second, second.exclusive():
                done.append(True)

        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(0.3)
        assert done == []
    thread.join(10)
    assert done == [True]

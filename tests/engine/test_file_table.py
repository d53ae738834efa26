"""Tables of files that follow commits, against tables that are read anew."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import library as library_module
from engine import row_map
from engine.file_table import Change, Entry, FileTable
from engine.path_table import PathTable
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from engine.writer import Batch, FileRecord, Writer

names = st.text(st.characters(exclude_characters="\0", exclude_categories=()), min_size=1, max_size=6)
entries = st.builds(
    Entry, st.integers(0, 9), st.integers(0, 9), st.binary(min_size=16, max_size=16), st.integers(0, 2**40)
)


def table(files: dict[str, Entry], generation: int) -> FileTable:
    found = [files[path] for path in sorted(files)]
    return FileTable(
        PathTable.from_paths(files),
        np.array([entry.size for entry in found], dtype=np.int64),
        np.array([entry.mtime_ns for entry in found], dtype=np.int64),
        np.frombuffer(b"".join(entry.content for entry in found), np.uint8).reshape(-1, 16),
        np.array([entry.content_id for entry in found], dtype=np.int64),
        generation,
    )


def equal(left: FileTable, right: FileTable) -> bool:
    columns = ("sizes", "mtimes_ns", "content", "content_ids")
    return left.paths == right.paths and all(
        np.array_equal(getattr(left, name), getattr(right, name)) for name in columns
    )


@given(st.dictionaries(names, entries), st.lists(st.dictionaries(names, st.none() | entries), min_size=1, max_size=3))
def test_a_changed_table_equals_a_new_one(files: dict[str, Entry], steps: list[dict[str, Entry | None]]) -> None:
    changes = [Change(number, number + 1, step) for number, step in enumerate(steps)]
    found = table(files, 0).changed(changes)
    for step in steps:
        files = {path: entry for path, entry in (files | step).items() if entry is not None}
    expected = table(files, len(steps))
    assert equal(found, expected)
    assert found.generation == len(steps)
    assert list(found.paths) == sorted(files)


@given(st.sets(names), st.sets(names))
def test_inserting_equals_sorting(old: set[str], new: set[str]) -> None:
    added = sorted(new - old)
    merged, at = PathTable.from_paths(old).inserted(added)
    assert list(merged) == sorted(old | new)
    assert np.insert(np.array(sorted(old), dtype=object), at, np.array(added, dtype=object)).tolist() == list(merged)


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


def content_of(number: int) -> bytes:
    return number.to_bytes(16, "big")


def vector_of(number: int, spec: ModelSpec) -> np.ndarray:
    return np.random.default_rng(number).normal(size=spec.embedding_size).astype(np.float32)


def random_commits(store: Store, root: Path, spec: ModelSpec, seed: int, look: bool) -> None:
    """Commit additions, changes, losses, removals and returns in random order."""
    chooser = random.Random(seed)
    library = store.library(root)
    library.files()
    with store.exclusive():
        writer = Writer(store, library)
        model = writer.model(spec, "cpu")
        for _ in range(12):
            paths = [f"{chooser.randint(0, 20):02d} é.jpg" for _ in range(chooser.randint(1, 6))]
            act = chooser.randint(0, 4)
            if act == 0:
                writer.set_removed(sorted(set(paths)), chooser.random() < 0.7)
            else:
                records, vectors = [], []
                for path in sorted(set(paths)):
                    if chooser.random() < 0.2:
                        records.append(FileRecord(path, 1, 1, reason="broken"))
                        continue
                    number = chooser.randint(0, 30)
                    records.append(FileRecord(path, number, chooser.randint(0, 5), content_of(number), 4, 3))
                    if chooser.random() < 0.7:
                        vectors.append(number)
                with store.reading() as db:
                    query = "SELECT hash FROM vectors JOIN contents ON contents.id = content"
                    there = {bytes(row[0]) for row in db.execute(query)}
                new = [n for n in sorted(set(vectors)) if content_of(n) not in there]
                writer.commit(Batch(records, {model: [(content_of(n), vector_of(n, spec)) for n in new]}))
            if look and chooser.random() < 0.7:
                library.gallery(spec)


@pytest.mark.parametrize("kept", [20_000, 3])
@pytest.mark.parametrize("seed", range(12))
def test_a_library_that_follows_commits_equals_one_that_is_opened_anew(
    data_dir: Path, tmp_path: Path, spec: ModelSpec, seed: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "SNAPSHOT_FROM", 1)
    monkeypatch.setattr(library_module, "CHANGES_KEPT", kept)
    (tmp_path / "other").mkdir()
    (tmp_path / "root").mkdir()
    with Store(data_dir) as store:
        random_commits(store, tmp_path / "other", spec, seed + 100, look=False)
        random_commits(store, tmp_path / "root", spec, seed, look=seed % 2 == 0)
        random_commits(store, tmp_path / "other", spec, seed + 200, look=False)
        random_commits(store, tmp_path / "root", spec, seed + 50, look=True)
        for name in ("root", "other"):
            library = store.library(tmp_path / name)
            with Store(data_dir) as again:
                fresh = again.library(tmp_path / name)
                assert fresh.generation == library.files().generation
                for path in (data_dir / "snapshots").iterdir():
                    path.unlink()
                assert equal(library.files(), fresh.files())
                mine, theirs = library.gallery(spec), fresh.gallery(spec)
                assert mine.paths == theirs.paths
                assert np.array_equal(mine.rows, theirs.rows)
                numbers = [int.from_bytes(content.tobytes(), "big") for content in library.files().content]
                by_path = dict(zip(library.files().paths, numbers, strict=True))
                for i, path in enumerate(mine.paths):
                    assert np.array_equal(mine.vector(i), vector_of(by_path[path], spec))
            library.save_snapshots([spec])


def test_commits_are_followed_without_reading_all_files_again(
    data_dir: Path, tmp_path: Path, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(data_dir) as store:
        library = store.library(tmp_path)
        library.files()

        def refuse(*args: object) -> None:
            raise AssertionError("all files were read")

        monkeypatch.setattr(library_module.Library, "_queried_files", refuse)
        with store.exclusive():
            writer = Writer(store, library)
            model = writer.model(spec, "cpu")
            for n in range(5):
                record = FileRecord(f"{n}.jpg", n, n, content_of(n), 4, 3)
                writer.commit(Batch([record], {model: [(content_of(n), vector_of(n, spec))]}))
                assert len(library.gallery(spec)) == n + 1


def test_a_commit_that_fails_is_not_followed(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(data_dir) as store:
        library = store.library(tmp_path)
        library.files()
        with store.exclusive():
            writer = Writer(store, library)
            writer.commit(Batch([FileRecord("a.jpg", 1, 1, content_of(1), 4, 3)]))
            announce = library.announce

            def fail(change: Change) -> None:
                announce(change)
                raise OSError(28, "No space left on device")

            monkeypatch.setattr(library, "announce", fail)
            with pytest.raises(Exception, match="disk is full"):
                writer.commit(Batch([FileRecord("b.jpg", 1, 1, content_of(2), 4, 3)]))
            monkeypatch.undo()
            assert list(library.files().paths) == ["a.jpg"]
            writer.commit(Batch([FileRecord("c.jpg", 1, 1, content_of(3), 4, 3)]))
            assert list(library.files().paths) == ["a.jpg", "c.jpg"]


def test_a_commit_of_another_process_is_seen(data_dir: Path, tmp_path: Path) -> None:
    with Store(data_dir) as mine, Store(data_dir) as theirs:
        library = mine.library(tmp_path)
        library.files()
        for path, store in (("a.jpg", mine), ("b.jpg", theirs), ("c.jpg", mine), ("d.jpg", theirs)):
            with store.exclusive():
                Writer(store, store.library(tmp_path)).commit(Batch([FileRecord(path, 1, 1, os.urandom(16), 4, 3)]))
        assert list(library.files().paths) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
        assert library.files().generation == library.generation


def test_contents_from_elsewhere_are_asked_for(
    data_dir: Path, tmp_path: Path, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A map that began with one library's snapshot does not know what another library brought before."""
    monkeypatch.setattr(library_module, "SNAPSHOT_FROM", 1)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with Store(data_dir) as store:
        for name, numbers in (("one", range(4)), ("two", range(4, 20))):
            library = store.library(tmp_path / name)
            with store.exclusive():
                writer = Writer(store, library)
                model = writer.model(spec, "cpu")
                records = [FileRecord(f"{n}.jpg", n, n, content_of(n), 4, 3) for n in numbers]
                writer.commit(Batch(records, {model: [(content_of(n), vector_of(n, spec)) for n in numbers]}))
        store.library(tmp_path / "one").save_snapshots([spec])
    for limit in (5_000, 2):
        monkeypatch.setattr(row_map, "_ASK_ONE_BY_ONE", limit)
        with Store(data_dir) as store:
            library = store.library(tmp_path / "one")
            assert len(library.gallery(spec)) == 4 + 10 * (limit == 2)
            with store.exclusive():
                records = [FileRecord(f"{n}.jpg", n, n, content_of(n), 4, 3) for n in range(4, 14)]
                Writer(store, library).commit(Batch(records))
            gallery = library.gallery(spec)
            assert len(gallery) == 14
            for n in range(14):
                position = gallery.index_of(f"{n}.jpg")
                assert position is not None
                assert np.array_equal(gallery.vector(position), vector_of(n, spec))

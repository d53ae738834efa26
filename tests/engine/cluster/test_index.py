"""A run over a source: what is embedded, written, left alone, told and removed; on one thread, with a real network."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.cluster.index import ClusterReport, cluster_index
from engine.cluster.ledger import Ledger
from engine.cluster.source import open_source
from engine.cluster.storing import Storing
from engine.cluster.worker import Outcome, Worker
from engine.embedder import Embedded, Embedder, open_embedder
from engine.errors import VectorStoreError
from engine.indexer import index
from engine.results import ImageFile, Progress, Skipped
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from tests.conftest import draw_photo
from tests.memory_store import MemoryStore

ALL = 24


class Counting:
    """An embedder that counts what it is given, and gives no number for pictures of a brightness."""

    def __init__(self, inner: Embedder) -> None:
        self.inner = inner
        self.spec = inner.spec
        self.provider = inner.provider
        self.notice = inner.notice
        self.embedded = 0
        self.refuses: Callable[[NDArray[np.float32]], bool] = lambda picture: False

    def embed(self, batch: NDArray[np.float32]) -> Embedded:
        self.embedded += len(batch)
        found = self.inner.embed(batch)
        found.vectors[[self.refuses(picture) for picture in batch]] = np.nan
        return found

    def features(self, batch: NDArray[np.float32]) -> NDArray[np.float32] | None:
        return None


class OneThread:
    """Workers that take turns: batches of `size` files, two workers, each with what the other has begun."""

    workers = 2

    def __init__(self, root: Path, embedder: Embedder, size: int = 5) -> None:
        self.ledger = Ledger()
        self.size = size
        self._worker = Worker(open_source(str(root)), embedder, self.ledger)

    def note_known(self, joined: bytes) -> None:
        self.ledger.add_known(joined)

    def run(self, files: list[ImageFile]) -> Iterator[list[Outcome]]:
        batches = [files[start : start + self.size] for start in range(0, len(files), self.size)]
        outcomes = [self._worker(batch) for batch in batches]
        yield from reversed(outcomes)  # they are finished in any order
        self.ledger.settle()


class Archive:
    """A folder, a store and an embedder, and runs over them."""

    def __init__(self, root: Path, spec: ModelSpec) -> None:
        self.root = root
        self.store = MemoryStore(spec.embedding_size)
        self.embedder = Counting(open_embedder(spec))
        self.stages: list[str] = []

    def run(self, size: int = 5) -> ClusterReport:
        workers = OneThread(self.root, self.embedder, size)
        job = cluster_index(open_source(str(self.root)), self.store, "tiny", lambda: workers)
        self.stages = []
        while True:
            try:
                progress = next(job)
            except StopIteration as end:
                report: ClusterReport = end.value
                return report
            self.stages.append(progress.stage)


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


@pytest.fixture
def archive(photo_folder: Path, spec: ModelSpec) -> Archive:
    return Archive(photo_folder, spec)


def test_every_photo_gets_the_vector_that_the_index_of_the_desktop_has(
    archive: Archive, spec: ModelSpec, data_dir: Path
) -> None:
    report = archive.run()
    assert (report.images, report.embedded, report.unchanged, report.skipped) == (ALL, ALL, 0, [])
    with Store(data_dir) as store:
        for _ in index(store, archive.root, [open_embedder(spec)]):
            pass
        gallery = store.library(archive.root).gallery(spec)
        assert archive.store.paths() == list(gallery.paths)
        for position, path in enumerate(gallery.paths):
            photo = archive.store.get(path)
            assert photo is not None
            assert photo.vector is not None
            np.testing.assert_allclose(photo.vector, gallery.matrix[gallery.rows[position]], atol=1e-5)


def test_a_second_run_reads_nothing(archive: Archive) -> None:
    archive.run()
    archive.embedder.embedded = 0
    report = archive.run()
    assert (report.images, report.embedded, report.unchanged, report.workers) == (ALL, 0, ALL, 0)
    assert archive.embedder.embedded == 0
    assert "embedding" not in archive.stages


@pytest.mark.parametrize("size", [2, 5, 100])
def test_copies_are_embedded_once_wherever_they_lie(archive: Archive, size: int) -> None:
    for name in ("blue/copy.jpg", "green/copy.jpg", "zzz.jpg"):
        shutil.copy(archive.root / "blue/0.jpg", archive.root / name)
    report = archive.run(size)
    assert (report.images, report.embedded) == (ALL + 3, ALL)
    assert archive.embedder.embedded == ALL
    photo = archive.store.get("zzz.jpg")
    assert photo is not None
    assert [file.path for file in photo.files] == ["blue/0.jpg", "blue/copy.jpg", "green/copy.jpg", "zzz.jpg"]


def test_a_copy_that_is_added_later_is_not_embedded(archive: Archive) -> None:
    archive.run()
    shutil.copy(archive.root / "blue/0.jpg", archive.root / "later.jpg")
    report = archive.run()
    assert (report.images, report.embedded, report.unchanged) == (ALL + 1, 0, ALL)
    assert archive.embedder.embedded == ALL
    assert archive.store.count() == ALL


def test_bad_files_cost_a_line_each(archive: Archive) -> None:
    (archive.root / "blue/0.jpg").write_bytes(b"")
    (archive.root / "blue/1.jpg").write_text("no picture")
    data = (archive.root / "red/0.jpg").read_bytes()
    (archive.root / "red/0.jpg").write_bytes(data[: len(data) // 2])
    shutil.copy(archive.root / "red/0.jpg", archive.root / "yellow/broken-too.jpg")
    report = archive.run(2)
    assert [file.path for file in report.skipped] == ["blue/0.jpg", "blue/1.jpg", "red/0.jpg", "yellow/broken-too.jpg"]
    assert report.skipped[0].reason == "the file is empty"
    assert report.skipped[2].reason == report.skipped[3].reason
    assert report.images == archive.store.count() == ALL - 3


def test_a_photo_without_a_finite_vector_is_left_out_with_its_copies(archive: Archive) -> None:
    shutil.copy(archive.root / "red/0.jpg", archive.root / "zzz.jpg")
    pictures: list[NDArray[np.float32]] = []
    archive.embedder.refuses = lambda picture: not pictures.append(picture) and len(pictures) == 13  # red/0.jpg
    report = archive.run(6)
    assert report.skipped == [
        Skipped(path, "tiny gives no finite embedding for it") for path in ("red/0.jpg", "zzz.jpg")
    ]
    assert report.images == ALL - 1


def test_a_changed_photo_leaves_its_old_content(archive: Archive) -> None:
    archive.run()
    before = archive.store.get("red/0.jpg")
    assert before is not None
    draw_photo("blue", 999).save(archive.root / "red/0.jpg")
    report = archive.run()
    after = archive.store.get("red/0.jpg")
    assert after is not None
    assert (report.images, report.embedded, report.unchanged) == (ALL, 1, ALL - 1)
    assert after.content != before.content
    assert archive.store.count() == ALL


def test_a_photo_that_was_only_touched_is_not_embedded(archive: Archive) -> None:
    archive.run()
    (archive.root / "red/0.jpg").touch()
    report = archive.run()
    assert (report.images, report.embedded, report.unchanged) == (ALL, 0, ALL - 1)
    assert archive.run().unchanged == ALL


def test_a_photo_that_was_broken_meanwhile_is_gone(archive: Archive) -> None:
    archive.run()
    (archive.root / "red/0.jpg").write_text("no picture")
    report = archive.run()
    assert [file.path for file in report.skipped] == ["red/0.jpg"]
    assert "red/0.jpg" not in archive.store.paths()
    assert report.images == archive.store.count() == ALL - 1


def test_photos_that_are_gone_from_the_source_go_from_the_store(archive: Archive) -> None:
    shutil.copy(archive.root / "red/1.jpg", archive.root / "copy.jpg")
    archive.run()
    (archive.root / "red/0.jpg").unlink()
    (archive.root / "red/1.jpg").unlink()
    report = archive.run()
    assert (report.images, report.embedded, report.removed) == (ALL - 1, 0, 2)
    assert archive.store.count() == ALL - 1
    assert "copy.jpg" in archive.store.paths()


def test_photos_in_a_folder_that_cannot_be_read_stay(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.run()
    source = open_source(str(archive.root))
    listed = [item for item in source.listing() if isinstance(item, ImageFile) and not item.path.startswith("red/")]
    del listed[0]
    problem = Skipped("red", "no permission to read it")
    monkeypatch.setattr(type(source), "listing", lambda self: iter([*listed, problem]))
    report = archive.run()
    assert report.removed == 1
    assert report.skipped == [problem]
    assert "red/3.jpg" in archive.store.paths()


def test_a_store_that_is_away_for_a_while_is_waited_for(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.cluster.storing.PAUSE_SECONDS", 0.01)
    job = cluster_index(
        open_source(str(archive.root)), archive.store, "tiny", lambda: OneThread(archive.root, archive.embedder)
    )
    stages = []
    for progress in job:
        if progress.stage == "embedding" and "waiting" not in stages:
            archive.store.away = 3
        stages.append(progress.stage)
    assert "waiting" in stages
    assert archive.store.count() == ALL
    assert archive.embedder.embedded == ALL


def test_a_store_that_stays_away_ends_the_run_and_the_next_one_goes_on(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cluster.storing.WRITE_SECONDS", 0.0)
    monkeypatch.setattr("engine.cluster.storing.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(Storing, "__init__", _impatient(Storing.__init__))
    archive_workers = OneThread(archive.root, archive.embedder)
    job = cluster_index(open_source(str(archive.root)), archive.store, "tiny", lambda: archive_workers)

    def run_out() -> None:
        for progress in job:
            if progress.stage == "embedding" and progress.done >= 10:
                archive.store.away = 1_000_000

    with pytest.raises(VectorStoreError):
        run_out()
    archive.store.away = 0
    written = archive.store.count()
    assert 0 < written < ALL
    archive.embedder.embedded = 0
    report = archive.run()
    assert archive.embedder.embedded == report.embedded == ALL - written
    assert archive.store.count() == ALL


def _impatient(init: Callable[..., None]) -> Callable[..., None]:
    def made(self: Storing, store: MemoryStore) -> None:
        init(self, store, 0.0)

    return made


def test_closing_the_run_keeps_what_has_come(archive: Archive) -> None:
    workers = OneThread(archive.root, archive.embedder)
    job = cluster_index(open_source(str(archive.root)), archive.store, "tiny", lambda: workers)
    for progress in job:
        if progress.stage == "embedding" and progress.done >= 10:
            break
    job.close()
    assert archive.store.count() == 14
    assert archive.run().embedded == ALL - 14


def test_progress_tells_how_many_of_all_are_done(archive: Archive) -> None:
    workers = OneThread(archive.root, archive.embedder)
    job = cluster_index(open_source(str(archive.root)), archive.store, "tiny", lambda: workers)
    told: list[Progress] = list(job)
    embedding = [progress for progress in told if progress.stage == "embedding"]
    assert [progress.done for progress in embedding] == [4, 9, 14, 19, 24]
    assert {progress.total for progress in embedding} == {ALL}

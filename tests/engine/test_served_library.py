"""A library on a real Milvus server (the PyPI package `milvus`) is to those who use it what the embedded one is."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import served_gallery, served_indexer
from engine.embedder import Embedder, open_embedder
from engine.errors import VectorStoreError
from engine.gallery import Gallery
from engine.indexer import IndexReport, index
from engine.metric import Metric
from engine.search import all_distances, nearest, nearest_batch
from engine.served_indexer import check_source
from engine.served_library import ServedStore
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore
from engine.vector_store import StoreAddress

pytestmark = pytest.mark.parametrize("store_kind", ["milvus"], indirect=True)


@dataclass
class Both:
    """The same photos in the index and on the server."""

    root: Path
    spec: ModelSpec
    embedder: Embedder
    here: Store
    there: ServedStore

    def index(self, **options: Any) -> IndexReport:
        finish(index(self.here, self.root, [self.embedder]))
        report: IndexReport = finish(index(self.there, self.root, [self.embedder], **options))
        return report

    @property
    def galleries(self) -> tuple[Gallery, Gallery]:
        return self.here.library(self.root).gallery(self.spec), self.there.library(self.root).gallery(self.spec)


def finish(job: Any) -> Any:
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


@pytest.fixture
def both(
    photo_folder: Path, tiny_model: Path, data_dir: Path, tmp_path: Path, store_address: StoreAddress
) -> Iterator[Both]:
    spec = read_spec(tiny_model)
    with Store(data_dir) as here, ServedStore(tmp_path / "served", store_address) as there:
        yield Both(photo_folder, spec, open_embedder(spec), here, there)


def test_every_ranking_is_the_embedded_ones_to_the_digit(both: Both) -> None:
    shutil.copy(both.root / "red" / "0.jpg", both.root / "blue" / "copy.jpg")
    both.index()
    here, there = both.galleries
    assert list(there.paths) == list(here.paths)
    assert there.approximate
    assert not here.approximate
    queries = here.vectors(np.arange(len(here)))
    np.testing.assert_array_equal(there.vectors(np.arange(len(here))), queries)
    # By the model's own distance the server's index finds them, by the other one they are read.
    for metric in Metric:
        for k in (1, 5, 24, None):
            for expected, found in zip(
                nearest_batch(here, queries, metric, k, exclude=list(here.paths)),
                nearest_batch(there, queries, metric, k, exclude=list(here.paths)),
                strict=True,
            ):
                assert list(found) == list(expected)
        np.testing.assert_array_equal(all_distances(there, queries[0], metric), all_distances(here, queries[0], metric))


def test_a_filter_comes_before_the_choice_of_the_nearest(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_gallery, "FEW", 0)  # the index is asked however few there are
    both.index()
    here, there = both.galleries
    start, stop = here.paths.folder_range("green")
    in_folder = np.zeros(len(here), dtype=np.bool_)
    in_folder[start:stop] = True
    scattered = np.arange(len(here)) % 5 == 0
    for allowed in (in_folder, scattered):
        for query in here.vectors(np.arange(4)):
            expected = nearest(here, query, Metric.COSINE, 3, allowed=allowed)
            assert list(nearest(there, query, Metric.COSINE, 3, allowed=allowed)) == list(expected)


def test_what_was_written_is_not_read_again(both: Both) -> None:
    report = both.index()
    assert (report.images, report.embedded, report.unchanged) == (24, 24, 0)
    report = both.index()
    assert (report.images, report.embedded, report.unchanged, report.removed) == (24, 0, 24, 0)
    # Opened anew, what is known of the files is mapped from where it was kept.
    with ServedStore(both.there.data_dir, both.there.address) as again:
        assert list(again.library(both.root).files().paths) == list(both.here.library(both.root).files().paths)


def test_an_indexing_that_was_stopped_goes_on(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served_indexer, "REPORT_SECONDS", 0.0)
    job = index(both.there, both.root, [both.embedder])
    while (progress := next(job)).stage != "embedding" or progress.done < 17:
        pass
    job.close()
    kept = len(both.there.library(both.root).files())
    assert 16 <= kept < 24
    report = both.index()
    assert (report.images, report.embedded) == (24, 24 - kept)


def test_changes_of_the_folder_arrive(both: Both) -> None:
    both.index()
    (both.root / "red" / "0.jpg").unlink()
    shutil.move(both.root / "red" / "1.jpg", both.root / "moved.jpg")
    shutil.copy(both.root / "blue" / "0.jpg", both.root / "green" / "0.jpg")
    (both.root / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    report = both.index()
    here, there = both.galleries
    assert list(there.paths) == list(here.paths)
    np.testing.assert_array_equal(there.vectors(np.arange(len(there))), here.vectors(np.arange(len(here))))
    assert report.removed == 2
    assert [skipped.path for skipped in report.skipped] == ["broken.jpg"]
    assert [skipped.path for skipped in both.there.library(both.root).skipped()] == ["broken.jpg"]
    assert [skipped.path for skipped in both.index().skipped] == ["broken.jpg"]


def test_thumbnails_are_made_on_the_way(both: Both) -> None:
    thumbnails = ThumbnailStore(both.there.data_dir)
    both.index(thumbnails=thumbnails)
    files = both.there.library(both.root).files()
    assert all(content.tobytes() in thumbnails for content in files.content)
    thumbnails.close()


def test_another_folder_does_not_empty_a_collection(both: Both, tmp_path: Path) -> None:
    both.index()
    other = tmp_path / "other"
    shutil.copytree(both.root / "red", other)
    finish(index(both.there, other, [both.embedder]))
    assert len(both.there.library(both.root).files()) == 24
    with pytest.raises(VectorStoreError, match="it was filled from"):
        check_source(both.there.library(other))


def test_what_needs_too_many_vectors_at_once_is_refused(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    both.index()
    _, there = both.galleries
    expected = list(nearest(there, there.vector(0), Metric.COSINE, 3))
    monkeypatch.setattr(served_gallery, "MOST_KEPT", 10)
    monkeypatch.setattr(served_gallery, "MOST_READ", 20)
    fresh = ServedStore(both.there.data_dir, both.there.address)
    gallery = fresh.library(both.root).gallery(both.spec)
    assert list(nearest(gallery, gallery.vector(0), Metric.COSINE, 3)) == expected
    with pytest.raises(VectorStoreError, match="24 are more than 10"):
        gallery.matrix  # noqa: B018
    with pytest.raises(VectorStoreError, match="no more than 20 are read"):
        nearest(gallery, gallery.vector(0), Metric.EUCLIDEAN, 3)
    fresh.close()

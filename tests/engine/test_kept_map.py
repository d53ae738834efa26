"""The map beside the index: it opens without being made again, follows renamed and new photos, and goes with its
library."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import kept_map
from engine.embedder import open_embedder
from engine.indexer import index
from engine.kept_map import lay_out
from engine.library import Library
from engine.metric import Metric
from engine.photo_map import Layout, PhotoMap, pca_map
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from tests.conftest import draw_photo
from tests.engine.test_photo_map import finished


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


def indexed(store: Store, root: Path, spec: ModelSpec) -> Library:
    finished(index(store, root, [open_embedder(spec, "cpu")]))
    return store.library(root)


def refuse(*_: Any) -> Any:
    raise AssertionError("the map is made again")


def laid_out(library: Library, spec: ModelSpec, layout: Layout = Layout.PCA, **options: Any) -> PhotoMap:
    return finished(lay_out(library, spec, Metric.COSINE, layout, **options))[1]


def test_a_map_is_made_once_for_a_model_a_distance_and_an_arrangement(
    data_dir: Path, photo_folder: Path, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(data_dir) as store:
        first = laid_out(indexed(store, photo_folder, spec), spec)
    assert first.points.shape == (24, 2)
    with Store(data_dir) as store, monkeypatch.context() as patched:
        patched.setattr(kept_map, "pca_map", refuse)
        again = laid_out(store.library(photo_folder), spec)
        np.testing.assert_array_equal(again.points, first.points)
        assert again.explained == first.explained
        with pytest.raises(AssertionError, match="made again"):
            finished(lay_out(store.library(photo_folder), spec, Metric.EUCLIDEAN, Layout.PCA))
        with pytest.raises(AssertionError, match="made again"):
            laid_out(store.library(photo_folder), spec, anew=True)


def test_renamed_and_copied_photos_keep_their_places(
    data_dir: Path, photo_folder: Path, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(data_dir) as store:
        library = indexed(store, photo_folder, spec)
        gallery, before = finished(lay_out(library, spec, Metric.COSINE, Layout.PCA))
        place = before.points[gallery.index_of("red/0.jpg") or 0]
        (photo_folder / "red" / "0.jpg").rename(photo_folder / "yellow" / "z.jpg")
        shutil.copy(photo_folder / "yellow" / "z.jpg", photo_folder / "again.jpg")
        indexed(store, photo_folder, spec)
        monkeypatch.setattr(kept_map, "pca_map", refuse)
        gallery, after = finished(lay_out(library, spec, Metric.COSINE, Layout.PCA))
        assert gallery.index_of("red/0.jpg") is None
        for path in ("yellow/z.jpg", "again.jpg"):
            np.testing.assert_array_equal(after.points[gallery.index_of(path) or 0], place)


def test_a_new_photo_makes_a_cheap_map_again_and_finds_its_place_in_a_dear_one(
    data_dir: Path, photo_folder: Path, spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Layout] = []

    def cheap(*arguments: Any) -> Any:
        made.append(Layout.PCA)
        return pca_map(*arguments)

    def dear(*arguments: Any) -> Any:
        made.append(Layout.TSNE)
        found = yield from pca_map(*arguments)
        return PhotoMap(Layout.TSNE, found.points, None)

    monkeypatch.setattr(kept_map, "pca_map", cheap)
    monkeypatch.setattr(kept_map, "tsne_map", dear)
    with Store(data_dir) as store:
        library = indexed(store, photo_folder, spec)
        for layout in Layout:
            laid_out(library, spec, layout)
        draw_photo("red", 205).save(photo_folder / "red" / "new.jpg")
        indexed(store, photo_folder, spec)
        assert made == [Layout.PCA, Layout.TSNE]
        laid_out(library, spec, Layout.PCA)
        gallery, found = finished(lay_out(library, spec, Metric.COSINE, Layout.TSNE))
        assert made == [Layout.PCA, Layout.TSNE, Layout.PCA]
        assert found.added == laid_out(library, spec, Layout.TSNE).added == 1
        # The median of its five nearest lies among the reds, who share its colour and shape.
        reds = np.array([path.startswith("red/") and path != "red/new.jpg" for path in gallery.paths])
        own = found.points[gallery.index_of("red/new.jpg") or 0]
        low, high = found.points[reds].min(axis=0), found.points[reds].max(axis=0)
        assert (own >= low - 1e-6).all()
        assert (own <= high + 1e-6).all()
        # More than a tenth is new: minutes are well spent.
        for number in range(4):
            draw_photo("blue", 300 + number).save(photo_folder / "blue" / f"new{number}.jpg")
        indexed(store, photo_folder, spec)
        laid_out(library, spec, Layout.TSNE)
        assert made[3:] == [Layout.TSNE]


def test_what_is_not_whole_is_made_again(data_dir: Path, photo_folder: Path, spec: ModelSpec) -> None:
    with Store(data_dir) as store:
        library = indexed(store, photo_folder, spec)
        first = laid_out(library, spec)
        (file,) = (data_dir / "snapshots").glob("map-*")
        file.write_bytes(file.read_bytes()[:-100])
        np.testing.assert_array_equal(laid_out(library, spec).points, first.points)


def test_it_goes_with_its_library_and_no_other(
    data_dir: Path, photo_folder: Path, tmp_path: Path, spec: ModelSpec
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for number in range(3):
        draw_photo("red", number).save(other / f"{number}.jpg")
    with Store(data_dir) as store:
        for root in (photo_folder, other):
            laid_out(indexed(store, root, spec), spec)
        assert len(list((data_dir / "snapshots").glob("map-*"))) == 2
        store.forget(photo_folder)
        assert len(list((data_dir / "snapshots").glob("map-*"))) == 1
        assert laid_out(store.library(other), spec).points.shape == (3, 2)


def test_a_library_that_the_model_has_not_seen_has_an_empty_map(
    data_dir: Path, photo_folder: Path, spec: ModelSpec
) -> None:
    with Store(data_dir) as store:
        assert laid_out(store.library(photo_folder), spec).points.shape == (0, 2)
    assert not list((data_dir / "snapshots").glob("map-*"))

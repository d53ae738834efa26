"""A store of vectors on a real Milvus server (the PyPI package `milvus`): what the seam promises, held there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.errors import VectorStoreError
from engine.metric import Metric, pairwise_distance
from engine.results import ImageFile
from engine.settling import settle
from engine.spec import ModelSpec, read_spec
from engine.vector_store import StoreAddress, StoredPhoto, VectorStore, open_vector_store, read_token
from tests.milvus_server import MilvusProcess

DIMENSION = 16
PHOTOS = 400
SETTLED = 6000  # enough that the server indexes them


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


@pytest.fixture
def address(milvus_process: MilvusProcess) -> StoreAddress:
    return StoreAddress.parse(milvus_process.address, read_token())


@pytest.fixture
def store(address: StoreAddress, spec: ModelSpec) -> Iterator[VectorStore]:
    made = open_vector_store(address, spec, create=True, source="/photos")
    assert made is not None
    yield made
    made.close()


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    return np.random.default_rng(5).normal(size=(PHOTOS, DIMENSION)).astype(np.float32)


def photos_of(vectors: NDArray[np.float32], first: int = 0) -> list[StoredPhoto]:
    return [
        StoredPhoto(content(number), (ImageFile(f"{number % 4}/deep/{number}.jpg", number, 10 * number),), vector)
        for number, vector in enumerate(vectors, first)
    ]


def content(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_nothing_is_made_unless_asked_for(address: StoreAddress, spec: ModelSpec) -> None:
    assert open_vector_store(address, spec) is None


def test_what_was_added_is_found_counted_and_known(store: VectorStore, vectors: NDArray[np.float32]) -> None:
    photos = photos_of(vectors)
    store.add(photos)
    assert store.count() == PHOTOS
    assert store.known([content(3), b"x" * 16]) == {content(3)}
    found = store.get("3/deep/7.jpg")
    assert found is not None
    assert found.files == (ImageFile("3/deep/7.jpg", 7, 70),)
    np.testing.assert_array_equal(found.vector, vectors[7])
    assert store.get("3/deep/8.jpg") is None
    everything = {photo.content: photo.files for block in store.photos() for photo in block}
    assert everything == {photo.content: photo.files for photo in photos}
    np.testing.assert_array_equal(store.vectors([content(9), content(2)]), vectors[[9, 2]])


def test_adding_twice_changes_nothing_and_a_copy_is_the_same_photo(
    store: VectorStore, vectors: NDArray[np.float32]
) -> None:
    store.add(photos_of(vectors[:5]))
    store.flush()
    before = store.state()
    store.add(photos_of(vectors[:5]))
    assert store.state() == before
    store.add([StoredPhoto(content(3), (ImageFile("copy.jpg", 3, 4),))])
    store.flush()
    assert store.state() != before
    assert store.count() == 5
    found = store.get("copy.jpg")
    assert found is not None
    assert [file.path for file in found.files] == ["3/deep/3.jpg", "copy.jpg"]
    np.testing.assert_array_equal(found.vector, vectors[3])


def test_a_photo_goes_with_its_last_file(store: VectorStore, vectors: NDArray[np.float32]) -> None:
    store.add([*photos_of(vectors[:5]), StoredPhoto(content(3), (ImageFile("copy.jpg", 3, 4),), vectors[3])])
    assert store.remove(["3/deep/3.jpg", "2/deep/2.jpg", "never.jpg"]) == 2
    assert store.count() == 4
    assert store.get("3/deep/3.jpg") is None
    found = store.get("copy.jpg")
    assert found is not None
    assert found.content == content(3)


@pytest.mark.parametrize("path", ["Büro/Ä'\"1.jpg", "a\\b\\x41.jpg", "odd\udcff\udc80/photo.jpg", "日本/写真.jpg"])
def test_any_name_of_a_file_comes_back(store: VectorStore, vectors: NDArray[np.float32], path: str) -> None:
    store.add([StoredPhoto(content(1), (ImageFile(path, 1, 2),), vectors[1])])
    assert [photo.files[0].path for block in store.photos() for photo in block] == [path]
    assert [hit.contents for hit in store.search(vectors[1:2], Metric.COSINE, 5, folder=path.split("/")[0])] == (
        [(content(1),)] if "/" in path else [()]
    )
    assert store.remove([path]) == 1
    assert store.count() == 0


@pytest.mark.parametrize("metric", Metric)
def test_a_search_finds_the_nearest(store: VectorStore, vectors: NDArray[np.float32], metric: Metric) -> None:
    store.add(photos_of(vectors))
    hits = store.search(vectors[:20], metric, 10)
    shared = 0
    for query, hit in enumerate(hits):
        exact = pairwise_distance(vectors, vectors[query], metric)
        found = [int.from_bytes(name, "big") for name in hit.contents]
        np.testing.assert_allclose(hit.distances, exact[found], atol=1e-5)
        shared += len(set(found) & set(np.argsort(exact)[:10].tolist()))
    assert shared >= 0.98 * 200


def test_vectors_are_found_by_the_index_once_they_have_settled(store: VectorStore) -> None:
    # Numbers that say little of one another, of which the server's own first index loses one in six.
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(SETTLED, DIMENSION)).astype(np.float32)
    for start in range(0, SETTLED, 1000):
        store.add(photos_of(vectors[start : start + 1000], start))
    stages = [progress.stage for progress in settle(store)]
    assert set(stages) == {"settling"}
    assert store.indexed() == (SETTLED, SETTLED)
    queries = rng.normal(size=(100, DIMENSION)).astype(np.float32)
    shared = 0
    for query, hit in zip(queries, store.search(queries, Metric.COSINE, 10), strict=True):
        exact = np.argsort(pairwise_distance(vectors, query, Metric.COSINE))[:10].tolist()
        shared += len({int.from_bytes(name, "big") for name in hit.contents} & set(exact))
    assert shared >= 0.98 * 1000


def test_few_vectors_need_no_index(store: VectorStore, vectors: NDArray[np.float32]) -> None:
    store.add(photos_of(vectors))
    for _ in settle(store):
        pass
    assert store.indexed() == (PHOTOS, PHOTOS)


def test_a_search_keeps_to_a_folder(store: VectorStore, vectors: NDArray[np.float32]) -> None:
    store.add(photos_of(vectors))
    hit = store.search(vectors[:1], Metric.COSINE, 50, folder="2/deep")[0]
    assert len(hit.contents) == 50
    assert {int.from_bytes(name, "big") % 4 for name in hit.contents} == {2}
    assert store.search(vectors[:1], Metric.COSINE, 50, folder="2/de")[0].contents == ()


def test_unit_vectors_are_found_by_either_distance(
    address: StoreAddress, spec: ModelSpec, vectors: NDArray[np.float32]
) -> None:
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    made = open_vector_store(address, replace(spec, unit_norm=True), create=True)
    assert made is not None
    made.add(photos_of(unit))
    hit = made.search(unit[:1], Metric.EUCLIDEAN, 10)[0]
    exact = pairwise_distance(unit, unit[0], Metric.EUCLIDEAN)
    np.testing.assert_allclose(hit.distances, np.sort(exact)[:10], atol=1e-3)
    made.close()


def test_the_collection_of_another_dimension_is_refused(
    store: VectorStore, address: StoreAddress, spec: ModelSpec
) -> None:
    with pytest.raises(VectorStoreError, match="vectors of 16 numbers by the model tiny, not of 8"):
        open_vector_store(address, replace(spec, embedding_size=8))


def test_a_collection_of_something_else_is_refused(
    address: StoreAddress, spec: ModelSpec, milvus_process: MilvusProcess
) -> None:
    from pymilvus import MilvusClient

    client = MilvusClient(uri=address.uri, token=address.token)
    client.create_collection(address.collection_of(spec), dimension=16)
    client.close()
    with pytest.raises(VectorStoreError, match="holds something else"):
        open_vector_store(address, spec, create=True)


def test_a_vector_that_does_not_fit_is_refused(store: VectorStore, vectors: NDArray[np.float32]) -> None:
    for wrong in (None, vectors[0][:3], np.full(DIMENSION, np.nan, dtype=np.float32)):
        with pytest.raises(VectorStoreError, match="16 finite numbers"):
            store.add([StoredPhoto(content(1), (ImageFile("a.jpg", 1, 2),), wrong)])

"""The user's own models: a small file beside the base, vectors without embedding, thrown away without trace."""

import json
import os
import struct
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.adapt import Adapted, LabelCount
from engine.adapted_file import load_projection, read_adapted, write_adapted
from engine.bootstrap import Interval
from engine.derived import derive
from engine.embedder import Embedded, open_embedder
from engine.errors import AdaptError, FolderError, ModelError
from engine.explain import Method, explain
from engine.indexer import index
from engine.kept_map import lay_out
from engine.metric import Metric
from engine.own_models import adapt_library, check_name, free_name, keep, throw_away
from engine.photo_map import Layout
from engine.projection import Projection
from engine.results import Progress
from engine.spec import ModelSpec, list_models, read_spec
from engine.store import Store
from tests.conftest import draw_photo


def made(base: ModelSpec, seed: int = 0, outputs: int = 10) -> Adapted:
    random = np.random.default_rng(seed)
    weight = random.normal(size=(outputs, base.embedding_size)).astype(np.float32)
    projection = Projection(weight, random.normal(size=outputs).astype(np.float32))
    gain = Interval(0.1, 0.05, 0.15, 20)
    return Adapted(projection, (LabelCount("a", 12), LabelCount("b", 12)), 24, 24, 0.6, 0.3, 0.4, gain)


def finished(job: Generator[Progress, None, object]) -> list[str]:
    return list(dict.fromkeys(progress.stage for progress in job))


@pytest.fixture
def base(tiny_model: Path) -> ModelSpec:
    return read_spec(tiny_model)


@pytest.fixture
def own(base: ModelSpec, data_dir: Path, photo_folder: Path) -> ModelSpec:
    """An adapted model of a library that its base has indexed."""
    with Store(data_dir) as store:
        finished(index(store, photo_folder, [open_embedder(base)]))
        return keep(store, store.library(photo_folder), base, made(base), "my-photos")


def test_an_adapted_model_is_listed_with_its_gain_and_reads_back(own: ModelSpec, base: ModelSpec) -> None:
    found = list_models([base.path.parent, own.path.parent])
    assert [spec.name for spec in found.models] == ["my-photos", "tiny"]
    assert not found.refused
    assert found.models[0] == own
    assert found.models[0].quality["mAP gain"] == "+0.100 (+0.050 to +0.150)"
    assert np.array_equal(load_projection(own).weight, made(base).projection.weight)
    assert os.name == "nt" or own.path.parent.stat().st_mode & 0o077 == 0


def test_its_vectors_follow_from_the_stored_ones_without_embedding(
    own: ModelSpec, base: ModelSpec, data_dir: Path, photo_folder: Path
) -> None:
    class Refuses:
        """A network that nobody may run."""

        spec, provider, notice = own, "cpu", None

        def embed(self, batch: NDArray[np.float32]) -> Embedded:
            raise AssertionError("a photo was embedded")

        def features(self, batch: NDArray[np.float32]) -> None:
            raise AssertionError("a photo was embedded")

    with Store(data_dir) as store:
        stages = finished(index(store, photo_folder, [Refuses()]))
        assert "deriving" in stages
        assert "embedding" not in stages
        library = store.library(photo_folder)
        gallery, before = library.gallery(own), library.gallery(base)
        assert list(gallery.paths) == list(before.paths)
        expected = made(base).projection.apply(before.matrix[before.rows])
        assert np.array_equal(gallery.matrix[gallery.rows], expected)
        assert "deriving" not in finished(index(store, photo_folder, [Refuses()]))


def test_deriving_can_be_stopped_and_goes_on_where_it_was(
    own: ModelSpec, data_dir: Path, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.derived.AT_ONCE", 10)
    with Store(data_dir) as store:
        library = store.library(photo_folder)
        with store.exclusive():
            stops = iter([False, False, True])
            reports = list(derive(store, library, [own], lambda: next(stops)))
            assert [(report.stage, report.done, report.total) for report in reports] == [
                ("deriving", 0, 24),
                ("deriving", 10, 24),
            ]
            assert len(library.gallery(own)) == 20
            assert [report.total for report in derive(store, library, [own])] == [4]
        assert len(library.gallery(own)) == 24


def test_what_follows_to_no_finite_number_is_not_stored(
    base: ModelSpec, data_dir: Path, photo_folder: Path, own: ModelSpec
) -> None:
    """A map whose numbers are finite, and what it makes of the photos is not."""
    found = made(base)
    huge = np.full_like(found.projection.weight, 3e38)
    with Store(data_dir) as store:
        library = store.library(photo_folder)
        endless = keep(store, library, base, replace(found, projection=Projection(huge, found.projection.bias)), "huge")
        with store.exclusive(), np.errstate(all="ignore"):
            for _ in derive(store, library, [endless, base]):
                pass
        assert len(library.gallery(endless)) < 24
        assert np.isfinite(library.gallery(endless).vectors(np.arange(len(library.gallery(endless))))).all()


def test_where_nothing_finite_follows_nothing_is_stored(
    base: ModelSpec, data_dir: Path, photo_folder: Path, own: ModelSpec
) -> None:
    """Nearly the largest number, and as many times each value of the vector more or less: one grows endless."""
    found = made(base)
    each = 3e38 * np.eye(base.embedding_size, dtype=np.float32)
    endless = Projection(np.concatenate([each, -each]), np.full(2 * base.embedding_size, 3e38, dtype=np.float32))
    with Store(data_dir) as store:
        library = store.library(photo_folder)
        vectors = library.gallery(base).vectors(np.arange(24))
        with np.errstate(all="ignore"):
            assert not np.isfinite(endless.apply(vectors)).all(axis=1).any()
        spec = keep(store, library, base, replace(found, projection=endless), "endless")
        with store.exclusive(), np.errstate(all="ignore"):
            assert [report.stage for report in derive(store, library, [spec])] == ["deriving"]
        assert len(library.gallery(spec)) == 0


def test_a_base_that_has_seen_no_photo_teaches_nothing(base: ModelSpec, data_dir: Path, photo_folder: Path) -> None:
    with Store(data_dir) as store, pytest.raises(FolderError, match="tiny has seen no photo in it yet"):
        finished(adapt_library(store.library(photo_folder), base, []))


def test_numbers_that_do_not_fit_together_make_no_map() -> None:
    for weight, bias in ((np.ones((3, 2)), np.ones(2)), (np.ones(3), np.ones(3))):
        with pytest.raises(ValueError, match="do not fit together"):
            Projection(weight.astype(np.float32), bias.astype(np.float32))


def test_a_new_photo_gets_the_vector_that_its_copy_would_have_derived(
    own: ModelSpec, base: ModelSpec, data_dir: Path, photo_folder: Path
) -> None:
    with Store(data_dir) as store:
        finished(index(store, photo_folder, [open_embedder(own)]))
        draw_photo("red", 777).save(photo_folder / "red" / "new.png")
        finished(index(store, photo_folder, [open_embedder(own)]))
        finished(index(store, photo_folder, [open_embedder(base)]))
        library = store.library(photo_folder)
        gallery, before = library.gallery(own), library.gallery(base)
        position = before.index_of("red/new.png")
        assert position is not None
        assert gallery.index_of("red/new.png") == position
        derived = made(base).projection.apply(before.vector(position)[None])[0]
        assert gallery.vector(position) == pytest.approx(derived, abs=1e-5)


def test_an_exact_explanation_stays_exact(build_model: Callable[..., Path], tmp_path: Path) -> None:
    base = read_spec(build_model("pooled", pooled=True, labels=None))
    spec = replace(base, name="mine", embedding_size=10, path=tmp_path / "mine.safetensors", base=base)
    write_adapted(spec, made(base).projection, spec.path)
    embedder = open_embedder(read_adapted(spec.path, [base]))
    first, second = (np.asarray(draw_photo("blue", seed)) for seed in (1, 2))
    found = explain(embedder, first, second)
    assert found.method is Method.EXACT
    assert found.first_map.sum() == pytest.approx(found.similarity, abs=1e-5)
    from engine.embedder import embed_image

    a, b = (embed_image(embedder, picture).vectors[0] for picture in (first, second))
    assert found.similarity == pytest.approx(float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)), abs=1e-4)


def test_thrown_away_it_leaves_nothing(own: ModelSpec, base: ModelSpec, data_dir: Path, photo_folder: Path) -> None:
    with Store(data_dir) as store:
        before = sorted((data_dir / "vectors").iterdir())
        finished(index(store, photo_folder, [open_embedder(own)]))
        assert len(list((data_dir / "vectors").iterdir())) == len(before) + 1
        for model in (base, own):
            for _ in lay_out(store.library(photo_folder), model, Metric.COSINE, Layout.PCA):
                pass
        throw_away(store, own)
        assert sorted((data_dir / "vectors").iterdir()) == before
        assert len(list((data_dir / "snapshots").glob("map-*"))) == 1
        assert not own.path.exists()
        assert len(store.library(photo_folder).gallery(base)) == 24
        with pytest.raises(AdaptError, match="not one of your own"):
            throw_away(store, base)
        assert base.path.exists()


def test_made_anew_under_its_name_it_takes_the_place_of_the_old_one(
    own: ModelSpec, base: ModelSpec, data_dir: Path, photo_folder: Path
) -> None:
    with Store(data_dir) as store:
        finished(index(store, photo_folder, [open_embedder(own)]))
        count = len(list((data_dir / "vectors").iterdir()))
        library = store.library(photo_folder)
        newer = keep(store, library, base, made(base, seed=5), "my-photos")
        assert newer.sha256 != own.sha256
        assert len(list((data_dir / "vectors").iterdir())) == count - 1
        finished(index(store, photo_folder, [open_embedder(newer)]))
        gallery, before = library.gallery(newer), library.gallery(base)
        assert np.array_equal(
            gallery.matrix[gallery.rows], made(base, seed=5).projection.apply(before.matrix[before.rows])
        )


def test_names(base: ModelSpec, own: ModelSpec, data_dir: Path) -> None:
    assert free_name(Path("/x/Summer 2024 – sea"), []) == "my-Summer-2024-sea"
    assert free_name(Path("/x/日本"), ["my-photos"]) == "my-photos-2"
    assert check_name("my-photos", [base, own], data_dir) == own
    assert check_name("other", [base, own], data_dir) is None
    for name in ("tiny", "", "../up", "a/b", "x" * 101):
        with pytest.raises(AdaptError):
            check_name(name, [base, own], data_dir)


def changed(path: Path, change: Callable[[dict[str, object]], None], numbers: bytes | None = None) -> None:
    """Write the file again with another header."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + (data[8 + length :] if numbers is None else numbers))


def test_a_strange_file_is_refused_with_what_is_wrong(own: ModelSpec, base: ModelSpec) -> None:
    whole = own.path.read_bytes()

    def refused(reason: str) -> None:
        found = list_models([base.path.parent, own.path.parent])
        assert [spec.name for spec in found.models] == ["tiny"]
        assert len(found.refused) == 1
        assert reason in str(found.refused[0])
        own.path.write_bytes(whole)

    for data in (
        b"",
        b"short",
        struct.pack("<Q", 1 << 60),
        struct.pack("<Q", 4) + b"nope",
        struct.pack("<Q", 2) + b"[]",
    ):
        own.path.write_bytes(data)
        refused("not a safetensors file")
    own.path.write_bytes(whole[:-4])
    refused("longer or shorter")
    own.path.write_bytes(whole + b"more")
    refused("longer or shorter")
    changed(own.path, lambda header: header.pop("__metadata__"))
    refused("no description")
    changed(own.path, lambda header: header["__metadata__"].pop("base"))  # type: ignore[attr-defined]
    refused("which model it adapts")
    changed(own.path, lambda header: header.update(weight={"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}))
    refused("its weight is not float32 [10, 16]")
    changed(own.path, lambda header: header["weight"].update(dtype="F16"))  # type: ignore[attr-defined]
    refused("its weight is not")
    other = json.dumps({"name": "tiny", "sha256": "0" * 64})
    changed(own.path, lambda header: header["__metadata__"].update(base=other))  # type: ignore[attr-defined]
    refused("another version of tiny")
    gone = json.dumps({"name": "gone", "sha256": "0" * 64})
    changed(own.path, lambda header: header["__metadata__"].update(base=gone))  # type: ignore[attr-defined]
    refused("is not there")
    described = json.loads(described_in(whole))
    described["input"]["crop"] = "center"
    changed(own.path, lambda header: header["__metadata__"].update(semblance=json.dumps(described)))  # type: ignore[attr-defined]
    refused("does not fit its base model tiny")


def described_in(data: bytes) -> str:
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    text: str = header["__metadata__"]["semblance"]
    return text


def test_what_cannot_be_read_or_is_too_large_is_refused(
    own: ModelSpec, base: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.adapted_file.MAX_NUMBERS", 10 * 16 - 1)
    with pytest.raises(ModelError, match="too large"):
        read_adapted(own.path, [base])
    own.path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_projection(own)
    with pytest.raises(ModelError, match="cannot be read"):
        read_adapted(own.path, [base])


def test_numbers_that_are_none_are_refused_when_it_is_opened(own: ModelSpec, base: ModelSpec) -> None:
    data = bytearray(own.path.read_bytes())
    data[-4:] = struct.pack("<f", float("nan"))
    own.path.write_bytes(data)
    with pytest.raises(ModelError, match="not finite"):
        open_embedder(read_adapted(own.path, [base]))
    with pytest.raises(ModelError, match="changed"):
        open_embedder(own)  # as it was listed before

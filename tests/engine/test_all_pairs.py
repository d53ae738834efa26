"""Every photo against all others: the very rankings of a search for each, though each pair is multiplied once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import all_pairs, scan
from engine.all_pairs import AllPairs, fits
from engine.export import Format, export
from engine.export_folder import PARTIAL
from engine.gallery import Gallery
from engine.metric import Metric
from engine.search import Columns, nearest_columns
from tests.engine.test_export import World, files_in, world

__all__ = ["world"]

PHOTOS, SIZE, COUNT, NUMBERS = 1500, 256, 20, 24
Vectors = NDArray[np.float32]


def scattered(rng: np.random.Generator) -> Vectors:
    return rng.standard_normal((PHOTOS, NUMBERS), dtype=np.float32)


def by_folder(rng: np.random.Generator) -> Vectors:
    """Kinds that stand side by side in the order of paths, some of them all copies of one photo."""
    kinds = np.arange(PHOTOS) // 40
    noise = rng.standard_normal((PHOTOS, NUMBERS)) * np.where(kinds % 3, 0.3, 0)[:, None]
    return (rng.standard_normal((kinds.max() + 1, NUMBERS))[kinds] + noise).astype(np.float32)


def misleading(rng: np.random.Generator) -> Vectors:
    """The photos that the floors are guessed from lie close together, and one of ten others beside them."""
    vectors = rng.standard_normal((PHOTOS, NUMBERS), dtype=np.float32) * 0.1
    vectors[:, 1] += 3
    sample = np.linspace(0, PHOTOS - 1, all_pairs.SAMPLE).astype(np.int64)
    near = np.union1d(sample, np.arange(1, PHOTOS, 10))
    vectors[near, :2] = 3, 0
    return vectors


def one_photo(rng: np.random.Generator) -> Vectors:
    return np.tile(rng.standard_normal(NUMBERS, dtype=np.float32), (PHOTOS, 1))


def long_and_short(rng: np.random.Generator) -> Vectors:
    return scattered(rng) * (10.0 ** rng.uniform(-6, 6, (PHOTOS, 1))).astype(np.float32)


def gallery_of(vectors: Vectors) -> Gallery:
    return Gallery.from_arrays([f"{number:05d}.jpg" for number in range(len(vectors))], vectors, "tiny")


def same(left: Columns, right: Columns) -> bool:
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in ("lengths", "order", "distances"))


def searched(gallery: Gallery, metric: Metric, block: int) -> Columns:
    own = np.arange(block * SIZE, min((block + 1) * SIZE, len(gallery)))
    return nearest_columns(gallery, gallery.vectors(own), metric, COUNT, own)


@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize("made", [scattered, by_folder, misleading, one_photo, long_and_short])
def test_the_rankings_are_those_of_a_search_to_the_bit(
    made: Callable[[np.random.Generator], Vectors], metric: Metric
) -> None:
    gallery = gallery_of(made(np.random.default_rng(1)))
    assert fits(gallery, COUNT)
    pairs = AllPairs(gallery, metric, COUNT, SIZE, set(range(6)))
    done = []
    for pair in pairs.pairs():
        for block in pairs.multiply(pair):
            done.append(block)
            assert same(pairs.ranked(block), searched(gallery, metric, block)), block
    assert done == list(range(6))


def test_a_guess_that_was_too_high_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    gallery, again = gallery_of(scattered(np.random.default_rng(1))), 0
    search = scan.candidates

    def counted(*words: object) -> list[NDArray[np.int64]]:
        nonlocal again
        again += len(words[1])  # type: ignore[arg-type]
        return search(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(scan, "candidates", counted)
    monkeypatch.setattr(all_pairs, "DEVIATIONS", 0.0)
    pairs = AllPairs(gallery, Metric.COSINE, COUNT, SIZE, {2})
    for pair in pairs.pairs():
        found = [pairs.ranked(block) for block in pairs.multiply(pair)]
    assert 0 < again < SIZE
    assert same(found[0], searched(gallery, Metric.COSINE, 2))


def test_only_the_blocks_that_are_wanted_are_multiplied() -> None:
    gallery = gallery_of(scattered(np.random.default_rng(1)))
    pairs = AllPairs(gallery, Metric.COSINE, COUNT, SIZE, {1, 4})
    wanted = list(pairs.pairs())
    assert len(wanted) == 11
    assert all(1 in pair or 4 in pair for pair in wanted)
    done = {block: pairs.ranked(block) for pair in wanted for block in pairs.multiply(pair)}
    assert list(done) == [1, 4]
    assert all(same(found, searched(gallery, Metric.COSINE, block)) for block, found in done.items())


def test_what_does_not_fit_is_left_to_the_search() -> None:
    vectors = scattered(np.random.default_rng(1))
    assert fits(gallery_of(vectors), COUNT)
    assert not fits(gallery_of(vectors), PHOTOS // 10)
    assert not fits(gallery_of(vectors[:1000]), COUNT)
    for odd in (0.0, 1e-20, 1e20, np.nan):
        changed = vectors.copy()
        changed[7] = odd
        assert not fits(gallery_of(changed), COUNT), odd


@pytest.mark.parametrize("stop", [1, 4, 8])
def test_an_export_that_was_cancelled_goes_on_with_the_blocks_that_are_missing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    monkeypatch.setattr("engine.export.block_size", lambda _results, _photos: 2)
    choices = {"models": world.specs, "formats": (Format.CSV, Format.JSON)}
    world.run(out=tmp_path / "plain", **choices)
    monkeypatch.setattr(all_pairs, "SMALL", 1)
    monkeypatch.setattr(all_pairs, "LARGE_SHARE", 1.0)
    made: list[int] = []

    class Counted(AllPairs):
        def ranked(self, block: int) -> Columns:
            made.append(block)
            return super().ranked(block)

    monkeypatch.setattr("engine.export.AllPairs", Counted)
    job = export(world.store, world.request(**choices))
    seen = [next(job) for _ in range(stop)]
    job.close()
    assert {progress.stage for progress in seen} == {"ranking"}
    assert all(name.startswith(PARTIAL) for name in files_in(world.out))
    world.run(resume=True, **choices)
    photos = len(world.store.library(world.root).gallery(world.specs[0]))
    assert sorted(made) == sorted([*range(-(-photos // 2))] * len(world.specs)), "no block is made twice"
    for name in ("results.csv", "results.json"):
        assert (world.out / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()

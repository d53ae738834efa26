"""What a change of the query does to its ranking, on networks whose answers are known by hand."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.embedder import Embedded, open_embedder
from engine.gallery import Gallery
from engine.metric import Metric
from engine.query import Region, crop, embed_file, load_part
from engine.robustness import NAMES, Robustness, Variation, measure_robustness, within
from engine.spec import ModelSpec, read_spec
from tests.tiny_models import SIDE, description


class Halves:
    """A network of known answers: the mean brightness of the left and of the right half of the picture, in [0, 1]."""

    provider, notice = "cpu", None

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    def embed(self, batch: NDArray[np.float32]) -> Embedded:
        middle = batch.shape[3] // 2
        halves = [half.mean(axis=(1, 2, 3)) for half in (batch[..., :middle], batch[..., middle:])]
        return Embedded(np.stack(halves, axis=1).astype(np.float32), None)

    def features(self, batch: NDArray[np.float32]) -> None:
        return None


@pytest.fixture
def halves(build_model: Any) -> Halves:
    plain = description("halves", embedding_size=2, labels=None, metric="euclidean")
    plain["input"] |= {"mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    return Halves(read_spec(build_model("halves", embedding_size=2, labels=None, described=plain)))


def gallery(**vectors: tuple[float, float]) -> Gallery:
    return Gallery.from_arrays(vectors, np.array(list(vectors.values()), dtype=np.float32), "halves")


def finished(job: Generator[Any, None, Robustness]) -> Robustness:
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def measured(embedder: Any, photos: Gallery, rgb: NDArray[np.uint8], k: int, own: str | None = None) -> Robustness:
    def picture(region: Region | None) -> NDArray[np.uint8]:
        return rgb if region is None else crop(rgb, region)

    return finished(measure_robustness(embedder, photos, picture, Metric.EUCLIDEAN, k, own))


def named(found: Robustness, name: str) -> Variation:
    return next(one for one in found.variations if one.name == name)


def half_white() -> NDArray[np.uint8]:
    """Bright on the left (200), black on the right, of the very size that the network sees: (200/255, 0)."""
    rgb = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    rgb[:, : SIDE // 2] = 200
    return rgb


def test_a_mirrored_query_swaps_the_halves_and_with_them_the_ranking(halves: Halves) -> None:
    bright = 200 / 255
    photos = gallery(a=(0.8, 0.0), b=(0.7, 0.1), c=(0.1, 0.7), d=(0.0, 0.8))
    found = measured(halves, photos, half_white(), k=2)
    mirror = named(found, "mirror")
    # (x, 0) against (0, x): the diagonal of a square of side x.
    assert mirror.distance == pytest.approx(bright * np.sqrt(2), abs=1e-6)
    # Before a, b, c, d; after d, c, b, a: a and b stand at 4 and 3, having moved by 3 and 1.
    assert mirror.ranks == (4, 3)
    assert mirror.overlap == 0.0
    assert mirror.rank_change == 2.0
    assert mirror.own_rank is None
    assert "mirror" in found.seen(clearly=True)
    assert "mirror" not in found.hardly_seen()


def test_light_scales_what_brightness_is_made_of(halves: Halves) -> None:
    found = measured(
        halves, gallery(a=(0.8, 0.0), b=(0.4, 0.0), c=(0.1, 0.1), d=(0, 3), e=(0, 4), f=(0, 5)), half_white(), k=3
    )
    assert named(found, "darker").distance == pytest.approx(100 / 255, abs=1e-6)
    # 1.5 times 200 is 300, and white ends at 255.
    assert named(found, "brighter").distance == pytest.approx(55 / 255, abs=1e-6)
    # Before a, b, c; darker (0.39, 0): b, c (0.31), a (0.41).
    assert named(found, "darker").ranks == (3, 1, 2)
    assert named(found, "darker").rank_change == pytest.approx(4 / 3)
    # They are the same three: the others are far.
    assert named(found, "darker").overlap == 1.0


def test_a_picture_that_its_changes_leave_as_it_is_keeps_its_ranking(halves: Halves) -> None:
    grey = np.full((48, 64, 3), 128, dtype=np.uint8)
    found = measured(halves, gallery(a=(0.5, 0.5), b=(0.9, 0.5), c=(0.0, 0.2), d=(3, 3)), grey, k=2)
    for name in ("mirror", "quarter-turn", "grey", "crop-slight", "crop-half", "tilt", "jpeg"):
        one = named(found, name)
        assert one.distance == pytest.approx(0.0, abs=2e-3), name
        assert (one.ranks, one.overlap, one.rank_change) == ((1, 2), 1.0, 0.0), name
        assert name in found.hardly_seen()


def test_a_tilt_leaves_no_empty_corner_and_keeps_the_proportions(halves: Halves) -> None:
    for width, height in ((300, 200), (200, 300), (160, 160)):
        white = np.full((height, width, 3), 255, dtype=np.uint8)
        shown = named(measured(halves, gallery(a=(0.0, 0.0), b=(1.0, 0.0)), white, k=1), "tilt").shown
        assert shown.min() > 250
        assert shown.shape[1] / shown.shape[0] == pytest.approx(width / height, rel=0.03)


def test_grey_takes_the_colour_away(halves: Halves) -> None:
    red = np.zeros((40, 40, 3), dtype=np.uint8)
    red[..., 0] = 255
    shown = named(measured(halves, gallery(a=(0.0, 0.0), b=(1.0, 0.0)), red, k=1), "grey").shown
    # ITU-R 601: 0.299 of red.
    assert np.unique(shown).tolist() == [76]


def test_the_query_itself_is_in_no_ranking_but_told_where_it_stands(halves: Halves) -> None:
    photos = gallery(own=(200 / 255, 0.0), near=(0.7, 0.0), far=(0.0, 0.75))
    found = measured(halves, photos, half_white(), k=5, own="own")
    assert all(one.ranks in ((1,), (2,)) for one in found.variations)
    # Mirrored it is (0, 0.78): `far` is at 0.03, the photo itself at 1.11, `near` at 1.05.
    assert named(found, "mirror").own_rank == 3
    assert named(found, "jpeg").own_rank == 1


def test_no_more_than_half_of_the_other_photos_are_compared(halves: Halves) -> None:
    """Of the first four of four all would stay, and a model would seem blind to everything."""
    photos = gallery(own=(200 / 255, 0.0), a=(0.8, 0.0), b=(0.7, 0.1), c=(0.1, 0.7), d=(0.0, 0.8))
    found = measured(halves, photos, half_white(), k=20, own="own")
    assert found.k == 2
    assert "mirror" in found.seen(clearly=True)


def test_the_typical_distance_is_that_of_two_photos(halves: Halves) -> None:
    assert measured(halves, gallery(a=(0.0, 0.0), b=(0.3, 0.4)), half_white(), k=1).typical == pytest.approx(0.5)


def test_there_must_be_a_ranking_that_can_change(halves: Halves) -> None:
    """One other photo is first whatever is done to the query: a model would seem blind to everything."""
    with pytest.raises(ValueError, match="no ranking"):
        measured(halves, gallery(own=(0.0, 0.0), a=(0.0, 1.0)), half_white(), k=1, own="own")
    with pytest.raises(ValueError, match="no ranking"):
        measured(halves, gallery(a=(0.0, 0.0)), half_white(), k=1)
    with pytest.raises(ValueError, match="no ranking"):
        measured(halves, gallery(a=(0.0, 0.0), b=(0.0, 1.0)), half_white(), k=0)
    assert measured(halves, gallery(a=(0.8, 0.0), b=(0.0, 0.8)), half_white(), k=1).seen(clearly=True) == ("mirror",)


def test_changes_are_embedded_as_any_query(tiny_model: Path, photo_folder: Path, tmp_path: Path) -> None:
    """On a network that really runs: a mirrored file, and a query by a part of the picture, have the same vectors."""
    embedder = open_embedder(read_spec(tiny_model), "cpu")
    file, metric = photo_folder / "red" / "5.png", Metric.EUCLIDEAN
    original = embed_file(embedder, file).vector
    photos = Gallery.from_arrays(["a", "b"], np.stack([original, original + 1]), "tiny")

    def picture(region: Region | None) -> NDArray[np.uint8]:
        return load_part(embedder.spec, file, region)[1]

    found = finished(measure_robustness(embedder, photos, picture, metric, 1))
    with Image.open(file) as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "mirrored.png")
    mirrored = embed_file(embedder, tmp_path / "mirrored.png").vector
    cropped = embed_file(embedder, file, (0.25, 0.25, 0.75, 0.75)).vector
    assert named(found, "mirror").distance == pytest.approx(np.linalg.norm(mirrored - original), rel=1e-5)
    assert named(found, "crop-half").distance == pytest.approx(np.linalg.norm(cropped - original), rel=1e-5)


def test_every_variation_is_told_in_order_with_progress(halves: Halves) -> None:
    def picture(region: Region | None) -> NDArray[np.uint8]:
        return half_white()

    job = measure_robustness(halves, gallery(a=(0.0, 0.0), b=(1.0, 0.0)), picture, Metric.COSINE, 1)
    reports = []
    while True:
        try:
            reports.append(next(job))
        except StopIteration as end:
            found = end.value
            break
    assert [one.name for one in found.variations] == list(NAMES)
    assert [report.done for report in reports] == list(range(len(NAMES) + 1))


def test_a_part_of_a_part_is_a_part_of_the_whole() -> None:
    assert within((0.25, 0.25, 0.75, 0.75), None) == (0.25, 0.25, 0.75, 0.75)
    assert within((0.5, 0.0, 1.0, 0.5), (0.5, 0.5, 1.0, 1.0)) == (0.75, 0.5, 1.0, 0.75)

"""Queries made of files, pixels, parts of pictures, and several vectors together."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.embedder import Embedded, open_embedder
from engine.errors import DecodeError, ModelError
from engine.query import MAX_SIDE, combine, crop, embed_file, embed_rgb, load_part
from engine.spec import read_spec
from tests.conftest import draw_photo


def test_a_part_of_a_file_is_embedded_as_that_part_alone(tiny_model: Path, tmp_path: Path) -> None:
    """The lower right quarter of a picture has the vector of a picture that is only that quarter."""
    embedder = open_embedder(read_spec(tiny_model), threads=1)
    whole = np.asarray(draw_photo("green", 5, (400, 300)))
    Image.fromarray(whole).save(tmp_path / "whole.png")
    part = embed_file(embedder, tmp_path / "whole.png", (0.5, 0.5, 1.0, 1.0))
    alone = embed_rgb(embedder, whole[150:, 200:], "pasted")
    assert part.vector == pytest.approx(alone.vector, abs=1e-6)
    assert (part.path, part.name, part.width, part.height) == (tmp_path / "whole.png", "whole.png", 400, 300)
    assert (alone.path, alone.name, alone.width, alone.height) == (None, "pasted", 200, 150)
    pasted = embed_rgb(embedder, whole, "pasted", (0.5, 0.5, 1.0, 1.0))
    assert pasted.vector == pytest.approx(alone.vector, abs=1e-6)
    assert part.logits is not None
    assert part.logits.shape == (4,)


def test_a_small_part_of_a_large_photo_is_decoded_finely_enough(tiny_model: Path, tmp_path: Path) -> None:
    """At the size that the whole picture is decoded at, a twentieth of it would be a blur of some pixels."""
    draw_photo("red", 1, (2400, 1600)).save(tmp_path / "large.jpg", quality=90)
    spec = read_spec(tiny_model)
    whole = load_part(spec, tmp_path / "large.jpg")[1]
    small = load_part(spec, tmp_path / "large.jpg", (0.4, 0.4, 0.5, 0.5))[1]
    assert min(whole.shape[:2]) < 1600
    assert min(small.shape[:2]) == 160


def test_a_tiny_part_does_not_ask_for_a_gigantic_picture(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def load(path: Path, side: int) -> object:
        asked.append(side)
        raise DecodeError(path, "not now")

    monkeypatch.setattr("engine.query.load", load)
    with pytest.raises(DecodeError):
        load_part(read_spec(tiny_model), tmp_path / "x.jpg", (0.0, 0.0, 1e-6, 1e-6))
    assert asked == [MAX_SIDE]


@pytest.mark.parametrize(
    ("region", "rows", "columns"),
    [
        ((0.0, 0.0, 1.0, 1.0), (0, 10), (0, 30)),
        ((0.1, 0.5, 0.2, 0.6), (5, 6), (3, 6)),
        ((0.999, 0.999, 1.0, 1.0), (9, 10), (29, 30)),  # one pixel at least
        ((0.05, 0.05, 0.15, 0.15), (0, 2), (1, 5)),  # every pixel that it touches
    ],
)
def test_a_crop_takes_every_pixel_that_it_touches(
    region: tuple[float, float, float, float], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    rgb = np.arange(10 * 30 * 3, dtype=np.uint16).astype(np.uint8).reshape(10, 30, 3)
    assert np.array_equal(crop(rgb, region), rgb[slice(*rows), slice(*columns)])


@pytest.mark.parametrize("region", [(0.5, 0, 0.5, 1), (0, 0, 1.1, 1), (-0.1, 0, 1, 1), (0, 0.9, 1, 0.1)])
def test_what_is_no_part_of_a_picture_is_refused(region: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="left < right"):
        crop(np.zeros((4, 4, 3), np.uint8), region)


def test_a_network_that_gives_no_numbers_for_a_picture_is_named(tiny_model: Path) -> None:
    spec = read_spec(tiny_model)

    class Endless:
        provider, notice = "cpu", None

        def __init__(self) -> None:
            self.spec = spec

        def embed(self, batch: np.ndarray) -> Embedded:
            return Embedded(np.full((len(batch), spec.embedding_size), np.inf, np.float32), None)

        def features(self, batch: np.ndarray) -> None:
            return None

    with pytest.raises(ModelError, match="not finite"):
        embed_rgb(Endless(), np.zeros((8, 8, 3), np.uint8), "black")


def test_several_pictures_are_one_query_among_them() -> None:
    """By hand: (3, 0) and (0, 4) become (1, 0) and (0, 1); their mean (½, ½) is scaled by the mean length 3.5."""
    a, b = np.array([3.0, 0.0], np.float32), np.array([0.0, 4.0], np.float32)
    assert combine([a, b], [1, 1]) == pytest.approx([1.75, 1.75])
    assert combine([a, b], [1, -1]) == pytest.approx([1.75, -1.75])
    assert combine([a], [1]) == pytest.approx(a)
    # A vector without a direction adds none, and halves the others' share and the length.
    assert combine([a, np.zeros(2, np.float32)], [1, 1]) == pytest.approx([0.75, 0.0])


@pytest.mark.parametrize(
    ("vectors", "signs", "words"),
    [
        ([], [], "at least one vector"),
        ([[1.0, 0.0]], [], "one sign"),
        ([[1.0, 0.0]], [2], "one sign"),
        ([[1.0, 0.0], [1.0]], [1, 1], "differ in length"),
        ([[1.0, np.nan]], [1], "not finite"),
    ],
)
def test_what_makes_no_query_is_a_mistake_of_the_caller(
    vectors: list[list[float]], signs: list[int], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        combine([np.array(vector, np.float32) for vector in vectors], signs)

"""The inference transform against the same steps done the long way, and against numbers worked out by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.decode import load_bytes
from engine.preprocess import decode_side, preprocess
from engine.spec import ModelSpec, read_spec
from tests.conftest import draw_photo
from tests.engine.test_decode import encode


@pytest.fixture
def spec(tiny_model: Path) -> ModelSpec:
    return replace(
        read_spec(tiny_model),
        height=48,
        width=40,
        resize=56,
        crop="center",
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
    )


def long_way(rgb: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """Resize everything, cut the middle out, normalise: torchvision's Resize, CenterCrop and Normalize."""
    resample = Image.Resampling[spec.interpolation.upper()]
    image = Image.fromarray(rgb)
    if spec.crop == "center":
        short, long = sorted(image.size)
        scaled = int(spec.resize * long / short)
        wide = image.width > image.height
        image = image.resize((scaled, spec.resize) if wide else (spec.resize, scaled), resample)
        left, top = round((image.width - spec.width) / 2), round((image.height - spec.height) / 2)
        image = image.crop((left, top, left + spec.width, top + spec.height))
    else:
        image = image.resize((spec.width, spec.height), resample)
    values = np.asarray(image).astype(np.float64) / 255
    return ((values - spec.mean) / spec.std).transpose(2, 0, 1)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("crop", ["center", "squash"])
@pytest.mark.parametrize("size", [(96, 72), (72, 96), (56, 56), (300, 57), (20, 31), (5, 300)])
def test_it_equals_the_long_way(spec: ModelSpec, interpolation: str, crop: str, size: tuple[int, int]) -> None:
    spec = replace(spec, interpolation=interpolation, crop=crop)
    rgb = np.asarray(draw_photo("red", 4, size))
    found = preprocess(rgb, spec)
    assert found.shape == (3, 48, 40)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    # Where Pillow's 8-bit rounding is a tie, the box's last bits may make it fall the other way: one grey level.
    levels = np.abs(found - long_way(rgb, spec)) * 0.224 * 255
    assert levels.max() <= 1.05
    assert levels.mean() < 0.25


def test_the_numbers_of_a_plain_colour(spec: ModelSpec) -> None:
    rgb = np.full((60, 70, 3), (255, 0, 51), np.uint8)
    found = preprocess(rgb, spec)
    for channel, value in enumerate(((1 - 0.485) / 0.229, -0.456 / 0.224, (0.2 - 0.406) / 0.225)):
        assert np.allclose(found[channel], value, atol=1e-6)


def test_the_crop_takes_the_middle(spec: ModelSpec) -> None:
    """Of a picture twice as wide as high, the outer quarters are cut away."""
    rgb = np.zeros((56, 112, 3), np.uint8)
    rgb[:, 36:76] = 255  # exactly the 40 columns that the crop keeps
    assert preprocess(rgb, spec).min() > 2
    rgb = 255 - rgb
    assert preprocess(rgb, spec).max() < -1.7


@pytest.mark.parametrize("size", [(1, 1), (1, 40_000), (40_000, 1), (2, 9_999)])
@pytest.mark.parametrize("crop", ["center", "squash"])
def test_slivers_take_no_memory(spec: ModelSpec, size: tuple[int, int], crop: str) -> None:
    rgb = np.full((size[1], size[0], 3), 51, np.uint8)
    assert np.allclose(preprocess(rgb, replace(spec, crop=crop))[2], (0.2 - 0.406) / 0.225, atol=1e-6)


def test_views_and_read_only_arrays_are_fine(spec: ModelSpec) -> None:
    rgb = np.asarray(draw_photo("blue", 1, (96, 72)))
    view = rgb[10:60, ::-1]
    assert not rgb.flags.writeable
    assert np.array_equal(preprocess(view, spec), preprocess(np.ascontiguousarray(view), spec))


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(spec: ModelSpec, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        preprocess(bad, spec)


def test_the_side_to_decode_with(spec: ModelSpec) -> None:
    assert decode_side(spec) == 70
    assert decode_side(replace(spec, crop="squash")) == 60


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("crop", ["center", "squash"])
def test_a_reduced_decode_hardly_changes_the_input(spec: ModelSpec, kind: str, crop: str) -> None:
    spec = replace(spec, crop=crop)
    for seed in range(5):
        data = encode(draw_photo("yellow", seed, (640, 480)), kind)
        full = preprocess(load_bytes(data, "x", 100_000).rgb, spec)
        reduced = load_bytes(data, "x", decode_side(spec)).rgb
        assert reduced.shape[0] < 480
        levels = np.abs(preprocess(reduced, spec) - full) * 0.225 * 255
        assert levels.mean() < 3, levels.mean()

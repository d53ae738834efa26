"""Small labelled folders, drawn so that the labels can be told apart."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

COLOURS = {"blue": (30, 60, 220), "green": (40, 200, 60), "red": (220, 40, 40)}


def draw(folder: Path, count: int, seed: int) -> None:
    """`count` pictures of 40 × 32 pixels for each label, told apart by their colour."""
    random = np.random.default_rng(seed)
    for label, colour in COLOURS.items():
        (folder / label).mkdir(parents=True)
        for number in range(count):
            # Coarse noise: every picture has a perceptual hash of its own.
            noise = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8)).resize(
                (40, 32), Image.Resampling.BICUBIC
            )
            pixels = 0.5 * np.asarray(noise, np.float32) + 0.5 * np.array(colour, np.float32)
            Image.fromarray(pixels.astype(np.uint8)).save(folder / label / f"{number}.png")


@pytest.fixture
def labelled_data(tmp_path: Path) -> Path:
    """{train,gallery,query}/<label>/* with three labels."""
    data = tmp_path / "data"
    for seed, (split, count) in enumerate({"train": 12, "gallery": 5, "query": 2}.items()):
        draw(data / split, count, seed)
    return data


@pytest.fixture(autouse=True)
def one_thread() -> Callable[[], int]:
    """Small tensors gain nothing from threads, and other tests lose by them."""
    torch.set_num_threads(1)
    return torch.get_num_threads

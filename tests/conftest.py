"""What the tests share: a drawn photo library, tiny networks that really run, and folders to keep things in."""

import os

# Before anything imports Qt: the tests need no display.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.store import Store
from engine.vector_store import StoreAddress, read_token
from tests.milvus_server import milvus_process as milvus_process
from tests.tiny_models import build_tiny_model

CLASSES = {
    "blue": ((30, 60, 200), "ellipse"),
    "green": ((30, 170, 60), "rectangle"),
    "red": ((200, 40, 40), "triangle"),
    "yellow": ((230, 210, 40), "stripes"),
}
PER_CLASS = 6


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """A library of 24 small pictures: four sub-folders named after a colour, six of a kind in each, no two alike.

    `blue/0.jpg` … `blue/4.jpg`, `blue/5.png`, then green, red and yellow.
    """
    root = tmp_path / "photos"
    for seed, label in enumerate(CLASSES):
        (root / label).mkdir(parents=True)
        for number in range(PER_CLASS):
            name = f"{number}.png" if number == PER_CLASS - 1 else f"{number}.jpg"
            draw_photo(label, seed * 100 + number).save(root / label / name, quality=92)
    return root


def draw_photo(label: str, seed: int, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """One picture of a class: its shape in its colour, moved and tinted by `seed`, on a noisy grey ground."""
    random = np.random.default_rng(seed)
    colour, shape = CLASSES[label]
    width, height = size
    ground = random.integers(110, 150, (height, width, 3)).astype(np.uint8)
    image = Image.fromarray(ground)
    draw = ImageDraw.Draw(image)
    fill = tuple(int(np.clip(value + random.integers(-25, 26), 0, 255)) for value in colour)
    left, top = int(random.integers(0, width // 4)), int(random.integers(0, height // 4))
    right, bottom = width - 1 - int(random.integers(0, width // 4)), height - 1 - int(random.integers(0, height // 4))
    if shape == "ellipse":
        draw.ellipse((left, top, right, bottom), fill=fill)
    elif shape == "rectangle":
        draw.rectangle((left, top, right, bottom), fill=fill)
    elif shape == "triangle":
        draw.polygon([(left, bottom), ((left + right) // 2, top), (right, bottom)], fill=fill)
    else:
        for x in range(left, right, 12):
            draw.rectangle((x, top, x + 8, bottom), fill=fill)
    return image


@pytest.fixture(scope="session")
def _built_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built-models")
    build_tiny_model(folder / "tiny.onnx", "tiny")
    build_tiny_model(folder / "tiny-two.onnx", "tiny-two", seed=7, embedding_size=8, labels=None, metric="euclidean")
    build_tiny_model(folder / "vit-tiny-imagenet.onnx", "vit-tiny-imagenet")
    return folder


@pytest.fixture
def tiny_model(_built_models: Path, tmp_path: Path) -> Path:
    """The file of the model `tiny`: 3 × 32 × 32 in, 16 values, 4 labels, cosine."""
    return _copy(_built_models / "tiny.onnx", tmp_path / "tiny")


@pytest.fixture
def second_tiny_model(_built_models: Path, tmp_path: Path) -> Path:
    """The file of the model `tiny-two`: 3 × 32 × 32 in, 8 other values, no labels, Euclidean."""
    return _copy(_built_models / "tiny-two.onnx", tmp_path / "tiny-two")


@pytest.fixture
def model_folder(_built_models: Path, tmp_path: Path) -> Path:
    """A folder with two models: one with the default model's name (the network of `tiny`), and `tiny-two`."""
    folder = tmp_path / "models"
    _copy(_built_models / "vit-tiny-imagenet.onnx", folder)
    _copy(_built_models / "tiny-two.onnx", folder)
    return folder


@pytest.fixture
def build_model(tmp_path: Path) -> Callable[..., Path]:
    """Builds further tiny models: `build_model("name", seed=3, …)` writes `name.onnx` and returns its path."""

    def build(name: str, **changes: object) -> Path:
        path = tmp_path / "built" / f"{name}.onnx"
        path.parent.mkdir(exist_ok=True)
        build_tiny_model(path, name, **changes)  # type: ignore[arg-type]
        return path

    return build


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where the index of a test lies."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


# Both places where vectors may lie: the index, and a real Milvus server (`tests/milvus_server.py`).
both_stores = pytest.mark.parametrize("store_kind", ["embedded", "milvus"], indirect=True)


@pytest.fixture
def store_kind(request: pytest.FixtureRequest) -> str:
    """Where vectors lie: in the index, unless a test is of `both_stores`."""
    return str(getattr(request, "param", "embedded"))


@pytest.fixture
def store_address(store_kind: str, request: pytest.FixtureRequest) -> Iterator[StoreAddress | None]:
    """The server's place for this test's vectors, emptied in the end; None where they lie in the index."""
    if store_kind == "embedded":
        yield None
        return
    address = StoreAddress.parse(request.getfixturevalue("milvus_process").address, read_token())
    yield address
    drop_collections(address)


def open_index(data_dir: Path, address: StoreAddress | None) -> Store:
    """The index, or the index with a server's vectors."""
    if address is None:
        return Store(data_dir)
    from engine.served_library import ServedStore

    return ServedStore(data_dir, address)


def drop_collections(address: StoreAddress) -> None:
    """Take away what lies at an address."""
    from engine.milvus_client import Server
    from engine.milvus_store import collections

    server = Server(address)
    for name in collections(server):
        server.call(lambda client, seconds, name=name: client.drop_collection(name, timeout=seconds))
    server.close()


@pytest.fixture(scope="session")
def har_folder() -> Path:
    """The Human Action Recognition photos (`train`, `gallery`, `query`), which are not part of the repository."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "har"
    folder = Path(os.environ.get("SEMBLANCE_HAR", default))
    if not folder.is_dir():
        pytest.skip("the HAR photos are not there (SEMBLANCE_HAR names their folder)")
    return folder


def _copy(file: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(file, folder / file.name))

"""How fast a folder is indexed: new, unchanged and moved, against the usual ways of doing the same.

`python -m benchmarks.indexing [--part NAME]... [--json] [--rounds N]` needs the extra `bench`. The parts:

- `small`: small JPEGs with resnet50-imagenet (8 bits), against Pillow and PyTorch's ResNet50, one photo at a time
- `large`: 12-megapixel JPEGs, against Pillow and the same model in onnxruntime, one photo at a time
- `overlap`: a small network, against what decoding and computing take one after the other, each on all cores
- `mobilenet`: MobileNetV3-small with random weights, against imagededup's encoder with the same network
- `unchanged`: a second run on 100,000 files, against os.walk and os.stat
- `moved`: 10,000 photos in a folder that was renamed, against indexing them for the first time

Ours is timed from the opening of the index to its closing: scan, hash, decoding, thumbnails, network and fsyncs.
Networks are loaded beforehand on both sides. `moved` indexes all photos but once, for that takes long.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.libraries import indexed, written_library
from benchmarks.photos import large_photos, small_photos
from benchmarks.ratio import Result, compared, faster, parser, report, take_turns
from engine.assembly import BATCH
from engine.decode import load
from engine.embedder import Embedder, open_embedder
from engine.preprocess import decode_side, preprocess
from engine.spec import bundled_folder, find_model
from engine.store import Store
from engine.threads import cores
from engine.thumbnail_store import THUMBNAIL_SIDE, encode_thumbnail

PARTS = ("small", "large", "overlap", "mobilenet", "unchanged", "moved")
SMALL, LARGE, OVERLAP, MOBILENET, UNCHANGED, MOVED = 48, 24, 1000, 500, 100_000, 10_000  # photos
BAR_SMALL, BAR_LARGE, BAR_OVERLAP, BAR_MOBILENET, BAR_UNCHANGED, BAR_MOVED = 6.0, 5.5, 0.88, 4.0, 3.0, 0.08

Way = Callable[[], object]


def ours(scratch: Path, root: Path, embedder: Embedder) -> Way:
    """Index `root` for the first time, with an index of its own each time."""

    def run() -> None:
        with tempfile.TemporaryDirectory(dir=scratch) as data:
            found = indexed(Path(data), root, embedder)
            assert found.skipped == [], found.skipped[:3]

    return run


def bundled(name: str) -> Embedder:
    return open_embedder(find_model(name, [bundled_folder()]))


def files_of(root: Path) -> list[Path]:
    return sorted(root.rglob("*.jpg"))


def small(scratch: Path, rounds: int) -> list[Result]:
    """Against the way that most scripts go: Pillow, torchvision's transform, PyTorch, one photo at a time."""
    import torch
    from torchvision import models, transforms

    words = small_photos(scratch / "photos", SMALL)
    network = models.resnet50(weights=None).eval()
    network.fc = torch.nn.Identity()
    transform = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )

    def one_at_a_time() -> list[NDArray[np.float32]]:
        found = []
        for path in files_of(scratch / "photos"):
            with torch.no_grad(), Image.open(path) as image:
                found.append(network(transform(image.convert("RGB"))[None])[0].numpy())
        return found

    ways: dict[str, Way] = {
        "ours": ours(scratch, scratch / "photos", bundled("resnet50-imagenet")),
        "torch": one_at_a_time,
    }
    seconds = take_turns(ways, rounds)
    name = "small JPEGs, resnet50 in 8 bits"
    return [faster(name, seconds["ours"], "Pillow + torch ResNet50", seconds["torch"], SMALL, BAR_SMALL, words)]


def large(scratch: Path, rounds: int) -> list[Result]:
    """Against the same model without look-ahead, reduced decoding or batches."""
    import onnxruntime

    words = large_photos(scratch / "photos", LARGE)
    embedder = bundled("resnet50-imagenet")
    session = onnxruntime.InferenceSession(embedder.spec.path, providers=["CPUExecutionProvider"])

    def one_at_a_time() -> list[NDArray[np.float32]]:
        found = []
        for path in files_of(scratch / "photos"):
            with Image.open(path) as image:
                pixels = preprocess(np.asarray(image.convert("RGB")), embedder.spec)
            found.append(session.run(["embedding"], {"image": pixels[None]})[0][0])
        return found

    ways: dict[str, Way] = {"ours": ours(scratch, scratch / "photos", embedder), "serial": one_at_a_time}
    seconds = take_turns(ways, rounds)
    name = "12-megapixel JPEGs, resnet50 in 8 bits"
    peer = "serial Pillow + onnxruntime, batch 1"
    return [faster(name, seconds["ours"], peer, seconds["serial"], LARGE, BAR_LARGE, words)]


def overlap(scratch: Path, rounds: int) -> list[Result]:
    """Against the two halves of the work, each on all cores and with nothing of the engine around it."""
    words = small_photos(scratch / "photos", OVERLAP)
    embedder = bundled("simple-cnn")
    side = max(THUMBNAIL_SIDE, decode_side(embedder.spec))
    inputs = np.stack([preprocess(load(path, side).rgb, embedder.spec) for path in files_of(scratch / "photos")])

    def decode_one(path: Path) -> None:
        rgb = load(path, side).rgb
        preprocess(rgb, embedder.spec)
        encode_thumbnail(rgb)

    def decode() -> None:
        with ThreadPoolExecutor(cores()) as threads:
            for _ in threads.map(decode_one, files_of(scratch / "photos")):
                pass

    def compute() -> None:
        for start in range(0, len(inputs), BATCH):
            embedder.embed(inputs[start : start + BATCH])

    ways: dict[str, Way] = {
        "ours": ours(scratch, scratch / "photos", embedder),
        "decode": decode,
        "compute": compute,
    }
    seconds = take_turns(ways, rounds)
    halves = [sum(pair) for pair in zip(seconds["decode"], seconds["compute"], strict=True)]
    speeds = ", ".join(f"{name} alone {OVERLAP / median(seconds[name]):.0f}/s" for name in ("decode", "compute"))
    name, peer = "small network, small JPEGs", "1 / (1/decode + 1/compute)"
    return [faster(name, seconds["ours"], peer, halves, OVERLAP, BAR_OVERLAP, f"{words}; {speeds}")]


def mobilenet(scratch: Path, rounds: int) -> list[Result]:
    """Against imagededup, with the very network that it uses, weights aside."""
    import torch
    from imagededup.methods import CNN
    from imagededup.utils.models import CustomModel, MobilenetV3
    from torchvision import models

    from training import onnx_file

    words = small_photos(scratch / "photos", MOBILENET)
    torch.manual_seed(0)
    whole = models.mobilenet_v3_small(weights=None)
    network = torch.nn.Sequential(whole.features, whole.avgpool, torch.nn.Flatten())
    with torch.no_grad():  # as after a training, the activations have mean 0 and variance 1: no denormals, no overflow
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.momentum = None
        network.train()(torch.randn(32, 3, 224, 224))
    network.eval()
    model = scratch / "models" / "mobilenet.onnx"
    spec = replace(
        find_model("resnet50-imagenet", [bundled_folder()]),
        name="mobilenet",
        embedding_size=576,
        quality={},
        training_data="none: random weights",
    )
    onnx_file.write(network, spec, model)
    encoder = CNN(verbose=False, model_config=CustomModel("random", network, MobilenetV3.transform))
    embedder = open_embedder(find_model("mobilenet", [model.parent]))
    ways: dict[str, Way] = {
        "ours": ours(scratch, scratch / "photos", embedder),
        "imagededup": lambda: encoder.encode_images(scratch / "photos", recursive=True),
    }
    seconds = take_turns(ways, rounds)
    name = "small JPEGs, MobileNetV3-small"
    return [faster(name, seconds["ours"], "imagededup CNN", seconds["imagededup"], MOBILENET, BAR_MOBILENET, words)]


def unchanged(scratch: Path, rounds: int) -> list[Result]:
    """Against asking the file system for every file's size and time, and doing nothing with them."""
    embedder = bundled("vit-tiny-imagenet")
    root = scratch / "photos"
    with Store(scratch / "data") as store:
        written_library(store, root, UNCHANGED, [embedder.spec])

    def walk() -> int:
        return sum(
            os.stat(os.path.join(folder, name)).st_size  # noqa: PTH116, PTH118 - what everybody writes
            for folder, _, names in os.walk(root)
            for name in names
        )

    def again() -> None:
        found = indexed(scratch / "data", root, embedder)
        assert (found.images, found.embedded) == (UNCHANGED, 0)

    seconds = take_turns({"ours": again, "walk": walk}, rounds)
    name = f"second run, {UNCHANGED:,} unchanged files"
    return [compared(name, seconds["ours"], "os.walk + os.stat", seconds["walk"], BAR_UNCHANGED)]


def moved(scratch: Path, rounds: int) -> list[Result]:
    """Against the first indexing of the same photos."""
    folder, data = scratch / "photos", scratch / "data"
    words = small_photos(folder, MOVED)
    embedder = bundled("resnet50-imagenet")
    first = indexed(data, folder, embedder)
    taken = []
    for number in range(rounds):
        folder = folder.rename(scratch / f"renamed-{number}")
        found = indexed(data, folder, embedder)
        assert (found.images, found.embedded) == (first.images, 0)
        taken.append(found.seconds)
    name = f"library moved, {first.images:,} photos, resnet50 in 8 bits"
    note = f"{words}, {first.embedded:,} of them different; indexed once at {first.images_per_second:.1f}/s"
    return [compared(name, taken, "first indexing", [first.seconds] * rounds, BAR_MOVED, note)]


def measured(parts: Sequence[str], scratch: Path | None, rounds: int) -> list[Result]:
    """The results of the parts, each in a scratch folder of its own."""
    ways = dict(zip(PARTS, (small, large, overlap, mobilenet, unchanged, moved), strict=True))
    results = []
    for part in parts:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            results += ways[part](Path(folder), rounds)
    return results


def main() -> int:
    """Measure the parts that were asked for, by default all."""
    options = parser(__doc__.partition("\n")[0])
    options.add_argument("--part", action="append", choices=PARTS, help="what to measure (default: all)")
    options.add_argument("--scratch", type=Path, help="folder for photos and indexes (default: the system's)")
    args = options.parse_args()
    return report("indexing", measured(args.part or PARTS, args.scratch, args.rounds), args.json)


if __name__ == "__main__":
    sys.exit(main())

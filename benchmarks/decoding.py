"""What reading photos at reduced size costs in quality: mAP by the engine's decoder and by Pillow's full decoding.

`python -m benchmarks.decoding [--json] [--model NAME] [--limit N] [--rounds N]` needs the labelled HAR photos. Both
sides go through the same preprocessing, network and ranking. The photos are read as they are, and once more as JPEGs of
eight times the side (quality 90, 4:2:0), since only large ones are decoded at reduced size. Decoding itself is measured
in turns, on one thread.
"""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from benchmarks.photos import HAR
from benchmarks.ratio import Result, faster, parser, report, take_turns
from engine.decode import load_bytes
from engine.embedder import Embedder, open_embedder
from engine.evaluate import Queries, evaluate
from engine.gallery import Gallery
from engine.labels import folder_labels
from engine.preprocess import decode_side, preprocess
from engine.spec import bundled_folder, find_model
from engine.thumbnail_store import THUMBNAIL_SIDE

MODEL = "resnet50-imagenet"
ENLARGED = 8
BATCH = 16
TIMED = 16  # photos
BAR_MAP, BAR_SPEED = 0.003, 2.0

Decoder = Callable[[bytes], NDArray[np.uint8]]
Photos = Sequence[tuple[str, bytes]]


def by_pillow(data: bytes) -> NDArray[np.uint8]:
    """All pixels, as everybody reads them."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def by_engine(side: int) -> Decoder:
    return lambda data: load_bytes(data, "photo", side).rgb


def enlarged(data: bytes) -> bytes:
    """The photo as a camera with eight times the resolution might have written it."""
    with Image.open(io.BytesIO(data)) as image:
        size = image.width * ENLARGED, image.height * ENLARGED
        large = np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(large), quality=90, colorsubsampling="420"))


def embed(embedder: Embedder, photos: Iterator[bytes], decoders: Sequence[Decoder]) -> list[NDArray[np.float32]]:
    """The vectors [N, D] of the photos by each decoder."""
    waiting: list[list[NDArray[np.float32]]] = [[] for _ in decoders]
    found: list[list[NDArray[np.float32]]] = [[] for _ in decoders]

    def flush() -> None:
        for inputs, vectors in zip(waiting, found, strict=True):
            if inputs:
                vectors.append(embedder.embed(np.stack(inputs)).vectors)
                inputs.clear()

    for data in photos:
        for inputs, decoder in zip(waiting, decoders, strict=True):
            inputs.append(preprocess(decoder(data), embedder.spec))
        if len(waiting[0]) == BATCH:
            flush()
    flush()
    return [np.concatenate(vectors) for vectors in found]


def mean_average_precision(
    embedder: Embedder, gallery: Photos, queries: Photos, vectors: NDArray[np.float32], asked: NDArray[np.float32]
) -> float:
    names = [name for name, _ in queries]
    known = Gallery.from_arrays([name for name, _ in gallery], vectors, embedder.spec.name)
    question = Queries(names, folder_labels(names), asked, [None] * len(names))
    value = evaluate(known, folder_labels(known.paths), embedder.spec.metric, question).metrics["map"].value
    assert value is not None
    return value


def quality(
    embedder: Embedder, gallery: Photos, queries: Photos, change: Callable[[bytes], bytes], name: str
) -> Result:
    """mAP by both decoders."""
    decoders = [by_engine(max(THUMBNAIL_SIDE, decode_side(embedder.spec))), by_pillow]
    known = embed(embedder, (change(data) for _, data in gallery), decoders)
    asked = embed(embedder, (change(data) for _, data in queries), decoders)
    ours, peer = (
        mean_average_precision(embedder, gallery, queries, vectors, questions)
        for vectors, questions in zip(known, asked, strict=True)
    )
    left, right = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in known)
    note = f"difference of mAP; cosine of the vectors: least {np.einsum('nd,nd->n', left, right).min():.4f}"
    return Result(name, "Pillow, all pixels", ours, peer, "mAP", abs(ours - peer), BAR_MAP, note=note)


def speed(embedder: Embedder, photos: Sequence[bytes], rounds: int) -> Result:
    """Decoding alone."""
    decode = by_engine(max(THUMBNAIL_SIDE, decode_side(embedder.spec)))
    seconds = take_turns(
        {"ours": lambda: [decode(data) for data in photos], "pillow": lambda: [by_pillow(data) for data in photos]},
        rounds,
    )
    name = f"decoding enlarged photos for {embedder.spec.name}, one thread"
    return faster(name, seconds["ours"], "Pillow, all pixels", seconds["pillow"], len(photos), BAR_SPEED)


def read(folder: Path, limit: int | None) -> Photos:
    """(path, bytes) of the labelled photos, every n-th where there are more than `limit`."""
    paths = sorted(folder.glob("*/*.jpg"))
    step = 1 if limit is None else max(1, len(paths) // limit)
    return [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths[::step]]


def main() -> int:
    """Measure, and report."""
    options = parser(__doc__.partition("\n")[0])
    options.add_argument("--model", default=MODEL, help="the model to rank with (default %(default)s)")
    options.add_argument("--limit", type=int, metavar="N", help="photos of the gallery (default: all)")
    args = options.parse_args()
    gallery, queries = read(HAR / "gallery", args.limit), read(HAR / "query", args.limit)
    if not gallery or not queries:
        sys.stderr.write(f"there are no labelled photos in {HAR}: SEMBLANCE_HAR says where they are\n")
        return 2
    embedder = open_embedder(find_model(args.model, [bundled_folder()]))
    count = f"{len(gallery):,} + {len(queries):,} HAR photos, {embedder.spec.name}"
    results = [
        quality(embedder, gallery, queries, lambda data: data, count),
        quality(embedder, gallery, queries, enlarged, f"{count}, enlarged {ENLARGED} times"),
        speed(embedder, [enlarged(data) for _, data in gallery[:TIMED]], args.rounds),
    ]
    return report("decoding", results, args.json)


if __name__ == "__main__":
    sys.exit(main())

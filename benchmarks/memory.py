"""The memory that indexing takes while the library grows to 100,000 photos, with the largest model that comes along.

`python -m benchmarks.memory [--json] [--photos N] [--every N]` needs 5 GB of disk at 100,000 photos. Every photo has a
content of its own and is read, hashed, decoded, given a thumbnail and a vector, and committed. One photo in a thousand
has 12 megapixels, the others are small: 100 pictures, each with other bytes in a comment. The network runs for one
batch in `--every`, the others get random vectors, for its memory does not depend on their number, and its time does:
`--every 1` runs it for all. Judged is the largest resident memory of the process, mapped files included.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.libraries import indexed
from benchmarks.photos import FOLDER_SIZE, LARGE, SMALL, drawn_jpegs
from benchmarks.process import run_until_line
from benchmarks.ratio import Result, parser, report
from engine.embedder import Embedded, Embedder, open_embedder
from engine.spec import bundled_folder, find_model

PHOTOS, EVERY = 100_000, 100
PICTURES, LARGE_ONES = 100, 4
MODEL = "resnet50-imagenet"
BAR_MB = 600.0


class Sparing:
    """An embedder that runs its network for one batch in some, the first among them."""

    def __init__(self, inner: Embedder, every: int) -> None:
        self.spec, self.provider, self.notice = inner.spec, inner.provider, inner.notice
        self._inner, self._every, self._batches = inner, every, 0
        self._rng = np.random.default_rng(1)

    def embed(self, batch: NDArray[np.float32]) -> Embedded:
        self._batches += 1
        if (self._batches - 1) % self._every == 0:
            return self._inner.embed(batch)
        return Embedded(self._rng.standard_normal((len(batch), self.spec.embedding_size), dtype=np.float32), None)

    def features(self, batch: NDArray[np.float32]) -> NDArray[np.float32] | None:
        return self._inner.features(batch)


def commented(jpegs: list[bytes]) -> Iterator[bytes]:
    """The JPEGs over and over, each time with another comment."""
    for number, data in enumerate(cycle(jpegs)):
        yield data[:2] + b"\xff\xfe\x00\x0a" + number.to_bytes(8, "big") + data[2:]


def make_photos(folder: Path, count: int) -> None:
    """Put `count` different photos into `folder`."""
    small = commented(list(drawn_jpegs(PICTURES, SMALL)))
    large = commented(list(drawn_jpegs(LARGE_ONES, LARGE)))
    for start in range(0, count, FOLDER_SIZE):
        place = folder / f"{start // FOLDER_SIZE:04d}"
        place.mkdir(parents=True)
        for number, data in enumerate(islice(small, min(FOLDER_SIZE, count - start))):
            (place / f"{number:03d}.jpg").write_bytes(data if number else next(large))


def index_once(data: Path, photos: Path, every: int) -> None:
    """What the process that is measured does."""
    embedder = Sparing(open_embedder(find_model(MODEL, [bundled_folder()])), every)
    found = indexed(data, photos, embedder)
    print(json.dumps({"embedded": found.embedded, "seconds": found.seconds}), flush=True)
    sys.stdin.read()


def measured(scratch: Path, count: int, every: int) -> list[Result]:
    """At a tenth of the photos, and at all of them."""
    results = []
    for photos in (count // 10, count):
        folder = scratch / f"photos-{photos}"
        make_photos(folder, photos)
        run = run_until_line(
            ["-m", "benchmarks.memory", "--index", str(folder), "--data", str(folder) + "-index", f"--every={every}"],
            patience=24 * 3600.0,
        )
        embedded = json.loads(run.line)["embedded"]
        assert embedded == photos, run.line
        peak = run.resident / 2**20
        note = f"{run.own / 2**20:.0f} MiB of it its own; the network ran for one batch in {every}"
        name = f"resident while indexing {photos:,} photos, {MODEL}"
        results.append(Result(name, "limit", peak, BAR_MB, "MiB", peak / BAR_MB, 1.0, note=note))
    return results


def main() -> int:
    """Measure, or be the process that is measured."""
    options = parser(__doc__.partition("\n")[0])
    options.add_argument("--photos", type=int, default=PHOTOS, metavar="N", help="photos of the library")
    options.add_argument("--every", type=int, default=EVERY, metavar="N", help="batches for each that is computed")
    options.add_argument("--scratch", type=Path, help="folder for the photos and the index (default: the system's)")
    options.add_argument("--index", type=Path, metavar="FOLDER", help="only index this folder, and wait")
    options.add_argument("--data", type=Path, metavar="FOLDER", help="with --index: where the index is kept")
    args = options.parse_args()
    if args.index is not None:
        index_once(args.data, args.index, args.every)
        return 0
    with tempfile.TemporaryDirectory(dir=args.scratch) as folder:
        return report("memory", measured(Path(folder), args.photos, args.every), args.json)


if __name__ == "__main__":
    sys.exit(main())

"""How long the search for near-identical photos takes in a large library: `python -m benchmarks.all_pairs [--json]`.

Everything is synthetic: clusters of random vectors as long as the default model's, of which every twentieth photo has a
copy (a vector beside its own, the same grey picture with noise). Reading and decoding thumbnails is not in it (0.3 ms
for each photo that has a neighbour); the products, the choice of pairs and the look at their pixels are. The bar is the
time of the processor, spread over two cores: on a machine that others use, the clock would measure them.
"""

import argparse
import json
import sys
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.duplicates import finished
from benchmarks.ratio import machine
from engine.duplicates import find_duplicates
from engine.gallery import Gallery
from engine.path_table import PathTable

DIMENSION, CLUSTERS = 192, 500
CORES = 2
MOST_SECONDS = 300.0


class MadeLibrary:
    """Vectors and grey pictures; photo 20 i + 1 is a copy of photo 20 i."""

    def __init__(self, photos: int) -> None:
        random = np.random.default_rng(0)
        centres = random.standard_normal((CLUSTERS, DIMENSION), dtype=np.float32)
        vectors = centres[random.integers(0, CLUSTERS, photos)]
        # Photos of a cluster lie at a cosine distance of about 0.4, a few of them nearer than 0.25.
        vectors += 0.8 * random.standard_normal((photos, DIMENSION), dtype=np.float32)
        vectors *= 1 + 0.5 * random.standard_normal((photos, 1), dtype=np.float32) ** 2
        vectors[1::20] = vectors[0::20][: len(vectors[1::20])] * 1.1
        vectors[1::20] += 0.02 * random.standard_normal(vectors[1::20].shape, dtype=np.float32)
        paths = PathTable.from_sorted(f"{number:07d}.jpg" for number in range(photos))
        self.gallery = Gallery(paths, vectors, np.arange(photos, dtype=np.int64), "made")
        self.contents = random.integers(0, 256, (photos, 16)).astype(np.uint8)

    def grey(self, position: int) -> NDArray[np.uint8]:
        """Coarse random cells, made when they are asked for; those of a copy with some noise."""
        original = position - 1 if position % 20 == 1 else position
        cells = np.random.default_rng(original).integers(0, 256, (8, 8)).repeat(8, 0).repeat(8, 1)
        if original != position:
            cells = cells + np.random.default_rng(position).integers(-9, 10, (64, 64))
        return np.clip(cells, 0, 255).astype(np.uint8)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000, metavar="N")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(arguments)
    made = MadeLibrary(args.photos)
    looked = 0

    def grey(position: int) -> NDArray[np.uint8]:
        nonlocal looked
        looked += 1
        return made.grey(position)

    wall, processor = time.perf_counter(), time.process_time()
    groups = finished(find_duplicates(made.gallery, made.contents, grey))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    expected = len(range(1, args.photos, 20))
    right = sum(len(group.paths) == 2 and int(group.paths[0][:7]) % 20 == 0 for group in groups)
    met = processor / CORES <= MOST_SECONDS and right == len(groups) == expected
    report = {
        "machine": machine(),
        "photos": args.photos,
        "dimension": DIMENSION,
        "wall_seconds": round(wall, 1),
        "processor_seconds": round(processor, 1),
        "on_two_cores": round(processor / CORES, 1),
        "looks_at_a_picture": looked,
        "groups": len(groups),
        "right": right,
        "expected": expected,
        "bar": MOST_SECONDS,
        "met": met,
    }
    if args.json:
        print(json.dumps(report, indent=1))
    else:
        print(", ".join(f"{key} {value}" for key, value in report.items() if key != "machine"))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())

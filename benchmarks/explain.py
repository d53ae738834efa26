"""How long it takes to say why two pictures match: `python -m benchmarks.explain --photos DIR [--json]`.

Pairs of photos from DIR, decoded as the window decodes them, are explained by resnet50-imagenet the exact way. The bar
is the median over pairs; beside it stands by how much the parts of a map miss the similarity.
"""

import argparse
import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from engine.decode import load
from engine.embedder import open_embedder
from engine.explain import Method, explain
from engine.folder import scan
from engine.preprocess import decode_side
from engine.results import ImageFile
from engine.spec import bundled_folder, find_model

MODEL = "resnet50-imagenet"
PAIRS = 30
BAR_SECONDS = 0.150


def main() -> int:
    parser = argparse.ArgumentParser(description="How long it takes to say why two pictures match.")
    parser.add_argument("--photos", type=Path, required=True, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    spec = find_model(MODEL, [bundled_folder()])
    embedder = open_embedder(spec)
    files = [item.path for item in scan(args.photos) if isinstance(item, ImageFile)]
    step = max(1, len(files) // (PAIRS + 1))
    pictures = [load(args.photos / path, decode_side(spec)).rgb for path in files[::step][: PAIRS + 1]]
    explain(embedder, pictures[0], pictures[1])  # the first run reserves memory
    seconds, errors = [], []
    for first, second in pairwise(pictures):
        started = time.perf_counter()
        found = explain(embedder, first, second)
        seconds.append(time.perf_counter() - started)
        assert found.method is Method.EXACT
        errors += [abs(float(one.sum()) - found.similarity) for one in (found.first_map, found.second_map)]
    result = {
        "model": MODEL,
        "pairs": len(seconds),
        "median_ms": 1000 * float(np.median(seconds)),
        "worst_ms": 1000 * max(seconds),
        "bar_ms": 1000 * BAR_SECONDS,
        "largest_error": max(errors),
    }
    print(json.dumps(result, indent=2) if args.json else ", ".join(f"{key} {value}" for key, value in result.items()))
    return 0 if float(np.median(seconds)) < BAR_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())

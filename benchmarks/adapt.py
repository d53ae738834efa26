"""What adapting a model to a few labelled photos gains on photos of others: `python -m benchmarks.adapt --data DIR`.

DIR holds `train`, `gallery` and `query`, each with a folder for each label. So many photos of each label are drawn from
`train` (fixed seed), a map is fitted to them, and mAP is measured with the queries against the gallery, before and
after. Beside it stands the gain that the program told beforehand, from the drawn photos alone.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.libraries import indexed
from engine.adapt import Adapted, adapt
from engine.bootstrap import paired_intervals
from engine.embedder import open_embedder
from engine.evaluate import Queries, evaluate
from engine.gallery import Gallery
from engine.labels import folder_labels
from engine.results import Progress
from engine.spec import bundled_folder, find_model
from engine.store import Store

MODELS = ("vit-tiny-imagenet", "resnet50-imagenet")
SIZES = (5, 20, 60)
SEED = 0
BAR_SECONDS = 60.0
GAIN, TOLD = ("gain", "low", "high"), ("told", "told_low", "told_high")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--index", type=Path, metavar="DIR", help="keep the index here (default: a temporary folder)")
    parser.add_argument("--model", action="append", default=[], metavar="NAME")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        index = args.index or Path(temporary) / "index"
        sample = index / "sample"
        drawn_sample(args.data / "train", sample, max(SIZES))
        for name in args.model or MODELS:
            found += _measured(index, args.data, sample, name)
    if args.json:
        print(json.dumps(found, indent=2))
    else:
        for one in found:
            gain, told = (_words(*(one[key] for key in keys)) for keys in (GAIN, TOLD))
            print(
                f"{one['model']}, {one['photos_a_label']}: "
                f"mAP {one['before']:.4f}, then {one['after']:.4f}; "
                f"gain {gain}; told beforehand {told}; {one['seconds']:.1f} s"
            )
    return 0 if all(one["seconds"] < BAR_SECONDS for one in found) else 1


def _words(value: float, low: float, high: float) -> str:
    return f"{value:+.4f} ({low:+.4f} to {high:+.4f})"


def drawn_sample(source: Path, sample: Path, each: int) -> None:
    """Copy `each` photos of every label, the same ones whenever it is called."""
    for folder in sorted(item for item in source.iterdir() if item.is_dir()):
        photos = sorted(folder.iterdir())
        (sample / folder.name).mkdir(parents=True, exist_ok=True)
        for number in np.random.default_rng(SEED).permutation(len(photos))[:each]:
            target = sample / folder.name / photos[int(number)].name
            if not target.exists():
                shutil.copy(photos[int(number)], target)


def _measured(index: Path, data: Path, sample: Path, name: str) -> list[dict[str, Any]]:
    spec = find_model(name, [bundled_folder()])
    embedder = open_embedder(spec)
    for root in (sample, data / "gallery", data / "query"):
        indexed(index, root, embedder)
    with Store(index) as store:
        known, gallery, query = (
            store.library(root).gallery(spec) for root in (sample, data / "gallery", data / "query")
        )
        labels, kinds, wanted = (folder_labels(one.paths) for one in (known, gallery, query))
        vectors, photos, asked = (np.array(one.matrix[one.rows]) for one in (known, gallery, query))
        names = list(query.paths)
        before = evaluate(gallery, kinds, spec.metric, Queries(names, wanted, asked, [None] * len(names)))
        results = []
        for each in SIZES:
            chosen = _first(labels, each)
            started = time.perf_counter()
            found = _finished(adapt(vectors[chosen].__getitem__, [labels[i] for i in chosen]))
            seconds = time.perf_counter() - started
            own = Gallery.from_arrays(gallery.paths, found.projection.apply(photos), "own")
            queries = Queries(names, wanted, found.projection.apply(asked), [None] * len(names))
            after = evaluate(own, kinds, spec.metric, queries)
            gain = paired_intervals(after.scores, before.scores)[after.columns.index("map")]
            results.append(
                {
                    "model": name,
                    "photos_a_label": each,
                    "before": before.metrics["map"].value,
                    "after": after.metrics["map"].value,
                    "gain": gain.value,
                    "low": gain.low,
                    "high": gain.high,
                    "told": found.gain.value,
                    "told_low": found.gain.low,
                    "told_high": found.gain.high,
                    "seconds": seconds,
                }
            )
        return results


def _first(labels: list[str | None], each: int) -> list[int]:
    """The positions of the first `each` photos of every label."""
    seen: dict[str | None, int] = {}
    chosen = []
    for position, label in enumerate(labels):
        seen[label] = seen.get(label, 0) + 1
        if seen[label] <= each:
            chosen.append(position)
    return chosen


def _finished(job: Generator[Progress, None, Adapted]) -> Adapted:
    while True:
        try:
            next(job)
        except StopIteration as end:
            found: Adapted = end.value
            return found


if __name__ == "__main__":
    sys.exit(main())

"""Whether what the program tells of right matches holds for new photos: `python -m benchmarks.calibration --data DIR`.

DIR holds `train`, `gallery` and `query`, each with a folder for each label. Photos are drawn from `train` (fixed seed)
and split by chance, again and again, into a library and new photos. Of the intervals that the library tells, 95 in 100
should hold the share of right matches among the results of the new photos. Beside it stands in how many ranges of
distance this is so for the queries of `query` in `gallery`. Status 1 where fewer than 92 or more than 98 of 100
intervals hold, all ranges of one model and metric together.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.adapt import drawn_sample
from benchmarks.libraries import indexed
from benchmarks.ratio import machine
from engine.calibration import MatchRate, folder_match_rates
from engine.embedder import open_embedder
from engine.gallery import Gallery
from engine.labels import folder_labels
from engine.metric import Metric
from engine.search import all_distances
from engine.spec import bundled_folder, find_model
from engine.store import Store

MODELS = ("vit-tiny-imagenet", "resnet50-imagenet", "simple-cnn", "resnet50-actions", "siamese-actions")
DRAWN = 90  # photos of each label
LIBRARY, NEW_PHOTOS, SPLITS = 1_000, 150, 100  # as many as `gallery` and `query` hold
SEED = 1
BAR = (0.92, 0.99)


def held(
    rates: Sequence[MatchRate], distances: NDArray[np.floating[Any]], right: NDArray[np.bool_]
) -> list[bool | None]:
    """Whether the share of `right` [Q, N] among the results at `distances` [Q, N] lies in the interval that was told,
    for each range; None where no result lies in it."""
    verdicts: list[bool | None] = []
    for number, rate in enumerate(rates):
        inside = distances > rate.nearest if number else np.ones(distances.shape, dtype=np.bool_)
        if number < len(rates) - 1:
            inside &= distances <= rate.farthest
        verdicts.append(bool(rate.low <= right[inside].mean() <= rate.high) if inside.any() else None)
    return verdicts


def coverage(
    photos: Gallery, metric: Metric, library: int = LIBRARY, new_photos: int = NEW_PHOTOS, splits: int = SPLITS
) -> NDArray[np.float64]:
    """The share of splits in which each range's interval held, float64 [ranges]."""
    vectors = photos.vectors(np.arange(len(photos)))
    labels = np.array(folder_labels(photos.paths))
    distances = np.stack([all_distances(photos, vector, metric) for vector in vectors])
    random = np.random.default_rng(SEED)
    found = []
    for _ in range(splits):
        drawn = random.permutation(len(photos))
        known, new = np.sort(drawn[:library]), drawn[library : library + new_photos]
        part = Gallery(photos.paths.take(known), photos.matrix, photos.rows[known], photos.model)
        rates = folder_match_rates(part, metric, new_photos=new_photos)
        verdicts = held(rates, distances[np.ix_(new, known)], labels[new][:, None] == labels[known][None, :])
        found.append([np.nan if verdict is None else float(verdict) for verdict in verdicts])
    shares: NDArray[np.float64] = np.nanmean(np.array(found), axis=0)
    return shares


def held_out(gallery: Gallery, query: Gallery, metric: Metric) -> list[bool | None]:
    """`held` for the photos of `query` as the new ones."""
    rates = folder_match_rates(gallery, metric, new_photos=len(query))
    distances = np.stack([all_distances(gallery, query.vector(i), metric) for i in range(len(query))])
    kinds, wanted = (np.array(folder_labels(one.paths)) for one in (gallery, query))
    return held(rates, distances, wanted[:, None] == kinds[None, :])


def measured(index: Path, data: Path, sample: Path, name: str, splits: int) -> list[dict[str, Any]]:
    """One model, both metrics."""
    spec = find_model(name, [bundled_folder()])
    roots = (sample, data / "gallery", data / "query")
    for root in roots:
        indexed(index, root, open_embedder(spec))
    with Store(index) as store:
        photos, gallery, query = (store.library(root).gallery(spec) for root in roots)
        found = []
        for metric in Metric:
            shares = coverage(photos, metric, splits=splits)
            verdicts = [verdict for verdict in held_out(gallery, query, metric) if verdict is not None]
            found.append(
                {
                    "model": name,
                    "metric": str(metric),
                    "splits": splits,
                    "coverage": float(shares.mean()),
                    "by_range": shares.tolist(),
                    "held_out": sum(verdicts),
                    "ranges": len(verdicts),
                }
            )
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--index", type=Path, metavar="DIR", help="keep the index here (default: a temporary folder)")
    parser.add_argument("--model", action="append", default=[], metavar="NAME")
    parser.add_argument("--splits", type=int, default=SPLITS, metavar="N")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        index = args.index or Path(temporary) / "index"
        sample = index / f"drawn-{DRAWN}"
        drawn_sample(args.data / "train", sample, DRAWN)
        for name in args.model or MODELS:
            for one in measured(index, args.data, sample, name, args.splits):
                found.append(one)
                if not args.json:
                    print(
                        f"{one['model']}, {one['metric']}: {100 * one['coverage']:.1f} % of the intervals held in "
                        f"{one['splits']} splits (the least sure range {100 * min(one['by_range']):.0f} %); "
                        f"queries: {one['held_out']} of {one['ranges']} ranges",
                        flush=True,
                    )
    if args.json:
        print(json.dumps({"machine": machine(), "results": found}, indent=1))
    return 0 if all(BAR[0] <= one["coverage"] <= BAR[1] for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())

"""How much marking the ten nearest results helps, by Rocchio's rule and by a logistic model:
`python -m benchmarks.refine --labelled DIR`.

DIR holds a folder for each label. Queries are drawn from it (fixed seed); the ten nearest of each are marked "like
this" where they have its label and "not this" otherwise. Then mAP is measured over all photos that are neither the
query nor marked, with the query as it was and as each way refines it. The intervals are those of the difference to the
unrefined query, paired over queries.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.libraries import indexed
from engine import refine
from engine.bootstrap import paired_intervals
from engine.embedder import open_embedder
from engine.labels import folder_labels
from engine.spec import DEFAULT_MODEL, bundled_folder, find_model
from engine.store import Store

QUERIES = 400
MARKED = 10
SEED = 0
STEPS = 300
PENALTIES = (0.01, 0.1, 1.0)
TEXT_WEIGHTS = (1.0, 0.75, 0.15)  # Rocchio's usual ones

Vectors = NDArray[np.float32]
Way = Callable[[Vectors, Vectors, Vectors], Vectors]


def text_rocchio(query: Vectors, liked: Vectors, disliked: Vectors) -> Vectors:
    """Rocchio with the weights that are usual for text; all vectors have length one."""
    weights = TEXT_WEIGHTS
    moved = weights[0] * query
    if len(liked):
        moved = moved + weights[1] * liked.mean(axis=0)
    if len(disliked):
        moved = moved - weights[2] * disliked.mean(axis=0)
    return moved.astype(np.float32)


def logistic(penalty: float) -> Way:
    """A logistic model of the marks, the query counting as liked; its weights are the refined query. Without two kinds
    of marks there is nothing to tell apart: then it is the mean of what is liked."""

    def fitted(query: Vectors, liked: Vectors, disliked: Vectors) -> Vectors:
        good = np.concatenate([query[None], liked]).astype(np.float64)
        if not len(disliked):
            return good.mean(axis=0).astype(np.float32)
        x = np.concatenate([good, disliked.astype(np.float64)])
        y = np.r_[np.ones(len(good)), np.zeros(len(disliked))]
        share = np.where(y > 0, 0.5 / len(good), 0.5 / len(disliked))  # both kinds weigh the same
        weight, offset = good.mean(axis=0), 0.0
        rate = 1.0 / (0.5 + penalty)  # the slope of the gradient is at most a quarter of |x|² + 1
        for _ in range(STEPS):
            error = share * (1 / (1 + np.exp(-(x @ weight + offset))) - y)
            weight, offset = weight - rate * (error @ x + penalty * weight), offset - rate * float(error.sum())
        return weight.astype(np.float32)

    return fitted


def ways() -> dict[str, Way]:
    """What is compared, by name."""
    shipped = f"Rocchio {refine.QUERY_WEIGHT:g}, {refine.LIKED_WEIGHT:g}, {refine.DISLIKED_WEIGHT:g} (shipped)"
    return {
        "as it was": lambda query, _liked, _disliked: query,
        shipped: refine.rocchio,
        "Rocchio {:g}, {:g}, {:g}".format(*TEXT_WEIGHTS): text_rocchio,
        **{f"logistic, penalty {penalty:g}": logistic(penalty) for penalty in PENALTIES},
    }


def precisions(vectors: Vectors, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The average precision of each drawn query [Q] by each way [W]; NaN where nothing is left to be found."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    queries = np.random.default_rng(SEED).permutation(len(unit))[:QUERIES]
    found = np.full((len(queries), len(ways())), np.nan)
    for row, query in enumerate(queries):
        order = np.argsort(-(unit @ unit[query]), kind="stable")
        marked = order[order != query][:MARKED]
        liked = codes[marked] == codes[query]
        rest = np.ones(len(unit), dtype=bool)
        rest[[query, *marked]] = False
        for column, way in enumerate(ways().values()):
            moved = way(unit[query], unit[marked[liked]], unit[marked[~liked]])
            ranking = np.argsort(-(unit[rest] @ moved), kind="stable")
            ranks = np.flatnonzero(codes[rest][ranking] == codes[query]) + 1
            if len(ranks):
                found[row, column] = float((np.arange(1, len(ranks) + 1) / ranks).mean())
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="How much marking results helps, by two ways of refining.")
    parser.add_argument("--labelled", type=Path, required=True, metavar="DIR")
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME")
    parser.add_argument("--index", type=Path, metavar="DIR", help="keep the index here (default: a temporary folder)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    spec = find_model(args.model, [bundled_folder()])
    with tempfile.TemporaryDirectory() as temporary:
        index = args.index or Path(temporary)
        indexed(index, args.labelled, open_embedder(spec))
        with Store(index) as store:
            gallery = store.library(args.labelled).gallery(spec)
            labels = folder_labels(gallery.paths)
            kept = [i for i, label in enumerate(labels) if label is not None]
            codes = np.unique([str(labels[i]) for i in kept], return_inverse=True)[1].astype(np.int64)
            found = precisions(gallery.vectors(np.array(kept, dtype=np.int64)), codes)
    before = np.repeat(found[:, :1], found.shape[1], axis=1)
    gains = paired_intervals(found, before)
    rows = [
        {"way": way, "map": float(np.nanmean(found[:, column])), **gains[column].to_json()}
        for column, way in enumerate(ways())
    ]
    if args.json:
        print(json.dumps({"model": spec.name, "photos": len(codes), "marked": MARKED, "ways": rows}, indent=2))
    else:
        for row in rows:
            print(
                f"{row['way']:<36}mAP {row['map']:.4f}  {row['value']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f})"
            )
    best = max(rows, key=lambda row: row["map"])
    return 0 if "shipped" in str(best["way"]) else 1


if __name__ == "__main__":
    sys.exit(main())

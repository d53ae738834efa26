"""How many near-identical photos are found, and how many of those found are none, against the usual ways.

`python -m benchmarks.duplicates --photos DIR --work DIR [--json]` makes a set of photos: of 1,000 of them twelve edited
copies each (resized, re-compressed, recoloured, cropped by up to 10 %: the mild ones; cropped by up to 30 %, turned by
90° and by 3°, mirrored, with text, blurred, with a border, as a screenshot), among 9,300 others (`--edited`,
`--others`). It is embedded by the default model and searched as the program does it. Beside it, on the same files:
imagededup's PHash and CNN (extra `bench`), a gradient hash as czkawka takes it, and the embeddings alone.

A way finds a pair by its own threshold; of the peers, also the threshold is tried at which they find most mild edits
with a precision of 0.99. Ours is judged by its groups: each pair of photos in one group counts, though it may be joined
by others only. The bar: precision ≥ 0.99 and ≥ 0.90 of the mild edits in one group with their original.

The set and the index are kept in `--work`, so that an interrupted run goes on; embedding 22,300 photos takes a while.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.edits import MILD
from benchmarks.hashes import ROWS_AT_ONCE, gradient_bits, hamming_blocks
from benchmarks.libraries import indexed
from benchmarks.made_copies import EDITS, MadeSet, family_column, made_set
from benchmarks.ratio import machine
from engine.decode import load
from engine.different import different_pairs
from engine.duplicate_search import contents_of, grey_of
from engine.duplicates import DuplicateGroup, find_duplicates
from engine.embedder import open_embedder
from engine.spec import DEFAULT_MODEL, bundled_folder, find_model
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore

LEAST_PRECISION, LEAST_RECALL = 0.99, 0.90
HASHED_SIDE = 256  # pixels: what photos are reduced to before they are hashed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way found. `recall` by edit is the share of copies found with their original, `mild` that over the mild
    edits; `precision` the share of found pairs that come from one photo."""

    name: str
    threshold: float
    precision: float
    mild: float
    recall: dict[str, float]
    pairs: int
    seconds: float

    @property
    def met(self) -> bool:
        return self.precision >= LEAST_PRECISION and self.mild >= LEAST_RECALL


class Truth:
    """The made set in the order of the gallery: which photo each file comes from, and by which edit."""

    def __init__(self, made: MadeSet, paths: list[str]) -> None:
        self.made, self.paths = made, paths
        self.family = family_column(made, paths)
        self.edit = np.array([made.edits[path] for path in paths])
        at = {int(family): position for position, family in enumerate(self.family) if not self.edit[position]}
        self.original = np.array([at[int(family)] for family in self.family], dtype=np.int64)

    def recall(self, found: NDArray[np.bool_]) -> tuple[dict[str, float], float]:
        """From bool [N], whether a file was found with its original: the share by edit, and over the mild ones."""
        by_edit = {edit: float(found[self.edit == edit].mean()) for edit in EDITS}
        return by_edit, float(found[np.isin(self.edit, list(MILD))].mean())


# -- ours --------------------------------------------------------------------------------------------------------------


def ours(truth: Truth, groups: list[DuplicateGroup], seconds: float) -> tuple[Outcome, list[list[str]]]:
    """The outcome of the program's groups, and the groups that hold photos of several families."""
    group_of = {path: number for number, group in enumerate(groups) for path in group.paths}
    number = np.array([group_of.get(path, -1 - at) for at, path in enumerate(truth.paths)], dtype=np.int64)
    pairs = right = 0
    mixed = []
    family = dict(zip(truth.paths, truth.family.tolist(), strict=True))
    for group in groups:
        counts = np.unique([family[path] for path in group.paths], return_counts=True)[1]
        pairs += len(group.paths) * (len(group.paths) - 1) // 2
        right += int((counts * (counts - 1) // 2).sum())
        if len(counts) > 1:
            mixed.append(list(group.paths))
    recall, mild = truth.recall(number == number[truth.original])
    return Outcome("semblance", 0.0, right / max(1, pairs), mild, recall, pairs, seconds), mixed


def run_ours(truth: Truth, store: Store, data: Path, root: Path) -> tuple[Outcome, list[list[str]]]:
    """Search the indexed library as the program does."""
    spec = find_model(DEFAULT_MODEL, [bundled_folder()])
    library = store.library(root)
    gallery, files = library.gallery(spec), library.files()
    contents = contents_of(gallery, files)
    thumbnails = ThumbnailStore(data)
    started = time.perf_counter()
    grey = grey_of(root, gallery, contents, thumbnails)
    groups = finished(find_duplicates(gallery, contents, grey, dismissed=different_pairs(store)))
    outcome = ours(truth, groups, time.perf_counter() - started)
    thumbnails.close()
    return outcome


def finished(job: Generator[Any, None, list[DuplicateGroup]]) -> list[DuplicateGroup]:
    """What a job returns at its end."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            found: list[DuplicateGroup] = end.value
            return found


# -- the peers ---------------------------------------------------------------------------------------------------------


class Sweep:
    """Counts pairs by how far they are apart, in steps: what every threshold would find."""

    def __init__(self, truth: Truth, steps: int) -> None:
        self.truth, self.steps = truth, steps
        self.all = np.zeros(steps, dtype=np.int64)
        self.right = np.zeros(steps, dtype=np.int64)
        self.own = np.full(len(truth.paths), steps, dtype=np.int64)  # from a file to its original

    def add(self, start: int, apart: NDArray[np.int64]) -> None:
        """Count a block [rows, N] whose first row is file `start`; `apart` is in steps, `steps` being too far."""
        rows = np.arange(start, start + len(apart))
        ahead = np.arange(apart.shape[1])[None, :] > rows[:, None]
        near = ahead & (apart < self.steps)
        same = near & (self.truth.family[rows][:, None] == self.truth.family[None, :])
        self.all += np.bincount(apart[near], minlength=self.steps)[: self.steps]
        self.right += np.bincount(apart[same], minlength=self.steps)[: self.steps]
        self.own[rows] = apart[np.arange(len(rows)), self.truth.original[rows]]

    def outcome(self, name: str, step: int, threshold: float, seconds: float) -> Outcome:
        """What the threshold at `step` finds."""
        pairs, right = int(self.all[: step + 1].sum()), int(self.right[: step + 1].sum())
        recall, mild = self.truth.recall(self.own <= step)
        return Outcome(name, threshold, right / max(1, pairs), mild, recall, pairs, seconds)

    def outcomes(self, name: str, usual: int, to_threshold: Callable[[int], float], seconds: float) -> list[Outcome]:
        """At the usual threshold, and at the widest one that is as precise as the bar asks for."""
        both = [self.outcome(f"{name}, usual", usual, to_threshold(usual), seconds)]
        precision = np.cumsum(self.right) / np.maximum(1, np.cumsum(self.all))
        precise = np.flatnonzero(precision >= LEAST_PRECISION)
        best = int(precise[-1]) if len(precise) else 0
        return [*both, self.outcome(f"{name}, best", best, to_threshold(best), seconds)]


def by_hash(truth: Truth, name: str, usual: int, bits_of: Callable[[Image.Image], NDArray[np.bool_]]) -> list[Outcome]:
    """A hash of each file, and pairs by the bits that differ."""
    started = time.perf_counter()
    bits = np.stack([bits_of(picture(truth, path)) for path in truth.paths])
    sweep = Sweep(truth, bits.shape[1] // 3)
    for start, distances in hamming_blocks(bits):
        sweep.add(start, np.minimum(distances, sweep.steps).astype(np.int64))
    return sweep.outcomes(name, usual, float, time.perf_counter() - started)


def by_vectors(truth: Truth, name: str, usual: float, vectors: NDArray[np.float32], seconds: float) -> list[Outcome]:
    """Pairs by the cosine of their vectors alone, as imagededup's CNN decides; steps of a thousandth."""
    started = time.perf_counter()
    unit = vectors / np.maximum(1e-12, np.linalg.norm(vectors, axis=1, keepdims=True))
    sweep = Sweep(truth, 500)
    for start in range(0, len(unit), ROWS_AT_ONCE):
        apart = 1000 * (1 - unit[start : start + ROWS_AT_ONCE] @ unit.T)
        sweep.add(start, np.clip(apart, 0, sweep.steps).astype(np.int64))
    spent = seconds + time.perf_counter() - started
    return sweep.outcomes(name, round(1000 * (1 - usual)), lambda step: 1 - step / 1000, spent)


def picture(truth: Truth, path: str) -> Image.Image:
    return Image.fromarray(load(truth.made.root / path, HASHED_SIDE).rgb)


def imagededup_outcomes(truth: Truth, told: Callable[[str], None]) -> list[Outcome]:
    """imagededup's PHash, and its CNN where its weights are at hand; without the package, neither."""
    try:
        from imagededup.methods import CNN, PHash
    except ImportError as error:
        told(f"imagededup is left out: {error}")
        return []
    phash = PHash(verbose=False)

    def bits(image: Image.Image) -> NDArray[np.bool_]:
        text = phash.encode_image(image_array=np.asarray(image))
        return np.unpackbits(np.frombuffer(bytes.fromhex(text), dtype=np.uint8)).astype(np.bool_)

    found = by_hash(truth, "imagededup PHash", 10, bits)
    try:
        cnn = CNN(verbose=False)
    except Exception as error:  # noqa: BLE001 - it downloads its weights, which may fail in many ways
        told(f"imagededup's CNN is left out, its weights are not at hand: {error}")
        return found
    started = time.perf_counter()
    encoded = cnn.encode_images(image_dir=truth.made.root, recursive=True)
    vectors = np.stack([encoded[path] for path in truth.paths]).astype(np.float32)
    return found + by_vectors(truth, "imagededup CNN", 0.9, vectors, time.perf_counter() - started)


# -- the report --------------------------------------------------------------------------------------------------------


def measured(made: MadeSet, data: Path, told: Callable[[str], None]) -> tuple[list[Outcome], list[list[str]]]:
    """Ours first, then the peers."""
    spec = find_model(DEFAULT_MODEL, [bundled_folder()])
    told(f"indexing {len(made.families):,} files")
    indexed(data, made.root, open_embedder(spec))
    with Store(data) as store:
        gallery = store.library(made.root).gallery(spec)
        truth = Truth(made, list(gallery.paths))
        told("searching")
        first, mixed = run_ours(truth, store, data, made.root)
        told("the peers")
        vectors = gallery.vectors(np.arange(len(gallery)))
        outcomes = [first, *by_vectors(truth, "our embeddings alone", 0.9, vectors, 0.0)]
        outcomes += by_hash(truth, "czkawka-style gradient hash", 15, gradient_bits)
        outcomes += imagededup_outcomes(truth, told)
    return outcomes, mixed


def lines(outcomes: list[Outcome]) -> list[str]:
    """The outcomes as a table for people."""
    rows = [f"{'':34}{'threshold':>10}{'precision':>10}{'mild':>8}{'pairs':>10}{'seconds':>9}"]
    for one in outcomes:
        rows.append(
            f"{one.name:34}{one.threshold:10.3f}{one.precision:10.4f}{one.mild:8.3f}{one.pairs:10}{one.seconds:9.1f}"
        )
    rows.append("the share of each edit that is found with its original:")
    for edit in EDITS:
        rows.append(f"  {edit:16}" + "".join(f"{one.recall[edit]:8.2f}" for one in outcomes))
    return rows


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, metavar="DIR", help="where the photos are taken from")
    parser.add_argument("--edited", type=int, default=1000, metavar="N", help="photos that are edited (1000)")
    parser.add_argument("--others", type=int, default=9300, metavar="N", help="unedited photos besides (9300)")
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="keeps the made set and its index")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the index (default: in the folder of --work)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(arguments)
    args.work.mkdir(parents=True, exist_ok=True)

    def told(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    made = made_set(args.photos, args.work, args.edited, args.others, told)
    outcomes, mixed = measured(made, args.data or args.work / "index", told)
    met = outcomes[0].met
    if args.json:
        rows = [asdict(one) for one in outcomes]
        report = {"machine": machine(), "set": made.words, "left_out": made.left_out, "met": met, "mixed": mixed}
        print(json.dumps(report | {"results": rows}, indent=1))
        return 0 if met else 1
    print(f"{made.words}; {made.left_out} photos left out that are there twice")
    print("\n".join(lines(outcomes)))
    for paths in mixed[:20]:
        print("of several photos: " + ", ".join(paths[:6]) + (" …" if len(paths) > 6 else ""))
    print(f"{'ok  ' if met else 'MISS'} precision ≥ {LEAST_PRECISION}, mild edits found ≥ {LEAST_RECALL}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())

"""Read labelled folders: which pictures there are, which belong to validation, and their pixels, decoded once."""

import hashlib
import logging
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from engine.decode import load
from engine.errors import DecodeError
from engine.folder import EXTENSIONS

log = logging.getLogger(__name__)

HASH_DISTANCE = 6  # of 64 bits: re-encoded and rescaled copies lie within it, other pictures of a scene rarely
_DECODE_THREADS = 2
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


class DataError(Exception):
    """The folders do not hold what training or evaluation needs; `str()` says what to change."""


@dataclass(frozen=True)
class Labelled:
    """Pictures with their labels. `labels` int64 [N] are positions in `classes`; `paths` are sorted."""

    paths: tuple[Path, ...]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def take(self, rows: NDArray[np.int64]) -> "Labelled":
        """The pictures at `rows`, in that order."""
        return Labelled(tuple(self.paths[row] for row in rows), self.labels[rows], self.classes)


def read_labelled(folder: Path, classes: Sequence[str] | None = None) -> Labelled:
    """The pictures in `folder`/<label>/*; labels in order of their names, or as in `classes` when that is given.

    Raises DataError when the folder is missing, has fewer than two labels, has a label without pictures, or has one
    that is not in `classes`.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; expected one folder per label inside it")
    found = sorted(item.name for item in folder.iterdir() if item.is_dir() and not item.name.startswith("."))
    if classes is None and len(found) < 2:
        raise DataError(f"{folder} has {len(found)} label folder(s); at least two are needed to tell classes apart")
    if classes is not None and (unknown := sorted(set(found) - set(classes))):
        raise DataError(f"{folder} has labels that the training folder does not: {', '.join(unknown)}")
    names = tuple(classes) if classes is not None else tuple(found)
    paths: list[Path] = []
    labels: list[int] = []
    for name in found:
        files = sorted(
            item
            for item in (folder / name).iterdir()
            if item.suffix.lower() in EXTENSIONS and not item.name.startswith(".") and item.is_file()
        )
        if not files:
            raise DataError(f"the label folder {folder / name} has no pictures: remove it or fill it")
        paths += files
        labels += [names.index(name)] * len(files)
    return Labelled(tuple(paths), np.array(labels, np.int64), names)


def subset(labelled: Labelled, count: int, seed: int) -> Labelled:
    """`count` pictures, a seeded choice, for a machine that has no time for all. Raises DataError when a class is left
    without any."""
    rows = list(range(len(labelled)))
    random.Random(seed).shuffle(rows)  # noqa: S311 - a choice that anybody can repeat, not a secret
    chosen = labelled.take(np.array(sorted(rows[:count]), np.int64))
    if len(np.unique(chosen.labels)) < len(labelled.classes):
        raise DataError(f"--limit {count} leaves a class without pictures: allow more")
    return chosen


@dataclass(frozen=True)
class Pictures:
    """Decoded pictures: `pixels` uint8 [N, h, w, 3] (squashed to one size), with what they are of."""

    labelled: Labelled
    pixels: NDArray[np.uint8]
    hashes: NDArray[np.uint64]  # [N], see difference_hash

    def __len__(self) -> int:
        return len(self.labelled)


def decode_all(
    labelled: Labelled, height: int, width: int, interpolation: str = "bilinear", cache: Path | None = None
) -> Pictures:
    """Decode every picture to `height` × `width` pixels, keeping the result in the folder `cache` for the next run.

    A picture that cannot be decoded is logged and left out. Raises DataError when that leaves a class empty.
    """
    stored = None if cache is None else cache / f"pixels-{_key(labelled, height, width, interpolation)}.npz"
    if stored is not None and stored.exists():
        with np.load(stored) as archive:
            rows, pixels, hashes = archive["rows"], archive["pixels"], archive["hashes"]
    else:
        rows, pixels, hashes = _decode(labelled, height, width, interpolation)
        if stored is not None:
            stored.parent.mkdir(parents=True, exist_ok=True)
            temporary = stored.with_suffix(".tmp.npz")
            np.savez(temporary, rows=rows, pixels=pixels, hashes=hashes)
            temporary.replace(stored)
    kept = labelled.take(rows)
    counts = np.bincount(kept.labels, minlength=len(kept.classes))
    for name in (kept.classes[label] for label in np.unique(labelled.labels) if counts[label] == 0):
        raise DataError(f"none of the pictures of the label {name!r} can be read")
    return Pictures(kept, pixels, hashes)


def _decode(
    labelled: Labelled, height: int, width: int, interpolation: str
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint64]]:
    def one(path: Path) -> tuple[NDArray[np.uint8], np.uint64] | DecodeError:
        try:
            rgb = load(path, max(height, width)).rgb
        except DecodeError as error:
            return error
        image = Image.fromarray(rgb)
        return np.asarray(image.resize((width, height), _FILTERS[interpolation])), difference_hash(image)

    rows: list[int] = []
    hashes: list[np.uint64] = []
    pixels = np.empty((len(labelled), height, width, 3), np.uint8)
    with ThreadPoolExecutor(_DECODE_THREADS) as threads:
        paths = iter(labelled.paths)
        waiting = [threads.submit(one, path) for path in islice(paths, 4 * _DECODE_THREADS)]
        for row in tqdm(range(len(labelled)), desc="decoding", unit="picture", disable=None):
            result = waiting.pop(0).result()
            waiting += [threads.submit(one, path) for path in islice(paths, 1)]
            if isinstance(result, DecodeError):
                log.warning("left out, it cannot be read: %s", result)
                continue
            pixels[len(rows)] = result[0]
            hashes.append(result[1])
            rows.append(row)
    return np.array(rows, np.int64), pixels[: len(rows)], np.array(hashes, np.uint64)


def _key(labelled: Labelled, *settings: object) -> str:
    """Changes with the files (path, size, time) and with the settings."""
    digest = hashlib.blake2b(repr(settings).encode(), digest_size=12)
    for path in labelled.paths:
        info = path.stat()
        digest.update(f"{path}\0{info.st_size}\0{info.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def difference_hash(image: Image.Image) -> np.uint64:
    """64 bits: whether each of 8 × 8 grey cells is darker than its right neighbour. Near-duplicates differ in few.

    Source: N. Krawetz, "Kind of Like That" (2013).
    """
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    return np.uint64(np.packbits(grey[:, :-1] < grey[:, 1:]).view(np.uint64)[0])


def near_duplicate_groups(hashes: NDArray[np.uint64], distance: int = HASH_DISTANCE) -> NDArray[np.int64]:
    """A group number for each of [N] hashes: two within `distance` bits, directly or through others, share one."""
    group = np.arange(len(hashes))

    def root(item: int) -> int:
        while group[item] != item:
            group[item] = group[group[item]]
            item = int(group[item])
        return item

    for row in range(len(hashes)):
        near = np.flatnonzero(np.bitwise_count(hashes[row + 1 :] ^ hashes[row]) <= distance) + row + 1
        for other in near:
            group[root(int(other))] = root(row)
    return np.array([root(row) for row in range(len(hashes))], np.int64)


@dataclass(frozen=True)
class Split:
    """Rows of the training folder: what is learnt from, and what selects."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def split_validation(
    labels: NDArray[np.int64], groups: NDArray[np.int64], fraction: float = 0.1, seed: int = 0
) -> Split:
    """Give validation about `fraction` of every class, whole groups at a time, so that no picture has its copy on the
    other side. Raises DataError when a class is too small to be on both sides."""
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    by_group = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[by_group], np.unique(groups))
    members = dict(zip(np.unique(groups).tolist(), np.split(by_group, starts[1:]), strict=True))
    wanted = np.maximum(2, np.round(np.bincount(labels) * fraction)).astype(int)  # one picture has no other to find
    taken = np.zeros_like(wanted)
    validation: list[int] = []
    for number in order:
        rows = members[int(number)]
        first = labels[rows[0]]
        if taken[first] < wanted[first]:
            validation += rows.tolist()
            np.add.at(taken, labels[rows], 1)
    chosen = np.zeros(len(labels), bool)
    chosen[validation] = True
    for label in np.unique(labels):
        sides = chosen[labels == label]
        if sides.all() or not sides.any():
            raise DataError(
                f"the class number {label} has {len(sides)} picture(s), near-duplicates counted as one: "
                "too few for training and validation"
            )
    return Split(np.flatnonzero(~chosen), np.flatnonzero(chosen))

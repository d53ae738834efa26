"""A made set for measuring what finds near-identical photos: photos of a folder, and edited copies of some of them."""

import json
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.edits import MILD, STRONG
from benchmarks.hashes import gradient_bits, near_pairs
from engine.decode import load
from engine.errors import DecodeError
from engine.folder import scan
from engine.results import ImageFile

EDITS = MILD | STRONG
# Photos that a folder holds twice would count as errors of whoever finds them. Bits of 256 that may differ: other
# photos differ in more than forty.
ALREADY_TWICE = 20
FOLDER_SIZE = 1000  # photos in a folder
WHOLE = 1 << 20  # a least side that no photo has: nothing is reduced while decoding
QUALITY = 90  # of the JPEG files that edits are saved as


@dataclass(frozen=True, slots=True)
class MadeSet:
    """`families` say of each file which photo it comes from, `edits` which edit it is, "" for an unedited photo."""

    root: Path
    families: dict[str, int]
    edits: dict[str, str]
    left_out: int  # photos that the folder holds twice

    @property
    def words(self) -> str:
        copies = sum(bool(edit) for edit in self.edits.values())
        count = len(self.families) - copies
        return f"{copies // len(EDITS):,} photos × {len(EDITS)} edits, with them {count:,} unedited photos"


def made_set(photos: Path, work: Path, edited: int, others: int, told: Callable[[str], None]) -> MadeSet:
    """Make the set in `work`, or take the one that lies there already; unedited files are links where that is possible.

    Raises SystemExit for a folder with too few photos.
    """
    note = work / "set.json"
    root = work / "library"
    wanted = {"photos": str(photos.resolve()), "edited": edited, "others": others}
    if note.exists():
        kept = json.loads(note.read_text(encoding="utf-8"))
        if {key: kept[key] for key in wanted} == wanted:
            return MadeSet(root, kept["families"], kept["edits"], kept["left_out"])
        raise SystemExit(f"{work} holds another set: name another folder with --work")
    chosen, left_out = _distinct(photos, edited + others, told)
    families: dict[str, int] = {}
    edits: dict[str, str] = {}
    for number, file in enumerate(chosen):
        name = f"{number // FOLDER_SIZE:03d}/{number:06d}{file.suffix.lower()}"
        _link(file, root / name)
        families[name], edits[name] = number, ""
        if number >= edited:
            continue
        rgb = Image.fromarray(load(file, WHOLE).rgb)
        for edit, apply in EDITS.items():
            copy = f"copies/{number // 100:03d}/{number:06d}-{list(EDITS).index(edit):02d}.jpg"
            (root / copy).parent.mkdir(parents=True, exist_ok=True)
            random = np.random.default_rng([number, zlib.crc32(edit.encode())])
            apply(rgb, random).save(root / copy, quality=QUALITY)
            families[copy], edits[copy] = number, edit
        if number % 100 == 99:
            told(f"{number + 1} photos edited")
    note.write_text(json.dumps(wanted | {"families": families, "edits": edits, "left_out": left_out}), encoding="utf-8")
    return MadeSet(root, families, edits, left_out)


def _distinct(photos: Path, count: int, told: Callable[[str], None]) -> tuple[list[Path], int]:
    """`count` readable photos of a folder in mixed order, of which none is there twice, and how many were left out."""
    found = [item.path for item in scan(photos) if isinstance(item, ImageFile)]
    order = np.random.default_rng(0).permutation(len(found))
    files: list[Path] = []
    bits: list[NDArray[np.bool_]] = []
    for done, position in enumerate(order):
        file = photos / found[int(position)]
        try:
            bits.append(gradient_bits(Image.fromarray(load(file, 64).rgb)))
            files.append(file)
        except DecodeError:
            continue
        if done % 2000 == 1999:
            told(f"{done + 1} photos looked at")
    twice = {later for _, later in near_pairs(np.stack(bits), ALREADY_TWICE)} if bits else set()
    kept = [file for number, file in enumerate(files) if number not in twice]
    if len(kept) < count:
        raise SystemExit(f"{photos}: {len(kept)} different photos, and {count} are needed (--edited, --others)")
    return kept[:count], len(twice)


def _link(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(file, target)
    except OSError:  # another file system
        target.write_bytes(file.read_bytes())


def family_column(made: MadeSet, paths: Sequence[str]) -> NDArray[np.int64]:
    """The family of each path."""
    return np.array([made.families[path] for path in paths], dtype=np.int64)

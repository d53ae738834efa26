"""Searches that the user saved by name: one file for each library, beside the index, never among the photos."""

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from engine.atomic import replacing
from engine.errors import SavedSearchError
from engine.metric import Metric
from engine.store import resolved

if TYPE_CHECKING:
    from engine.query import Region  # with onnxruntime behind it, which the window's start need not wait for

FOLDER = "searches"
FORMAT = "semblance-searches"
VERSION = 1
MAX_NAME = 200  # characters
MAX_COUNT = 1_000_000_000  # results
MAX_BYTES = 32 * 1024 * 1024  # far more than anybody saves: a larger file is none of ours
LOCK_SECONDS = 5.0

DAMAGED = "it is damaged, or another program's file"
NEWER = "a newer Semblance wrote it"
BUSY = "another Semblance is writing to it"


@dataclass(frozen=True, slots=True)
class SavedPart:
    """One picture: a photo of the library (`path`, relative to it, with `/`) or a file from outside (`file`, absolute).

    `sign` is 1 "like this" or −1 "not this"; `mark` tells a judged result from what was asked for.
    """

    path: str | None = None
    file: Path | None = None
    region: "Region | None" = None
    sign: int = 1
    mark: bool = False


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """All that decides a ranking: the pictures, the model by its name, the metric, the part of the library that was
    searched, the greatest distance that was shown (None: any), and how many results at most (0: all; None: not kept, in
    what older versions saved)."""

    name: str
    parts: tuple[SavedPart, ...]
    model: str
    metric: Metric
    limit: float | None = None
    folder: str = ""
    skip_own_folder: bool = False
    count: int | None = None


def file_of(data_dir: Path, root: Path) -> Path:
    """Where the searches of the library `root` lie. By its folder, not by its number in the index: they outlive that.
    Raises FolderError."""
    digest = hashlib.sha256(os.fsencode(resolved(root))).hexdigest()
    return data_dir / FOLDER / f"{digest[:32]}.json"


def load(data_dir: Path, root: Path) -> list[SavedSearch]:
    """The library's saved searches, the oldest first; empty where none was saved.

    Raises SavedSearchError for a file that is damaged or another's, OSError where it cannot be read.
    """
    return _read(file_of(data_dir, root), root)


def save(data_dir: Path, root: Path, search: SavedSearch) -> None:
    """Keep a search; it takes the place of the one of the same name. Raises as `load` does, and then changes nothing;
    ValueError for a search that could not be read again."""
    path = file_of(data_dir, root)
    if _search(_entry(search)) != search:
        raise ValueError(f"this search cannot be saved: {search}")
    with _locked(path):
        before = _read(path, root)
        names = [one.name for one in before]
        if search.name in names:
            before[names.index(search.name)] = search
        else:
            before.append(search)
        _write(path, root, before)


def remove(data_dir: Path, root: Path, name: str) -> None:
    """Forget the search of this name; nothing happens where there is none. Raises as `load` does."""
    path = file_of(data_dir, root)
    with _locked(path):
        before = _read(path, root)
        left = [one for one in before if one.name != name]
        if len(left) < len(before):
            _write(path, root, left)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two windows that save at once both keep theirs."""
    from filelock import FileLock, Timeout  # with what reads only, it is never needed

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        lock = FileLock(path.with_suffix(".lock"), mode=0o600).acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise SavedSearchError(path, BUSY) from None
    with lock:
        yield


def _write(path: Path, root: Path, searches: Iterable[SavedSearch]) -> None:
    kept = {
        "format": FORMAT,
        "version": VERSION,
        "library": str(resolved(root)),
        "searches": [_entry(search) for search in searches],
    }
    # ASCII: a name that is no text keeps its bytes, as \udc… .
    text = json.dumps(kept, ensure_ascii=True, allow_nan=False, indent=1)
    with replacing(path) as file:
        Path(file.name).chmod(0o600)
        file.write(text.encode("ascii") + b"\n")


def _read(path: Path, root: Path) -> list[SavedSearch]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return []
    try:
        kept = json.loads(data) if len(data) <= MAX_BYTES else None
        if not isinstance(kept, dict) or kept.get("format") != FORMAT:
            raise ValueError
        if type(kept.get("version")) is int and kept["version"] > VERSION:
            raise SavedSearchError(path, NEWER)
        if kept.get("version") != VERSION or kept.get("library") != str(resolved(root)):
            raise ValueError
        searches = [_search(entry) for entry in kept["searches"]]
        if len({search.name for search in searches}) != len(searches):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SavedSearchError(path, DAMAGED) from None
    return searches


def _entry(search: SavedSearch) -> dict[str, Any]:
    return {
        "name": search.name,
        "model": search.model,
        "metric": str(search.metric),
        "limit": search.limit,
        "folder": search.folder,
        "skip_own_folder": search.skip_own_folder,
        "count": search.count,
        "parts": [
            {
                "path": part.path,
                "file": None if part.file is None else str(part.file),
                "region": None if part.region is None else list(part.region),
                "sign": part.sign,
                "mark": part.mark,
            }
            for part in search.parts
        ],
    }


def _search(entry: Any) -> SavedSearch:
    """Raises ValueError, KeyError, TypeError or AttributeError for anything that `_entry` would not have written."""
    name, model, folder, limit = _text(entry["name"]), _text(entry["model"]), entry["folder"], entry["limit"]
    parts = tuple(_part(part) for part in entry["parts"])
    if not name.strip() or len(name) > MAX_NAME or all(part.mark for part in parts):
        raise ValueError("no name, or nothing that is searched for")
    if folder != "":
        folder = _inside(folder)
    if limit is not None and (type(limit) not in (int, float) or not math.isfinite(limit)):
        raise ValueError(f"limit {limit!r}")
    if type(entry["skip_own_folder"]) is not bool:
        raise ValueError("skip_own_folder is neither true nor false")
    count = entry.get("count")
    if count is not None and (type(count) is not int or not 0 <= count <= MAX_COUNT):
        raise ValueError(f"count {count!r}")
    metric = Metric(entry["metric"])
    return SavedSearch(name, parts, model, metric, limit, folder, entry["skip_own_folder"], count)


def _part(entry: Any) -> SavedPart:
    path, file, region, sign, mark = (entry[key] for key in ("path", "file", "region", "sign", "mark"))
    if (path is None) == (file is None) or type(sign) is not int or sign not in (1, -1) or type(mark) is not bool:
        raise ValueError("a picture has one source, a sign, and is a mark or not")
    if mark and path is None:
        raise ValueError("only a photo of the library can be marked")
    if file is not None and not Path(_text(file)).is_absolute():
        raise ValueError(f"{file!r} is no absolute path")
    return SavedPart(
        None if path is None else _inside(path), None if file is None else Path(file), _region(region), sign, mark
    )


def _inside(path: Any) -> str:
    """A path that leads nowhere but into the library."""
    pure = PurePosixPath(_text(path))
    if pure.is_absolute() or ".." in pure.parts or str(pure) != path or path == ".":
        raise ValueError(f"{path!r} is no path in a library")
    return str(path)


def _region(region: Any) -> "Region | None":
    if region is None:
        return None
    left, top, right, bottom = (float(edge) for edge in region if type(edge) in (int, float))
    if len(region) != 4 or not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(f"region {region!r}")
    return left, top, right, bottom


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"{value!r} is no text")
    return value

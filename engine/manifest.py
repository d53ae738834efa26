"""The manifest of an exported run: what it was made from and with, and what has changed since."""

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.errors import ExportError, ModelError, UnknownModelError
from engine.file_table import FileTable
from engine.library import Library
from engine.metric import Metric
from engine.query_set import ALL, Query, inner_query
from engine.spec import DEFAULT_MODEL, ModelSpec, find_model
from engine.version import PRODUCT, __version__

FORMAT = 1
PACKAGES = ("numpy", "onnxruntime", "pillow", "pillow-heif", "simplejpeg", "pyarrow")


def describe_model(spec: ModelSpec) -> dict[str, Any]:
    """A model's description as JSON takes it, with the field names that docs/cli.md promises."""
    return {
        "name": spec.name,
        "default": spec.name == DEFAULT_MODEL,
        "purpose": spec.purpose,
        "input": {
            "height": spec.height,
            "width": spec.width,
            "mean": list(spec.mean),
            "std": list(spec.std),
            "interpolation": spec.interpolation,
            "resize": spec.resize,
            "crop": spec.crop,
        },
        "embedding_size": spec.embedding_size,
        "metric": str(spec.metric),
        "unit_norm": spec.unit_norm,
        "labels": None if spec.labels is None else list(spec.labels),
        "training_data": spec.training_data,
        "quality": dict(spec.quality),
        "licence": spec.licence,
        "file": str(spec.path),
        "bytes": spec.file_size,
        "sha256": spec.sha256,
    }


def describe_program() -> dict[str, Any]:
    """The product's version and those of what its numbers depend on."""
    packages = {}
    for name in PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    python = platform.python_version()
    return {
        "product": PRODUCT,
        "version": __version__,
        "python": python,
        "platform": platform.platform(),
        "packages": packages,
    }


def library_fingerprint(files: FileTable) -> str:
    """SHA-256 over the sorted content hashes of a library's photos: the same wherever they lie and whatever their
    names, another one as soon as a photo is added, removed or edited."""
    text = files.content.tobytes()
    hashes = sorted(text[start : start + 16] for start in range(0, len(text), 16))
    return hashlib.sha256(b"".join(hashes)).hexdigest()


def describe_library(library: Library) -> dict[str, Any]:
    """A library as the manifest names it."""
    files = library.files()
    return {"root": str(library.root), "images": len(files), "fingerprint": library_fingerprint(files)}


def describe_queries(source: str, queries: Sequence[Query]) -> dict[str, Any]:
    """The queries of a run; those of `all` are the library's photos and are not listed."""
    listed: list[dict[str, Any]] = []
    if source != ALL:
        for query in queries:
            path = None if query.path is None else str(query.path.absolute())
            listed.append({"name": query.name, "path": path, "in_library": query.inside is not None})
    return {"source": source, "count": len(queries), "list": listed}


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was exported, as its manifest tells."""

    manifest: dict[str, Any]
    library: Path
    models: tuple[str, ...]
    metrics: tuple[Metric, ...]
    k: int | None  # None: all
    max_distance: float | None
    queries: tuple[Query, ...]  # empty: every photo of the library

    def changes(self, library: Library, model_folders: Sequence[Path]) -> list[str]:
        """In words, what is not as it was: the program, the models, the photos. Empty if the run can be repeated."""
        found: list[str] = []
        made_with = self.manifest["program"]["version"]
        if made_with != __version__:
            found.append(f"it was made with {PRODUCT} {made_with}; this is {__version__}")
        for description in self.manifest["models"]:
            name = description["name"]
            try:
                same = find_model(name, model_folders).sha256 == description["sha256"]
            except (UnknownModelError, ModelError):
                found.append(f"the model {name} is not there any more")
                continue
            if not same:
                found.append(f"the model {name} is another file now")
        then, now = self.manifest["library"], describe_library(library)
        if then["images"] != now["images"]:
            found.append(f"the library had {then['images']} photos and has {now['images']} now")
        elif then["fingerprint"] != now["fingerprint"]:
            found.append("some of the library's photos have been edited or replaced")
        gone = sum(1 for query in self.queries if query.path is not None and not query.path.exists())
        if gone:
            found.append(f"{gone} of the {len(self.queries)} queries are not there any more")
        return found


def read_run(path: Path) -> Run:
    """Read a manifest. Raises ExportError if it is none, or one of a newer version."""
    try:
        manifest = json.loads(path.read_bytes())
    except OSError as error:
        raise ExportError(path, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise ExportError(path, f"it is no JSON ({error})") from error
    if not isinstance(manifest, dict) or "format" not in manifest:
        raise ExportError(path, "it is no manifest of an export")
    if manifest["format"] != FORMAT:
        raise ExportError(path, f"it has format {manifest['format']}; this program reads {FORMAT}")
    try:
        return _checked_run(manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise ExportError(path, f"something is missing or wrong in it ({error})") from error


def _checked_run(manifest: dict[str, Any]) -> Run:
    """The run; every field that is used later is looked at here, for people edit such files."""
    library = manifest["library"]
    root, k, max_distance = Path(library["root"]), manifest["k"], manifest["max_distance"]
    if not (k is None or (type(k) is int and k > 0)):
        raise ValueError(f"k is {k!r}")
    if not (max_distance is None or type(max_distance) in (int, float)):
        raise ValueError(f"max_distance is {max_distance!r}")
    texts = [manifest["program"]["version"], library["fingerprint"]]
    texts += [description[field] for description in manifest["models"] for field in ("name", "sha256")]
    if not all(isinstance(text, str) for text in texts) or type(library["images"]) is not int:
        raise TypeError("a text or a number is expected")
    return Run(
        manifest,
        root,
        tuple(description["name"] for description in manifest["models"]),
        tuple(Metric(name) for name in manifest["metrics"]),
        k,
        max_distance,
        tuple(_query(item, root) for item in manifest["queries"]["list"]),
    )


def _query(item: dict[str, Any], root: Path) -> Query:
    if not isinstance(item["name"], str):
        raise TypeError("the name of a query is no text")
    if item["in_library"]:
        return inner_query(root, item["name"])
    return Query(item["name"], None if item["path"] is None else Path(item["path"]), None, None)

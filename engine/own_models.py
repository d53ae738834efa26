"""The user's own models: adapted from labelled folders, kept beside the index, and thrown away again."""

import hashlib
import re
from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from engine import adapt
from engine.adapt import Adapted
from engine.adapted_file import SUFFIX, write_adapted
from engine.errors import AdaptError, FolderError
from engine.library import Library
from engine.metric import Metric
from engine.results import Progress
from engine.spec import NAME_PATTERN, ModelSpec, own_folder
from engine.store import Store


def free_name(root: Path, taken: Sequence[str]) -> str:
    """A name for a model of this library that no other one has, such as `my-holidays` or `my-holidays-2`."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", root.name).strip("-")[:60]
    name = f"my-{words or 'photos'}"
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)


def check_name(name: str, taken: Sequence[ModelSpec], data_dir: Path) -> ModelSpec | None:
    """Whether an own model may have this name; returns the own model that it would replace. Raises AdaptError."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise AdaptError(f"{name!r} is no name for a model: letters, digits, `.`, `_`, `+` and `-`, at most 100")
    other = next((spec for spec in taken if spec.name == name), None)
    if other is not None and not is_own(other, data_dir):
        raise AdaptError(f"there is a model named {name!r} already, and it is not one of your own")
    return other


def is_own(spec: ModelSpec, data_dir: Path) -> bool:
    """Whether a model was adapted here and can be thrown away."""
    return spec.base is not None and spec.path.parent.resolve() == own_folder(data_dir).resolve()


def adapt_library(
    library: Library, base: ModelSpec, labels: Sequence[str | None]
) -> Generator[Progress, None, Adapted]:
    """`engine.adapt.adapt` on what `base` knows of a library; `labels` stands in the order of its gallery. Raises
    AdaptError, FolderError where the base has seen no photo, StoreError."""
    if base.base is not None:
        raise AdaptError(f"{base.name} is adapted itself; choose {base.base.name}, which it builds on")
    gallery = library.gallery(base)
    if not len(gallery):
        raise FolderError(library.root, f"{base.name} has seen no photo in it yet")
    return (yield from adapt.adapt(gallery.vectors, labels))


def keep(store: Store, library: Library, base: ModelSpec, found: Adapted, name: str) -> ModelSpec:
    """Write the adapted model under this name into the own folder; the measured gain goes into its description.

    An own model of that name is replaced. Raises ModelError and OSError where the file cannot be written, and
    StoreBusyError while something is indexed.
    """
    path = own_folder(store.data_dir) / f"{name}{SUFFIX}"
    gain = found.gain
    photos = sum(count.photos for count in found.labels)
    spec = replace(
        base,
        name=name,
        purpose=f"Your own: {base.name}, adapted to {len(found.labels)} labels of {library.root.name}.",
        embedding_size=found.projection.outputs,
        metric=Metric.COSINE,
        unit_norm=False,
        training_data=(
            f"{photos} photos with {len(found.labels)} labels in {library.root.name}, on "
            f"{datetime.now(UTC).astimezone():%Y-%m-%d}; before that as {base.name}: {base.training_data}"
        )[:10_000],
        quality={
            "mAP gain": f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})",
            "mAP": round(found.after, 4),
            f"mAP of {base.name}": round(found.before, 4),
            "measured on": f"{gain.queries} of these photos, each left out of what was learned from",
            "photos": photos,
            "labels": len(found.labels),
        },
        path=path,
        base=base,
    )
    if path.exists():  # its vectors go first: where the index is busy, nothing has changed
        store.drop_model(hashlib.sha256(path.read_bytes()).hexdigest())
    return write_adapted(spec, found.projection, path)


def throw_away(store: Store, spec: ModelSpec) -> None:
    """Delete an own model and its vectors. Raises AdaptError for a model that is not the user's own, StoreBusyError
    while something is indexed, OSError."""
    if not is_own(spec, store.data_dir):
        raise AdaptError(f"{spec.name} is not one of your own models; only those can be thrown away")
    store.drop_model(spec.sha256)  # first: where the index is busy, nothing has changed
    spec.path.unlink(missing_ok=True)

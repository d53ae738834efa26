"""The command `adapt`: a model of the user's own, fitted to labelled folders, with its measured gain."""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import own_models
from engine.adapt import Adapted, LabelCount, count_labels
from engine.commands.answer import Answer, Place
from engine.commands.arguments import UsageError
from engine.commands.index import ensure_embedded
from engine.errors import AdaptError
from engine.labels import folder_labels, read_labels
from engine.results import Progress
from engine.spec import ModelSpec, list_models
from engine.store import Store

FOLDERS = "folders"


@dataclass(frozen=True, slots=True)
class AdaptOptions:
    """What the command line says about an adaptation."""

    folder: Path
    model: str | None  # None: the default one
    labels: str = FOLDERS  # or a CSV file
    only: Sequence[str] = ()  # labels; none: all
    name: str | None = None  # None: after the folder
    keep: bool = False  # also without a gain


def adapt(place: Place, store: Store, options: AdaptOptions) -> Generator[Progress, None, Answer]:
    """Adapt a model to the labels of a library, measure what that gains, and keep it where it does."""
    started = time.monotonic()
    base = place.model(options.model)
    known = list_models(place.folders()).models
    name = options.name or own_models.free_name(options.folder.resolve(), [spec.name for spec in known])
    try:
        own_models.check_name(name, known, place.data_dir)
        given = None if options.labels == FOLDERS else read_labels(Path(options.labels))
        library = yield from ensure_embedded(place, store, options.folder, [base])
        paths = library.gallery(base).paths
        labels = folder_labels(paths) if given is None else [given.get(path) for path in paths]
        counts = count_labels(labels)
        labels = _chosen(labels, counts, options.only)
        found = yield from own_models.adapt_library(library, base, labels)
        made = own_models.keep(store, library, base, found, name) if found.gains or options.keep else None
    except AdaptError as error:
        raise UsageError(str(error)) from error
    if made is not None:
        yield from ensure_embedded(place, store, options.folder, [made])
    seconds = time.monotonic() - started

    def value() -> dict[str, Any]:
        used = {count.label for count in found.labels}
        return {
            "library": str(library.root),
            "base": base.name,
            "name": None if made is None else made.name,
            "file": None if made is None else str(made.path),
            "labels": [{"label": c.label, "photos": c.photos, "used": c.label in used} for c in counts],
            "photos": found.photos,
            "scenes": found.scenes,
            "shrinkage": found.shrinkage,
            "map_before": found.before,
            "map_after": found.after,
            "gain": found.gain.to_json(),
            "gains": found.gains,
            "seconds": seconds,
        }

    return Answer(value, lambda: _lines(base, counts, found, made))


def _chosen(labels: list[str | None], counts: Sequence[LabelCount], only: Sequence[str]) -> list[str | None]:
    unknown = set(only) - {count.label for count in counts}
    if unknown:
        raise UsageError(f"--only {min(unknown)}: no photo has this label")
    return [label if not only or label in only else None for label in labels]


def _lines(base: ModelSpec, counts: Sequence[LabelCount], found: Adapted, made: ModelSpec | None) -> Iterator[str]:
    used = {count.label for count in found.labels}
    yield "photos by label:"
    for count in counts:
        why = "" if count.label in used else "  (too few)" if not count.enough else "  (not chosen)"
        yield f"  {count.label:<24}{count.photos:>6}{why}"
    gain = found.gain
    yield (
        f"mAP on {gain.queries} photos that were left out: {found.before:.4f} with {base.name}, "
        f"{found.after:.4f} adapted; the difference is {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
    )
    if made is None:
        yield "no gain could be shown, so the adapted model was not kept (--keep keeps it all the same)"
    elif found.gains:
        yield f"kept as {made.name}: {made.path}"
    else:
        yield f"no gain could be shown; kept all the same as {made.name}: {made.path}"

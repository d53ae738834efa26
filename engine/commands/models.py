"""The command `models`: every model there is, with its description."""

import logging
from collections.abc import Iterator
from typing import Any

from engine.commands.answer import Answer, Place
from engine.spec import DEFAULT_MODEL, ModelSpec, list_models

logger = logging.getLogger(__name__)


def models(place: Place) -> Answer:
    """List the models; a file that is refused is logged with what is wrong about it."""
    found = list_models(place.folders())
    for refused in found.refused:
        logger.warning("refused: %s", refused)

    def lines() -> Iterator[str]:
        for spec in found.models:
            yield from _lines(spec)

    return Answer(lambda: [description(spec) for spec in found.models], lines)


def description(spec: ModelSpec) -> dict[str, Any]:
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


def _lines(spec: ModelSpec) -> Iterator[str]:
    yield f"{spec.name}{' (default)' if spec.name == DEFAULT_MODEL else ''}: {spec.purpose}"
    yield (
        f"    {spec.file_size / 1e6:.1f} MB, {spec.width}×{spec.height} pixels, "
        f"{spec.embedding_size} dimensions, {spec.metric} distance"
    )
    for name, value in spec.quality.items():
        yield f"    {name}: {value}"

"""The command `models`: every model there is, with its description."""

import logging
from collections.abc import Iterator

from engine.commands.answer import Answer, Place
from engine.manifest import describe_model
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

    return Answer(lambda: [describe_model(spec) for spec in found.models], lines)


def _lines(spec: ModelSpec) -> Iterator[str]:
    yield f"{spec.name}{' (default)' if spec.name == DEFAULT_MODEL else ''}: {spec.purpose}"
    yield (
        f"    {spec.file_size / 1e6:.1f} MB, {spec.width}×{spec.height} pixels, "
        f"{spec.embedding_size} dimensions, {spec.metric} distance"
    )
    for name, value in spec.quality.items():
        yield f"    {name}: {value}"

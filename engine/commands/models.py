"""The command `models`: every model there is, with its description; the user's own can be thrown away."""

import logging
from collections.abc import Iterator

from engine import own_models
from engine.commands.answer import Answer, Place
from engine.commands.arguments import UsageError
from engine.errors import AdaptError
from engine.manifest import describe_model
from engine.spec import DEFAULT_MODEL, ModelSpec, list_models
from engine.store import Store

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


def throw_away(place: Place, store: Store, name: str) -> Answer:
    """Delete one of the user's own models, and its vectors."""
    spec = place.model(name)
    try:
        own_models.throw_away(store, spec)
    except AdaptError as error:
        raise UsageError(str(error)) from error
    return Answer(lambda: {"thrown_away": name}, lambda: [f"thrown away: {name}"])


def _lines(spec: ModelSpec) -> Iterator[str]:
    yield f"{spec.name}{' (default)' if spec.name == DEFAULT_MODEL else ''}: {spec.purpose}"
    yield (
        f"    {spec.file_size / 1e6:.1f} MB, {spec.width}×{spec.height} pixels, "
        f"{spec.embedding_size} dimensions, {spec.metric} distance"
    )
    for name, value in spec.quality.items():
        yield f"    {name}: {value}"

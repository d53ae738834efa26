"""What the window of own models asks of the engine: the labels there are, learning, keeping, throwing away; no Qt."""

from collections.abc import Collection, Generator
from dataclasses import dataclass
from pathlib import Path

from engine import own_models
from engine.adapt import MIN_LABELS, Adapted, LabelCount, count_labels
from engine.labels import folder_labels
from engine.results import Progress
from engine.spec import ModelSpec
from gui.backend import Backend
from gui.export_job import index_first
from gui.worker import Token


@dataclass(frozen=True, slots=True)
class AdaptRequest:
    """What to learn: a base, the folders that are labels, and the new model's name."""

    root: Path
    base: ModelSpec
    labels: frozenset[str]
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What came out; `model` is None where it was not kept, for it gains nothing."""

    request: AdaptRequest
    found: Adapted
    model: ModelSpec | None


def count_steps(backend: Backend, root: Path) -> Generator[Progress, None, tuple[LabelCount, ...]]:
    """The folders of a library and how many photos lie in each."""
    yield Progress("counting", 0)
    return count_labels(folder_labels(backend.store.library(root).files().paths))


def learn_steps(backend: Backend, request: AdaptRequest, token: Token) -> Generator[Progress, None, Learned]:
    """Learn, with what has to be indexed before, and keep the model where it gains."""
    own_models.check_name(request.name, backend.models.models, backend.data_dir)
    library = yield from index_first(backend, request.root, (request.base,), token)
    labels = folder_labels(library.gallery(request.base).paths)
    chosen = [label if label in request.labels else None for label in labels]
    found = yield from own_models.adapt_library(library, request.base, chosen)
    if not found.gains:
        return Learned(request, found, None)
    return (yield from keep_steps(backend, Learned(request, found, None), token))


def keep_steps(backend: Backend, learned: Learned, token: Token) -> Generator[Progress, None, Learned]:
    """Write the model, and give it the vectors of the library's photos."""
    yield Progress("keeping", 0)
    request = learned.request
    library = backend.store.library(request.root)
    model = own_models.keep(backend.store, library, request.base, learned.found, request.name)
    yield from index_first(backend, request.root, (model,), token)
    return Learned(request, learned.found, model)


def throw_away_steps(backend: Backend, spec: ModelSpec) -> Generator[Progress, None, ModelSpec]:
    """Delete an own model and its vectors."""
    yield Progress("throwing away", 0)
    own_models.throw_away(backend.store, spec)
    return spec


def own_ones(backend: Backend) -> list[ModelSpec]:
    """The user's own models."""
    return [spec for spec in backend.models.models if own_models.is_own(spec, backend.data_dir)]


def free_name(backend: Backend, root: Path) -> str:
    """A name for a new model of this library."""
    return own_models.free_name(root, [spec.name for spec in backend.models.models])


def enough(counts: Collection[LabelCount], chosen: Collection[str]) -> bool:
    """Whether the chosen labels are enough to learn from."""
    return sum(count.enough for count in counts if count.label in chosen) >= MIN_LABELS

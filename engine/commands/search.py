"""The command `search`: the photos of a library in order of their distance to one image."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.commands.answer import Answer, Place
from engine.commands.index import ensure_embedded
from engine.library import Library
from engine.metric import Metric
from engine.query_set import current_position, path_inside
from engine.results import Progress, Ranking
from engine.search import nearest
from engine.spec import ModelSpec
from engine.store import Store


def search(
    place: Place, store: Store, folder: Path, image: Path, model: str | None, metric: Metric | None, k: int
) -> Generator[Progress, None, Answer]:
    """Rank the photos of a library by their distance to `image`; `k` 0: all of them; `metric` None: the model's own.

    A library that this model has never seen is indexed first. A photo of the library is looked up in the index rather
    than embedded again, and is left out of its own ranking.
    """
    spec = place.model(model)
    library = yield from ensure_embedded(place, store, folder, [spec])
    gallery = library.gallery(spec)
    path = path_inside(library.root, image)
    vector = query_vector(place, library, spec, image)
    ranking = nearest(gallery, vector, metric or spec.metric, k or None, exclude=path)
    size = len(gallery)
    approximate = gallery.approximate and len(ranking) < size - (path is not None)

    def value() -> dict[str, Any]:
        return {
            "query": str(image),
            "library": str(library.root),
            "library_size": size,
            **ranking_value(ranking),
            "approximate": approximate,
        }

    return Answer(value, lambda: (f"{match.rank}\t{match.distance:.6f}\t{match.path}" for match in ranking))


def query_vector(place: Place, library: Library, spec: ModelSpec, image: Path) -> NDArray[np.float32]:
    """The vector of an image: from the index where it lies in the library and has not changed, embedded otherwise."""
    gallery = library.gallery(spec)
    path = path_inside(library.root, image)
    position = None if path is None else current_position(library.root, library.files(), gallery, path)
    if position is not None:
        return gallery.vector(position)
    from engine.embedder import open_embedder
    from engine.query import embed_file

    return embed_file(open_embedder(spec, place.provider, place.threads), image).vector


def ranking_value(ranking: Ranking) -> dict[str, Any]:
    """A ranking as JSON takes it."""
    results = [{"rank": match.rank, "path": match.path, "distance": match.distance} for match in ranking]
    return {"model": ranking.model, "metric": str(ranking.metric), "results": results}

"""The command `search`: the photos of a library in order of their distance to one image."""

import logging
from collections.abc import Generator
from pathlib import Path
from typing import Any

from engine.commands.answer import Answer, Place
from engine.commands.index import bring_up_to_date
from engine.errors import DecodeError
from engine.metric import Metric
from engine.results import Progress, Ranking
from engine.search import nearest
from engine.spec import ModelSpec
from engine.store import Library, Store

logger = logging.getLogger(__name__)


def search(
    place: Place, store: Store, folder: Path, image: Path, model: str | None, metric: Metric | None, k: int
) -> Generator[Progress, None, Answer]:
    """Rank the photos of a library by their distance to `image`; `k` 0: all of them; `metric` None: the model's own.

    A library that this model has never seen is indexed first. A photo of the library is looked up in the index rather
    than embedded again, and is left out of its own ranking.
    """
    spec = place.model(model)
    library = store.library(folder)
    gallery = library.gallery(spec)
    if len(gallery) == 0:
        yield from bring_up_to_date(place, store, folder, spec)
        gallery = library.gallery(spec)
    pending = len(library.files()) - len(gallery)
    if pending > 0:
        logger.warning("%d photos of this library are not embedded yet: `index` embeds them", pending)
    path = path_inside(library.root, image)
    position = None if path is None else current_position(library, spec, path)
    if position is not None:
        vector = gallery.vector(position)
    else:
        from engine.embedder import open_embedder
        from engine.query import embed_file

        vector = embed_file(open_embedder(spec, place.provider, place.threads), image).vector
    ranking = nearest(gallery, vector, metric or spec.metric, k or None, exclude=path)
    size = len(gallery)

    def value() -> dict[str, Any]:
        return {"query": str(image), "library": str(library.root), "library_size": size, **ranking_value(ranking)}

    return Answer(value, lambda: (f"{match.rank}\t{match.distance:.6f}\t{match.path}" for match in ranking))


def ranking_value(ranking: Ranking) -> dict[str, Any]:
    """A ranking as JSON takes it."""
    results = [{"rank": match.rank, "path": match.path, "distance": match.distance} for match in ranking]
    return {"model": ranking.model, "metric": str(ranking.metric), "results": results}


def path_inside(root: Path, image: Path) -> str | None:
    """The path of `image` relative to the library, with `/`, or None where it lies elsewhere."""
    # The folder is resolved, the file's own name is not: a link that lies in the library is a photo of the library.
    try:
        return (image.parent.resolve() / image.name).relative_to(root.resolve()).as_posix()
    except ValueError:
        return None


def current_position(library: Library, spec: ModelSpec, path: str) -> int | None:
    """Where a photo stands in the gallery, if its embedding is that of the file as it is now; else None.

    Raises DecodeError when the file is gone.
    """
    position = library.gallery(spec).index_of(path)
    if position is None:
        return None
    try:
        now = (library.root / path).stat()
    except OSError as error:
        raise DecodeError(library.root / path, error.strerror or str(error)) from error
    files = library.files()
    row = files.paths.index(path)
    unchanged = now.st_size == files.sizes[row] and now.st_mtime_ns == files.mtimes_ns[row]
    return position if unchanged else None

"""The command `robustness`: what changes of a picture a model sees, told by how far its ranking moves."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from engine.commands.answer import Answer, Place
from engine.commands.arguments import UsageError
from engine.commands.index import ensure_embedded
from engine.embedder import open_embedder
from engine.library import Library
from engine.metric import Metric
from engine.query import Region, load_part
from engine.query_set import path_inside
from engine.results import Progress
from engine.robustness import CLEARLY_SEEN, LEAST_OTHERS, Pixels, Robustness, measure_robustness
from engine.store import Store


def robustness(
    place: Place, store: Store, folder: Path, image: Path, model: str | None, metric: Metric | None, k: int
) -> Generator[Progress, None, Answer]:
    """Vary a query and tell how far its ranking of the library moves."""
    if k < 1:
        raise UsageError("-k must be at least 1: all photos are the same photos whatever the query is")
    spec = place.model(model)
    library = yield from ensure_embedded(place, store, folder, [spec])
    gallery = library.gallery(spec)
    own = path_inside(library.root, image)
    others = len(gallery) - (own is not None and gallery.index_of(own) is not None)
    if others < LEAST_OTHERS:
        raise UsageError(f"{folder}: a ranking that can change takes {LEAST_OTHERS} other photos; there are {others}")
    embedder = open_embedder(spec, place.provider, place.threads)

    def picture(region: Region | None) -> Pixels:
        return load_part(spec, image, region)[1]

    found = yield from measure_robustness(embedder, gallery, picture, metric or spec.metric, k, own)
    return Answer(lambda: _value(library, image, found), lambda: _lines(found))


def _value(library: Library, image: Path, found: Robustness) -> dict[str, Any]:
    return {
        "query": str(image),
        "library": str(library.root),
        "model": found.model,
        "metric": str(found.metric),
        "k": found.k,
        "typical_distance": found.typical,
        "variations": [
            {
                "name": one.name,
                "distance": one.distance,
                "overlap": one.overlap,
                "rank_change": one.rank_change,
                "ranks": list(one.ranks),
                "own_rank": one.own_rank,
            }
            for one in found.variations
        ],
        "hardly_seen": list(found.hardly_seen()),
        "somewhat_seen": list(found.seen(clearly=False)),
        "clearly_seen": list(found.seen(clearly=True)),
    }


def _lines(found: Robustness) -> Iterator[str]:
    yield f"{found.model}, {found.metric}; of the first {found.k} results so many stay among the first {found.k}:"
    width = max(len(one.name) for one in found.variations)
    for one in found.variations:
        own = "" if one.own_rank is None else f", the photo itself at rank {one.own_rank}"
        moved = f"moved by {one.rank_change:.1f} ranks on average"
        yield f"  {one.name:<{width}}  {100 * one.overlap:3.0f} %  distance {one.distance:.4f}, {moved}{own}"
    yield f"  (two photos of the library are {found.typical:.4f} apart, in the middle of all pairs)"
    for words, names in (
        ("hardly sees", found.hardly_seen()),
        ("sees somewhat", found.seen(clearly=False)),
        (f"does see (fewer than {100 * CLEARLY_SEEN:.0f} % stay)", found.seen(clearly=True)),
    ):
        if names:
            yield f"with this query the model {words}: {', '.join(names)}"

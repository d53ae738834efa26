"""What a map shows, made on a background thread: places, folders, and the distances to a query; no widgets."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.gallery import Gallery
from engine.kept_map import lay_out
from engine.library import Library
from engine.metric import Metric
from engine.photo_map import Layout, PhotoMap
from engine.results import Progress
from engine.search import all_distances
from engine.spec import ModelSpec
from gui.map_groups import Groups, by_folder
from gui.search_job import SearchReply


@dataclass(frozen=True, slots=True)
class MapRequest:
    """Everything that decides a map."""

    model: ModelSpec
    metric: Metric
    layout: Layout
    generation: int  # of the library


@dataclass(frozen=True, slots=True, eq=False)
class MapReply:
    """A map of the gallery's photos, in the gallery's order."""

    request: MapRequest
    gallery: Gallery
    photo_map: PhotoMap
    groups: Groups
    to_file: NDArray[np.int64] | None  # [N] the library's file of each photo; None where a model has seen all of them
    contents: NDArray[np.uint8] | None  # [N, 16] hashes, where they are known


@dataclass(frozen=True, slots=True, eq=False)
class MapDistances:
    """How far every photo of a map is from the query: float32 [N]."""

    map: MapReply
    reply: SearchReply
    distances: NDArray[np.float32]


def map_steps(library: Library, request: MapRequest, anew: bool) -> Generator[Progress, None, MapReply]:
    """Take the map as it was kept, or make it."""
    gallery, photo_map = yield from lay_out(library, request.model, request.metric, request.layout, anew=anew)
    files, to_file = library.files(), None
    contents: NDArray[np.uint8] | None = files.content
    if files.paths != gallery.paths:
        to_file = np.flatnonzero(library.rows(request.model) >= 0)
        fits = len(to_file) == len(gallery) and files.paths.take(to_file) == gallery.paths
        contents = files.content[to_file] if fits else None
    return MapReply(request, gallery, photo_map, by_folder(gallery.paths), to_file, contents)


def measure(shown: MapReply, reply: SearchReply) -> MapDistances:
    """The distances of all photos of a map to the query of a search."""
    return MapDistances(shown, reply, all_distances(shown.gallery, reply.vector, reply.request.metric))

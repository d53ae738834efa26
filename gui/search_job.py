"""One search, from a frozen request to a reply, on a background thread; no Qt."""

import time
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.gallery import Gallery
from engine.metric import Metric, pairwise_distance
from engine.refine import rocchio
from engine.results import Ranking
from engine.search import nearest
from engine.spec import ModelSpec
from engine.store import Library
from gui.arrangement import Listing
from gui.backend import Backend
from gui.session_state import Part, Query, Scope

BLOCK = 8192  # distances computed between two points where the job can be stopped: some 10 ms
SHOW_FIRST_S = 0.05  # the histogram's arithmetic would take the cores from the painting of the results
VECTORS_KEPT = 64  # queries from outside the library whose embedding need not be computed again for another metric


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Everything that decides a result; a reply carries the request it answers."""

    id: int
    query: Query
    model: ModelSpec
    metric: Metric
    count: int  # 0: all
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class SearchReply:
    """A ranking over a gallery, and how the gallery's positions map to the library's files."""

    request: SearchRequest
    vector: NDArray[np.float32]  # [D], the query's
    gallery: Gallery
    ranking: Ranking
    listing: Listing
    to_file: NDArray[np.int64] | None  # [N] position in the gallery -> row of `listing`; None where they are the same
    candidates: int  # photos that could have been results

    @property
    def approximate(self) -> bool:
        """Whether a photo that is as near may be missing: a server's index chose the results."""
        return self.gallery.approximate and len(self.ranking) < self.candidates


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """The distances of everything that could have been a result: float32 [M], ascending. Of the results alone where
    there are more photos on a server than are read from it."""

    request: SearchRequest
    distances: NDArray[np.float32]


class Searcher:
    """Answers requests about one library, one at a time, on the thread that calls it."""

    def __init__(self, backend: Backend, library: Library) -> None:
        self._backend = backend
        self._library = library
        self._vectors: OrderedDict[tuple[str, Part], NDArray[np.float32]] = OrderedDict()

    def steps(self, request: SearchRequest) -> Generator[SearchReply | None, None, Spread]:
        """Yields the photos ranked by their distance to the query, then returns the distances of all photos, which
        take longer in a large library; it yields None meanwhile, so that it can be stopped for another search.

        Raises DecodeError when a picture of the query cannot be read, ModelError when the network fails on it.
        """
        gallery = self._library.gallery(request.model)
        listing = Listing.indexed(self._library.files())
        vector = self._query_vector(request, gallery)
        own = sole_photo_left_out(gallery, request.query, request.scope)
        allowed = None if own is not None else allowed_photos(gallery, request.query, request.scope)
        exclude = None if own is None else gallery.paths[own]
        ranking = nearest(gallery, vector, request.metric, request.count or None, exclude=exclude, allowed=allowed)
        candidates = len(gallery) - (own is not None) if allowed is None else int(allowed.sum())
        to_file = self._to_file(gallery, listing, request.model)
        yield SearchReply(request, vector, gallery, ranking, listing, to_file, candidates)
        if len(ranking) == candidates or not gallery.whole:
            return Spread(request, ranking.distances.astype(np.float32))
        distances = yield from _all_distances(gallery, vector, request.metric)
        if own is not None:
            distances = np.delete(distances, own)
        return Spread(request, np.sort(distances if allowed is None else distances[allowed]))

    def _query_vector(self, request: SearchRequest, gallery: Gallery) -> NDArray[np.float32]:
        from engine.query import combine  # with onnxruntime behind it, which the window's start need not wait for

        base, marks = request.query.base, [part for part in request.query.parts if part.mark]
        vectors = [self._vector(part, request.model, gallery) for part in base]
        signs = [part.sign for part in base]
        vector = vectors[0] if signs == [1] else combine(vectors, signs)
        if not marks:
            return vector
        judged = np.stack([self._vector(part, request.model, gallery) for part in marks])
        liked = np.array([part.sign > 0 for part in marks])
        return rocchio(vector, judged[liked], judged[~liked])

    def _vector(self, part: Part, spec: ModelSpec, gallery: Gallery) -> NDArray[np.float32]:
        if part.path is not None and part.region is None:
            position = gallery.index_of(part.path)
            if position is not None:
                return gallery.vector(position)
        key = (spec.sha256, replace(part, sign=1, mark=False))
        if key not in self._vectors:
            self._vectors[key] = self._embed(part, spec)
            while len(self._vectors) > VECTORS_KEPT:
                self._vectors.popitem(last=False)
        self._vectors.move_to_end(key)
        return self._vectors[key]

    def _embed(self, part: Part, spec: ModelSpec) -> NDArray[np.float32]:
        from engine.query import embed_file, embed_rgb

        embedder = self._backend.embedder(spec)
        if part.pasted is not None:
            return embed_rgb(embedder, part.pasted.rgb, part.pasted.name, region=part.region).vector
        file = part.file if part.path is None else self._library.root / part.path
        assert file is not None
        return embed_file(embedder, file, region=part.region).vector

    def _to_file(self, gallery: Gallery, listing: Listing, spec: ModelSpec) -> NDArray[np.int64] | None:
        """While a model has not seen every photo, its positions are not those of the listing."""
        if gallery.paths == listing.paths:
            return None
        present = np.flatnonzero(self._library.rows(spec) >= 0)
        fits = len(present) == len(gallery) and (not len(present) or present[-1] < len(listing))
        if fits and listing.paths.take(present) == gallery.paths:
            return present
        # A commit came in between: look each path up.
        rows = (listing.paths.index_of(path) for path in gallery.paths)
        return np.fromiter((-1 if row is None else row for row in rows), np.int64, len(gallery))


def _all_distances(
    gallery: Gallery, query: NDArray[np.float32], metric: Metric
) -> Generator[None, None, NDArray[np.float32]]:
    """The distance of every photo, float32 [N], once the window has had the time to show the nearest."""
    end = time.monotonic() + SHOW_FIRST_S
    while time.monotonic() < end:
        time.sleep(SHOW_FIRST_S / 5)
        yield None
    distances = np.empty(len(gallery), dtype=np.float32)
    for start in range(0, len(gallery), BLOCK):
        block = slice(start, start + BLOCK)
        positions = np.arange(start, min(start + BLOCK, len(gallery)), dtype=np.int64)
        distances[block] = pairwise_distance(gallery.vectors(positions), query, metric)
        yield None
    return distances


def sole_photo_left_out(gallery: Gallery, query: Query, scope: Scope) -> int | None:
    """The position of the query, where it alone may not be a result, as after a click on a photo. The search leaves out
    one photo without reading the others one by one: measured at 100,000 photos, it takes half the time."""
    if scope != Scope() or len(query.base) != 1 or query.base[0].path is None:
        return None
    return gallery.index_of(query.base[0].path)


def allowed_photos(gallery: Gallery, query: Query, scope: Scope) -> NDArray[np.bool_] | None:
    """Which photos may be results, bool [N]: those in scope that are not the query itself; marked ones may. None: all
    of them."""
    allowed = np.ones(len(gallery), dtype=np.bool_)
    if scope.folder:
        first, end = gallery.paths.folder_range(scope.folder)
        allowed[:first] = False
        allowed[end:] = False
    for part in query.base:
        if part.path is None:
            continue
        position = gallery.index_of(part.path)
        if position is not None:
            allowed[position] = False
        if scope.skip_own_folder:
            _leave_out_folder(allowed, gallery, part.path.rpartition("/")[0])
    return None if allowed.all() else allowed


def _leave_out_folder(allowed: NDArray[np.bool_], gallery: Gallery, folder: str) -> None:
    if folder:
        first, end = gallery.paths.folder_range(folder)
        allowed[first:end] = False
        return
    # The query lies in the library's top folder: leave out what lies there, but not what lies in its sub-folders.
    allowed &= np.fromiter(("/" in path for path in gallery.paths), np.bool_, len(gallery))

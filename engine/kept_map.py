"""The map of a library, kept beside the index: it opens at once, and photos that came since find their place in it."""

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.gallery import Gallery
from engine.library import Library
from engine.metric import Metric
from engine.photo_map import Layout, PhotoMap, pca_map
from engine.results import Progress
from engine.search import nearest_batch
from engine.spec import ModelSpec
from engine.tsne import tsne_map

# A map that took minutes goes on when few photos are new: they are put among their nearest.
NEW_SHARE = 0.1  # of all photos, since the map was arranged
NEIGHBOURS = 5


def lay_out(
    library: Library, spec: ModelSpec, metric: Metric, layout: Layout, *, anew: bool = False
) -> Generator[Progress, None, tuple[Gallery, PhotoMap]]:
    """The photos that the model has seen, and their map: as it was kept, or made now and kept. `anew` makes it in any
    case. Closing the generator stops it, and nothing is kept. Raises MapError where the layout needs what is not
    installed."""
    key = library.kept_key(spec)
    gallery = library.gallery(spec)
    name = "" if key is None else f"map-{library.number}-{key['model']}-{layout}-{metric}"
    kept = None if key is None or anew else library.load_kept(name, key)
    known = None if kept is None else _known(kept, gallery, layout)
    if known is not None:
        photo_map, missing = known
        if not len(missing):
            return gallery, photo_map
        if layout is not Layout.PCA and photo_map.added + len(missing) <= NEW_SHARE * len(gallery):
            yield from _put_among_nearest(gallery, metric, photo_map.points, missing)
            photo_map = replace(photo_map, added=photo_map.added + len(missing))
            _keep(library, name, key, gallery, photo_map)
            return gallery, photo_map
    photo_map = yield from (pca_map if layout is Layout.PCA else tsne_map)(gallery, metric)
    _keep(library, name, key, gallery, photo_map)
    return gallery, photo_map


def _keep(library: Library, name: str, key: Mapping[str, Any] | None, gallery: Gallery, photo_map: PhotoMap) -> None:
    if key is None or not len(gallery):
        return
    explained = np.array([-1.0 if photo_map.explained is None else photo_map.explained])
    # By the row of the vector: copies and renamed photos have the same one.
    rows, first = np.unique(gallery.rows, return_index=True)
    arrays: dict[str, NDArray[Any]] = {
        "rows": rows,
        "points": photo_map.points[first],
        "explained": explained,
        "added": np.array([photo_map.added]),
    }
    library.save_kept(name, key, arrays)


def _known(
    kept: Mapping[str, NDArray[Any]], gallery: Gallery, layout: Layout
) -> tuple[PhotoMap, NDArray[np.int64]] | None:
    """The kept map of the gallery's photos, and the positions of those that it lacks; None where it is not whole."""
    try:
        rows, points = kept["rows"], kept["points"]
        explained, added = float(kept["explained"][0]), int(kept["added"][0])
    except (KeyError, IndexError):
        return None
    if points.shape != (len(rows), 2) or not len(rows) or not np.isfinite(points).all():
        return None
    at = np.minimum(np.searchsorted(rows, gallery.rows), len(rows) - 1)
    missing = np.flatnonzero(rows[at] != gallery.rows)
    found = points[at].astype(np.float32)
    return PhotoMap(layout, found, None if explained < 0 else explained, added), missing


def _put_among_nearest(
    gallery: Gallery, metric: Metric, points: NDArray[np.float32], missing: NDArray[np.int64]
) -> Generator[Progress, None, None]:
    """Give each missing photo the middle of the places of the nearest photos that have one."""
    allowed = np.ones(len(gallery), dtype=np.bool_)
    allowed[missing] = False
    rankings = nearest_batch(gallery, gallery.vectors(missing), metric, NEIGHBOURS, allowed=allowed)
    for done, (position, ranking) in enumerate(zip(missing, rankings, strict=True)):
        points[position] = np.median(points[ranking.order], axis=0)
        if done % 64 == 0:
            yield Progress("placing", done, len(missing))

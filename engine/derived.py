"""Gives adapted models the vectors that follow from their base's stored ones, without embedding any photo again."""

from collections.abc import Callable, Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.adapted_file import load_projection
from engine.library import Library
from engine.results import Progress
from engine.spec import ModelSpec
from engine.store import Store
from engine.writer import Batch, Writer

AT_ONCE = 4096  # vectors in a commit


def derivable(library: Library, spec: ModelSpec) -> NDArray[np.int64]:
    """Files of the library (rows of `files()`) that the base of an adapted model has a vector of and the model itself
    has none; of copies only the first. Empty for a model that is not adapted."""
    if spec.base is None:
        return np.empty(0, dtype=np.int64)
    files = library.files()
    own, base = library.rows(spec), library.rows(spec.base)
    if not len(files) == len(own) == len(base):  # a commit came in between: the next indexing sees to the rest
        return np.empty(0, dtype=np.int64)
    wanted = np.flatnonzero((own < 0) & (base >= 0))
    _, first = np.unique(files.content_ids[wanted], return_index=True)
    return wanted[np.sort(first)]


def derive(
    store: Store, library: Library, specs: Sequence[ModelSpec], cancelled: Callable[[], bool] = lambda: False
) -> Generator[Progress, None, None]:
    """Store what is derivable, in the stage "deriving"; for whoever holds `Store.exclusive`. What is done when it is
    cancelled is kept. Raises StoreError, and ModelError where the map cannot be read."""
    for spec in specs:
        wanted = derivable(library, spec)
        if not len(wanted) or spec.base is None:
            continue
        projection = load_projection(spec)
        files, gallery = library.files(), library.gallery(spec.base)
        writer = Writer(store, library)
        with store.reading() as db:
            known = store.model_state(db, spec.base.sha256)
        number = writer.model(spec, known.provider if known is not None else "cpu")
        for start in range(0, len(wanted), AT_ONCE):
            if cancelled():
                return
            yield Progress("deriving", start, len(wanted))
            part = [int(row) for row in wanted[start : start + AT_ONCE]]
            found = [(row, gallery.index_of(files.paths[row])) for row in part]
            positions = np.array([at for _, at in found if at is not None], dtype=np.int64)
            vectors = projection.apply(gallery.vectors(positions))
            contents = [files.content[row].tobytes() for row, at in found if at is not None]
            finite: NDArray[np.bool_] = np.asarray(np.isfinite(vectors).all(axis=1))
            pairs = [(content, vector) for content, vector, fine in zip(contents, vectors, finite, strict=True) if fine]
            if pairs:
                writer.commit(Batch(vectors={number: pairs}))

"""What the window needs to know of an open library at one moment, looked up on a background thread; no Qt."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.results import Skipped
from engine.store import Library
from gui.arrangement import Listing
from gui.backend import Backend


@dataclass(frozen=True, slots=True, eq=False)
class LibraryState:
    """Its files, what could not be read, and how many photos each model has seen."""

    library: Library
    listing: Listing
    folders: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    counts: Mapping[str, int]  # model's name -> photos that it has a vector of
    generation: int


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """Which files of a listing a filter text keeps; None: all."""

    listing: Listing
    matching: NDArray[np.bool_] | None


def open_library(backend: Backend, root: Path) -> LibraryState:
    """Open a folder as a library. Raises FolderError when it cannot be read, StoreError when the index cannot,
    VectorStoreError when a server cannot."""
    return look(backend, backend.store.library(root))


def look(backend: Backend, library: Library, previous: LibraryState | None = None) -> LibraryState:
    """The state now; `previous` saves work where the files are still the same."""
    files = library.files()
    if previous is not None and previous.generation == files.generation:
        listing, folders, skipped = previous.listing, previous.folders, previous.skipped
    else:
        listing = Listing.indexed(files)
        folders, skipped = tuple(listing.folders()), tuple(library.skipped())
    counts = {}
    for spec in backend.models.models:
        try:
            counts[spec.name] = int((library.rows(spec) >= 0).sum())
        except ModelError:  # the file went away: the dropdown says "not indexed", choosing it says why
            continue
    return LibraryState(library, listing, folders, skipped, counts, files.generation)


def filter_names(listing: Listing, text: str) -> Filtered:
    """Apply a filter text to the paths of a listing."""
    return Filtered(listing, listing.containing(text))

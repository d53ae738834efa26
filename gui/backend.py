"""The engine's parts that live as long as the window does, for jobs on any thread; no Qt."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.results import Skipped
from engine.spec import DEFAULT_MODEL, ModelList, ModelSpec, list_models, own_folder
from engine.store import Library, Store
from engine.thumbnail_store import ThumbnailStore

if TYPE_CHECKING:
    from engine.embedder import Embedder
    from engine.vector_store import StoreAddress

# Three models can be seen side by side. The other networks are closed, and opened again when they are asked for: the
# largest takes some 80 MiB.
NETWORKS_KEPT = 3


class Backend:
    """Store, thumbnails, models, and the networks that were used last: one session for each model, shared by all."""

    def __init__(
        self,
        data_dir: Path,
        model_folders: Sequence[Path],
        provider: str | None,
        address: "StoreAddress | None" = None,
    ) -> None:
        """`address`: the server that holds the vectors, instead of the index."""
        self.data_dir = data_dir
        self.provider = self._given_provider = provider  # the command line's word stands above the preferences
        self.address = address
        self.store = Store(data_dir) if address is None else served_store(data_dir, address)
        self.thumbnails = ThumbnailStore(data_dir)
        self._folders = (*model_folders, own_folder(data_dir))
        self._embedders: dict[Path, Embedder] = {}
        self._opening = threading.Lock()
        self.models: ModelList = list_models(self._folders)

    def reload_models(self) -> ModelList:
        """Look into the model folders again; networks of models that have gone or changed are closed."""
        self.models = list_models(self._folders)
        with self._opening:
            known = set(self.models.models)
            self._embedders = {path: one for path, one in self._embedders.items() if one.spec in known}
        return self.models

    def model(self, name: str) -> ModelSpec | None:
        """The model of that name, else the default one, else the first; None if there is no model at all."""
        by_name = {spec.name: spec for spec in self.models.models}
        return by_name.get(name) or by_name.get(DEFAULT_MODEL) or next(iter(by_name.values()), None)

    def embedder(self, spec: ModelSpec) -> "Embedder":
        """The opened network of a model; opens it at the first call, which takes some tenths of a second."""
        from engine.adapted_embedder import AdaptedEmbedder
        from engine.embedder import open_embedder  # onnxruntime: a tenth of a second that the window need not wait for

        base = None if spec.base is None else self.embedder(spec.base)
        with self._opening:
            opened = self.opened(spec)
            if opened is None:
                opened = open_embedder(spec, self.provider) if base is None else AdaptedEmbedder(spec, base)
            others = {path: one for path, one in self._embedders.items() if path != spec.path}
            self._embedders = _last_used({**others, spec.path: opened})
            return opened

    def opened(self, spec: ModelSpec) -> "Embedder | None":
        """The network of a model if it is open already; never waits. One whose file was replaced since is not it: an
        own model may have been made anew under its name."""
        known = self._embedders.get(spec.path)
        same = known is not None and (known.spec, known.spec.mtime_ns) == (spec, spec.mtime_ns)
        return known if same else None

    def use_provider(self, provider: str | None) -> None:
        """Compute with another execution provider from now on, unless one was given at the start; networks are opened
        anew when they are needed."""
        with self._opening:
            wanted = self._given_provider or provider
            if wanted != self.provider:
                self.provider = wanted
                self._embedders.clear()

    def close(self) -> None:
        self._embedders.clear()
        self.thumbnails.close()
        self.store.close()


def _last_used(embedders: "dict[Path, Embedder]") -> "dict[Path, Embedder]":
    """The networks that stay open, of all in the order in which they were last used; an adapted one with its base."""
    networks = [path for path, one in embedders.items() if one.spec.base is None][-NETWORKS_KEPT:]
    return {
        path: one
        for path, one in embedders.items()
        if (path if one.spec.base is None else one.spec.base.path) in networks
    }


def served_store(data_dir: Path, address: "StoreAddress") -> Store:
    """The index, with a server for vectors; it is asked only when a folder is opened."""
    from engine.served_library import ServedStore  # with an extra behind it

    return ServedStore(data_dir, address)


def skipped_files(library: Library) -> list[Skipped]:
    """What the last scan of a library could not read, in order of the path."""
    return sorted(library.skipped(), key=lambda skipped: skipped.path)

"""An adapted model at work: its base's network, and the linear map behind it."""

import numpy as np
from numpy.typing import NDArray

from engine.adapted_file import load_projection
from engine.embedder import Embedded, Embedder
from engine.projection import Projection
from engine.spec import ModelSpec


class AdaptedEmbedder:
    """An `Embedder`. `base` is the opened network of `spec.base`. Raises ModelError where the map cannot be read."""

    def __init__(self, spec: ModelSpec, base: Embedder) -> None:
        self.spec = spec
        self.provider = base.provider
        self.notice = base.notice
        self._base = base
        self._projection: Projection = load_projection(spec)

    def embed(self, batch: NDArray[np.float32]) -> Embedded:
        embedded = self._base.embed(batch)
        return Embedded(self._projection.apply(embedded.vectors), embedded.logits)

    def features(self, batch: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """The base's maps, mapped: their mean is the adapted embedding, so that explanations stay exact."""
        maps = self._base.features(batch)
        return None if maps is None else self._projection.apply_to_maps(maps)

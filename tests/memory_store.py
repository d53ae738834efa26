"""A store of vectors in this process's memory, for tests of what writes to one; it can be gone for a while."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.errors import VectorStoreError
from engine.metric import Metric, pairwise_distance
from engine.vector_store import Hits, StoredPhoto, merged


class MemoryStore:
    """A `VectorStore`; `away` calls are refused, as by a server that is restarted."""

    approximate = False

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.source = ""
        self.away = 0
        self.held: dict[bytes, StoredPhoto] = {}

    def add(self, photos: Sequence[StoredPhoto]) -> None:
        self._answer()
        for photo in photos:
            known = self.held.get(photo.content)
            assert photo.vector is not None or known is not None, f"{photo.files} has no vector"
            self.held |= merged([known, photo] if known is not None else [photo])

    def known(self, contents: Collection[bytes]) -> set[bytes]:
        self._answer()
        return set(contents) & set(self.held)

    def remove(self, paths: Collection[str]) -> int:
        self._answer()
        removed = 0
        for content, photo in list(self.held.items()):
            kept = tuple(file for file in photo.files if file.path not in set(paths))
            removed += len(photo.files) - len(kept)
            self.held[content] = StoredPhoto(content, kept, photo.vector)
            if not kept:
                del self.held[content]
        return removed

    def search(self, queries: NDArray[np.float32], metric: Metric, k: int, *, folder: str = "") -> list[Hits]:
        contents = tuple(self.held)
        vectors = self.vectors(contents)
        found = []
        for query in queries:
            distances = pairwise_distance(vectors, query, metric)
            nearest = np.argsort(distances, kind="stable")[:k]
            found.append(Hits(tuple(contents[i] for i in nearest), distances[nearest]))
        return found

    def count(self) -> int:
        return len(self.held)

    def get(self, path: str) -> StoredPhoto | None:
        self._answer()
        found = (photo for photo in self.held.values() if path in {file.path for file in photo.files})
        return next(found, None)

    def vectors(self, contents: Sequence[bytes]) -> NDArray[np.float32]:
        return np.array([self.held[content].vector for content in contents], dtype=np.float32)

    def photos(self) -> Iterator[list[StoredPhoto]]:
        self._answer()
        held = list(self.held.values())
        for start in range(0, len(held), 7):
            yield [StoredPhoto(photo.content, photo.files) for photo in held[start : start + 7]]

    def state(self) -> str:
        return str(len(self.held))

    def flush(self) -> None:
        self._answer()

    def indexed(self) -> tuple[int, int]:
        return len(self.held), len(self.held)

    def close(self) -> None:
        pass

    def paths(self) -> list[str]:
        """Every file that has a vector."""
        return sorted(file.path for photo in self.held.values() for file in photo.files)

    def _answer(self) -> None:
        if self.away:
            self.away -= 1
            raise VectorStoreError("memory", "the server does not answer")

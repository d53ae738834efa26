"""What a store holds already: of each file a hash of its path and of its state, 25 bytes in all."""

import hashlib
import os
from collections.abc import Iterable, Sequence

import numpy as np

from engine.cluster.ledger import HASH_BYTES, as_hashes
from engine.results import ImageFile


class KnownFiles:
    """The files of a store, as they were when it was read, and which of them were seen in the source since."""

    def __init__(self, files: Iterable[ImageFile]) -> None:
        paths, states = bytearray(), bytearray()
        for file in files:
            paths += _path_hash(file.path)
            states += _state(file)
        hashes = as_hashes(bytes(paths))
        order = np.argsort(hashes, kind="stable")
        self._paths = hashes[order]
        self._states = np.frombuffer(bytes(states), dtype=np.uint64)[order]
        self._seen = np.zeros(len(order), dtype=bool)

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def unseen(self) -> int:
        """Files of the store that were not seen in the source."""
        return int((~self._seen).sum())

    def look(self, files: Sequence[ImageFile]) -> tuple[list[ImageFile], set[str], int]:
        """Note that these files are in the source: those that have to be read, the paths of those among them that the
        store knows in another state, and how many it knows as they are."""
        if not len(self) or not files:
            return list(files), set(), 0
        wanted = as_hashes(b"".join(_path_hash(file.path) for file in files))
        states = np.frombuffer(b"".join(_state(file) for file in files), dtype=np.uint64)
        first = np.searchsorted(self._paths, wanted, "left")
        last = np.searchsorted(self._paths, wanted, "right")
        new: list[ImageFile] = []
        changed: set[str] = set()
        for file, state, start, stop in zip(files, states, first.tolist(), last.tolist(), strict=True):
            self._seen[start:stop] = True
            # A file that a store has twice was changed, and its old content not removed yet.
            if stop - start == 1 and self._states[start] == state:
                continue
            new.append(file)
            if stop > start:
                changed.add(file.path)
        return new, changed, len(files) - len(new)

    def gone(self, files: Iterable[ImageFile]) -> list[str]:
        """Of files of the store, the paths that were not seen."""
        paths = [file.path for file in files]
        if not paths or not len(self):
            return []
        wanted = as_hashes(b"".join(map(_path_hash, paths)))
        at = np.minimum(np.searchsorted(self._paths, wanted), len(self) - 1)
        unseen = (self._paths[at] == wanted) & ~self._seen[at]
        return [paths[int(i)] for i in np.flatnonzero(unseen)]


def _path_hash(path: str) -> bytes:
    return hashlib.blake2b(os.fsencode(path), digest_size=HASH_BYTES).digest()


def _state(file: ImageFile) -> bytes:
    return hashlib.blake2b(f"{file.size} {file.mtime_ns}".encode(), digest_size=8).digest()

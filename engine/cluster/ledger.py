"""Who embeds what: of each content one worker's batch, and of a file that brings workers down, nobody's."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

HASH_BYTES = 16
KNOWN, MINE, OTHERS = "known", "mine", "others"  # in the store; to embed by who asks; another batch brings it
# A batch that was lost so often is read one file at a time, each announced, so that the next loss has a culprit.
# Machines are lost for other reasons, too: twice at the same file is no chance.
CAREFUL_AFTER, GUILTY_AFTER = 2, 2


class HashSet:
    """A set of hashes of 16 bytes that takes little more room than these: sorted arrays, each at least twice as long as
    the next, found by bisection."""

    def __init__(self) -> None:
        self._runs: list[NDArray[np.bytes_]] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def __contains__(self, content: bytes) -> bool:
        wanted = np.array([content], dtype=f"S{HASH_BYTES}")
        return any(bool(_found(run, wanted)[0]) for run in self._runs)

    def update(self, contents: Iterable[bytes]) -> None:
        """Add hashes."""
        new = np.unique(as_hashes(b"".join(contents)))
        if len(new) == 0:
            return
        self._runs.append(new)
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.union1d(self._runs[-1], last)


def as_hashes(joined: bytes) -> NDArray[np.bytes_]:
    """Hashes of 16 bytes each, one after another, as an array."""
    return np.frombuffer(joined, dtype=f"S{HASH_BYTES}")


def _found(run: NDArray[np.bytes_], wanted: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    at = np.minimum(np.searchsorted(run, wanted), len(run) - 1)
    return np.equal(run[at], wanted)


@dataclass(slots=True)
class _Attempts:
    """What is known of one batch that is not finished."""

    begun: int = 0
    trying: int | None = None  # the row that it is at
    losses: Counter[int] = field(default_factory=Counter)  # how often it was lost at a row


class Ledger:
    """One for all workers, each of whose calls is short. Nothing here is lost for good with its process: what the store
    holds was read from there, and the rest only saves work."""

    def __init__(self) -> None:
        self._known = HashSet()
        self._claims: dict[bytes, bytes] = {}  # content → the batch that embeds it
        self._attempts: dict[bytes, _Attempts] = {}

    def add_known(self, joined: bytes) -> None:
        """Note contents that the store holds, 16 bytes each, one after another."""
        self._known.update(joined[i : i + HASH_BYTES] for i in range(0, len(joined), HASH_BYTES))

    def forget(self) -> None:
        """Know nothing any more."""
        self._known = HashSet()
        self._claims.clear()
        self._attempts.clear()

    def begin(self, batch: bytes) -> tuple[bool, list[int]]:
        """A batch is begun, perhaps not for the first time: whether each row is to be announced, and the rows to leave
        out, because workers were lost at them."""
        attempts = self._attempts.setdefault(batch, _Attempts())
        attempts.begun += 1
        if attempts.trying is not None:
            attempts.losses[attempts.trying] += 1
            attempts.trying = None
        culprits = [row for row, times in attempts.losses.items() if times >= GUILTY_AFTER]
        return attempts.begun > CAREFUL_AFTER, sorted(culprits)

    def trying(self, batch: bytes, row: int) -> None:
        """A row of a batch is read next."""
        self._attempts.setdefault(batch, _Attempts()).trying = row

    def end(self, batch: bytes) -> None:
        """A batch is finished."""
        self._attempts.pop(batch, None)

    def claim(self, batch: bytes, contents: Sequence[bytes]) -> list[str]:
        """For each content KNOWN, MINE or OTHERS. A batch that is begun again gets what it had."""
        return [
            KNOWN if content in self._known else MINE if self._claims.setdefault(content, batch) == batch else OTHERS
            for content in contents
        ]

    def settle(self) -> None:
        """All batches are finished, and what they brought is in the store."""
        self._known.update(self._claims)
        self._claims.clear()
        self._attempts.clear()

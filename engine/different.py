"""Pairs of photos that the user called different: remembered by content, so that moves and renames change nothing."""

from collections.abc import Iterable

from engine.duplicates import PairKey
from engine.store import Store


def different_pairs(store: Store) -> frozenset[PairKey]:
    """All pairs of content hashes that were called different. Raises StoreError."""
    with store.reading() as db:
        rows = db.execute("SELECT first, second FROM different").fetchall()
    return frozenset(frozenset((bytes(first), bytes(second))) for first, second in rows)


def call_different(store: Store, pairs: Iterable[PairKey]) -> int:
    """Remember pairs as no duplicates; returns how many are new. Two files of one content are no pair: they stay
    duplicates whatever is said."""
    with store.transaction() as db:
        before = db.total_changes
        db.executemany("INSERT OR IGNORE INTO different (first, second) VALUES (?, ?)", _rows(pairs))
        return db.total_changes - before


def take_back(store: Store, pairs: Iterable[PairKey]) -> int:
    """Forget that these pairs were called different; returns how many had been."""
    with store.transaction() as db:
        before = db.total_changes
        db.executemany("DELETE FROM different WHERE first = ? AND second = ?", _rows(pairs))
        return db.total_changes - before


def _rows(pairs: Iterable[PairKey]) -> list[tuple[bytes, ...]]:
    return [tuple(sorted(pair)) for pair in pairs if len(pair) == 2]

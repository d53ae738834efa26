"""Waiting until a server's index has what was written: bounded, with progress, and ended at any moment."""

import logging

import numpy as np
import pytest

from engine import settling
from engine.results import ImageFile, Progress
from engine.settling import settle
from engine.vector_store import StoredPhoto
from tests.memory_store import MemoryStore


class SlowStore(MemoryStore):
    """Indexes one vector more at each look, and those that were added only after a flush."""

    def __init__(self) -> None:
        super().__init__(2)
        self.flushed = 0
        self.ready = 0
        self.most = 100
        self.add(
            [StoredPhoto(bytes(15) + bytes([n]), (ImageFile(f"{n}", 1, 1),), np.ones(2, np.float32)) for n in range(4)]
        )

    def flush(self) -> None:
        self.flushed = len(self.held)

    def indexed(self) -> tuple[int, int]:
        self.ready = min(self.ready + 1, self.flushed, self.most)
        return self.ready, self.flushed


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "LOOK_SECONDS", 0.0)


def test_it_ends_when_everything_is_indexed_and_says_how_far_it_is() -> None:
    store = SlowStore()
    told = list(settle(store))
    assert told == [Progress("settling", 0), *(Progress("settling", done, 4) for done in (1, 2, 3))]
    assert store.ready == 4


def test_it_ends_when_it_is_told_to() -> None:
    store = SlowStore()
    told = list(settle(store, lambda: store.ready == 2))
    assert told[-1] == Progress("settling", 2, 4)


def test_a_server_that_gets_no_further_is_left_alone_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    store = SlowStore()
    store.most = 3
    with caplog.at_level(logging.WARNING):
        told = list(settle(store, stuck_seconds=0.05))
    assert told[-1] == Progress("settling", 3, 4)
    assert "3 of 4 vectors" in caplog.text

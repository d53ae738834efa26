"""Each content is embedded by one batch, and a file that brings workers down is left out in the end."""

import numpy as np
import pytest

from engine.cluster.ledger import KNOWN, MINE, OTHERS, HashSet, Ledger


def hashes(count: int, seed: int = 0) -> list[bytes]:
    return [bytes(row) for row in np.random.default_rng(seed).integers(0, 256, (count, 16), dtype=np.uint8)]


def test_a_hash_set_holds_what_was_added_and_nothing_else() -> None:
    held = HashSet()
    assert b"x" * 16 not in held
    some = hashes(3000)
    for start in range(0, 3000, 7):
        held.update(some[start : start + 7])
    held.update(some[:100])
    assert all(one in held for one in some)
    assert not any(other in held for other in hashes(3000, seed=1))
    assert len(held._runs) < 15  # found by few bisections


def test_hashes_that_end_in_zeros_are_told_apart() -> None:
    held = HashSet()
    held.update([b"a" + bytes(15)])
    assert b"a" + bytes(15) in held
    assert bytes(16) not in held
    assert b"a" + bytes(14) + b"b" not in held


def test_a_content_is_embedded_by_the_batch_that_asks_first_also_when_that_is_lost_and_begun_again() -> None:
    ledger = Ledger()
    known, first, second = hashes(3)
    ledger.add_known(known)
    assert ledger.claim(b"one", [known, first]) == [KNOWN, MINE]
    assert ledger.claim(b"two", [first, second]) == [OTHERS, MINE]
    assert ledger.claim(b"one", [known, first]) == [KNOWN, MINE]
    ledger.settle()
    assert ledger.claim(b"three", [first, second]) == [KNOWN, KNOWN]


def test_a_batch_that_is_lost_twice_is_read_one_file_at_a_time_and_its_culprit_is_left_out() -> None:
    ledger = Ledger()
    assert ledger.begin(b"one") == (False, [])
    assert ledger.begin(b"one") == (False, [])
    for _ in range(2):
        assert ledger.begin(b"one") == (True, [])
        for row in range(5):
            ledger.trying(b"one", row)  # and the worker dies at row 4
    assert ledger.begin(b"one") == (True, [4])
    assert ledger.begin(b"other") == (False, [])
    ledger.end(b"one")
    assert ledger.begin(b"one") == (False, [])


@pytest.mark.parametrize("lost_at", [[0, 1], [3, 2]])
def test_machines_that_are_lost_at_different_files_make_no_culprit(lost_at: list[int]) -> None:
    ledger = Ledger()
    ledger.begin(b"one")
    ledger.begin(b"one")
    for row in lost_at:
        ledger.begin(b"one")
        ledger.trying(b"one", row)
    assert ledger.begin(b"one") == (True, [])

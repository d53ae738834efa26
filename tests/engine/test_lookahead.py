"""Look-ahead: order, bounds, and how exceptions and hanging threads come out."""

import threading
import time
from collections.abc import Iterator

import pytest

from engine import lookahead
from engine.lookahead import LookAhead, Pending


def drain(ahead: LookAhead[int, int]) -> list[int]:
    found = []
    while True:
        try:
            found.append(ahead.next_result(5.0))
        except StopIteration:
            return found


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    def slow_for_even(number: int) -> int:
        time.sleep(0.005 if number % 2 == 0 else 0)
        return number * number

    with LookAhead(slow_for_even, iter(range(40)), threads, 10) as ahead:
        assert drain(ahead) == [number * number for number in range(40)]
        with pytest.raises(StopIteration):
            ahead.next_result(0.1)


def test_no_items_give_no_results() -> None:
    with LookAhead(abs, iter(()), 2, 4) as ahead, pytest.raises(StopIteration):
        ahead.next_result(5.0)


def test_no_more_is_begun_than_may_be() -> None:
    begun = []
    with LookAhead(lambda number: begun.append(number) or number, iter(range(1000)), 3, 5) as ahead:
        time.sleep(0.1)
        assert len(begun) == 5
        assert ahead.next_result(5.0) == 0
        time.sleep(0.1)
        assert len(begun) == 6


def test_an_exception_is_raised_when_its_turn_comes_and_the_rest_follows() -> None:
    def fail_at_two(number: int) -> int:
        if number == 2:
            raise ZeroDivisionError
        return number

    with LookAhead(fail_at_two, iter(range(4)), 2, 4) as ahead:
        assert [ahead.next_result(5.0), ahead.next_result(5.0)] == [0, 1]
        with pytest.raises(ZeroDivisionError):
            ahead.next_result(5.0)
        assert drain(ahead) == [3]


def test_an_exception_of_the_items_ends_the_results() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    with LookAhead(abs, items(), 2, 4) as ahead:
        assert ahead.next_result(5.0) == 1
        with pytest.raises(ZeroDivisionError):
            ahead.next_result(5.0)
        with pytest.raises(StopIteration):
            ahead.next_result(5.0)


def test_what_takes_longer_is_pending() -> None:
    release = threading.Event()
    with LookAhead(lambda number: number if release.wait(10) else -1, iter(range(3)), 1, 2) as ahead:
        with pytest.raises(Pending):
            ahead.next_result(0.01)
        release.set()
        assert drain(ahead) == [0, 1, 2]


def test_closing_begins_nothing_more_and_leaves_no_thread() -> None:
    before = threading.active_count()
    begun = []
    with LookAhead(lambda number: begun.append(number) or number, iter(range(1000)), 4, 8) as ahead:
        ahead.next_result(5.0)
    count = len(begun)
    assert threading.active_count() == before
    assert len(begun) == count < 20


def test_a_thread_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookahead, "JOIN_SECONDS", 0.05)
    release = threading.Event()
    started = time.monotonic()
    ahead = LookAhead(lambda number: release.wait(10) and number, iter(range(3)), 2, 2)
    ahead.close()
    assert time.monotonic() - started < 1
    release.set()

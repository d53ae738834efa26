"""Our own threads: results in order, and BLAS back to what it was."""

import threading
import time

import pytest
from threadpoolctl import threadpool_info

from engine.threads import cores, on_threads, one_blas_thread


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_results_come_in_the_order_of_the_shares() -> None:
    second_began = threading.Event()

    def work(share: int) -> int:
        if share == 0:
            assert second_began.wait(20)
        second_began.set()
        return share * 10

    assert on_threads(work, [0, 1, 2]) == [0, 10, 20]
    assert on_threads(work, [7]) == [70]


@pytest.mark.parametrize("shares", [[1, 0, 2], [0, 1, 2]])
def test_an_error_of_a_share_is_raised_once_the_others_are_done(shares: list[int]) -> None:
    before = blas_threads()
    done: list[int] = []

    def work(share: int) -> float:
        result = 1 / share
        time.sleep(0.05)
        done.append(share)
        return result

    with pytest.raises(ZeroDivisionError):
        on_threads(work, shares)
    assert sorted(done) == [1, 2]
    assert blas_threads() == before


def test_threads_are_kept_for_the_next_time() -> None:
    def ours() -> set[str]:
        return {thread.name for thread in threading.enumerate() if thread.name.startswith("search")}

    def wait(_share: int) -> None:
        time.sleep(0.02)

    on_threads(wait, [0, 1, 2])
    kept = ours()
    assert len(kept) >= 2
    for _ in range(5):
        on_threads(wait, [0, 1, 2])
    assert kept <= ours()  # one more may start where none was back yet


def test_a_share_may_use_threads_itself() -> None:
    def inner(share: int) -> int:
        return sum(on_threads(lambda part: part + share, [1, 2, 3]))

    assert on_threads(inner, [0, 10, 20, 30]) == [6, 36, 66, 96]


def test_blas_has_one_thread_until_the_last_holder_is_done() -> None:
    before = blas_threads()
    with one_blas_thread():
        with one_blas_thread():
            assert set(blas_threads()) <= {1}
        assert set(blas_threads()) <= {1}
    assert blas_threads() == before


@pytest.mark.parametrize("shares", [1, 2])
def test_blas_starts_no_threads_of_its_own_in_a_share(shares: int) -> None:
    for counts in on_threads(lambda _share: blas_threads(), list(range(shares))):
        assert set(counts) <= {1}


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1

"""A lane answers on the GUI's thread, in order, and not at all when nobody waits any more."""

import threading
import time
from collections.abc import Generator, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import worker
from gui.worker import Lane, Token, hangs


@pytest.fixture
def lane(qapp: QApplication) -> Iterator[Lane]:
    made = Lane("test")
    yield made
    made.close()


def test_a_result_arrives_on_the_guis_thread(lane: Lane, qtbot: QtBot) -> None:
    arrived: list[tuple[int, threading.Thread]] = []
    worker: list[threading.Thread] = []

    def work(_token: Token) -> int:
        worker.append(threading.current_thread())
        return 42

    lane.submit(work, done=lambda value: arrived.append((value, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(arrived))
    assert arrived == [(42, threading.main_thread())]
    assert worker[0] is not threading.main_thread()
    assert lane.idle


def test_jobs_run_one_after_another_in_order(lane: Lane, qtbot: QtBot) -> None:
    arrived: list[int] = []
    for number in range(20):
        lane.submit(lambda _token, number=number: number, done=arrived.append)
    qtbot.waitUntil(lambda: len(arrived) == 20)
    assert arrived == list(range(20))


def test_memory_is_given_back_after_a_long_job_only(lane: Lane, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[str] = []
    monkeypatch.setattr(worker, "trim_heaps", lambda: given_back.append(threading.current_thread().name))
    monkeypatch.setattr(worker, "LONG_JOB_S", 0.2)
    arrived: list[str] = []
    lane.submit(lambda _token: "short", done=arrived.append)
    qtbot.waitUntil(lambda: arrived == ["short"])
    assert given_back == []
    lane.submit(lambda _token: time.sleep(0.3), failed=lambda _: None)
    lane.submit(lambda _token: "next", done=arrived.append)
    qtbot.waitUntil(lambda: arrived == ["short", "next"])
    assert len(given_back) == 1
    assert given_back[0].startswith("test")  # the lane's thread, not the window's


def test_an_error_arrives_as_an_error(lane: Lane, qtbot: QtBot) -> None:
    failed: list[Exception] = []

    def work(_token: Token) -> None:
        raise ValueError("no")

    lane.submit(work, failed=failed.append, done=lambda _: pytest.fail("it failed"))
    qtbot.waitUntil(lambda: bool(failed))
    assert isinstance(failed[0], ValueError)


def test_a_generator_reports_and_returns(lane: Lane, qtbot: QtBot) -> None:
    reports: list[int] = []
    done: list[str] = []

    def steps(_token: Token) -> Generator[int, None, str]:
        yield 1
        time.sleep(0.05)
        yield 2
        return "end"

    lane.submit(steps, progress=reports.append, done=done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert reports == [1, 2]
    assert done == ["end"]


def test_reports_are_thinned_to_what_an_eye_can_follow(lane: Lane, qtbot: QtBot) -> None:
    reports: list[int] = []
    done: list[None] = []

    def steps(_token: Token) -> Generator[int, None, None]:
        yield from range(10_000)

    started = time.monotonic()
    lane.submit(steps, progress=reports.append, done=done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert reports[0] == 0
    assert len(reports) <= 2 + (time.monotonic() - started) / 0.033


def test_a_replaced_job_never_answers_and_its_generator_is_closed(lane: Lane, qtbot: QtBot) -> None:
    closed = threading.Event()
    running = threading.Event()
    answers: list[str] = []

    def endless(_token: Token) -> Generator[int, None, str]:
        try:
            while True:
                running.set()
                yield 0
        finally:
            closed.set()

    lane.submit(endless, done=answers.append, progress=lambda _: None)
    assert running.wait(5)
    lane.submit(lambda _token: "new", done=answers.append, replace=True)
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == ["new"]
    assert closed.is_set()


def test_a_late_reply_of_a_cancelled_job_is_dropped(lane: Lane, qtbot: QtBot) -> None:
    go = threading.Event()
    stopped: list[bool] = []

    def work(_token: Token) -> str:
        go.wait(5)
        return "late"

    job = lane.submit(work, done=lambda _: pytest.fail("nobody waited"), stopped=lambda: stopped.append(True))
    lane.cancel(job)
    assert not lane.busy
    assert not lane.idle
    go.set()
    qtbot.waitUntil(lambda: bool(stopped))
    assert lane.idle


def test_closing_ends_the_running_job_and_forgets_the_queued(qapp: QApplication) -> None:
    lane = Lane("test")
    started = threading.Event()
    ran: list[int] = []

    def endless(token: Token) -> Generator[int, None, None]:
        started.set()
        while True:
            yield 0

    lane.submit(endless)
    lane.submit(lambda _token: ran.append(1))
    assert started.wait(5)
    lane.close()
    assert not ran
    assert lane.submit(lambda _token: ran.append(2)) == 0  # a closed lane takes nothing


def test_closing_does_not_wait_for_a_drive_that_hangs(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.worker.PATIENCE_S", {False: 0.2, True: 0.1})
    lane, other = Lane("test"), Lane("other")
    started, go = threading.Event(), threading.Event()

    def stuck(_token: Token) -> None:
        started.set()
        go.wait(60)

    lane.submit(stuck)
    other.submit(lambda _token: None)
    assert started.wait(5)
    began = time.monotonic()
    lane.close()
    other.close()
    assert time.monotonic() - began < 5
    assert hangs()
    go.set()
    deadline = time.monotonic() + 5
    while hangs() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not hangs()


def test_busy_is_told_when_it_changes(lane: Lane, qtbot: QtBot) -> None:
    told: list[bool] = []
    lane.busy_changed.connect(told.append)
    lane.submit(lambda _token: None)
    lane.submit(lambda _token: None)
    qtbot.waitUntil(lambda: lane.idle)
    assert told == [True, False]

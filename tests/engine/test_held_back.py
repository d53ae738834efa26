"""Ctrl+C while an extension module starts comes when it has started, and as what it is."""

import signal

import pytest

from engine.held_back import interrupt_held_back


def test_an_interrupt_comes_at_the_end() -> None:
    done = []
    before = signal.getsignal(signal.SIGINT)

    def start() -> None:
        with interrupt_held_back():
            signal.raise_signal(signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        start()
    assert done
    assert signal.getsignal(signal.SIGINT) is before


def test_without_one_nothing_comes() -> None:
    with interrupt_held_back():
        pass

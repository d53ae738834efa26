"""Runs the program and tells of every socket that it makes: `python -m tests.network_watch ARGUMENTS OF main.py`.

Exits as the program does, and with 99 if Python code made a socket, looked up a name or opened an address.
"""

import sys
from collections.abc import Callable

SOCKETS = 99
_seen: list[str] = []


def _note(event: str, args: tuple[object, ...]) -> None:
    if event.startswith(("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.", "ssl.")):
        _seen.append(f"{event}{args!r}"[:200])


def watched(run: Callable[[], int]) -> int:
    """Run a program; returns its status, or `SOCKETS` with each event on standard error."""
    sys.addaudithook(_note)
    status = run()
    for event in _seen:
        sys.stderr.write(f"network: {event}\n")
    return SOCKETS if _seen else status


def main() -> int:
    def run() -> int:
        from main import main as program

        return program(sys.argv[1:])

    return watched(run)


if __name__ == "__main__":
    sys.exit(main())

"""Runs the program and tells of every socket that it makes: `python -m tests.network_watch ARGUMENTS OF main.py`.

Exits as the program does, and with 99 if Python code made a socket, looked up a name or opened an address.
"""

import sys

SOCKETS = 99
_seen: list[str] = []


def _note(event: str, args: tuple[object, ...]) -> None:
    if event.startswith(("socket.", "urllib.", "http.client.", "ftplib.", "smtplib.", "ssl.")):
        _seen.append(f"{event}{args!r}"[:200])


def main() -> int:
    sys.addaudithook(_note)
    from main import main as run

    status = run(sys.argv[1:])
    for event in _seen:
        sys.stderr.write(f"network: {event}\n")
    return SOCKETS if _seen else status


if __name__ == "__main__":
    sys.exit(main())

"""The command line's commands: each takes what was asked for and returns an `Answer`; `main.py` prints it."""

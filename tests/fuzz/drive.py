"""One round of libFuzzer on one target, started by `python -m tests.fuzz`: `drive TARGET CORPUS OPTIONS…`."""

import atexit
import logging
import shutil
import sys

import atheris

# Only what is imported here is measured: the readers, ours and those of Pillow that are written in Python.
with atheris.instrument_imports(include=["engine", "PIL"], enable_loader_override=False):
    from tests.fuzz.targets import TARGETS, place


def main() -> None:
    name, corpus, *options = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    atexit.register(shutil.rmtree, place(), ignore_errors=True)
    next(TARGETS[name].seeds())  # what takes long is made before an input's time is counted
    atheris.Setup([sys.argv[0], corpus, *options], TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

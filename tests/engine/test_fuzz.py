"""Files damaged at random: each reader answers or raises the engine's own error; `python -m tests.fuzz` does more."""

import logging
import random

import pytest

from tests.fuzz.targets import TARGETS

# The seeds come first; so many damaged copies follow.
COPIES = {"decode": 200, "model": 300, "network": 30, "index": 60, "texts": 200}


def damaged(data: bytes, chooser: random.Random) -> bytes:
    """Some bytes replaced, a part left out, doubled, or moved."""
    changed = bytearray(data)
    for _ in range(chooser.randint(1, 4)):
        if not changed:
            break
        at = chooser.randrange(len(changed))
        length = chooser.choice((1, 1, 2, 4, 16, 200))
        match chooser.randrange(4):
            case 0:
                changed[at : at + length] = chooser.randbytes(len(changed[at : at + length]))
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length]
            case _:
                changed[at : at + length] = chooser.choice((b"\0", b"\xff", b"\x7f")) * length
    return bytes(changed)


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_raise_nothing_else(name: str) -> None:
    chooser = random.Random(name)
    target = TARGETS[name]
    seeds = [data for data in target.seeds() if len(data) <= target.longest]
    logging.disable(logging.CRITICAL)
    try:
        for _ in range(COPIES[name]):
            target.run(damaged(chooser.choice(seeds), chooser))
    finally:
        logging.disable(logging.NOTSET)

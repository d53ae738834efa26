"""Open one picture, as `decode.load` does; the libraries that read the formats are only loaded with the first one.

They take as long as a fifth of the window's start, which has no picture to read: its thumbnails lie ready.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.decode import Decoded


def load(path: Path, min_side: int) -> "Decoded":
    """See `decode.load`."""
    from engine import decode

    return decode.load(path, min_side)

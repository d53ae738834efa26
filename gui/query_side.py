"""What results are compared with: one picture of the query."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from gui.session_state import Region


@dataclass(frozen=True, slots=True, eq=False)
class QuerySide:
    """A file, or a picture that has none (pasted): then `image` and its pixels `rgb` uint8 [H, W, 3]."""

    name: str
    file: Path | None = None
    image: QImage | None = None
    rgb: NDArray[np.uint8] | None = None
    region: Region | None = None  # the part that was searched with

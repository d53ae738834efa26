"""Pictures of the engine (arrays) as Qt's images."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def from_rgb(rgb: NDArray[np.uint8]) -> QImage:
    """An image of its own memory from uint8 [H, W, 3]. May be called on any thread."""
    rgb = np.ascontiguousarray(rgb)
    height, width = rgb.shape[:2]
    borrowed = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return borrowed.convertToFormat(QImage.Format.Format_RGB32)  # a copy, and the format that is drawn fastest

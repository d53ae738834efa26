"""How sharp a photo is, comparable between copies of one picture whatever their size."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SHARPNESS_SIDE = 512  # pixels of the longer side at which pictures are compared


def sharpness(rgb: NDArray[np.uint8]) -> float:
    """The spread (standard deviation, in grey levels) of the Laplacian of a picture uint8 [H, W, 3], brought to a
    longer side of 512 pixels: a smaller copy has to be enlarged for that, and shows what it has lost.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (2000), who take the variance.
    """
    height, width = rgb.shape[:2]
    scale = SHARPNESS_SIDE / max(height, width)
    size = max(3, round(width * scale)), max(3, round(height * scale))
    grey = Image.fromarray(rgb).convert("L").resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    cells = np.asarray(grey, dtype=np.float32)
    around = cells[:-2, 1:-1] + cells[2:, 1:-1] + cells[1:-1, :-2] + cells[1:-1, 2:]
    return float((around - 4 * cells[1:-1, 1:-1]).std())

"""One line that names a photo: rank, distance, name and size, as the viewer and the comparison show it."""

from PySide6.QtCore import QCoreApplication, QSize

from gui import messages
from gui.gallery_model import GalleryModel, shown_name


def photo_caption(model: GalleryModel, row: int, size: QSize | None) -> str:
    """The line for a row; `size` is the picture's in pixels, where it is known."""
    parts = []
    distance = model.distance(row)
    if distance is not None:
        text = QCoreApplication.translate("caption", "Rank {rank}, distance {distance}")
        parts.append(text.format(rank=model.rank(row), distance=messages.distance(distance)))
    parts.append(shown_name(model.path(row)))
    if size is not None:
        parts.append(f"{size.width()} × {size.height()}")
    return "  ·  ".join(parts)

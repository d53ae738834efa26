"""What a drop or the clipboard brings: a folder to open, or pictures to search with. Nothing comes from a network."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QMimeData, QUrl
from PySide6.QtGui import QColorConstants, QImage, QPainter

from gui.session_state import Part, Pasted


@dataclass(frozen=True, slots=True)
class Brought:
    """What was found; all empty when there was nothing that could be used."""

    folder: Path | None = None
    parts: tuple[Part, ...] = ()

    def __bool__(self) -> bool:
        return self.folder is not None or bool(self.parts)


def read_mime(data: QMimeData, root: Path | None) -> Brought:
    """Take a folder, files, image data or a text that is a path, the first that is there. Files in `root` become
    photos of the library."""
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if not files and data.hasText():
        files = _paths_in(data.text())
    folders = [path for path in files if path.is_dir()]
    if folders:
        return Brought(folder=folders[0])
    pictures = [path for path in files if path.is_file()]
    if pictures:
        return Brought(parts=tuple(part_of(path, root) for path in pictures))
    if data.hasImage():
        image = data.imageData()
        if isinstance(image, QImage) and not image.isNull():
            name = QCoreApplication.translate("sources", "Pasted picture")
            return Brought(parts=(Part(pasted=Pasted(name, to_rgb(image))),))
    return Brought()


def could_be_used(data: QMimeData) -> bool:
    """Whether `read_mime` has a chance, asked while something is dragged over the window."""
    return data.hasImage() or any(url.isLocalFile() for url in data.urls())


def part_of(path: Path, root: Path | None) -> Part:
    """A file as a part of a query: a photo of the library if it lies in it, else a file from outside."""
    path = path.absolute()
    if root is not None:
        try:
            inside = path.relative_to(root)
        except ValueError:
            pass
        else:
            if not any(piece.startswith(".") for piece in inside.parts):
                return Part(path=inside.as_posix())
    return Part(file=path)


def to_rgb(image: QImage) -> NDArray[np.uint8]:
    """Pixels of a Qt image as uint8 [H, W, 3]; what is transparent becomes white."""
    flat = QImage(image.size(), QImage.Format.Format_RGB888)
    if image.hasAlphaChannel():
        flat.fill(QColorConstants.White)
        painter = QPainter(flat)
        painter.drawImage(0, 0, image)
        painter.end()
    else:
        flat = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(flat.constBits(), dtype=np.uint8).reshape(flat.height(), flat.bytesPerLine())
    return rows[:, : 3 * flat.width()].reshape(flat.height(), flat.width(), 3).copy()


def _paths_in(text: str) -> list[Path]:
    """Paths or file addresses, one a line; empty as soon as a line is neither."""
    found = []
    for line in text.strip().splitlines()[:100]:
        line = line.strip().strip('"')
        path = Path(QUrl(line).toLocalFile()) if line.startswith("file:") else Path(line)
        try:
            if not path.is_absolute() or not path.exists():
                return []
        except (OSError, ValueError):  # far too long, or a NUL
            return []
        found.append(path)
    return found

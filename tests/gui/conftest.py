"""What the window's tests share: nothing may be left running, and small photos to show."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.vector_store import StoreAddress
from gui.gallery_model import GalleryItems
from gui.gallery_view import GalleryView
from gui.pictures import Pictures
from gui.thumbnails import Thumbnails
from tests.gui.person import Person

GRACE_S = 5.0  # for a thread that is on its way out


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """A test that leaves a thread running fails."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + GRACE_S
    while left := [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]:
        if time.monotonic() > deadline:
            pytest.fail(f"left running: {', '.join(thread.name for thread in left)}")
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _same_look(qapp: QApplication) -> Iterator[None]:
    """A test that changes the application's colours changes them for itself alone."""
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().objectName()
    yield
    if qapp.styleSheet() != sheet:
        qapp.setStyleSheet(sheet)
    if qapp.style().objectName() != style:
        qapp.setStyle(style)
    if qapp.palette() != palette:
        qapp.setPalette(palette)
    qapp.styleHints().setColorScheme(Qt.ColorScheme.Unknown)


@pytest.fixture
def thumbnails(qapp: QApplication) -> Iterator[Thumbnails]:
    """Thumbnails without a store on disk."""
    made = Thumbnails()
    yield made
    made.close()


@pytest.fixture
def pictures(qapp: QApplication) -> Iterator[Pictures]:
    """A loader of whole pictures."""
    made = Pictures()
    yield made
    made.close()


@pytest.fixture
def photo_paths(photo_folder: Path) -> list[str]:
    """The 24 photos of `photo_folder`, relative to it and sorted."""
    return sorted(file.relative_to(photo_folder).as_posix() for file in photo_folder.rglob("*.*"))


@pytest.fixture
def grid(qtbot: QtBot, thumbnails: Thumbnails) -> GalleryView:
    """An empty grid on the screen, four tiles wide."""
    view = GalleryView(thumbnails)
    qtbot.addWidget(view)
    view.resize(4 * 190 + 30, 600)
    view.click_delay_ms = 0
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def names() -> Callable[[int], list[str]]:
    """`names(1000)`: so many sorted paths of photos that do not exist."""
    return lambda count: [f"{number:07d}.jpg" for number in range(count)]


def ranked(paths: list[str]) -> GalleryItems:
    """The photos in reverse order of their names, with distances 0, 0.001, …"""
    count = len(paths)
    return GalleryItems(paths, np.arange(count, dtype=np.int64)[::-1].copy(), np.arange(count) / 1000)


@pytest.fixture
def person(qtbot: QtBot, data_dir: Path, model_folder: Path, store_address: StoreAddress | None) -> Iterator[Person]:
    """Somebody before an empty window, who leaves at the end. Two tiny models are there, the default one chosen.

    Folding is off: drawn photos of one colour are near-identical, and a moment after a search they would stand as one.
    """
    somebody = Person(qtbot, data_dir, [model_folder], address=store_address)
    somebody.settings.fold_copies = False
    yield somebody
    somebody.leaves()

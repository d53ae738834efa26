"""Looks, before Qt does, whether a window can open here: Qt itself only aborts, with a text that misleads.

Imports no Qt: the very import is one of the things that fail.
"""

import ctypes
import importlib.metadata
import os
import sys
from collections.abc import Callable, Mapping

# What a container of Debian 12 or Ubuntu lacks, found in a bare system one by one: file to load -> package.
WIDGET_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
HEADLESS_PLATFORMS = {"offscreen", "minimal", "vnc"}


def problem(environment: Mapping[str, str] | None = None, system: str = sys.platform) -> str | None:
    """Why no window can open here, as text for people with what to do about it; None when nothing stands in the way."""
    environment = os.environ if environment is None else environment
    found = broken_pyside(_installed("PySide6-Essentials"), sys.version_info[:2])
    if found or not system.startswith("linux"):
        return found
    platform = environment.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    return missing_display(environment, platform) or missing_libraries(environment, platform)


def broken_pyside(version: str | None, python: tuple[int, int]) -> str | None:
    """PySide6 6.12.0 loses a reference to None at each void call: after some thousands, Python 3.11 aborts."""
    if version is None:
        return (
            "Semblance needs PySide6 for its window, and it is not installed.\n"
            "Install what Semblance needs with:  python -m pip install ."
        )
    if version.split(".")[:2] == ["6", "12"] and python < (3, 12):
        return (
            f"PySide6 {version} crashes on Python {python[0]}.{python[1]} after a few thousand calls.\n"
            'Install one that works with:  python -m pip install "PySide6-Essentials>=6.11.3,<6.12"'
        )
    return None


def missing_display(environment: Mapping[str, str], platform: str) -> str | None:
    """No X11 or Wayland display to open a window on."""
    if platform in HEADLESS_PLATFORMS or environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        return None
    return (
        "Semblance cannot open its window: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set).\n"
        "Start it in a graphical session, over `ssh -X`, or inside `xvfb-run`. The commands that need no window\n"
        "(index, search, models …) work here: python main.py --help"
    )


def missing_libraries(
    environment: Mapping[str, str], platform: str, loads: Callable[[str], bool] | None = None
) -> str | None:
    """Shared libraries of the system that Qt needs and that cannot be loaded."""
    loads = loads or _loads
    needed = dict(WIDGET_LIBRARIES)
    x11 = platform == "xcb" or (not platform and not environment.get("WAYLAND_DISPLAY"))
    if x11:
        needed |= X11_LIBRARIES
    missing = {library: package for library, package in needed.items() if not loads(library)}
    if not missing:
        return None
    return (
        f"Semblance cannot open its window: the system lacks {', '.join(missing)}, which Qt needs.\n"
        f"On Debian or Ubuntu:  sudo apt-get install {' '.join(missing.values())}\n"
        "(on Debian 13, Ubuntu 24.04 and newer libglib2.0-0 is called libglib2.0-0t64)"
    )


def _installed(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True

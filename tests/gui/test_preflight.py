"""Before Qt is imported: what is missing is said with the packages that bring it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gui import preflight

ROOT = Path(__file__).resolve().parents[2]


def test_a_display_or_a_platform_without_one_is_enough() -> None:
    assert preflight.missing_display({"DISPLAY": ":0"}, "") is None
    assert preflight.missing_display({"WAYLAND_DISPLAY": "wayland-0"}, "") is None
    assert preflight.missing_display({}, "offscreen") is None


def test_without_a_display_the_message_says_what_to_do() -> None:
    message = preflight.missing_display({}, "")
    assert message is not None
    assert "no display" in message
    assert "xvfb-run" in message


def test_missing_libraries_are_named_with_their_packages() -> None:
    message = preflight.missing_libraries({"DISPLAY": ":0"}, "", loads=lambda name: "xcb-cursor" not in name)
    assert message is not None
    assert "libxcb-cursor.so.0" in message
    assert "sudo apt-get install libxcb-cursor0\n" in message


def test_wayland_and_offscreen_need_no_x11_libraries() -> None:
    def loads(name: str) -> bool:
        return name not in preflight.X11_LIBRARIES

    assert preflight.missing_libraries({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "", loads) is None
    assert preflight.missing_libraries({}, "offscreen", loads) is None
    assert preflight.missing_libraries({"DISPLAY": ":0"}, "", loads) is not None
    assert preflight.missing_libraries({"WAYLAND_DISPLAY": "wayland-0"}, "xcb", loads) is not None


@pytest.mark.parametrize(
    ("version", "python", "refused"),
    [
        ("6.12.0", (3, 11), True),
        ("6.12.0", (3, 12), False),
        ("6.11.3", (3, 11), False),
        (None, (3, 13), True),
    ],
)
def test_a_pyside_that_crashes_is_refused(version: str | None, python: tuple[int, int], refused: bool) -> None:
    assert (preflight.broken_pyside(version, python) is not None) == refused


def test_only_linux_needs_a_display() -> None:
    assert preflight.problem({}, system="darwin") is None
    assert preflight.problem({}, system="win32") is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_the_program_without_a_display_ends_with_our_message_and_without_qts_abort(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    ended = subprocess.run(
        [sys.executable, "main.py", "--data-dir", str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "no display" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_looking_imports_no_qt() -> None:
    code = (
        "import sys, gui.app, gui.preflight; gui.preflight.problem(); print([m for m in sys.modules if 'PySide6' in m])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"

"""The guard: what an override raises is reported and never reaches Qt."""

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import gui
from gui.guard import guarded

SOURCES = sorted(Path(gui.__file__).parent.glob("*.py"))


class Broken(QWidget):
    """Raises from C code, which ends the process on Python 3.11 when it is not caught."""

    @guarded()
    def paintEvent(self, event: QPaintEvent) -> None:
        int("zz")

    @guarded(lambda: QSize(7, 9))
    def sizeHint(self) -> QSize:
        raise RuntimeError("no size")


def test_a_failing_override_is_reported_and_the_window_lives(qtbot: QtBot) -> None:
    widget = Broken()
    qtbot.addWidget(widget)
    with qtbot.captureExceptions() as errors:
        widget.grab()
        widget.grab()
    assert [kind for kind, _, _ in errors].count(ValueError) >= 2


def test_qt_gets_the_default(qtbot: QtBot) -> None:
    widget = Broken()
    qtbot.addWidget(widget)
    with qtbot.captureExceptions() as errors:
        assert widget.sizeHint() == QSize(7, 9)
    assert [str(error) for _, error, _ in errors] == ["no size"]


def test_a_default_that_can_be_changed_is_made_anew(qtbot: QtBot) -> None:
    @guarded(QRect)
    def fail() -> QRect:
        raise ValueError

    with qtbot.captureExceptions():
        first, second = fail(), fail()
    assert first == QRect()
    assert first is not second


def test_what_does_not_fail_is_passed_on() -> None:
    @guarded(0)
    def add(left: int, right: int = 0) -> int:
        """Adds."""
        return left + right

    assert add(2, right=3) == 5
    assert add.__name__ == "add"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_override_is_guarded(source: Path) -> None:
    """camelCase names are Qt's alone here, and so are those of its few overrides in one word."""
    loose = []
    for class_ in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if not isinstance(class_, ast.ClassDef):
            continue
        for method in class_.body:
            if not isinstance(method, ast.FunctionDef) or not re.fullmatch(
                r"[a-z]+(?:[A-Z][a-z]*)+|event|paint|data|flags", method.name
            ):
                continue
            names = [node.func.id for node in method.decorator_list if isinstance(node, ast.Call)]
            names += [node.id for node in method.decorator_list if isinstance(node, ast.Name)]
            if "guarded" not in names and "property" not in names:
                loose.append(f"{class_.name}.{method.name}")
    assert loose == []


@pytest.mark.parametrize("name", ["thumbnails.py", "pictures.py", "image_data.py"])
def test_workers_make_no_pixmaps(name: str) -> None:
    """A QPixmap belongs to the window's thread; to make one elsewhere works by luck, and offscreen always."""
    source = Path(gui.__file__).parent / name
    on_workers = {"_work", "_load", "_finished", "from_rgb"}
    found = 0
    for function in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef) and function.name in on_workers:
            found += 1
            assert "QPixmap" not in {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    assert found

"""Imports go one way: the engine needs neither Qt nor torch, the window no torch, training no Qt."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PROGRAM = """
import importlib, pkgutil, sys
import {package}
names = [info.name for info in pkgutil.walk_packages({package}.__path__, "{package}.")]
assert names, "no module found"
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(sorted({{name.partition(".")[0] for name in sys.modules}} & {forbidden!r}))
"""


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("engine", {"PySide6", "torch", "torchvision", "gui", "training"}),
        ("gui", {"torch", "torchvision", "training"}),
        ("training", {"PySide6", "gui"}),
    ],
)
def test_a_package_imports_nothing_above_it(package: str, forbidden: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(package=package, forbidden=forbidden)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_describing_models_and_decoding_do_not_load_onnxruntime() -> None:
    """The window imports these before it is shown; onnxruntime takes as long to import as Qt."""
    program = (
        "import sys, engine.spec, engine.decode, engine.query, engine.embedder; print('onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "False", done.stderr


def test_the_window_starts_without_what_runs_networks_reads_pictures_or_locks_the_index() -> None:
    heavy = {"onnxruntime", "PIL", "pillow_heif", "simplejpeg", "filelock", "threadpoolctl"}
    program = f"import sys, gui.application; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr

"""Why an export or an evaluation cannot be made: what the engine really says is among what can be translated."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

from engine.errors import ExportError, LabelsError
from engine.export_folder import ExportFolder
from engine.labels import read_labels
from engine.query_set import resolve_queries
from gui import messages
from gui.export_reasons import PATTERNS, export_reason


def inside(root: Path) -> None:
    ExportFolder(root / "photos" / "out", [root / "photos"], resume=False)


def used(root: Path) -> None:
    (root / "results.csv").touch()
    ExportFolder(root, [], resume=False)


def a_file(root: Path) -> None:
    (root / "file").touch()
    ExportFolder(root / "file", [], resume=False)


def twice(root: Path) -> None:
    first = ExportFolder(root / "out", [], resume=False)
    try:
        ExportFolder(root / "out", [], resume=False)
    finally:
        first.discard()


def of_other_choices(root: Path) -> None:
    first = ExportFolder(root / "out", [], resume=False)
    first.begin("one", resume=False)
    first.close()
    second = ExportFolder(root / "out", [], resume=True)
    try:
        second.begin("two", resume=True)
    finally:
        second.discard()


def no_such_query(root: Path) -> None:
    resolve_queries(str(root / "none"), root, [])


def no_list(root: Path) -> None:
    (root / "binary").write_bytes(b"\1\0\2")
    resolve_queries(str(root / "binary"), root, [])


def labels_with(text: str) -> Callable[[Path], None]:
    def read(root: Path) -> None:
        (root / "labels.csv").write_text(text)
        read_labels(root / "labels.csv")

    return read


@pytest.mark.parametrize(
    "act",
    [
        inside,
        used,
        a_file,
        twice,
        of_other_choices,
        no_such_query,
        no_list,
        labels_with("a,b,c\n"),
        labels_with("a.jpg,x\na.jpg,y\n"),
    ],
)
def test_a_reason_of_the_engine_is_known(tmp_path: Path, act: Callable[[Path], None]) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises((ExportError, LabelsError)) as raised:
        act(tmp_path)
    reason = raised.value.reason
    assert any(re.fullmatch(pattern, reason, re.DOTALL) for pattern, _ in PATTERNS), reason
    message = messages.explain(raised.value)
    assert export_reason(reason) in message.text
    assert "%" not in message.text
    assert str(raised.value.path) in message.text


def test_parts_of_a_reason_are_kept_and_an_unknown_one_stays() -> None:
    assert export_reason("the copies need 12.5 GB, but only 3.0 GB are free").count("GB") == 2
    assert "12.5" in export_reason("the copies need 12.5 GB, but only 3.0 GB are free")
    assert export_reason("something new") == "something new"


def test_a_size_has_the_decimal_sign_of_the_language() -> None:
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        told = export_reason("the copies need 12.5 GB, but only 3.0 GB are free")
    finally:
        QLocale.setDefault(before)
    assert ("12,5 GB" in told, "3,0 GB" in told) == (True, True), told

"""Labels from folders and from CSV files."""

import os
from pathlib import Path

import pytest

from engine.errors import LabelsError
from engine.labels import folder_label, folder_labels, read_labels


def test_the_first_folder_is_the_label() -> None:
    assert folder_labels(["dogs/1.jpg", "dogs/2020/2.jpg", "alone.jpg"]) == ["dogs", "dogs", None]
    assert folder_label("Straße é/a.jpg") == "Straße é"


def written(folder: Path, data: bytes) -> Path:
    file = folder / "labels.csv"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("header", [b"", b"path,label\n", b"\xef\xbb\xbfPath, Label\r\n"])
def test_a_csv_with_or_without_a_first_line_of_names(tmp_path: Path, header: bytes) -> None:
    body = b'a/1.jpg,cat\n\n"b, c.jpg", dog \n./d.jpg,cat\nno label.jpg,\n'
    assert read_labels(written(tmp_path, header + body)) == {"a/1.jpg": "cat", "b, c.jpg": "dog", "d.jpg": "cat"}


def test_names_that_are_no_utf8_are_those_of_the_file_system(tmp_path: Path) -> None:
    labels = read_labels(written(tmp_path, b"caf\xe9.jpg,drink\n"))
    assert labels == {b"caf\xe9.jpg".decode("utf-8", "surrogateescape"): "drink"}
    if os.name == "posix":
        assert os.fsencode(next(iter(labels))) == b"caf\xe9.jpg"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a.jpg,cat\nb.jpg\n", "line 2 has 1 columns"),
        (b"a.jpg,cat,3\n", "line 1 has 3 columns"),
        (b"a.jpg,cat\na.jpg,dog\n", "line 2: a.jpg has the label 'cat' already"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(LabelsError, match=words):
        read_labels(written(tmp_path, data))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="No such file"):
        read_labels(tmp_path / "none.csv")

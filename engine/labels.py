"""What the photos of a library show, as people have sorted them: by folder, or in a CSV file of path,label."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from engine.errors import LabelsError

HEADER = ["path", "label"]


def folder_label(path: str) -> str | None:
    """The first folder of a path relative to the library; None for a photo that lies in no sub-folder."""
    folder, separator, _ = path.partition("/")
    return folder if separator else None


def folder_labels(paths: Iterable[str]) -> list[str | None]:
    """`folder_label` of each path."""
    return [folder_label(path) for path in paths]


def read_labels(file: Path) -> dict[str, str]:
    """The labels in a CSV file with the columns path (relative to the library, with `/`) and label, with or without
    a first line that says so. A photo with an empty label has none. Raises LabelsError."""
    try:
        # Bytes that are no UTF-8 become surrogates, as in the paths of the library.
        text = file.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise LabelsError(file, error.strerror or str(error)) from error
    labels: dict[str, str] = {}
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            if not row or (reader.line_num == 1 and [cell.strip().lower() for cell in row] == HEADER):
                continue
            if len(row) != 2:
                raise LabelsError(file, f"line {reader.line_num} has {len(row)} columns; path,label is expected")
            path, label = row[0].replace(os.sep, "/").removeprefix("./"), row[1].strip()
            if labels.setdefault(path, label) != label:
                raise LabelsError(file, f"line {reader.line_num}: {path} has the label {labels[path]!r} already")
    except csv.Error as error:
        raise LabelsError(file, f"line {reader.line_num}: {error}") from error
    return {path: label for path, label in labels.items() if label}

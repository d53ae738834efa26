"""Groups of near-identical photos as a table or as JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.atomic import replacing
from engine.duplicate_search import Copy, DuplicateReport
from engine.errors import ExportError
from engine.export_table import NAME_ERRORS, csv_cell
from engine.query_set import path_inside

COLUMNS = ("group", "certainty", "path", "distance", "width", "height", "bytes", "modified", "sharpness")
ENDINGS = (".csv", ".json")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_duplicates(report: DuplicateReport, file: Path) -> None:
    """Write a report as its ending says, `.csv` (a row for each photo) or `.json`; an older file is replaced when all
    is written. Raises ExportError."""
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise ExportError(file, f"the name has to end with {' or '.join(ENDINGS)}")
    if path_inside(report.root, file) is not None:
        raise ExportError(file, "it lies in the library, and nothing is written there")
    if ending == ".csv":
        data = "".join(_csv_lines(report)).encode("utf-8", NAME_ERRORS)
    else:
        data = json.dumps(duplicates_value(report), indent=1).encode("ascii")
    try:
        with replacing(file) as out:
            out.write(data)
    except OSError as error:
        raise ExportError(file, error.strerror or str(error)) from error


def duplicates_value(report: DuplicateReport) -> dict[str, Any]:
    """The report as the command line prints it with `--json`."""
    return {
        "library": str(report.root),
        "model": report.model,
        "photos": report.photos,
        "different": report.different,
        "groups": [
            {
                "paths": [copy.path for copy in group.copies],
                "distances": [copy.distance for copy in group.copies],
                "certainty": group.certainty,
                "files": [
                    {
                        "width": copy.width,
                        "height": copy.height,
                        "bytes": copy.size,
                        "modified": modified(copy),
                        "sharpness": copy.sharpness,
                    }
                    for copy in group.copies
                ],
            }
            for group in report.groups
        ],
    }


def modified(copy: Copy) -> str:
    """When a file was last changed, ISO 8601 in UTC."""
    # Not fromtimestamp(): Windows knows no time before 1970 by it.
    return (_EPOCH + timedelta(microseconds=copy.mtime_ns // 1000)).isoformat(timespec="seconds")


def _csv_lines(report: DuplicateReport) -> Iterator[str]:
    yield ",".join(COLUMNS) + "\r\n"
    for number, group in enumerate(report.groups, 1):
        for copy in group.copies:
            sharp = "" if copy.sharpness is None else f"{copy.sharpness:.3f}"
            facts = f"{copy.width},{copy.height},{copy.size},{modified(copy)},{sharp}"
            yield f"{number},{group.certainty!r},{csv_cell(copy.path)},{copy.distance!r},{facts}\r\n"

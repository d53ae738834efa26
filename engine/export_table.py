"""Rankings as tables, one row a pair of query and result: CSV, JSON and Parquet."""

import io
import json
import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ExportError
from engine.export_blocks import Ranked, Section
from engine.labels import folder_label
from engine.path_table import PathTable

COLUMNS = ("query", "rank", "path", "distance", "metric", "model", "query_label", "label")
PARQUET_ROWS = 1 << 17  # rows of a row group
# What a spreadsheet takes for a formula when a cell begins with it (OWASP, CSV injection), their full-width twins, and
# the apostrophe itself, so that a reader gets every name back by dropping one leading apostrophe.
FORMULA_STARTS = frozenset("=+-@\t\r\n'＝＋－＠")
# Bytes of a name that are no UTF-8 go into a CSV as they are; Windows has none, but may have lone surrogates.
NAME_ERRORS = "surrogateescape" if os.name == "posix" else "surrogatepass"


def csv_cell(text: str) -> str:
    """A text as one CSV cell (RFC 4180): quoted where it must be, with an apostrophe before what would be a formula."""
    if text[:1] in FORMULA_STARTS and text:
        text = f"'{text}"
    if any(character in text for character in ',"\r\n'):
        quoted = text.replace('"', '""')
        return f'"{quoted}"'
    return text


class _Cells(dict[int, str]):
    """The written form of a section's paths by position, made for those that turn up."""

    def __init__(self, make: Callable[[str], str], paths: Sequence[str]) -> None:
        super().__init__()
        self._make = make
        self._paths = paths

    def __missing__(self, position: int) -> str:
        cell = self[position] = self._make(self._paths[position])
        return cell


def write_csv(file: Path, sections: Sequence[Section]) -> Generator[int, None, None]:
    """Write `file`; yields the number of queries written so far."""
    done = 0
    with file.open("w", encoding="utf-8", errors=NAME_ERRORS, newline="") as out:
        out.write(",".join(COLUMNS) + "\r\n")
        for section in sections:
            paths = _Cells(csv_cell, section.paths)
            labels = _Cells(lambda path: csv_cell(folder_label(path) or "") + "\r\n", section.paths)
            for block in section.blocks():
                for ranked in block:
                    query = csv_cell(ranked.query.name)
                    tail = f",{section.metric},{csv_cell(section.model)},{csv_cell(ranked.query.label or '')},"
                    rows = zip(ranked.rank_list(), ranked.order.tolist(), ranked.distances.tolist(), strict=True)
                    out.write("".join([f"{query},{r},{paths[p]},{d!r}{tail}{labels[p]}" for r, p, d in rows]))
                done += len(block)
                yield done
        _sync(out)


def write_json(file: Path, sections: Sequence[Section]) -> Generator[int, None, None]:
    """Write `file`, an array with one object a line; yields the number of queries written so far."""
    done = 0
    comma = "\n"
    with file.open("w", encoding="ascii", newline="\n") as out:
        out.write("[")
        for section in sections:
            paths = _Cells(json.dumps, section.paths)
            labels = _Cells(lambda path: json.dumps(folder_label(path)), section.paths)
            middle = f', "metric": "{section.metric}", "model": {json.dumps(section.model)}, "query_label": '
            for block in section.blocks():
                for ranked in block:
                    head = f'{{"query": {json.dumps(ranked.query.name)}, "rank": '
                    tail = f'{middle}{json.dumps(ranked.query.label)}, "label": '
                    rows = zip(ranked.rank_list(), ranked.order.tolist(), ranked.distances.tolist(), strict=True)
                    lines = [f'{head}{r}, "path": {paths[p]}, "distance": {d!r}{tail}{labels[p]}}}' for r, p, d in rows]
                    if lines:
                        out.write(comma + ",\n".join(lines))
                        comma = ",\n"
                done += len(block)
                yield done
        out.write("\n]\n")
        _sync(out)


def _sync(out: io.TextIOWrapper) -> None:
    out.flush()
    os.fsync(out.fileno())


def import_pyarrow() -> Any:
    """The module pyarrow; raises ExportError with the command that installs it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ExportError(
            Path("results.parquet"), f"Parquet needs pyarrow: pip install 'semblance[parquet]' ({error})"
        ) from error
    return pyarrow


def write_parquet(file: Path, sections: Sequence[Section]) -> Generator[int, None, None]:
    """Write `file` in row groups, in bounded memory; yields the number of queries written so far.

    Parquet's text is UTF-8. Where names hold other bytes, those are spelled out as \\xff, and two further columns,
    `query_bytes` and `path_bytes`, hold the bytes of just these names.
    """
    arrow = import_pyarrow()
    text = arrow.dictionary(arrow.int32(), arrow.string())
    types = dict.fromkeys(COLUMNS, text) | {"rank": arrow.int32(), "distance": arrow.float64()}
    raw = any(_has_raw_bytes(section) for section in sections)
    if raw:
        types |= dict.fromkeys(("query_bytes", "path_bytes"), arrow.dictionary(arrow.int32(), arrow.binary()))
    schema = arrow.schema([arrow.field(name, kind) for name, kind in types.items()])
    done = 0
    with arrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for section in sections:
            waiting: list[Ranked] = []
            rows = 0
            for block in section.blocks():
                waiting += block
                rows += sum(len(ranked.order) for ranked in block)
                if rows >= PARQUET_ROWS:
                    writer.write_table(_arrow_table(arrow, schema, section, waiting), row_group_size=PARQUET_ROWS)
                    waiting, rows = [], 0
                done += len(block)
                yield done
            if rows:
                writer.write_table(_arrow_table(arrow, schema, section, waiting), row_group_size=PARQUET_ROWS)


def _arrow_table(arrow: Any, schema: Any, section: Section, results: Sequence[Ranked]) -> Any:
    """The rows of some queries as an Arrow table; each text is stored once and pointed to."""
    lengths = [len(ranked.order) for ranked in results]
    used, place = np.unique(np.concatenate([ranked.order for ranked in results]), return_inverse=True)
    owner = np.repeat(np.arange(len(results), dtype=np.int32), lengths)
    paths = [section.paths[position] for position in used.tolist()]
    queries = [ranked.query for ranked in results]
    names = [query.name for query in queries]

    def pointing(indices: Any, texts: Sequence[str | bytes | None], kind: Any) -> Any:
        # An Arrow dictionary must not hold a null or one value twice to be read everywhere: numbered anew.
        numbers = {value: number for number, value in enumerate(dict.fromkeys(v for v in texts if v is not None))}
        renumbered = np.array([-1 if value is None else numbers[value] for value in texts], dtype=np.int32)[indices]
        keys = arrow.array(renumbered, mask=renumbered < 0)
        return arrow.DictionaryArray.from_arrays(keys, arrow.array(list(numbers), kind))

    def column(name: str) -> Any:
        match name:
            case "rank":
                return arrow.array(np.concatenate([ranked.rank_list() for ranked in results]).astype(np.int32))
            case "distance":
                return arrow.array(np.concatenate([ranked.distances for ranked in results]))
            case "query":
                return pointing(owner, [_spelled(name) for name in names], arrow.string())
            case "path":
                return pointing(place, [_spelled(path) for path in paths], arrow.string())
            case "query_label":
                return pointing(owner, [_spelled_label(query.label) for query in queries], arrow.string())
            case "label":
                return pointing(place, [_spelled_label(folder_label(path)) for path in paths], arrow.string())
            case "query_bytes":
                return pointing(owner, [_raw(name) for name in names], arrow.binary())
            case "path_bytes":
                return pointing(place, [_raw(path) for path in paths], arrow.binary())
        constant = str(section.metric) if name == "metric" else section.model
        return pointing(np.zeros(len(owner), dtype=np.int32), [constant], arrow.string())

    return arrow.Table.from_arrays([column(name) for name in schema.names], schema=schema)


def _has_raw_bytes(section: Section) -> bool:
    """Whether a name holds bytes that are no UTF-8."""
    if isinstance(section.paths, PathTable):
        blob = section.paths.blob  # UTF-8 with surrogates passed through: U+DC80–U+DCFF are ED B2 80 – ED B3 BF
        after = blob[1:][blob[:-1] == 0xED]
        held = bool(np.any(after >= 0xA0))
    else:
        held = any(_raw(path) is not None for path in section.paths)
    return held or any(_raw(query.name) is not None for query in section.queries())


def _raw(text: str) -> bytes | None:
    """The bytes of a name that is no UTF-8, else None."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text)
    return None


def _spelled(text: str) -> str:
    """The name with bytes that are no UTF-8 spelled out."""
    return text.encode("utf-8", NAME_ERRORS).decode("utf-8", "backslashreplace")


def _spelled_label(text: str | None) -> str | None:
    return None if text is None else _spelled(text)

"""Rankings as tables, one row a pair of query and result: CSV, JSON and Parquet."""

import json
import os
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from engine.errors import ExportError
from engine.export_blocks import Block, Section
from engine.export_lines import Cells, LineMaker, distinct, lines
from engine.labels import folder_label
from engine.lookahead import LookAhead
from engine.path_table import PathTable
from engine.query_set import LibraryQueries

COLUMNS = ("query", "rank", "path", "distance", "metric", "model", "query_label", "label")
SYNC_BYTES = 8 << 20  # that are new before the disk is asked to take them
PARQUET_ROWS = 1 << 17  # rows of a row group, at least: whole blocks make one
# Columns of which a row group says the least and the greatest value, for readers that look for some of the rows. Those
# of the results hold values from everywhere: finding the two would take a fourth of the time and help nobody.
BOUNDED = ("query", "rank", "distance", "metric", "model", "query_label")
# What a spreadsheet takes for a formula when a cell begins with it (OWASP, CSV injection), their full-width twins, and
# the apostrophe itself, so that a reader gets every name back by dropping one leading apostrophe.
FORMULA_STARTS = frozenset("=+-@\t\r\n'＝＋－＠")
QUOTED = re.compile('[,"\r\n]')
# Bytes of a name that are no UTF-8 go into a CSV as they are; Windows has none, but may have lone surrogates.
NAME_ERRORS = "surrogateescape" if os.name == "posix" else "surrogatepass"


def csv_cell(text: str) -> str:
    """A text as one CSV cell (RFC 4180): quoted where it must be, with an apostrophe before what would be a formula."""
    if text[:1] in FORMULA_STARTS and text:
        text = f"'{text}"
    if QUOTED.search(text):
        quoted = text.replace('"', '""')
        return f'"{quoted}"'
    return text


def write_csv(file: Path, sections: Sequence[Section]) -> Generator[int, None, None]:
    """Write `file`; yields the number of queries written so far."""
    with file.open("wb") as out:
        out.write((",".join(COLUMNS) + "\r\n").encode())
        yield from _write_lines(out, sections, _csv_line)


def _csv_line(section: Section) -> LineMaker:
    constants = f"{section.metric},{csv_cell(section.model)}"
    return LineMaker(
        before=lambda name: f"{csv_cell(name)},",
        photo=lambda path: f",{csv_cell(path)},",
        after=lambda label: f",{constants},{csv_cell(label or '')},",
        end=lambda path: csv_cell(folder_label(path) or "") + "\r\n",
        encoding="utf-8",
        errors=NAME_ERRORS,
    )


def write_json(file: Path, sections: Sequence[Section]) -> Generator[int, None, None]:
    """Write `file`, an array with one object a line; yields the number of queries written so far."""
    with file.open("wb") as out:
        out.write(b"[")
        # Each line begins with the comma after the one before; the first has none.
        yield from _write_lines(out, sections, _json_line, left_out=len(","))
        out.write(b"\n]\n")
        _sync(out)


def _json_line(section: Section) -> LineMaker:
    constants = f'"metric": "{section.metric}", "model": {json.dumps(section.model)}'
    return LineMaker(
        before=lambda name: f',\n{{"query": {json.dumps(name)}, "rank": ',
        photo=lambda path: f', "path": {json.dumps(path)}, "distance": ',
        after=lambda label: f', {constants}, "query_label": {json.dumps(label)}, "label": ',
        end=lambda path: f"{json.dumps(folder_label(path))}}}",
        encoding="ascii",
        errors="strict",
    )


def _write_lines(
    out: BinaryIO, sections: Sequence[Section], maker: Callable[[Section], LineMaker], left_out: int = 0
) -> Generator[int, None, None]:
    """Write every line but the first `left_out` bytes; yields the number of queries written so far."""
    done = 0
    with _SyncAhead(out) as disk:
        for section in sections:
            for queries, texts in lines(section, maker(section)):
                for text in texts:
                    disk.written(out.write(memoryview(text)[left_out:]))
                    left_out = max(0, left_out - len(text))
                done += queries
                yield done
    _sync(out)


class _SyncAhead:
    """Has the disk take what a long file holds already while more of it is being made: little is left to be waited for
    when it ends. Raises OSError, at the latest at the end, where the disk could not."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._new = 0  # bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="export-disk")
        self._last: Future[None] | None = None

    def __enter__(self) -> "_SyncAhead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        if kind is None and self._last is not None:
            self._last.result()  # the system tells of an error once: the next who waits for the disk hears of none

    def written(self, size: int) -> None:
        """So many bytes more are in the file."""
        self._new += size
        if self._new >= SYNC_BYTES and (self._last is None or self._last.done()):
            if self._last is not None:
                self._last.result()
            self._last, self._new = self._thread.submit(_sync, self._out), 0


def _sync(out: BinaryIO) -> None:
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
    # Hardly a distance comes twice: looked up in a dictionary, they take a third of all the time and more bytes.
    looked_up = [name for name in types if name != "distance"]
    raw = any(_has_raw_bytes(section) for section in sections)
    if raw:
        types |= dict.fromkeys(("query_bytes", "path_bytes"), arrow.dictionary(arrow.int32(), arrow.binary()))
    schema = arrow.schema([arrow.field(name, kind) for name, kind in types.items()])
    done = 0
    how = {"compression": "zstd", "use_dictionary": looked_up, "write_statistics": list(BOUNDED)}
    with arrow.parquet.ParquetWriter(file, schema, **how) as writer:
        for section in sections:
            table_of = partial(_arrow_table, arrow, schema, section, _Texts(section.paths))
            with LookAhead(table_of, _groups(section), threads=1, ahead=2) as ahead:
                for queries, table in ahead:
                    if len(table):
                        writer.write_table(table, row_group_size=len(table))
                    done += queries
                    yield done
    with file.open("r+b") as written:
        _sync(written)


def _groups(section: Section) -> Iterator[list[Block]]:
    """The blocks of a section, as many together as make a row group."""
    waiting: list[Block] = []
    for block in section.blocks():
        waiting.append(block)
        if sum(len(each.order) for each in waiting) >= PARQUET_ROWS:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


class _Texts:
    """What a table says of a section's photos, made once for each that turns up."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.paths = Cells(_spelled, paths)
        self.labels = Cells(lambda path: _spelled_label(folder_label(path)), paths)
        self.raw = Cells(_raw, paths)


def _arrow_table(arrow: Any, schema: Any, section: Section, texts: _Texts, blocks: Sequence[Block]) -> tuple[int, Any]:
    """The number of queries of some blocks, and their rows as an Arrow table that holds each text once."""
    used, place = distinct(np.concatenate([block.order for block in blocks]))
    starts = np.cumsum([0, *(len(block) for block in blocks)])
    owner = np.concatenate([block.owners + start for block, start in zip(blocks, starts.tolist(), strict=False)])
    names = [name for block in blocks for name in block.names]
    labels = [label for block in blocks for label in block.labels]

    def pointing(indices: Any, values: Sequence[str | bytes | None], kind: Any) -> Any:
        # An Arrow dictionary must not hold a null or one value twice to be read everywhere: numbered anew.
        different = dict.fromkeys(values)
        different.pop(None, None)
        if len(different) == len(values):
            keys = arrow.array(indices.astype(np.int32))
        else:
            numbers = dict(zip(different, range(len(different)), strict=True))
            renumbered = np.array([numbers.get(value, -1) for value in values], dtype=np.int32)[indices]
            keys = arrow.array(renumbered, mask=renumbered < 0)
        return arrow.DictionaryArray.from_arrays(keys, arrow.array(list(different), kind))

    def column(name: str) -> Any:
        match name:
            case "rank":
                return arrow.array(np.concatenate([block.ranks for block in blocks]).astype(np.int32))
            case "distance":
                return arrow.array(np.concatenate([block.distances for block in blocks]))
            case "query":
                return pointing(owner, [_spelled(name) for name in names], arrow.string())
            case "path":
                return pointing(place, [texts.paths[position] for position in used], arrow.string())
            case "query_label":
                return pointing(owner, [_spelled_label(label) for label in labels], arrow.string())
            case "label":
                return pointing(place, [texts.labels[position] for position in used], arrow.string())
            case "query_bytes":
                return pointing(owner, [_raw(name) for name in names], arrow.binary())
            case "path_bytes":
                return pointing(place, [texts.raw[position] for position in used], arrow.binary())
        constant = str(section.metric) if name == "metric" else section.model
        return pointing(np.zeros(len(owner), dtype=np.int32), [constant], arrow.string())

    return len(names), arrow.Table.from_arrays([column(name) for name in schema.names], schema=schema)


def _has_raw_bytes(section: Section) -> bool:
    """Whether a name holds bytes that are no UTF-8."""
    if isinstance(section.paths, PathTable):
        blob = section.paths.blob  # UTF-8 with surrogates passed through: U+DC80–U+DCFF are ED B2 80 – ED B3 BF
        after = blob[1:][blob[:-1] == 0xED]
        held = bool(np.any(after >= 0xA0))
    else:
        held = any(_raw(path) is not None for path in section.paths)
    queries = section.queries()
    if held or (isinstance(queries, LibraryQueries) and queries.paths is section.paths):
        return held
    return any(_raw(query.name) is not None for query in queries)


def _raw(text: str) -> bytes | None:
    """The bytes of a name that is no UTF-8, else None."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text)
    return None


def _spelled(text: str) -> str:
    """The name with bytes that are no UTF-8 spelled out."""
    return text if text.isascii() else text.encode("utf-8", NAME_ERRORS).decode("utf-8", "backslashreplace")


def _spelled_label(text: str | None) -> str | None:
    return None if text is None else _spelled(text)

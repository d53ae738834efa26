"""Exporting every photo's nearest against the rest, against the bare parts of that: matrix products, and pyarrow.

`python -m benchmarks.export [--json] [--photos N] [-k N]` needs the extra `parquet`. A library of N photos with random
vectors, as many numbers as the default model gives; with `--library FOLDER` one that is indexed already.
Ours is the job behind `export FOLDER --queries all -k 50 --format csv --format parquet`: opening the index, ranking by
exact distances, keeping the blocks that a resume goes on from, writing both files and the manifest with fsyncs. The
peer multiplies the float32 matrix with itself in blocks, selects nothing, and writes as many rows of the same names
with pyarrow. The resident memory is that of a process which does nothing but the export, mapped files included.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.libraries import written_library
from benchmarks.process import run_until_line
from benchmarks.ratio import Result, compared, parser, report, take_turns
from engine.export import ExportRequest, Format, export
from engine.gallery import Gallery
from engine.spec import DEFAULT_MODEL, bundled_folder, find_model
from engine.store import Store, default_data_dir

PHOTOS, K = 10_300, 50
BLOCK = 256  # queries a product
BAR_TIME, BAR_MB = 1.5, 500.0


def export_once(data: Path, library: Path, model: str, k: int, out: Path) -> None:
    """What is measured."""
    with Store(data) as store:
        spec = find_model(model, [bundled_folder()])
        request = ExportRequest(library, out, "all", (spec,), k=k, formats=(Format.CSV, Format.PARQUET))
        for _ in export(store, request):
            pass


def multiply(gallery: Gallery) -> None:
    """All scores, block by block, and nothing done with them."""
    vectors = np.ascontiguousarray(gallery.vectors(np.arange(len(gallery))))
    for start in range(0, len(vectors), BLOCK):
        np.matmul(vectors[start : start + BLOCK], vectors.T)


def table_of(gallery: Gallery, k: int) -> Any:
    """As many rows of the same names as the export has, as an Arrow table."""
    import pyarrow as pa

    count = len(gallery)
    random = np.random.default_rng(0)
    names = pa.array([path.encode("utf-8", "replace").decode() for path in gallery.paths])
    columns: dict[str, Any] = {
        "query": pa.DictionaryArray.from_arrays(np.repeat(np.arange(count, dtype=np.int32), k), names),
        "rank": np.tile(np.arange(1, k + 1, dtype=np.int32), count),
        "path": pa.DictionaryArray.from_arrays(random.integers(0, count, count * k).astype(np.int32), names),
        "distance": random.random(count * k),
    }
    for name, value in (("metric", "cosine"), ("model", gallery.model), ("query_label", "label"), ("label", "label")):
        columns[name] = pa.DictionaryArray.from_arrays(np.zeros(count * k, np.int32), pa.array([value]))
    return pa.table(columns)


def write(table: Any, folder: Path) -> None:
    """Both files by pyarrow, whose CSV writer takes no dictionaries."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    parquet.write_table(table, folder / "x.parquet", compression="zstd")
    plain = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in table.itercolumns()
    ]
    csv.write_csv(pa.table(dict(zip(table.column_names, plain, strict=True))), folder / "x.csv")


def measured(scratch: Path, data: Path, library: Path, args: argparse.Namespace) -> Iterator[Result]:
    """The time in turns with the peer's, and the memory of a process of its own."""
    with Store(data) as store:
        gallery = store.library(library).gallery(find_model(args.model, [bundled_folder()]))
        table = table_of(gallery, args.k)
        outs = iter(scratch / f"run-{number}" for number in range(args.rounds + 1))
        seconds = take_turns(
            {
                "ours": lambda: export_once(data, library, args.model, args.k, next(outs)),
                "products": lambda: multiply(gallery),
                "writing": lambda: write(table, scratch),
            },
            args.rounds,
        )
        what = f"{len(gallery):,} photos × {args.k} nearest, {gallery.dimension} numbers, CSV and Parquet"
    parts = [sum(both) for both in zip(seconds["products"], seconds["writing"], strict=True)]
    writing = sorted(seconds["writing"])[args.rounds // 2]
    note = f"{writing * 1e3:.0f} ms of the peer's are pyarrow's"
    yield compared(what, seconds["ours"], "bare products and pyarrow", parts, BAR_TIME, note)
    words = ["-m", "benchmarks.export", "--only-export", str(library), "--data-dir", str(data)]
    run = run_until_line([*words, "--model", args.model, "-k", str(args.k)])
    peak = run.resident / 2**20
    own = f"{run.own / 2**20:.0f} MiB of it its own"
    yield Result(f"resident, {what}", "limit", peak, BAR_MB, "MiB", peak / BAR_MB, 1.0, note=own)


def main() -> int:
    """Measure, or be the process whose memory is measured."""
    options = parser(__doc__.partition("\n")[0])
    options.add_argument("--photos", type=int, default=PHOTOS, metavar="N", help="photos of the drawn library")
    options.add_argument("-k", type=int, default=K, help="results of each")
    options.add_argument("--model", default=DEFAULT_MODEL)
    options.add_argument("--library", type=Path, metavar="FOLDER", help="an indexed library instead")
    options.add_argument("--data-dir", type=Path, metavar="DIR", help="with --library: where its index lies")
    options.add_argument("--only-export", type=Path, metavar="FOLDER", help="only export this library, and wait")
    args = options.parse_args()
    data = args.data_dir or default_data_dir()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if args.only_export is not None:
            export_once(data, args.only_export, args.model, args.k, scratch / "out")
            print("done", flush=True)
            sys.stdin.read()
            return 0
        library = args.library
        if library is None:
            library, data = scratch / "photos", scratch / "index"
            with Store(data) as store:
                written_library(store, library, args.photos, [find_model(args.model, [bundled_folder()])])
        return report("export", list(measured(scratch, data, library, args)), args.json)


if __name__ == "__main__":
    sys.exit(main())

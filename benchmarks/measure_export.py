"""Times an export of all pairs of a library against its bare parts: the matrix products, and the writing by pyarrow.

    python -m benchmarks.measure_export FOLDER [-k 50] [--model NAME]

FOLDER must be indexed (`python main.py index FOLDER`). Prints JSON: seconds of each part, their ratio, and the resident
memory of a fresh process that does nothing but the export.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from engine.export import ExportRequest, Format, export
from engine.gallery import Gallery
from engine.spec import DEFAULT_MODEL, bundled_folder, find_model
from engine.store import Store, default_data_dir

BLOCK = 256  # queries a product, as many as the export takes


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("-k", type=int, default=50)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--data-dir", type=Path, default=None)
    parser.add_argument("--repeat", type=int, default=3, help="the fastest of so many counts")
    parser.add_argument("--only-export", action="store_true", help="run in this process, and print its memory")
    args = parser.parse_args()
    data_dir = args.data_dir or default_data_dir()
    if args.only_export:
        print(json.dumps({"seconds": export_once(data_dir, args), "resident_mb": resident_mb()}))
        return
    with Store(data_dir) as store:
        gallery = store.library(args.folder).gallery(find_model(args.model, [bundled_folder()]))
        products = min(time_products(gallery, args.k, select=False) for _ in range(args.repeat))
        selected = min(time_products(gallery, args.k, select=True) for _ in range(args.repeat))
        writing = min(time_writing(gallery, args.k) for _ in range(args.repeat))
    runs = [export_in_fresh_process(data_dir, args) for _ in range(args.repeat)]
    seconds = min(run["seconds"] for run in runs)
    print(
        json.dumps(
            {
                "photos": len(gallery),
                "dimensions": gallery.dimension,
                "k": args.k,
                "products_s": round(products, 3),
                "products_and_argpartition_s": round(selected, 3),
                "pyarrow_writing_s": round(writing, 3),
                "export_s": round(seconds, 3),
                "ratio_to_products_and_writing": round(seconds / (products + writing), 2),
                "ratio_with_argpartition": round(seconds / (selected + writing), 2),
                "resident_mb": max(run["resident_mb"] for run in runs),
            },
            indent=2,
        )
    )


def time_products(gallery: Gallery, k: int, *, select: bool) -> float:
    """Seconds for all scores, block by block; with `select`, and the places of the k + 1 best of each row."""
    vectors = np.ascontiguousarray(gallery.vectors(np.arange(len(gallery))))
    started = time.perf_counter()
    for start in range(0, len(vectors), BLOCK):
        scores = vectors[start : start + BLOCK] @ vectors.T
        if select:
            np.argpartition(-scores, min(k, len(vectors) - 1), axis=1)
    return time.perf_counter() - started


def time_writing(gallery: Gallery, k: int) -> float:
    """Seconds for pyarrow to write as many rows, of the same names, as CSV and as Parquet."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    count = len(gallery)
    random = np.random.default_rng(0)
    names = pa.array([path.encode("utf-8", "replace").decode() for path in gallery.paths])
    owner = pa.array(np.repeat(np.arange(count, dtype=np.int32), k))
    found = pa.array(random.integers(0, count, count * k).astype(np.int32))
    columns: dict[str, Any] = {
        "query": pa.DictionaryArray.from_arrays(owner, names),
        "rank": np.tile(np.arange(1, k + 1, dtype=np.int32), count),
        "path": pa.DictionaryArray.from_arrays(found, names),
        "distance": random.random(count * k),
    }
    for name, value in (("metric", "cosine"), ("model", gallery.model), ("query_label", "label"), ("label", "label")):
        columns[name] = pa.DictionaryArray.from_arrays(np.zeros(count * k, np.int32), pa.array([value]))
    table = pa.table(columns)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        parquet.write_table(table, Path(folder) / "x.parquet", compression="zstd")
        plain = {
            name: part.cast(pa.string()) if pa.types.is_dictionary(part.type) else part
            for name, part in zip(table.column_names, table.columns, strict=True)
        }
        csv.write_csv(pa.table(plain), Path(folder) / "x.csv")
        return time.perf_counter() - started


def export_once(data_dir: Path, args: argparse.Namespace) -> float:
    """Seconds of one export as CSV and Parquet."""
    with tempfile.TemporaryDirectory() as folder, Store(data_dir) as store:
        spec = find_model(args.model, [bundled_folder()])
        started = time.perf_counter()
        request = ExportRequest(
            args.folder, Path(folder) / "out", "all", (spec,), k=args.k, formats=(Format.CSV, Format.PARQUET)
        )
        for _ in export(store, request):
            pass
        return time.perf_counter() - started


def export_in_fresh_process(data_dir: Path, args: argparse.Namespace) -> dict[str, float]:
    """The same in a process of its own, whose peak of resident memory is then the export's."""
    command = [sys.executable, "-m", "benchmarks.measure_export", str(args.folder), "-k", str(args.k), "--only-export"]
    command += ["--model", args.model, "--data-dir", str(data_dir)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def resident_mb() -> float:
    """The peak of this process's resident memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


if __name__ == "__main__":
    main()

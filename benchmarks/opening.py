"""A large index from the start of a process to its first answer, against loading the same vectors with numpy.load.

`python -m benchmarks.opening [--json] [--rounds N] [--photos N]` needs the extra `bench`. Both sides are processes of
their own, imports included; the files are in the page cache, as they are when a program is started again. The library
has 256 random numbers a photo. "Own memory" is the anonymous memory of the process at its largest; pages of mapped
files are not in it, for the system takes them back when it needs them. The peer only loads, and finds nothing.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.libraries import written_library
from benchmarks.process import Run, run_until_line
from benchmarks.ratio import Result, compared, parser, report, take_turns
from engine.spec import find_model
from engine.store import Store
from tests.tiny_models import build_tiny_model

PHOTOS, DIMENSION, TOP = 1_000_000, 256, 100
BAR_TIME, BAR_OWN_MB = 0.7, 150.0

ANSWER = f"""
import sys
from pathlib import Path
from engine.search import nearest
from engine.spec import find_model
from engine.store import Store

data, root, models = map(Path, sys.argv[1:])
with Store(data) as store:
    spec = find_model("random", [models])
    gallery = store.library(root).gallery(spec)
    ranking = nearest(gallery, gallery.vector(len(gallery) // 2), spec.metric, {TOP})
    print(len(ranking), ranking[0].path, flush=True)
    sys.stdin.read()
"""

LOAD = """
import sys
import numpy

matrix = numpy.load(sys.argv[1])
print(matrix.shape, flush=True)
sys.stdin.read()
"""


def main() -> int:
    """Write the index, open it in turns with the peer."""
    options = parser(__doc__.partition("\n")[0])
    options.add_argument("--photos", type=int, default=PHOTOS, metavar="N", help="photos of the library")
    options.add_argument("--scratch", type=Path, help="folder for the index, 3 GB (default: the system's)")
    args = options.parse_args()
    with tempfile.TemporaryDirectory(dir=args.scratch) as folder:
        scratch = Path(folder)
        build_tiny_model(scratch / "random.onnx", "random", embedding_size=DIMENSION, labels=None)
        spec = find_model("random", [scratch])
        with Store(scratch / "data") as store:
            written_library(store, scratch / "photos", args.photos, [spec], files=False)
            np.save(scratch / "matrix.npy", store.library(scratch / "photos").gallery(spec).matrix)
        results = measured(scratch, args.photos, args.rounds)
    return report("opening", results, args.json)


def measured(scratch: Path, photos: int, rounds: int) -> list[Result]:
    runs: list[Run] = []

    def answer() -> float:
        runs.append(run_until_line(["-c", ANSWER, *(str(scratch / name) for name in ("data", "photos", ""))]))
        assert runs[-1].line.startswith(f"{TOP} "), runs[-1].line
        return runs[-1].seconds

    def load() -> float:
        return run_until_line(["-c", LOAD, str(scratch / "matrix.npy")]).seconds

    seconds = take_turns({"ours": answer, "numpy": load}, rounds)
    own = max(run.own for run in runs) / 2**20
    resident = max(run.resident for run in runs) / 2**20
    name = f"process start to the first answer, {photos:,} × {DIMENSION}"
    return [
        compared(name, seconds["ours"], "numpy.load", seconds["numpy"], BAR_TIME),
        Result(
            "own memory at the first answer", "limit", own, BAR_OWN_MB, "MiB", own / BAR_OWN_MB, 1.0,
            note=f"{resident:.0f} MiB resident, mapped files included",
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

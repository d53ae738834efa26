"""Measure finished models on labelled folders, through the engine: `python -m training.evaluate --data DIR`."""

import argparse
import hashlib
import json
import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from engine.bootstrap import Interval, intervals
from engine.embedder import Embedded, open_embedder
from engine.errors import EngineError
from engine.evaluate import Evaluation, Queries
from engine.evaluate import evaluate as evaluate_rankings
from engine.gallery import Gallery
from engine.labels import folder_labels
from engine.spec import ModelSpec, bundled_folder, read_spec
from training import onnx_file
from training.checkpoint import CheckpointError
from training.data import DataError, Labelled, read_labelled
from training.pairs import page, sample_pairs
from training.quality import batches
from training.registry import load_model

log = logging.getLogger(__name__)

# The table's columns: what the report calls them, and the engine's measure.
COLUMNS = (
    ("mAP", "map"),
    ("mAP@10", "map_at_10"),
    ("mAP@50", "map_at_50"),
    ("P@1", "precision_at_1"),
    ("hit@10", "hit_at_10"),
    ("recall@50", "recall_at_50"),
    ("R-precision", "r_precision"),
    ("mean rank of relevant", "mean_rank"),
    ("mean rank of first hit", "mean_first_rank"),
    ("original's mAP@1", "original_map_at_1"),
    ("original's mAP@10", "original_map_at_10"),
    ("original's mAP@50", "original_map_at_50"),
    ("original's mean rank", "original_mean_rank"),
)


@dataclass(frozen=True)
class Vectors:
    """What a network gave for a folder."""

    embeddings: NDArray[np.float32]  # [N, D]
    logits: NDArray[np.float32] | None  # [N, C]


@dataclass(frozen=True)
class Report:
    """One network, measured."""

    name: str  # the model's, with " (torch)" for the network it was exported from
    spec: ModelSpec
    rankings: Evaluation
    accuracy: Interval | None  # over gallery and query together: no picture of either was trained on
    confusion: NDArray[np.int64] | None  # [C, C]: label, prediction
    images_per_second: float

    def to_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "name": self.name,
            "file": self.spec.path.name,
            "sha256": self.spec.sha256,
            "accuracy": None if self.accuracy is None else self.accuracy.to_json(),
            "confusion of predictions": None if self.confusion is None else self.confusion.tolist(),
            "images_per_second": round(self.images_per_second, 2),
            "rankings": self.rankings.to_json(),
        }


def vectors(run: Callable[[NDArray[np.float32]], Embedded], spec: ModelSpec, labelled: Labelled, name: str) -> Vectors:
    """Run every picture through `run`, prepared as the engine prepares it."""
    parts: list[Embedded] = []
    with tqdm(total=len(labelled), desc=name, unit="picture", disable=None) as bar:
        for batch in batches(spec, labelled.paths):
            parts.append(run(batch))
            bar.update(len(batch))
    logits = [part.logits for part in parts if part.logits is not None]
    return Vectors(np.concatenate([part.vectors for part in parts]), np.concatenate(logits) if logits else None)


def torch_runner(folder: Path) -> Callable[[NDArray[np.float32]], Embedded]:
    """The torch network of the finished run in `folder`, called like an embedder."""
    _, network = load_model(folder)

    @torch.inference_mode()
    def run(batch: NDArray[np.float32]) -> Embedded:
        result = network(torch.from_numpy(batch))
        unit, logits = (result, None) if isinstance(result, Tensor) else result
        return Embedded(unit.numpy(), None if logits is None else logits.numpy())

    return run


def measure(
    name: str, spec: ModelSpec, gallery: Labelled, query: Labelled, found: tuple[Vectors, Vectors], per_second: float
) -> Report:
    """Every number of one network, from its vectors of the gallery and of the queries."""
    in_gallery, in_query = found
    names = [f"{gallery.classes[label]}/{path.name}" for path, label in zip(gallery.paths, gallery.labels, strict=True)]
    library = Gallery.from_arrays(names, in_gallery.embeddings, spec.name)
    asked = Queries(
        [f"{query.classes[label]}/{path.name}" for path, label in zip(query.paths, query.labels, strict=True)],
        [query.classes[label] for label in query.labels],
        in_query.embeddings,
        [None] * len(query),
    )
    rankings = evaluate_rankings(library, folder_labels(library.paths), spec.metric, asked)
    accuracy, confusion = None, None
    if in_gallery.logits is not None and in_query.logits is not None and spec.labels is not None:
        if spec.labels != gallery.classes:
            log.warning("%s has other labels than the folders: no accuracy", spec.name)
        else:
            predicted = np.concatenate([in_gallery.logits.argmax(1), in_query.logits.argmax(1)])
            labels = np.concatenate([gallery.labels, query.labels])
            accuracy = intervals((predicted == labels).astype(np.float64)[:, np.newaxis])[0]
            confusion = np.zeros((len(gallery.classes),) * 2, np.int64)
            np.add.at(confusion, (labels, predicted), 1)
    return Report(name, spec, rankings, accuracy, confusion, per_second)


def markdown(reports: Sequence[Report], gallery: Labelled, query: Labelled) -> str:
    """The report for people."""
    lines = [
        "# Evaluation",
        "",
        f"{len(gallery)} pictures in the gallery, {len(query)} queries, {len(gallery.classes)} labels. "
        "In brackets: the 95 % bootstrap interval over the queries; for accuracy, over gallery and queries together.",
        "The original's mAP@k drops queries without a hit and divides by the hits found; its mean rank is that of the "
        "relevant picture which the gallery lists first.",
        "",
        "| measure | " + " | ".join(report.name for report in reports) + " |",
        "|---" * (len(reports) + 1) + "|",
        "| accuracy | " + " | ".join(_interval(report.accuracy, 3) for report in reports) + " |",
    ]
    for title, column in COLUMNS:
        digits = 1 if "rank" in title else 3
        cells = [_interval(report.rankings.metrics[column], digits) for report in reports]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    lines.append("| images/s here | " + " | ".join(f"{report.images_per_second:.1f}" for report in reports) + " |")
    for report in reports:
        lines += ["", f"## {report.name}", "", "| label | queries | mAP | P@1 | mean rank |", "|---|---|---|---|---|"]
        for result in report.rankings.per_class:
            numbers = result.metrics
            lines.append(
                f"| {result.label} | {result.queries} | {_number(numbers['map'], 3)} | "
                f"{_number(numbers['precision_at_1'], 2)} | {_number(numbers['mean_rank'], 0)} |"
            )
        if report.confusion is not None:
            lines += ["", "Predictions (rows: the true label):", "", *_matrix(gallery.classes, report.confusion)]
        else:
            counts = report.rankings.confusion
            labels = report.rankings.confusion_labels
            lines += ["", "Label of the nearest picture (rows: the query's label):", "", *_matrix(labels, counts)]
    return "\n".join(lines) + "\n"


def _matrix(labels: Sequence[str], counts: NDArray[np.int64]) -> list[str]:
    head = ["| | " + " | ".join(labels) + " |", "|---" * (len(labels) + 1) + "|"]
    return head + [
        f"| {label} | " + " | ".join(str(count) for count in row) + " |"
        for label, row in zip(labels, counts.tolist(), strict=True)
    ]


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _interval(interval: Interval | None, digits: int) -> str:
    if interval is None or interval.value is None:
        return "–"
    return f"{interval.value:.{digits}f} ({_number(interval.low, digits)}–{_number(interval.high, digits)})"


def quality(report: Report) -> dict[str, float | str]:
    """The figures that a model file says of itself."""

    def rounded(column: str, digits: int = 3) -> float:
        value = report.rankings.metrics[column].value
        return round(value, digits) if value is not None else 0.0

    figures: dict[str, float | str] = {}
    if report.accuracy is not None and report.accuracy.value is not None:
        figures["accuracy"] = round(report.accuracy.value, 3)
    return figures | {
        "mAP": rounded("map"),
        "P@1": rounded("precision_at_1"),
        "mean rank": rounded("mean_rank", 1),
        "mAP, 95 % interval": _interval(report.rankings.metrics["map"], 3),
        "measured on": f"{report.rankings.gallery_size} photos ranked for each of {len(report.rankings.names)} "
        f"queries, {len(report.rankings.confusion_labels)} labels",
    }


def run(
    data: Path, models: Sequence[Path], runs: Mapping[str, Path], out: Path, write_quality: bool = False
) -> list[Report]:
    """Measure every file of `models`, and beside each whose name is in `runs` the torch network of that run; write
    `evaluation.md`, `evaluation.json` and `pairs.html` to `out`. What was embedded once is kept there."""
    gallery = read_labelled(data / "gallery")
    query = read_labelled(data / "query", gallery.classes)
    out.mkdir(parents=True, exist_ok=True)
    reports: list[Report] = []
    samples = []
    measured: list[tuple[Path, ModelSpec, Report]] = []
    for path in models:
        spec = read_spec(path)
        embedder = open_embedder(spec)
        found, per_second = _embed(embedder.embed, spec, (gallery, query), out / f"{_graph_key(path)}.npz", spec.name)
        report = measure(spec.name, spec, gallery, query, found, per_second)
        reports.append(report)
        samples.append((spec.name, sample_pairs(query, gallery, found[1].embeddings, found[0].embeddings)))
        measured.append((path, spec, report))
        if spec.name in runs:
            name = f"{spec.name} (torch)"
            kept = out / f"torch-{_graph_key(runs[spec.name] / 'model.pt')}.npz"
            found, per_second = _embed(torch_runner(runs[spec.name]), spec, (gallery, query), kept, name)
            reports.append(measure(name, spec, gallery, query, found, per_second))
    (out / "evaluation.md").write_text(markdown(reports, gallery, query), encoding="utf-8")
    (out / "evaluation.json").write_text(
        json.dumps([report.to_json() for report in reports], indent=1, ensure_ascii=False), encoding="utf-8"
    )
    (out / "pairs.html").write_text(page(samples), encoding="utf-8")
    if write_quality:  # last: the reports name the hash of the file that was measured
        for path, spec, report in measured:
            onnx_file.describe(path, replace(spec, quality=quality(report)))
    return reports


def _embed(
    call: Callable[[NDArray[np.float32]], Embedded],
    spec: ModelSpec,
    splits: tuple[Labelled, Labelled],
    kept: Path,
    name: str,
) -> tuple[tuple[Vectors, Vectors], float]:
    """Vectors of both splits and the pictures per second, from `kept` when this network was run on them before."""
    size = sum(len(split) for split in splits)
    if (again := stored(kept, size)) is not None:
        return again
    started = time.monotonic()
    found = vectors(call, spec, splits[0], name), vectors(call, spec, splits[1], name)
    per_second = size / (time.monotonic() - started)
    arrays = {f"embeddings{i}": part.embeddings for i, part in enumerate(found)}
    arrays |= {f"logits{i}": part.logits for i, part in enumerate(found) if part.logits is not None}
    np.savez(kept, **arrays, per_second=np.float64(per_second))  # type: ignore[arg-type]
    return found, per_second


def stored(kept: Path, size: int) -> tuple[tuple[Vectors, Vectors], float] | None:
    """The vectors in `kept`, gallery and query, if the file is there and holds `size` pictures; and how fast it was."""
    if not kept.exists():
        return None
    with np.load(kept) as archive:
        first, second = (Vectors(archive[f"embeddings{i}"], archive.get(f"logits{i}")) for i in range(2))
        if len(first.embeddings) + len(second.embeddings) != size:
            return None
        return (first, second), float(archive["per_second"])


def _graph_key(path: Path) -> str:
    """Changes with the network, not with the figures in its description."""
    digest = hashlib.blake2b(digest_size=10)
    if path.suffix == ".onnx":
        digest.update(onnx.load(path).graph.SerializeToString(deterministic=True))
    else:
        digest.update(path.read_bytes())
    return f"{path.stem}-{digest.hexdigest()}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 2 with one line of explanation."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--data", type=Path, required=True, help="holds gallery/<label>/* and query/<label>/*")
    parser.add_argument(
        "--models", type=Path, nargs="+", help="model files (default: those that come with the program)"
    )
    parser.add_argument(
        "--runs", nargs="+", default=[], metavar="NAME=RUN", help="the run that a model came from, to measure beside it"
    )
    parser.add_argument("--out", type=Path, default=Path("evaluation"), help="folder of the report")
    parser.add_argument("--write-quality", action="store_true", help="put the figures into the model files")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        runs = dict(item.split("=", 1) for item in chosen.runs)
    except ValueError:
        parser.error("--runs takes NAME=RUN, such as simple-cnn=runs/cnn")
    models = chosen.models or sorted(bundled_folder().glob("*.onnx"))
    if not models:
        parser.error(f"{bundled_folder()} holds no models: name some with --models")
    try:
        run(chosen.data, models, {name: Path(run) for name, run in runs.items()}, chosen.out, chosen.write_quality)
    except (DataError, CheckpointError, EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print((chosen.out / "evaluation.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

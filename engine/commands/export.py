"""The commands `export`, and `open`, which looks at an exported run again."""

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.commands.answer import Answer, Place
from engine.commands.index import ensure_embedded
from engine.embedder import Embedder, open_embedder
from engine.export import ExportReport, ExportRequest, Format
from engine.export import export as run_export
from engine.manifest import Run, read_run
from engine.metric import Metric
from engine.results import Progress
from engine.spec import DEFAULT_MODEL, ModelSpec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What the command line says about an export."""

    folder: Path
    queries: str
    out: Path
    models: Sequence[str]  # none: the default one
    metrics: Sequence[Metric]  # none: each model's own
    k: int  # 0: all
    max_distance: float | None
    formats: Sequence[Format]  # none: CSV and JSON
    resume: bool


def export(place: Place, store: Store, options: ExportOptions) -> Generator[Progress, None, Answer]:
    """Export the rankings of many queries. Closing the generator keeps what a later `--resume` can go on from."""
    specs = tuple(place.model(name) for name in dict.fromkeys(options.models or [DEFAULT_MODEL]))
    library = yield from ensure_embedded(place, store, options.folder, specs)
    request = ExportRequest(
        root=library.root,
        out=options.out,
        queries=options.queries,
        models=specs,
        metrics=tuple(dict.fromkeys(options.metrics)),
        k=options.k or None,
        max_distance=options.max_distance,
        formats=tuple(dict.fromkeys(options.formats)) or (Format.CSV, Format.JSON),
        resume=options.resume,
    )

    def embedder(spec: ModelSpec) -> Embedder:
        opened = open_embedder(spec, place.provider, place.threads)
        if opened.notice:
            logger.warning(opened.notice)
        return opened

    with closing(ThumbnailStore(place.data_dir)) as thumbnails:
        report = yield from run_export(store, request, embedder=embedder, thumbnails=thumbnails)
    return Answer(lambda: _value(report), lambda: _lines(report))


def _value(report: ExportReport) -> dict[str, Any]:
    return {
        "out": str(report.out),
        "queries": report.queries,
        "rows": report.rows,
        "files": list(report.files),
        "skipped": [{"path": item.path, "reason": item.reason} for item in report.skipped],
        "seconds": report.seconds,
    }


def _lines(report: ExportReport) -> Iterator[str]:
    yield (
        f"{report.rows} results of {report.queries} queries in {report.out}: {', '.join(report.files)}; "
        f"{report.seconds:.1f} s"
    )
    for item in report.skipped:
        yield f"skipped {item.path}: {item.reason}"


def reopen(place: Place, store: Store, manifest: Path) -> tuple[Run, Answer]:
    """Read the manifest of a run, and say what has changed since."""
    run = read_run(manifest)
    changes = run.changes(store.library(run.library), place.folders())

    def value() -> dict[str, Any]:
        return {
            "manifest": str(manifest),
            "library": str(run.library),
            "models": list(run.models),
            "metrics": [str(metric) for metric in run.metrics],
            "k": run.k,
            "max_distance": run.max_distance,
            "changes": changes,
        }

    lines = [f"changed since: {change}" for change in changes] or ["nothing has changed since"]
    return run, Answer(value, lambda: lines)

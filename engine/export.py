"""Batch export: many queries × models × metrics in one job that can be cancelled and resumed.

    request = ExportRequest(root, out, "all", (spec,), k=50, formats=(Format.CSV, Format.HTML))
    job = export(store, request, embedder=backend.embedder, thumbnails=backend.thumbnails)
    # a generator of Progress; it returns an ExportReport; closing it cancels

What the window shows is exported by `export_screen`, with the same formats and the same manifest.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from engine.all_pairs import AllPairs, fits
from engine.embedder import Embedder, open_embedder
from engine.errors import ExportError
from engine.export_ahead import Arrivals, TablesAhead
from engine.export_blocks import Section, StoredSection, block_size
from engine.export_copy import copy_files
from engine.export_folder import ExportFolder
from engine.export_page import write_page
from engine.export_pictures import Pictures
from engine.export_sheet import write_sheets
from engine.export_table import import_pyarrow, write_csv, write_json, write_parquet
from engine.gallery import Gallery
from engine.library import Library
from engine.lookahead import LookAhead
from engine.manifest import FORMAT, describe_library, describe_model, describe_program, describe_queries
from engine.metric import Metric
from engine.query_set import ALL, EmbeddedQueries, QuerySet, VectorCache, embed_queries, resolve_queries
from engine.results import Progress, Skipped
from engine.search import nearest_columns
from engine.spec import ModelSpec
from engine.store import Store
from engine.threads import cores, one_blas_thread
from engine.thumbnail_store import ThumbnailStore


class Format(StrEnum):
    """What an export can be written as."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    HTML = "html"
    CONTACT_SHEET = "contact-sheet"
    COPY = "copy"


# What each writes; an interrupted one is cleared before it is written again.
OUTPUTS = {
    Format.CSV: ("results.csv",),
    Format.JSON: ("results.json",),
    Format.PARQUET: ("results.parquet",),
    Format.HTML: ("index.html",),
    Format.CONTACT_SHEET: ("sheet-*.png", "sheet.pdf"),
    Format.COPY: ("files",),
}
TABLES = {Format.CSV: write_csv, Format.JSON: write_json, Format.PARQUET: write_parquet}
# Results from which on tables are written while the rest is still being ranked; fewer are written in no time.
AHEAD_ROWS = 100_000
# Blocks for each core from which on they are ranked side by side.
BLOCKS_A_CORE = 2
# Blocks from which on half of the products between them are saved.
PAIRED_BLOCKS = 4
# Pairs of blocks for each core that may be multiplied while one ranks the block that its pair has completed.
PAIRS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export. Each model must have embedded the library before."""

    root: Path  # the library
    out: Path  # the folder to write; made if it is not there
    queries: str  # "all", or the path of a folder, an image, or a text file with one path a line
    models: tuple[ModelSpec, ...]
    metrics: tuple[Metric, ...] = ()  # none: each model's own
    k: int | None = 50  # results a query; None: all
    max_distance: float | None = None  # results no further than this
    formats: tuple[Format, ...] = (Format.CSV,)
    resume: bool = False  # go on with the same export where it was interrupted


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported. `skipped` are queries and files that could not be read."""

    out: Path
    queries: int
    rows: int  # pairs of query and result, over all models and metrics
    files: tuple[str, ...]  # the names in `out`
    skipped: tuple[Skipped, ...]
    seconds: float


Job = Generator[Progress, None, ExportReport]
OpenEmbedder = Callable[[ModelSpec], Embedder]


def export(
    store: Store,
    request: ExportRequest,
    *,
    embedder: OpenEmbedder = open_embedder,
    thumbnails: ThumbnailStore | None = None,
) -> Job:
    """Run an export. The stages of its Progress: `embedding` (queries that the index does not hold), `ranking`, and
    one a format, each counted in queries.

    Nothing stands under its final name before everything is written, the manifest last. Closing the generator, or a
    crash, leaves a hidden folder in `out` that the same request with `resume` goes on from. Raises ExportError, before
    anything is computed where that can be: no such queries, none that can be read, a model that has not embedded the
    library, an output folder among the photos, in use, or with another export in it; OSError when the disk is full.
    """
    started = time.monotonic()
    _check(request)
    library = store.library(request.root)
    galleries = [_gallery(library, spec) for spec in request.models]
    wanted = resolve_queries(request.queries, library.root, galleries[0].paths)
    if len(wanted.queries) == 0:
        raise ExportError(Path(request.queries), "there is no image in it")
    photo_folders = [library.root] + ([Path(request.queries)] if Path(request.queries).is_dir() else [])
    folder = ExportFolder(request.out, photo_folders, resume=request.resume)
    try:
        finished = folder.begin(_fingerprint(request, library, galleries, wanted), resume=request.resume)
        if finished is not None:
            return _report(request.out, finished, started)
        run = _Run(request, library, wanted, embedder)
        work = yield from run.prepare(galleries, folder)
        sections = [section for section, _ in work]
        with TablesAhead(_tables(folder, request.formats, sections), run.arrivals) as tables:
            for progress in run.rank(work):
                tables.check()
                yield progress
            yield from _write(folder, request.formats, sections, library, thumbnails, run.skipped, tables)
        manifest = _manifest(
            request.models,
            run.metrics(),
            request.k,
            request.max_distance,
            request.formats,
            library=describe_library(library),
            queries=describe_queries(wanted.source, wanted.queries),
            rows=sum(section.rows for section in sections),
            providers=run.providers,
            skipped=run.skipped,
            seconds=time.monotonic() - started,
        )
        return _report(request.out, folder.commit(manifest), started)
    except OSError as error:
        raise _named(error, request.out) from error
    finally:
        folder.close()


def export_screen(
    library: Library,
    spec: ModelSpec,
    section: Section,
    out: Path,
    formats: Sequence[Format],
    thumbnails: ThumbnailStore | None = None,
) -> Job:
    """Export rankings as they stand on the screen: a `ScreenSection` of whole rankings, or of a selection from them.
    Raises as `export` does."""
    started = time.monotonic()
    if Format.PARQUET in formats:
        import_pyarrow()
    folder = ExportFolder(out, [library.root], resume=False)
    skipped: list[Skipped] = []
    try:
        folder.begin("screen", resume=False)
        yield from _write(folder, formats, [section], library, thumbnails, skipped)
        manifest = _manifest(
            (spec,),
            (section.metric,),
            None,
            None,
            formats,
            library=describe_library(library),
            queries=describe_queries("screen", section.queries()),
            rows=section.rows,
            providers={},
            skipped=skipped,
            seconds=time.monotonic() - started,
        )
        return _report(out, folder.commit(manifest), started)
    except BaseException as error:
        folder.discard()
        if isinstance(error, OSError):
            raise _named(error, out) from error
        raise


class _Run:
    """The part of an export that computes: embeds queries and ranks, block by block."""

    def __init__(self, request: ExportRequest, library: Library, wanted: QuerySet, embedder: OpenEmbedder) -> None:
        self._request = request
        self._library = library
        self._wanted = wanted
        self._open = embedder
        self.skipped = list(wanted.skipped)
        self.arrivals = Arrivals()  # of the blocks
        self.providers: dict[str, str] = {}  # by model, of those that had to compute anything

    def _embedder(self, spec: ModelSpec) -> Embedder:
        opened = self._open(spec)
        self.providers[spec.name] = opened.provider
        return opened

    def _metrics(self, spec: ModelSpec) -> tuple[Metric, ...]:
        return self._request.metrics or (spec.metric,)

    def metrics(self) -> tuple[Metric, ...]:
        """Every metric of the run, once."""
        return tuple(dict.fromkeys(metric for spec in self._request.models for metric in self._metrics(spec)))

    def prepare(
        self, galleries: Sequence[Gallery], folder: ExportFolder
    ) -> Generator[Progress, None, list[tuple[StoredSection, EmbeddedQueries]]]:
        """Embed the queries for every model; a section for each model and metric, whose blocks are still to be made."""
        work: list[tuple[StoredSection, EmbeddedQueries]] = []
        for number, (spec, gallery) in enumerate(zip(self._request.models, galleries, strict=True)):
            known = VectorCache(gallery.dimension, folder.work / f"queries-{number}")
            embedded, skipped = yield from embed_queries(
                self._library, gallery, self._wanted, partial(self._embedder, spec), known
            )
            self.skipped += [item for item in skipped if item not in self.skipped]
            if len(embedded.queries) == 0:
                folder.discard()  # there is nothing to go on from
                reason = f"none of the {len(self._wanted.queries)} queries can be read: {skipped[0].reason}"
                raise ExportError(Path(self._request.queries), reason)
            for metric in self._metrics(spec):
                work.append((self._section(folder.work, f"{number}-{metric}", gallery, metric, embedded), embedded))
        return work

    def rank(self, work: Sequence[tuple[StoredSection, EmbeddedQueries]]) -> Iterator[Progress]:
        """Rank every query by every model and metric; blocks that an interrupted run has kept are kept."""
        for section, embedded in work:
            yield from self._rank_section(section, embedded)

    def _section(
        self, work: Path, name: str, gallery: Gallery, metric: Metric, embedded: EmbeddedQueries
    ) -> StoredSection:
        results = len(gallery) if self._request.k is None else min(self._request.k, len(gallery))
        size = block_size(results, len(gallery))
        # Blocks of another size, which another version may have left, have other names.
        name, wait = f"{name}-{size}", self.arrivals.wait
        section = StoredSection(gallery.model, metric, gallery.paths, embedded.queries, work, name, size, results, wait)
        section.drop_broken()
        return section

    def _rank_section(self, section: StoredSection, embedded: EmbeddedQueries) -> Iterator[Progress]:
        """Many blocks are ranked side by side, each on one thread, which leaves nothing to wait for; few one after
        another, each on all threads."""
        if section.block_count >= PAIRED_BLOCKS and embedded.is_all and fits(embedded.gallery, section.most):
            yield from self._rank_all_pairs(section, embedded.gallery)
            return
        total, many = section.query_count, section.block_count >= BLOCKS_A_CORE * cores()

        def rank(number: int) -> int:
            start, stop = number * section.size, min((number + 1) * section.size, total)
            if not section.file(number).exists():
                vectors, own = embedded.vectors(start, stop), embedded.own(start, stop)
                found = nearest_columns(
                    embedded.gallery, vectors, section.metric, self._request.k, own, threads=1 if many else None
                )
                section.save(number, found.within(self._request.max_distance))
            self.arrivals.arrived()
            return stop

        side_by_side = cores() if many else 1
        blocks = iter(range(section.block_count))
        with one_blas_thread(), LookAhead(rank, blocks, side_by_side, 2 * side_by_side) as ahead:
            for done in ahead:
                yield Progress("ranking", done, total, len(self.skipped))

    def _rank_all_pairs(self, section: StoredSection, gallery: Gallery) -> Iterator[Progress]:
        """Every photo is a query: pairs of blocks are multiplied side by side."""
        missing = {number for number in range(section.block_count) if not section.file(number).exists()}
        total = section.query_count
        done = total - sum(map(section.queries_of, missing))
        pairs = AllPairs(gallery, section.metric, section.most, section.size, missing)

        def rank(pair: tuple[int, int]) -> list[int]:
            complete = pairs.multiply(pair)
            for number in complete:
                section.save(number, pairs.ranked(number).within(self._request.max_distance))
                self.arrivals.arrived()
            return complete

        with one_blas_thread(), LookAhead(rank, pairs.pairs(), cores(), PAIRS_AHEAD * cores()) as ahead:
            for complete in ahead:
                done += sum(map(section.queries_of, complete))
                yield Progress("ranking", done, total, len(self.skipped))


def _check(request: ExportRequest) -> None:
    if not request.models or not request.formats:
        raise ExportError(request.out, "an export needs a model and a format")
    if len({spec.name for spec in request.models}) < len(request.models):
        raise ExportError(request.out, "a model is named twice")
    if request.k is not None and request.k < 1:
        raise ExportError(request.out, f"k is {request.k}; it must be at least 1")
    if Format.PARQUET in request.formats:
        import_pyarrow()


def _gallery(library: Library, spec: ModelSpec) -> Gallery:
    gallery = library.gallery(spec)
    if len(gallery) == 0:
        raise ExportError(library.root, f"the model {spec.name} has embedded none of its photos")
    return gallery


def _fingerprint(request: ExportRequest, library: Library, galleries: Sequence[Gallery], wanted: QuerySet) -> str:
    """A digest of all that the results depend on: two runs that agree in it may share their blocks."""
    digest = hashlib.sha256()
    choices: list[Any] = [str(library.root), request.queries, request.k, request.max_distance]
    choices += [spec.sha256 for spec in request.models]
    choices += [[str(item) for item in group] for group in (request.metrics, request.formats)]
    digest.update(json.dumps(choices).encode())
    digest.update(library.files().content.tobytes())
    for gallery in galleries:
        digest.update(gallery.paths.blob.tobytes())
    if wanted.source != ALL:
        for query in wanted.queries:
            digest.update(os.fsencode(query.name))
            if query.path is not None and query.path.exists():
                status = query.path.stat()
                digest.update(f"{status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()


def _tables(
    folder: ExportFolder, formats: Sequence[Format], sections: Sequence[StoredSection]
) -> dict[str, Callable[[], Generator[int, None, None]]]:
    """The tables that are worth being begun before the rankings are made: those that are not finished yet, where they
    are large."""
    if sum(section.most_rows for section in sections) < AHEAD_ROWS:
        return {}
    wanted = [format_ for format_ in dict.fromkeys(formats) if format_ in TABLES and not folder.is_finished(format_)]
    for format_ in wanted:
        folder.clear(*OUTPUTS[format_])
    return {format_: partial(TABLES[format_], folder.done / OUTPUTS[format_][0], sections) for format_ in wanted}


def _write(
    folder: ExportFolder,
    formats: Sequence[Format],
    sections: Sequence[Section],
    library: Library,
    thumbnails: ThumbnailStore | None,
    skipped: list[Skipped],
    tables: TablesAhead | None = None,
) -> Iterator[Progress]:
    """Write every format that is not finished yet; those among `tables` are under way already."""
    total = sum(section.query_count for section in sections)
    for format_ in dict.fromkeys(formats):
        if folder.is_finished(format_):
            continue
        if tables is not None and format_ in tables:
            for done in tables.finish(format_):
                yield Progress(format_, done, total, len(skipped))
            folder.finish(format_)
            continue
        folder.clear(*OUTPUTS[format_])
        yield Progress(format_, 0, total, len(skipped))
        with closing(_writer(format_, folder, sections, library, thumbnails, skipped)) as writer:
            for done in writer:
                yield Progress(format_, done, total, len(skipped))
        folder.finish(format_)


def _writer(
    format_: Format,
    folder: ExportFolder,
    sections: Sequence[Section],
    library: Library,
    thumbnails: ThumbnailStore | None,
    skipped: list[Skipped],
) -> Generator[int, None, None]:
    done = folder.done
    match format_:
        case Format.CSV | Format.JSON | Format.PARQUET:
            return TABLES[format_](done / OUTPUTS[format_][0], sections)
        case Format.COPY:
            return copy_files(done / "files", folder.out, sections, library, skipped)
        case Format.CONTACT_SHEET:
            return write_sheets(done, sections, Pictures(library, thumbnails))
        case Format.HTML:
            ways = ", ".join(f"{section.model} ({section.metric})" for section in sections)
            subtitle = f"{ways} · {datetime.now(UTC).astimezone():%Y-%m-%d %H:%M}"
            title = f"Photos most like each query, in {library.root.name or library.root}"
            return write_page(done / "index.html", sections, Pictures(library, thumbnails), title, subtitle)


def _manifest(
    models: Sequence[ModelSpec],
    metrics: Sequence[Metric],
    k: int | None,
    max_distance: float | None,
    formats: Sequence[Format],
    *,
    providers: dict[str, str],
    skipped: Sequence[Skipped],
    seconds: float,
    **parts: Any,
) -> dict[str, Any]:
    """The manifest, without the outputs' names and the fingerprint, which `ExportFolder.commit` adds. `parts` are its
    objects `library` and `queries`, and the number of `rows`."""
    return {
        "format": FORMAT,
        "program": describe_program(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "models": [{**describe_model(spec), "provider": providers.get(spec.name)} for spec in models],
        "metrics": [str(metric) for metric in metrics],
        "k": k,
        "max_distance": max_distance,
        "formats": [str(format_) for format_ in formats],
        **parts,
        "skipped": [{"path": item.path, "reason": item.reason} for item in skipped],
    }


def _named(error: OSError, out: Path) -> OSError:
    """The error with the folder that could not be written, where it does not say what it is about: a full disk."""
    if error.filename is not None or error.errno is None:
        return error
    return OSError(error.errno, os.strerror(error.errno), str(out))


def _report(out: Path, manifest: dict[str, Any], started: float) -> ExportReport:
    return ExportReport(
        out,
        manifest["queries"]["count"],
        manifest["rows"],
        tuple(item["name"] for item in manifest["files"]),
        tuple(Skipped(item["path"], item["reason"]) for item in manifest["skipped"]),
        time.monotonic() - started,
    )

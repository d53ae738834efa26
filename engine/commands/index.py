"""The commands about what is indexed: `index` embeds a folder, `libraries` lists, forgets and compacts."""

import logging
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.commands.answer import Answer, Place
from engine.commands.arguments import UsageError
from engine.embedder import open_embedder
from engine.errors import FolderError
from engine.indexer import IndexReport
from engine.indexer import index as run_indexer
from engine.library import Library
from engine.results import Progress
from engine.spec import ModelSpec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore

logger = logging.getLogger(__name__)


def index(place: Place, store: Store, folder: Path, model: str | None) -> Generator[Progress, None, Answer]:
    """Bring the index of a folder up to date for one model. Closing the generator keeps what was embedded."""
    report = yield from bring_up_to_date(place, store, folder, place.model(model))
    return Answer(lambda: _report_value(report), lambda: _report_lines(report))


def bring_up_to_date(
    place: Place, store: Store, folder: Path, spec: ModelSpec
) -> Generator[Progress, None, IndexReport]:
    """Index a folder with one model, thumbnails included: the photos are decoded once for both."""
    if store.served:
        check_source(store.library(folder))
    embedder = open_embedder(spec, place.provider, place.threads)
    if embedder.notice:
        logger.warning(embedder.notice)
    with closing(ThumbnailStore(place.data_dir)) as thumbnails:
        return (yield from run_indexer(store, folder, [embedder], thumbnails=thumbnails))


def check_source(library: Library) -> None:
    """Raise VectorStoreError where a server's collections were filled from another place than the library's folder."""
    from engine import served_indexer, served_library  # with an extra behind them

    assert isinstance(library, served_library.ServedLibrary)
    served_indexer.check_source(library)


def ensure_embedded(
    place: Place, store: Store, folder: Path, specs: Sequence[ModelSpec]
) -> Generator[Progress, None, Library]:
    """Index the folder with each model that has never seen it. Photos that were added since are not looked for: that
    is what `index` is for, and this must answer at once."""
    library = store.library(folder)
    for spec in specs:
        embedded = len(library.gallery(spec))
        if embedded == 0:
            yield from bring_up_to_date(place, store, folder, spec)
            embedded = len(library.gallery(spec))
        if embedded == 0:
            raise FolderError(folder, "there is no photo in it that can be read")
        if embedded < (known := len(library.files())):
            logger.warning("%d photos are not embedded with %s yet: `index` embeds them", known - embedded, spec.name)
    return library


def _report_value(report: IndexReport) -> dict[str, Any]:
    return {
        "library": str(report.library),
        "model": report.model,
        "images": report.images,
        "embedded": report.embedded,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "skipped": [{"path": file.path, "reason": file.reason} for file in report.skipped],
        "seconds": report.seconds,
        "images_per_second": report.images_per_second,
    }


def _report_lines(report: IndexReport) -> Iterator[str]:
    yield (
        f"{report.images} photos with {report.model}: {report.embedded} embedded, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.skipped)} skipped; "
        f"{report.seconds:.1f} s, {report.images_per_second:.1f} photos/s"
    )
    for file in report.skipped:
        yield f"skipped {file.path}: {file.reason}"


def libraries(store: Store) -> Answer:
    """List the libraries of the index."""
    known = store.libraries()

    def value() -> list[dict[str, Any]]:
        return [
            {"root": str(info.root), "images": info.images, "bytes": info.bytes, "last_opened": info.last_opened}
            for info in known
        ]

    def lines() -> Iterator[str]:
        for info in known:
            opened = datetime.fromtimestamp(info.last_opened, UTC).astimezone()
            yield f"{info.images}\t{opened:%Y-%m-%d %H:%M}\t{info.root}"

    return Answer(value, lines)


def forget(store: Store, folder: Path) -> Answer:
    """Forget a library. The photos stay as they are, and their vectors until the index is compacted."""
    known = {info.root for info in store.libraries()}
    root = next((root for root in (folder, folder.absolute(), folder.resolve()) if root in known), None)
    if root is None:
        raise UsageError(f"{folder} is no library; `libraries` lists them")
    store.forget(root)
    return Answer(lambda: {"forgotten": str(root)}, lambda: [f"forgotten: {root}"])


def compact(store: Store) -> Answer:
    """Give the space of photos that no library holds back to the disk."""
    freed = store.compact()
    return Answer(lambda: {"freed": freed}, lambda: [f"{freed / 1e6:.1f} MB freed"])

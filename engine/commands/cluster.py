"""The command `cluster-index`: embeds an archive on many machines, into a store of vectors on a server."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from engine.cluster.index import ClusterReport
from engine.cluster.index import cluster_index as run_index
from engine.cluster.pipeline import Cluster, Job
from engine.cluster.source import open_source
from engine.cluster.worker import ModelFiles
from engine.commands.answer import Answer, Place
from engine.errors import VectorStoreError
from engine.results import Progress
from engine.vector_store import StoreAddress, open_vector_store


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """What was asked for."""

    source: str
    store: StoreAddress
    model: str | None = None
    ray: str | None = None
    workers: int | None = None
    threads: int = 1


def cluster_index(place: Place, options: ClusterOptions) -> Generator[Progress, None, Answer]:
    """Bring a store up to date with a source for one model. Closing the generator keeps what was written. Whatever does
    not answer is said within 10 s, before anything is listed."""
    address = options.store
    spec = place.model(options.model)
    source = open_source(options.source)
    source.check()
    job = Job(source, ModelFiles.of(spec), place.provider, options.threads)
    with ExitStack() as stack:
        opened: list[Cluster] = []

        def workers() -> Cluster:
            if not opened:
                opened.append(stack.enter_context(Cluster(job, options.ray, options.workers)))
            return opened[0]

        if options.ray is not None:
            workers()
        store = open_vector_store(address, spec, create=True, source=source.name)
        if store is None:
            raise VectorStoreError(str(address), "it cannot be made there")
        stack.enter_context(closing(store))
        theirs = getattr(store, "source", "")
        if theirs and theirs != source.name:
            raise VectorStoreError(str(address), f"it holds the photos of {theirs}; choose another collection")
        report = yield from run_index(source, store, spec.name, workers)
    return Answer(lambda: _value(report, address), lambda: _lines(report, address))


def _value(report: ClusterReport, address: StoreAddress) -> dict[str, Any]:
    return {
        "source": report.source,
        "store": str(address),
        "model": report.model,
        "workers": report.workers,
        "images": report.images,
        "embedded": report.embedded,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "skipped": [{"path": file.path, "reason": file.reason} for file in report.skipped],
        "seconds": report.seconds,
        "images_per_second": report.images_per_second,
    }


def _lines(report: ClusterReport, address: StoreAddress) -> Iterator[str]:
    yield (
        f"{report.images} photos with {report.model} at {address}: {report.embedded} embedded, "
        f"{report.unchanged} unchanged, {report.removed} removed, {len(report.skipped)} skipped; "
        f"{report.seconds:.1f} s, {report.images_per_second:.1f} photos/s by {report.workers} workers"
    )
    for file in report.skipped:
        yield f"skipped {file.path}: {file.reason}"

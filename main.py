"""Semblance's entry point: reads the command line, then opens the window or runs a command and prints its answer."""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, TypeVar

from engine.commands.arguments import UsageError, parse
from engine.errors import EngineError, UnknownModelError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.commands.answer import Answer, Place
    from engine.results import Progress
    from engine.store import Store
    from engine.vector_store import StoreAddress

# The rest of the engine is imported by the command that needs it: `--help` and a mistyped option answer at once.

T = TypeVar("T")
FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130  # what a shell reports for a program that Ctrl+C ended
PROGRESS_SECONDS = (0.1, 10.0)  # between two reports: on a terminal, in a log file


def printable(text: str) -> str:
    """The text on one line: control characters of a file's name (a newline, a terminal's escape) are spelled out."""
    return "".join(c if c.isprintable() or "\udc80" <= c <= "\udcff" or c == "\t" else ascii(c)[1:-1] for c in text)


def complain(message: str) -> None:
    """Print one line on standard error."""
    sys.stderr.write(f"semblance: {printable(message)}\n")


class OneLineHandler(logging.Handler):
    """Shows log records as the program's other messages are shown."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(record.getMessage())


def show(args: argparse.Namespace, answer: "Answer") -> int:
    """Print an answer on standard output. JSON is ASCII: bytes of a name that are no UTF-8 come out as \\udc80–\\udcff
    (PEP 383). In plain text a pipe gets them as they are, and a terminal gets control characters spelled out."""
    if args.json:
        print(json.dumps(answer.value(), indent=2, allow_nan=False))
        return 0
    terminal = sys.stdout.isatty()
    for line in answer.lines():
        print(printable(line) if terminal else line)
    return 0


def follow(job: "Generator[Progress, None, T]") -> T:
    """Run a job to its end, with its progress on standard error, and return its result."""
    terminal = sys.stderr.isatty()
    pause, shown = PROGRESS_SECONDS[0 if terminal else 1], time.monotonic()
    try:
        while True:
            progress = next(job)
            if time.monotonic() - shown >= pause:
                shown = time.monotonic()
                line = describe(progress)
                sys.stderr.write(f"\r\x1b[K{line}" if terminal else f"{line}\n")
                sys.stderr.flush()
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        job.close()
        if terminal:
            sys.stderr.write("\r\x1b[K")


def describe(progress: "Progress") -> str:
    """A report in words, such as `embedding 120 of 1000, 41.0/s, 21 s left`."""
    words = f"{progress.stage} {progress.done}"
    if progress.total is not None:
        words += f" of {progress.total}"
    if progress.per_second:
        words += f", {progress.per_second:.1f}/s"
    if progress.seconds_left is not None:
        words += f", {progress.seconds_left:.0f} s left"
    return words + (f", {progress.skipped} skipped" if progress.skipped else "")


def place_of(args: argparse.Namespace) -> "Place":
    """The index, models and hardware that the options name."""
    from engine.commands.answer import Place
    from engine.store import default_data_dir

    for folder in args.models_dir:
        if not folder.is_dir():
            raise UsageError(f"--models-dir {folder}: there is no such folder")
    store = store_address(args.store, args.store_token_file)
    return Place(args.data_dir or default_data_dir(), tuple(args.models_dir), args.provider, store=store)


def store_address(text: str | None, token_file: "Path | None") -> "StoreAddress | None":
    """The server that the options name."""
    from engine.errors import VectorStoreError
    from engine.vector_store import StoreAddress, read_token

    if text is None:
        if token_file is not None:
            raise UsageError("--store-token-file goes with --store")
        return None
    try:
        return StoreAddress.parse(text, read_token(token_file))
    except VectorStoreError as error:
        raise UsageError(f"--store: {error}") from None


def open_store(place: "Place") -> "Store":
    """The index, which is made where there is none yet; with the vectors of the server that was named, if one was."""
    if place.store is not None:
        from engine.served_library import ServedStore

        return ServedStore(place.data_dir, place.store)
    from engine.store import Store

    return Store(place.data_dir)


def run_index(args: argparse.Namespace) -> int:
    from engine.commands.index import index

    place = place_of(args)
    with open_store(place) as store:
        return show(args, follow(index(place, store, args.folder, args.model)))


def run_cluster_index(args: argparse.Namespace) -> int:
    from engine.commands.cluster import ClusterOptions, cluster_index

    place = place_of(args)
    if place.store is None:
        raise UsageError("cluster-index needs --store milvus://HOST:PORT/COLLECTION")
    options = ClusterOptions(args.source, place.store, args.model, args.ray, args.workers, args.threads)
    return show(args, follow(cluster_index(place, options)))


def run_search(args: argparse.Namespace) -> int:
    from engine.commands.search import search
    from engine.metric import Metric

    place, metric = place_of(args), Metric(args.metric) if args.metric else None
    with open_store(place) as store:
        return show(args, follow(search(place, store, args.folder, args.image, args.model, metric, args.k)))


def run_models(args: argparse.Namespace) -> int:
    from engine.commands.models import models, throw_away

    place = place_of(args)
    if args.throw_away is None:
        return show(args, models(place))
    with open_store(place) as store:
        return show(args, throw_away(place, store, args.throw_away))


def run_libraries(args: argparse.Namespace) -> int:
    from engine.commands.index import compact, forget, libraries

    with open_store(place_of(args)) as store:
        if args.compact:
            return show(args, compact(store))
        return show(args, libraries(store) if args.forget is None else forget(store, args.forget))


def run_export(args: argparse.Namespace) -> int:
    from engine.commands.export import ExportOptions, export
    from engine.export import Format
    from engine.metric import Metric

    place = place_of(args)
    options = ExportOptions(
        folder=args.folder,
        queries=args.queries,
        out=args.out,
        models=args.model,
        metrics=[Metric(name) for name in args.metric],
        k=args.k,
        max_distance=args.max_distance,
        formats=[Format(name) for name in args.format],
        resume=args.resume,
    )
    with open_store(place) as store:
        return show(args, follow(export(place, store, options)))


def run_evaluate(args: argparse.Namespace) -> int:
    from engine.commands.evaluate import EvaluateOptions, evaluate
    from engine.metric import Metric

    place = place_of(args)
    metrics = [Metric(name) for name in args.metric]
    options = EvaluateOptions(args.folder, args.queries, args.model, metrics, args.labels)
    with open_store(place) as store:
        return show(args, follow(evaluate(place, store, options)))


def run_adapt(args: argparse.Namespace) -> int:
    from engine.commands.adapt import AdaptOptions, adapt

    place = place_of(args)
    options = AdaptOptions(args.folder, args.model, args.labels, args.only, args.name, args.keep)
    with open_store(place) as store:
        return show(args, follow(adapt(place, store, options)))


def run_open(args: argparse.Namespace) -> int:
    from engine.commands.export import reopen

    place = place_of(args)
    with open_store(place) as store:
        run, answer = reopen(place, store, args.manifest)
        if args.json:
            return show(args, answer)
        for line in answer.lines():
            complain(line)
    from gui.app import run as run_app

    changes = answer.value()["changes"]
    return run_app(run.library, place.data_dir, place.folders(), args.provider, run, changes, store=place.store)


def run_window(args: argparse.Namespace) -> int:
    place = place_of(args)
    if args.folder is not None and not args.folder.is_dir():
        raise UsageError(f"{args.folder}: there is no such folder")
    from gui.app import run as run_app

    return run_app(args.folder, place.data_dir, place.folders(), args.provider, store=place.store)


def run_calibrate(args: argparse.Namespace) -> int:
    from engine.commands.understand import calibrate
    from engine.metric import Metric

    place, metric = place_of(args), Metric(args.metric) if args.metric else None
    with open_store(place) as store:
        return show(args, follow(calibrate(place, store, args.folder, args.model, metric)))


def run_compare(args: argparse.Namespace) -> int:
    from engine.commands.understand import compare
    from engine.metric import Metric

    place, metrics = place_of(args), [Metric(metric) for metric in args.metric]
    with open_store(place) as store:
        return show(args, follow(compare(place, store, args.folder, args.image, args.model, metrics, args.k)))


def run_robustness(args: argparse.Namespace) -> int:
    from engine.commands.robustness import robustness
    from engine.metric import Metric

    place, metric = place_of(args), Metric(args.metric) if args.metric else None
    with open_store(place) as store:
        return show(args, follow(robustness(place, store, args.folder, args.image, args.model, metric, args.k)))


def run_duplicates(args: argparse.Namespace) -> int:
    from engine.commands.understand import duplicates

    place = place_of(args)
    with open_store(place) as store:
        return show(args, follow(duplicates(place, store, args.folder, args.model, args.out)))


def run_explain(args: argparse.Namespace) -> int:
    from engine.commands.understand import explain_pair

    job = explain_pair(place_of(args), args.folder, args.first, args.second, args.model, args.out)
    return show(args, follow(job))


RUN = {
    None: run_window,
    "index": run_index,
    "cluster-index": run_cluster_index,
    "search": run_search,
    "models": run_models,
    "export": run_export,
    "open": run_open,
    "evaluate": run_evaluate,
    "adapt": run_adapt,
    "libraries": run_libraries,
    "calibrate": run_calibrate,
    "compare": run_compare,
    "robustness": run_robustness,
    "duplicates": run_duplicates,
    "explain": run_explain,
}


def run(argv: Sequence[str]) -> int:
    """Run what the arguments ask for; what goes wrong becomes one line and an exit status."""
    log, handler = logging.getLogger(), OneLineHandler()
    log.addHandler(handler)
    try:
        name, args = parse(argv)
        log.setLevel(logging.INFO if args.verbose else logging.WARNING)
        return RUN[name](args)
    except (UsageError, UnknownModelError) as error:
        complain(str(error))
        return WRONG_USE
    except BrokenPipeError:
        raise
    except (EngineError, OSError) as error:
        complain(str(error))
        return FAILED
    finally:
        log.removeHandler(handler)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="surrogateescape" if os.name == "posix" else "backslashreplace")
    try:
        status = run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        complain("interrupted; what was done is kept")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`, say) has gone; without this, Python complains again when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


if __name__ == "__main__":
    sys.exit(main())

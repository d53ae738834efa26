"""Semblance's entry point: reads the command line, then opens the window or runs a command and prints its answer."""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from engine.version import PRODUCT, __version__

if TYPE_CHECKING:
    from engine.commands.answer import Answer, Place
    from engine.results import Progress
    from engine.store import Store

# The rest of the engine is imported by the command that needs it: `--help` and a mistyped option answer at once.

T = TypeVar("T")
FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130  # what a shell reports for a program that Ctrl+C ended
PROGRESS_SECONDS = (0.1, 10.0)  # between two reports: on a terminal, in a log file


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see {self.prog} --help)")
        raise SystemExit(WRONG_USE)


@dataclass(frozen=True)
class Command:
    """One word of the command line, its options, and what it runs."""

    summary: str
    configure: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], int]


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
    from engine.commands.answer import Place, UsageError
    from engine.store import default_data_dir

    for folder in args.models_dir:
        if not folder.is_dir():
            raise UsageError(f"--models-dir {folder}: there is no such folder")
    return Place(args.data_dir or default_data_dir(), tuple(args.models_dir), args.provider)


def open_store(place: "Place") -> "Store":
    """The index, which is made where there is none yet."""
    from engine.store import Store

    return Store(place.data_dir)


def count(text: str) -> int:
    """An argparse type: a whole number from 0."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is below 0")
    return number


def add_common(parser: Parser) -> None:
    """Add the options that every command has, before or after its name."""
    options = parser.add_argument_group("options of every command")
    options.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="where the index lies (default: $SEMBLANCE_DATA, else the system's)",
    )
    options.add_argument(
        "--models-dir",
        type=Path,
        metavar="DIR",
        action="append",
        default=[],
        help="a folder of further models; repeatable",
    )
    options.add_argument("--provider", metavar="NAME", help="what computes: cpu, cuda, coreml, directml or openvino")
    options.add_argument("--verbose", action="store_true", help="tell on standard error what is done")


def add_json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def add_library(parser: Parser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of photos; nothing is written into it")


def add_model(parser: Parser) -> None:
    parser.add_argument("--model", metavar="NAME", help="the model that embeds the photos; `models` lists them")


def configure_index(parser: Parser) -> None:
    add_library(parser)
    add_model(parser)
    add_json(parser)


def run_index(args: argparse.Namespace) -> int:
    from engine.commands.index import index

    place = place_of(args)
    with open_store(place) as store:
        return show(args, follow(index(place, store, args.folder, args.model)))


def configure_search(parser: Parser) -> None:
    add_library(parser)
    parser.add_argument("image", type=Path, metavar="IMAGE", help="the query: an image in the library or anywhere else")
    parser.add_argument("-k", type=count, default=20, metavar="N", help="how many results, 0 for all (default: 20)")
    add_model(parser)
    parser.add_argument("--metric", choices=["cosine", "euclidean"], help="the distance (default: the model's own)")
    add_json(parser)


def run_search(args: argparse.Namespace) -> int:
    from engine.commands.search import search
    from engine.metric import Metric

    place, metric = place_of(args), Metric(args.metric) if args.metric else None
    with open_store(place) as store:
        return show(args, follow(search(place, store, args.folder, args.image, args.model, metric, args.k)))


def run_models(args: argparse.Namespace) -> int:
    from engine.commands.models import models

    return show(args, models(place_of(args)))


def configure_libraries(parser: Parser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--forget", type=Path, metavar="FOLDER", help="forget a library; its photos are not touched")
    group.add_argument("--compact", action="store_true", help="give the space of forgotten photos back to the disk")
    add_json(parser)


def run_libraries(args: argparse.Namespace) -> int:
    from engine.commands.index import compact, forget, libraries

    with open_store(place_of(args)) as store:
        if args.compact:
            return show(args, compact(store))
        return show(args, libraries(store) if args.forget is None else forget(store, args.forget))


def configure_window(parser: Parser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="the library to open")
    parser.add_argument("--version", action="version", version=f"{PRODUCT} {__version__}")
    width = max(map(len, COMMANDS))
    commands = (f"  {word:<{width}}  {command.summary}" for word, command in COMMANDS.items())
    parser.epilog = "\n".join(
        ["commands (see COMMAND --help; a folder of such a name is opened as ./NAME):", *commands]
    )


def run_window(args: argparse.Namespace) -> int:
    from engine.commands.answer import UsageError

    place = place_of(args)
    if args.folder is not None and not args.folder.is_dir():
        raise UsageError(f"{args.folder}: there is no such folder")
    from gui.app import run as run_app

    return run_app(args.folder, place.data_dir, place.folders(), args.provider)


COMMANDS = {
    "index": Command("embed the photos of a folder, or what has changed in it", configure_index, run_index),
    "search": Command("rank the photos of a folder by their distance to an image", configure_search, run_search),
    "models": Command("list the models", add_json, run_models),
    "libraries": Command("list, forget or compact what is indexed", configure_libraries, run_libraries),
}
WINDOW = Command("open a folder of photos, click one, see the photos most like it", configure_window, run_window)
VALUE_OPTIONS = ("--data-dir", "--models-dir", "--provider")  # those that may stand before a command's name


def split_command(argv: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command's name, if there is one, and the other arguments. `./index` or `-- index` is a folder."""
    position = 0
    while position < len(argv) and argv[position].startswith("-") and argv[position] != "--":
        position += 2 if argv[position] in VALUE_OPTIONS else 1
    if position < len(argv) and argv[position] in COMMANDS:
        return argv[position], [*argv[:position], *argv[position + 1 :]]
    return None, list(argv)


def build_parser(name: str | None) -> Parser:
    """The parser of one command, or of the window for None."""
    command = WINDOW if name is None else COMMANDS[name]
    parser = Parser(
        prog="semblance" if name is None else f"semblance {name}",
        description=command.summary[0].upper() + command.summary[1:] + ".",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.configure(parser)
    add_common(parser)
    return parser


def run(argv: Sequence[str]) -> int:
    """Run what the arguments ask for; what goes wrong becomes one line and an exit status."""
    name, rest = split_command(argv)
    args = build_parser(name).parse_args(rest)
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING, handlers=[OneLineHandler()])
    from engine.commands.answer import UsageError
    from engine.errors import EngineError, UnknownModelError

    try:
        return (WINDOW if name is None else COMMANDS[name]).run(args)
    except (UsageError, UnknownModelError) as error:
        complain(str(error))
        return WRONG_USE
    except BrokenPipeError:
        raise
    except (EngineError, OSError) as error:
        complain(str(error))
        return FAILED


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

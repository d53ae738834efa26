"""The words and options of the command line; reading them raises `UsageError` and prints nothing but asked-for help."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from engine.errors import EngineError
from engine.version import PRODUCT, __version__

METRICS = ("cosine", "euclidean")
FORMATS = ("csv", "json", "parquet", "html", "contact-sheet", "copy")
VALUE_OPTIONS = (
    "--data-dir",
    "--models-dir",
    "--provider",
    "--store",
    "--store-token-file",
)  # those that may stand before a command's name


class UsageError(EngineError):
    """What was asked for does not exist or does not go together."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line, and the caller's to show."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


@dataclass(frozen=True, slots=True)
class Command:
    """One word of the command line: what it does, and its own options."""

    summary: str
    configure: Callable[[Parser], None]


def count(text: str) -> int:
    """An argparse type: a whole number from 0."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is below 0")
    return number


def positive(text: str) -> int:
    """An argparse type: a whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def distance(text: str) -> float:
    """An argparse type: a finite number from 0."""
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no distance")
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
    options.add_argument(
        "--store", metavar="ADDRESS", help="a server that holds the vectors: milvus://HOST:PORT/COLLECTION"
    )
    options.add_argument(
        "--store-token-file",
        type=Path,
        metavar="FILE",
        help="where the server's token is (default: $SEMBLANCE_STORE_TOKEN_FILE, else $SEMBLANCE_STORE_TOKEN)",
    )
    options.add_argument("--verbose", action="store_true", help="tell on standard error what is done")


def add_json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def add_library(parser: Parser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of photos; nothing is written into it")


def add_model(parser: Parser) -> None:
    parser.add_argument("--model", metavar="NAME", help="the model that embeds the photos; `models` lists them")


def add_models_and_metrics(parser: Parser) -> None:
    parser.add_argument("--model", metavar="NAME", action="append", default=[], help="a model; repeatable")
    parser.add_argument(
        "--metric",
        choices=METRICS,
        action="append",
        default=[],
        help="repeatable (default: the model's own)",
    )


def configure_index(parser: Parser) -> None:
    add_library(parser)
    add_model(parser)
    add_json(parser)


def configure_cluster_index(parser: Parser) -> None:
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder that all machines see, or a URL that fsspec reads (s3://BUCKET/PREFIX)",
    )
    add_model(parser)
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="HOST:PORT of a Ray cluster, or auto (default: one of this machine's cores, started and ended)",
    )
    parser.add_argument("--workers", type=positive, metavar="N", help="how many (default: as many as there are cores)")
    parser.add_argument("--threads", type=positive, default=1, metavar="N", help="cores of a worker (default: 1)")
    add_json(parser)


def configure_search(parser: Parser) -> None:
    add_library(parser)
    parser.add_argument("image", type=Path, metavar="IMAGE", help="the query: an image in the library or anywhere else")
    parser.add_argument("-k", type=count, default=20, metavar="N", help="how many results, 0 for all (default: 20)")
    add_model(parser)
    parser.add_argument("--metric", choices=METRICS, help="the distance (default: the model's own)")
    add_json(parser)


def configure_libraries(parser: Parser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--forget", type=Path, metavar="FOLDER", help="forget a library; its photos are not touched")
    group.add_argument("--compact", action="store_true", help="give the space of forgotten photos back to the disk")
    add_json(parser)


def configure_window(parser: Parser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="the library to open")
    parser.add_argument("--version", action="version", version=f"{PRODUCT} {__version__}")
    width = max(map(len, COMMANDS))
    commands = (f"  {word:<{width}}  {command.summary}" for word, command in COMMANDS.items())
    parser.epilog = "\n".join(
        ["commands (see COMMAND --help; a folder of such a name is opened as ./NAME):", *commands]
    )


def configure_export(parser: Parser) -> None:
    add_library(parser)
    parser.add_argument(
        "--queries",
        required=True,
        metavar="QUERIES",
        help="a folder, an image, a text file with one path a line, or: all",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write; made if need be")
    add_models_and_metrics(parser)
    parser.add_argument("-k", type=count, default=50, metavar="N", help="results a query, 0 for all (default: 50)")
    parser.add_argument("--max-distance", type=distance, metavar="D", help="results no further than this")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        action="append",
        default=[],
        help="what to write; repeatable (default: csv and json)",
    )
    parser.add_argument("--resume", action="store_true", help="go on with the same export where it was interrupted")
    add_json(parser)


def configure_open(parser: Parser) -> None:
    parser.add_argument("manifest", type=Path, metavar="MANIFEST", help="the manifest.json of an exported run")
    parser.add_argument("--json", action="store_true", help="print what has changed as JSON, and open no window")


def configure_evaluate(parser: Parser) -> None:
    add_library(parser)
    parser.add_argument(
        "--queries", type=Path, metavar="DIR", help="labelled queries (default: each photo, against the rest)"
    )
    add_models_and_metrics(parser)
    parser.add_argument(
        "--labels", type=Path, metavar="CSV", help="path,label a line (default: the folder is the label)"
    )
    add_json(parser)


def configure_calibrate(parser: Parser) -> None:
    add_library(parser)
    add_model(parser)
    parser.add_argument("--metric", choices=METRICS, help="the distance (default: the model's own)")
    add_json(parser)


def configure_compare(parser: Parser) -> None:
    add_library(parser)
    parser.add_argument("image", type=Path, metavar="IMAGE", help="the query: an image in the library or anywhere else")
    add_models_and_metrics(parser)
    parser.add_argument("-k", type=count, default=20, metavar="N", help="how many results, 0 for all (default: 20)")
    add_json(parser)


def configure_robustness(parser: Parser) -> None:
    add_library(parser)
    parser.add_argument("image", type=Path, metavar="IMAGE", help="the query: an image in the library or anywhere else")
    parser.add_argument("-k", type=count, default=20, metavar="N", help="of how many results (default: 20)")
    add_model(parser)
    parser.add_argument("--metric", choices=METRICS, help="the distance (default: the model's own)")
    add_json(parser)


def configure_duplicates(parser: Parser) -> None:
    add_library(parser)
    add_model(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the groups to FILE.csv or FILE.json")
    add_json(parser)


def configure_explain(parser: Parser) -> None:
    add_library(parser)
    parser.add_argument("first", type=Path, metavar="A", help="an image, or its path in the library")
    parser.add_argument("second", type=Path, metavar="B", help="the other image")
    parser.add_argument("--out", type=Path, required=True, metavar="PNG", help="the picture to write")
    add_model(parser)
    add_json(parser)


def configure_adapt(parser: Parser) -> None:
    add_library(parser)
    parser.add_argument(
        "--labels",
        default="folders",
        metavar="LABELS",
        help="`folders` (the sub-folder that a photo lies in) or a CSV file of path,label (default: folders)",
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="LABEL", help="learn from this label; repeatable (default: all)"
    )
    parser.add_argument("--model", metavar="NAME", help="the model to adapt; `models` lists them")
    parser.add_argument("--name", metavar="NEW", help="what to call the adapted model (default: after the folder)")
    parser.add_argument("--keep", action="store_true", help="keep the adapted model even where no gain could be shown")
    add_json(parser)


def configure_models(parser: Parser) -> None:
    parser.add_argument("--throw-away", metavar="NAME", help="delete one of your own models, and its embeddings")
    add_json(parser)


COMMANDS = {
    "index": Command("embed the photos of a folder, or what has changed in it", configure_index),
    "cluster-index": Command("embed the photos of an archive on many machines", configure_cluster_index),
    "search": Command("rank the photos of a folder by their distance to an image", configure_search),
    "models": Command("list the models", configure_models),
    "export": Command("write the rankings of many queries to files", configure_export),
    "open": Command("show an exported run again, and say what has changed since", configure_open),
    "evaluate": Command("measure models on photos whose folder is their label", configure_evaluate),
    "adapt": Command("adapt a model to your own labelled folders, and measure what that gains", configure_adapt),
    "calibrate": Command("tell what a distance means in a library", configure_calibrate),
    "compare": Command("lay the rankings of several models or distances side by side", configure_compare),
    "robustness": Command("tell which changes of a picture a model sees", configure_robustness),
    "duplicates": Command("find groups of near-identical photos", configure_duplicates),
    "explain": Command("draw why two pictures match", configure_explain),
    "libraries": Command("list, forget or compact what is indexed", configure_libraries),
}
WINDOW = Command("open a folder of photos, click one, see the photos most like it", configure_window)


def parse(argv: Sequence[str]) -> tuple[str | None, argparse.Namespace]:
    """The command's name, None for the window, and its options. Raises UsageError."""
    name, rest = split_command(argv)
    return name, build_parser(name).parse_args(rest)


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

"""Train a network on labelled folders: `python -m training.train {cnn,resnet50,siamese} --data DIR`."""

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from training import curves
from training.checkpoint import CheckpointError
from training.cnn import CnnConfig, CnnTask, SimpleCnn
from training.data import (
    DataError,
    Pictures,
    decode_all,
    near_duplicate_groups,
    read_labelled,
    split_validation,
)
from training.loop import Fit, LoopSettings, choose_device

log = logging.getLogger(__name__)

VALIDATION = 0.1
WORKING_SIDE = 128  # pixels of the decoded pictures that crops are taken from


@dataclass(frozen=True)
class Prepared:
    """The training folder, decoded and split; the test folders are not looked at here."""

    everything: Pictures
    train: np.ndarray
    validation: np.ndarray


def prepare(data: Path, cache: Path, seed: int) -> Prepared:
    """Read `data`/train, decode it once, and set validation apart with near-duplicates kept together."""
    folder = data / "train" if (data / "train").is_dir() else data
    pictures = decode_all(read_labelled(folder), WORKING_SIDE, WORKING_SIDE, cache=cache)
    groups = near_duplicate_groups(pictures.hashes)
    split = split_validation(pictures.labelled.labels, groups, VALIDATION, seed)
    log.info(
        "%d pictures of %d classes: %d to train, %d to validate; %d near-duplicates kept together",
        len(pictures), len(pictures.labelled.classes), len(split.train), len(split.validation),
        len(groups) - len(np.unique(groups)),
    )  # fmt: skip
    return Prepared(pictures, split.train, split.validation)


def train_cnn(options: argparse.Namespace, device: torch.device) -> None:
    """The simple CNN, from scratch."""
    defaults = CnnConfig()
    config = CnnConfig(epochs=options.epochs or defaults.epochs)
    prepared = prepare(options.data, options.cache, options.seed)
    labelled = prepared.everything.labelled
    train = Pictures(
        labelled.take(prepared.train),
        prepared.everything.pixels[prepared.train],
        prepared.everything.hashes[prepared.train],
    )
    validation = decode_all(labelled.take(prepared.validation), config.side, config.side, cache=options.cache)
    targets = torch.eye(len(labelled.classes))[torch.from_numpy(train.labelled.labels)]
    torch.manual_seed(options.seed)
    network = SimpleCnn(len(labelled.classes), config.embedding_size, config.dropout).to(device)
    task = CnnTask(network.to(memory_format=torch.channels_last), config, train, validation, targets)
    settings = LoopSettings(
        epochs=config.epochs,
        batch_size=options.batch_size or 64,
        learning_rate=options.learning_rate or 2e-3,
        average=0.998,
        seed=options.seed,
    )
    fit(task, settings, options.out, {"model": "cnn", "classes": list(labelled.classes), "config": asdict(config)})


def fit(task: CnnTask, settings: LoopSettings, out: Path, description: dict[str, object]) -> None:
    """Run the loop with its plot, and say where the best weights are."""
    log.info("config: %s", {**description, "loop": asdict(settings)})
    history = Fit(task, settings, out, description).run(
        lambda numbers: curves.plot(numbers, out / "curves.png", str(description["model"]))
    )
    best = max(history, key=lambda numbers: numbers[settings.select_by])
    log.info("best epoch %d: validation mAP %.4f; weights in %s", best["epoch"], best["map"], out / "best.pt")


RECIPES = {"cnn": train_cnn}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    parser.add_argument("model", choices=sorted(RECIPES))
    parser.add_argument("--data", type=Path, required=True, help="holds train/<label>/*, or <label>/* itself")
    parser.add_argument("--out", type=Path, help="the run's folder; a run found there goes on (default: runs/MODEL)")
    parser.add_argument("--cache", type=Path, help="decoded pictures and features (default: the run's folder/cache)")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads (default: torch's choice)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    options.out = options.out or Path("runs") / options.model
    options.cache = options.cache or options.out / "cache"
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 with one line of explanation, or 130 after Ctrl+C."""
    options = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        handlers=[logging.StreamHandler(), logging.FileHandler(options.out / "log.txt", encoding="utf-8")],
    )
    log.info("argv: %s", " ".join(sys.argv if arguments is None else ["training.train", *arguments]))
    try:
        if options.threads:
            torch.set_num_threads(options.threads)
        device = choose_device(options.device)
        log.info("seed %d, device %s, %d threads, torch %s", options.seed, device, torch.get_num_threads(), torch.__version__)
        RECIPES[options.model](options, device)
    except (DataError, CheckpointError, ValueError, FloatingPointError) as error:
        log.error("%s", error)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

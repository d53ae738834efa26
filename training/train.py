"""Train a network on labelled folders: `python -m training.train {cnn,resnet50,siamese} --data DIR`."""

import argparse
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from training.checkpoint import CheckpointError
from training.data import DataError
from training.loop import choose_device
from training.recipes import HEADS, Options, train_cnn, train_resnet50, train_siamese, train_vit
from training.weights import WeightsError

log = logging.getLogger(__name__)

RECIPES: Mapping[str, Callable[[Options], None]] = {
    "cnn": train_cnn,
    "resnet50": train_resnet50,
    "vit": train_vit,
    "siamese": train_siamese,
}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.train",
        description="Train a network on labelled folders. `vit` is the body that `siamese` starts from.",
    )
    parser.add_argument("model", choices=list(RECIPES))
    parser.add_argument("--data", type=Path, required=True, help="holds train/<label>/*, or <label>/* itself")
    parser.add_argument("--weights", type=Path, help="pretrained weights (default: torchvision's download)")
    parser.add_argument("--body", type=Path, help="siamese: the finished `vit` or `resnet50` run to start from")
    parser.add_argument("--out", type=Path, help="the run's folder; a run found there goes on (default: runs/MODEL)")
    parser.add_argument("--cache", type=Path, help="decoded pictures and features (default: the run's folder/cache)")
    parser.add_argument("--cache-limit", type=float, default=20.0, help="gigabytes of features kept (default: 20)")
    parser.add_argument("--blocks", type=int, help="blocks of the backbone trained with the head; 0: the head alone")
    parser.add_argument("--head", choices=HEADS, help="train this head only (default: the better one by validation)")
    parser.add_argument("--limit", type=int, help="use this many pictures of the training folder, a seeded choice")
    parser.add_argument("--epochs", type=int, help="of the last stage (default: the model's own)")
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--threads", type=int, help="CPU threads (default: torch's choice)")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 2 with one line of explanation, or 130 after Ctrl+C."""
    chosen = parse(arguments)
    out: Path = chosen.out or Path("runs") / chosen.model
    out.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        handlers=[logging.StreamHandler(), logging.FileHandler(out / "log.txt", encoding="utf-8")],
        force=True,
    )
    log.info("argv: %s", " ".join(["training.train", *(sys.argv[1:] if arguments is None else arguments)]))
    try:
        if chosen.threads:
            torch.set_num_threads(chosen.threads)
        device = choose_device(chosen.device)
        log.info(
            "seed %d, device %s, %d threads, torch %s", chosen.seed, device, torch.get_num_threads(), torch.__version__
        )
        options = Options(
            data=chosen.data,
            out=out,
            cache=chosen.cache or out / "cache",
            device=device,
            seed=chosen.seed,
            weights=chosen.weights,
            epochs=chosen.epochs,
            batch_size=chosen.batch_size,
            learning_rate=chosen.learning_rate,
            blocks=chosen.blocks,
            head=chosen.head,
            limit=chosen.limit,
            cache_limit_bytes=int(chosen.cache_limit * 1e9),
            body=chosen.body,
        )
        RECIPES[chosen.model](options)
    except (DataError, CheckpointError, WeightsError, ValueError, FloatingPointError, OSError) as error:
        log.error("%s", error)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Turn a finished run into a model file, verified or refused: `python -m training.export RUN --out FILE [--int8]`."""

import argparse
import logging
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import nn

from engine.atomic import replacing
from engine.errors import EngineError
from engine.spec import ModelSpec, read_spec
from training import onnx_file, quantise
from training.checkpoint import CheckpointError
from training.data import DataError, Labelled, read_labelled
from training.quality import embed
from training.registry import load_model, spec_of
from training.selection import mean_average_precision

log = logging.getLogger(__name__)

RANGES = 100  # photos that the ranges of 8-bit activations come from
HELD_OUT = 300  # validation photos that an 8-bit file is compared on
MINIMUM_MEAN_COSINE = 0.98
SEED = 0


@dataclass(frozen=True)
class Words:
    """What a model file says of itself, beside its figures."""

    name: str
    purpose: str


WORDS = {
    "cnn": Words("simple-cnn", "Human actions, quick and rough: a small network trained from scratch, for comparison."),
    "resnet50": Words("resnet50-actions", "Human actions: photos of people doing the same thing come first."),
    "vit": Words("vit-tiny-actions", "Human actions: photos of people doing the same thing come first."),
    "siamese": Words("siamese-actions", "Human actions by a Siamese network: near means the same action."),
}


def export(
    run: Path,
    out: Path,
    words: Words | None = None,
    training_data: str = "",
    licence: str = "",
    int8: Path | None = None,
) -> ModelSpec:
    """Write the network of the finished `run` to `out` and return the file's description.

    Float files are verified against torch. With `int8`, the folder whose train/<label>/* the run learnt from, the file
    is in 8 bits, its ranges taken from training photos and its embeddings compared with the float file's on photos that
    were set apart for validation. Raises ParityError when either check fails, and then writes nothing.
    """
    description, network = load_model(run)
    words = words or WORDS[description["model"]]
    spec = replace(
        spec_of(description, words.name),
        purpose=words.purpose,
        training_data=training_data or f"{len(description['classes'])} labelled folders",
        licence=licence or "not stated",
        quality={f"validation {name}": round(value, 4) for name, value in description["validation"].items()},
    )
    outputs = ("embedding",) if spec.labels is None else ("embedding", "logits")
    if int8 is None:
        onnx_file.write(network, spec, out, outputs)
        return read_spec(out)
    return _export_int8(network, spec, out, outputs, int8, frozenset(description["validation_pictures"]))


def _export_int8(
    network: nn.Module, spec: ModelSpec, out: Path, outputs: Sequence[str], data: Path, held_out: frozenset[str]
) -> ModelSpec:
    labelled = read_labelled(data / "train" if (data / "train").is_dir() else data)
    rows = list(range(len(labelled)))
    random.Random(SEED).shuffle(rows)  # noqa: S311 - a choice that anybody can repeat, not a secret
    apart = [row for row in rows if _name(labelled, row) in held_out][:HELD_OUT]
    seen = [row for row in rows if _name(labelled, row) not in held_out][:RANGES]
    if not apart:
        raise DataError(f"{data} holds none of the run's validation photos: give the folder that it was trained on")
    with tempfile.TemporaryDirectory() as folder:
        floating, small = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx_file.write(network, spec, floating, outputs)
        ranges = [labelled.paths[row] for row in seen]
        by_int8 = quantise.quantise(floating, small, ranges, keep_float=quantise.sensitive_nodes(floating))
        compared = labelled.take(np.array(apart, np.int64))
        before, after = embed(read_spec(floating), compared.paths), embed(by_int8, compared.paths)
        agreement = quantise.compare_embeddings(before, after)
        scores = [mean_average_precision(vectors, compared.labels, spec.metric) for vectors in (before, after)]
        log.info("%s; mAP %.4f in float, %.4f in 8 bits", agreement, *scores)
        if agreement.mean < MINIMUM_MEAN_COSINE or scores[0] - scores[1] > quantise.MAXIMUM_MAP_LOSS:
            raise onnx_file.ParityError(
                f"8 bits are refused: {agreement}; mAP from {scores[0]:.4f} to {scores[1]:.4f}. Export without --int8."
            )
        out.parent.mkdir(parents=True, exist_ok=True)
        with replacing(out) as file:
            file.write(small.read_bytes())
    return read_spec(out)


def _name(labelled: Labelled, row: int) -> str:
    return f"{labelled.classes[labelled.labels[row]]}/{labelled.paths[row].name}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 when the file was refused, 2 for what is missing."""
    parser = argparse.ArgumentParser(prog="python -m training.export", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("run", type=Path, help="the folder of a finished run")
    parser.add_argument("--out", type=Path, required=True, help="the .onnx file to write")
    parser.add_argument("--int8", action="store_true", help="8 bits: a quarter of the size; needs --data")
    parser.add_argument("--data", type=Path, help="the folder that the run was trained on")
    parser.add_argument("--name", help="the model's name in the program")
    parser.add_argument("--purpose", help="one sentence: what it is for")
    parser.add_argument("--training-data", default="", help="what it was trained on")
    parser.add_argument("--licence", default="")
    chosen = parser.parse_args(arguments)
    if chosen.int8 and chosen.data is None:
        parser.error("--int8 needs --data, the folder that the run was trained on")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    for name in ("training", __name__):
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        words = None
        if chosen.name or chosen.purpose:
            default = WORDS[load_model(chosen.run)[0]["model"]]
            words = Words(chosen.name or default.name, chosen.purpose or default.purpose)
        int8 = chosen.data if chosen.int8 else None
        spec = export(chosen.run, chosen.out, words, chosen.training_data, chosen.licence, int8)
    except onnx_file.ParityError as error:
        print(error, file=sys.stderr)
        return 1
    except (CheckpointError, DataError, EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{spec.path}: {spec.name}, {spec.file_size / 1e6:.1f} MB, {spec.embedding_size} values an embedding")
    return 0


if __name__ == "__main__":
    sys.exit(main())

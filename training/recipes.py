"""The steps from labelled folders to a finished network, for each of the models: read from top to bottom."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from engine.metric import Metric
from training import checkpoint, curves
from training.cnn import CnnConfig, CnnTask, SimpleCnn
from training.data import (
    DataError,
    Labelled,
    Pictures,
    decode_all,
    near_duplicate_groups,
    read_labelled,
    split_validation,
    subset,
)
from training.embedding import JoinedEmbedding, choose_join
from training.features import cached_features, features_path
from training.finetune import FineTuneConfig, FineTuned, HeadKind, MapTask, new_head
from training.inputs import LARGER, Mirrored, choose_input
from training.loop import BEST, Fit, LoopSettings, Task, autocast
from training.registry import (
    BACKBONES,
    Classifier,
    Cut,
    cut,
    embedding_size,
    load_model,
    save_model,
    shown,
    spec_of,
)
from training.selection import accuracy, mean_average_precision
from training.siamese import Branch, BranchClassifier, PairConfig, Siamese, SiameseTask

log = logging.getLogger(__name__)

VALIDATION = 0.1
WORKING_SIDE = 144  # pixels of the decoded pictures that the simple CNN's crops are taken from
HEAD_BATCH = 128
HEADS: tuple[HeadKind, ...] = ("original", "cosine")

# The ratios that are compared, and the same with the hardest negatives instead of random ones.
RATIOS = ((1, 3), (1, 1), (7, 4), (3, 1))
HARD_RATIOS = ((1, 3), (1, 1))


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    data: Path
    out: Path
    cache: Path
    device: torch.device
    seed: int = 0
    weights: Path | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    blocks: int | None = None  # of the backbone, trained with the head; 0 trains the head alone
    head: HeadKind | None = None  # the only head to train, instead of the better of all
    limit: int | None = None  # pictures of the training folder to use, a seeded choice
    cache_limit_bytes: int = 20 << 30
    body: Path | None = None  # the run whose network a Siamese subnetwork starts from


@dataclass(frozen=True)
class Prepared:
    """The training folder, decoded small and split; the test folders are not looked at by any recipe."""

    pictures: Pictures
    train: NDArray[np.int64]
    validation: NDArray[np.int64]

    @property
    def labelled(self) -> Labelled:
        return self.pictures.labelled

    @property
    def labels(self) -> NDArray[np.int64]:
        return self.pictures.labelled.labels


def prepare(options: Options) -> Prepared:
    """Read the training folder, decode it once, and set validation apart with near-duplicates kept together."""
    folder = options.data / "train" if (options.data / "train").is_dir() else options.data
    labelled = read_labelled(folder)
    if options.limit is not None:
        labelled = subset(labelled, options.limit, options.seed)
    pictures = decode_all(labelled, WORKING_SIDE, WORKING_SIDE, cache=options.cache)
    groups = near_duplicate_groups(pictures.hashes)
    split = split_validation(pictures.labelled.labels, groups, VALIDATION, options.seed)
    log.info(
        "%d pictures of %d classes: %d to train, %d to validate; %d near-duplicates kept together",
        len(pictures), len(labelled.classes), len(split.train), len(split.validation),
        len(groups) - len(np.unique(groups)),
    )  # fmt: skip
    return Prepared(pictures, split.train, split.validation)


def train_cnn(options: Options) -> None:
    """The simple CNN, from scratch."""
    config = CnnConfig()
    config = replace(config, epochs=options.epochs or config.epochs)
    prepared = prepare(options)
    pictures, labelled = prepared.pictures, prepared.labelled
    train = Pictures(labelled.take(prepared.train), pictures.pixels[prepared.train], pictures.hashes[prepared.train])
    validation = decode_all(labelled.take(prepared.validation), config.side, config.side, cache=options.cache)
    torch.manual_seed(options.seed)
    network = SimpleCnn(len(labelled.classes), config.embedding_size, config.dropout).to(options.device)
    network = network.to(memory_format=torch.channels_last)
    targets = one_hot(labelled)[torch.from_numpy(prepared.train)]
    task = CnnTask(network, config, train, validation, targets)
    settings = LoopSettings(
        epochs=config.epochs,
        batch_size=options.batch_size or 64,
        learning_rate=options.learning_rate or 2e-3,
        seed=options.seed,
    )
    description = {"model": "cnn", "classes": list(labelled.classes), "config": asdict(config)}
    fit(task, settings, options.out, description)
    sides = (config.side, larger(config.side, SimpleCnn.STEP))
    finish_classifier(options, description, network, sides, labelled.take(prepared.validation))


def train_resnet50(options: Options) -> None:
    """ResNet-50: the head on frozen features, then the last stage with it."""
    blocks = 3 if options.blocks is None else options.blocks
    train_backbone(options, "resnet50", FineTuneConfig("resnet50", side=224, trained=blocks))


def train_vit(options: Options) -> None:
    """ViT-Tiny, the same way: the body of the Siamese network."""
    blocks = 6 if options.blocks is None else options.blocks
    train_backbone(options, "vit", FineTuneConfig("vit-tiny", side=224, trained=blocks))


def train_backbone(options: Options, model: str, config: FineTuneConfig) -> None:
    """Features of the frozen layers once; two heads, the better by validation; then the last blocks with that head."""
    if options.epochs is not None:
        config = replace(config, epochs=options.epochs)
    prepared = prepare(options)
    backbone = BACKBONES[config.backbone]
    pretrained = backbone.load(options.weights)
    parts = cut(backbone, pretrained, config.trained)
    description = {"model": model, "classes": list(prepared.labelled.classes), "config": asdict(config)}
    maps = frozen(options, parts.trunk, description, prepared.labelled)
    targets = one_hot(prepared.labelled)
    pooled = pooled_features(options, parts, description, prepared.labelled, maps)
    config, head = best_head(options, config, pooled, prepared, targets)
    description["config"] = asdict(config)

    network = FineTuned(parts.tail, head).to(options.device).to(memory_format=torch.channels_last)
    views = varied_maps(options, config, parts.trunk, description, prepared) if config.trained else ()
    task = MapTask(
        network, config, maps, prepared.train, prepared.validation, prepared.labels, targets, parts.vary, views
    )
    if config.trained and config.epochs:
        settings = LoopSettings(
            epochs=config.epochs,
            batch_size=options.batch_size or 64,
            learning_rate=options.learning_rate or config.learning_rate,
            seed=options.seed,
        )
        fit(task, settings, options.out, description)
    whole = nn.Sequential(parts.trunk, parts.tail, head)
    finish_classifier(options, description, whole, sides(config), prepared.labelled.take(prepared.validation))


def best_head(
    options: Options, config: FineTuneConfig, pooled: NDArray[np.float16], prepared: Prepared, targets: Tensor
) -> tuple[FineTuneConfig, nn.Module]:
    """Train the original's head and ours on the frozen features; the one with the larger validation mAP goes on."""
    best: tuple[float, FineTuneConfig, nn.Module] | None = None
    for kind in HEADS if options.head is None else (options.head,):
        candidate = replace(config, head=kind)
        torch.manual_seed(options.seed)
        head = new_head(candidate, pooled.shape[1], len(prepared.labelled.classes)).to(options.device)
        task = MapTask(head, candidate, pooled, prepared.train, prepared.validation, prepared.labels, targets)
        settings = LoopSettings(candidate.head_epochs, HEAD_BATCH, candidate.head_learning_rate, seed=options.seed)
        description = {"model": "head", "classes": list(prepared.labelled.classes), "config": asdict(candidate)}
        history = fit(task, settings, options.out / f"head-{kind}", description)
        score = max(numbers["map"] for numbers in history)
        log.info("the %s head on frozen features: validation mAP %.4f", kind, score)
        if best is None or score > best[0]:
            best = (score, candidate, head)
    if best is None:
        raise ValueError("no head was trained")
    return best[1], best[2]


def larger(side: int, step: int) -> int:
    """The side that `LARGER` asks for, a multiple of `step`."""
    return round(side * LARGER / step) * step


def sides(config: FineTuneConfig) -> tuple[int, ...]:
    """The sides to choose from: a transformer knows the places of its patches in one size only."""
    return (config.side,) if config.backbone == "vit-tiny" else (config.side, larger(config.side, 32))


def finish_classifier(
    options: Options,
    description: Mapping[str, Any],
    network: nn.Module,
    tried_sides: Sequence[int],
    validation: Labelled,
) -> None:
    """Choose the input and the embedding by validation mAP and keep the finished network, which gives (unit embedding,
    logits)."""
    labels = validation.labels
    best_shown, shown_scores = choose_input(
        network.eval(), spec_of(description), tried_sides, validation, options.device,
        lambda outputs: choose_join(outputs[0], outputs[1], labels)[0].map,
    )  # fmt: skip
    unit, logits = best_shown.outputs
    best, tried = choose_join(unit, logits, labels)
    alone = next(choice for choice in tried if choice.share == 0)
    numbers = {
        "accuracy": accuracy(logits, labels),
        "mAP": best.map,
        "mAP of the penultimate layer": alone.map,
        "mAP of the logits": mean_average_precision(logits, labels),
    }
    log.info("embedding: share %g of the probabilities at temperature %g", best.share, best.temperature)
    log.info("validation: %s", "  ".join(f"{name} {value:.4f}" for name, value in numbers.items()))
    kept = {
        **description,
        "shown": {"side": best_shown.side, "mirrored": best_shown.mirrored},
        "join": {"share": best.share, "temperature": best.temperature},
        "validation": {**numbers, **{f"mAP at {name}": value for name, value in shown_scores.items()}},
    }
    finished = Classifier(shown(network, kept), JoinedEmbedding(best.share, best.temperature)).cpu().eval()
    kept["embedding_size"] = embedding_size(finished, spec_of(kept))
    kept["validation_pictures"] = names(validation)
    save_model(options.out, kept, finished)
    log.info("finished: %s", options.out / "model.pt")


def train_siamese(options: Options) -> None:
    """The Siamese network on the body of another run: every ratio of pairs with the same budget, the best one kept."""
    if options.body is None:
        raise ValueError("siamese needs --body RUN, the folder of a finished `resnet50` or `vit` run")
    body_description, body = load_model(options.body)
    if body_description["model"] not in ("resnet50", "vit"):
        raise ValueError(f"--body {options.body}: a run of `resnet50` or `vit` is needed")
    prepared = prepare(options)
    if list(prepared.labelled.classes) != body_description["classes"]:
        raise DataError(f"{options.body} was trained on other classes than {options.data} has")
    body_description.pop("shown", None)  # pairs are learnt from pictures of the size that the body learnt from
    layers = body.get_submodule("body")
    layers = layers.network if isinstance(layers, Mirrored) else layers
    trunk, tail = layers.get_submodule("0"), layers.get_submodule("1")
    maps = frozen(options, trunk, body_description, prepared.labelled)
    config = FineTuneConfig(**body_description["config"])
    features = tail_features(options, tail, maps)
    views = [features[torch.from_numpy(prepared.train)]]
    if config.trained:
        varied = varied_maps(options, config, trunk, body_description, prepared)
        views += [tail_features(options, tail, view) for view in varied]
    validation = features[torch.from_numpy(prepared.validation)]
    start = classified_branch(options, config, features, prepared)

    def learn(pairs: PairConfig, folder: Path) -> tuple[float, Siamese]:
        torch.manual_seed(options.seed)
        network = Siamese(Branch(validation.shape[1], len(prepared.labelled.classes), pairs)).to(options.device)
        network.branch.load_state_dict(start)
        labels = prepared.labels
        task = SiameseTask(network, pairs, views, labels[prepared.train], validation, labels[prepared.validation])
        settings = LoopSettings(options.epochs or 20, 256, options.learning_rate or 1e-3, seed=options.seed)
        description = {"model": "pairs", "pairs": asdict(pairs), "body": str(options.body)}
        history = fit(task, settings, folder, description)
        return max(numbers["map"] for numbers in history), network

    candidates = [PairConfig(*ratio) for ratio in RATIOS] + [PairConfig(*ratio, hard=True) for ratio in HARD_RATIOS]
    folders = [options.out / pairs.name.replace(":", "-").replace(" ", "-") for pairs in candidates]
    results = [(pairs, *learn(pairs, folder)) for pairs, folder in zip(candidates, folders, strict=True)]
    scores = [(pairs.name, score) for pairs, score, _ in results]
    curves.plot_ratios(scores, options.out / "ratios.png")
    write_ratios(scores, options.out / "ratios.md")
    pairs, score, network = max(results, key=lambda result: result[1])
    log.info("best ratio %s: validation mAP %.4f", pairs.name, score)
    whole = nn.Sequential(trunk, tail, network.branch).eval()
    apart = prepared.labelled.take(prepared.validation)
    best, shown_scores = choose_input(
        whole, spec_of(body_description), sides(config), apart, options.device,
        lambda outputs: mean_average_precision(outputs[0], apart.labels, Metric.EUCLIDEAN),
    )  # fmt: skip
    kept = {
        **{key: body_description[key] for key in ("classes", "config")},
        "model": "siamese",
        "pairs": asdict(pairs),
        "shown": {"side": best.side, "mirrored": best.mirrored},
        "validation": {
            "mAP": best.map,
            **{f"mAP of {other.name} pairs": value for other, value, _ in results},
            **{f"mAP at {name}": value for name, value in shown_scores.items()},
        },
        "embedding_size": pairs.size + len(prepared.labelled.classes),
        "validation_pictures": names(apart),
    }
    save_model(options.out, kept, shown(whole, kept).cpu().eval())
    log.info("finished: %s", options.out / "model.pt")


def classified_branch(
    options: Options, config: FineTuneConfig, features: Tensor, prepared: Prepared
) -> dict[str, Tensor]:
    """Weights of a branch that was first taught to tell the classes apart: pairs alone learn the same more slowly, and
    every ratio then starts from the same place."""
    torch.manual_seed(options.seed)
    network = BranchClassifier(Branch(features.shape[1], len(prepared.labelled.classes), PairConfig())).to(
        options.device
    )
    inputs = features.numpy().astype(np.float16)
    task = MapTask(
        network, config, inputs, prepared.train, prepared.validation, prepared.labels, one_hot(prepared.labelled)
    )
    settings = LoopSettings(config.head_epochs, HEAD_BATCH, config.head_learning_rate, seed=options.seed)
    description = {"model": "branch", "classes": list(prepared.labelled.classes), "config": asdict(config)}
    fit(task, settings, options.out / "classified", description)
    return network.branch.state_dict()


def write_ratios(scores: list[tuple[str, float]], path: Path) -> None:
    """The table of the experiment."""
    lines = ["| positive : negative pairs | validation mAP |", "|---|---|"]
    lines += [f"| {name} | {score:.4f} |" for name, score in scores]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def fit(task: Task, settings: LoopSettings, out: Path, description: dict[str, Any]) -> list[dict[str, float]]:
    """Run the loop with its plot; the task's network then has the weights of its best epoch."""
    out.mkdir(parents=True, exist_ok=True)
    log.info("config: %s", {**description, "loop": asdict(settings)})
    history = Fit(task, settings, out, description).run(
        lambda numbers: curves.plot(numbers, out / "curves.png", f"{description['model']}: {out.name}")
    )
    best = checkpoint.load(out / BEST)
    task.network.load_state_dict(best["state"])
    log.info("best epoch %d: validation mAP %.4f", best["validation"]["epoch"], best["validation"]["map"])
    return history


def names(labelled: Labelled) -> list[str]:
    """`label/file` of every picture."""
    return [
        f"{labelled.classes[label]}/{path.name}" for path, label in zip(labelled.paths, labelled.labels, strict=True)
    ]


def one_hot(labelled: Labelled) -> Tensor:
    """[N, C]: 1 at each picture's class."""
    return torch.eye(len(labelled.classes))[torch.from_numpy(labelled.labels)]


def frozen(
    options: Options, trunk: nn.Module, description: Mapping[str, Any], labelled: Labelled, view: int = 0
) -> NDArray[np.float16]:
    """The frozen layers' maps of every picture, from the cache where they are."""
    return cached_features(
        trunk, spec_of(description), labelled, options.cache, options.device, options.cache_limit_bytes, view
    )


def varied_maps(
    options: Options, config: FineTuneConfig, trunk: nn.Module, description: Mapping[str, Any], prepared: Prepared
) -> list[NDArray[np.float16]]:
    """The frozen layers' maps of the training pictures, each list varied in another way."""
    train = prepared.labelled.take(prepared.train)
    return [frozen(options, trunk, description, train, view) for view in range(1, config.views + 1)]


def pooled_features(
    options: Options,
    parts: Cut,
    description: Mapping[str, Any],
    labelled: Labelled,
    maps: NDArray[np.float16],
) -> NDArray[np.float16]:
    """What the untrained tail makes of every map, kept beside the maps."""
    if not list(parts.tail.parameters()):
        return maps
    path = features_path(options.cache, parts.trunk, spec_of(description), labelled).with_suffix(".pooled.npy")
    if path.exists():
        kept: NDArray[np.float16] = np.load(path)
        return kept
    pooled = tail_features(options, parts.tail, maps).numpy().astype(np.float16)
    np.save(path, pooled)
    return pooled


@torch.no_grad()
def tail_features(options: Options, tail: nn.Module, maps: NDArray[np.float16]) -> Tensor:
    """The tail's features float32 [N, F] of all `maps` [N, …]."""
    tail = tail.to(options.device).to(memory_format=torch.channels_last).eval()
    parts: list[Tensor] = []
    for start in tqdm(range(0, len(maps), 64), desc="features", unit="batch", disable=None):
        batch = torch.from_numpy(maps[start : start + 64]).to(options.device).float()
        with autocast(options.device):
            parts.append(tail(batch).float().cpu())
    return torch.cat(parts)

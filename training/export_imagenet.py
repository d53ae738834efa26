"""Make the two models for any photo library, `vit-tiny-imagenet` and `resnet50-imagenet`, from ImageNet weights.

    python -m training.export_imagenet vit-tiny --weights FILE --quality DIR --out models/vit-tiny-imagenet.onnx
    python -m training.export_imagenet resnet50 --calibration DIR --quality DIR --out models/resnet50-imagenet.onnx

`--calibration` is a folder of photos of any kind: the projection and the ranges of the 8-bit activations come from
them, and 200 of them are held out to compare the 8-bit file with the float one. `--quality` is a folder with
gallery/<label>/ and query/<label>/: what is measured there is written into the file's description.
"""

import argparse
import logging
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.errors import EngineError
from engine.evaluate import Evaluation
from engine.folder import EXTENSIONS
from engine.metric import Metric
from engine.spec import ModelSpec, read_spec
from training import onnx_file, quantise
from training.data import DataError
from training.projection import Projection, fit_pca
from training.quality import embed, measure
from training.weights import RESNET50_FEATURES, VIT_TINY_FEATURES, WeightsError, resnet50, vit_tiny

log = logging.getLogger(__name__)

SEED = 0
HELD_OUT = 200  # photos that neither the projection nor the calibration sees
RANGES = 64  # photos that the ranges of the 8-bit activations are taken from
FIT = 1100  # photos that the projection is fitted to, at most
# Share of the fitted photos' mean that the projection takes away: docs/models.md has the trial that chose it.
CENTRING = 0.75
RESNET50_EMBEDDING = 512

_UNMEASURED = Path("unmeasured")

VIT_TINY = ModelSpec(
    name="vit-tiny-imagenet",
    purpose="Any photo library: finds photos that show the same kind of thing.",
    height=224,
    width=224,
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
    interpolation="bicubic",
    resize=224,
    crop="center",
    embedding_size=VIT_TINY_FEATURES,
    metric=Metric.COSINE,
    unit_norm=False,
    labels=None,
    training_data="ImageNet-21k, then ImageNet-1k (14 and 1.3 million photos of objects and animals)",
    quality={},
    licence="Apache-2.0 upstream (google-research, timm), origin of the copy inferred: docs/models.md",
    path=_UNMEASURED,
    file_size=0,
)

RESNET50 = ModelSpec(
    name="resnet50-imagenet",
    purpose="Any photo library: a convolutional network's view of it, as a second opinion beside ViT-Tiny's.",
    height=224,
    width=224,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    interpolation="bilinear",
    resize=224,
    crop="center",
    embedding_size=RESNET50_EMBEDDING,
    metric=Metric.COSINE,
    unit_norm=False,
    labels=None,
    training_data="ImageNet-1k (1.3 million photos of objects and animals)",
    quality={},
    licence="Apache-2.0 upstream (TensorFlow official models), origin of the copy inferred: docs/models.md",
    path=_UNMEASURED,
    file_size=0,
)


class ProjectedResNet(nn.Module):
    """ResNet-50 whose embedding is the mean of a projected feature map.

    Projecting each position and then taking the mean gives what projecting the pooled features gives, for both are
    linear; so the map that comes out beside the embedding says exactly which position contributed what.
    """

    def __init__(self, network: nn.Module, projection: Projection) -> None:
        super().__init__()
        children = dict(network.named_children())
        self.trunk = nn.Sequential(*(children[name] for name in _TRUNK))
        linear = projection.linear()
        self.projection = nn.Conv2d(linear.in_features, linear.out_features, 1)
        with torch.no_grad():
            self.projection.weight.copy_(linear.weight[:, :, None, None])
            self.projection.bias.copy_(linear.bias)  # type: ignore[union-attr]

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """[N, 3, h, w] to the embedding [N, K] and the map [N, K, h/32, w/32] that it is the mean of."""
        features = self.projection(self.trunk(image))
        return features.mean(dim=(2, 3)), features


_TRUNK = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


@dataclass(frozen=True)
class Photos:
    """The calibration folder's photos, shuffled by the seed and divided so that no photo serves two purposes that
    must not share one."""

    held_out: tuple[Path, ...]
    ranges: tuple[Path, ...]
    fit: tuple[Path, ...]


def choose_photos(folder: Path) -> Photos:
    """Raises DataError when the folder holds too few photos to fit the projection to."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS and path.is_file())
    random.Random(SEED).shuffle(found)  # noqa: S311 - a choice that anybody can repeat, not a secret
    held_out, rest = found[:HELD_OUT], found[HELD_OUT:]
    if len(rest) <= 2 * RESNET50_EMBEDDING:
        need = HELD_OUT + 2 * RESNET50_EMBEDDING + 1
        raise DataError(f"{folder} holds {len(found)} photos; at least {need} are needed for --calibration")
    return Photos(tuple(held_out), tuple(rest[:RANGES]), tuple(rest[:FIT]))


def export_vit_tiny(weights: Path | None, quality: Path | None, out: Path) -> None:
    """Write ViT-Tiny as float32. 8 bits made it no faster without VNNI and cost accuracy."""
    onnx_file.write(vit_tiny(weights), VIT_TINY, out)
    if quality is not None:
        spec = read_spec(out)
        onnx_file.describe(out, replace(spec, quality=figures(measure(spec, quality), quality)))


def export_resnet50(weights: Path | None, calibration: Path, quality: Path | None, out: Path) -> None:
    """Fit the projection, write the network in 8 bits, and measure it against its float version."""
    photos = choose_photos(calibration)
    network = resnet50(weights)
    with tempfile.TemporaryDirectory() as folder:
        pooled, floating = Path(folder) / "pooled.onnx", Path(folder) / "float.onnx"
        features = replace(RESNET50, embedding_size=RESNET50_FEATURES)
        onnx_file.write(network, features, pooled)
        projection = fit_pca(embed(read_spec(pooled), photos.fit), RESNET50_EMBEDDING, CENTRING)
        log.info("the projection keeps %.1f %% of the variance", 100 * projection.explained)
        onnx_file.write(ProjectedResNet(network, projection), RESNET50, floating, ("embedding", "features"))
        by_float = read_spec(floating)
        by_int8 = quantise.quantise(floating, out, photos.ranges, keep_float=quantise.sensitive_nodes(floating))
        agreement = quantise.agreement(by_float, by_int8, photos.held_out)
        log.info("%s", agreement)
        quantise.check_agreement(agreement)
        measured: dict[str, float | str] = {
            "cosine to the float network, least": round(agreement.minimum, 4),
            "cosine to the float network, mean": round(agreement.mean, 4),
        }
        if quality is not None:
            before, after = measure(by_float, quality), measure(by_int8, quality)
            quantise.check_quality(before, after)
            measured = {**figures(after, quality), "mAP before quantisation": _rounded(before, "map"), **measured}
        onnx_file.describe(out, replace(by_int8, quality=measured))


def figures(result: Evaluation, data: Path) -> dict[str, float | str]:
    """What the description says of the file's quality on `data`, the most telling first."""
    interval = result.metrics["map"]
    return {
        "mAP": _rounded(result, "map"),
        "P@1": _rounded(result, "precision_at_1"),
        "mean rank": _rounded(result, "mean_rank", 1),
        "mAP, 95 % interval": f"{interval.low:.3f} to {interval.high:.3f}",
        "measured on": f"{data.resolve().name}: {result.gallery_size} photos ranked for each of "
        f"{len(result.names)} queries, {len(result.confusion_labels)} labels",
    }


def _rounded(result: Evaluation, name: str, digits: int = 4) -> float:
    value = result.metrics[name].value
    if value is None:
        raise DataError("no query has a photo with its label in the gallery")
    return round(value, digits)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.export_imagenet", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("model", choices=("vit-tiny", "resnet50"))
    parser.add_argument("--weights", type=Path, metavar="FILE", help="pretrained weights; default: a download")
    parser.add_argument("--calibration", type=Path, metavar="DIR", help="photos of any kind (needed for resnet50)")
    parser.add_argument("--quality", type=Path, metavar="DIR", help="labelled photos to measure the result on")
    parser.add_argument("--out", type=Path, metavar="FILE", required=True)
    options = parser.parse_args(arguments)
    if options.model == "resnet50" and options.calibration is None:
        parser.error("resnet50 needs --calibration DIR")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("training").setLevel(logging.INFO)
    try:
        if options.model == "vit-tiny":
            export_vit_tiny(options.weights, options.quality, options.out)
        else:
            export_resnet50(options.weights, options.calibration, options.quality, options.out)
    except (WeightsError, DataError, onnx_file.ParityError, EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Run frozen layers once and keep what they give on disk, so that training costs only the layers that are trained."""

import copy
import hashlib
import logging
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from tqdm import tqdm

from engine.decode import load
from engine.preprocess import decode_side, preprocess
from engine.session import open_session
from engine.spec import ModelSpec
from training.augment import vary_picture
from training.data import DataError, Labelled
from training.loop import multiplies_bf16

log = logging.getLogger(__name__)

_BATCH = 16


def cached_features(
    trunk: nn.Module,
    spec: ModelSpec,
    labelled: Labelled,
    cache: Path,
    device: torch.device,
    limit_bytes: int,
    view: int = 0,
) -> NDArray[np.float16]:
    """What `trunk` gives for every picture, float16 [N, …], memory-mapped from `cache`.

    View 0 is the picture as the engine would show it; every further one is varied at random, in its own seeded way. A
    run that was stopped goes on where it stopped. The folder is kept below `limit_bytes` by removing the features that
    were used longest ago. Raises DataError when these alone are larger.
    """
    path = features_path(cache, trunk, spec, labelled, view)
    count_file = path.with_suffix(".count")
    if not path.exists():
        with torch.no_grad():
            example = trunk.eval().to(device)(torch.zeros(1, 3, spec.height, spec.width, device=device))
        shape = (len(labelled), *example.shape[1:])
        _make_room(cache, limit_bytes, int(np.prod(shape)) * 2)
        cache.mkdir(parents=True, exist_ok=True)
        np.lib.format.open_memmap(path, "w+", np.float16, shape).flush()
        count_file.write_text("0")
    features: np.memmap[Any, np.dtype[np.float16]] = np.lib.format.open_memmap(path, "r+")
    path.touch()
    done = int(count_file.read_text())
    if done == len(labelled):
        log.info("features of %d pictures were kept in %s", done, path)
        return features
    run = _Runner(trunk, spec, device)
    with tqdm(total=len(labelled), initial=done, desc="frozen layers", unit="picture", disable=None) as bar:
        for batch in _batches(spec, labelled.paths, done, view):
            features[done : done + len(batch)] = run(batch)
            done += len(batch)
            bar.update(len(batch))
            if done % (20 * _BATCH) < _BATCH or done == len(labelled):
                features.flush()
                count_file.write_text(str(done))
    return features


def features_path(cache: Path, trunk: nn.Module, spec: ModelSpec, labelled: Labelled, view: int = 0) -> Path:
    """Where `cached_features` keeps them: the name changes with the weights, the preprocessing and the files."""
    return cache / f"features-{_key(trunk, spec, labelled)}{f'-{view}' if view else ''}.npy"


def _picture(spec: ModelSpec, path: Path, row: int, view: int) -> NDArray[np.float32]:
    rgb = load(path, decode_side(spec)).rgb
    return preprocess(vary_picture(rgb, np.random.default_rng((view, row))) if view else rgb, spec)


def _batches(spec: ModelSpec, paths: tuple[Path, ...], start: int, view: int) -> Iterator[NDArray[np.float32]]:
    """Input batches of `paths[start:]`, the next one being decoded while one is used."""

    def batch(first: int) -> NDArray[np.float32]:
        rows = range(first, min(first + _BATCH, len(paths)))
        return np.stack([_picture(spec, paths[row], row, view) for row in rows])

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(batch, start)
        for following in range(start + _BATCH, len(paths) + _BATCH, _BATCH):
            ready = waiting.result()
            if following < len(paths):
                waiting = thread.submit(batch, following)
            yield ready


def folded(network: nn.Module) -> nn.Module:
    """A copy of `network`, in evaluation mode, whose convolutions have taken in the batch norms that follow them."""
    copied = copy.deepcopy(network).eval()
    for parent in copied.modules():
        for (name, first), (following, second) in pairwise(list(parent.named_children())):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                setattr(parent, name, fuse_conv_bn_eval(first, second))
                setattr(parent, following, nn.Identity())
    return copied


class _Runner:
    """Calls the frozen layers. On a CPU that multiplies bf16, in it and with batch norms folded: 48 pictures/s on two
    cores of a ResNet-50's first three stages, where bf16 autocast gave 34 and onnxruntime in float32 gave 32. On
    another CPU through onnxruntime, two to four times as fast as torch there."""

    def __init__(self, trunk: nn.Module, spec: ModelSpec, device: torch.device) -> None:
        self._trunk = trunk.eval().to(device)
        self._device = device
        self._dtype = torch.float32
        self._session = None
        if multiplies_bf16(device) and any(isinstance(module, nn.Conv2d) for module in trunk.modules()):
            self._dtype = torch.bfloat16
            self._trunk = folded(trunk).to(device, self._dtype).to(memory_format=torch.channels_last)
        elif device.type == "cpu":
            example = torch.zeros(2, 3, spec.height, spec.width)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "trunk.onnx"
                torch.onnx.export(
                    trunk,
                    (example,),
                    path,
                    dynamo=True,
                    input_names=["image"],
                    output_names=["features"],
                    dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
                    external_data=False,
                    verbose=False,
                )
                self._session = open_session(path.read_bytes(), path, threads=torch.get_num_threads())

    @torch.no_grad()
    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._session is not None:
            return self._session.run(["features"], {"image": batch})[0]
        maps: Tensor = self._trunk(torch.from_numpy(batch).to(self._device, self._dtype))
        result: NDArray[np.float32] = maps.float().cpu().numpy()
        return result


def _key(trunk: nn.Module, spec: ModelSpec, labelled: Labelled) -> str:
    digest = hashlib.blake2b(digest_size=12)
    settings = (spec.height, spec.width, spec.mean, spec.std, spec.interpolation, spec.resize, spec.crop)
    digest.update(repr((settings, type(trunk).__name__)).encode())
    for tensor in trunk.state_dict().values():
        digest.update(tensor.cpu().numpy().tobytes())
    for path in labelled.paths:
        info = path.stat()
        digest.update(f"{path}\0{info.st_size}\0{info.st_mtime_ns}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _make_room(cache: Path, limit_bytes: int, wanted: int) -> None:
    if wanted > limit_bytes:
        raise DataError(f"the features need {wanted / 1e9:.1f} GB, more than --cache-limit {limit_bytes / 1e9:.1f} GB")
    kept = sorted(
        (path for path in cache.glob("features-*.npy") if not path.name.endswith(".pooled.npy")),
        key=lambda path: path.stat().st_mtime,
    )
    total = sum(path.stat().st_size for path in kept)
    for path in kept:
        if total + wanted <= limit_bytes:
            return
        total -= path.stat().st_size
        log.info("removed %s: the cache has its limit of %.1f GB", path, limit_bytes / 1e9)
        path.unlink()
        for beside in (".count", ".pooled.npy"):
            path.with_suffix(beside).unlink(missing_ok=True)

"""Features of frozen layers: computed once, resumed, varied by seed, and the same whatever computes them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet

from training import features
from training.augment import vary_picture
from training.data import DataError, Labelled, read_labelled
from training.features import cached_features, features_path, folded
from training.registry import spec_of
from training.resnet import ResnetTrunk

CPU = torch.device("cpu")
DESCRIPTION = {"model": "resnet50", "classes": ["a", "b"], "config": {"backbone": "resnet50", "side": 64, "trained": 3}}


class Means(nn.Module):
    """The mean of each channel: easy to know beforehand. Counts its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def forward(self, image: Tensor) -> Tensor:
        if not torch.compiler.is_compiling():
            self.seen += len(image)
        return image.mean((2, 3))


@pytest.fixture
def labelled(labelled_data: Path) -> Labelled:
    return read_labelled(labelled_data / "train")


def keep(trunk: nn.Module, labelled: Labelled, cache: Path, view: int = 0, limit: int = 1 << 30) -> np.ndarray:
    return np.array(cached_features(trunk, spec_of(DESCRIPTION), labelled, cache, CPU, limit, view))


def test_they_are_kept_and_read_back(labelled: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = keep(Means(), labelled, tmp_path)
    assert first.shape == (len(labelled), 3)
    assert np.ptp(first, axis=0).min() > 0
    monkeypatch.setattr(features, "_Runner", None)  # nothing is computed again
    np.testing.assert_array_equal(keep(Means(), labelled, tmp_path), first)


def test_a_stopped_run_goes_on(labelled: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = keep(Means(), labelled, tmp_path / "whole")
    path = features_path(tmp_path / "stopped", Means(), spec_of(DESCRIPTION), labelled)
    path.parent.mkdir()
    partly = np.lib.format.open_memmap(path, "w+", np.float16, whole.shape)
    partly[:20] = 7  # what an earlier run left: recognisable
    partly.flush()
    path.with_suffix(".count").write_text("20")
    resumed = keep(Means(), labelled, tmp_path / "stopped")
    assert (resumed[:20] == 7).all()
    np.testing.assert_array_equal(resumed[20:], whole[20:])


def test_views_differ_from_the_plain_pictures_and_are_drawn_again_alike(labelled: Labelled, tmp_path: Path) -> None:
    plain, first, second = (keep(Means(), labelled, tmp_path / "one", view) for view in (0, 1, 2))
    assert not np.allclose(plain, first, atol=1e-2)
    assert not np.allclose(first, second, atol=1e-2)
    np.testing.assert_array_equal(keep(Means(), labelled, tmp_path / "other", 1), first)


def test_more_than_the_limit_is_refused_and_old_ones_make_room(labelled: Labelled, tmp_path: Path) -> None:
    needed = len(labelled) * 3 * 2
    with pytest.raises(DataError, match="cache-limit"):
        keep(Means(), labelled, tmp_path, limit=needed - 1)
    keep(Means(), labelled, tmp_path)
    keep(Means(), labelled, tmp_path, view=1, limit=needed + 200)
    kept = [path.name for path in tmp_path.glob("*.npy")]
    assert len(kept) == 1
    assert kept[0].endswith("-1.npy")


def test_a_folded_network_computes_the_same() -> None:
    torch.manual_seed(0)
    network = ResNet(Bottleneck, [1, 2, 1, 3])
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    trunk = ResnetTrunk(network, 3).eval()
    image = torch.rand(2, 3, 64, 64)
    small = folded(trunk)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in small.modules())
    assert any(isinstance(module, nn.BatchNorm2d) for module in trunk.modules())
    with torch.no_grad():
        torch.testing.assert_close(small(image), trunk(image), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("shape", [(40, 60, 3), (1, 1, 3), (1, 50, 3)])
def test_a_varied_picture_is_a_part_of_it_drawn_by_the_seed(shape: tuple[int, int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    once, again = (vary_picture(rgb, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert once.dtype == np.uint8
    assert all(0 < now <= before for now, before in zip(once.shape[:2], shape[:2], strict=True))
    if shape == (40, 60, 3):
        areas = [np.prod(vary_picture(rgb, np.random.default_rng(seed)).shape[:2]) / (40 * 60) for seed in range(200)]
        assert 0.35 < min(areas) < 0.5
        assert max(areas) > 0.85

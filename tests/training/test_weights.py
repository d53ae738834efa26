"""Pretrained weights load under either naming, and whatever else is said plainly to be wrong."""

import math
import urllib.error
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional
from torchvision.models import resnet50 as torchvision_resnet50
from torchvision.models.vision_transformer import VisionTransformer

from training import weights
from training.weights import WeightsError

PAIR = [
    f"{name}.{part}"
    for name in ("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2")
    for part in ("weight", "bias")
]
TIMM_NAMES = {
    "cls_token",
    "pos_embed",
    "patch_embed.proj.weight",
    "patch_embed.proj.bias",
    "norm.weight",
    "norm.bias",
    *(f"blocks.{block}.{name}" for block in range(12) for name in PAIR),
}  # fmt: skip


@pytest.fixture(scope="module")
def network() -> VisionTransformer:
    torch.manual_seed(0)
    network = weights.new_vit_tiny().eval()
    with torch.no_grad():
        for parameter in network.parameters():  # torchvision starts the class token and all biases at zero
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return network


@pytest.fixture(scope="module")
def image() -> Tensor:
    return torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(1))


def as_timm_computes(state: dict[str, Tensor], image: Tensor) -> Tensor:
    """The forward pass of timm's vision transformer, written out from its names."""
    x = functional.conv2d(image, state["patch_embed.proj.weight"], state["patch_embed.proj.bias"], stride=16)
    x = torch.cat([state["cls_token"].expand(len(x), -1, -1), x.flatten(2).transpose(1, 2)], 1) + state["pos_embed"]

    def linear(name: str, value: Tensor) -> Tensor:
        return functional.linear(value, state[f"{name}.weight"], state[f"{name}.bias"])

    def norm(name: str, value: Tensor) -> Tensor:
        return functional.layer_norm(value, value.shape[-1:], state[f"{name}.weight"], state[f"{name}.bias"], 1e-6)

    for block in range(12):
        at = f"blocks.{block}"
        qkv = linear(f"{at}.attn.qkv", norm(f"{at}.norm1", x)).reshape(len(x), -1, 3, 3, 64).permute(2, 0, 3, 1, 4)
        attention = (qkv[0] @ qkv[1].transpose(-2, -1) / math.sqrt(64)).softmax(-1) @ qkv[2]
        x = x + linear(f"{at}.attn.proj", attention.transpose(1, 2).flatten(2))
        x = x + linear(f"{at}.mlp.fc2", functional.gelu(linear(f"{at}.mlp.fc1", norm(f"{at}.norm2", x))))
    return norm("norm", x)[:, 0]


def test_names_convert_to_timms_and_back(network: VisionTransformer) -> None:
    ours = network.state_dict()
    timm = weights.vit_to_timm(ours)
    assert set(timm) == TIMM_NAMES
    assert weights.is_timm_vit(timm)
    assert not weights.is_timm_vit(ours)
    back = weights.vit_from_timm(timm)
    assert set(back) == set(ours)
    assert all(torch.equal(back[name], ours[name]) for name in ours)
    assert timm["blocks.11.attn.qkv.bias"] is ours["encoder.layers.encoder_layer_11.self_attention.in_proj_bias"]


@torch.inference_mode()
def test_both_namings_mean_the_same_computation(network: VisionTransformer, image: Tensor) -> None:
    torch.testing.assert_close(
        as_timm_computes(weights.vit_to_timm(network.state_dict()), image), network(image), atol=2e-5, rtol=1e-4
    )


@torch.inference_mode()
def test_a_file_of_either_naming_and_kind_loads(network: VisionTransformer, image: Tensor, tmp_path: Path) -> None:
    ours = network.state_dict()
    head = {"heads.head.weight": torch.zeros(10, 192), "heads.head.bias": torch.zeros(10)}  # left out: no classifier
    torch.save(OrderedDict(ours | head), tmp_path / "torchvision.pth")
    torch.save({"state_dict": {f"module.{name}": value for name, value in ours.items()}}, tmp_path / "checkpoint.pt")
    save_file(weights.vit_to_timm(ours | head), tmp_path / "timm.safetensors")
    wanted = network(image)
    for name in ("torchvision.pth", "checkpoint.pt", "timm.safetensors"):
        loaded = weights.vit_tiny(tmp_path / name)
        assert not loaded.training
        assert torch.equal(loaded(image), wanted), name


def test_a_name_without_counterpart_is_told() -> None:
    with pytest.raises(WeightsError, match=r"blocks\.0\.ls1\.gamma"):
        weights.vit_from_timm({"cls_token": torch.zeros(1), "blocks.0.ls1.gamma": torch.zeros(1)})


def test_without_a_file_vit_tiny_says_what_to_give() -> None:
    with pytest.raises(WeightsError, match="--weights FILE"):
        weights.vit_tiny()


def _missing(path: Path) -> None:
    assert not path.exists()


def _text(path: Path) -> None:
    path.write_text("not weights")


def _number(path: Path) -> None:
    torch.save(3, path)


def _code(path: Path) -> None:
    torch.save({"a": Surprise()}, path)


class Surprise:
    """A pickle of this would run code when it is read without care."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return pytest.fail, ("code in a file of weights ran",)


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize("make", [_missing, _text, _number, _code])
def test_a_file_that_holds_no_weights_is_refused(make: Callable[[Path], None], name: str, tmp_path: Path) -> None:
    make(tmp_path / name)
    with pytest.raises(WeightsError, match=name):
        weights.vit_tiny(tmp_path / name)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="not the weights of this ResNet: Missing key"):
        weights.resnet50(tmp_path / "other.pth")


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    def answer(make: Callable[[], object]) -> None:
        monkeypatch.setattr(weights.ResNet50_Weights, "get_state_dict", lambda self, **_: make())

    return answer


def test_without_a_file_resnet50_is_torchvisions_download(downloads: Callable[[Callable[[], object]], None]) -> None:
    original = torchvision_resnet50()
    downloads(original.state_dict)
    network = weights.resnet50()
    assert not network.training
    assert torch.equal(network.layer4[2].conv3.weight, original.layer4[2].conv3.weight)
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 64, 64)).shape == (1, weights.RESNET50_FEATURES)


def test_a_failed_download_says_what_to_do(downloads: Callable[[Callable[[], object]], None]) -> None:
    def offline() -> object:
        raise urllib.error.URLError("no route to host")

    downloads(offline)
    with pytest.raises(WeightsError, match=r"could not download .*no route to host.*--weights FILE"):
        weights.resnet50()

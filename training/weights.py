"""Load pretrained backbones: torchvision's download by default, or a file with torchvision's or timm's key names."""

import pickle
import re
import urllib.error
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import ResNet50_Weights
from torchvision.models import resnet50 as torchvision_resnet50
from torchvision.models.resnet import ResNet
from torchvision.models.vision_transformer import VisionTransformer

State = Mapping[str, Tensor]

RESNET50_FEATURES = 2048
VIT_TINY_FEATURES = 192


class WeightsError(Exception):
    """Pretrained weights cannot be had; `str()` is one line that says why and what to do."""


def resnet50(weights: Path | None = None) -> ResNet:
    """ResNet-50 without its classifier: float32 [N, 3, H, W] to the pooled features [N, 2048].

    `weights` is a file with torchvision's key names (timm's ResNet-50 has the same); without it torchvision downloads
    its own (ImageNet-1k, its first recipe, whose features keep more for retrieval than the longer second one's).
    Raises WeightsError.
    """
    network = torchvision_resnet50()
    state = _downloaded_resnet50() if weights is None else read_state(weights)
    network.fc = nn.Identity()
    _fill(network, {name: value for name, value in state.items() if not name.startswith("fc.")}, weights)
    return network.eval()


def vit_tiny(weights: Path | None = None) -> VisionTransformer:
    """ViT-Tiny/16 at 224 pixels without its classifier: float32 [N, 3, 224, 224] to the class token after the last
    layer norm, [N, 192]. `weights` is a file with torchvision's or timm's key names; torchvision offers no download
    of this network. Raises WeightsError."""
    if weights is None:
        raise WeightsError(
            "torchvision has no download for ViT-Tiny: give a file with --weights FILE, such as timm's "
            "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
        )
    network = new_vit_tiny()
    state = read_state(weights)
    if is_timm_vit(state):
        state = vit_from_timm(state)
    _fill(network, {name: value for name, value in state.items() if not name.startswith("heads.")}, weights)
    return network.eval()


def new_vit_tiny() -> VisionTransformer:
    """ViT-Tiny/16 without its classifier, with random weights."""
    network = VisionTransformer(
        image_size=224, patch_size=16, num_layers=12, num_heads=3, hidden_dim=VIT_TINY_FEATURES, mlp_dim=768
    )
    network.heads = nn.Identity()
    return network


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a `.safetensors` file or of a file that torch.save made, by name. Code in the file never runs.
    A `state_dict` or `model` inside a checkpoint is found, and DataParallel's `module.` taken off the names.
    Raises WeightsError."""
    if not path.is_file():
        raise WeightsError(f"{path}: the file of weights does not exist")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            loaded: object = load_file(path)
        else:
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path}: not a file of weights ({_first_line(error)})") from error
    except Exception as error:
        if type(error).__name__ != "SafetensorError":
            raise
        raise WeightsError(f"{path}: not a file of weights ({_first_line(error)})") from error
    for key in ("state_dict", "model"):
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
    if not isinstance(loaded, Mapping) or not loaded or not all(isinstance(item, Tensor) for item in loaded.values()):
        raise WeightsError(f"{path}: it holds no state dict (tensors by name)")
    return {str(name).removeprefix("module."): value for name, value in loaded.items()}


# timm's names on the left, torchvision's on the right; `{}` is the number of the block.
_OUTER = {
    "cls_token": "class_token",
    "pos_embed": "encoder.pos_embedding",
    "patch_embed.proj.": "conv_proj.",
    "norm.": "encoder.ln.",
    "head.": "heads.head.",
}
_BLOCK = {
    "norm1.": "ln_1.",
    "attn.qkv.": "self_attention.in_proj_",  # torch's MultiheadAttention joins its last word with `_`
    "attn.proj.": "self_attention.out_proj.",
    "norm2.": "ln_2.",
    "mlp.fc1.": "mlp.0.",
    "mlp.fc2.": "mlp.3.",
}


def is_timm_vit(state: State) -> bool:
    """Whether a vision transformer's state dict has timm's key names."""
    return "cls_token" in state


def vit_from_timm(state: State) -> dict[str, Tensor]:
    """timm's names of a plain vision transformer to torchvision's. Both keep query, key and value in one matrix, in
    that order, so that no tensor changes. Raises WeightsError for a name that has no counterpart."""
    blocks = {f"blocks.{{}}.{timm}": f"encoder.layers.encoder_layer_{{}}.{ours}" for timm, ours in _BLOCK.items()}
    return _renamed(state, r"blocks\.(\d+)\.", _OUTER | blocks)


def vit_to_timm(state: State) -> dict[str, Tensor]:
    """torchvision's names of a vision transformer to timm's. Raises WeightsError for a name without counterpart."""
    outer = {ours: timm for timm, ours in _OUTER.items()}
    blocks = {f"encoder.layers.encoder_layer_{{}}.{ours}": f"blocks.{{}}.{timm}" for timm, ours in _BLOCK.items()}
    return _renamed(state, r"encoder\.layers\.encoder_layer_(\d+)\.", outer | blocks)


def _renamed(state: State, block: str, names: Mapping[str, str]) -> dict[str, Tensor]:
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        found = re.match(block, name)
        number = found[1] if found else ""
        for old, new in names.items():
            start = old.format(number)
            if name == start or (start[-1] in "._" and name.startswith(start)):
                renamed[new.format(number) + name[len(start) :]] = value
                break
        else:
            raise WeightsError(f"the weights hold {name!r}, which a plain vision transformer does not have")
    return renamed


def _fill(network: nn.Module, state: State, path: Path | None) -> None:
    origin = "torchvision's download" if path is None else str(path)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        reason = lines[1] if len(lines) > 1 else lines[0]
        raise WeightsError(f"{origin}: not the weights of this {type(network).__name__}: {reason[:300]}") from error


def _downloaded_resnet50() -> State:
    try:
        state: State = ResNet50_Weights.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True)
        return state
    except (urllib.error.URLError, OSError, RuntimeError) as error:  # offline, no room, or a damaged download
        raise WeightsError(
            f"torchvision could not download its ResNet-50 ({_first_line(error)}): "
            "go online, or give a file with --weights FILE"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]

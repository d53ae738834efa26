"""Checkpoints: written to a temporary name and moved into place, so that a crash leaves the one before."""

from pathlib import Path
from typing import Any

import torch


class CheckpointError(Exception):
    """A checkpoint is missing, damaged, or of another run; `str()` says which."""


def save(path: Path, content: dict[str, Any]) -> None:
    """Write `content` (tensors, numbers, texts and containers of them) to `path`, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    temporary.replace(path)


def load(path: Path) -> dict[str, Any]:
    """What `save` wrote, on the CPU. Only plain data is read: a checkpoint cannot run code. Raises CheckpointError."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no {path}: train first, or name the folder of a run") from error
    except Exception as error:  # torch reports damage with many types
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is no checkpoint of this program")
    return content

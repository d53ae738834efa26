"""Vary training pictures and their labels: random crops, flips and colours of one or a batch, and mixup."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional


def augment(pixels: Tensor, side: int, generator: torch.Generator, smallest: float = 0.35) -> Tensor:
    """uint8 [N, h, w, 3] → float32 [N, 3, side, side] in 0…1: a random part of each picture (`smallest`…1 of its area,
    its proportions changed by up to 4/3), mirrored half the time, with its brightness, contrast and colour changed.

    One `grid_sample` does crop, resize and flip for the batch: on a CPU that costs less than one convolution.
    """
    count = len(pixels)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    area = uniform(smallest, 1.0)
    ratio = torch.exp(uniform(-math.log(4 / 3), math.log(4 / 3)))
    half_width = (area * ratio).sqrt().clamp(max=1)
    half_height = (area / ratio).sqrt().clamp(max=1)
    shift_x = uniform(-1, 1) * (1 - half_width)
    shift_y = uniform(-1, 1) * (1 - half_height)
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    affine = torch.zeros(count, 2, 3)
    affine[:, 0, 0], affine[:, 0, 2] = half_width * mirror, shift_x
    affine[:, 1, 1], affine[:, 1, 2] = half_height, shift_y
    grid = functional.affine_grid(affine, [count, 3, side, side], align_corners=False).to(pixels.device)
    image = pixels.permute(0, 3, 1, 2).float() / 255
    image = functional.grid_sample(image, grid, align_corners=False, padding_mode="reflection")

    def factor(strength: float) -> Tensor:
        return uniform(1 - strength, 1 + strength).view(-1, 1, 1, 1).to(image.device)

    image = image * factor(0.3)
    mean = image.mean((1, 2, 3), keepdim=True)
    image = (image - mean) * factor(0.3) + mean
    grey = image.mean(1, keepdim=True)
    return ((image - grey) * factor(0.4) + grey).clamp(0, 1)


def vary_picture(rgb: NDArray[np.uint8], generator: np.random.Generator, smallest: float = 0.4) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] → a random part of it (`smallest`…1 of its area, its proportions changed by up to 4/3), mirrored
    half the time, with its brightness, contrast and colour changed: `augment` for one picture of any size."""
    height, width = rgb.shape[:2]
    area, ratio = generator.uniform(smallest, 1.0), math.exp(generator.uniform(-math.log(4 / 3), math.log(4 / 3)))
    part_height = max(1, round(height * min(1.0, math.sqrt(area / ratio))))
    part_width = max(1, round(width * min(1.0, math.sqrt(area * ratio))))
    top = int(generator.integers(height - part_height + 1))
    left = int(generator.integers(width - part_width + 1))
    part = rgb[top : top + part_height, left : left + part_width]
    if generator.random() < 0.5:
        part = part[:, ::-1]
    brightness, contrast, colour = generator.uniform((0.7, 0.7, 0.6), (1.3, 1.3, 1.4))
    image = part.astype(np.float32) * np.float32(brightness)
    mean = image.mean()
    image = (image - mean) * np.float32(contrast) + mean
    grey = image.mean(2, keepdims=True)
    varied: NDArray[np.uint8] = ((image - grey) * np.float32(colour) + grey).clip(0, 255).astype(np.uint8)
    return varied


def normalise(image: Tensor, mean: tuple[float, float, float], std: tuple[float, float, float]) -> Tensor:
    """float32 [N, 3, h, w] in 0…1 → the network's input, in the memory layout that convolutions like best."""
    shape = (1, 3, 1, 1)
    centred = (image - image.new_tensor(mean).view(shape)) / image.new_tensor(std).view(shape)
    return centred.contiguous(memory_format=torch.channels_last)


def mix(inputs: Tensor, targets: Tensor, alpha: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mixup: blend every example of the batch with another one, and its target [N, C] likewise. `alpha` 0 is none.

    Source: Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2018). The share is Beta(alpha, alpha), drawn as
    two powers of uniforms (Jöhnk's method), for torch's own Beta takes no generator.
    """
    if alpha <= 0:
        return inputs, targets
    while True:
        left, right = (torch.rand(2, generator=generator, dtype=torch.float64) ** (1 / alpha)).tolist()
        if 0 < left + right <= 1:
            break
    share = left / (left + right)
    other = torch.randperm(len(inputs), generator=generator).to(inputs.device)
    return share * inputs + (1 - share) * inputs[other], share * targets + (1 - share) * targets[other]

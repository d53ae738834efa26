"""ResNet-50 in two parts: the frozen layers, whose maps are kept on disk, and the last blocks, which are trained."""

import torch
from torch import Tensor, nn
from torchvision.models.resnet import ResNet

FEATURES = 2048
_BLOCKS = 3  # of the last stage


class ResnetTrunk(nn.Module):
    """[N, 3, h, w] → the map that enters the last `trained` blocks of the last stage: [N, 2048, h/32, w/32], or
    [N, 1024, h/16, w/16] when all three are trained."""

    def __init__(self, network: ResNet, trained: int) -> None:
        super().__init__()
        if not 0 <= trained <= _BLOCKS:
            raise ValueError(f"0 to {_BLOCKS} blocks of the last stage can be trained, not {trained}")
        self.layers = nn.Sequential(
            network.conv1,
            network.bn1,
            network.relu,
            network.maxpool,
            network.layer1,
            network.layer2,
            network.layer3,
            *list(network.layer4)[: _BLOCKS - trained],
        )

    def forward(self, image: Tensor) -> Tensor:
        maps: Tensor = self.layers(image)
        return maps


class ResnetFeatures(nn.Module):
    """All of the network, frozen: the means over the last two stages, [N, 3, h, w] → [N, 3072]. The finer stage added
    2 points of accuracy to the last one alone."""

    def __init__(self, network: ResNet) -> None:
        super().__init__()
        self.trunk = ResnetTrunk(network, _BLOCKS)
        self.last = network.layer4

    def forward(self, image: Tensor) -> Tensor:
        finer = self.trunk(image)
        return torch.cat([self.last(finer).mean((2, 3)), finer.mean((2, 3))], 1)


class ResnetTail(nn.Module):
    """The last `trained` blocks and the mean over the map: [N, C, h, w] → [N, 2048].

    Batch norm keeps ImageNet's statistics: those of a few thousand pictures, a batch at a time, are noisier.
    """

    def __init__(self, network: ResNet, trained: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*list(network.layer4)[_BLOCKS - trained :])

    def train(self, mode: bool = True) -> "ResnetTail":
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def forward(self, maps: Tensor) -> Tensor:
        last: Tensor = self.blocks(maps)
        return last.mean((2, 3))

    @staticmethod
    def vary(maps: Tensor, generator: torch.Generator) -> Tensor:
        """Mirror half of the maps: not what a mirrored picture would give, but near it, and free."""
        mirrored = (torch.rand(len(maps), generator=generator) < 0.5).to(maps.device)
        return torch.where(mirrored.view(-1, 1, 1, 1), maps.flip(3), maps)

"""ViT-Tiny in two parts: the frozen blocks, whose tokens are kept on disk, and the last blocks, which are trained."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torchvision.models.vision_transformer import EncoderBlock, VisionTransformer

FEATURES = 192


class VitTrunk(nn.Module):
    """[N, 3, 224, 224] → the tokens [N, 197, 192] that enter the last `trained` blocks."""

    def __init__(self, network: VisionTransformer, trained: int) -> None:
        super().__init__()
        self.patches = network.conv_proj
        self.class_token = network.class_token
        self.positions = network.encoder.pos_embedding
        blocks = list(network.encoder.layers)
        if not 0 <= trained < len(blocks):
            raise ValueError(f"0 to {len(blocks) - 1} blocks can be trained, not {trained}")
        self.blocks: Iterable[EncoderBlock] = nn.ModuleList(blocks[: len(blocks) - trained])

    def forward(self, image: Tensor) -> Tensor:
        patches: Tensor = self.patches(image).flatten(2).transpose(1, 2)
        tokens: Tensor = torch.cat([self.class_token.expand(len(image), -1, -1), patches], 1) + self.positions
        for block in self.blocks:
            tokens = attend(block, tokens, tokens)
        return tokens


class VitFeatures(nn.Module):
    """All of the network, frozen: the class token and the mean of the others, [N, 3, 224, 224] → [N, 384]. Together
    they classified 1 to 3 points better than the class token alone."""

    def __init__(self, network: VisionTransformer) -> None:
        super().__init__()
        self.trunk = VitTrunk(network, 0)
        self.norm = network.encoder.ln

    def forward(self, image: Tensor) -> Tensor:
        tokens: Tensor = self.norm(self.trunk(image))
        return torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], 1)


class VitTail(nn.Module):
    """The last `trained` blocks and the last layer norm: tokens [N, T, 192] → the class token [N, 192]."""

    def __init__(self, network: VisionTransformer, trained: int) -> None:
        super().__init__()
        self.blocks: Iterable[EncoderBlock] = nn.ModuleList(list(network.encoder.layers)[-trained:])
        self.norm = network.encoder.ln

    def forward(self, tokens: Tensor) -> Tensor:
        for block in list(self.blocks)[:-1]:
            tokens = attend(block, tokens, tokens)
        # Only the class token leaves the last block: the others are looked at, not computed.
        normed: Tensor = self.norm(attend(list(self.blocks)[-1], tokens[:, :1], tokens))
        return normed[:, 0]

    @staticmethod
    def vary(tokens: Tensor, generator: torch.Generator, kept: float = 0.5) -> Tensor:
        """The class token and a random `kept` part of the others, the same positions for the whole batch.

        It costs half the time and regularises. Source: Liu et al., "PatchDropout: Economizing Vision Transformers Using
        Patch Dropout" (2023)."""
        others = tokens.shape[1] - 1
        chosen = torch.randperm(others, generator=generator)[: max(1, round(others * kept))] + 1
        return torch.cat([tokens[:, :1], tokens[:, chosen.sort().values.to(tokens.device)]], 1)


def attend(block: EncoderBlock, queries: Tensor, tokens: Tensor) -> Tensor:
    """torchvision's encoder block for `queries`, some of the `tokens`, written out: [N, Q, D] → [N, Q, D]."""
    attention = block.self_attention
    heads = attention.num_heads
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    size = weight.shape[1]

    def split(values: Tensor) -> Tensor:
        return values.view(len(values), -1, heads, size // heads).transpose(1, 2)

    normed_tokens = block.ln_1(tokens)
    normed_queries = normed_tokens if queries is tokens else block.ln_1(queries)
    query = split(nn.functional.linear(normed_queries, weight[:size], bias[:size]))
    key, value = nn.functional.linear(normed_tokens, weight[size:], bias[size:]).chunk(2, dim=2)
    seen = nn.functional.scaled_dot_product_attention(query, split(key), split(value))
    queries = queries + attention.out_proj(seen.transpose(1, 2).flatten(2))
    result: Tensor = queries + block.mlp(block.ln_2(queries))
    return result

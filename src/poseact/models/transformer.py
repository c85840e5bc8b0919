"""A small transformer: the joints of each frame are one token, and frames attend to one another.

Vaswani et al., "Attention is all you need", NeurIPS 2017; normalised before each part as in Xiong et
al., "On layer normalization in the transformer architecture", ICML 2020; tokens from a short
convolution as in Xiao et al., "Early convolutions help transformers see better", NeurIPS 2021.
"""

from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.frame_input import FrameInput
from poseact.training_augment import STRONG

# Added to the attention paid to a frame in which nobody is seen; softmax makes it 0.
_UNSEEN = -1e4


class Transformer(ActionNet):
    """A token a frame from all people's joints, bones and motion; layers of attention in time; their mean.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        width: Numbers a token.
        depth: Layers.
        heads: Of attention; they divide `width`.
        dropout: In each layer and before the classifier.
        stem: Frames that a token is made of, an odd number.
    """

    # Without inductive bias it learns the clips by heart: it needs more change than the others.
    recipe: ClassVar[Recipe] = Recipe(
        epochs=60,
        min_steps=1000,
        batch_size=32,
        learning_rate=1e-3,
        weight_decay=0.05,
        augment=STRONG,
    )

    def __init__(
        self,
        spec: InputSpec,
        num_classes: int,
        *,
        width: int = 96,
        depth: int = 3,
        heads: int = 4,
        dropout: float = 0.2,
        stem: int = 3,
    ) -> None:
        super().__init__(spec, num_classes)
        if depth < 1 or heads < 1 or width < 1 or width % heads or stem < 1 or stem % 2 == 0:
            raise InvalidInputError(
                "transformer: expected a positive depth, heads that divide the width and an odd stem, "
                f"found {depth}, {heads}, {width} and {stem}"
            )
        self.input = FrameInput(spec)
        self.stem = nn.Conv1d(self.input.num_channels, width, stem, padding=stem // 2)
        self.places = nn.Parameter(torch.randn(spec.num_frames, width) * 0.02)
        self.drop = nn.Dropout(dropout)
        self.layers = nn.ModuleList(_Layer(width, heads, dropout) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, num_classes))

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        seen = (mask > 0).to(keypoints.dtype).amax(dim=(1, 3))  # (N, T)
        frames = self.input(keypoints, mask).transpose(1, 2)
        x = self.drop(self.stem(frames).transpose(1, 2) + self.places)  # (N, T, width)
        for layer in self.layers:
            x = layer(x, (1 - seen) * _UNSEEN)
        weights = seen[..., None]
        return cast(Tensor, (self.norm(x) * weights).sum(dim=1) / weights.sum(dim=1).clamp_min(1.0))


class _Layer(nn.Module):
    """Attention between frames, then two linear maps within each; each beside its input."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.attention_norm = nn.LayerNorm(width)
        # Keys need no bias: softmax takes out what is the same for all frames.
        self.query_bias, self.value_bias = (nn.Parameter(torch.zeros(width)) for _ in range(2))
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.joined = nn.Linear(width, width)
        self.mixing = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, unseen: Tensor) -> Tensor:
        """(N, T, width), and (N, T) added to the attention that each frame is paid."""
        x = x + self.drop(self._attend(self.attention_norm(x), unseen))
        return x + cast(Tensor, self.drop(self.mixing(x)))

    def _attend(self, x: Tensor, unseen: Tensor) -> Tensor:
        t, width = x.shape[1], self.heads * self.size
        query, key, value = self.query_key_value(x).split(width, dim=-1)
        query, key, value = (
            part.reshape(-1, t, self.heads, self.size).transpose(1, 2)
            for part in (query + self.query_bias, key, value + self.value_bias)
        )
        scores = query @ key.transpose(-1, -2) * self.size**-0.5 + unseen[:, None, None, :]
        return cast(
            Tensor, self.joined((scores.softmax(dim=-1) @ value).transpose(1, 2).reshape(-1, t, width))
        )

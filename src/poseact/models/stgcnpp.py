"""ST-GCN++: ST-GCN with learnt links between joints and several time scales at once.

Duan, Wang, Chen, Lin, "PYSKL: Towards good practices for skeleton action recognition", ACM
Multimedia 2022; its convolution in time is that of Liu et al., "Disentangling and unifying graph
convolutions for skeleton-based action recognition" (MS-G3D), CVPR 2020.
"""

from typing import ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.graph import (
    GraphConvolution,
    GraphInput,
    Stream,
    fitting,
    pooled,
    spatial_partitions,
    stages,
)
from poseact.training_augment import STRONG

_DILATIONS = (1, 2, 3, 4)
# A branch for each dilation, one that pools, and one that looks at single frames.
_NUM_BRANCHES = len(_DILATIONS) + 2


class STGCNPlusPlus(ActionNet):
    """Blocks of an adaptive graph convolution and six branches in time; people are averaged.

    The paper's network is ``width=64, depth=10``; the defaults learn small sets in minutes
    without a graphics card.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        stream: What the network sees: ``joint``, ``bone``, ``joint_motion`` or ``bone_motion``.
        width: Channels of the first third of the blocks; doubled at each further third.
        depth: Blocks.
        dropout: Before the classifier.
    """

    recipe: ClassVar[Recipe] = Recipe(
        epochs=30, min_steps=1500, batch_size=16, learning_rate=3e-3, augment=STRONG
    )

    def __init__(
        self,
        spec: InputSpec,
        num_classes: int,
        *,
        stream: Stream = "joint",
        width: int = 32,
        depth: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(spec, num_classes)
        self.input = GraphInput(spec, stream)
        partitions = spatial_partitions(spec.layout)
        channels, blocks = self.input.num_channels, []
        for i, (out, stride) in enumerate(stages(width, depth)):
            blocks.append(_Block(channels, out, partitions, stride, shortcut=i > 0))
            channels = out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_classes))

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        return pooled(self.blocks(self.input(keypoints, mask)), mask)


class _Block(nn.Module):
    def __init__(
        self, channels: int, out: int, partitions: NDArray[np.float32], stride: int, *, shortcut: bool
    ) -> None:
        super().__init__()
        self.space = GraphConvolution(channels, out, partitions, adaptive=True)
        self.space_norm = nn.BatchNorm2d(out)
        self.space_shortcut = fitting(channels, out, 1)
        self.time = _Branches(out, stride)
        self.has_shortcut = shortcut
        self.shortcut = fitting(channels, out, stride) if shortcut else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, V) -> (N, C', T / stride, V)."""
        y = torch.relu(self.space_norm(self.space(x)) + self.space_shortcut(x))
        y = self.time(y)
        return torch.relu(y + self.shortcut(x) if self.has_shortcut else y)


class _Branches(nn.Module):
    """Convolutions in time with several dilations, each on its share of the channels, then mixed."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        share = channels // _NUM_BRANCHES
        self.shares = [channels - share * (_NUM_BRANCHES - 1)] + [share] * (_NUM_BRANCHES - 2)
        self.stride, self.share = stride, share
        # The branches' first layers are of one kind: one convolution makes the input of all.
        self.spread = nn.Conv2d(channels, channels, 1, bias=False)
        self.spread_norm = nn.BatchNorm2d(channels - share)
        self.branches = nn.ModuleList(
            nn.Conv2d(width, width, (3, 1), (stride, 1), (dilation, 0), (dilation, 1), bias=False)
            for dilation, width in zip(_DILATIONS, self.shares, strict=False)
        )
        self.branches.append(nn.MaxPool2d((3, 1), (stride, 1), (1, 0)))
        self.mix = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels, 1, bias=False)
        )
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, V) -> (N, C, T / stride, V)."""
        spread = self.spread(x)
        wide, plain = spread[:, : -self.share], spread[:, -self.share :, :: self.stride]
        parts = torch.split(torch.relu(self.spread_norm(wide)), self.shares, dim=1)
        joined = [branch(part) for branch, part in zip(self.branches, parts, strict=True)]
        return cast(Tensor, self.norm(self.mix(torch.cat([*joined, plain], dim=1))))

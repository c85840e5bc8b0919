"""ST-GCN: convolutions over neighbouring joints and over time.

Yan, Xiong, Lin, "Spatial temporal graph convolutional networks for skeleton-based action
recognition", AAAI 2018.
"""

from typing import ClassVar, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from poseact.errors import InvalidInputError
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


class STGCN(ActionNet):
    """Blocks of a graph convolution and a convolution in time; people share weights and are averaged.

    The paper's network is ``width=64, depth=10, kernel=9``; the defaults learn small sets in
    minutes without a graphics card.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        stream: What the network sees: ``joint``, ``bone``, ``joint_motion`` or ``bone_motion``.
        width: Channels of the first third of the blocks; doubled at each further third.
        depth: Blocks.
        kernel: Frames that a convolution in time spans, an odd number.
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
        kernel: int = 5,
        dropout: float = 0.1,
    ) -> None:
        super().__init__(spec, num_classes)
        if kernel < 1 or kernel % 2 == 0:
            raise InvalidInputError(f"stgcn: expected an odd kernel, found {kernel}")
        self.input = GraphInput(spec, stream)
        partitions = spatial_partitions(spec.layout)
        channels, blocks = self.input.num_channels, []
        for i, (out, stride) in enumerate(stages(width, depth)):
            blocks.append(_Block(channels, out, partitions, kernel, stride, shortcut=i > 0))
            channels = out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_classes))

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        return pooled(self.blocks(self.input(keypoints, mask)), mask)


class _Block(nn.Module):
    """Graph convolution, then convolution in time, beside a shortcut."""

    def __init__(
        self,
        channels: int,
        out: int,
        partitions: NDArray[np.float32],
        kernel: int,
        stride: int,
        *,
        shortcut: bool,
    ) -> None:
        super().__init__()
        self.space = nn.Sequential(
            GraphConvolution(channels, out, partitions, adaptive=False), nn.BatchNorm2d(out), nn.ReLU()
        )
        self.time = nn.Sequential(
            nn.Conv2d(out, out, (kernel, 1), (stride, 1), (kernel // 2, 0), bias=False),
            nn.BatchNorm2d(out),
        )
        self.has_shortcut = shortcut
        self.shortcut = fitting(channels, out, stride) if shortcut else nn.Identity()
        self.end = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, V) -> (N, C', T / stride, V)."""
        y = self.time(self.space(x))
        if self.has_shortcut:
            y = y + self.shortcut(x)
        return cast(Tensor, self.end(y))

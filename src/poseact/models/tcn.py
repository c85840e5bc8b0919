"""TCN: residual blocks of dilated convolutions in time over the joints of a frame.

Kim, Reiter, "Interpretable 3D human action analysis with temporal convolutional networks",
CVPR Workshops 2017 (pre-activated residual blocks on skeletons); Bai, Kolter, Koltun, "An empirical
evaluation of generic convolutional and recurrent networks for sequence modeling", 2018 (dilation
doubled from block to block).
"""

from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.frame_input import FrameInput


class TCN(ActionNet):
    """Joints, bones, their motion and confidence as one vector a frame, convolved in time.

    The joints of all people stand in one vector, so that how they stand to each other is
    seen from the first layer on.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        width: Channels.
        depth: Blocks; the dilation doubles from each to the next: 1, 2, 4, ...
        kernel: Taps of a convolution, an odd number.
        dropout: In each block and before the classifier.
        causal: No convolution looks ahead (Bai et al.); otherwise both ways, which is better for clips. The
            joints' place, size and motion are those of the whole window either way.
    """

    recipe: ClassVar[Recipe] = Recipe(epochs=60, min_steps=1000, batch_size=32, learning_rate=2e-3)

    def __init__(
        self,
        spec: InputSpec,
        num_classes: int,
        *,
        width: int = 128,
        depth: int = 4,
        kernel: int = 3,
        dropout: float = 0.2,
        causal: bool = False,
    ) -> None:
        super().__init__(spec, num_classes)
        if depth < 1 or width < 1 or kernel < 1 or kernel % 2 == 0:
            raise InvalidInputError(
                "tcn: expected a positive depth and width and an odd kernel, "
                f"found {depth}, {width} and {kernel}"
            )
        self.input = FrameInput(spec)
        self.padding = (kernel - 1, 0) if causal else (kernel // 2, kernel // 2)
        self.start = nn.Conv1d(self.input.num_channels, width, kernel, bias=False)
        self.blocks = nn.Sequential(
            *(_Block(width, kernel, 2**i, dropout, causal=causal) for i in range(depth))
        )
        self.end = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU())
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * width, num_classes))

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        frames = self.input(keypoints, mask).transpose(1, 2)
        y = self.end(self.blocks(self.start(functional.pad(frames, self.padding))))  # (N, width, T)
        return torch.cat([y.mean(dim=2), y.amax(dim=2)], dim=1)


class _Block(nn.Module):
    """Two times: normalise, cut off, convolve; beside the input."""

    def __init__(self, width: int, kernel: int, dilation: int, dropout: float, *, causal: bool) -> None:
        super().__init__()
        room = dilation * (kernel - 1)
        self.padding = (room, 0) if causal else (room // 2, room // 2)
        self.first = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU())
        self.first_conv = nn.Conv1d(width, width, kernel, dilation=dilation, bias=False)
        self.second = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(dropout))
        self.second_conv = nn.Conv1d(width, width, kernel, dilation=dilation, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, T) -> the same shape."""
        y = self.first_conv(functional.pad(self.first(x), self.padding))
        y = self.second_conv(functional.pad(self.second(y), self.padding))
        return cast(Tensor, x + y)

"""A 3D convolutional network straight on keypoint coordinates, in two orders of the axes.

The cheaper sibling of PoseConv3D (Duan et al., "Revisiting Skeleton-based Action Recognition", CVPR 2022).
"""

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.streams import Normalise, motion

Order = Literal["joints-first", "dimensions-first"]


class KeypointCNN3D(ActionNet):
    """Coordinates as a volume: the first axis is the channels, over the other three go the kernels.

    ``joints-first`` is (joints | frames, persons, dimensions), ``dimensions-first`` is (dimensions |
    persons, joints, frames). Frames, and joints where they are convolved, are halved by every
    layer but the first; what is left of joints, persons and dimensions is not averaged, for the network has
    to know whose coordinate it is.

    The network from which the two orders come never learned (1.6 % of 60 classes, and it could not
    overfit 100 samples). Its loss was the mean squared error of a softmax, in which a sure but wrong
    answer has next to no gradient; a learning rate of 0.005 on coordinates in pixels drives a network into
    just such answers within a few steps; and it was judged in training mode, with dropout on and
    batch norm going by the batch. On 100 clips of Penn Action that loss and that rate on raw
    pixels stay at chance (0 % with 60 outputs, Adam, 100 rounds), but learn 98 as soon as there is
    batch norm, and all 100 in the network below:
    none of the three is fatal alone. Here: cross-entropy of logits, normalised coordinates, batch
    norm with its running statistics in evaluation, a lower rate that rises and falls.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        order: Which axis is the channels'.
        width: Channels of the first layer; each of the others has twice as many as the one before.
        layers: Convolutions, each with batch norm.
        moving: Give it the motion from frame to frame as further channels.
        dropout: Before the classifier.
    """

    recipe: ClassVar[Recipe] = Recipe(epochs=40, min_steps=400, batch_size=64, learning_rate=3e-3)

    def __init__(
        self,
        spec: InputSpec,
        num_classes: int,
        *,
        order: Order = "dimensions-first",
        width: int = 32,
        layers: int = 4,
        moving: bool = True,
        dropout: float = 0.3,
    ) -> None:
        super().__init__(spec, num_classes)
        if order not in ("joints-first", "dimensions-first") or width < 1 or layers < 1:
            raise InvalidInputError(
                "keypoint_cnn3d: expected the order joints-first or dimensions-first, a width and at least "
                f"one layer, found {order!r}, {width} and {layers}"
            )
        persons, frames, joints, dims = spec.shape
        lengths: tuple[int, ...]
        self.order, self.moving = order, moving
        self.normalise = Normalise(spec.layout)
        if order == "joints-first":
            channels, lengths, self.time_axis = joints, (frames, persons, dims), 2
            halved = (2, 1, 1)
        else:
            channels, lengths, self.time_axis = dims, (persons, joints, frames), 4
            halved = (1, 2, 2)
        channels *= 2 if moving else 1
        volume: list[nn.Module] = []
        for layer in range(layers):
            stride = halved if layer else (1, 1, 1)
            volume += _layer(channels, width * 2**layer, lengths, stride)
            channels = width * 2**layer
            lengths = tuple(-(-a // b) for a, b in zip(lengths, stride, strict=True))
        self.volume = nn.Sequential(*volume)
        left = channels
        for axis, length in enumerate(lengths, 2):
            left *= 1 if axis == self.time_axis else length
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(left, num_classes))

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        joints = self.normalise(keypoints, mask)
        axes = (0, 3, 2, 1, 4) if self.order == "joints-first" else (0, 4, 1, 3, 2)
        x = joints.permute(axes)
        if self.moving:
            x = torch.cat([x, motion(joints).permute(axes)], dim=1)
        out: Tensor = self.volume(x)
        return out.mean(dim=self.time_axis).flatten(1)


def _layer(
    inputs: int, outputs: int, lengths: tuple[int, ...], stride: tuple[int, ...]
) -> tuple[nn.Module, nn.Module, nn.Module]:
    """A kernel of 3 along each axis that is longer than 1."""
    kernel = tuple(3 if length > 1 else 1 for length in lengths)
    around = tuple(k // 2 for k in kernel)
    convolution = nn.Conv3d(inputs, outputs, kernel, stride, around, bias=False)  # type: ignore[arg-type]
    return convolution, nn.BatchNorm3d(outputs), nn.ReLU(inplace=True)

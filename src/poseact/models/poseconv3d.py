"""PoseConv3D: a slow-only 3D residual network on heatmaps of joints or limbs, stacked over time.

Duan et al., "Revisiting Skeleton-based Action Recognition", CVPR 2022; the slow-only network is that of
Feichtenhofer et al., "SlowFast Networks for Video Recognition", ICCV 2019.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.heatmaps import grid_points, joint_heatmaps, limb_heatmaps
from poseact.training_augment import TrainAugment

# Residual blocks altogether -> in each of the three stages; 13 are those of the paper.
_STAGES = {3: (1, 1, 1), 6: (2, 2, 2), 13: (4, 6, 3)}
# Frames to one at the end -> stride over time of each stage; 2 is the paper's.
_TIME_STRIDES = {1: (1, 1, 1), 2: (1, 1, 2), 4: (1, 2, 2)}
_WIDER = 4


class PoseConv3D(ActionNet):
    """Heatmaps of the whole body as a picture with V channels, T of them one after the other.

    The defaults are light, for training on a CPU in minutes, and their Gaussians wide, by which small
    sets are learnt much better. The paper's network is ``sigma=0.6, width=32, depth=13,
    stem_kernel=7, stem_stride=1, stem_frames=1``, a hundred times as much to compute. Of 3D keypoints
    x and y are used. Heatmaps are made of each batch, in the network and in its ONNX file.

    Args:
        spec: See `ActionNet`; 48 frames spread over the whole clip are the paper's.
        num_classes: K.
        input: ``joint``: a channel a joint; ``limb``: a channel a bone of the layout.
        size: Of the heatmaps, square.
        sigma: Of the Gaussians, in cells.
        padding: The heatmaps show a square around all people, wider than they are by so much.
        width: Channels of the stem; the stages end with 4, 8 and 16 times as many.
        depth: Residual blocks: 3, 6 or 13.
        stem_kernel: Of the first convolution, square over space; an odd number, 7 is the paper's.
        stem_stride: Of the first convolution, over space.
        stem_frames: So many frames are together one for the first convolution; 1 is the paper's.
        time_stride: Of those, so many to one at the end: 1, 2 or 4.
        dropout: Before the classifier.
    """

    recipe: ClassVar[Recipe] = Recipe(
        epochs=30, batch_size=16, learning_rate=4e-3, augment=TrainAugment(rotate_deg=10.0, stretch=0.1)
    )
    defaults: ClassVar[dict[str, int]] = {"num_frames": 48}

    edges: Tensor

    def __init__(
        self,
        spec: InputSpec,
        num_classes: int,
        *,
        input: Literal["joint", "limb"] = "joint",  # noqa: A002 - as the paper calls it
        size: int = 56,
        sigma: float = 2.0,
        padding: float = 0.25,
        width: int = 16,
        depth: int = 3,
        stem_kernel: int = 3,
        stem_stride: int = 2,
        stem_frames: int = 2,
        time_stride: int = 2,
        dropout: float = 0.3,
    ) -> None:
        super().__init__(spec, num_classes)
        _check(input, size, sigma, padding, width, depth, stem_kernel, stem_stride, stem_frames, time_stride)
        self.input, self.size, self.sigma, self.padding = input, size, sigma, padding
        self.stem_frames = stem_frames
        self.register_buffer("edges", torch.from_numpy(spec.layout.edge_indices), persistent=False)
        channels = spec.layout.num_joints if input == "joint" else len(spec.layout.edges)
        space = (stem_stride, stem_stride)
        channels *= stem_frames
        layers: list[nn.Module] = [_convolution(channels, width, (stem_kernel, stem_kernel), space)]
        channels, frames = width, -(-spec.num_frames // stem_frames)
        for stage, blocks in enumerate(_STAGES[depth]):
            inner = width * 2**stage
            for block in range(blocks):
                stride = (_TIME_STRIDES[time_stride][stage], 2) if block == 0 else (1, 1)
                # As in the slow-only network, only the later stages look along time.
                layers.append(_Bottleneck(channels, inner, frames, 3 if stage else 1, stride))
                channels, frames = inner * _WIDER, -(-frames // stride[0])
        # What is computed follows the weights' order: with channels last a training step is quicker.
        self.backbone = nn.Sequential(*layers).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.frames_left = frames
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_classes))

    def heatmaps(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, M, T, V, C) and (N, M, T, V) -> (N, T, joints or limbs, size, size)."""
        points = grid_points(keypoints, mask, self.size, self.padding)
        if self.input == "joint":
            return joint_heatmaps(points, mask, self.size, self.sigma)
        return limb_heatmaps(points, mask, self.edges, self.size, self.sigma)

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        with torch.no_grad():
            maps = self.heatmaps(keypoints, mask)
        out: Tensor = self.backbone(self._joined(maps))
        return out.mean(dim=(2, 3)).reshape(-1, self.frames_left, out.shape[1]).mean(dim=1)

    def _joined(self, maps: Tensor) -> Tensor:
        """(N, T, channels, size, size) -> (N * pictures, frames of a picture * channels, size, size)."""
        lacking = -self.spec.num_frames % self.stem_frames
        if lacking:
            maps = torch.cat([maps, *[maps[:, -1:]] * lacking], dim=1)
        return maps.reshape(-1, self.stem_frames * maps.shape[2], self.size, self.size)


class _Bottleneck(nn.Module):
    """Along time, over space, and back to the wide channels, beside a way straight through.

    Pictures are (N * T, channels, rows, columns): convolutions over space alone are those of
    pictures, for which there are quicker programs than for volumes.
    """

    def __init__(
        self, channels: int, inner: int, frames: int, time_kernel: int, stride: tuple[int, int]
    ) -> None:
        super().__init__()
        self.frames, (self.time_stride, space) = frames, stride
        self.looks_along_time = time_kernel > 1 or self.time_stride > 1
        self.along_time = _convolution(channels, inner, (time_kernel, 1), (self.time_stride, 1))
        self.over_space = _convolution(inner, inner, (3, 3), (space, space))
        self.widen = _convolution(inner, inner * _WIDER, (1, 1), relu=False)
        self.straight: nn.Module = nn.Identity()
        if channels != inner * _WIDER or stride != (1, 1):
            self.straight = _convolution(channels, inner * _WIDER, (1, 1), (space, space), relu=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.widen(self.over_space(self._along_time(x)))
        if self.time_stride > 1:
            x = self._of_each(x)[:, :: self.time_stride].flatten(0, 1)
        return torch.relu(out + self.straight(x))

    def _along_time(self, x: Tensor) -> Tensor:
        if not self.looks_along_time:
            return cast(Tensor, self.along_time(x))
        # (N, channels, T, rows * columns): a convolution along time is one down the columns of a picture.
        out: Tensor = self.along_time(self._of_each(x).transpose(1, 2).flatten(3))
        return out.reshape(*out.shape[:3], *x.shape[2:]).transpose(1, 2).flatten(0, 1)

    def _of_each(self, x: Tensor) -> Tensor:
        """(N * T, ...) -> (N, T, ...)."""
        return x.reshape(-1, self.frames, *x.shape[1:])


def _convolution(
    inputs: int,
    outputs: int,
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    *,
    relu: bool = True,
) -> nn.Sequential:
    """Convolution, batch norm and, unless something is to be added first, rectifier."""
    around = (kernel[0] // 2, kernel[1] // 2)
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, around, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    rectifier = [nn.ReLU(inplace=True)] if relu else []
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), *rectifier)


def _check(
    kind: str,
    size: int,
    sigma: float,
    padding: float,
    width: int,
    depth: int,
    stem_kernel: int,
    stem_stride: int,
    stem_frames: int,
    time_stride: int,
) -> None:
    if kind not in ("joint", "limb"):
        raise InvalidInputError(f"poseconv3d: expected the input joint or limb, found {kind!r}")
    if depth not in _STAGES or time_stride not in _TIME_STRIDES:
        raise InvalidInputError(
            f"poseconv3d: expected a depth of {_listed(_STAGES)} and a time stride of "
            f"{_listed(_TIME_STRIDES)}, found {depth} and {time_stride}"
        )
    if stem_kernel < 1 or stem_kernel % 2 == 0:
        raise InvalidInputError(f"poseconv3d: expected an odd stem kernel, found {stem_kernel}")
    if min(width, stem_stride, stem_frames) < 1:
        raise InvalidInputError(
            "poseconv3d: expected a width, a stem stride and stem frames of at least 1, "
            f"found {width}, {stem_stride} and {stem_frames}"
        )
    if size < 8 or not sigma > 0 or padding < 0:
        raise InvalidInputError(
            "poseconv3d: expected a size of at least 8, a positive sigma and no negative padding, "
            f"found {size}, {sigma} and {padding}"
        )


def _listed(numbers: Iterable[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} or {last}"

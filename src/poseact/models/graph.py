"""The skeleton as a graph: which joint hears which, from the layout's edges, and the input of graph networks.

Yan, Xiong, Lin, "Spatial temporal graph convolutional networks for skeleton-based action
recognition", AAAI 2018 (partitions); Shi et al., "Two-stream adaptive graph convolutional networks
for skeleton-based action recognition", CVPR 2019 (bones and motion as streams of their own).
"""

from typing import Literal, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.streams import Bones, Normalise, motion
from poseact.skeleton import SkeletonLayout

Stream = Literal["joint", "bone", "joint_motion", "bone_motion"]

# Towards the root, the joint itself, away from the root.
NUM_PARTITIONS = 3


def hops_from_root(layout: SkeletonLayout) -> NDArray[np.intp]:
    """(V,): how many bones lie between each joint and the root."""
    parent = dict(layout.edges)
    hops = np.zeros(layout.num_joints, np.intp)
    for i, name in enumerate(layout.joint_names):
        joint = name
        while joint != layout.root:
            joint, hops[i] = parent[joint], hops[i] + 1
    return hops


def spatial_partitions(layout: SkeletonLayout) -> NDArray[np.float32]:
    """The neighbourhood of every joint in three parts, by the neighbours' distance from the root.

    The paper's spatial configuration: D^-1/2 (A + I) D^-1/2, cut into the part of the
    neighbours nearer to the root, that of the joint itself, and that of those farther away.

    Returns:
        (3, V, V); entry [k, v, w] says how much joint w hears joint v. The sum over k is
        symmetric.
    """
    v = layout.num_joints
    linked = np.eye(v)
    for child, parent in layout.edge_indices.tolist():
        linked[child, parent] = linked[parent, child] = 1.0
    degree = linked.sum(axis=0)
    weights = linked / np.sqrt(np.outer(degree, degree))
    hops = hops_from_root(layout)
    speaker, hearer = hops[:, None], hops[None, :]
    parts = [weights * (speaker < hearer), weights * (speaker == hearer), weights * (speaker > hearer)]
    return np.stack(parts).astype(np.float32)


class GraphInput(nn.Module):
    """One stream of a window, with the joints' confidence as a last channel, people as samples.

    Args:
        spec: What the model takes.
        stream: ``joint``: positions; ``bone``: each joint relative to its parent; ``joint_motion``,
            ``bone_motion``: how these change from frame to frame.

    Raises:
        InvalidInputError: If there is no such stream.
    """

    def __init__(self, spec: InputSpec, stream: Stream) -> None:
        super().__init__()
        if stream not in get_args(Stream):
            raise InvalidInputError(f"stream: expected {', '.join(get_args(Stream))}, found {stream!r}")
        self.spec = spec
        self.num_channels = spec.num_coordinates + 1
        self.moves = stream.endswith("motion")
        self.normalise = Normalise(spec.layout)
        self.bones = Bones(spec.layout) if stream.startswith("bone") else nn.Identity()
        # The streams differ in size by an order: each channel of each joint is brought to one.
        self.scale = nn.BatchNorm1d(spec.layout.num_joints * self.num_channels)

    def forward(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, M, T, V, C) and (N, M, T, V) -> (N * M, C + 1, T, V)."""
        _, t, v, _ = self.spec.shape
        values = self.bones(self.normalise(keypoints, mask))
        if self.moves:
            values = motion(values)
        x = torch.cat([values, mask[..., None]], dim=-1)  # (N, M, T, V, C + 1)
        x = x.permute(0, 1, 3, 4, 2).reshape(-1, v * self.num_channels, t)
        scaled: Tensor = self.scale(x)
        return scaled.reshape(-1, v, self.num_channels, t).permute(0, 2, 3, 1)


class GraphConvolution(nn.Module):
    """A 1x1 convolution for each part of the neighbourhood, and their sum over the neighbours.

    The neighbours are summed first and mixed then, which is the same and leaves no array that is
    three times as large as the output.

    Args:
        channels: Of the input.
        out_channels: Of the output.
        partitions: (3, V, V), see `spatial_partitions`.
        adaptive: The links themselves are learnt, beginning with those given (ST-GCN++); otherwise
            only how much each of them counts (ST-GCN's edge importance).
    """

    links: Tensor

    def __init__(
        self, channels: int, out_channels: int, partitions: NDArray[np.float32], *, adaptive: bool
    ) -> None:
        super().__init__()
        v = partitions.shape[-1]
        links = torch.from_numpy(np.concatenate(list(partitions), axis=1))  # (V, 3 V)
        if adaptive:
            self.links = nn.Parameter(links)
            self.importance = None
        else:
            self.register_buffer("links", links, persistent=False)
            self.importance = nn.Parameter(torch.ones_like(links))
        # The three parts lie side by side on the joint axis: the kernel's taps are V joints apart.
        self.mix = nn.Conv2d(channels, out_channels, (1, NUM_PARTITIONS), dilation=(1, v), bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, V) -> (N, C', T, V)."""
        links = self.links if self.importance is None else self.links * self.importance
        return cast(Tensor, self.mix(torch.matmul(x, links)))  # (N, C, T, 3 V) inside


def fitting(channels: int, out_channels: int, stride: int) -> nn.Module:
    """The shortcut beside a block: what brings its input to the shape of its output."""
    if channels == out_channels and stride == 1:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(channels, out_channels, 1, (stride, 1), bias=False), nn.BatchNorm2d(out_channels)
    )


def stages(width: int, depth: int) -> list[tuple[int, int]]:
    """(channels, stride in time) of each of `depth` blocks.

    Channels double and time halves where the second and the last third begin; 64 and 10
    give the papers' networks.

    Raises:
        InvalidInputError: If there are fewer than 3 blocks, or too few channels.
    """
    if depth < 3 or width < 8:
        raise InvalidInputError(
            f"expected a depth of at least 3 and a width of at least 8, found {depth} and {width}"
        )
    third = depth // 3
    out: list[tuple[int, int]] = []
    for level, blocks in enumerate((depth - 2 * third, third, third)):
        out += [(width * 2**level, 2 if level and i == 0 else 1) for i in range(blocks)]
    return out


def pooled(x: Tensor, mask: Tensor) -> Tensor:
    """The mean over time, joints and the people present.

    Args:
        x: (N * M, C, T, V).
        mask: (N, M, T', V), of the model's input.

    Returns:
        (N, C).
    """
    people = x.mean(dim=(2, 3)).reshape(-1, mask.shape[1], x.shape[1])
    present = (mask > 0).to(x.dtype).amax(dim=(2, 3))[..., None]
    return (people * present).sum(dim=1) / present.sum(dim=1).clamp_min(1.0)

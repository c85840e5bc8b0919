"""What models see of keypoints: place and size taken out; bones, motion and distances; all can be exported.

Shapes throughout: keypoints (N, M, T, V, C), mask (N, M, T, V), see `ActionNet`.
"""

import torch
from torch import Tensor, nn

from poseact.skeleton import SkeletonLayout

# Beyond so many body sizes a number only says that tracking went wrong.
_LARGEST = 10.0
_TINY = 1e-6


class Normalise(nn.Module):
    """Keypoints about the body's middle, in body sizes.

    The middle is that of the hips (of the root joint, in layouts without hips; of all joints, for
    those whose hips are never seen); the size is the root mean square distance of the joints
    seen from it over the whole window, which unlike a bone's length cannot vanish. Several people
    share one middle and one size, so that how they stand to each other is kept.

    Args:
        layout: Whose joints these are.
        per_frame: Take the middle of every frame (the way of the body is then lost), not that of
            the whole window.
    """

    middle_joints: Tensor

    def __init__(self, layout: SkeletonLayout, *, per_frame: bool = False) -> None:
        super().__init__()
        self.per_frame = per_frame
        names = [name for name in ("left_hip", "right_hip") if name in layout] or [layout.root]
        weights = torch.zeros(layout.num_joints)
        weights[layout.indices(names)] = 1.0
        self.register_buffer("middle_joints", weights, persistent=False)

    def forward(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """The same shape; people who are never seen become 0."""
        seen = (mask > 0).to(keypoints.dtype)
        present = seen.amax(dim=(2, 3), keepdim=True)  # (N, M, 1, 1)
        hips = seen * self.middle_joints
        # A window without any hips goes by all joints.
        has_hips = (hips.sum(dim=(1, 2, 3), keepdim=True) > 0).to(keypoints.dtype)
        weights = (hips * has_hips + seen * (1 - has_hips))[..., None]  # (N, M, T, V, 1)
        middle = _mean(keypoints, weights, (1, 2, 3))
        if self.per_frame:
            # Where a frame shows no hips, they are where they were last seen: keypoints are held.
            held = (self.middle_joints * has_hips + (1 - has_hips)) * present
            middle = _mean(keypoints, held[..., None].expand_as(weights), (1, 3))
        local = keypoints - middle
        squares = local.square().sum(dim=-1, keepdim=True)
        size = _mean(squares, seen[..., None], (1, 2, 3)).sqrt()
        size = torch.where(size > _TINY, size, torch.ones_like(size))
        return (local / size).clamp(-_LARGEST, _LARGEST) * present[..., None]


def _mean(values: Tensor, weights: Tensor, dims: tuple[int, ...]) -> Tensor:
    return (values * weights).sum(dim=dims, keepdim=True) / weights.sum(dim=dims, keepdim=True).clamp_min(
        _TINY
    )


class Bones(nn.Module):
    """Each joint relative to its parent; the root relative to itself, that is 0."""

    difference: Tensor

    def __init__(self, layout: SkeletonLayout) -> None:
        super().__init__()
        difference = torch.eye(layout.num_joints)
        for child, parent in layout.edge_indices.tolist():
            difference[child, parent] -= 1.0
        difference[layout.index(layout.root), layout.index(layout.root)] = 0.0
        self.register_buffer("difference", difference, persistent=False)

    def forward(self, keypoints: Tensor) -> Tensor:
        """The same shape."""
        return torch.matmul(self.difference, keypoints)


def motion(values: Tensor, step: int = 1, dim: int = 2) -> Tensor:
    """What comes `step` frames later minus what is there; 0 for the last frames, so the shape stays."""
    length = values.shape[dim]
    if step >= length:
        return torch.zeros_like(values)
    moved = values.narrow(dim, step, length - step) - values.narrow(dim, 0, length - step)
    return torch.cat([moved, torch.zeros_like(values.narrow(dim, 0, step))], dim=dim)


def joined_people(values: Tensor) -> Tensor:
    """(N, M, T, V, C) -> (N, T, M * V, C): the joints of all people as one body's."""
    m, t, v, c = values.shape[1:]
    return values.permute(0, 2, 1, 3, 4).reshape(-1, t, m * v, c)


def frame_vectors(values: Tensor) -> Tensor:
    """(N, M, T, V, C) -> (N, T, M * V * C): one vector a frame."""
    m, t, v, c = values.shape[1:]
    return values.permute(0, 2, 1, 3, 4).reshape(-1, t, m * v * c)


class PairDistances(nn.Module):
    """Distances of all pairs of joints, (N, T, V, C) -> (N, T, V (V - 1) / 2)."""

    first: Tensor
    second: Tensor

    def __init__(self, num_joints: int) -> None:
        super().__init__()
        first, second = torch.triu_indices(num_joints, num_joints, offset=1)
        self.register_buffer("first", first, persistent=False)
        self.register_buffer("second", second, persistent=False)

    def forward(self, joints: Tensor) -> Tensor:
        """See the class."""
        gaps = joints.index_select(2, self.first) - joints.index_select(2, self.second)
        # The root of a sum that is exactly 0 has no gradient.
        return (gaps.square().sum(dim=-1) + _TINY).sqrt()

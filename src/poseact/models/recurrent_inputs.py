"""What recurrent networks see of every frame: joints, motion, the body's way; by window or by the past.

The normalisation by frame is that of the skeletons' own first networks: Shahroudy et al., "NTU
RGB+D", CVPR 2016 (middle of the body and length of the trunk). Shapes as in `poseact.models.streams`.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from poseact.input_spec import InputSpec
from poseact.models.streams import Normalise, joined_people, motion
from poseact.skeleton import SkeletonLayout

Normalising = Literal["window", "frame"]

# A trunk seen from above is short: shorter than so many body sizes, it is no measure.
_SHORTEST_TRUNK = 0.3
# Hips count so much more than other joints: where one was seen, it alone is the middle.
_HIPS_COUNT = 1e6
# The past counts for middle and size with this time constant, so that a walker's size keeps up.
_MEMORY_S = 1.0
_LARGEST = 10.0
_TINY = 1e-6


class WindowInputs(nn.Module):
    """Points (N, T, 2 M V + 1, C) for every frame of a window: joints, their motion, the body's way.

    The joints of a frame stand about the middle of its hips; their motion is that to the next
    frame; the last point is the middle itself.

    Args:
        layout: Whose joints these are.
        normalise: ``window``: in body sizes of the whole window, the way about the window's middle.
            ``frame``: in lengths of the trunk of that frame, and without the way (its point is 0).
    """

    trunk: Tensor
    hips: Tensor

    def __init__(self, layout: SkeletonLayout, normalise: Normalising) -> None:
        super().__init__()
        self.by_frame = normalise == "frame"
        self.joints = Normalise(layout, per_frame=self.by_frame)
        trunk = torch.zeros(layout.num_joints)
        for ends, sign in (("shoulder", 1.0), ("hip", -1.0)):
            sides = [name for name in (f"left_{ends}", f"right_{ends}") if name in layout]
            trunk[layout.indices(sides)] = sign / max(len(sides), 1)
        self.register_buffer("trunk", trunk, persistent=False)
        hips = torch.zeros(layout.num_joints)
        hips[_hips(layout)] = 1.0 / len(_hips(layout))
        self.register_buffer("hips", hips, persistent=False)

    def forward(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See the class."""
        joints: Tensor = self.joints(keypoints, mask)
        present = (mask > 0).to(joints.dtype).amax(dim=(2, 3))[:, :, None, None]  # (N, M, 1, 1)
        num_present = present.sum(dim=1, keepdim=True).clamp_min(1)
        # Absent people are 0 and do not count.
        middle = torch.matmul(self.hips, joints).sum(dim=1, keepdim=True) / num_present  # (N, 1, T, C)
        local = (joints - middle[..., None, :]) * present[..., None]
        if self.by_frame:
            lengths = (torch.matmul(self.trunk, joints).square().sum(dim=-1, keepdim=True) + _TINY).sqrt()
            length = (lengths * present).sum(dim=1, keepdim=True) / num_present
            local = (local / length.clamp_min(_SHORTEST_TRUNK)[..., None]).clamp(-_LARGEST, _LARGEST)
            middle, moved = torch.zeros_like(middle), motion(local)
        else:
            moved = motion(joints)
        return torch.cat([joined_people(local), joined_people(moved), middle.transpose(1, 2)], dim=2)


def later_half(outputs: Tensor, num_frames: int, directions: int) -> Tensor:
    """Mean (N, D) of recurrent outputs (N, T, D) over the later half of what each direction has read.

    Earlier, it has too little behind it to be held to an answer.
    """
    if directions == 1:
        return outputs[:, num_frames // 2 :].mean(dim=1)
    forward, backward = outputs.chunk(2, dim=2)
    backward = backward[:, : num_frames - num_frames // 2]
    return torch.cat([forward[:, num_frames // 2 :].mean(dim=1), backward.mean(dim=1)], dim=1)


def _hips(layout: SkeletonLayout) -> list[int]:
    return layout.indices([n for n in ("left_hip", "right_hip") if n in layout] or [layout.root])


class CausalInputs(nn.Module):
    """Vectors (N, T, F) for every frame, made of that frame and earlier ones only.

    Each frame's joints stand about its own middle, their motion is that since the frame before, and
    `C` numbers say where the middle is relative to where it was lately. Lengths are in running
    root mean square distances of the joints from the middle. Joints not seen yet are 0.

    Called on a window it gives exactly what `step` gives frame by frame. Within, a joint has one
    coordinate more, 1 once it has been seen, so that sums count what they sum.
    """

    importance: Tensor
    decay: Tensor

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        num_people, num_frames, num_joints, dims = spec.shape
        self.num_points, self.dims = num_people * num_joints, dims
        self.keep = math.exp(-1 / (_MEMORY_S * spec.rate_hz))
        importance = torch.ones(num_joints)
        importance[_hips(spec.layout)] = _HIPS_COUNT
        self.register_buffer("importance", importance.repeat(num_people)[None], persistent=False)
        ago = torch.arange(num_frames)[:, None] - torch.arange(num_frames)
        self.register_buffer("decay", torch.tril(self.keep ** ago.clamp_min(0)), persistent=False)

    @property
    def num_features(self) -> int:
        """F."""
        return (2 * self.num_points + 1) * self.dims

    @property
    def state_sizes(self) -> tuple[int, int]:
        """How many numbers `step` keeps of a sample: of its joints, and running sums."""
        return self.num_points * (self.dims + 1), self.dims + 3

    def forward(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, M, T, V, C) and (N, M, T, V) -> (N, T, F)."""
        _, m, t, v, c = keypoints.shape
        seen = (mask.permute(0, 2, 1, 3).reshape(-1, t, m * v, 1) > 0).to(keypoints.dtype)
        ever = (seen.cumsum(dim=1) > 0).to(keypoints.dtype)
        held = keypoints.permute(0, 2, 1, 3, 4).reshape(-1, t, m * v, c) * ever
        points = torch.cat([held, ever], dim=-1)
        earlier = torch.cat([torch.zeros_like(points[:, :1]), points[:, :-1]], dim=1)
        # Pixels times the hips' weight are beyond what half precision can hold.
        with torch.autocast(keypoints.device.type, enabled=False):
            local, moved, place, totals = self._body(points, earlier)
            sums = torch.matmul(self.decay, totals[:, :, 0])[:, :, None]
            vectors = self._vectors(local, moved, place, sums, (t, 1))
        return vectors[:, :, 0]

    def step(self, keypoints: Tensor, mask: Tensor, past: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """One frame.

        Args:
            keypoints: (N, M, V, C); not looked at where the mask is 0.
            mask: (N, M, V).
            past: Two tensors (N, `state_sizes`), zeros before the first frame.

        Returns:
            The frame's vectors (N, F), and what to keep for the next.
        """
        num, dims = self.num_points, self.dims
        earlier, sums = past[0].reshape(-1, num, dims + 1), past[1].reshape(-1, 1, dims + 3)
        seen = mask.reshape(-1, num, 1) > 0
        fresh = torch.cat([keypoints.reshape(-1, num, dims), seen.to(keypoints.dtype)], dim=-1)
        points = torch.where(seen, fresh, earlier)
        local, moved, place, totals = self._body(points, earlier)
        sums = sums * self.keep + totals
        vectors = self._vectors(local, moved, place, sums, (1,))
        sizes = self.state_sizes
        kept = [points.reshape(-1, sizes[0]), sums.reshape(-1, sizes[1])]
        return vectors.reshape(-1, self.num_features), kept

    def _body(self, points: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Joints about their middle and their motion (..., P, C), middle (..., 1, C), totals (..., 1, C + 3).

        The totals are the middle again, 1 (0 for nobody), the sum of squared distances from it, and of
        how many joints.
        """
        xyz, ever = torch.split(points, [self.dims, 1], dim=-1)
        earlier_xyz, known = torch.split(earlier, [self.dims, 1], dim=-1)
        middle = torch.matmul(self.importance, points)
        middle = middle / middle[..., self.dims :].clamp_min(_TINY)
        place = middle[..., : self.dims]
        local = (xyz - place) * ever
        squares = (local * local).sum(dim=(-2, -1), keepdim=True)
        totals = torch.cat([middle, squares, ever.sum(dim=-2, keepdim=True)], dim=-1)
        return local, (xyz - earlier_xyz) * known, place, totals

    def _vectors(
        self, local: Tensor, moved: Tensor, place: Tensor, sums: Tensor, frames: tuple[int, ...]
    ) -> Tensor:
        """(N, *frames, F), of the parts that `_body` gives and of its totals summed over the past."""
        running, weight, squares, count = torch.split(sums, [self.dims, 1, 1, 1], dim=-1)
        path = place - running / weight.clamp_min(_TINY)
        # Nobody, or all joints in one point: any size will do.
        size = (squares / count.clamp_min(1)).clamp_min(_TINY**2).sqrt()
        shape = (-1, *frames, self.num_points * self.dims)
        vectors = torch.cat([local.reshape(shape), moved.reshape(shape), path], dim=-1)
        return (vectors / size).clamp(-_LARGEST, _LARGEST)

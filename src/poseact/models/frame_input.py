"""One vector a frame, for networks that convolve or attend in time only."""

import torch
from torch import Tensor, nn

from poseact.input_spec import InputSpec
from poseact.models.streams import Bones, Normalise, frame_vectors, motion


class FrameInput(nn.Module):
    """One vector a frame: joints, bones, how both move, and confidence, each brought to one size."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        m, _, v, c = spec.shape
        self.num_channels = m * v * (4 * c + 1)
        self.normalise = Normalise(spec.layout)
        self.bones = Bones(spec.layout)
        self.scale = nn.BatchNorm1d(self.num_channels)

    def forward(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, M, T, V, C) and (N, M, T, V) -> (N, T, M * V * (4 C + 1))."""
        joints = self.normalise(keypoints, mask)
        bones = self.bones(joints)
        streams = [joints, bones, motion(joints), motion(bones), mask[..., None]]
        x = frame_vectors(torch.cat(streams, dim=-1))
        scaled: Tensor = self.scale(x.transpose(1, 2))
        return scaled.transpose(1, 2)

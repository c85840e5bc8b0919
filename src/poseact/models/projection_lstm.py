"""LSTMs on 3D joints and on their projections to planes, each with a convolution over time, added.

After the fusion of recurrent networks over views of a skeleton in Du, Wang, Wang, "Hierarchical
recurrent neural network for skeleton based action recognition", CVPR 2015; with Shahroudy et al.,
"NTU RGB+D", CVPR 2016, for the normalisation by frame.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.recurrent_inputs import Normalising, WindowInputs, later_half

# Planes by name, with the coordinates that they keep.
PLANES: dict[str, tuple[int, ...]] = {"xyz": (0, 1, 2), "xy": (0, 1), "yz": (1, 2), "zx": (2, 0)}


class ProjectionLSTM(ActionNet):
    """Each view of the joints has its LSTM and its 1-D convolution; their sum is classified.

    Of the sum, after a rectifier, the mean over the later half of the frames is taken: before it,
    there is too little behind a frame to be held to an answer.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        planes: Which views, separated by commas: ``xyz`` (3D), ``xy``, ``yz``, ``zx``; ``all``
            four. Of 2D joints there is only ``xy``, which then is all.
        layers: Stacked LSTMs a view, 1 or 2.
        hidden: Cells a layer.
        channels: Of the convolutions, and the length of the embedding.
        kernel: Frames that a convolution sees at once.
        dropout: Between layers and before the classifier.
        normalise: ``window``: in body sizes of the whole window, with the body's way; ``frame``:
            each frame about its hips, in lengths of its trunk.
    """

    recipe: ClassVar[Recipe] = Recipe(epochs=80, batch_size=64, learning_rate=3e-3)

    def __init__(
        self,
        spec: InputSpec,
        num_classes: int,
        *,
        planes: str = "all",
        layers: int = 1,
        hidden: int = 64,
        channels: int = 128,
        kernel: int = 5,
        dropout: float = 0.3,
        normalise: Normalising = "window",
    ) -> None:
        super().__init__(spec, num_classes)
        if layers not in (1, 2) or min(hidden, channels) < 1 or kernel < 1 or kernel % 2 == 0:
            raise InvalidInputError(
                "projection_lstm: expected 1 or 2 layers, sizes and an odd kernel, found "
                f"{layers}, {hidden}, {channels} and {kernel}"
            )
        self.planes = chosen_planes(planes, spec.num_coordinates)
        num_people, _, num_joints, _ = spec.shape
        points = 2 * num_people * num_joints + 1
        self.inputs = WindowInputs(spec.layout, normalise)
        between = dropout if layers > 1 else 0.0
        self.lstms = nn.ModuleList(
            nn.LSTM(points * len(PLANES[plane]), hidden, layers, batch_first=True, dropout=between)
            for plane in self.planes
        )
        self.convolutions = nn.ModuleList(
            nn.Conv1d(hidden, channels, kernel, padding=kernel // 2) for _ in self.planes
        )
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_classes))

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        points = self.inputs(keypoints, mask)  # (N, T, P, C)
        views = []
        for plane, lstm, convolution in zip(self.planes, self.lstms, self.convolutions, strict=True):
            view = torch.stack([points[..., axis] for axis in PLANES[plane]], dim=-1).flatten(2)
            views.append(convolution(lstm(view)[0].transpose(1, 2)))  # (N, channels, T)
        fused = torch.stack(views).sum(dim=0).relu().transpose(1, 2)
        return later_half(fused, self.spec.num_frames, 1)


def chosen_planes(text: str, num_coordinates: int) -> tuple[str, ...]:
    """The planes that a text names, e.g. ``xyz,xy``; ``all`` that the joints have.

    Raises:
        InvalidInputError: If it names none, one twice, one that does not exist, or one that
            takes a third coordinate where there are two.
    """
    possible = tuple(name for name, axes in PLANES.items() if max(axes) < num_coordinates)
    named = tuple(part.strip() for part in text.split(","))
    if named == ("all",):
        return possible
    if set(named) <= set(PLANES) and not set(named) <= set(possible):
        raise InvalidInputError(
            f"projection_lstm: planes {text!r} need 3D joints, but these are 2D: say planes=xy"
        )
    if not set(named) <= set(possible) or len(set(named)) != len(named):
        raise InvalidInputError(
            f"projection_lstm: expected planes as some of {','.join(possible)}, or all, found {text!r}"
        )
    return named

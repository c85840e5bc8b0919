"""DD-Net: 1-D convolutions over distances between joints and two speeds of motion.

Yang, Wu, Sakti, Nakamura, "Make skeleton-based action recognition model smaller, faster and
better", ACM Multimedia Asia 2019.
"""

from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.streams import Normalise, PairDistances, frame_vectors, joined_people, motion

_SLOPE = 0.2


class DDNet(ActionNet):
    """Distances of all pairs of joints, positions, and motion at two speeds, read by 1-D convolutions.

    The joints of several people are taken as those of one body, so that the distances between
    people are among the pairs; which of them comes first makes no difference. Beside
    the paper's three streams it is given the positions, with the way of the body, in which a fall
    and a run differ from their stills.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        width: Channels of a stream; the last layers have 8 times as many.
        positions: Give it the positions of the joints too.
        dropout: Before the classifier.
    """

    recipe: ClassVar[Recipe] = Recipe(epochs=80, min_steps=1000, batch_size=64, learning_rate=4e-3)

    def __init__(
        self,
        spec: InputSpec,
        num_classes: int,
        *,
        width: int = 32,
        positions: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(spec, num_classes)
        if width < 1 or not 0 <= dropout < 1:
            raise InvalidInputError(f"ddnet: expected a width and a dropout, found {width} and {dropout}")
        people, _, joints, dims = spec.shape
        coordinates = people * joints * dims
        self.normalise = Normalise(spec.layout)
        self.distances = PairDistances(people * joints)
        pairs = people * joints * (people * joints - 1) // 2
        self.read_distances = _stream(pairs, width)
        self.read_positions = _stream(coordinates, width) if positions else None
        self.read_slow = _stream(coordinates, width)
        self.read_fast = _stream(coordinates, width)
        self.trunk = nn.Sequential(
            *_block((4 if positions else 3) * width, 2 * width),
            nn.MaxPool1d(2, ceil_mode=True),
            *_block(2 * width, 4 * width),
            nn.MaxPool1d(2, ceil_mode=True),
            *_block(4 * width, 8 * width),
        )
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(8 * width, num_classes))

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        if self.spec.num_persons == 1:
            return self._in_this_order(keypoints, mask)
        # Nobody is the first of two: features are the mean of both ways of counting them.
        there = self._in_this_order(keypoints, mask)
        return (there + self._in_this_order(keypoints.flip(1), mask.flip(1))) / 2

    def _in_this_order(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        joints = self.normalise(keypoints, mask)  # (N, M, T, V, C)
        distances = self.distances(joined_people(joints)).transpose(1, 2)  # (N, pairs, T)
        slow = frame_vectors(motion(joints)).transpose(1, 2)
        # Every second frame, and what comes one of those later.
        fast = frame_vectors(motion(joints[:, :, ::2])).transpose(1, 2)  # (N, M V C, T / 2)
        parts = [_halved(self.read_distances(distances)), _halved(self.read_slow(slow)), self.read_fast(fast)]
        if self.read_positions is not None:
            parts.append(_halved(self.read_positions(frame_vectors(joints).transpose(1, 2))))
        x = cast(Tensor, self.trunk(torch.cat(parts, dim=1)))  # (N, 8 width, T / 8)
        return x.amax(dim=2)


def _halved(x: Tensor) -> Tensor:
    return nn.functional.max_pool1d(x, 2, ceil_mode=True)


def _layer(inputs: int, outputs: int, kernel: int) -> list[nn.Module]:
    return [
        nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm1d(outputs),
        nn.LeakyReLU(_SLOPE),
    ]


def _stream(inputs: int, width: int) -> nn.Sequential:
    """The paper's reading of one stream: kernels of 1, 3 and 1 frames."""
    return nn.Sequential(
        *_layer(inputs, 2 * width, 1),
        nn.Dropout1d(0.1),
        *_layer(2 * width, width, 3),
        nn.Dropout1d(0.1),
        *_layer(width, width, 1),
    )


def _block(inputs: int, outputs: int) -> list[nn.Module]:
    return [*_layer(inputs, outputs, 3), *_layer(outputs, outputs, 3), nn.Dropout1d(0.1)]

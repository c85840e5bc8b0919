"""A GRU or LSTM that gives one vector per clip, trained with a linear classifier behind it.

Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014 (the GRU); the
way of using it, train once, freeze, and fit a simple classifier to the vectors of another set, is
that of Donahue et al., "DeCAF", ICML 2014.
"""

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.recurrent_inputs import Normalising, WindowInputs, later_half


class RecurrentFeatures(ActionNet):
    """A recurrent network in both directions gives each clip its vector.

    A half of the vector is the mean of the outputs over the later half of what each direction has
    read, the other half each output's largest value.

    It is what `embed` gives, and what a simple classifier is fitted to afterwards: see
    ``poseact features``.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        cell: ``gru`` or ``lstm``.
        layers: 1 or 2.
        size: Length of a clip's vector: a quarter of it are the cells a direction.
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
        cell: Literal["gru", "lstm"] = "gru",
        layers: int = 1,
        size: int = 512,
        dropout: float = 0.3,
        normalise: Normalising = "window",
    ) -> None:
        super().__init__(spec, num_classes)
        if layers not in (1, 2) or size < 4 or size % 4:
            raise InvalidInputError(
                "recurrent_features: expected 1 or 2 layers and a size that 4 divides, found "
                f"{layers} and {size}"
            )
        num_people, _, num_joints, dims = spec.shape
        self.inputs = WindowInputs(spec.layout, normalise)
        recurrent = {"gru": nn.GRU, "lstm": nn.LSTM}[cell]
        self.recurrent = recurrent(
            (2 * num_people * num_joints + 1) * dims,
            size // 4,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(size, num_classes))

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        out: Tensor = self.recurrent(self.inputs(keypoints, mask).flatten(2))[0]
        return torch.cat([later_half(out, self.spec.num_frames, 2), out.amax(dim=1)], dim=1)

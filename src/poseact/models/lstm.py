"""Stacked LSTMs over frames, uni- or bidirectional, or causal with a carried state.

Hochreiter, Schmidhuber, "Long short-term memory", Neural Computation 1997; Graves, Schmidhuber,
"Framewise phoneme classification with bidirectional LSTM", Neural Networks 2005.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet, Recipe
from poseact.models.recurrent_inputs import (
    CausalInputs,
    Normalising,
    WindowInputs,
    later_half,
)

# Share of the windows that a causal network begins, while it learns, with another's state.
_GOES_ON = 0.5


class LSTM(ActionNet):
    """1 to 3 stacked LSTM layers on joints, their motion and the body's way.

    What is classified is the mean of the outputs over the later half of the frames, in the order
    in which they are read: before it, there is too little behind a frame to be held to an answer.

    With ``causal=True`` every frame is judged by itself and what came before it (see
    `frame_logits`), so that the network can be stepped frame by frame with a carried state
    (see `step`, `poseact.models.stepping` and `poseact.carried_state`). The logits of a window,
    which it is trained by, are then the mean of those of its later half. Half of the windows that
    it learns from begin with the state that another window has left behind: a stream does not
    begin anew with every action, and a network that never met that loses a third of its answers.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        layers: How many are stacked, 1 to 3.
        hidden: Cells a layer and direction.
        bidirectional: Also from the last frame to the first.
        dropout: Between layers and before the classifier.
        normalise: ``window``: joints about the window's middle; ``frame``: each frame about its
            own hips, in lengths of its trunk. A causal network has a way of its own.
        causal: See above.
    """

    recipe: ClassVar[Recipe] = Recipe(epochs=100, batch_size=64, learning_rate=3e-3)

    def __init__(
        self,
        spec: InputSpec,
        num_classes: int,
        *,
        layers: int = 1,
        hidden: int = 128,
        bidirectional: bool = False,
        dropout: float = 0.3,
        normalise: Normalising = "window",
        causal: bool = False,
    ) -> None:
        super().__init__(spec, num_classes)
        if layers not in (1, 2, 3) or hidden < 1:
            raise InvalidInputError(f"lstm: expected 1 to 3 layers and a size, found {layers} and {hidden}")
        if causal and bidirectional:
            raise InvalidInputError("lstm: causal and bidirectional exclude each other: choose one")
        self.layers, self.hidden, self.causal = layers, hidden, causal
        self.window = WindowInputs(spec.layout, normalise)
        self.past = CausalInputs(spec)
        self.lstm = nn.LSTM(
            self.past.num_features,
            hidden,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,
        )
        self.head = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(hidden * (2 if bidirectional else 1), num_classes)
        )

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        return later_half(self._outputs(keypoints, mask), self.spec.num_frames, 1 + self.lstm.bidirectional)

    def frame_logits(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """Of a causal network: (N, T, K), what it says after each frame of a window."""
        return self.classify(self._outputs(keypoints, mask))

    def _outputs(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        out: Tensor
        if not self.causal:
            out = self.lstm(self.window(keypoints, mask).flatten(2))[0]
            return out
        vectors = self.past(keypoints, mask)
        out = self.lstm(vectors, self._other_pasts(vectors) if self.training else None)[0]
        return out

    def _other_pasts(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """States (layers, N, hidden) to start windows from: half of them go on from another's end."""
        with torch.no_grad():
            state: tuple[Tensor, Tensor] = self.lstm(vectors)[1]
        goes_on = (torch.rand(len(vectors), 1, device=vectors.device) < _GOES_ON).to(vectors.dtype)
        hidden, cells = (part.roll(1, dims=1) * goes_on for part in state)
        return hidden, cells

    @property
    def carries_state(self) -> bool:
        """Whether it can be stepped."""
        return self.causal

    @property
    def state_size(self) -> int:
        """S, numbers that a step hands on for each sample."""
        return sum(self._state_parts())

    def _state_parts(self) -> list[int]:
        return [*[self.hidden] * (2 * self.layers), *self.past.state_sizes]

    def step(self, keypoints: Tensor, mask: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Of a causal network: one frame.

        Args:
            keypoints: (N, M, V, C); not looked at where the mask is 0.
            mask: (N, M, V).
            state: (N, S), of the frame before; zeros before the first.

        Returns:
            Logits (N, K) and the state after the frame, (N, S).
        """
        parts = torch.split(state, self._state_parts(), dim=1)
        x, past = self.past.step(keypoints, mask, parts[2 * self.layers :])
        new = []
        for layer in range(self.layers):
            x, cell = self._cell(layer, x, *parts[2 * layer : 2 * layer + 2])
            new += [x, cell]
        return self.classify(x), torch.cat([*new, *past], dim=1)

    def _cell(self, layer: int, x: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """One step of one layer: hidden and cell, as torch's LSTM gives them.

        In ONNX Runtime one product of all gates, those with a sigmoid side by side, takes less time
        than its LSTM does for a sequence of one frame.
        """
        names = (f"{name}_l{layer}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        from_input, from_hidden, bias, other_bias = (getattr(self.lstm, name) for name in names)
        weight = torch.cat([from_input, from_hidden], dim=1)
        take, keep, value, show = weight.chunk(4)
        biases = (bias + other_bias).chunk(4)
        weight = torch.cat([take, keep, show, value])
        bias = torch.cat([biases[0], biases[1], biases[3], biases[2]])
        gates = torch.matmul(torch.cat([x, hidden], dim=1), weight.t()) + bias
        opened, value = torch.split(gates, [3 * self.hidden, self.hidden], dim=1)
        take, keep, show = torch.split(opened.sigmoid(), [self.hidden] * 3, dim=1)
        cell = keep * cell + take * value.tanh()
        return show * cell.tanh(), cell

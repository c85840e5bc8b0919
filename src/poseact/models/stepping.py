"""Exporting one step of a network that carries a state, to be run frame by frame without torch.

The step graph travels inside the model's one ONNX file, as an entry of its metadata; see
`poseact.carried_state`, which runs it.
"""

import base64
import io
import warnings
from typing import Any, Protocol, TypeGuard, cast

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import Tensor, nn

from poseact.carried_state import one_thread
from poseact.clip_store import filled
from poseact.errors import ModelError
from poseact.input_spec import InputSpec
from poseact.model_export import LARGEST_DIFFERENCE, example_input

INPUTS = ("keypoints", "mask", "state", "temperature")
OUTPUTS = ("probabilities", "new_state")
_OPSET = 17


class SteppedNet(Protocol):
    """A network that says something after every frame, from a state that it carries."""

    spec: InputSpec

    @property
    def carries_state(self) -> bool:
        """Whether this one can be stepped; others of its class cannot."""

    @property
    def state_size(self) -> int:
        """S."""

    def frame_logits(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, M, T, V, C) and (N, M, T, V) -> (N, T, K)."""

    def step(self, keypoints: Tensor, mask: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """(N, M, V, C), (N, M, V) and (N, S) -> logits (N, K) and the new state (N, S)."""


def can_step(model: object) -> TypeGuard[SteppedNet]:
    """Whether a network carries a state, so that `step_metadata` can be had of it."""
    return bool(getattr(model, "carries_state", False))


def step_metadata(model: SteppedNet) -> str:
    """The step graph as text, for the metadata entry `carried_state.STEP_KEY` of the model's file.

    Raises:
        ModelError: If its steps in ONNX Runtime say something else than torch says of whole windows.
    """
    graph = step_graph(model)
    difference = step_difference(model, graph)
    if not difference <= LARGEST_DIFFERENCE:
        raise ModelError(
            "expected steps in ONNX Runtime to say what torch says of whole windows, found a "
            f"difference of {difference:.1e}"
        )
    return base64.b64encode(graph).decode("ascii")


class _Step(nn.Module):
    def __init__(self, model: SteppedNet) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, keypoints: Tensor, mask: Tensor, state: Tensor, temperature: Tensor
    ) -> tuple[Tensor, Tensor]:
        logits, state = self.model.step(keypoints, mask, state)
        return (logits / temperature).softmax(dim=-1), state


def step_graph(model: SteppedNet) -> bytes:
    """ONNX of one step.

    Inputs are ``keypoints`` (N, M, V, C), ``mask`` (N, M, V), ``state`` (N, S) and ``temperature``
    (1,), by which the logits are divided; outputs ``probabilities`` (N, K) and ``new_state`` (N, S).
    """
    keypoints, mask = (torch.from_numpy(array)[:, :, 0] for array in example_input(model.spec, 2))
    file: Any = io.BytesIO()
    with warnings.catch_warnings():
        # The exporter that is to replace this one takes ten times as long, and gives the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Step(model).eval(),
            (keypoints, mask, torch.zeros(2, model.state_size), torch.ones(1)),
            file,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "tracks"} for name in (*INPUTS[:3], *OUTPUTS)},
            opset_version=_OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(onnx.load_from_string(file.getvalue()))
    return cast(bytes, file.getvalue())


def step_difference(model: SteppedNet, graph: bytes, num: int = 3) -> float:
    """The largest between probabilities of torch, frames of windows, and of ONNX Runtime, step by step."""
    session = ort.InferenceSession(graph, one_thread(), providers=["CPUExecutionProvider"])
    keypoints, mask = example_input(model.spec, num, seed=1)
    keypoints, mask = filled(np.where(mask[..., None] > 0, keypoints, np.float32(np.nan)), mask)
    cast(nn.Module, model).eval()
    with torch.inference_mode():
        logits = model.frame_logits(torch.from_numpy(keypoints), torch.from_numpy(mask))
    expected = logits.softmax(dim=-1).numpy()
    state, temperature = np.zeros((num, model.state_size), np.float32), np.ones(1, np.float32)
    largest = 0.0
    for t in range(keypoints.shape[2]):
        feed = dict(zip(INPUTS, (keypoints[:, :, t], mask[:, :, t], state, temperature), strict=True))
        found, state = session.run(list(OUTPUTS), feed)
        largest = max(largest, float(np.abs(found - expected[:, t]).max()))
    return largest

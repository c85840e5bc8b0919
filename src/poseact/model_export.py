"""Writing a trained network as one ONNX file that holds all that is needed to run it."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from poseact.action_model import METADATA_KEY, STEP_KEY
from poseact.action_model_info import ActionModelInfo
from poseact.errors import ModelError
from poseact.files import whole_file
from poseact.input_spec import InputSpec
from poseact.models.base import ActionNet

# Logits of torch and of ONNX Runtime may differ by so much.
LARGEST_DIFFERENCE = 1e-4
_OPSET = 17
INPUTS = ("keypoints", "mask")
OUTPUTS = ("logits", "features")


class _WithFeatures(nn.Module):
    """A model that also gives the vector by which it decides."""

    def __init__(self, model: ActionNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, keypoints: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        features = self.model.embed(keypoints, mask)
        return self.model.classify(features), features


def export_model(model: ActionNet, info: ActionModelInfo, path: Path) -> float:
    """Write `path`, whole or not at all; give the largest difference in logits to torch.

    Raises:
        ModelError: If ONNX Runtime says something else than torch.
        OutputError: If the file cannot be written.
    """
    from poseact.models.stepping import can_step, step_metadata

    model.eval()
    metadata = {METADATA_KEY: info.to_json()}
    if can_step(model):
        metadata[STEP_KEY] = step_metadata(model)
    with whole_file(path) as temporary:
        write_graph(model, temporary, metadata)
        difference = largest_difference(model, temporary)
        if not difference <= LARGEST_DIFFERENCE:
            raise ModelError(
                f"{path}: expected ONNX Runtime to say what torch says, found a difference of "
                f"{difference:.1e}; nothing was written"
            )
    return difference


def write_graph(model: ActionNet, path: Path, metadata: Mapping[str, str]) -> None:
    """The network as ONNX, from ``keypoints`` and ``mask`` to ``logits`` and ``features``."""
    example = tuple(torch.from_numpy(array) for array in example_input(model.spec, 2))
    dynamic = {name: {0: "windows"} for name in (*INPUTS, *OUTPUTS)}
    with warnings.catch_warnings():
        # The exporter that is to replace this one takes ten times as long, and gives the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _WithFeatures(model).eval(),
            example,
            str(path),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes=dynamic,
            opset_version=_OPSET,
            dynamo=False,
        )
    graph = onnx.load(str(path))
    _declare_unused(graph.graph, model.spec)
    for key, value in metadata.items():
        entry = graph.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))


def _declare_unused(graph: onnx.GraphProto, spec: InputSpec) -> None:
    """A model that does not look at one of its inputs is still given it."""
    shapes = {"keypoints": spec.shape, "mask": spec.shape[:3]}
    for name in sorted(set(INPUTS) - {one.name for one in graph.input}):
        shape: list[str | int | None] = ["windows", *shapes[name]]
        graph.input.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))


def example_input(
    spec: InputSpec, num: int, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """People who wander at random, with joints missing here and there."""
    rng = np.random.default_rng(seed)
    shape = (num, *spec.shape)
    keypoints = rng.normal(size=shape).cumsum(axis=2) * 0.1 + rng.normal(
        size=(num, *spec.shape[:1], 1, *spec.shape[2:])
    )
    mask = (rng.random(shape[:-1]) > 0.05) * rng.uniform(0.3, 1, shape[:-1])
    return keypoints.astype(np.float32), mask.astype(np.float32)


def largest_difference(model: ActionNet, path: Path, num: int = 5) -> float:
    """Between the logits of torch and of the file in ONNX Runtime, on windows made here."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    keypoints, mask = example_input(model.spec, num, seed=1)
    found = session.run(["logits"], {"keypoints": keypoints, "mask": mask})[0]
    with torch.inference_mode():
        expected = model.eval()(torch.from_numpy(keypoints), torch.from_numpy(mask)).numpy()
    return cast(float, np.abs(found - expected).max())

"""Write a trained network as one ONNX file with all its metadata, and check that it says the same."""

from pathlib import Path

import numpy as np
import onnx
import torch
from network import WINDOW_FRAMES, Ensemble, EverydayNet, EverydaySmall, Network
from torch import Tensor, nn

from poseact.action_model import METADATA_KEY, ActionModel
from poseact.action_model_info import ActionModelInfo
from poseact.augment import body_size
from poseact.features import num_features
from poseact.files import whole_file
from poseact.model_export import export_model

LARGEST_DIFFERENCE = 1e-4


class _WithEmbedding(nn.Module):
    """The network, and the vector by which it decides."""

    def __init__(self, net: EverydayNet | Ensemble) -> None:
        super().__init__()
        self.net = net

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.net.embed(features)
        return self.net.classify(embedding), embedding


def export(net: Network, info: ActionModelInfo, path: Path) -> float:
    """Write `path` and return the largest difference between torch and ONNX Runtime.

    Raises:
        RuntimeError: If it is more than LARGEST_DIFFERENCE; the file is then not written.
        ModelError: The same, of a network that can be stepped.
    """
    net.eval()
    if isinstance(net, EverydaySmall):
        return export_model(net, info, path)
    example = torch.zeros(2, num_features(info.layout), info.window_frames)
    with whole_file(path) as temporary:
        torch.onnx.export(
            _WithEmbedding(net).eval(),
            (example,),
            str(temporary),
            input_names=["made_of_joints"],
            output_names=["logits", "features"],
            dynamic_axes={name: {0: "windows"} for name in ("made_of_joints", "logits", "features")},
            dynamo=False,
        )
        model = onnx.load(str(temporary))
        entry = model.metadata_props.add()
        entry.key, entry.value = METADATA_KEY, info.to_json()
        onnx.checker.check_model(model)
        onnx.save(model, str(temporary))
        difference = _difference(net, temporary)
        if difference > LARGEST_DIFFERENCE:
            raise RuntimeError(f"ONNX differs from torch by {difference}: nothing written")
    return difference


def _difference(net: EverydayNet | Ensemble, path: Path) -> float:
    """In probability, on people who wander at random, with joints missing here and there."""
    model = ActionModel.load(path)
    rng = np.random.default_rng(0)
    shape = (64, WINDOW_FRAMES, model.info.layout.num_joints)
    keypoints = rng.normal(size=(*shape, 2)).cumsum(axis=1).astype(np.float32)
    keypoints /= body_size(keypoints)[1]
    keypoints[rng.random(shape) < 0.1] = np.nan
    confidence = np.ones(shape, np.float32)
    with torch.inference_mode():
        logits = net(*net.inputs(keypoints, confidence)) / model.info.temperature
        expected = torch.softmax(logits, dim=1).numpy()
    return float(np.abs(model.probabilities(keypoints, confidence) - expected).max())

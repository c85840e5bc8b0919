"""Write a trained network as one ONNX file with all its metadata, and check that it says the same."""

from pathlib import Path

import numpy as np
import onnx
import torch
from network import EverydayNet

from poseact.action_model import METADATA_KEY, ActionModel
from poseact.action_model_info import ActionModelInfo
from poseact.augment import body_size
from poseact.features import num_features, window_features
from poseact.files import whole_file

LARGEST_DIFFERENCE = 1e-4


def export(net: EverydayNet, info: ActionModelInfo, path: Path) -> float:
    """Write `path` and return the largest difference in probability between torch and ONNX Runtime.

    Raises:
        RuntimeError: If it is more than LARGEST_DIFFERENCE; the file is then not written.
    """
    net.eval()
    example = torch.zeros(2, num_features(info.layout), info.window_frames)
    with whole_file(path) as temporary:
        torch.onnx.export(
            net,
            (example,),
            str(temporary),
            input_names=["features"],
            output_names=["logits"],
            dynamic_axes={"features": {0: "windows"}, "logits": {0: "windows"}},
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


def _difference(net: EverydayNet, path: Path) -> float:
    model = ActionModel.load(path)
    rng = np.random.default_rng(0)
    shape = (64, model.info.window_frames, model.info.layout.num_joints)
    keypoints = rng.normal(size=(*shape, 2)).cumsum(axis=1).astype(np.float32)
    keypoints /= body_size(keypoints)[1]
    keypoints[rng.random(shape) < 0.1] = np.nan
    confidence = np.ones(shape, np.float32)
    with torch.inference_mode():
        features = window_features(keypoints, confidence, model.info.features, model.info.layout)
        logits = net(torch.from_numpy(features)) / model.info.temperature
        expected = torch.softmax(logits, dim=1).numpy()
    return float(np.abs(model.probabilities(keypoints, confidence) - expected).max())

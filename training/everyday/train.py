"""Train the shipped model on everything and write it into the package.

    python training/everyday/train.py --data ../shared/data --cache CACHE

The trained weights are kept in the cache, so that new thresholds or metadata can be written with
``--reuse`` without training again.

All clips and all subjects are used, so nothing is left to measure it on: its figures come from
crossval.py, the same recipe without the group that is judged. `calibrated.json`, written by
calibration.py, holds them, with the temperature and the thresholds.
"""

import argparse
import json
import platform
from pathlib import Path

import numpy as np
import onnx
import torch
from corpus import Store
from crossval import load_items
from export import export
from fitting import RATE_HZ, WINDOW_FRAMES, FitSettings, fit
from network import EverydayNet
from vocabulary import CLASS_NAMES, TRAINING_DATA

import poseact
from poseact.action_model_info import ActionModelInfo
from poseact.features import num_features
from poseact.layouts import BODY13

SHIPPED = Path(__file__).parents[2] / "src/poseact/models_shipped/everyday.onnx"
MODEL_VERSION = "2"
STRIDE_S = 0.2
SEED = 2026


def trained(options: argparse.Namespace, settings: FitSettings) -> EverydayNet:
    """The network, trained on everything or read from the cache."""
    weights = options.cache / "everyday.pt"
    if options.reuse:
        net = EverydayNet(num_features(), len(CLASS_NAMES), settings.width)
        net.load_state_dict(torch.load(weights, weights_only=True))
        return net.eval()
    items, _ = load_items(options.data, options.cache, options.actor)
    net = fit(Store(items), np.ones(len(items), bool), SEED, settings)
    torch.save(net.state_dict(), weights)
    return net


def main() -> None:
    """Command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--cache", type=Path, required=True, help="poses from extract.py and actor.py")
    parser.add_argument("--calibrated", type=Path, default=Path(__file__).with_name("calibrated.json"))
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--steps", type=int, default=FitSettings().steps)
    parser.add_argument("--actor", type=int, default=400, help="performances seen as true joints")
    parser.add_argument("--reuse", action="store_true", help="the weights kept in the cache")
    options = parser.parse_args()
    settings = FitSettings(steps=options.steps)
    net = trained(options, settings)
    calibrated = json.loads(options.calibrated.read_text())
    info = ActionModelInfo(
        name="everyday",
        model_version=MODEL_VERSION,
        layout=BODY13,
        class_names=CLASS_NAMES,
        rate_hz=RATE_HZ,
        window_frames=WINDOW_FRAMES,
        stride_s=STRIDE_S,
        features=settings.features,
        temperature=calibrated["temperature"],
        reject_threshold=calibrated["reject_threshold"],
        class_thresholds=calibrated["class_thresholds"],
        training_data=tuple(TRAINING_DATA),
        licence="Weights: Apache-2.0 as far as the authors of poseact are concerned; they were learnt from "
        "data whose own terms allow research use only or are not stated, see training_data.",
        accuracy=calibrated["accuracy"],
        created_with=f"poseact {poseact.__version__}, torch {torch.__version__.split('+')[0]}, "
        f"onnx {onnx.__version__}, Python {platform.python_version()}",
    )
    difference = export(net, info, options.out)
    print(
        f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB, "
        f"ONNX differs from torch by {difference:.1e}"
    )


if __name__ == "__main__":
    main()

"""Train a shipped model on everything and write it into the package.

    python training/everyday/train.py --data ../shared/data --cache CACHE
    python training/everyday/train.py --data ../shared/data --cache CACHE --network everyday-small

The trained weights are kept in the cache, so that new thresholds or metadata can be written with
``--reuse`` without training again.

All clips and all subjects are used, so nothing is left to measure it on: its figures come from
crossval.py, the same recipe without the group that is judged. `NETWORK.json`, written by
calibration.py, holds them, with the temperature and the thresholds.
"""

import argparse
import json
import platform
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import torch
from corpus import Store
from crossval import load_items
from export import export
from fitting import FitSettings, fit
from network import FEATURES, LOOKAHEAD_S, RATE_HZ, WINDOW_FRAMES, Network, NetworkName, make_network
from vocabulary import CLASS_NAMES, TRAINING_DATA

import poseact
from poseact.action_model_info import ActionModelInfo
from poseact.layouts import BODY13

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "src/poseact/models_shipped"
MODEL_VERSION: dict[NetworkName, str] = {"everyday": "4", "everyday-small": "1"}
STRIDE_S = 0.2
SEED = 2026


def trained(options: argparse.Namespace) -> Network:
    """The network, trained on everything or read from the cache."""
    weights = options.cache / f"{options.network}.pt"
    if options.reuse:
        net = make_network(options.network)
        net.load_state_dict(torch.load(weights, weights_only=True))
        net.eval()
        return net
    items, _ = load_items(options.data, options.cache, options.actor)
    settings = FitSettings(steps=options.steps, network=options.network)
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
    parser.add_argument("--network", choices=get_args(NetworkName), default="everyday")
    parser.add_argument("--calibrated", type=Path, help="NETWORK.json beside this file")
    parser.add_argument("--out", type=Path, help="NETWORK.onnx in the package")
    parser.add_argument("--steps", type=int, default=FitSettings().steps)
    parser.add_argument("--actor", type=int, default=400, help="performances seen as true joints")
    parser.add_argument("--reuse", action="store_true", help="the weights kept in the cache")
    options = parser.parse_args()
    calibrated = json.loads((options.calibrated or HERE / f"{options.network}.json").read_text())
    net = trained(options)
    out = options.out or SHIPPED / f"{options.network}.onnx"
    info = ActionModelInfo(
        name=options.network,
        model_version=MODEL_VERSION[options.network],
        layout=BODY13,
        class_names=CLASS_NAMES,
        rate_hz=RATE_HZ,
        window_frames=WINDOW_FRAMES,
        stride_s=STRIDE_S,
        lookahead_s=LOOKAHEAD_S if options.network == "everyday" else None,
        features=FEATURES if options.network == "everyday" else None,
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
    difference = export(net, info, out)
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB, ONNX differs from torch by {difference:.1e}")


if __name__ == "__main__":
    main()

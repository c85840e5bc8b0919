"""One window through every model of the zoo: ONNX Runtime against torch, one thread each.

    python benchmarks/onnx_latency.py [--models lstm,ddnet] [--rounds 15] [--block 5]

Each model has its own settings and the input it likes best, one person in 2D with OpenPose's 18 joints, 10
classes, and weights as they come. Torch runs the same network in inference mode. The two take
turns, in blocks of calls; compared are medians of the processor time of a block over its calls,
so that other programs on the machine matter little. Also printed is the largest difference of
their logits, which must not exceed 1e-4. Ratios are what counts; milliseconds compare within one
run only. Ends with 1 if a ratio is below 1 or a difference too large.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from poseact.carried_state import one_thread
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import LARGEST_DIFFERENCE, example_input, largest_difference, write_graph
from poseact.models import MODELS, ActionNet, ClosedFormNet

CLASSES = 10


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", default=",".join(MODELS), help="some of them; default: all")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--block", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'model':20} {'numbers':>9} {'torch ms':>9} {'onnx ms':>9} {'ratio':>6}  difference")
    good = True
    for name in arguments.models.split(","):
        model = _made(name)
        torch_s, onnx_s, difference = _compare(model, arguments.rounds, arguments.block)
        good &= onnx_s <= torch_s and difference <= LARGEST_DIFFERENCE
        numbers = sum(tensor.numel() for tensor in model.state_dict().values())
        print(
            f"{name:20} {numbers:9} {1e3 * torch_s:9.3f} {1e3 * onnx_s:9.3f} {torch_s / onnx_s:6.2f}"
            f"  {difference:.1e}",
            flush=True,
        )
    sys.exit(not good)


def _made(name: str) -> ActionNet:
    torch.manual_seed(0)
    kind = MODELS[name]
    model = kind(replace(InputSpec(get_layout("openpose18")), **kind.defaults), CLASSES)
    if isinstance(model, ClosedFormNet):
        keypoints, mask = map(torch.from_numpy, example_input(model.spec, 8 * CLASSES, seed=3))
        order = np.arange(8 * CLASSES)
        model.fit(keypoints, mask, order % CLASSES, order, np.random.default_rng(0))
    return model.eval()


def _compare(model: ActionNet, rounds: int, block: int) -> tuple[float, float, float]:
    """Seconds of torch and of ONNX Runtime, and the largest difference of logits."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        write_graph(model, path, {})
        difference = largest_difference(model, path)
        session = ort.InferenceSession(str(path), one_thread(), providers=["CPUExecutionProvider"])
    keypoints, mask = example_input(model.spec, 1)
    tensors = torch.from_numpy(keypoints), torch.from_numpy(mask)
    feed = {"keypoints": keypoints, "mask": mask}
    runs: tuple[Callable[[], object], ...] = (
        lambda: model(*tensors),
        lambda: session.run(["logits"], feed),
    )
    taken: tuple[list[float], ...] = ([], [])
    with torch.inference_mode():
        for _ in range(rounds):
            for run, times in zip(runs, taken, strict=True):
                run()  # the caches are the other one's
                start = time.process_time()
                for _ in range(block):
                    run()
                times.append((time.process_time() - start) / block)
    return statistics.median(taken[0]), statistics.median(taken[1]), difference


if __name__ == "__main__":
    main()

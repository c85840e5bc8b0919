"""What one new frame costs: a carried-state step of `lstm` against its window anew, and tracks in one batch.

    python benchmarks/carried_state.py [--layers 1] [--hidden 128] [--tracks 16] [--rounds 40]

The window is 32 frames of 18 joints in 2D (OpenPose), 36 numbers a frame, one thread throughout:

- step, ONNX Runtime: `CarriedStateModel.step`, all of it: checks, network, probabilities.
- window, torch: forward and softmax of the same causal network on the last 32 frames, in
  inference mode; "plain" is the `lstm` that is not causal, with as many cells.
- step, torch: the same step in torch.

Each is measured in blocks of calls that take turns; compared are medians of the processor time of a
block over its calls, so that other programs on the machine matter little. Two of the ratios
are of N tracks in one batch: against N steps of the same engine, which cannot be more than N, and
against N tracks one by one as torch would do it. Ratios are what counts; microseconds compare
within one run only.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import onnxruntime as ort
import torch

from poseact.carried_state import CarriedStateModel, one_thread
from poseact.clip_store import filled
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input
from poseact.models.lstm import LSTM
from poseact.models.stepping import step_difference, step_graph

CLASSES = 10
SPEC = InputSpec(get_layout("openpose18"), num_frames=32, sampling="window")
Call = Callable[[], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--tracks", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    calls = _calls(arguments.layers, arguments.hidden, arguments.tracks)
    with torch.inference_mode():
        seconds = measured(calls, arguments.rounds)
    for name, value in seconds.items():
        print(f"  {name:34} {1e6 * value:9.1f} us")
    _print_ratios(seconds, arguments.tracks)


def _calls(layers: int, hidden: int, tracks: int) -> dict[str, Call]:
    causal = LSTM(SPEC, CLASSES, causal=True, layers=layers, hidden=hidden).eval()
    plain = LSTM(SPEC, CLASSES, layers=layers, hidden=hidden).eval()
    graph = step_graph(causal)
    print(f"steps against windows in torch: largest difference {step_difference(causal, graph):.1e}")
    model = CarriedStateModel(ort.InferenceSession(graph, one_thread()))
    keypoints, mask = filled(*example_input(SPEC, tracks))
    one = torch.from_numpy(keypoints[:1]), torch.from_numpy(mask[:1])
    frames = [np.ascontiguousarray(a[:, :, 0]) for a in (keypoints, mask)]
    single = [a[:1].copy() for a in frames]
    many_state, state = model.start(tracks), model.start(1)
    in_torch = [torch.from_numpy(a) for a in (*single, state)]
    return {
        "step, ONNX Runtime": lambda: model.step(single[0], single[1], state),
        f"step of {tracks} in one batch": lambda: model.step(frames[0], frames[1], many_state),
        "window, torch": lambda: causal(*one).softmax(dim=1),
        "window, torch, plain": lambda: plain(*one).softmax(dim=1),
        "step, torch": lambda: causal.step(*in_torch)[0].softmax(dim=1),
    }


def measured(calls: dict[str, Call], rounds: int, block: int = 20) -> dict[str, float]:
    """Median processor time of each call, in seconds, from blocks that take turns."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            call()  # the caches are the last one's
            start = time.process_time()
            for _ in range(block):
                call()
            taken[name].append((time.process_time() - start) / block)
    return {name: statistics.median(values) for name, values in taken.items()}


def _print_ratios(seconds: dict[str, float], tracks: int) -> None:
    step, batch = seconds["step, ONNX Runtime"], seconds[f"step of {tracks} in one batch"]
    rows = {
        "step against window, torch": seconds["window, torch"] / step,
        "step against plain window, torch": seconds["window, torch, plain"] / step,
        "step against step, torch": seconds["step, torch"] / step,
        f"{tracks} in one batch against {tracks} steps": tracks * step / batch,
        f"{tracks} in one batch against {tracks} steps in torch": tracks * seconds["step, torch"] / batch,
        f"{tracks} in one batch against {tracks} windows in torch": tracks * seconds["window, torch"] / batch,
    }
    for name, ratio in rows.items():
        print(f"{name:46} {ratio:6.1f} times cheaper")


if __name__ == "__main__":
    main()

"""What the shipped models cost: size, one window of `everyday`, one carried step of `everyday-small`.

    python benchmarks/shipped_models.py [--rounds 40]

All of it on one thread, from keypoints to probabilities, features included. The budgets are 10 MB and 5 ms a
window, 1 MB and 0.1 ms a frame. Printed are milliseconds of processor time, which differ from machine to
machine, and ratios, which do so less: of a step to the same model's window anew, and of either to a frame of
the pose estimator, beside which they should not count.
"""

import argparse

import numpy as np

from carried_state import measured
from poseact.action_model import ActionModel, resolve_model
from poseact.carried_state import CarriedStateModel
from poseact.clip_store import filled
from poseact.model_export import example_input
from poseact.pose import create_estimator
from poseact.synth import Act, make_clip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    everyday, small = ActionModel.load("everyday"), ActionModel.load("everyday-small")
    stepped = CarriedStateModel.load("everyday-small")
    keypoints, mask = filled(*example_input(everyday.info.spec, 1))
    frame = [np.ascontiguousarray(a[:, :, 0]) for a in (keypoints, mask)]
    state = stepped.start(1)
    seconds = measured(
        {
            "everyday, a window": lambda: everyday.probabilities(keypoints, mask),
            "everyday-small, a window": lambda: small.probabilities(keypoints, mask),
            "everyday-small, a step": lambda: stepped.step(*frame, state),
        },
        rounds,
    )
    clip = make_clip([[Act("walk", 1.0)]], np.random.default_rng(0), fps=10.0, size_wh=(640, 480))
    frames = list(clip.frames())
    estimator = create_estimator("blazepose", max_persons=1)
    for one in frames:
        estimator.estimate(one)
    seconds |= measured({"a frame of the estimator": lambda: estimator.estimate(frames[-1])}, 5, block=4)
    for name in ("everyday", "everyday-small"):
        print(f"{name:28} {resolve_model(name).stat().st_size / 1e6:8.2f} MB")
    for name, value in seconds.items():
        print(f"{name:28} {1e3 * value:8.3f} ms")
    step, pose = seconds["everyday-small, a step"], seconds["a frame of the estimator"]
    print(f"a step is {seconds['everyday-small, a window'] / step:.1f} times cheaper than its window anew")
    for name in ("everyday, a window", "everyday-small, a step"):
        print(f"{name}: {pose / seconds[name]:.0f} times cheaper than a frame of the estimator")


if __name__ == "__main__":
    main()

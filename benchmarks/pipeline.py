"""CPU time of `predict` over bare pose estimation of the same clip: one person, 640x480.

    python benchmarks/pipeline.py [--video FILE] [--seconds 20] [--repeats 3]

Prints ratios; the figures in milliseconds are only good for comparison within one run.
CPU time is that of the whole process, all threads (`time.process_time`).
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from poseact.batch import Job, Outcome, Outputs, run_batch
from poseact.pipeline import Progress, as_recognizer
from poseact.pose import PoseEstimator, create_estimator
from poseact.synth import Act, make_clip
from poseact.video import VideoWriter, open_source


class _Silent:
    """A listener that does not listen."""

    def progressed(self, job: Job, progress: Progress) -> None:
        """Nothing."""

    def ended(self, outcome: Outcome) -> None:
        """Stop if the job failed: a ratio of failures means nothing."""
        if outcome.error is not None:
            raise SystemExit(f"{outcome.job.source}: {outcome.error}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, help="default: a synthetic clip made for this run")
    parser.add_argument("--seconds", type=float, default=20, help="length of the synthetic clip")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = arguments.video or _synthetic(Path(folder) / "clip.mp4", arguments.seconds)
        _measure(video, Path(folder), arguments.repeats)


def _synthetic(path: Path, seconds: float) -> Path:
    labels = ("walk", "squat", "wave_one_hand", "jumping_jack")
    clip = make_clip([[Act(label, seconds / len(labels)) for label in labels]], np.random.default_rng(3))
    with VideoWriter(path) as writer:
        for frame in clip.frames():
            writer.write(frame.image, frame.timestamp_s)
    return path


def _measure(video: Path, folder: Path, repeats: int) -> None:
    recognizer = as_recognizer("everyday")
    estimator = create_estimator("blazepose")

    def predict(**choice: bool) -> None:
        outputs = Outputs(folder / "results", **choice)
        run_batch([Job(video, "clip")], outputs, recognizer, estimator, "blazepose", _Silent())

    runs: dict[str, Callable[[], object]] = {
        "bare pose": lambda: _bare_pose(video, estimator),
        "predict --no-video": lambda: predict(video=False),
        "predict": lambda: predict(video=True),
    }
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for run in runs.values():  # caches, first allocations
        run()
    for _ in range(repeats):
        for name, run in runs.items():
            cpu, wall = time.process_time(), time.perf_counter()
            run()
            seconds[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    frames = _bare_pose(video, estimator)
    base = statistics.median(cpu for cpu, _ in seconds["bare pose"])
    print(f"{frames} frames, median of {repeats} runs")
    for name, both in seconds.items():
        cpu, wall = (statistics.median(column) for column in zip(*both, strict=True))
        print(
            f"{name:20} ratio {cpu / base:5.2f}   ({1000 * cpu / frames:6.2f} CPU ms a frame, "
            f"{frames / wall:5.0f} frames a second)"
        )


def _bare_pose(video: Path, estimator: PoseEstimator) -> int:
    """Decode and estimate, nothing else; gives the number of frames."""
    estimator.reset()
    count = 0
    with open_source(video) as frames:
        for frame in frames:
            estimator.estimate(frame)
            count += 1
    return count


if __name__ == "__main__":
    main()

"""The demo: synthetic people do known things, the main job runs on them, and the truth judges it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from poseact.batch import Job, Outcome, Outputs, check_folder, run_batch
from poseact.console import BatchDisplay
from poseact.errors import PoseactError
from poseact.evaluation import match_tracks, time_accuracy
from poseact.pipeline import as_recognizer, timeline_figure
from poseact.pose import create_estimator
from poseact.render import contact_sheet, key_frames, key_times, write_png
from poseact.results import Result
from poseact.synth import Act, SyntheticClip, make_clip
from poseact.video import VideoWriter

_PICTURES = 5
# What the actors do, and for how many seconds.
SCRIPTS: Mapping[str, Sequence[Sequence[Act]]] = {
    "one-person": [
        [Act("walk", 5), Act("jumping_jack", 6), Act("squat", 7), Act("wave_two_hands", 5), Act("punch", 5)],
    ],
    "two-people": [
        [Act("squat", 6), Act("wave_one_hand", 6)],
        [Act("jumping_jack", 6), Act("stand", 6)],
    ],
}


@dataclass(frozen=True)
class DemoScore:
    """How right the answer was for one actor.

    Attributes:
        clip: Name of the clip.
        actor: True track id.
        found_as: Track id that the actor was found as, or None.
        seconds: Right and all seconds, by true label.
    """

    clip: str
    actor: int
    found_as: int | None
    seconds: Mapping[str, tuple[float, float]]

    @property
    def accuracy(self) -> float:
        """Part of the actor's time that carries the true label."""
        right, total = np.sum(list(self.seconds.values()), axis=0)
        return float(right / total)


def run_demo(folder: Path, seed: int, console: Console) -> list[DemoScore]:
    """Make the clips, recognise what is done in them, judge it, and say where to look.

    Raises:
        OutputError: If the folder cannot be written.
        PoseactError: If a clip could not be worked on.
    """
    check_folder(folder)
    recognizer = as_recognizer("everyday")
    estimator = create_estimator("blazepose")
    clips = {name: make_clip(scripts, _generator(seed, name)) for name, scripts in SCRIPTS.items()}
    for name, clip in clips.items():
        write_clip(clip, folder / f"{name}.mp4", f"drawing {name}", console)
    jobs = [Job(folder / f"{name}.mp4", name) for name in clips]
    results = folder / "results"
    check_folder(results)
    with BatchDisplay(console, len(jobs)) as display:
        outcomes = run_batch(jobs, Outputs(results), recognizer, estimator, "blazepose", display)
    scores = [score for outcome in outcomes for score in judge(_result(outcome), clips[outcome.job.stem])]
    write_png(folder / "demo.png", demo_picture(_result(outcomes[0]), clips["one-person"]))
    _report(scores, folder, console)
    return scores


def write_clip(clip: SyntheticClip, path: Path, title: str, console: Console) -> None:
    """Draw a clip and write it as .mp4."""
    frames = track(clip.frames(), title, total=clip.truth.num_frames, console=console, transient=True)
    with VideoWriter(path) as writer:
        for frame in frames:
            writer.write(frame.image, frame.timestamp_s)


def demo_picture(result: Result, clip: SyntheticClip) -> NDArray[np.uint8]:
    """Five moments of the annotated clip over its timeline, (H, W, 3) uint8 RGB."""
    stamps = result.poses.timestamps
    times = key_times(result.timeline, _PICTURES, result.poses)
    wanted = {int(np.abs(stamps - time).argmin()) for time in times}
    frames = [(frame.image, frame.timestamp_s) for frame in clip.frames() if frame.index in wanted]
    pictures = key_frames(result.poses, result.timeline, frames)
    return contact_sheet(pictures, footer=timeline_figure(result))


def judge(result: Result, clip: SyntheticClip) -> list[DemoScore]:
    """One score for each actor of a clip."""
    pairs = match_tracks(clip.truth, result.poses)
    seconds = time_accuracy(clip.segments, result.timeline, pairs)
    name = Path(result.video.name).stem
    return [DemoScore(name, actor, pairs.get(actor), rows) for actor, rows in seconds.items()]


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, list(SCRIPTS).index(name)])


def _result(outcome: Outcome) -> Result:
    if outcome.result is None or outcome.error is not None:
        raise PoseactError(f"{outcome.job.source}: {outcome.error}")
    return outcome.result


def _report(scores: Sequence[DemoScore], folder: Path, console: Console) -> None:
    table = Table(header_style="bold", title="How much of the time carries the true label")
    for column in ("clip", "actor", "found as", "right", "by action"):
        table.add_column(column)
    for score in scores:
        found = "nobody" if score.found_as is None else f"person {score.found_as}"
        actions = ", ".join(f"{label} {100 * a / b:.0f} %" for label, (a, b) in score.seconds.items())
        table.add_row(score.clip, str(score.actor), found, f"{100 * score.accuracy:.0f} %", actions)
    console.print(table)
    console.print("These people are synthetic: drawn by poseact, so that the truth is known.")
    console.print(f"Look at  {folder / 'demo.png'}", soft_wrap=True)
    for name in SCRIPTS:
        console.print(f"Play     {folder / 'results' / name}.mp4", soft_wrap=True)
    console.print(
        f"Read     {folder / 'results' / 'one-person'}.json  (also .csv, .vtt, .png)", soft_wrap=True
    )

"""How well repetitions are counted: on the synthetic actor, and on real clips whose count is known.

    python benchmarks/repetitions.py [--count 100] [--drawn 0] [--poses FOLDER] [--out FOLDER]

Prints Markdown tables. First the actor's true joints in `--count` performances of each action, every one with
another body, style, tempo, view and frame rate, with noise and missing joints added and the segment's edges
moved by up to 0.3 s. Then the same through drawn frames and BlazePose, `--drawn` of each (about half a minute
of one core for each). Then the clips in ../shared/data/videos, if they are there, against what was counted by
eye. With `--poses`, estimated poses are kept there, and a run goes on where it was interrupted. With `--out`,
a picture of a signal and its repetitions is written there (needs matplotlib).
"""

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from poseact.pipeline import estimate_pose
from poseact.pose import PoseCollector, create_estimator
from poseact.repetitions import COUNTED, MARGIN_S, RepetitionCounter, count_repetitions
from poseact.sequence import PoseSequence
from poseact.synth import Act, SyntheticClip, make_clip
from poseact.timeline import Segment

VIDEOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "videos"
# What the actor does, and the label that it is counted under.
ACTS = {**{label: label for label in COUNTED}, "bend": "pick_up"}
RATES_HZ = (10.0, 15.0, 25.0, 30.0, 60.0)
EDGE_S = 0.3
# File: label, from, to (seconds), repetitions that were seen by eye to come back in that time.
CLIPS: dict[str, tuple[str, float, float, int]] = {
    "ahmedlila__3_Count_Jumping_Jacks.mp4": ("jumping_jack", 0, 10.7, 12),
    "devthayron__demo.mp4": ("jumping_jack", 0, 8, 9),
    "autsadayut1996__Jumping-Jacks.mp4": ("jumping_jack", 0, 13.2, 11),
    "autsadayut1996__Seal-Jacks.mp4": ("jumping_jack", 0, 8.4, 5),
    "autsadayut1996__Jumping_Ts.mp4": ("jumping_jack", 0, 6.7, 8),
    "autsadayut1996__Star-Jumps.mp4": ("jumping_jack", 2, 24, 10),
    "Ambaks__squats.mp4": ("squat", 0, 12.2, 5),
    "James-Robertson101__Squat_Front_View.mp4": ("squat", 9.4, 19.1, 3),
    "autsadayut1996__Dynamic-Squats.mp4": ("squat", 0, 11.8, 9),
    "autsadayut1996__Sumo-Squats.mp4": ("squat", 0, 7.4, 3),
    "autsadayut1996__Jump_Squats.mp4": ("squat", 0, 10.5, 9),
    "autsadayut1996__Push-Ups.mp4": ("push_up", 0, 10.8, 6),
    "austinlhx__pushups.mp4": ("push_up", 2, 15.9, 6),
    "akshay-op__pushup_exercise.mp4": ("push_up", 0, 6.4, 1),
    "autsadayut1996__Sit-Ups.mp4": ("sit_up", 0, 12.1, 3),
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--drawn", type=int, default=0)
    parser.add_argument("--poses", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.poses:
        options.poses.mkdir(parents=True, exist_ok=True)
    if options.out:
        draw_signal(options.out / "repetitions.png")
    head = "| action | performances | repetitions | exact | within 1 | off by |\n|---|---|---|---|---|---|"
    for title, count in (("true joints, with noise", options.count), ("drawn frames", options.drawn)):
        if count:
            print(f"\nThe actor, {title}\n\n{head}")
        for act in ACTS if count else ():
            print(_actor_row(act, count, drawn=title == "drawn frames", poses=options.poses), flush=True)
    if VIDEOS.is_dir():
        print("\n| clip | action | by eye | counted |\n|---|---|---|---|")
        for name in CLIPS:
            print(_clip_row(name, options.poses), flush=True)


def performance(act: str, seed: int, *, drawn: bool = False) -> SyntheticClip:
    """One actor who does something else, the act for 3 to 14 seconds, and something else again."""
    rng = np.random.default_rng([6, seed, sum(map(ord, act))])
    pitch = float(rng.uniform(-5, 30))
    yaw = float(rng.uniform(-180, 180)) if rng.random() < 0.35 else None
    before, after = (str(rng.choice(["stand", "walk", "stand", "wave_one_hand"])) for _ in range(2))
    script = [
        Act(before, float(rng.uniform(1, 2.5))),
        Act(act, float(rng.uniform(3, 14))),
        Act(after, float(rng.uniform(1, 2.5))),
    ]
    fps = float(rng.choice(RATES_HZ[:-1] if drawn else RATES_HZ))
    size_wh = (480, 360) if drawn else (640, 480)
    return make_clip([script], rng, fps=fps, size_wh=size_wh, yaw_deg=yaw, pitch_deg=pitch)


def with_noise(truth: PoseSequence, rng: np.random.Generator) -> PoseSequence:
    """Joints shaken by 1 % of the body's height, 3 % of them missing, and some for up to a second."""
    box = truth.boxes()[0]
    height = float(np.median(np.maximum(box[:, 3] - box[:, 1], box[:, 2] - box[:, 0])))
    points = truth.keypoints + rng.normal(0, 0.01 * height, truth.keypoints.shape)
    gone = rng.random(points.shape[:3]) < 0.03
    for joint in np.flatnonzero(rng.random(points.shape[2]) < 0.1):
        start_s = rng.uniform(0, truth.duration_s)
        away = (truth.timestamps >= start_s) & (truth.timestamps < start_s + rng.uniform(0.1, 1.0))
        gone[:, away, joint] = True
    points[gone] = np.nan
    confidence = np.where(gone, 0, truth.confidence)
    return replace(truth, keypoints=points.astype(np.float32), confidence=confidence.astype(np.float32))


def _actor_row(act: str, count: int, *, drawn: bool, poses: Path | None) -> str:
    off: Counter[int] = Counter()
    total = 0
    for seed in range(1000, 1000 + count) if drawn else range(count):
        clip, rng = performance(act, seed, drawn=drawn), np.random.default_rng(seed)
        sequence = _kept(f"{act}_{seed}", poses, clip) if drawn else with_noise(clip.truth, rng)
        (segment,) = (s for s in clip.segments.segments if s.label == act)
        true = segment.repetitions
        start_s, end_s = np.add((segment.start_s, segment.end_s), rng.uniform(-EDGE_S, EDGE_S, 2))
        given = Segment(_main_track(sequence), ACTS[act], max(0.0, float(start_s)), float(end_s), 1.0)
        counted = count_repetitions(sequence, given)
        assert true is not None and counted is not None
        off[counted - true] += 1
        total += true
    exact, near = off[0] / count, sum(off[d] for d in (-1, 0, 1)) / count
    errors = ", ".join(f"{d:+d} ({n})" for d, n in sorted(off.items()) if d)
    return f"| {act} | {count} | {total} | {exact:.1%} | {near:.1%} | {errors or 'none'} |"


def _kept(name: str, poses: Path | None, source: SyntheticClip | Path) -> PoseSequence:
    """Estimated poses, from the folder where they are kept if they are there."""
    path = None if poses is None else poses / f"{name}.npz"
    if path is not None and path.exists():
        return PoseSequence.load(path)
    sequence = estimate_pose(source) if isinstance(source, Path) else _estimated(source)
    if path is not None:
        sequence.save(path)
    return sequence


def _estimated(clip: SyntheticClip) -> PoseSequence:
    estimator = create_estimator("blazepose", max_persons=1)
    collector = PoseCollector(estimator.layout, clip.frame_size_wh)
    for frame in clip.frames():
        collector.add(frame.timestamp_s, estimator.estimate(frame))
    return collector.sequence(min_frames=5)


def _main_track(sequence: PoseSequence) -> int:
    return int(sequence.track_ids[sequence.present.sum(axis=1).argmax()])


def _clip_row(name: str, poses: Path | None) -> str:
    label, start_s, end_s, by_eye = CLIPS[name]
    sequence = _kept(Path(name).stem, poses, VIDEOS / name)
    counted = count_repetitions(sequence, Segment(_main_track(sequence), label, start_s, end_s, 1.0))
    return f"| {name} | {label} | {by_eye} | {counted} |"


def draw_signal(path: Path) -> None:
    """A picture of what is measured of squats of the actor, and when each was complete."""
    from matplotlib import pyplot

    clip = performance("squat", 31)
    truth = with_noise(clip.truth, np.random.default_rng(31))
    (segment,) = (s for s in clip.segments.segments if s.label == "squat")
    counter = RepetitionCounter("squat", truth.layout, segment.start_s)
    times, signal = [], []
    for t, time_s in enumerate(truth.timestamps.tolist()):
        if time_s < segment.start_s - MARGIN_S:
            continue
        counter.add(time_s, truth.keypoints[0, t], truth.confidence[0, t])
        times.append(time_s)
        signal.append(counter.signal)
    figure, axes = pyplot.subplots(figsize=(9, 2.8), layout="constrained")
    axes.axvspan(segment.start_s, segment.end_s, color="0.92", label="segment")
    axes.plot(times, signal, color="tab:blue", label="how far down")
    at = np.interp(counter.times_s, times, signal)
    axes.plot(counter.times_s, at, "o", color="tab:red", label="back: counts")
    for number, (x, y) in enumerate(zip(counter.times_s, at, strict=True), 1):
        axes.annotate(str(number), (x, y), (6, 4), textcoords="offset points", color="tab:red")
    axes.set(xlabel="seconds", ylabel="torso lengths", title="Squats of the synthetic actor")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()

"""Identity switches on clips of actors who cross, and on a real clip: one line per clip, and the sums.

    python benchmarks/tracking.py [--keep FOLDER] [--only TEXT] [--real CLIP]

`follower` is BlazePose with its own following, on drawn clips. `tracker` is PoseTracker on the true joints
of such clips with an estimator's faults added: noise, exchanged legs, missing joints, people missed for a
while, hidden people missed, two people in one another's way read as one. `--real` gives a clip of which
only the tracks are counted (nobody has written down who is who). Of the metrics: `benchmarks/mot_metrics.py`.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mot_metrics import Scores, Seen, judge, overlap
from poseact.layouts import BLAZEPOSE33, COCO17
from poseact.pose.blazepose import BlazePose
from poseact.synth import MEETINGS, SyntheticClip, make_crossing_clip
from poseact.tracking import PoseTracker
from poseact.video import Frame, open_source

SECONDS = 10.0
# Of somebody with fewer joints in sight than this share, nothing is expected.
HIDDEN = 0.25
_COCO = BLAZEPOSE33.indices(COCO17.joint_names)
_LEGS = COCO17.indices(
    [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")]
)
_OTHER_LEGS = COCO17.indices(
    [f"{side}_{joint}" for side in ("right", "left") for joint in ("hip", "knee", "ankle")]
)


@dataclass(frozen=True)
class Scene:
    """One clip to be made.

    Attributes:
        name: For the table.
        num_actors: Two or three.
        seed: Of everything random.
    """

    name: str
    num_actors: int
    seed: int

    def clip(self) -> SyntheticClip:
        """Every third pair of clips in other clothes, near or far, fast or slow frames."""
        rng = np.random.default_rng(1000 * self.num_actors + self.seed)
        return make_crossing_clip(
            self.num_actors,
            rng,
            meeting=MEETINGS[self.seed % len(MEETINGS)],
            seconds=SECONDS,
            fps=(30.0, 15.0, 20.0, 25.0)[self.seed % 4],
            alike=self.seed % 2 == 1,
            distance_m=None if self.seed % 5 else 7.5,
        )


def scenes(num_actors: int, count: int) -> list[Scene]:
    """The clips of one kind."""
    return [
        Scene(f"{num_actors} actors, {MEETINGS[i % len(MEETINGS)]}, {i}", num_actors, i) for i in range(count)
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", type=Path, help="folder for the drawn frames, to be used again")
    parser.add_argument("--only", default="", choices=("", "follower", "tracker"))
    parser.add_argument("--real", type=Path, help="a real clip; its tracks are counted")
    options = parser.parse_args()
    if options.only in ("", "tracker"):
        for actors in (2, 3):
            table(f"tracker, {actors} actors", scenes(actors, 30), run_tracker, each=False)
    if options.only in ("", "follower"):
        estimator = BlazePose()

        def run(scene: Scene) -> Scores:
            return run_follower(estimator, scene, options.keep)

        for actors in (2, 3):
            table(f"follower, {actors} actors", scenes(actors, {2: 12, 3: 8}[actors]), run, each=True)
        if options.real:
            print(count_tracks(estimator, options.real))


def table(title: str, chosen: list[Scene], run: Callable[[Scene], Scores], *, each: bool) -> Scores:
    """Print a line per clip, if wanted, and their sum, which is given back."""
    columns = ("min", "IDSW", "IDSW/min", "IDF1", "Frag", "recall", "false %", "tracks", "false tracks/min")
    print(f"{title:28} " + " ".join(f"{name:>8}" for name in columns), flush=True)
    total = Scores()
    for scene in chosen:
        scores = run(scene)
        total += scores
        if each:
            print(f"{scene.name:28} {line(scores)}", flush=True)
    print(f"{f'all {len(chosen)} clips':28} {line(total)}\n", flush=True)
    return total


def line(scores: Scores) -> str:
    """The figures of a clip or of several."""
    return (
        f"{scores.seconds / 60:8.2f} {scores.switches:8} {scores.switches_per_min:8.2f} {scores.idf1:8.3f} "
        f"{scores.fragments:8} {scores.recall:8.1%} {scores.false / max(scores.tracked, 1):8.2%} "
        f"{scores.tracks:8} {60 * scores.false_tracks / max(scores.seconds, 1e-9):8.2f}"
    )


def run_follower(estimator: BlazePose, scene: Scene, keep: Path | None) -> Scores:
    """BlazePose on a drawn clip."""
    clip = scene.clip()
    estimator.reset()
    found = [
        {person.track_id: person.keypoints_px[_COCO] for person in estimator.estimate(frame)}
        for frame in drawn(clip, scene, keep)
    ]
    return _judged(clip, found)


def run_tracker(scene: Scene) -> Scores:
    """PoseTracker on the true joints of a clip, made worse; whose joints a pose was made of is known."""
    clip = scene.clip()
    tracker = PoseTracker()
    rng = np.random.default_rng(scene.seed)
    found, sources = [], []
    for time_s, poses in zip(clip.truth.timestamps, estimates(clip, rng), strict=True):
        ids = tracker.update([pose.joints for pose in poses], float(time_s))
        found.append({track: pose.joints for track, pose in zip(ids, poses, strict=True)})
        sources.append({track: pose.of for track, pose in zip(ids, poses, strict=True)})
    return _judged(clip, found, sources)


def _judged(
    clip: SyntheticClip,
    found: list[dict[int, NDArray[np.float32]]],
    sources: list[dict[int, frozenset[int]]] | None = None,
) -> Scores:
    truth = clip.truth
    in_sight = (truth.confidence > 0.5).mean(axis=2)
    seen = [
        Seen(
            dict(enumerate(truth.keypoints[:, t])),
            frozenset(np.flatnonzero(in_sight[:, t] < HIDDEN).tolist()),
            tracks,
            None if sources is None else sources[t],
        )
        for t, tracks in enumerate(found)
    ]
    return judge(seen, len(seen) / clip.fps)[0]


def drawn(clip: SyntheticClip, scene: Scene, keep: Path | None) -> Iterator[Frame]:
    """The clip's frames; with a folder they are drawn only once and kept as JPEG."""
    if keep is None:
        yield from clip.frames()
        return
    folder = keep / scene.name.replace(", ", "-").replace(" ", "-")
    if not (folder / "whole").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for frame in clip.frames():
            picture = np.ascontiguousarray(frame.image[:, :, ::-1])
            cv2.imwrite(str(folder / f"{frame.index:05}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
        (folder / "whole").touch()
    for index, time_s in enumerate(clip.truth.timestamps):
        picture = cv2.imread(str(folder / f"{index:05}.jpg"))
        yield Frame(np.ascontiguousarray(picture[:, :, ::-1]), float(time_s), index)


@dataclass(frozen=True)
class Estimate:
    """A pose (17, 2) as an estimator might give it, and the people whose joints are in it."""

    joints: NDArray[np.float32]
    of: frozenset[int]


def estimates(clip: SyntheticClip, rng: np.random.Generator) -> Iterator[list[Estimate]]:
    """What an estimator without any memory might give of each frame, in any order."""
    truth = clip.truth
    missed_until = np.zeros(len(truth.keypoints))
    for t, time_s in enumerate(truth.timestamps):
        sight = (truth.confidence[:, t] > 0.5).mean(axis=1)
        begins = rng.random(len(sight)) < 0.6 / clip.fps  # somebody is missed every other second
        missed_until = np.where(begins, time_s + rng.uniform(0.05, 0.4, len(sight)), missed_until)
        is_seen = (time_s >= missed_until) & (rng.random(len(sight)) < np.where(sight < 0.4, 0.15, 0.98))
        poses = [
            Estimate(_read(truth.keypoints[i, t], truth.confidence[i, t], rng), frozenset({int(i)}))
            for i in np.flatnonzero(is_seen)
        ]
        poses = _merged(poses, rng)
        yield [poses[i] for i in rng.permutation(len(poses))]


def _read(
    joints: NDArray[np.float32], confidence: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """One pose with noise of 1.5 % of its height, legs exchanged now and then, joints missing."""
    size = 0.5 * float(np.ptp(joints, axis=0).max())
    pose = joints + rng.normal(0, 0.03 * size, joints.shape)
    if rng.random() < 0.05:
        pose[_LEGS] = pose[_OTHER_LEGS]
    is_hidden = confidence < 0.5
    pose[is_hidden] += rng.normal(0, 0.08 * size, (int(is_hidden.sum()), 2))
    pose[rng.random(len(pose)) < np.where(is_hidden, 0.4, 0.03)] = np.nan
    return pose.astype(np.float32)


def _merged(poses: list[Estimate], rng: np.random.Generator) -> list[Estimate]:
    """Of two people almost in one place, often only one pose is left, with joints of both."""
    kept: list[Estimate] = []
    for pose in poses:
        at = next((i for i, k in enumerate(kept) if overlap(k.joints, pose.joints) > 0.5), None)
        if at is None or rng.random() < 0.4:
            kept.append(pose)
            continue
        takes = (rng.random(len(pose.joints)) < 0.25) & np.isfinite(pose.joints).all(axis=1)
        kept[at] = Estimate(np.where(takes[:, None], pose.joints, kept[at].joints), kept[at].of | pose.of)
    return kept


def count_tracks(estimator: BlazePose, clip: Path) -> str:
    """Frames, tracks and their lengths of a real clip, and what it cost."""
    estimator.reset()
    lengths: dict[int, int] = {}
    counts, cpu_s = [], 0.0
    with open_source(clip) as video:
        for frame in video:
            start_s = time.process_time()
            people = estimator.estimate(frame)
            cpu_s += time.process_time() - start_s
            counts.append(len(people))
            for person in people:
                lengths[person.track_id] = lengths.get(person.track_id, 0) + 1
    shown = ", ".join(f"{track}: {length}" for track, length in lengths.items())
    cost = 1e3 * cpu_s / max(len(counts), 1)
    return f"{clip.name}: {len(counts)} frames, frames of each track {{{shown}}}, {cost:.1f} CPU ms a frame"


if __name__ == "__main__":
    main()

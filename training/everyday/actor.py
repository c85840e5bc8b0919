"""Items from the synthetic actor: its true joints through random cameras, and drawn and estimated ones."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from corpus import STORE_RATE_HZ, Item, target_of
from vocabulary import ACTOR, class_of

from poseact.layouts import BODY13
from poseact.pose import PoseCollector, create_estimator
from poseact.sequence import PoseSequence
from poseact.synth import Act, SyntheticClip, make_clip
from poseact.timeline import Segment, Timeline

# A window near the end of an act is mostly the next one; its centre keeps this far away.
MARGIN_S = 0.15
_SECONDS: dict[str, tuple[float, float]] = {
    "stand": (1.0, 3.0),
    "sit": (1.5, 3.0),
    "lie": (1.5, 3.0),
    "walk": (2.5, 5.0),
    "run": (2.5, 4.0),
    "sit_down": (1.0, 2.2),
    "stand_up": (1.0, 2.2),
    "kick": (1.2, 3.0),
    "throw": (1.2, 3.0),
    "punch": (1.2, 3.5),
    "pick_up": (1.6, 3.5),
    "bend": (1.6, 3.5),
    "fall": (1.0, 2.5),
    "crouch": (2.5, 4.5),
    "burpee": (3.0, 6.0),
    "lunge": (2.5, 6.0),
    "gesture": (2.0, 6.0),
    "dance": (2.5, 6.0),
}
# Share of the acts that are no class of the model.
OTHER_SHARE = 1 / 3
# Share of the performances that are seen from any side.
ANY_SIDE_SHARE = 0.35


_OTHER = tuple(act for act, kind in ACTOR.items() if class_of(kind) == "other")
_NAMED = tuple(
    tuple(act for act, its in ACTOR.items() if its == kind)
    for kind in dict.fromkeys(ACTOR.values())
    if class_of(kind) != "other"
)


def draw_act(rng: np.random.Generator) -> str:
    """An act of no class as often as `OTHER_SHARE` says, else one of the classes, all as likely."""
    if rng.random() < OTHER_SHARE:
        return str(rng.choice(_OTHER))
    return str(rng.choice(_NAMED[int(rng.integers(len(_NAMED)))]))


def script(rng: np.random.Generator, num_acts: int = 6) -> list[Act]:
    """Some acts in random order; a fall is followed by lying."""
    acts: list[Act] = []
    for _ in range(num_acts):
        label = draw_act(rng)
        low, high = _SECONDS.get(label, (2.0, 5.0))
        acts.append(Act(label, float(rng.uniform(low, high))))
        if label == "fall":
            acts.append(Act("lie", float(rng.uniform(1.0, 2.5))))
    return acts


def performance(
    seed: int, *, fps: float = 20.0, num_acts: int = 6, size_wh: tuple[int, int] = (640, 480)
) -> SyntheticClip:
    """One actor, six random acts, one random view."""
    rng = np.random.default_rng([2026, seed])
    pitch = float(rng.uniform(-5, 30))
    # By itself the actor mostly faces the camera; people are also filmed from the side and from behind.
    yaw = float(rng.uniform(-180, 180)) if rng.random() < ANY_SIDE_SHARE else None
    acts = script(rng, num_acts)
    return make_clip([acts], rng, fps=fps, size_wh=size_wh, yaw_deg=yaw, pitch_deg=pitch)


def items_of(
    sequence: PoseSequence, segments: tuple[Segment, ...], name: str, held_out: bool
) -> Iterator[Item]:
    """An item for each act of the first person."""
    part = sequence.to_layout(BODY13).resample(STORE_RATE_HZ)
    if not part.num_persons:
        return
    points, confidence = part.keypoints[0], part.confidence[0]
    start_s = part.timestamps[0]
    for segment in segments:
        label = ACTOR[segment.label]
        margin = min(MARGIN_S, (segment.end_s - segment.start_s) / 4)
        low = (segment.start_s + margin - start_s) * STORE_RATE_HZ
        high = (segment.end_s - margin - start_s) * STORE_RATE_HZ
        low, high = max(low, 0.0), min(high, len(points) - 1.0)
        seen = np.isfinite(points[int(low) : int(high) + 1]).all(axis=-1).mean() if high > low else 0
        if seen < 0.5:
            continue
        yield Item(points, confidence, target_of(label), low, high, "actor", name, held_out, name)


def truth_items(count: int, first_seed: int = 0) -> list[Item]:
    """The actor's true joints in `count` performances, each with its own body, tempo and camera."""
    items: list[Item] = []
    for seed in range(first_seed, first_seed + count):
        clip = performance(seed)
        items += items_of(clip.truth, clip.segments.segments, f"truth{seed}", held_out=False)
    return items


def estimated_items(folder: Path) -> list[Item]:
    """Drawn performances as the pose estimator saw them; see `main`."""
    items: list[Item] = []
    for path in sorted(folder.glob("actor*.npz")):
        segments = tuple(Segment(**s) for s in json.loads(path.with_suffix(".json").read_text()))
        sequence = PoseSequence.load(path)
        counts = sequence.present.sum(axis=1)
        if len(counts):
            main_track = int(sequence.track_ids[counts.argmax()])
            items += items_of(sequence.select_tracks([main_track]), segments, path.stem, held_out=False)
    return items


def extract(clip: SyntheticClip) -> PoseSequence:
    """The drawn frames through the real estimator."""
    estimator = create_estimator("blazepose", max_persons=1)
    collector = PoseCollector(estimator.layout, clip.frame_size_wh)
    for frame in clip.frames():
        collector.add(frame.timestamp_s, estimator.estimate(frame))
    return collector.sequence(min_frames=5)


def main() -> None:
    """Draw performances and keep what the estimator makes of them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=70)
    parser.add_argument("--first", type=int, default=200000)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in range(options.first, options.first + options.count):
        target = options.out / f"actor{seed}.npz"
        if target.exists():
            continue
        clip = performance(seed, fps=15.0, size_wh=(480, 360))
        sequence = extract(clip)
        timeline: Timeline = clip.segments
        target.with_suffix(".json").write_text(json.dumps([vars(s) for s in timeline.segments]))
        sequence.save(target)
        print(target.name, sequence.num_frames, "frames", sequence.num_persons, "tracks", flush=True)


if __name__ == "__main__":
    main()

"""Repetitions: moved skeletons whose count is known, and the synthetic actor's true joints."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.layouts import BLAZEPOSE33, BODY13, COCO17
from poseact.repetitions import COUNTED, MARGIN_S, RepetitionCounter, count_repetitions
from poseact.sequence import PoseSequence
from poseact.synth import Act, SyntheticClip, make_clip
from poseact.timeline import Segment

Floats = NDArray[np.float64]
TORSO_PX = 100.0
# x and up, in torso lengths, of somebody who stands: the left half, mirrored for the right one.
STANDING = {
    "head": (0.0, 3.0),
    "shoulder": (0.35, 2.7),
    "elbow": (0.45, 2.1),
    "wrist": (0.5, 1.6),
    "hip": (0.2, 1.7),
    "knee": (0.22, 0.85),
    "ankle": (0.25, 0.0),
}


def _squats(out: Floats) -> PoseSequence:
    """Somebody who bends the knees by `out` (T,), of 0 to 1, at 20 frames a second."""
    return _moved(out, lambda name, o: (0.0, -0.7 * o * {"ankle": 0, "knee": 0.4}.get(name, 1)))


def _jacks(out: Floats) -> PoseSequence:
    """Somebody whose arms go up and legs go apart by `out` (T,)."""
    ways = {"wrist": (0.0, 2.0), "elbow": (0.2, 1.0), "ankle": (0.5, 0.0)}
    return _moved(out, lambda name, o: tuple(o * way for way in ways.get(name, (0.0, 0.0))))


def _moved(out: Floats, way: Callable[[str, float], tuple[float, ...]]) -> PoseSequence:
    points = np.full((1, len(out), 13, 2), np.nan, np.float32)
    for t, o in enumerate(out):
        for part, (x, up) in STANDING.items():
            dx, dup = way(part, float(o))
            for sign, side in ((1.0, "left_"), (-1.0, "right_")):
                joint = BODY13.index("head" if part == "head" else side + part)
                points[0, t, joint] = 320 + TORSO_PX * sign * (x + dx), 420 - TORSO_PX * (up + dup)
    return PoseSequence(points, np.ones(points.shape[:3], np.float32), np.arange(len(out)) / 20, BODY13)


def _waves(count: float, *, seconds: float = 2.0, rest_s: float = 1.0) -> Floats:
    """So many ways out and back at 20 frames a second, with rest before and after."""
    t = np.arange(round(count * seconds * 20)) / 20
    rest = np.zeros(round(rest_s * 20))
    return np.concatenate([rest, 0.5 - 0.5 * np.cos(2 * np.pi * t / seconds), rest])


def _count(sequence: PoseSequence, label: str) -> int | None:
    whole = Segment(0, label, float(sequence.timestamps[0]), float(sequence.timestamps[-1]), 1.0)
    return count_repetitions(sequence, whole)


def _fed(sequence: PoseSequence, counter: RepetitionCounter) -> RepetitionCounter:
    for t, time_s in enumerate(sequence.timestamps.tolist()):
        counter.add(time_s, sequence.keypoints[0, t], sequence.confidence[0, t])
    return counter


def _clip(
    label: str, seconds: float, seed: int, fps: float = 20.0, yaw_deg: float | None = None
) -> SyntheticClip:
    acts = [Act("stand", 1.0), Act(label, seconds), Act("stand", 1.0)]
    return make_clip([acts], np.random.default_rng(seed), fps=fps, yaw_deg=yaw_deg)


def _act(clip: SyntheticClip, label: str) -> Segment:
    (segment,) = (s for s in clip.segments.segments if s.label == label)
    return segment


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_squats_are_counted(count: int) -> None:
    assert _count(_squats(_waves(count)), "squat") == count


@pytest.mark.parametrize("seconds", [0.7, 1.0, 3.0, 8.0])
def test_the_tempo_does_not_matter(seconds: float) -> None:
    assert _count(_jacks(_waves(4, seconds=seconds)), "jumping_jack") == 4


def test_pauses_and_changes_of_tempo_and_depth_do_not_matter() -> None:
    out = [_waves(1, rest_s=3), 0.7 * _waves(2, seconds=1.0), _waves(1, seconds=5.0, rest_s=0)]
    assert _count(_squats(np.concatenate(out)), "squat") == 4


def test_half_a_repetition_at_either_end_does_not_count() -> None:
    down_and_up = _waves(3, rest_s=0)
    assert _count(_squats(down_and_up[20:]), "squat") == 2
    assert _count(_squats(down_and_up[:-20]), "squat") == 2


def test_a_wobble_far_out_is_no_repetition() -> None:
    out = _waves(3)
    low = out > 0.9
    out[low] += 0.08 * np.sin(np.arange(low.sum()))
    assert _count(_squats(out), "squat") == 3


def test_small_movements_do_not_count() -> None:
    assert _count(_squats(0.3 * _waves(5)), "squat") == 0


def test_arms_that_stay_up_from_the_first_time_on_are_a_new_rest() -> None:
    out = _waves(6)
    out[out.argmax() :] = 0.5 + 0.5 * out[out.argmax() :]
    assert _count(_jacks(out), "jumping_jack") == 6


def test_size_side_and_camera_roll_do_not_matter() -> None:
    sequence = _squats(_waves(4))
    turned = sequence.keypoints @ np.array([[0.97, 0.24], [-0.24, 0.97]], np.float32)
    for keypoints in (
        0.1 * sequence.keypoints,
        20 * sequence.keypoints + 500,
        (sequence.keypoints * [-1, 1])[:, :, BODY13.flip_order],
        turned,
    ):
        assert _count(replace(sequence, keypoints=keypoints), "squat") == 4


def test_parts_of_the_frame_are_made_square() -> None:
    sequence = _squats(_waves(3))
    parts = replace(
        sequence, keypoints=sequence.keypoints / [640, 480], units="normalized", frame_size_wh=(640, 480)
    )
    assert _count(parts, "squat") == 3


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("label", "made"), [("squat", _squats), ("jumping_jack", _jacks)])
def test_one_side_is_enough(label: str, made: Callable[[Floats], PoseSequence], side: str) -> None:
    assert (
        _count(_without(made(_waves(4)), [n for n in BODY13.joint_names if n.startswith(side)]), label) == 4
    )


@pytest.mark.parametrize(
    ("label", "made", "gone"),
    [
        ("squat", _squats, "ankle"),
        ("squat", _squats, "knee ankle"),
        ("jumping_jack", _jacks, "wrist"),
        ("jumping_jack", _jacks, "wrist ankle"),
        ("jumping_jack", _jacks, "shoulder wrist elbow"),
    ],
)
def test_others_stand_in_for_joints_out_of_view(
    label: str, made: Callable[[Floats], PoseSequence], gone: str
) -> None:
    names = [f"{side}_{part}" for part in gone.split() for side in ("left", "right")]
    assert _count(_without(made(_waves(4)), names), label) == 4


def test_a_hidden_arm_that_is_guessed_anew_all_the_time_does_not_count() -> None:
    sequence = _jacks(_waves(0, rest_s=5))
    points, confidence = sequence.keypoints.copy(), sequence.confidence.copy()
    arm = BODY13.indices(["left_elbow", "left_wrist"])
    points[0, ::7, arm] -= [0, 2 * TORSO_PX]
    confidence[..., arm] = 0.05
    assert _count(replace(sequence, keypoints=points, confidence=confidence), "jumping_jack") == 0


def test_joints_that_are_missing_now_and_then_do_not_count() -> None:
    sequence = _jacks(_waves(5))
    points = sequence.keypoints.copy()
    points[np.random.default_rng(0).random(points.shape[:3]) < 0.2] = np.nan
    assert _count(replace(sequence, keypoints=points), "jumping_jack") == 5


def test_nothing_is_counted_of_nobody() -> None:
    sequence = _squats(_waves(2))
    empty = replace(sequence, keypoints=np.full_like(sequence.keypoints, np.nan))
    assert _count(empty, "squat") == 0


def test_a_pose_without_size_has_no_repetitions() -> None:
    sequence = _squats(_waves(2))
    assert _count(replace(sequence, keypoints=np.full_like(sequence.keypoints, 5.0)), "squat") == 0


def test_a_segment_counts_what_comes_back_within_it_or_just_after() -> None:
    sequence = _squats(_waves(5, rest_s=0))  # back at 2, 4, 6, 8 and 10 s, and before that by more than half
    assert count_repetitions(sequence, Segment(0, "squat", 4.0 + 0.3, 8.0 + 0.3, 1.0)) == 2
    assert count_repetitions(sequence, Segment(0, "squat", 4.0 - 0.3, 8.0 - 0.3, 1.0)) == 2
    assert count_repetitions(sequence, Segment(0, "squat", 20.0, 30.0, 1.0)) == 0


def test_what_is_not_counted_has_no_number() -> None:
    sequence = _squats(_waves(2))
    assert count_repetitions(sequence, Segment(0, "walk", 0.0, 4.0, 1.0)) is None
    with pytest.raises(InvalidInputError, match=r"squat.*'walk' is not counted"):
        RepetitionCounter("walk", BODY13)


def test_the_track_must_be_there_and_time_must_rise() -> None:
    sequence = _squats(_waves(2))
    with pytest.raises(InvalidInputError, match="no track"):
        count_repetitions(sequence, Segment(3, "squat", 0.0, 4.0, 1.0))
    counter = RepetitionCounter("squat", BODY13)
    counter.add(1.0, sequence.keypoints[0, 0], sequence.confidence[0, 0])
    with pytest.raises(InvalidInputError, match=r"stamp after 1\.0"):
        counter.add(1.0, sequence.keypoints[0, 0], sequence.confidence[0, 0])


@pytest.mark.parametrize("label", sorted(COUNTED))
def test_the_actors_repetitions_are_counted(label: str) -> None:
    for seed in range(8):
        clip = _clip(label, 7.0, seed)
        segment = _act(clip, label)
        assert segment.repetitions is not None
        assert count_repetitions(clip.truth, segment) == segment.repetitions, seed


def test_the_actors_repetitions_add_up_where_acts_of_one_kind_follow_one_another() -> None:
    once = make_clip([[Act("squat", 4.0)]], np.random.default_rng(0))
    twice = make_clip([[Act("squat", 4.0), Act("squat", 6.0)]], np.random.default_rng(0))
    (first,), (both,) = once.segments.segments, twice.segments.segments
    assert first.repetitions is not None and both.repetitions is not None
    assert both.repetitions > first.repetitions
    assert count_repetitions(twice.truth, both) == both.repetitions


@pytest.mark.parametrize("yaw_deg", [-90.0, 0.0, 60.0, 180.0])
@pytest.mark.parametrize("label", ["squat", "push_up", "sit_up"])
def test_the_view_does_not_matter(label: str, yaw_deg: float) -> None:
    clip = _clip(label, 6.0, 5, yaw_deg=yaw_deg)
    segment = _act(clip, label)
    assert count_repetitions(clip.truth, segment) == segment.repetitions


@pytest.mark.parametrize("label", sorted(COUNTED))
def test_the_rate_does_not_matter(label: str) -> None:
    rng = np.random.default_rng(1)
    clip = _clip(label, 6.0, 11, fps=60.0)
    segment = _act(clip, label)
    every = clip.truth.num_frames
    for frames in (
        np.arange(0, every, 6),
        np.arange(0, every, 2),
        np.sort(rng.permutation(every)[: every // 4]),
    ):
        kept = PoseSequence(
            clip.truth.keypoints[:, frames],
            clip.truth.confidence[:, frames],
            clip.truth.timestamps[frames],
            COCO17,
        )
        assert count_repetitions(kept, segment) == segment.repetitions


@pytest.mark.parametrize("label", sorted(COUNTED))
def test_standing_still_has_no_repetitions(label: str) -> None:
    clip = _clip("stand", 8.0, 2)
    whole = Segment(0, label, 0.0, float(clip.truth.timestamps[-1]), 1.0)
    assert count_repetitions(clip.truth, whole) == 0


@pytest.mark.parametrize("act", ["walk", "run"])
def test_steps_are_no_squats(act: str) -> None:
    for seed in range(4):
        clip = _clip(act, 8.0, seed)
        squats = count_repetitions(clip.truth, replace(_act(clip, act), label="squat"))
        # Of many steps; who comes nearer and goes away again may look like one who sinks slowly.
        assert squats is not None and squats <= 2, seed


def test_getting_down_and_up_again_is_no_repetition() -> None:
    clip = _clip("sit_up", 6.0, 3)
    segment = _act(clip, "sit_up")
    wide = replace(segment, start_s=segment.start_s - 1.5, end_s=segment.end_s + 1.5)
    assert count_repetitions(clip.truth, wide) == segment.repetitions


@pytest.mark.parametrize("label", sorted(COUNTED))
def test_frame_by_frame_gives_the_same_at_any_time(label: str) -> None:
    clip = _clip(label, 6.0, 4)
    segment = _act(clip, label)
    counter = RepetitionCounter(label, COCO17, segment.start_s)
    told: list[int] = []
    for t, time_s in enumerate(clip.truth.timestamps.tolist()):
        counter.add(time_s, clip.truth.keypoints[0, t], clip.truth.confidence[0, t])
        told.append(counter.count())
    assert told == sorted(told)
    for end_s in np.arange(segment.start_s + 0.5, segment.end_s, 0.7).tolist():
        part = replace(segment, end_s=end_s, repetitions=None)
        assert counter.count(end_s) == count_repetitions(clip.truth, part)


def test_frames_long_before_the_segment_are_left_aside() -> None:
    sequence = _squats(_waves(4))
    late = RepetitionCounter("squat", BODY13, start_s=5.0)
    kept = sequence.slice_time(5.0 - MARGIN_S, 99.0)
    assert _fed(sequence, late).times_s == _fed(kept, RepetitionCounter("squat", BODY13, 5.0)).times_s != []


def test_any_layout_gives_the_same() -> None:
    sequence = _squats(_waves(3))
    points = np.full((1, sequence.num_frames, 33, 2), np.nan, np.float32)
    for name in BODY13.joint_names:
        if name in BLAZEPOSE33:
            points[:, :, BLAZEPOSE33.index(name)] = sequence.keypoints[:, :, BODY13.index(name)]
    other = replace(
        sequence,
        keypoints=points,
        confidence=np.isfinite(points[..., 0]).astype(np.float32),
        layout=BLAZEPOSE33,
    )
    assert _count(other, "squat") == 3


def test_memory_does_not_grow_with_time() -> None:
    def size(seconds: float) -> int:
        counter = _fed(_squats(_waves(0, rest_s=seconds)), RepetitionCounter("squat", BODY13))
        return _entries(vars(counter).values())

    assert size(30) == size(1)


def _entries(values: object) -> int:
    """How many things are held, in lists and objects within one another."""
    if isinstance(values, dict):
        return sum(1 + _entries(v) for v in values.values())
    if hasattr(values, "__dict__") and type(values).__module__ == "poseact.repetitions":
        return _entries(vars(values))
    if not isinstance(values, str) and hasattr(values, "__iter__"):
        return sum(1 + _entries(v) for v in values)
    return 1


def _without(sequence: PoseSequence, names: Sequence[str]) -> PoseSequence:
    points = sequence.keypoints.copy()
    points[:, :, BODY13.indices(names)] = np.nan
    return replace(sequence, keypoints=points, confidence=np.isfinite(points[..., 0]).astype(np.float32))

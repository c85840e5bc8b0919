"""The synthetic actor: its truth, its movement and its pictures."""

from itertools import pairwise

import numpy as np
import pytest

from poseact.errors import InvalidInputError
from poseact.layouts import COCO17
from poseact.synth import ACTIONS, Act, SyntheticClip, make_clip
from poseact.synth.choreography import CHAIR_ACTS

BONES = [
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]
UPRIGHT = [a for a in ACTIONS if a not in (*CHAIR_ACTS, "push_up", "sit_up", "fall", "lie")]


def clip_of(*acts: tuple[str, float], seed: int = 0, fps: float = 30.0, **options: float) -> SyntheticClip:
    script = [Act(label, seconds) for label, seconds in acts]
    return make_clip([script], np.random.default_rng(seed), fps=fps, **options)  # type: ignore[arg-type]


def joint(clip: SyntheticClip, name: str, person: int = 0) -> np.ndarray:
    """(T, 3) metres in the room: x right, y up, z towards the camera; the floor is y = 0."""
    return clip.look.joints[person].points[name]


def rate_of(signal: np.ndarray, fps: float) -> float:
    """Strongest rate in a signal, Hz."""
    padded = np.fft.rfft((signal - signal.mean()) * np.hanning(len(signal)), 16 * len(signal))
    return float(np.abs(padded).argmax() * fps / (16 * len(signal)))


@pytest.fixture(scope="module", params=ACTIONS)
def performed(request: pytest.FixtureRequest) -> list[SyntheticClip]:
    """One action by four actors."""
    script = (("stand", 0.6), (request.param, 3.0), ("stand", 0.6))
    return [clip_of(*script, seed=seed) for seed in range(4)]


def test_every_action_has_whole_and_steady_truth(performed: list[SyntheticClip]) -> None:
    for clip in performed:
        truth = clip.truth
        assert truth.layout is COCO17
        assert truth.units == "px"
        assert truth.world_m is not None
        assert np.isfinite(truth.keypoints).all()
        assert np.isfinite(truth.world_m).all()
        hips = truth.world_m[0][:, [COCO17.index("left_hip"), COCO17.index("right_hip")]].mean(axis=1)
        np.testing.assert_allclose(hips, 0, atol=1e-5)
        for a, b in BONES:
            length = np.linalg.norm(
                truth.world_m[0, :, COCO17.index(a)] - truth.world_m[0, :, COCO17.index(b)], axis=-1
            )
            assert np.ptp(length) < 0.004 * length.mean(), (a, b)


def test_every_action_stays_in_view_above_the_floor_and_moves_smoothly(
    performed: list[SyntheticClip],
) -> None:
    for clip in performed:
        xy = clip.truth.keypoints
        assert (xy > -2).all()
        assert (xy < np.array([642, 482])).all()
        names = [*COCO17.joint_names, "left_hand", "right_hand", "head"]
        places = np.stack([joint(clip, name) for name in names])
        assert places[..., 1].min() > -0.01
        speed = np.linalg.norm(np.diff(places, axis=1), axis=-1) * clip.fps
        assert speed.max() < 26  # a thrown ball's hand
        assert np.linalg.norm(np.diff(joint(clip, "pelvis"), axis=0), axis=-1).max() * clip.fps < 6


@pytest.mark.parametrize("label", ACTIONS)
def test_segments_tell_what_was_asked_for(label: str) -> None:
    clip = clip_of(("stand", 1.0), (label, 3.0), ("stand", 1.0), seed=3)
    segments = clip.segments.segments
    assert label in [s.label for s in segments]
    assert segments[0].label == "stand"
    assert segments[0].start_s == 0
    assert segments[-1].label == "stand"
    assert segments[-1].end_s >= clip.truth.timestamps[-1]
    for a, b in pairwise(segments):
        assert a.end_s <= b.start_s + 1e-9
    assert {s.score for s in segments} == {1.0}
    assert {s.track_id for s in segments} == {0} == set(clip.segments.track_ids)


def test_a_boundary_is_where_the_new_movement_begins() -> None:
    clip = clip_of(("stand", 2.0), ("jumping_jack", 3.0), seed=5)
    t = clip.truth.timestamps
    wrist = joint(clip, "left_wrist")
    speed = np.linalg.norm(np.diff(wrist, axis=0), axis=-1) * clip.fps
    before, after = speed[(t[1:] > 0.5) & (t[1:] < 2.0)], speed[(t[1:] > 2.0) & (t[1:] < 2.6)]
    assert before.max() < 0.25
    assert after.max() > 1.5


def test_ways_to_the_floor_and_up_have_no_segment() -> None:
    clip = clip_of(("stand", 1.0), ("push_up", 4.0), ("stand", 1.0), seed=1, yaw_deg=90)
    stand, push, again = clip.segments.segments
    assert push.start_s - stand.end_s > 1.0
    assert again.start_s - push.end_s > 1.0
    assert clip.segments.at(0, (stand.end_s + push.start_s) / 2) is None


def test_after_a_fall_comes_lying() -> None:
    clip = clip_of(("stand", 1.0), ("fall", 5.0), seed=3)
    assert [s.label for s in clip.segments.segments] == ["stand", "fall", "lie"]
    lying = clip.truth.timestamps > clip.segments.segments[2].start_s + 0.2
    assert joint(clip, "pelvis")[lying, 1].max() < 0.35
    assert joint(clip, "head")[lying, 1].max() < 0.4


def test_the_walk_before_a_trip_is_named() -> None:
    clip = clip_of(("stand", 1.0), ("fall", 5.0), seed=2)
    assert [s.label for s in clip.segments.segments] == ["stand", "walk", "fall", "lie"]
    high, t = joint(clip, "pelvis")[:, 1], clip.truth.timestamps
    assert high[t < clip.segments.segments[2].start_s].min() > 0.9 * high[0]


def test_a_crouch_is_named_while_it_is_low_and_then_is_standing_up() -> None:
    for seed in range(6):
        clip = clip_of(("stand", 1.0), ("crouch", 4.0), ("stand", 1.0), seed=seed)
        assert [s.label for s in clip.segments.segments] == ["stand", "crouch", "stand_up", "stand"]
        low = clip.segments.segments[1]
        t, high = clip.truth.timestamps, joint(clip, "pelvis")[:, 1]
        assert high[(t > low.start_s + 0.2) & (t < low.end_s - 0.2)].max() < 0.85 * high[0]


@pytest.mark.parametrize("label", ["plank", "mountain_climber"])
def test_on_the_floor_the_hands_stay_where_they_were_put(label: str) -> None:
    for seed in range(3):
        clip = clip_of((label, 3.0), seed=seed, yaw_deg=90)
        wrists = np.stack([joint(clip, f"{side}_wrist") for side in ("left", "right")])
        assert joint(clip, "neck")[:, 1].max() < 0.8
        assert wrists[:, 20:, 1].min() < 0.1


@pytest.mark.parametrize(
    ("label", "low", "high"),
    [("lunge", 0.1, 0.55), ("burpee", 0.4, 0.75), ("squat", 0.25, 0.6), ("pull_up", 0.25, 0.6)],
)
def test_hips_go_as_far_as_the_exercise_asks(label: str, low: float, high: float) -> None:
    for seed in range(4):
        clip = clip_of((label, 5.0), seed=seed)
        ahead = joint(clip, "pelvis")[int(clip.fps) :, 1]
        assert low < np.ptp(ahead) / joint(clip, "pelvis")[0, 1] < high + 0.6 * (label == "burpee")


def test_planted_feet_stay_in_exercises_of_arms_and_trunk() -> None:
    for label in ("biceps_curl", "overhead_press", "arm_circles", "strum_guitar", "drink", "gesture"):
        clip = clip_of((label, 4.0), seed=2)
        for side in ("left", "right"):
            assert np.ptp(joint(clip, f"{side}_ankle")[20:], axis=0).max() < 0.005


@pytest.mark.parametrize("seed", range(8))
def test_a_fall_takes_about_as_long_as_falling_does(seed: int) -> None:
    clip = clip_of(("stand", 1.0), ("fall", 4.0), seed=seed)
    high = joint(clip, "pelvis")[:, 1]
    below = [int(np.argmax(high < share * high[0])) for share in (0.9, 0.3)]
    assert 0.25 < (below[1] - below[0]) / clip.fps < 0.9


def test_between_sitting_and_standing_the_way_is_named() -> None:
    clip = clip_of(("stand", 1.0), ("sit", 3.0), ("stand", 1.0), seed=2)
    assert [s.label for s in clip.segments.segments] == ["stand", "sit_down", "sit", "stand_up", "stand"]
    middle = clip.segments.segments[2]
    t = clip.truth.timestamps
    sitting = (t > middle.start_s + 0.5) & (t < middle.end_s)
    assert np.ptp(joint(clip, "pelvis")[sitting, 1]) < 0.03


@pytest.mark.parametrize(
    ("label", "name", "axis", "low", "high"),
    [
        ("jumping_jack", "left_wrist", 1, 0.7, 1.4),
        ("squat", "pelvis", 1, 0.3, 0.75),
        ("push_up", "neck", 1, 0.4, 0.8),
        ("sit_up", "neck", 1, 0.28, 0.6),
    ],
)
def test_tempo_is_that_of_people(label: str, name: str, axis: int, low: float, high: float) -> None:
    for seed in range(4):
        clip = clip_of((label, 8.0), seed=seed)
        assert low <= rate_of(joint(clip, name)[:, axis], clip.fps) <= high


def test_running_and_walking_have_the_cadence_of_people() -> None:
    for label, low, high in (("run", 1.1, 1.7), ("walk", 0.65, 1.15)):
        for seed in range(4):
            clip = clip_of((label, 8.0), seed=seed)
            stride = joint(clip, "left_ankle")[:, 1] - joint(clip, "right_ankle")[:, 1]
            assert low <= rate_of(stride, 30) <= high


def test_hands_wave_and_clap_at_a_natural_rate() -> None:
    for seed in range(4):
        wave = clip_of(("wave_two_hands", 6.0), seed=seed, yaw_deg=0)
        # Whole arms wave slower than hands.
        assert 0.45 < rate_of(joint(wave, "left_wrist")[30:, 0], 30) < 2.9
        clap = clip_of(("clap", 6.0), seed=seed, yaw_deg=0)
        gap = np.linalg.norm(joint(clap, "left_wrist") - joint(clap, "right_wrist"), axis=-1)[30:]
        assert 1.5 < rate_of(gap, 30) < 3.5
        assert gap.min() < 0.12


def test_one_hand_waves_above_the_shoulder_and_the_other_hangs() -> None:
    clip = clip_of(("wave_one_hand", 3.0), seed=4, yaw_deg=0)
    above = [
        (joint(clip, f"{s}_wrist")[30:, 1] > joint(clip, f"{s}_shoulder")[30:, 1]).mean()
        for s in ("left", "right")
    ]
    assert sorted(above) == [0.0, 1.0]


@pytest.mark.parametrize("label", ["stand", "wave_one_hand", "clap", "squat", "bend", "pick_up"])
def test_standing_feet_do_not_slide(label: str) -> None:
    clip = clip_of((label, 4.0), seed=6)
    for side in ("left", "right"):
        assert np.ptp(joint(clip, f"{side}_ankle"), axis=0).max() < 0.005


def test_walking_feet_are_planted_while_they_bear_the_body() -> None:
    clip = clip_of(("walk", 5.0), seed=1)
    travelled = np.linalg.norm(np.diff(joint(clip, "pelvis")[:, [0, 2]], axis=0), axis=-1).sum()
    assert travelled > 2.5
    still = []
    for side in ("left", "right"):
        step = np.linalg.norm(np.diff(joint(clip, f"{side}_ankle")[:, [0, 2]], axis=0), axis=-1)
        still.append(step < 0.004)
    # At every moment one foot or the other stands, or rolls over its ball.
    assert (still[0] | still[1]).mean() > 0.75


def test_left_is_the_actors_own_left() -> None:
    clip = clip_of(("stand", 0.5), seed=0, yaw_deg=0, pitch_deg=0)
    left, right = (clip.truth.keypoints[0, 0, COCO17.index(f"{s}_shoulder"), 0] for s in ("left", "right"))
    assert left > right
    assert clip.truth.world_m is not None
    nose, ear = (clip.truth.world_m[0, 0, COCO17.index(n), 2] for n in ("nose", "left_ear"))
    assert nose < ear  # z points away, and the face looks at the camera


def test_hidden_joints_are_less_sure() -> None:
    front, side, back = (
        clip_of(("stand", 0.5), seed=0, yaw_deg=yaw).truth.confidence[0] for yaw in (0, 90, 180)
    )
    at = COCO17.index
    assert (front[:, [at("nose"), at("left_hip"), at("right_knee"), at("left_shoulder")]] == 1).all()
    assert (side[:, [at("right_shoulder"), at("right_hip"), at("right_ear")]] == 1).all()
    assert (side[:, [at("left_shoulder"), at("left_hip"), at("left_ear")]] < 0.5).all()
    assert (back[:, [at("nose"), at("left_eye"), at("right_eye")]] < 0.5).all()
    assert front.min() > 0


def test_yaw_turns_to_the_right_of_the_picture() -> None:
    clip = clip_of(("stand", 0.5), seed=0, yaw_deg=90)
    nose, ear = (clip.truth.keypoints[0, 0, COCO17.index(n), 0] for n in ("nose", "right_ear"))
    assert nose > ear


def test_the_same_generator_gives_the_same_clip_and_another_another() -> None:
    a, b, c = (clip_of(("walk", 1.0), seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(a.truth.keypoints, b.truth.keypoints)
    assert a.segments == b.segments
    assert not np.array_equal(a.truth.keypoints[0, 0], c.truth.keypoints[0, 0])


def test_actors_keep_apart() -> None:
    for seed in range(6):
        scripts = [
            [Act("walk", 2.0), Act("wave_one_hand", 1.0)],
            [Act("jumping_jack", 2.0)],
            [Act("fall", 2.0)],
        ]
        clip = make_clip(scripts[: 2 + seed % 2], np.random.default_rng(seed))
        boxes = clip.truth.boxes()
        for left, right in pairwise(boxes):
            assert (left[:, 2] < right[:, 0]).all()
        assert clip.truth.num_persons == 2 + seed % 2
        assert {s.track_id for s in clip.segments.segments} == set(range(2 + seed % 2))


def test_frames_are_pictures_with_the_truths_time_stamps() -> None:
    clip = clip_of(("stand", 0.3), seed=1, fps=20, size_wh=(320, 240))  # type: ignore[arg-type]
    frames = list(clip.frames())
    assert [f.index for f in frames] == list(range(clip.truth.num_frames))
    assert [f.timestamp_s for f in frames] == clip.truth.timestamps.tolist()
    assert {(f.image.shape, f.image.dtype) for f in frames} == {((240, 320, 3), np.dtype(np.uint8))}
    for first, second in zip(frames, clip.frames(), strict=True):
        np.testing.assert_array_equal(first.image, second.image)


def test_the_actor_is_drawn_where_the_truth_says() -> None:
    from poseact.synth.scene import Scene

    clip = clip_of(("jumping_jack", 1.0), seed=3, noise=0, yaw_deg=0, caption=False)
    scene = Scene(clip.look)
    index = 12
    drawn = (np.abs(scene.draw(index).astype(int) - scene.backdrop) > 12).any(axis=-1)
    xy = np.round(clip.truth.keypoints[0, index]).astype(int)
    for name in COCO17.joint_names[5:]:
        x, y = xy[COCO17.index(name)]
        assert drawn[y - 2 : y + 3, x - 2 : x + 3].mean() > 0.5, name
    low, high = xy.min(axis=0) - 40, xy.max(axis=0) + 40
    # Beyond the body there is only its shadow on the floor.
    assert not drawn[:, : low[0] - 40].any()
    assert not drawn[: low[1] - 20].any()
    assert drawn.sum() < 0.8 * np.prod(high - low)


def test_the_caption_stands_in_a_corner_unless_it_is_switched_off() -> None:
    with_it, without = (
        next(iter(clip_of(("stand", 0.3), seed=2, caption=caption).frames())).image.astype(int)
        for caption in (True, False)
    )
    rows, columns = np.nonzero(np.abs(with_it - without).sum(axis=-1))
    assert len(rows) > 60
    assert rows.min() > 450
    assert columns.min() > 540


def test_noise_is_as_strong_as_asked_for() -> None:
    quiet, loud = (
        next(iter(clip_of(("stand", 0.3), seed=2, noise=noise).frames())).image[:60, :60].astype(float)
        for noise in (0, 10)
    )
    assert 7 < (loud - quiet).std() < 12


@pytest.mark.parametrize(("label", "seconds"), [("levitate", 2.0), ("walk", 0.1), ("walk", float("nan"))])
def test_an_act_that_cannot_be_is_refused(label: str, seconds: float) -> None:
    with pytest.raises(InvalidInputError, match="expected"):
        Act(label, seconds)


def test_scripts_that_cannot_be_are_refused() -> None:
    rng = np.random.default_rng(0)
    for scripts in ([], [[]]):
        with pytest.raises(InvalidInputError, match="at least one act"):
            make_clip(scripts, rng)
    with pytest.raises(InvalidInputError, match="fps"):
        make_clip([[Act("walk", 1.0)]], rng, fps=0)

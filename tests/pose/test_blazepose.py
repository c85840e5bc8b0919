"""BlazePose on the synthetic actor, whose joints are known; skipped where the weights are not."""

from itertools import islice

import numpy as np
import pytest

from poseact.errors import InvalidInputError, WeightsError
from poseact.layouts import BLAZEPOSE33, COCO17
from poseact.pose import PersonPose, PoseEstimator
from poseact.pose.blazepose import BlazePose
from poseact.pose.blazepose_detector import PersonDetector
from poseact.pose.blazepose_landmarks import LandmarkNetwork
from poseact.pose.litert import LiteRtNetwork
from poseact.synth import Act, SyntheticClip, make_clip, make_crossing_clip
from poseact.video import Frame

# Joints that a drawing shows as clearly as a photograph does.
LIMBS = [name for name in COCO17.joint_names if "ear" not in name and "eye" not in name and name != "nose"]


@pytest.fixture(scope="module")
def estimator(blazepose_weights: None) -> BlazePose:
    return BlazePose()


def errors(clip: SyntheticClip, person: int, pose: PersonPose, frame: int) -> np.ndarray:
    """Distance of the limbs' joints (12,) from the truth, in parts of the body's length on the picture."""
    truth = clip.truth.keypoints[person, frame]
    length = np.ptp(truth, axis=0).max()
    found = pose.keypoints_px[BLAZEPOSE33.indices(LIMBS)]
    return np.linalg.norm(found - truth[COCO17.indices(LIMBS)], axis=1) / length


def test_one_actor_is_followed_closely_with_one_id(estimator: BlazePose) -> None:
    clip = make_clip([[Act("jumping_jack", 2.5)]], np.random.default_rng(1), fps=12, yaw_deg=0)
    estimator.reset()
    far = []
    for frame in clip.frames():
        people = estimator.estimate(frame)
        assert [person.track_id for person in people] == [0]
        far.append(errors(clip, 0, people[0], frame.index))
    assert np.median(far) < 0.03
    assert np.percentile(far, 95) < 0.10


def test_two_actors_are_two_tracks(estimator: BlazePose) -> None:
    script = [[Act("wave_one_hand", 1.5)], [Act("squat", 1.5)]]
    clip = make_clip(script, np.random.default_rng(2), fps=10, yaw_deg=0)
    estimator.reset()
    for frame in clip.frames():
        people = estimator.estimate(frame)
        assert sorted(person.track_id for person in people) == [0, 1]
        for actor in range(2):
            assert min(np.median(errors(clip, actor, person, frame.index)) for person in people) < 0.05


def test_two_actors_who_cross_keep_their_ids(estimator: BlazePose) -> None:
    """They wear the same; in the middle, the nearer hides the farther."""
    clip = make_crossing_clip(2, np.random.default_rng(2009), fps=15, alike=True)
    estimator.reset()
    found = [estimator.estimate(frame) for frame in islice(clip.frames(), 45)]
    apart = np.diff(clip.truth.keypoints[:, :, 11, 0], axis=0)[0]
    assert apart[0] * apart[44] < 0

    def ids(frame: int) -> list[int]:
        """Track of each actor."""
        people = found[frame]
        return [
            min(people, key=lambda person: np.median(errors(clip, actor, person, frame))).track_id
            for actor in range(2)
        ]

    assert sorted(ids(0)) == [0, 1]
    assert ids(len(found) - 1) == ids(0)
    assert {person.track_id for people in found for person in people} == {0, 1}


def test_a_fall_is_followed_to_the_floor(estimator: BlazePose) -> None:
    clip = make_clip([[Act("fall", 4)]], np.random.default_rng(4), fps=12)
    estimator.reset()
    found = [estimator.estimate(frame) for frame in clip.frames()]
    assert np.mean([len(people) == 1 for people in found]) >= 0.95
    assert {person.track_id for people in found for person in people} == {0}
    assert np.median(errors(clip, 0, found[-1][0], len(found) - 1)) < 0.08


def test_world_coordinates_are_metres_around_the_hips(estimator: BlazePose) -> None:
    clip = make_clip([[Act("stand", 1)]], np.random.default_rng(6), fps=5, yaw_deg=0)
    frame = next(clip.frames())
    (person,) = estimator.estimate_image(frame.image)
    assert person.world_m is not None
    at = dict(zip(BLAZEPOSE33.joint_names, person.world_m, strict=True))
    assert np.abs(at["left_hip"] + at["right_hip"]).max() / 2 < 0.1
    assert 0.3 < at["left_ankle"][1] < 1.2, "y is down"
    assert 0.15 < np.linalg.norm(at["left_shoulder"] - at["right_shoulder"]) < 0.6
    facing_us = at["left_shoulder"][0] - at["right_shoulder"][0]
    assert facing_us > 0.1, "x is right on the picture, where the left of somebody facing us is"


def test_a_single_picture_leaves_the_video_in_progress_alone(estimator: BlazePose) -> None:
    clip = make_clip([[Act("stand", 1)]], np.random.default_rng(7), fps=10, yaw_deg=0)
    frames = list(clip.frames())
    estimator.reset()
    before = estimator.estimate(frames[0])
    assert len(estimator.estimate_image(frames[5].image)) == 1
    after = estimator.estimate(frames[1])
    assert [p.track_id for p in before] == [p.track_id for p in after] == [0]


def test_nobody_in_view_is_an_empty_list(estimator: BlazePose) -> None:
    rng = np.random.default_rng(8)
    estimator.reset()
    for i in range(4):
        noise = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
        assert estimator.estimate(Frame(noise, i / 10, i)) == []
    assert estimator.estimate_image(np.full((480, 640, 3), 127, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 400), (7, 5)])
def test_tiny_frames_do_no_harm(estimator: BlazePose, shape: tuple[int, int]) -> None:
    estimator.reset()
    for i in range(3):
        assert estimator.estimate(Frame(np.full((*shape, 3), 90, np.uint8), i / 30, i)) == []


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_rgb_picture_is_refused(estimator: BlazePose, image: np.ndarray) -> None:
    with pytest.raises(InvalidInputError, match="expected \\(height, width, 3\\) uint8"):
        estimator.estimate(Frame(image, 0.0, 0))


def test_it_is_an_estimator_of_33_joints(estimator: BlazePose) -> None:
    assert isinstance(estimator, PoseEstimator)
    assert estimator.layout is BLAZEPOSE33


def test_max_persons_must_be_positive() -> None:
    with pytest.raises(InvalidInputError, match="max_persons"):
        BlazePose(max_persons=0)


@pytest.mark.parametrize("network", [PersonDetector, LandmarkNetwork])
def test_bytes_that_are_no_model_are_one_clear_error(network: type) -> None:
    with pytest.raises(WeightsError, match="expected a"):
        network(b"this is not a tflite file, but long enough to look at")


def test_the_wrong_model_is_one_clear_error(blazepose_weights: None) -> None:
    from poseact.pose.weights import find_blazepose_weights

    found = find_blazepose_weights()
    with pytest.raises(WeightsError, match="wrong file"):
        LandmarkNetwork(found.detector)
    with pytest.raises(WeightsError, match="outputs of"):
        LiteRtNetwork(found.detector, "x", 224, [12345])

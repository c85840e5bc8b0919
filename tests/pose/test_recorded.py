from pathlib import Path

import numpy as np
import pytest

from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import COCO17
from poseact.pose import PoseCollector, create_estimator
from poseact.pose.recorded import RecordedPoses
from poseact.sequence import PoseSequence, Units
from poseact.video import Frame

TIMES = np.array([0.0, 0.04, 0.09, 0.5])


def sequence(units: Units = "px") -> PoseSequence:
    """Two people; the second is away in frames 0 and 3."""
    keypoints = np.random.default_rng(0).uniform(0, 1, (2, 4, 17, 2)).astype(np.float32)
    keypoints[1, [0, 3]] = np.nan
    return PoseSequence(
        keypoints=keypoints,
        confidence=np.where(np.isnan(keypoints[..., 0]), 0, 0.7),
        timestamps=TIMES,
        layout=COCO17,
        units=units,
        frame_size_wh=(80, 60),
        track_ids=np.array([3, 8]),
        world_m=np.where(np.isnan(keypoints[..., :1]), np.nan, np.ones((2, 4, 17, 3))),
    )


def frame(time_s: float) -> Frame:
    return Frame(np.zeros((60, 80, 3), np.uint8), time_s, 0)


def test_a_saved_sequence_comes_back_the_same(tmp_path: Path) -> None:
    poses = sequence()
    poses.save(tmp_path / "clip.poses.npz")
    estimator = create_estimator("recorded", poses=tmp_path / "clip.poses.npz")
    collector = PoseCollector(estimator.layout, (80, 60))
    for time_s in TIMES:
        collector.add(time_s, estimator.estimate(frame(time_s)))
    again = collector.sequence()
    for name in ("keypoints", "confidence", "timestamps", "track_ids", "world_m"):
        np.testing.assert_array_equal(getattr(again, name), getattr(poses, name))


def test_frames_are_matched_by_time_not_by_number() -> None:
    estimator = RecordedPoses(sequence())
    assert [p.track_id for p in estimator.estimate(frame(0.091))] == [3, 8]
    assert [p.track_id for p in estimator.estimate(frame(0.0))] == [3]
    assert estimator.estimate(frame(0.3)) == []
    assert estimator.estimate(frame(9.0)) == []


def test_the_tolerance_can_be_chosen() -> None:
    assert len(RecordedPoses(sequence(), tolerance_s=0.3).estimate(frame(0.3))) == 1


def test_normalised_poses_fill_the_picture() -> None:
    poses = sequence("normalized")
    person = RecordedPoses(poses).estimate(frame(0.04))[1]
    np.testing.assert_allclose(person.keypoints_px, poses.keypoints[1, 1] * [80, 60], rtol=1e-6)


def test_metres_alone_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="expected units px or normalized"):
        RecordedPoses(sequence("m"))


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        RecordedPoses(tmp_path / "none.npz")


def test_an_empty_sequence_has_nobody() -> None:
    assert RecordedPoses(sequence().slice_frames(0, 0)).estimate(frame(0.0)) == []

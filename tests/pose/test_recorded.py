from pathlib import Path

import numpy as np
import pytest

from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import COCO17
from poseact.pose import PoseCollector, create_estimator
from poseact.pose.recorded import RecordedPoses
from poseact.recording import Recording
from poseact.sequence import PoseSequence, Units
from poseact.video import Frame, VideoInfo

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


def even(num_frames: int, rate_hz: float = 25.0, start_s: float = 0.0) -> PoseSequence:
    """One person who stands still."""
    return PoseSequence(
        np.ones((1, num_frames, 17, 2), np.float32),
        np.ones((1, num_frames, 17), np.float32),
        start_s + np.arange(num_frames) / rate_hz,
        COCO17,
    )


def replayed(poses: RecordedPoses, num_frames: int, rate_hz: float = 25.0) -> list[str]:
    poses.reset()
    for i in range(num_frames):
        poses.estimate(frame(i / rate_hz))
    return list(poses.finish())


@pytest.mark.parametrize(
    ("recorded", "warning"),
    [
        (even(100), None),
        (even(110), None),  # a video that was cut off a little
        (even(200, 50), None),  # every second pose
        (even(60), "only 60 of 100 frames have a recorded"),
        (even(120, 30), "other time stamps"),
        (even(200), "go on for 4.0 s after the video's end"),
    ],
    ids=["same", "little longer", "denser", "shorter", "resampled", "longer"],
)
def test_poses_that_hardly_fit_the_video_are_noticed(recorded: PoseSequence, warning: str | None) -> None:
    warnings = replayed(RecordedPoses(recorded), 100)
    assert len(warnings) == (warning is not None)
    assert warning is None or warning in warnings[0]


@pytest.mark.parametrize(
    "recorded", [even(40), even(100, start_s=30), even(0)], ids=["short", "late", "empty"]
)
def test_poses_of_another_time_are_refused_at_the_end(recorded: PoseSequence) -> None:
    with pytest.raises(InvalidInputError, match=r"of 100 frames: are these the poses of another video\?"):
        replayed(RecordedPoses(recorded), 100)


def test_nothing_is_held_against_poses_that_were_never_asked_for() -> None:
    poses = RecordedPoses(even(100))
    poses.estimate(frame(50.0))
    poses.reset()
    assert poses.finish() == []


def info(path: Path) -> VideoInfo:
    return VideoInfo(str(path), 80, 60, 25.0, 4.0, 100, "h264")


def saved(path: Path, poses: PoseSequence, video: Path | None = None) -> Path:
    origin = None if video is None else {"video": vars(Recording.of(video))}
    poses.save(path, origin=origin)
    return path


def test_poses_that_tell_of_another_video_are_refused(tmp_path: Path) -> None:
    for name, content in (("a.mp4", b"a"), ("b.mp4", b"b"), ("renamed.mp4", b"a")):
        (tmp_path / name).write_bytes(content)
    saved(tmp_path / "x.npz", even(3), tmp_path / "a.mp4")
    (tmp_path / "poses").mkdir()
    saved(tmp_path / "poses" / "b.poses.npz", even(3), tmp_path / "a.mp4")  # found by its name
    for file in ("x.npz", "poses"):
        poses = RecordedPoses(tmp_path / file)
        with pytest.raises(InvalidInputError, match=r"b\.mp4: .* found in a\.mp4 .* -O any_video=true"):
            poses.begin(info(tmp_path / "b.mp4"))
    poses = RecordedPoses(tmp_path / "x.npz")
    poses.begin(info(tmp_path / "renamed.mp4"))
    poses.estimate(frame(0))
    assert poses.finish() == []


def test_poses_of_another_file_that_are_wanted_all_the_same_are_noted(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"a")
    (tmp_path / "b.mp4").write_bytes(b"bb")
    file = saved(tmp_path / "x.npz", even(3), tmp_path / "a.mp4")
    poses = create_estimator("recorded", poses=file, any_video=True)
    assert isinstance(poses, RecordedPoses)
    for video, num_warnings in (("a.mp4", 0), ("b.mp4", 1), ("a.mp4", 0)):
        poses.reset()
        poses.begin(info(tmp_path / video))
        poses.estimate(frame(0))
        warnings = poses.finish()
        assert len(warnings) == num_warnings
        assert all("were found in a.mp4 (1 bytes)" in warning for warning in warnings)


def test_a_folder_holds_the_poses_of_many_videos(tmp_path: Path) -> None:
    """Found by what they tell of, else by name."""
    for number, name in enumerate(("a.mp4", "b.mp4", "sub/b.mp4")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(bytes(number))
    folder = tmp_path / "poses"
    folder.mkdir()
    saved(folder / "a.poses.npz", even(3))
    saved(folder / "b.poses.npz", even(4), tmp_path / "b.mp4")
    saved(folder / "b_mp4.poses.npz", even(5), tmp_path / "sub" / "b.mp4")
    estimator = create_estimator("recorded", poses=folder)
    assert isinstance(estimator, RecordedPoses)
    assert not estimator.is_of_one_recording
    for name, num_poses in (("a.mp4", 3), ("b.mp4", 4), ("sub/b.mp4", 5)):
        estimator.reset()
        estimator.begin(info(tmp_path / name))
        assert sum(len(estimator.estimate(frame(i / 25))) for i in range(9)) == num_poses
    (tmp_path / "c.mp4").write_bytes(b"c")
    with pytest.raises(SourceError, match=r"expected .*c\.poses\.npz"):
        estimator.begin(info(tmp_path / "c.mp4"))


def test_a_folder_without_poses_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"expected files NAME\.poses\.npz"):
        RecordedPoses(tmp_path)

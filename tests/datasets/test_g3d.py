"""G3D as cut into clips: labels, pictures and videos, and the mirror."""

from pathlib import Path

import fake_g3d
import numpy as np
import pytest
import tiny_videos

from poseact.datasets import detect_format, read_clips, read_g3d
from poseact.datasets.g3d import mirrored
from poseact.layouts import BLAZEPOSE33, COCO17
from poseact.pose_cache import PoseCache
from poseact.sequence import PoseSequence


def test_labels_and_names(tmp_path: Path) -> None:
    clips = list(read_clips(fake_g3d.make(tmp_path)))
    assert [(clip.label, clip.name) for clip in clips] == [
        *(
            ("clap", "Clap_1"),
            ("clap", "Clap_2"),
            ("flap_arms", "Flap Arms_1"),
            ("left_kick", "Left Kick_test_7"),
        )
    ]
    assert all(clip.sequence.num_frames == 3 for clip in clips)


def test_pictures_have_the_sets_rate(tmp_path: Path) -> None:
    root = fake_g3d.make(tmp_path)
    clips = list(read_g3d(root, estimator="tiny_videos:OnePerson"))
    np.testing.assert_allclose(clips[0].sequence.timestamps, [0, 1 / 30, 2 / 30])


def test_left_joints_are_the_persons_own(tmp_path: Path) -> None:
    root = fake_g3d.make(tmp_path)
    seen = tiny_videos.keep_poses(PoseCache(tmp_path / "x"), root / fake_g3d.VIDEO, seed=0)
    as_recorded = list(read_g3d(root, unmirror=False))[-1].sequence
    np.testing.assert_array_equal(as_recorded.keypoints, seen.keypoints)
    own = list(read_g3d(root))[-1].sequence
    left, right = BLAZEPOSE33.joint_names.index("left_wrist"), BLAZEPOSE33.joint_names.index("right_wrist")
    np.testing.assert_allclose(own.keypoints[0, :, left, 0], 64 - seen.keypoints[0, :, right, 0], rtol=1e-5)
    np.testing.assert_array_equal(own.keypoints[0, :, left, 1], seen.keypoints[0, :, right, 1])


@pytest.mark.parametrize(("units", "size_wh"), [("px", (640, 480)), ("normalized", None), ("m", None)])
def test_a_mirror_of_a_mirror_is_as_before(units: str, size_wh: tuple[int, int] | None) -> None:
    rng = np.random.default_rng(0)
    keypoints = rng.random((2, 4, 17, 2)).astype(np.float32)
    keypoints[0, 1, 3] = np.nan
    poses = PoseSequence(
        keypoints=keypoints,
        confidence=rng.random((2, 4, 17)).astype(np.float32),
        timestamps=np.arange(4.0),
        layout=COCO17,
        units=units,  # type: ignore[arg-type]
        frame_size_wh=size_wh,
        world_m=rng.random((2, 4, 17, 3)).astype(np.float32),
    )
    once, twice = mirrored(poses), mirrored(mirrored(poses))
    assert not np.allclose(once.keypoints, poses.keypoints, equal_nan=True)
    np.testing.assert_allclose(twice.keypoints, poses.keypoints, atol=1e-4)
    np.testing.assert_array_equal(twice.confidence, poses.confidence)
    np.testing.assert_array_equal(twice.world_m, poses.world_m)


def test_folders_of_ones_own_are_not_taken_for_it(tmp_path: Path) -> None:
    for number, name in enumerate(("clap", "flap_arms", "wave", "left_kick")):
        tiny_videos.write_video(tmp_path / name / "a.mp4", seed=number)
    assert detect_format(tmp_path).name == "video-folder"

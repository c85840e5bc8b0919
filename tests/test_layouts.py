"""Conversion between layouts by joint name."""

import itertools

import numpy as np
import pytest

from poseact.layouts import BODY13, COCO17, H36M17, KINECT20, LAYOUTS, NTU25, OPENPOSE18, convert_joints
from poseact.skeleton import SkeletonLayout


def _random(layout: SkeletonLayout, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = (2, 5, layout.num_joints)
    return rng.random((*shape, 2), np.float32), rng.random(shape, np.float32)


@pytest.mark.parametrize(
    ("source", "target"), list(itertools.product(LAYOUTS.values(), repeat=2)), ids=lambda layout: layout.name
)
def test_joints_of_both_layouts_are_copied_by_name(source: SkeletonLayout, target: SkeletonLayout) -> None:
    keypoints, confidence = _random(source)
    out, out_confidence = convert_joints(keypoints, confidence, source, target)
    assert out.shape == (2, 5, target.num_joints, 2)
    for name in set(source.joint_names) & set(target.joint_names):
        np.testing.assert_array_equal(out[..., target.index(name), :], keypoints[..., source.index(name), :])
        np.testing.assert_array_equal(
            out_confidence[..., target.index(name)], confidence[..., source.index(name)]
        )


@pytest.mark.parametrize("source", list(LAYOUTS.values()), ids=list(LAYOUTS))
def test_every_layout_gives_all_of_body13(source: SkeletonLayout) -> None:
    out, confidence = convert_joints(*_random(source), source, BODY13)
    assert np.isfinite(out).all()
    assert (confidence >= 0).all()


def test_neck_and_pelvis_are_the_middles_of_shoulders_and_hips() -> None:
    keypoints, confidence = _random(COCO17)
    to_openpose, neck_confidence = convert_joints(keypoints, confidence, COCO17, OPENPOSE18)
    shoulders = keypoints[..., COCO17.indices(["left_shoulder", "right_shoulder"]), :]
    np.testing.assert_allclose(to_openpose[..., OPENPOSE18.index("neck"), :], shoulders.mean(-2), rtol=1e-6)
    lowest = confidence[..., COCO17.indices(["left_shoulder", "right_shoulder"])].min(-1)
    np.testing.assert_array_equal(neck_confidence[..., OPENPOSE18.index("neck")], lowest)
    to_human36m, _ = convert_joints(keypoints, confidence, COCO17, H36M17)
    hips = keypoints[..., COCO17.indices(["left_hip", "right_hip"]), :]
    np.testing.assert_allclose(to_human36m[..., H36M17.index("pelvis"), :], hips.mean(-2), rtol=1e-6)


def test_one_missing_shoulder_means_no_neck() -> None:
    keypoints, confidence = _random(COCO17)
    keypoints[..., COCO17.index("left_shoulder"), :] = np.nan
    out, out_confidence = convert_joints(keypoints, confidence, COCO17, OPENPOSE18)
    assert np.isnan(out[..., OPENPOSE18.index("neck"), :]).all()
    assert (out_confidence[..., OPENPOSE18.index("neck")] == 0).all()


def test_a_head_needs_only_the_part_of_the_face_that_is_seen() -> None:
    keypoints, confidence = _random(COCO17)
    keypoints[..., COCO17.indices(["left_eye", "left_ear"]), :] = np.nan
    out, _ = convert_joints(keypoints, confidence, COCO17, BODY13)
    seen = keypoints[..., COCO17.indices(["nose", "right_eye", "right_ear"]), :].mean(-2)
    np.testing.assert_allclose(out[..., BODY13.index("head"), :], seen, rtol=1e-6)


def test_a_joint_that_cannot_be_had_is_nan() -> None:
    out, confidence = convert_joints(*_random(KINECT20), KINECT20, COCO17)
    face = COCO17.indices(["nose", "left_eye", "right_eye", "left_ear", "right_ear"])
    assert np.isnan(out[..., face, :]).all()
    assert (confidence[..., face] == 0).all()
    out, _ = convert_joints(*_random(KINECT20), KINECT20, NTU25)
    assert np.isnan(out[..., NTU25.index("left_thumb"), :]).all()


def test_conversion_leaves_its_input_alone() -> None:
    keypoints, confidence = _random(COCO17)
    before = keypoints.copy()
    out, _ = convert_joints(keypoints, confidence, COCO17, COCO17)
    out[:] = 0
    np.testing.assert_array_equal(keypoints, before)

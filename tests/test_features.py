"""Features must not depend on place, size or missing joints, and must keep falls and motion."""

import numpy as np
import pytest

from poseact.errors import InvalidInputError
from poseact.features import FeatureSettings, num_features, window_features
from poseact.layouts import BODY13

SETTINGS = FeatureSettings()
V = BODY13.num_joints
PATH = slice(2 * V, 2 * V + 2)


def windows(num: int = 3, frames: int = 32, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    body = rng.normal(size=(num, 1, V, 2))
    motion = rng.normal(size=(num, frames, V, 2)).cumsum(axis=1) * 0.02
    return (body + motion).astype(np.float32), np.ones((num, frames, V), np.float32)


def test_shape_and_type() -> None:
    features = window_features(*windows(), SETTINGS)
    assert features.shape == (3, num_features(), 32)
    assert features.dtype == np.float32
    assert features.flags.c_contiguous


def test_place_and_size_do_not_matter() -> None:
    keypoints, confidence = windows()
    expected = window_features(keypoints, confidence, SETTINGS)
    moved = window_features(keypoints * 137 + np.float32([400, 250]), confidence, SETTINGS)
    np.testing.assert_allclose(moved, expected, atol=2e-3)


def test_the_way_down_is_kept() -> None:
    keypoints, confidence = windows()
    falling = keypoints.copy()
    falling[..., 1] += np.linspace(0, 4, 32)[None, :, None]
    path = window_features(falling, confidence, SETTINGS)[:, PATH]
    assert (path[:, 1, -1] - path[:, 1, 0] > 1.5).all()
    still = window_features(keypoints, confidence, SETTINGS)[:, PATH]
    assert (np.abs(still[:, 1, -1] - still[:, 1, 0]) < 0.7).all()


def test_a_person_of_no_size_gives_finite_numbers() -> None:
    keypoints, confidence = windows()
    keypoints[0] = 5.0  # all joints in one point
    keypoints[1, :, 1:] = np.nan  # a head only
    keypoints[2] = np.nan  # nobody
    features = window_features(keypoints, confidence, SETTINGS)
    assert np.isfinite(features).all()
    assert (features[2] == 0).all()


def test_a_torso_of_no_length_does_not_blow_up_the_scale() -> None:
    keypoints, confidence = windows()
    keypoints[:, :, BODY13.indices(["left_shoulder", "right_shoulder"])] = keypoints[
        :, :, BODY13.indices(["left_hip", "right_hip"])
    ]
    assert np.abs(window_features(keypoints, confidence, SETTINGS)).max() < 10


def test_missing_joints_are_masked_and_silent() -> None:
    keypoints, confidence = windows()
    ankle = BODY13.index("left_ankle")
    by_nan = keypoints.copy()
    by_nan[:, :, ankle] = np.nan
    by_confidence = confidence.copy()
    by_confidence[:, :, ankle] = 0.01
    features = window_features(by_nan, confidence, SETTINGS)
    np.testing.assert_array_equal(features, window_features(keypoints, by_confidence, SETTINGS))
    assert (features[:, -V + ankle] == 0).all()
    assert (features[:, 2 * ankle : 2 * ankle + 2] == 0).all()
    whole = window_features(keypoints, confidence, SETTINGS)
    assert (whole[:, -V:] == 1).all()


def test_a_joint_missing_for_a_moment_is_held() -> None:
    keypoints, confidence = windows()
    keypoints[:, 10:14, 5] = np.nan
    features = window_features(keypoints, confidence, SETTINGS)
    held = features[:, 2 * 5 : 2 * 5 + 2, 9:14] + features[:, PATH, 9:14]
    # The joint stays where it was while the hips go on.
    np.testing.assert_allclose(held, np.repeat(held[..., :1], 5, axis=-1), atol=1e-4)
    assert (features[:, -V + 5, 10:14] == 0).all()


def test_hidden_hips_fall_back_to_the_shoulders() -> None:
    keypoints, confidence = windows()
    keypoints[:, :, BODY13.indices(["left_hip", "right_hip"])] = np.nan
    features = window_features(keypoints, confidence, SETTINGS)
    shoulders = [2 * BODY13.index(name) for name in ("left_shoulder", "right_shoulder")]
    np.testing.assert_allclose(features[:, shoulders].mean(axis=1), 0, atol=1e-5)


def test_windows_do_not_influence_one_another() -> None:
    keypoints, confidence = windows(5)
    keypoints[2, :, 3] = np.nan
    together = window_features(keypoints, confidence, SETTINGS)
    alone = np.concatenate(
        [window_features(keypoints[i : i + 1], confidence[i : i + 1], SETTINGS) for i in range(5)]
    )
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_wrong_shapes_are_errors() -> None:
    keypoints, confidence = windows()
    with pytest.raises(InvalidInputError, match="expected keypoints"):
        window_features(keypoints[..., :12, :], confidence, SETTINGS)
    with pytest.raises(InvalidInputError, match="expected keypoints"):
        window_features(keypoints, confidence[:, :5], SETTINGS)


def test_settings_survive_metadata_and_refuse_others() -> None:
    settings = FeatureSettings(min_confidence=0.3, fast_step=3)
    assert FeatureSettings.from_dict(settings.to_dict()) == settings
    with pytest.raises(InvalidInputError, match="expected"):
        FeatureSettings.from_dict({"min_confidence": 0.1})
    with pytest.raises(InvalidInputError, match="version"):
        FeatureSettings.from_dict(settings.to_dict() | {"version": 99})

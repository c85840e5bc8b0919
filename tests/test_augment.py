"""Augmentation: seeded, does not touch its input, and changes what it says and nothing else."""

from dataclasses import fields, replace

import numpy as np
import pytest

from poseact.augment import (
    AugmentSettings,
    augment,
    body_size,
    drop_joints,
    flip,
    jitter,
    misplaced,
    moving_camera,
    virtual_camera,
)
from poseact.layouts import BODY13

NOTHING = AugmentSettings(**{field.name: 0.0 for field in fields(AugmentSettings)})


def batch(num: int = 40, dims: int = 2, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    keypoints = (
        rng.normal(size=(num, 1, 13, dims)) + rng.normal(size=(num, 16, 13, dims)).cumsum(axis=1) * 0.02
    )
    keypoints[0, :, 3] = np.nan
    return keypoints.astype(np.float32)


def test_one_seed_one_result_and_the_input_stays() -> None:
    keypoints = batch()
    before = keypoints.copy()
    first = augment(keypoints, np.random.default_rng(7))
    np.testing.assert_array_equal(first, augment(keypoints, np.random.default_rng(7)))
    assert not np.array_equal(first, augment(keypoints, np.random.default_rng(8)), equal_nan=True)
    np.testing.assert_array_equal(keypoints, before)
    assert first.dtype == np.float32
    assert first.shape == keypoints.shape


def test_nothing_asked_nothing_changed() -> None:
    keypoints = batch()
    np.testing.assert_allclose(augment(keypoints, np.random.default_rng(0), NOTHING), keypoints, atol=1e-5)


@pytest.mark.parametrize("field", [f.name for f in fields(AugmentSettings)])
def test_every_setting_does_something(field: str) -> None:
    keypoints = batch()
    settings = replace(NOTHING, **{field: 1.0 if field.endswith("chance") else 0.2})
    changed = augment(keypoints, np.random.default_rng(0), settings)
    assert not np.allclose(changed, keypoints, atol=1e-4, equal_nan=True)


def test_flip_undoes_itself_and_exchanges_sides() -> None:
    keypoints = batch()
    every = np.ones(len(keypoints), bool)
    mirrored = flip(keypoints, every)
    np.testing.assert_array_equal(flip(mirrored, every), keypoints)
    left, right = BODY13.index("left_wrist"), BODY13.index("right_wrist")
    np.testing.assert_array_equal(mirrored[..., left, 0], -keypoints[..., right, 0])
    np.testing.assert_array_equal(mirrored[..., left, 1], keypoints[..., right, 1])
    np.testing.assert_array_equal(flip(keypoints, ~every), keypoints)


def test_missing_stays_missing() -> None:
    keypoints = batch()
    changed = augment(keypoints, np.random.default_rng(0), replace(AugmentSettings(), flip_chance=0.0))
    assert np.isnan(changed[0, :, 3]).all()


def test_dropping_leaves_somebody() -> None:
    settings = replace(
        NOTHING, joint_drop_chance=1.0, leg_drop_chance=1.0, arm_drop_chance=1.0, span_drop_chance=1.0
    )
    dropped = drop_joints(batch(300), np.random.default_rng(0), settings)
    seen = np.isfinite(dropped).all(axis=-1).mean(axis=(1, 2))
    assert seen.min() >= 0.2
    legs = replace(NOTHING, leg_drop_chance=1.0)
    hidden = np.isnan(drop_joints(batch(), np.random.default_rng(0), legs)[1:]).all(axis=(0, 1, 3))
    assert [BODY13.joint_names[i] for i in np.flatnonzero(hidden)] == [
        "left_knee",
        "right_knee",
        "left_ankle",
        "right_ankle",
    ]


def test_jitter_is_in_body_sizes() -> None:
    keypoints = batch(200)[1:]
    small = jitter(keypoints, np.random.default_rng(0), 0.1, 0.0) - keypoints
    large = jitter(keypoints * 100, np.random.default_rng(0), 0.1, 0.0) - keypoints * 100
    np.testing.assert_allclose(large, small * 100, rtol=1e-2, atol=1e-2)
    relative = small.std() / body_size(keypoints)[1].mean()
    assert 0.02 < relative < 0.1


def test_a_moving_camera_moves_and_scales_the_whole_body() -> None:
    still = np.repeat(batch(60)[1:, :1], 16, axis=1)
    _, size = body_size(still)
    filmed = moving_camera(still, np.random.default_rng(0), 0.3, 0.1)
    at_rest = np.abs(filmed - still).max(axis=(1, 2, 3)) < 1e-5
    assert 0.3 < at_rest.mean() < 0.7
    way = (filmed[:, -1] - filmed[:, 0]).mean(axis=1) / size[:, 0, 0]
    assert np.abs(way[:, 0]).max() == pytest.approx(0.3, abs=0.05)
    assert np.abs(way[:, 1]).max() < 0.15
    spread = filmed.std(axis=2).mean(axis=-1)
    growth = np.log(spread[:, -1] / spread[:, 0])
    assert 0.05 < np.abs(growth).max() < 0.11
    np.testing.assert_allclose(moving_camera(still, np.random.default_rng(0), 0, 0), still, atol=1e-5)


def test_half_of_the_windows_are_nearly_steady() -> None:
    keypoints = np.repeat(batch(400)[1:, :1], 16, axis=1)
    noise = (jitter(keypoints, np.random.default_rng(0), 0.1, 0.0) - keypoints) / body_size(keypoints)[1]
    strength = noise.std(axis=(1, 2, 3))
    assert 0.3 < (strength < 0.1 / 8).mean() < 0.7
    assert strength.max() > 0.09


def test_a_camera_in_front_sees_x_and_y() -> None:
    body = batch(5, dims=3)[1:]
    middle, size = body_size(body)
    seen = virtual_camera(
        body, np.random.default_rng(0), yaw_deg=0.0, pitch_deg=(0.0, 0.0), distance=(1e6, 1e6)
    )
    np.testing.assert_allclose(seen, ((body - middle) / size)[..., :2], atol=1e-3)


def test_cameras_turn_about_the_body_and_see_perspective() -> None:
    # Two joints on the optical axis: the nearer one leaves the middle further when seen from above.
    body = np.zeros((1, 1, 13, 3), np.float32)
    body[0, 0, :, 0] = np.linspace(-1, 1, 13)
    turned = virtual_camera(body, np.random.default_rng(3), pitch_deg=(0.0, 0.0), distance=(1e6, 1e6))
    assert 0.5 < np.ptp(turned[..., 0]) / np.ptp(body[..., 0] / body_size(body)[1][..., 0]) <= 1.0
    body[0, 0, :, 2] = np.linspace(-1, 1, 13)
    body[0, 0, :, 0] = 0.5
    body[0, 0, 6, 0] = -6.0
    near = virtual_camera(
        body, np.random.default_rng(0), yaw_deg=0.0, pitch_deg=(0.0, 0.0), distance=(2.0, 2.0)
    )
    assert near[0, 0, 0, 0] > near[0, 0, 12, 0]  # the one with smaller z is nearer, hence larger


def test_a_camera_above_sees_near_things_lower() -> None:
    body = np.zeros((1, 1, 13, 3), np.float32)
    body[0, 0, 0, 2], body[0, 0, 1, 2] = -1, 1  # near, far; y is down
    above = virtual_camera(body, np.random.default_rng(0), yaw_deg=0.0, pitch_deg=(20.0, 20.0))
    assert above[0, 0, 0, 1] > above[0, 0, 1, 1]


def test_misplaced_joints_are_off_by_as_much_in_every_frame() -> None:
    body = np.tile(np.random.default_rng(2).normal(size=(1, 1, 13, 2)).astype(np.float32), (400, 8, 1, 1))
    moved = misplaced(body, np.random.default_rng(3), 0.12) - body
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1], moved.shape), atol=1e-6)
    size = float(body_size(body[:1])[1].squeeze())
    spread = moved[:, 0].std(axis=(1, 2)) / size
    assert 0 < spread.min() < 0.02
    assert 0.1 < spread.max() < 0.16

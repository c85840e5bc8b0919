"""Training windows are changed as one whole, reproducibly, and remain people."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from poseact.layouts import BODY13
from poseact.training.batches import STILL
from poseact.training_augment import TrainAugment, augmented, seen_by_cameras

Floats = NDArray[np.float32]


def windows(num: int = 64, people: int = 1, dims: int = 2) -> Floats:
    rng = np.random.default_rng(3)
    bodies = rng.normal(size=(num, people, 1, 13, dims)) * 20
    return (bodies + np.arange(8)[:, None, None]).astype(np.float32)


def distances(points: Floats) -> Floats:
    gaps = points[..., :, None, :] - points[..., None, :, :]
    return np.asarray(np.sqrt((gaps**2).sum(axis=-1)), np.float32)


def changed(points: Floats, **settings: float) -> Floats:
    return augmented(points, np.random.default_rng(1), replace(STILL, **settings), BODY13)


def test_nothing_switched_on_changes_nothing_but_the_place() -> None:
    points = windows()
    np.testing.assert_allclose(distances(changed(points)), distances(points), atol=1e-3)


def test_a_seed_fixes_everything_and_the_input_is_left_alone() -> None:
    points = windows(people=2, dims=3)
    before = points.copy()
    settings = TrainAugment(flip=0.5, drift=0.02, drop_chance=0.3)
    first, again = (augmented(points, np.random.default_rng(5), settings, BODY13) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(points, before)
    assert not np.array_equal(
        first, augmented(points, np.random.default_rng(6), settings, BODY13), equal_nan=True
    )


@pytest.mark.parametrize("dims", [2, 3])
def test_a_turn_keeps_all_distances(dims: int) -> None:
    points = windows(people=2, dims=dims)
    turned = changed(points, rotate_deg=40, yaw_deg=60, pitch_deg=20)
    np.testing.assert_allclose(distances(turned), distances(points), rtol=1e-3, atol=1e-2)
    assert np.abs(turned - turned.mean() - (points - points.mean())).max() > 1


def test_a_mirror_image_exchanges_left_and_right() -> None:
    points = windows()
    mirrored = changed(points, flip=1.0)
    swapped = points[..., BODY13.flip_order, :] * np.array([-1, 1], np.float32)
    middle = (mirrored - swapped).mean(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(mirrored - middle, swapped, atol=1e-3)


def test_two_people_are_moved_together() -> None:
    points = windows(people=2)
    turned = changed(points, rotate_deg=40)
    together = points.reshape(64, 1, -1, 13, 2)
    between = np.linalg.norm(points[:, 0] - points[:, 1], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(turned[:, 0] - turned[:, 1], axis=-1), between, rtol=1e-3)
    assert together.shape[0] == 64


def test_people_change_rows_in_some_windows_and_all_along_them() -> None:
    points = windows(people=2)
    points[:, 1] += 1000
    order = changed(points, swap_people=1.0)[:, 0, :, 0, 0] > changed(points, swap_people=1.0)[:, 1, :, 0, 0]
    assert 0.2 < order[:, 0].mean() < 0.8
    assert (order == order[:, :1]).all()


def test_noise_has_the_strength_that_was_asked_for() -> None:
    points = windows(400)
    noise = changed(points, jitter=0.1) - changed(points)
    size = np.sqrt(
        ((points - points.mean(axis=(2, 3), keepdims=True)) ** 2).sum(axis=-1).mean(axis=(1, 2, 3))
    )
    relative = noise.std(axis=(1, 2, 3, 4)) / size
    assert relative.max() < 0.11 and 0.03 < relative.mean() < 0.07


def test_wandering_is_slow() -> None:
    drift = changed(windows(400), drift=0.5) - changed(windows(400))
    steps = np.abs(np.diff(drift, axis=2)).mean()
    assert 0 < steps < np.abs(drift - drift.mean(axis=2, keepdims=True)).mean()


def test_missing_joints_stay_missing_and_others_may_be_hidden() -> None:
    points = windows()
    points[:, :, :, 4] = np.nan
    hidden = np.isnan(changed(points, rotate_deg=10, jitter=0.01, drop_chance=1.0)).any(axis=-1)
    assert hidden[:, :, :, 4].all() and 0.1 < hidden.mean() < 0.75


def test_cameras_see_a_3d_window_from_many_sides() -> None:
    points = windows(dims=3)
    seen = seen_by_cameras(points, np.random.default_rng(0), TrainAugment(view_yaw_deg=45))
    assert seen.shape == (64, 1, 8, 13, 2) and np.isfinite(seen).all()


def test_every_setting_has_a_line_of_its_own_in_the_documentation() -> None:
    for field in fields(TrainAugment):
        assert f"        {field.name}:" in (TrainAugment.__doc__ or "").replace("    ", "        ")

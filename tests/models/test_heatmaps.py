"""Heatmaps against the paper's formula, written out joint by joint and limb by limb."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseact.layouts import get_layout
from poseact.models.heatmaps import grid_points, joint_heatmaps, limb_heatmaps

SIZE = 56
EDGES = get_layout("coco17").edge_indices
Array = NDArray[np.float32]


def people(
    num: int = 2, persons: int = 2, frames: int = 4, spread: float = 25.0, seed: int = 0
) -> tuple[Array, Array]:
    """Joints in and, with a large spread, beside the grid, some at its edges and corners."""
    rng = np.random.default_rng(seed)
    points = SIZE / 2 + rng.uniform(-spread, spread, (num, persons, frames, 17, 2))
    points[0, 0, 0, :3] = [[0, 0], [SIZE - 1, SIZE - 1], [0.49, SIZE - 0.51]]
    confidence = rng.random((num, persons, frames, 17)) * (rng.random((num, persons, frames, 17)) > 0.1)
    return points.astype(np.float32), confidence.astype(np.float32)


def joints_by_the_formula(points: Array, confidence: Array, sigma: float) -> NDArray[np.float64]:
    n, m, t, v, _ = points.shape
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float64)
    out = np.zeros((n, t, v, SIZE, SIZE))
    for i, person, frame, joint in np.ndindex(n, m, t, v):
        x, y = points[i, person, frame, joint].astype(np.float64)
        gaussian = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
        gaussian *= confidence[i, person, frame, joint]
        out[i, frame, joint] = np.maximum(out[i, frame, joint], gaussian)
    return out


def limbs_by_the_formula(points: Array, confidence: Array, sigma: float) -> NDArray[np.float64]:
    n, m, t, _, _ = points.shape
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float64)
    out = np.zeros((n, t, len(EDGES), SIZE, SIZE))
    for i, person, frame, limb in np.ndindex(n, m, t, len(EDGES)):
        a, b = points[i, person, frame, EDGES[limb]].astype(np.float64)
        way = b - a
        share = (columns - a[0]) * way[0] + (rows - a[1]) * way[1]
        share = np.clip(share / max(way @ way, 1e-30), 0, 1)
        squared = (columns - a[0] - share * way[0]) ** 2 + (rows - a[1] - share * way[1]) ** 2
        gaussian = np.exp(-squared / (2 * sigma**2)) * confidence[i, person, frame, EDGES[limb]].min()
        out[i, frame, limb] = np.maximum(out[i, frame, limb], gaussian)
    return out


def ours(points: Array, confidence: Array, sigma: float, kind: str = "joint") -> Array:
    arrays = torch.from_numpy(points), torch.from_numpy(confidence)
    if kind == "joint":
        return joint_heatmaps(*arrays, SIZE, sigma).numpy()
    return limb_heatmaps(*arrays, torch.from_numpy(EDGES), SIZE, sigma).numpy()


@pytest.mark.parametrize("sigma", [0.3, 0.6, 12.0])
@pytest.mark.parametrize("spread", [3.0, 25.0, 45.0])
def test_joints_are_the_closed_form(sigma: float, spread: float) -> None:
    points, confidence = people(spread=spread)
    expected = joints_by_the_formula(points, confidence, sigma)
    assert np.abs(ours(points, confidence, sigma) - expected).max() <= 1e-6


@pytest.mark.parametrize("sigma", [0.3, 0.6, 12.0])
@pytest.mark.parametrize("spread", [1e-7, 1.0, 20.0])
def test_limbs_are_the_closed_form(sigma: float, spread: float) -> None:
    points, confidence = people(spread=spread)
    points[1, 1, 1] = points[1, 1, 1, :1]  # limbs of no length
    points[1, 0, 1, :, 0] = 20.0  # upright limbs
    points[1, 0, 2, :, 1] = 20.5  # level limbs
    points[1, 0, 3, :, 1] = points[1, 0, 3, :, 0]  # limbs at 45 degrees
    expected = limbs_by_the_formula(points, confidence, sigma)
    assert np.abs(ours(points, confidence, sigma, "limb") - expected).max() <= 1e-6


def test_limbs_beyond_the_grid_are_seen_where_they_cross_it() -> None:
    points, confidence = people(spread=60.0)
    found = ours(points, confidence, 0.6, "limb")
    assert np.abs(found - limbs_by_the_formula(points, confidence, 0.6)).max() <= 1e-6
    assert found.max() > 0.9


@pytest.mark.parametrize("kind", ["joint", "limb"])
def test_people_are_joined_by_the_maximum_and_who_is_not_seen_leaves_no_trace(kind: str) -> None:
    points, confidence = people()
    both = ours(points, confidence, 0.6, kind)
    alone = [ours(points[:, i : i + 1], confidence[:, i : i + 1], 0.6, kind) for i in (0, 1)]
    assert np.array_equal(both, np.maximum(*alone))
    confidence[:, 1] = 0
    assert np.array_equal(ours(points, confidence, 0.6, kind), alone[0])
    assert not ours(points, 0 * confidence, 0.6, kind).any()


def test_a_joint_in_the_middle_of_a_cell_is_as_high_as_its_confidence() -> None:
    points = np.full((1, 1, 1, 17, 2), (20, 30), np.float32)
    found = ours(points, np.full((1, 1, 1, 17), 0.7, np.float32), 0.6)
    assert found[0, 0, 5, 30, 20] == pytest.approx(0.7)  # row y, column x
    assert np.unravel_index(found[0, 0, 5].argmax(), (SIZE, SIZE)) == (30, 20)


@pytest.mark.parametrize("kind", ["joint", "limb"])
def test_far_away_joints_do_no_harm(kind: str) -> None:
    points, confidence = people()
    points[0, 0, 0, 4:] = 1e12
    found = ours(points, confidence, 0.6, kind)
    assert np.isfinite(found).all() and found.min() >= 0 and found.max() <= 1


def test_the_square_holds_all_people_of_the_window_and_keeps_their_aspect() -> None:
    rng = np.random.default_rng(1)
    keypoints = torch.from_numpy(rng.normal(size=(3, 2, 5, 17, 2)) * [3, 1]).float()
    mask = torch.ones(3, 2, 5, 17)
    keypoints[0, 1, 2, 4], mask[0, 1, 2, 4] = 1e6, 0  # missing: must not count
    cells = grid_points(keypoints, mask, SIZE, 0.0)
    seen = cells[0][mask[0] > 0]
    assert seen.amin(0)[0] == pytest.approx(-0.5, abs=1e-4)
    assert seen.amax(0)[0] == pytest.approx(SIZE - 0.5, abs=1e-4)
    assert (seen.amin(0) + seen.amax(0)).numpy() == pytest.approx([SIZE - 1] * 2, abs=1e-3)
    ways, steps = cells[1, 0, 0, 1:] - cells[1, 0, 0, :-1], keypoints[1, 0, 0, 1:] - keypoints[1, 0, 0, :-1]
    scales = (ways / steps).flatten().numpy()
    assert scales == pytest.approx(np.full_like(scales, scales[0]), rel=1e-2)


def test_padding_leaves_room_around_the_people() -> None:
    keypoints = torch.tensor([[0.0, 0.0], [2.0, 1.0]]).reshape(1, 1, 1, 2, 2)
    cells = grid_points(keypoints, torch.ones(1, 1, 1, 2), 50, 0.25)
    width = float(cells[..., 1, 0] - cells[..., 0, 0])
    assert width == pytest.approx(40.0)


def test_place_unit_and_depth_make_no_difference_to_the_grid() -> None:
    keypoints = torch.randn(2, 1, 4, 17, 3)
    mask = torch.ones(2, 1, 4, 17)
    moved = keypoints * 100 + 7
    moved[..., 2] = 0
    assert torch.allclose(
        grid_points(keypoints, mask, SIZE, 0.25), grid_points(moved, mask, SIZE, 0.25), atol=1e-3
    )


def test_nobody_and_a_single_point_give_numbers() -> None:
    keypoints = torch.zeros(2, 1, 4, 17, 2)
    mask = torch.zeros(2, 1, 4, 17)
    keypoints[1], mask[1] = 5.0, 1.0
    cells = grid_points(keypoints, mask, SIZE, 0.25)
    assert cells[1].isfinite().all() and torch.allclose(cells[1], torch.tensor((SIZE - 1) / 2))
    maps = joint_heatmaps(cells, mask, SIZE, 0.6)
    assert not maps[0].any() and maps[1].amax() > 0

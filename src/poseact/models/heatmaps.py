"""Heatmaps of joints and limbs, made inside a network from coordinates and never stored.

Duan et al., "Revisiting Skeleton-based Action Recognition", CVPR 2022, section 3.2: a joint is a Gaussian
about it, as high as its confidence; a limb is a Gaussian of the distance to the line between its two
joints, as high as the less certain of them; where people overlap, the larger value counts.
"""

import math

import torch
from torch import Tensor

# So many sigmas away a Gaussian is below 3e-7 and is left out.
_REACH = 5.5
_TINY = 1e-6
# Beyond any coordinate, in whatever unit.
_FAR = 1e18


def grid_points(keypoints: Tensor, mask: Tensor, size: int, padding: float) -> Tensor:
    """Where keypoints are on a grid about all people of a window: one square for all its frames.

    The square is as large as the longer side of the box around all joints seen, and `padding`
    of that more; aspect is kept.

    Args:
        keypoints: (N, M, T, V, C), of which x and y are used.
        mask: (N, M, T, V), 0 where a joint is missing.
        size: Of the grid, whose cells are at 0 to `size` - 1.
        padding: Share of the box's longer side.

    Returns:
        (N, M, T, V, 2) in cells. Where nobody is seen, they mean nothing.
    """
    points = keypoints[..., :2]
    seen = (mask > 0)[..., None]
    far = torch.full_like(points, _FAR)
    low = torch.where(seen, points, far).amin(dim=(1, 2, 3), keepdim=True)
    high = torch.where(seen, points, -far).amax(dim=(1, 2, 3), keepdim=True)
    half = (high - low).amax(dim=4, keepdim=True) * (0.5 * (1 + padding))
    half = torch.where(half > _TINY, half, torch.ones_like(half))  # one point, or nobody
    return (points - (low + high) / 2) / half * (size / 2) + (size - 1) / 2


def joint_heatmaps(points: Tensor, confidence: Tensor, size: int, sigma: float) -> Tensor:
    """A Gaussian about each joint, equal to the closed form on the whole grid to 1e-6.

    Only a patch about each joint is computed and written, the rest is 0. Joints outside the
    grid reach into it as far as their Gaussian does.

    Args:
        points: (N, M, T, V, 2), x and y in cells of the grid, whose cells are at 0 to `size` - 1.
        confidence: (N, M, T, V), the height.
        size: Of the square grid.
        sigma: Width of the Gaussian, in cells.

    Returns:
        (N, V, T, size, size), rows before columns.
    """
    points, height = points.transpose(2, 3), confidence.transpose(2, 3)  # (N, M, V, T, 2), (N, M, V, T)
    n, num_people, v, t, _ = points.shape
    side = min(2 * math.ceil(_REACH * sigma - 0.5) + 1, size)
    # A patch is moved inwards rather than cut at the edge, so that all are of one size.
    first = (points.round() - side // 2).clamp(0, size - side)
    cells = first[..., None] + torch.arange(side, dtype=points.dtype, device=points.device)
    ridges = torch.exp((cells - points[..., None]).square() * (-0.5 / sigma**2))  # (N, M, V, T, 2, side)
    across, down = ridges[..., 0, None, :], ridges[..., 1, :, None]
    values = (down * (across * height[..., None, None])).flatten(4)
    cells = cells.long()
    places = (cells[..., 1, :, None] * size + cells[..., 0, None, :]).flatten(4)
    maps = _written(places[:, 0], values[:, 0], size)
    for person in range(1, num_people):
        maps = torch.maximum(maps, _written(places[:, person], values[:, person], size))
    return maps.view(n, v, t, size, size)


def limb_heatmaps(points: Tensor, confidence: Tensor, edges: Tensor, size: int, sigma: float) -> Tensor:
    """A Gaussian of the distance to each limb, equal to the closed form on the whole grid to 1e-6.

    Only a band along each limb is computed and written. Along its longer axis a limb crosses
    each line of the grid at most once, at 45 degrees or steeper, so that one width does for all.

    Args:
        points: (N, M, T, V, 2), as in `joint_heatmaps`.
        confidence: (N, M, T, V); the height is the lower one of the two ends'.
        edges: (E, 2) joints between which the limbs are.
        size: Of the square grid.
        sigma: Width of the Gaussian, in cells.

    Returns:
        (N, E, T, size, size), rows before columns.
    """
    n, num_people, t, _, _ = points.shape
    # (N, M, E, T, 2 ends, 2), and (N, M, E, T)
    ends = torch.stack([points.index_select(3, edges[:, i]) for i in (0, 1)], dim=4).transpose(2, 3)
    height = torch.minimum(*(confidence.index_select(3, edges[:, i]) for i in (0, 1))).transpose(2, 3)
    is_wide = (ends[..., 1, :] - ends[..., 0, :]).abs()
    is_wide = (is_wide[..., 0] >= is_wide[..., 1])[..., None]  # (N, M, E, T, 1): runs along the columns
    major = torch.where(is_wide, ends[..., 0], ends[..., 1])  # (N, M, E, T, 2 ends)
    minor = torch.where(is_wide, ends[..., 1], ends[..., 0])
    squares, cells = _squared_distances(major, minor, size, sigma)
    values = torch.exp(squares * (-0.5 / sigma**2)) * height[..., None, None]
    lines = torch.arange(size, device=points.device)[:, None]
    is_wide = is_wide[..., None]
    places = torch.where(is_wide, cells * size + lines, lines * size + cells).flatten(4)
    values = values.flatten(4)
    maps = _written(places[:, 0], values[:, 0], size)
    for person in range(1, num_people):
        maps = torch.maximum(maps, _written(places[:, person], values[:, person], size))
    return maps.view(n, len(edges), t, size, size)


def _squared_distances(major: Tensor, minor: Tensor, size: int, sigma: float) -> tuple[Tensor, Tensor]:
    """Of the cells in a band along each limb to it.

    Args:
        major: (..., 2 ends), along the axis on which the limb is longer.
        minor: (..., 2 ends), along the other one.
        size: Number of lines across the major axis.
        sigma: Of the Gaussian.

    Returns:
        Squared distances (..., size, width), and the cells' index on the minor axis.
    """
    run, rise = major[..., 1:] - major[..., :1], minor[..., 1:] - minor[..., :1]
    length = (run.square() + rise.square()).sqrt()
    is_point = length < _TINY
    # What is no longer than a point is taken to lie along the major axis.
    cosine = torch.where(is_point, torch.ones_like(run), run / length.clamp_min(_TINY))
    sine = torch.where(is_point, torch.zeros_like(run), rise / length.clamp_min(_TINY))
    lines = torch.arange(size, dtype=major.dtype, device=major.device)
    # Everything is measured from the nearer end: far from an end float32 would not keep to 1e-6.
    at_first = (lines - major[..., :1]).abs() < (lines - major[..., 1:]).abs()  # (..., size)
    along = lines - torch.where(at_first, major[..., :1], major[..., 1:])
    start = torch.where(at_first, minor[..., :1], minor[..., 1:])
    outward = torch.where(at_first, -torch.ones_like(along), torch.ones_like(along))
    inside = torch.where(along * outward * cosine > 0, torch.zeros_like(along), along)
    side = min(2 * math.ceil(_REACH * sigma * math.sqrt(2) - 0.5) + 1, size)
    first = (start + inside * (sine / cosine)).round() - side // 2
    steps = torch.arange(side, dtype=major.dtype, device=major.device)
    cells = first.clamp(0, size - side)[..., None] + steps  # (..., size, side)
    across = cells - start[..., None]
    aside = across * cosine[..., None] - (along * sine)[..., None]
    beyond = (across * sine[..., None] + (along * cosine)[..., None]) * outward[..., None]
    beyond = torch.maximum(beyond, -beyond - length[..., None]).clamp_min(0)
    return aside.square() + beyond.square(), cells.long()


def _written(places: Tensor, values: Tensor, size: int) -> Tensor:
    """Maps (N, V, T, size * size) that are 0 but for the values at their places."""
    n, v, t, _ = places.shape
    empty = torch.zeros(n, v, t, size * size, dtype=values.dtype, device=values.device)
    return empty.scatter_(3, places, values)

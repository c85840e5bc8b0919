"""Heatmaps of joints and limbs, made inside a network from coordinates and never stored.

Duan et al., "Revisiting Skeleton-based Action Recognition", CVPR 2022, section 3.2: a joint is a Gaussian
about it, as high as its confidence; a limb is a Gaussian of the distance to the line between its two
joints, as high as the less certain of them; where people overlap, the larger value counts.
"""

import math

import torch
from torch import Tensor

# So many sigmas away a Gaussian is below 8e-7 and is left out.
_REACH = 5.3
_TINY = 1e-6
# A joint's Gaussian is the product of two that end in zeros: numbers next to the smallest are slow.
_NOTHING = 1e-8
_LEAST_POWER = -20.0  # e to it is less than that
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

    It is the product of one over the columns and one over the rows. Joints outside the grid reach
    into it as far as their Gaussian does.

    Args:
        points: (N, M, T, V, 2), x and y in cells of the grid, whose cells are at 0 to `size` - 1.
        confidence: (N, M, T, V), the height.
        size: Of the square grid.
        sigma: Width of the Gaussian, in cells.

    Returns:
        (N, T, V, size, size), rows before columns.
    """
    cells = torch.arange(size, dtype=points.dtype, device=points.device)
    powers = ((cells - points[..., None]).square() * (-0.5 / sigma**2)).clamp_min(_LEAST_POWER)
    ridges = (powers.exp() - _NOTHING).clamp_min(0)  # (N, M, T, V, 2, size)
    across, down = ridges[..., 0, None, :], (ridges[..., 1, :] * confidence[..., None])[..., None]
    maps = down[:, 0] * across[:, 0]
    for person in range(1, points.shape[1]):
        maps = torch.maximum(maps, down[:, person] * across[:, person])
    return maps


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
        (N, T, E, size, size), rows before columns.
    """
    maps = _limbs_of_one(points[:, 0], confidence[:, 0], edges, size, sigma)
    for person in range(1, points.shape[1]):
        others = _limbs_of_one(points[:, person], confidence[:, person], edges, size, sigma)
        maps = torch.maximum(maps, others)
    return maps


def _limbs_of_one(points: Tensor, confidence: Tensor, edges: Tensor, size: int, sigma: float) -> Tensor:
    """(N, T, V, 2) and (N, T, V) -> (N, T, E, size, size)."""
    ends = torch.stack([points.index_select(2, edges[:, i]) for i in (0, 1)]).flatten(1, 3)
    height = torch.minimum(*(confidence.index_select(2, edges[:, i]) for i in (0, 1))).flatten()
    way = (ends[1] - ends[0]).abs()
    is_wide = way[:, 0] >= way[:, 1]  # (limbs,): runs along the columns
    major, minor = (torch.where(is_wide, ends[..., i], ends[..., 1 - i]) for i in (0, 1))  # (2, limbs)
    reach = _REACH * sigma
    lines = torch.arange(size, dtype=points.dtype, device=points.device)
    low = torch.where(height > 0, torch.minimum(major[0], major[1]) - reach, _FAR)
    high = torch.maximum(major[0], major[1]) + reach
    spanned = (lines >= low[:, None]) & (lines <= high[:, None])
    limb, line = spanned.nonzero().unbind(1)  # (L,): lines, of all limbs
    width = min(2 * math.ceil(reach * math.sqrt(2) - 0.5) + 1, size)
    first, bands = _bands(_frames_of(major, minor).index_select(1, limb), line, size, width, reach)
    aside, aside_step, beyond, beyond_step, inner = (bands * (math.sqrt(0.5) / sigma)).to(points.dtype)
    offsets = torch.arange(width, device=points.device)[:, None]
    steps = (offsets - width // 2).to(points.dtype)  # (width, 1); rows of lines are long, thus quick
    away = torch.addcmul(aside, steps, aside_step)
    past = torch.addcmul(beyond, steps, beyond_step).abs_().sub_(inner).clamp_min_(0)
    power = height.index_select(0, limb).log()
    values = torch.addcmul(power, away, away, value=-1).addcmul_(past, past, value=-1).exp_()
    across = is_wide.index_select(0, limb)
    start = torch.where(across, first * size + line, line * size + first) + limb * size**2
    cells = (offsets * torch.where(across, size, 1)).add_(start)
    maps = torch.zeros(height.shape[0] * size**2, dtype=points.dtype, device=points.device)
    maps = maps.scatter_(0, cells.flatten(), values.flatten())
    return maps.view(-1, points.shape[1], len(edges), size, size)


def _frames_of(major: Tensor, minor: Tensor) -> Tensor:
    """Of limbs from the lower end of their major axis, (2 ends, limbs) -> what `_bands` takes (6, limbs).

    In double precision: far from an end, single precision would not keep to 1e-6.
    """
    major, minor = major.double(), minor.double()
    falls = major[0] > major[1]
    low, start = torch.minimum(major[0], major[1]), torch.where(falls, minor[1], minor[0])
    run = (major[1] - major[0]).abs()
    rise = torch.where(falls, minor[0] - minor[1], minor[1] - minor[0])
    length = (run.square() + rise.square()).sqrt()
    # What is no longer than a point is taken to lie along the major axis.
    is_point = length < _TINY
    cosine = torch.where(is_point, 1.0, run / length.clamp_min(_TINY))
    sine = torch.where(is_point, 0.0, rise / length.clamp_min(_TINY))
    return torch.stack([low, start, run, cosine, sine, length])


def _bands(limbs: Tensor, line: Tensor, size: int, width: int, reach: float) -> tuple[Tensor, Tensor]:
    """Where bands of cells along limbs are, and how far their cells are from the limb.

    Args:
        limbs: (6, L) of the limb of each line, see `_frames_of`.
        line: (L,) on the major axis.
        size: Of the grid.
        width: Cells of a band.
        reach: So many cells away nothing is left.

    Returns:
        First cell of each band, (L,), and (5, L): for the cell in the band's middle its distance to the
        limb's line and what each next cell adds to it; the same for its place along the limb,
        outwards from a point near the nearer end; how far that point is from the end.
    """
    low, start, run, cosine, sine, length = limbs.unbind(0)
    half = width // 2
    along = line - low
    inside = along.clamp_min(0).minimum(run)
    crossing = start + inside * (sine / cosine)
    first = (crossing.round() - half).clamp(0, size - width)
    middle = first + half - crossing
    aside = (inside - along) * sine + middle * cosine
    # Measured from the nearer end, the numbers stay small where an end is near; elsewhere all that counts is
    # that the end is out of reach.
    at_second = along > run / 2
    outward = torch.where(at_second, sine, -sine)
    along = along * cosine + (crossing - start) * sine
    along = torch.where(at_second, along - length, -along)
    inner = (length / 2).clamp_max(reach + 1)
    beyond = along.maximum(-inner) + inner + middle * outward
    return first.long(), torch.stack([aside, cosine, beyond, outward, inner])

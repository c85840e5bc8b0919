"""Augmentation: the same action as another person, camera or pose estimator would have given it.

All functions take batches of windows, keypoints (N, T, V, C) with NaN = missing, return new arrays,
and draw every random number from the Generator they are given, so that a seed fixes the result.
Lengths are relative to the body: root mean square distance of the joints from their mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from poseact.layouts import BODY13
from poseact.skeleton import SkeletonLayout

Floats = NDArray[np.float32]

LEGS = ("left_knee", "right_knee", "left_ankle", "right_ankle")
ARM_SIDES = (("left_elbow", "left_wrist"), ("right_elbow", "right_wrist"))


@dataclass(frozen=True)
class AugmentSettings:
    """How strong each change is, and how often it is made (chances from 0 to 1).

    Do not flip where a class is left or right of something; the shipped classes are not.
    """

    flip_chance: float = 0.5
    rotate_deg: float = 12.0
    stretch: float = 0.15
    shear: float = 0.1
    perspective: float = 0.15
    pan: float = 0.3
    zoom: float = 0.1
    offset: float = 0.12
    jitter: float = 0.08
    drift: float = 0.04
    joint_drop_chance: float = 0.2
    leg_drop_chance: float = 0.2
    arm_drop_chance: float = 0.06
    both_arms_drop_chance: float = 0.1
    span_drop_chance: float = 0.1


def augment(
    keypoints: Floats,
    rng: np.random.Generator,
    settings: AugmentSettings | None = None,
    layout: SkeletonLayout = BODY13,
) -> Floats:
    """All changes to 2D windows (N, T, V, 2), each with its own random strength."""
    s = settings or AugmentSettings()
    num = len(keypoints)
    out = flip(keypoints, rng.random(num) < s.flip_chance, layout)
    out = _distort(out, rng, s)
    out = moving_camera(out, rng, s.pan, s.zoom)
    out = misplaced(out, rng, s.offset)
    out = jitter(out, rng, s.jitter, s.drift)
    return drop_joints(out, rng, s, layout)


def flip(keypoints: Floats, which: NDArray[np.bool_], layout: SkeletonLayout = BODY13) -> Floats:
    """Windows seen in a mirror, where `which` (N,) says so: x negated, left and right exchanged."""
    mirrored = (
        keypoints[:, :, layout.flip_order] * np.array([-1.0, 1.0, 1.0], np.float32)[: keypoints.shape[-1]]
    )
    return np.where(which[:, None, None, None], mirrored, keypoints)


def body_size(keypoints: Floats) -> tuple[Floats, Floats]:
    """Middle (N, 1, 1, C) and size (N, 1, 1, 1) of the body in each window; 0 and 1 where nobody is."""
    num, frames, joints, dims = keypoints.shape
    points = keypoints.reshape(num, frames * joints, dims)
    seen = np.isfinite(points.sum(axis=-1, keepdims=True))
    if not seen.all():
        points = np.where(seen, points, 0)
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    middle = points.sum(axis=1, keepdims=True) / count
    away = (points - middle) * seen
    size = np.sqrt(np.einsum("npc,npc->n", away, away)[:, None, None] / count)
    sizes = np.where(size > 0, size, 1).astype(np.float32)
    return middle[:, None].astype(np.float32), sizes[:, None]


def _distort(keypoints: Floats, rng: np.random.Generator, s: AugmentSettings) -> Floats:
    """A tilted camera, another lens and other proportions: rotation, stretch, shear, perspective."""
    num = len(keypoints)
    middle, size = body_size(keypoints)
    unit = (keypoints - middle) / size
    angle = np.deg2rad(rng.uniform(-s.rotate_deg, s.rotate_deg, num))
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    shape = np.zeros((num, 2, 2))
    shape[:, 0, 0] = np.exp(rng.uniform(-s.stretch, s.stretch, num))
    shape[:, 1, 1] = np.exp(rng.uniform(-s.stretch, s.stretch, num))
    shape[:, 0, 1] = rng.uniform(-s.shear, s.shear, num)
    matrix = (rotation @ shape).astype(np.float32)[:, :, :, None, None]
    x, y = unit[..., 0], unit[..., 1]
    x, y = matrix[:, 0, 0] * x + matrix[:, 0, 1] * y, matrix[:, 1, 0] * x + matrix[:, 1, 1] * y
    tilt = rng.uniform(-s.perspective, s.perspective, (num, 1, 1, 2)).astype(np.float32)
    depth = (1 + tilt[..., 0] * x.clip(-2, 2) + tilt[..., 1] * y.clip(-2, 2))[..., None]
    unit = np.stack([x, y], axis=-1)
    return cast(Floats, unit / depth * size + middle)


def moving_camera(keypoints: Floats, rng: np.random.Generator, pan: float, zoom: float) -> Floats:
    """A camera that follows or comes nearer while it films.

    Each window draws how far the picture moves from its first to its last frame (up to about `pan` body
    sizes sideways, a third of it up or down), and by what factor it grows or shrinks (logarithm up to
    `zoom`); half of the windows are filmed by a camera at rest.
    """
    num, frames = keypoints.shape[:2]
    middle, size = body_size(keypoints)
    moves = (rng.random((num, 1, 1, 1)) < 0.5).astype(np.float32)
    time = np.linspace(-0.5, 0.5, frames, dtype=np.float32)[None, :, None, None]
    way = rng.uniform(-pan, pan, (num, 1, 1, 2)) * moves * [1, 1 / 3]
    growth = rng.uniform(-zoom, zoom, (num, 1, 1, 1)) * moves
    factor = np.exp(growth.astype(np.float32) * time)
    return cast(Floats, (keypoints - middle) * factor + middle + way.astype(np.float32) * time * size)


def misplaced(keypoints: Floats, rng: np.random.Generator, offset: float) -> Floats:
    """Another definition of the joints: each is off by as much all along the window.

    Laboratories and estimators disagree about where a hip or a head is. Each window draws its own strength
    between 0 and `offset` (standard deviation, body sizes).
    """
    num, _, joints, dims = keypoints.shape
    strength = (rng.random((num, 1, 1, 1)) * offset).astype(np.float32)
    away = rng.standard_normal((num, 1, joints, dims), dtype=np.float32) * strength
    return cast(Floats, keypoints + away * body_size(keypoints)[1])


def jitter(keypoints: Floats, rng: np.random.Generator, white: float, drift: float) -> Floats:
    """An unsteady estimator: noise from frame to frame, and slow wandering of each joint.

    Each window draws its own strengths between 0 and `white`, 0 and `drift` (body sizes). Of noise, little
    is more likely than much: half of the windows get less than an eighth of `white`.
    """
    num, frames, joints, dims = keypoints.shape
    _, size = body_size(keypoints)
    strength = (rng.random((num, 1, 1, 1)) ** 3 * white).astype(np.float32)
    noise = rng.standard_normal(keypoints.shape, dtype=np.float32) * strength
    knots = rng.standard_normal((num, 4, joints, dims), dtype=np.float32)
    at = np.linspace(0, 3, frames)
    low = np.minimum(at.astype(int), 2)
    part = (at - low).astype(np.float32)[None, :, None, None]
    slow = knots[:, low] * (1 - part) + knots[:, low + 1] * part
    slow = slow * (rng.random((num, 1, 1, 1)) * drift).astype(np.float32)
    return cast(Floats, (keypoints + (noise + slow) * size).astype(np.float32))


def drop_joints(
    keypoints: Floats, rng: np.random.Generator, s: AugmentSettings, layout: SkeletonLayout = BODY13
) -> Floats:
    """Joints hidden: single ones, both legs (a desk, the picture's edge), arms, or most for a moment."""
    num, frames, joints, _ = keypoints.shape
    hidden = np.zeros((num, frames, joints), bool)
    some = rng.random((num, 1, 1)) < s.joint_drop_chance
    hidden |= some & (rng.random((num, 1, joints)) < 0.2)
    hidden |= _chosen(rng, num, s.leg_drop_chance, layout, LEGS)
    for side in ARM_SIDES:
        hidden |= _chosen(rng, num, s.arm_drop_chance, layout, side)
    hidden |= _chosen(rng, num, s.both_arms_drop_chance, layout, ARM_SIDES[0] + ARM_SIDES[1])
    start = rng.integers(0, frames, (num, 1, 1))
    end = start + rng.integers(1, max(frames // 4, 1) + 1, (num, 1, 1))
    time = np.arange(frames)[None, :, None]
    during = (time >= start) & (time < end) & (rng.random((num, 1, 1)) < s.span_drop_chance)
    hidden |= during & (rng.random((num, 1, joints)) < 0.6)
    # A person must be left: a window loses three quarters of its joints at most.
    hidden &= ~(hidden.mean(axis=(1, 2), keepdims=True) > 0.75)
    return np.where(hidden[..., None], np.float32(np.nan), keypoints)


def _chosen(
    rng: np.random.Generator, num: int, chance: float, layout: SkeletonLayout, names: Sequence[str]
) -> NDArray[np.bool_]:
    """(N, 1, V): these joints in a random share of the windows."""
    mask = np.zeros((num, 1, layout.num_joints), bool)
    mask[:, :, layout.indices(names)] = rng.random((num, 1, 1)) < chance
    return mask


def virtual_camera(
    keypoints_m: Floats,
    rng: np.random.Generator,
    *,
    yaw_deg: float = 60.0,
    pitch_deg: tuple[float, float] = (-20.0, 20.0),
    distance: tuple[float, float] = (2.5, 9.0),
) -> Floats:
    """3D windows (N, T, V, 3; x right, y down, z away) as a camera placed at random sees them.

    The camera looks at the body's middle, turned about it by up to +-`yaw_deg`, raised by up to
    `pitch_deg` (positive: from above), `distance` body sizes times 2 away, so that near
    cameras show perspective. It stands still, and the person's own path is kept.

    Returns:
        (N, T, V, 2) in body sizes.
    """
    num = len(keypoints_m)
    middle, size = body_size(keypoints_m)
    yaw = np.deg2rad(rng.uniform(-yaw_deg, yaw_deg, num))
    pitch = np.deg2rad(rng.uniform(*pitch_deg, num))
    away = (rng.uniform(*distance, num) * 2)[:, None, None]
    x, y, z = np.moveaxis((keypoints_m - middle) / size, -1, 0)
    cos, sin = np.cos(yaw)[:, None, None], np.sin(yaw)[:, None, None]
    x, z = x * cos + z * sin, -x * sin + z * cos
    cos, sin = np.cos(pitch)[:, None, None], np.sin(pitch)[:, None, None]
    y, z = y * cos - z * sin, y * sin + z * cos
    depth = np.maximum((away + z) / away, 0.2)
    return np.stack([x / depth, y / depth], axis=-1).astype(np.float32)

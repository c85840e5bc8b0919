"""Augmentation of training windows with several people, in 2D or 3D."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.augment import AugmentSettings, body_size, drop_joints, virtual_camera
from poseact.errors import InvalidInputError
from poseact.skeleton import SkeletonLayout

Floats = NDArray[np.float32]

# The body's middle and size need not be known exactly.
_FRAMES_LOOKED_AT = 4
# Points in time between which a joint wanders.
_KNOTS = 4
# Windows of a batch that have the same noise.
_SHARE_NOISE = 8


@dataclass(frozen=True)
class TrainAugment:
    """How strong each change of a training window is; 0 turns one off.

    Attributes:
        crop: A window begins up to this share of the clip late, and ends as early (``clip`` sampling).
        speed: Log of the largest change of speed (``window`` sampling).
        warp: Time runs unevenly inside the window, by up to this share of its length.
        flip: Chance of a mirror image. Harmful where classes are one-handed: `None` leaves it to
            the trainer, which never flips sets that have classes of left and right.
        rotate_deg: Turn in the picture's plane.
        yaw_deg: Turn about the vertical axis (3D only).
        pitch_deg: Tilt towards the camera (3D only).
        stretch: Log of the change of width and height, each.
        shear: Of the picture.
        jitter: Noise from frame to frame, in body sizes.
        drift: Slow wandering of each joint, in body sizes.
        drop_chance: Chance that some joints of a window are hidden.
        swap_people: Chance that people change rows.
        view_yaw_deg: A 3D set that a 2D model learns from is seen by cameras turned so far.
    """

    crop: float = 0.1
    speed: float = 0.2
    warp: float = 0.0
    flip: float | None = None
    rotate_deg: float = 10.0
    yaw_deg: float = 30.0
    pitch_deg: float = 10.0
    stretch: float = 0.1
    shear: float = 0.05
    jitter: float = 0.01
    drift: float = 0.0
    drop_chance: float = 0.0
    swap_people: float = 0.5
    view_yaw_deg: float = 45.0

    def __post_init__(self) -> None:
        for names, high, what in _RANGES:
            for name in names:
                value = getattr(self, name)
                if value is not None and not 0 <= value <= high:
                    raise InvalidInputError(f"{name}: expected {what} from 0 to {high:g}, found {value:g}")


_RANGES = (
    (("flip", "drop_chance", "swap_people"), 1.0, "a chance"),
    (("crop",), 0.45, "a share of the clip"),
    (("speed", "warp", "stretch", "shear", "jitter", "drift"), 2.0, "a strength"),
    (("rotate_deg", "yaw_deg", "pitch_deg", "view_yaw_deg"), 180.0, "an angle"),
)


STRONG = TrainAugment(crop=0.2, rotate_deg=15.0, stretch=0.15, jitter=0.02, drift=0.03, drop_chance=0.2)
"""For networks that learn small sets by heart otherwise."""


def augmented(
    keypoints: Floats, rng: np.random.Generator, settings: TrainAugment, layout: SkeletonLayout
) -> Floats:
    """Windows (N, M, T, V, C), NaN = missing, changed; all people of a window in the same way.

    Args:
        keypoints: x right, y down (z away).
        rng: The only source of chance.
        settings: See there. `flip` must be a number.
        layout: Whose joints these are.
    """
    n, m, t, v, c = keypoints.shape
    s = settings
    out = _swapped(keypoints, rng, s.swap_people) if m > 1 and s.swap_people else keypoints
    flat = out.reshape(n, m * t, v, c)
    mirrored: NDArray[np.bool_] = np.asarray(rng.random(n) < (s.flip or 0.0))
    if mirrored.any():
        flat = flat.copy()
        flat[mirrored] = flat[mirrored][:, :, layout.flip_order]
    middle, size = _rough_body(flat)
    matrix = _distortions(n, c, rng, s)
    matrix[:, :, 0] *= np.where(mirrored, -1, 1)[:, None]
    # Models take place and size out: there is no need to put the body back where it was.
    flat = np.matmul((flat - middle).reshape(n, -1, c), matrix.transpose(0, 2, 1))
    people = flat.reshape(n * m, t, v, c)
    if s.jitter or s.drift:
        people += _unsteadiness(people.shape, rng, np.repeat(size, m), s)
    flat = people.reshape(n, m * t, v, c)
    if s.drop_chance:
        drops = AugmentSettings(
            joint_drop_chance=s.drop_chance,
            leg_drop_chance=s.drop_chance / 2,
            arm_drop_chance=s.drop_chance / 4,
            both_arms_drop_chance=0.0,
            span_drop_chance=s.drop_chance / 2,
        )
        flat = drop_joints(flat, rng, drops, layout)
    return flat.reshape(n, m, t, v, c)


def _swapped(keypoints: Floats, rng: np.random.Generator, chance: float) -> Floats:
    """People in another order, all along a window."""
    n, m = keypoints.shape[:2]
    order = rng.permuted(np.tile(np.arange(m), (n, 1)), axis=1)
    order = np.where(rng.random((n, 1)) < chance, order, np.arange(m))
    return np.take_along_axis(keypoints, order[:, :, None, None, None], axis=1)


def _rough_body(flat: Floats) -> tuple[Floats, Floats]:
    """Middle (N, 1, 1, C) and size (N,) of the body, from some of the frames (N, T, V, C)."""
    some = flat[:, :: max(1, flat.shape[1] // _FRAMES_LOOKED_AT)]
    middle, size = body_size(some)
    return middle, size[:, 0, 0, 0]


def _unsteadiness(shape: tuple[int, ...], rng: np.random.Generator, size: Floats, s: TrainAugment) -> Floats:
    """What an unsteady estimator adds to (N, T, V, C): noise from frame to frame, and slow wandering."""
    n, t, v, c = shape
    out = np.zeros((n, t, v * c), np.float32)
    if s.jitter:
        # Drawing is what costs most here: windows share their noise, each with a strength of its own.
        few = rng.standard_normal((-(-n // _SHARE_NOISE), t, v * c), dtype=np.float32)
        out = np.tile(few, (_SHARE_NOISE, 1, 1))[:n]
        out *= (rng.random(n) * s.jitter * size).astype(np.float32)[:, None, None]
    if s.drift:
        knots = rng.standard_normal((n, _KNOTS, v * c), dtype=np.float32)
        knots *= (rng.random(n) * s.drift * size).astype(np.float32)[:, None, None]
        at = np.linspace(0, _KNOTS - 1, t)
        between = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(_KNOTS))).astype(np.float32)
        out += np.matmul(between, knots)
    return out.reshape(shape)


def seen_by_cameras(keypoints_m: Floats, rng: np.random.Generator, settings: TrainAugment) -> Floats:
    """3D windows (N, M, T, V, 3) as pictures (N, M, T, V, 2) of cameras placed at random."""
    n, m, t, v, _ = keypoints_m.shape
    flat = virtual_camera(keypoints_m.reshape(n, m * t, v, 3), rng, yaw_deg=settings.view_yaw_deg)
    return flat.reshape(n, m, t, v, 2)


def _distortions(num: int, dims: int, rng: np.random.Generator, s: TrainAugment) -> Floats:
    """(N, C, C): rotation, stretch and shear."""
    shape = np.zeros((num, dims, dims))
    for i in range(dims):
        shape[:, i, i] = np.exp(rng.uniform(-s.stretch, s.stretch, num))
    shape[:, 0, 1] = rng.uniform(-s.shear, s.shear, num)
    turns = _plane_rotation(num, dims, 0, 1, s.rotate_deg, rng)
    if dims == 3:
        turns = turns @ _plane_rotation(num, dims, 1, 2, s.pitch_deg, rng)
        turns = turns @ _plane_rotation(num, dims, 0, 2, s.yaw_deg, rng)
    return (turns @ shape).astype(np.float32)


def _plane_rotation(
    num: int, dims: int, a: int, b: int, most_deg: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    angle = np.deg2rad(rng.uniform(-most_deg, most_deg, num))
    out = np.tile(np.eye(dims), (num, 1, 1))
    out[:, a, a] = out[:, b, b] = np.cos(angle)
    out[:, a, b], out[:, b, a] = -np.sin(angle), np.sin(angle)
    return out

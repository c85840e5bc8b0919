"""Rotations and easing over time, as plain functions on arrays whose last axis is the vector.

Axes of a body that stands: x to its own left, y up, z the way it faces. So a turn about x
leans forward, about y turns to the left, about z leans to the right.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def unit(vectors: ArrayLike) -> Array:
    """Vectors (..., n) scaled to length 1; zero stays zero."""
    v = np.asarray(vectors, np.float64)
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))


def quat(pitch: ArrayLike = 0.0, yaw: ArrayLike = 0.0, roll: ArrayLike = 0.0) -> Array:
    """Unit quaternions (..., 4) as w, x, y, z from degrees: first roll, then pitch, then yaw."""
    p, y, r = (np.radians(np.asarray(a, np.float64)) / 2 for a in np.broadcast_arrays(pitch, yaw, roll))
    zero = np.zeros_like(p)
    about_x = np.stack([np.cos(p), np.sin(p), zero, zero], -1)
    about_y = np.stack([np.cos(y), zero, np.sin(y), zero], -1)
    about_z = np.stack([np.cos(r), zero, zero, np.sin(r)], -1)
    return quat_mul(quat_mul(about_y, about_x), about_z)


def quat_mul(a: Array, b: Array) -> Array:
    """The rotation that does b first, then a; (..., 4)."""
    aw, ax, ay, az = np.moveaxis(a, -1, 0)
    bw, bx, by, bz = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        -1,
    )


def quat_matrix(q: Array) -> Array:
    """Rotation matrices (..., 3, 3) of unit quaternions (..., 4)."""
    w, x, y, z = np.moveaxis(unit(q), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def slerp(a: Array, b: Array, weight: ArrayLike) -> Array:
    """Along the great circle from unit vectors a to b, (..., n); quaternions must share a sign.

    Opposite vectors have no shortest way; they go by way of a fixed sideways one.
    """
    w = np.asarray(weight, np.float64)[..., None]
    dot = np.clip((a * b).sum(-1, keepdims=True), -1.0, 1.0)
    nudge = np.zeros(a.shape[-1])
    nudge[0] = 0.06
    b = unit(np.where(dot < -0.995, b + nudge, b))
    angle = np.arccos(np.clip((a * b).sum(-1, keepdims=True), -1.0, 1.0))
    sine = np.sin(angle)
    small = sine < 1e-4
    safe = np.where(small, 1.0, sine)
    first = np.where(small, 1 - w, np.sin((1 - w) * angle) / safe)
    second = np.where(small, w, np.sin(w * angle) / safe)
    return unit(first * a + second * b)


def quat_slerp(a: Array, b: Array, weight: ArrayLike) -> Array:
    """Shortest turn from a to b, (..., 4)."""
    sign = np.where((a * b).sum(-1, keepdims=True) < 0, -1.0, 1.0)
    return slerp(a, sign * b, weight)


def turn_y(vectors: Array, angle_rad: ArrayLike) -> Array:
    """Vectors (..., 3) turned to the left about the vertical."""
    angle = np.asarray(angle_rad, np.float64)
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.stack([c * x + s * z, y + 0 * c, c * z - s * x], -1)


def rotate(matrices: Array, vectors: ArrayLike) -> Array:
    """Matrices (..., 3, 3) times vectors (..., 3)."""
    return np.asarray(np.einsum("...ij,...j->...i", matrices, np.asarray(vectors, np.float64)))


def ease(u: ArrayLike) -> Array:
    """0 to 1 with no speed at both ends; u outside [0, 1] is clipped."""
    x = np.clip(np.asarray(u, np.float64), 0.0, 1.0)
    return np.asarray(x * x * x * (10 - 15 * x + 6 * x * x))


def wave(t: Array, hertz: float, phase: float = 0.0) -> Array:
    """A sine of the given rate; phase in turns."""
    return np.asarray(np.sin(2 * np.pi * (hertz * t + phase)))


def pchip(times: Array, values: Array, at: Array) -> Array:
    """Cubic curve through keys without overshoot (Fritsch and Carlson, 1980).

    Args:
        times: (K,) rising seconds.
        values: (K, D) keys.
        at: (T,) seconds; held constant before the first and after the last key.

    Returns:
        (T, D).
    """
    if len(times) == 1:
        return np.repeat(values, len(at), axis=0)
    step = np.diff(times)[:, None]
    slope = np.diff(values, axis=0) / step
    tangent = np.zeros_like(values)
    if len(times) > 2:
        before, after = slope[:-1], slope[1:]
        w1, w2 = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
        same = before * after > 0
        harmonic = (w1 + w2) / (w1 / np.where(same, before, 1.0) + w2 / np.where(same, after, 1.0))
        tangent[1:-1] = np.where(same, harmonic, 0.0)
    t = np.clip(at, times[0], times[-1])
    i = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2)
    h = step[i]
    u = ((t - times[i])[:, None]) / h
    u2, u3 = u * u, u * u * u
    return np.asarray(
        (2 * u3 - 3 * u2 + 1) * values[i]
        + (u3 - 2 * u2 + u) * h * tangent[i]
        + (3 * u2 - 2 * u3) * values[i + 1]
        + (u3 - u2) * h * tangent[i + 1]
    )

"""Stances, arm positions and timed curves that several acts share."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from poseact.synth.body import Body
from poseact.synth.gait import heel_offset
from poseact.synth.kinematics import reaching
from poseact.synth.pose import OUTWARD, Pose, blend, with_arms, with_foot
from poseact.synth.rotation import Array, ease, pchip, unit

SIDES_X = ((0, 1.0), (1, -1.0))


def curve(rows: Sequence[Sequence[float]] | Array, at: Array) -> Array:
    """Smooth curves (D, T) through rows of (time, D values)."""
    table = np.asarray(rows, np.float64)
    return pchip(table[:, 0], table[:, 1:], at).T


def column(*parts: ArrayLike) -> Array:
    """Numbers or curves (T,) as vectors (T, n)."""
    return np.stack(np.broadcast_arrays(*(np.asarray(p, np.float64) for p in parts)), -1)


def with_feet(
    body: Body, pose: Pose, wide: float, *, ahead: tuple[float, float] = (0.0, 0.0), out: float = 0.3
) -> Pose:
    """Feet `wide` metres from the middle, each so far ahead, toes and knees turned outwards by a share."""
    for s, sign in SIDES_X:
        place = (sign * wide, body.ankle_height, -0.02 + ahead[s])
        pose = with_foot(pose, s, place, (out, 0, 1.0), (out, 0, 1.0))
    return pose


def heel_up(body: Body, pose: Pose, side: int, degrees: ArrayLike) -> Pose:
    """A foot turned about its ball, heel off the floor."""
    angle = np.broadcast_to(np.asarray(degrees, np.float64), (len(pose),))
    rise, ahead = heel_offset(body, angle)
    ankle, toe = pose.ankle.copy(), pose.toe.copy()
    ankle[:, side] += toe[:, side] * ahead[:, None]
    ankle[:, side, 1] += rise
    a = np.radians(angle)[:, None]
    toe[:, side] = unit(toe[:, side] * np.cos(a) - np.array([0.0, 1.0, 0.0]) * np.sin(a))
    return replace(pose, ankle=ankle, toe=toe)


def with_wrists(
    body: Body, pose: Pose, places: Sequence[ArrayLike], elbow: ArrayLike, *, curl: float | None = None
) -> Pose:
    """Both wrists at (x, y, z) of the room, left first; `elbow` as in `reaching`."""
    for s, place in enumerate(places):
        pose = reaching(body, pose, s, place, elbow)
    return pose if curl is None else replace(pose, curl=0 * pose.curl + curl)


def placed_arms(pose: Pose, style: str) -> Pose:
    """Both arms as in exercise: hips, clasp, head, ahead, tee, up or hang."""
    upper, fore = _PLACED[style]
    room = style in ("ahead", "hang")
    palm = {"hips": (-0.7, 0, -0.5), "tee": (0, -1, 0), "ahead": (0, -1, 0)}.get(style, (-1, 0, 0.1))
    return with_arms(pose, upper, fore, palm=palm, in_room=room)


# Upper arm and forearm, (out, up, forward).
_PLACED = {
    "hips": ((0.75, -0.8, -0.3), (-0.8, -0.6, 0.5)),
    "clasp": ((0.3, -1, 0.35), (-0.75, 0.75, 0.8)),
    "head": ((0.95, 0.35, 0.1), (-0.72, 0.6, -0.35)),
    "ahead": ((0.12, -0.08, 1.0), (-0.05, 0.02, 1.0)),
    "tee": ((1.0, 0.02, 0.05), (1.0, 0.02, 0.12)),
    "up": ((0.22, 1.0, 0.1), (0.02, 1.0, 0.08)),
    "hang": ((0.16, -1, 0.1), (0.05, -1, 0.25)),
}


def begun(rest: Pose, pose: Pose, t: Array, seconds: float = 0.5) -> Pose:
    """Out of a rest into a pose that goes on."""
    return blend(rest, pose, ease(t / seconds))


def outward(*parts: ArrayLike) -> tuple[Array, Array]:
    """A direction (out, up, forward) over time as the room's, for left and right."""
    both = column(*parts)
    return both * [OUTWARD[0], 1, 1], both * [OUTWARD[1], 1, 1]

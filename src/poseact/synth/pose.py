"""What an act decides for every instant: pelvis, trunk, arm directions and where the feet stand.

Everything is kept as arrays over time, so that whole clips are computed at once. Arms are
directions seen from the chest (they keep their length in every blend); feet are places in
the room (they stay planted while the body moves above them).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from poseact.synth.body import Body
from poseact.synth.rotation import (
    Array,
    ease,
    pchip,
    quat,
    quat_matrix,
    quat_mul,
    quat_slerp,
    rotate,
    slerp,
    turn_y,
    unit,
)

_QUATS = ("pelvis_turn", "spine_turn", "head_turn")
_DIRECTIONS = ("upper_arm", "forearm", "hand", "palm", "toe", "knee")
# x away from the middle, for left and right.
OUTWARD = np.array([1.0, -1.0])


@dataclass(frozen=True)
class Pose:
    """T instants; axis 1 of the limbs is left, right. Places in metres, see `rotation` for axes.

    Attributes:
        pelvis: (T, 3) middle of the hips.
        pelvis_turn: (T, 4) quaternion of the pelvis.
        spine_turn: (T, 4) of the chest against the pelvis.
        head_turn: (T, 4) of the head against the chest.
        upper_arm: (T, 2, 3) direction shoulder to elbow, in chest axes.
        forearm: (T, 2, 3) direction elbow to wrist, in chest axes.
        hand: (T, 2, 3) direction wrist to fingers, in chest axes.
        palm: (T, 2, 3) direction out of the palm, in chest axes.
        curl: (T, 2) 0 for an open hand, 1 for a fist.
        ankle: (T, 2, 3) places of the ankles.
        toe: (T, 2, 3) directions heel to toe.
        knee: (T, 2, 3) directions in which the knees bend.
    """

    pelvis: Array
    pelvis_turn: Array
    spine_turn: Array
    head_turn: Array
    upper_arm: Array
    forearm: Array
    hand: Array
    palm: Array
    curl: Array
    ankle: Array
    toe: Array
    knee: Array

    def __len__(self) -> int:
        return len(self.pelvis)

    def take(self, index: ArrayLike) -> "Pose":
        """The instants of an index array or mask."""
        i = np.atleast_1d(np.asarray(index))
        return Pose(**{f.name: getattr(self, f.name)[i] for f in fields(self)})

    def moved(self, x: float, z: float, heading_rad: float) -> "Pose":
        """Turned to the left about the origin, then shifted on the floor."""
        shift = np.array([x, 0.0, z])
        return replace(
            self,
            pelvis=turn_y(self.pelvis, heading_rad) + shift,
            pelvis_turn=quat_mul(quat(yaw=np.degrees(heading_rad)), self.pelvis_turn),
            ankle=turn_y(self.ankle, heading_rad) + shift,
            toe=turn_y(self.toe, heading_rad),
            knee=turn_y(self.knee, heading_rad),
        )

    def mirrored(self) -> "Pose":
        """Left and right exchanged."""
        out: dict[str, Array] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if f.name in _QUATS:
                out[f.name] = value * [1, 1, -1, -1]
            else:
                side = value if f.name == "pelvis" else value[:, ::-1]
                out[f.name] = side if f.name == "curl" else side * [-1.0, 1, 1]
        return Pose(**out)


def join(poses: Sequence[Pose]) -> Pose:
    """One after the other."""
    return Pose(**{f.name: np.concatenate([getattr(p, f.name) for p in poses]) for f in fields(Pose)})


def blend(a: Pose, b: Pose, weight: Array) -> Pose:
    """From a (weight 0) to b (weight 1), instant by instant; feet that move far make a step."""
    out: dict[str, Array] = {}
    for f in fields(Pose):
        x, y = getattr(a, f.name), getattr(b, f.name)
        w = weight.reshape(-1, *[1] * (x.ndim - 1))
        if f.name in _QUATS:
            out[f.name] = quat_slerp(x, y, weight)
        elif f.name in _DIRECTIONS:
            out[f.name] = slerp(x, y, weight[:, None])
        else:
            out[f.name] = (1 - w) * x + w * y
    out["ankle"] = _step(a.ankle, b.ankle, weight)
    return Pose(**out)


def _step(a: Array, b: Array, weight: Array) -> Array:
    """Ankles (T, 2, 3) from a to b: the left one first, lifted in proportion to the way."""
    late = np.stack([ease(weight / 0.55), ease((weight - 0.45) / 0.55)], -1)[..., None]
    way = np.linalg.norm((b - a)[..., [0, 2]], axis=-1)
    lift = np.clip(0.5 * (way - 0.02), 0.0, 0.09) * np.sin(np.pi * late[..., 0])
    out = (1 - late) * a + late * b
    out[..., 1] += lift
    return np.asarray(out)


def animate(keys: Sequence[Pose], times: Sequence[float], at: Array) -> Pose:
    """A smooth curve through key poses (one instant each) at rising times, seen at `at` (T,)."""
    stacked = join(keys)
    out: dict[str, Array] = {}
    for f in fields(Pose):
        value = getattr(stacked, f.name)
        if f.name in _QUATS:
            value = _same_sign(value)
        flat = pchip(np.asarray(times, np.float64), value.reshape(len(keys), -1), at)
        curve = flat.reshape(len(at), *value.shape[1:])
        out[f.name] = unit(curve) if f.name in _QUATS + _DIRECTIONS else curve
    return Pose(**out)


def _same_sign(quats: Array) -> Array:
    out = quats.copy()
    for i in range(1, len(out)):
        if (out[i] * out[i - 1]).sum() < 0:
            out[i] = -out[i]
    return out


def neutral(body: Body, count: int = 1) -> Pose:
    """Relaxed standing at the origin, facing z."""
    x = 1.12 * body.hip_half
    sides = np.array([[x, body.ankle_height, -0.02], [-x, body.ankle_height, -0.02]])
    toe = unit([[0.2, 0, 1.0], [-0.2, 0, 1.0]])
    arm = spread((0.13, -1.0, 0.0))
    fore = spread((0.06, -1.0, 0.22))
    one = {
        "pelvis": np.array([0.0, body.hip_height, 0.0]),
        "pelvis_turn": quat(0.0),
        "spine_turn": quat(1.0),
        "head_turn": quat(0.0),
        "upper_arm": arm,
        "forearm": fore,
        "hand": fore,
        "palm": spread((-1.0, 0.0, -0.25)),
        "curl": np.array([0.25, 0.25]),
        "ankle": sides,
        "toe": toe,
        "knee": unit([[0.12, 0, 1.0], [-0.12, 0, 1.0]]),
    }
    return Pose(**{name: np.repeat(value[None], count, axis=0) for name, value in one.items()})


def spread(direction: ArrayLike) -> Array:
    """One (out, up, forward) direction for both sides: (..., 2, 3), of unit length."""
    d = np.asarray(direction, np.float64)
    both = np.stack([d, d], -2)
    both[..., 0] = both[..., 0] * OUTWARD
    return unit(both)


def with_trunk(
    pose: Pose,
    pelvis: tuple[ArrayLike, ArrayLike, ArrayLike] = (0, 0, 0),
    spine: tuple[ArrayLike, ArrayLike, ArrayLike] = (0, 0, 0),
    head: tuple[ArrayLike, ArrayLike, ArrayLike] = (0, 0, 0),
) -> Pose:
    """Turned by degrees of (pitch, yaw, roll); see `rotation.quat`."""

    def turns(angles: tuple[ArrayLike, ArrayLike, ArrayLike]) -> Array:
        return np.broadcast_to(quat(*angles), (len(pose), 4)).copy()

    return replace(pose, pelvis_turn=turns(pelvis), spine_turn=turns(spine), head_turn=turns(head))


def with_pelvis(pose: Pose, x: ArrayLike = 0.0, y: ArrayLike = 0.0, z: ArrayLike = 0.0) -> Pose:
    """The pelvis shifted by metres."""
    shift = np.stack(np.broadcast_arrays(x, y, z), -1)
    return replace(pose, pelvis=pose.pelvis + shift)


def with_arm(
    pose: Pose,
    side: int,
    upper: ArrayLike,
    fore: ArrayLike,
    *,
    palm: ArrayLike | None = None,
    hand: ArrayLike | None = None,
    curl: float | None = None,
    in_room: bool = False,
) -> Pose:
    """One arm (0 left, 1 right) along (out, up, forward) directions, of the chest or of the room."""
    new = {"upper_arm": upper, "forearm": fore, "hand": fore if hand is None else hand}
    if palm is not None:
        new["palm"] = palm
    back = np.swapaxes(quat_matrix(quat_mul(pose.pelvis_turn, pose.spine_turn)), -1, -2)
    out: dict[str, Array] = {}
    for name, direction in new.items():
        d = unit(np.asarray(direction, np.float64) * [OUTWARD[side], 1, 1])
        d = np.broadcast_to(d, (len(pose), 3))
        whole = getattr(pose, name).copy()
        whole[:, side] = rotate(back, d) if in_room else d
        out[name] = whole
    if curl is not None:
        out["curl"] = pose.curl.copy()
        out["curl"][:, side] = curl
    return replace(pose, **out)


def with_arms(
    pose: Pose,
    upper: ArrayLike,
    fore: ArrayLike,
    *,
    palm: ArrayLike | None = None,
    hand: ArrayLike | None = None,
    curl: float | None = None,
    in_room: bool = False,
) -> Pose:
    """Both arms alike; see `with_arm`."""
    left = with_arm(pose, 0, upper, fore, palm=palm, hand=hand, curl=curl, in_room=in_room)
    return with_arm(left, 1, upper, fore, palm=palm, hand=hand, curl=curl, in_room=in_room)


def with_hand(
    pose: Pose,
    side: int,
    hand: ArrayLike,
    palm: ArrayLike,
    *,
    in_room: bool = False,
    curl: float | None = None,
) -> Pose:
    """One hand turned, the arm as it was; directions (out, up, forward) of the chest or of the room."""
    back = np.swapaxes(quat_matrix(quat_mul(pose.pelvis_turn, pose.spine_turn)), -1, -2)
    hands, palms, curls = pose.hand.copy(), pose.palm.copy(), pose.curl.copy()
    for whole, direction in ((hands, hand), (palms, palm)):
        d = np.broadcast_to(unit(np.asarray(direction, np.float64) * [OUTWARD[side], 1, 1]), (len(pose), 3))
        whole[:, side] = rotate(back, d) if in_room else d
    if curl is not None:
        curls[:, side] = curl
    return replace(pose, hand=hands, palm=palms, curl=curls)


def with_foot(
    pose: Pose,
    side: int,
    ankle: ArrayLike | None = None,
    toe: ArrayLike | None = None,
    knee: ArrayLike | None = None,
) -> Pose:
    """One foot (0 left, 1 right): ankle (x, y, z) in the room, directions (out, up, forward)."""
    out: dict[str, Array] = {}
    if ankle is not None:
        out["ankle"] = pose.ankle.copy()
        out["ankle"][:, side] = ankle
    for name, direction in (("toe", toe), ("knee", knee)):
        if direction is not None:
            out[name] = getattr(pose, name).copy()
            out[name][:, side] = unit(np.asarray(direction, np.float64) * [OUTWARD[side], 1, 1])
    return replace(pose, **out)

"""From a pose to joints in the room: the trunk forwards, legs by two-bone inverse kinematics."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from poseact.layouts import COCO17
from poseact.synth.body import Body
from poseact.synth.pose import OUTWARD, Pose
from poseact.synth.rotation import Array, quat, quat_matrix, quat_mul, quat_slerp, rotate, unit

SIDES = ("left", "right")


@dataclass(frozen=True)
class Joints:
    """A body in the room over T instants, metres.

    Attributes:
        points: Name -> (T, 3): the joints of COCO-17 and pelvis, waist, ribs, neck, head (its
            centre), and a left and right hand tip and toe.
        pelvis_axes: (T, 3, 3), columns x, y, z of the pelvis.
        chest_axes: (T, 3, 3).
        head_axes: (T, 3, 3).
        palm: (T, 2, 3) directions out of the palms.
        hand: (T, 2, 3) directions wrist to fingers.
        toe: (T, 2, 3) directions heel to toe.
        knee: (T, 2, 3) directions in which the knees bend.
        curl: (T, 2) 0 open hand, 1 fist.
    """

    points: dict[str, Array]
    pelvis_axes: Array
    chest_axes: Array
    head_axes: Array
    palm: Array
    hand: Array
    toe: Array
    knee: Array
    curl: Array

    def coco17(self) -> Array:
        """(T, 17, 3) in the order of `poseact.layouts.COCO17`."""
        return np.stack([self.points[name] for name in COCO17.joint_names], axis=1)


def solve(body: Body, pose: Pose) -> Joints:
    """All joints of a pose.

    The pelvis is lowered where a leg would be too short, and limbs that would be in the
    floor are brought up to lie on it.
    """
    pose = above_floor(body, lowered(body, pose))
    points, chest = _limbs(body, pose)
    pelvis_axes, chest_axes = quat_matrix(pose.pelvis_turn), quat_matrix(chest)
    head_axes = quat_matrix(quat_mul(chest, pose.head_turn))
    points.update(_face(body, points["neck"], chest_axes, head_axes))
    hand = rotate(chest_axes[:, None], pose.hand)
    return Joints(
        points=points,
        pelvis_axes=pelvis_axes,
        chest_axes=chest_axes,
        head_axes=head_axes,
        palm=rotate(chest_axes[:, None], pose.palm),
        hand=hand,
        toe=pose.toe,
        knee=pose.knee,
        curl=pose.curl,
    )


def _limbs(body: Body, pose: Pose) -> tuple[dict[str, Array], Array]:
    """Everything but the head, and the turn of the chest."""
    points, chest = _trunk(body, pose)
    chest_axes = quat_matrix(chest)
    for s, side in enumerate(SIDES):
        _arm(body, pose, points, chest_axes, s, side)
        _leg(body, pose, points, s, side)
    return points, chest


def _trunk(body: Body, pose: Pose) -> tuple[dict[str, Array], Array]:
    """Pelvis to neck, hips and shoulders, and the turn of the chest."""
    chest = quat_mul(pose.pelvis_turn, pose.spine_turn)
    middle = quat_slerp(pose.pelvis_turn, chest, np.full(len(pose), 0.5))
    points = {"pelvis": pose.pelvis}
    at = pose.pelvis
    parts = (("waist", pose.pelvis_turn, 0.30), ("ribs", middle, 0.30), ("neck", chest, 0.40))
    for name, turn, share in parts:
        at = at + rotate(quat_matrix(turn), [0, share * body.trunk, 0])
        points[name] = at
    raised = np.clip((pose.upper_arm[..., 1] + 0.25) / 1.25, 0, 1) ** 1.5
    for s, side in enumerate(SIDES):
        out = (body.shoulder_half - 0.025 * body.scale * raised[:, s]) * OUTWARD[s]
        up = 0.055 * body.scale * raised[:, s]
        forward = 0.022 * body.scale * pose.upper_arm[:, s, 2]
        points[f"{side}_shoulder"] = at + rotate(quat_matrix(chest), np.stack([out, up, forward], -1))
        points[f"{side}_hip"] = pose.pelvis + rotate(
            quat_matrix(pose.pelvis_turn), [body.hip_half * OUTWARD[s], 0, 0]
        )
    return points, chest


def _arm(body: Body, pose: Pose, points: dict[str, Array], chest_axes: Array, s: int, side: str) -> None:
    elbow = points[f"{side}_shoulder"] + body.upper_arm * rotate(chest_axes, pose.upper_arm[:, s])
    wrist = elbow + body.forearm * rotate(chest_axes, pose.forearm[:, s])
    points[f"{side}_elbow"], points[f"{side}_wrist"] = elbow, wrist
    points[f"{side}_hand"] = wrist + body.hand * rotate(chest_axes, pose.hand[:, s])


def _leg(body: Body, pose: Pose, points: dict[str, Array], s: int, side: str) -> None:
    hip = points[f"{side}_hip"]
    knee, ankle = two_bones(hip, pose.ankle[:, s], body.thigh, body.shank, pose.knee[:, s])
    points[f"{side}_knee"], points[f"{side}_ankle"] = knee, ankle
    points[f"{side}_toe"] = ankle + 0.7 * body.foot * pose.toe[:, s]


def _face(body: Body, neck: Array, chest_axes: Array, head_axes: Array) -> dict[str, Array]:
    size = body.height * (0.5 + 0.5 * body.head)
    base = neck + rotate(chest_axes, [0, 0.037 * body.height, 0.004 * body.height])
    centre = base + rotate(head_axes, [0, 0.0785 * body.height, 0.012 * body.height])
    out = {"head": centre}
    for name, place in FACE_PLACES.items():
        out[name] = centre + rotate(head_axes, np.array(place) * size)
    return out


# In shares of body height, from the centre of the head.
FACE_PLACES = {
    "nose": (0.0, -0.010, 0.066),
    "left_eye": (0.0185, 0.008, 0.050),
    "right_eye": (-0.0185, 0.008, 0.050),
    "left_ear": (0.0465, -0.002, -0.002),
    "right_ear": (-0.0465, -0.002, -0.002),
}


def two_bones(root: Array, end: Array, first: float, second: float, bend: Array) -> tuple[Array, Array]:
    """The middle joint and the end of a chain of two bones, (T, 3) each.

    Args:
        root: (T, 3) where the chain hangs.
        end: (T, 3) where it should end; drawn nearer where out of reach.
        first: Length of the bone at the root.
        second: Length of the other bone.
        bend: (T, 3) direction in which the middle joint leaves the straight line.
    """
    way = end - root
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    axis = way / np.maximum(length, 1e-9)
    low, high = abs(first - second) + 0.02, 0.9995 * (first + second)
    reach = np.clip(length, low, high)
    along = (first**2 - second**2 + reach**2) / (2 * reach)
    away = np.sqrt(np.maximum(first**2 - along**2, 0.0))
    pole = bend - (bend * axis).sum(-1, keepdims=True) * axis
    # A pole along the chain says nothing: fall back on any direction across it.
    spare = np.cross(axis, np.array([1.0, 0.1, 0.0]))
    weak = np.linalg.norm(pole, axis=-1, keepdims=True) < 1e-3
    middle = root + along * axis + away * unit(np.where(weak, spare, pole))
    return middle, root + reach * axis


def lowered(body: Body, pose: Pose) -> Pose:
    """The pelvis brought down where a leg cannot reach its foot, as knees and heels allow."""
    axes = quat_matrix(pose.pelvis_turn)
    drop = np.zeros(len(pose))
    for s in range(2):
        hip = pose.pelvis + rotate(axes, [body.hip_half * OUTWARD[s], 0, 0])
        gap = pose.ankle[:, s] - hip
        flat = np.hypot(gap[:, 0], gap[:, 2])
        deepest = np.sqrt(np.maximum((0.999 * body.leg) ** 2 - flat**2, 0.0))
        # Only for feet below the hips: a leg on the ground in lying must not pull the body.
        needed = np.where(-gap[:, 1] > 0.3 * body.leg, -gap[:, 1] - deepest, 0.0)
        drop = np.maximum(drop, needed)
    pelvis = pose.pelvis.copy()
    pelvis[:, 1] -= drop
    return replace(pose, pelvis=pelvis)


def reaching(body: Body, pose: Pose, side: int, wrist: ArrayLike, elbow: ArrayLike) -> Pose:
    """The pose with one wrist (0 left, 1 right) at a place in the room, as far as the arm goes.

    Args:
        body: Whose arm it is.
        pose: T instants.
        side: 0 left, 1 right.
        wrist: (3,) or (T, 3) the place.
        elbow: (3,) direction (out, up, forward) of the room in which the elbow points.
    """
    points, chest = _trunk(body, lowered(body, pose))
    root = points[f"{SIDES[side]}_shoulder"]
    target = np.broadcast_to(np.asarray(wrist, np.float64), root.shape)
    bend = np.broadcast_to(unit(np.asarray(elbow, np.float64) * [OUTWARD[side], 1, 1]), root.shape)
    return _reached(body, pose, chest, side, root, target, bend)


def _reached(
    body: Body, pose: Pose, chest: Array, side: int, root: Array, target: Array, bend: Array
) -> Pose:
    back = np.swapaxes(quat_matrix(chest), -1, -2)
    middle, end = two_bones(root, target, body.upper_arm, body.forearm, bend)
    upper, fore, hand = pose.upper_arm.copy(), pose.forearm.copy(), pose.hand.copy()
    upper[:, side] = rotate(back, unit(middle - root))
    fore[:, side] = rotate(back, unit(end - middle))
    hand[:, side] = fore[:, side]
    return replace(pose, upper_arm=upper, forearm=fore, hand=hand)


# How high above the floor joints stay, in metres for the medium body.
_CLEARANCE = {"hip": 0.085, "shoulder": 0.07, "knee": 0.055, "elbow": 0.04, "wrist": 0.03, "hand": 0.008}


def above_floor(body: Body, pose: Pose) -> Pose:
    """The pose with whatever would be in the floor brought up to lie on it."""
    points, _ = _limbs(body, pose)
    low = {name: _depth(body, points, name) for name in _CLEARANCE}
    wrong = np.flatnonzero(np.max([d.max(axis=1) for d in low.values()], axis=0) > 1e-4)
    if len(wrong) == 0:
        return pose
    part = pose.take(wrong)
    lift = np.maximum(low["hip"], low["shoulder"]).max(axis=1)[wrong]
    pelvis = part.pelvis + np.stack([0 * lift, lift, 0 * lift], -1)
    part = replace(part, pelvis=pelvis)
    for _ in range(3):
        points, _ = _limbs(body, part)
        knee = part.knee.copy()
        knee[..., 1] += 6.0 * _depth(body, points, "knee")
        part = replace(part, knee=unit(knee))
    part = _arms_up(body, part)
    arrays = {name: value.copy() for name, value in vars(pose).items()}
    for name, value in vars(part).items():
        arrays[name][wrong] = value
    return Pose(**arrays)


def _depth(body: Body, points: dict[str, Array], joint: str) -> Array:
    """How far the left and right joint are lower than they may be, (T, 2)."""
    y = np.stack([points[f"{side}_{joint}"][:, 1] for side in SIDES], -1)
    return np.asarray(np.maximum(_CLEARANCE[joint] * body.scale - y, 0.0))


def _arms_up(body: Body, pose: Pose) -> Pose:
    """Elbows and wrists brought up to the floor, hands laid flat on it."""
    points, chest = _limbs(body, pose)
    for s, side in enumerate(SIDES):
        elbow_low, wrist_low = _depth(body, points, "elbow")[:, s], _depth(body, points, "wrist")[:, s]
        shoulder, elbow = points[f"{side}_shoulder"], points[f"{side}_elbow"]
        wrist = points[f"{side}_wrist"].copy()
        wrist[:, 1] += wrist_low
        bend = elbow - shoulder
        bend = bend + np.stack([0 * elbow_low, 8.0 * (elbow_low + 0.5 * wrist_low), 0 * elbow_low], -1)
        arm = _reached(body, pose, chest, s, shoulder, wrist, bend)
        moved = (elbow_low + wrist_low > 0)[:, None]
        whole = {}
        for name in ("upper_arm", "forearm", "hand"):
            old, new = getattr(pose, name), getattr(arm, name)
            mixed = old.copy()
            if name != "hand":
                mixed[:, s] = np.where(moved, new[:, s], old[:, s])
            whole[name] = mixed
        pose = _hand_up(body, replace(pose, **whole), s, side)
    return pose


def _hand_up(body: Body, pose: Pose, s: int, side: str) -> Pose:
    """One hand turned up at the wrist so that its finger tips stay above the floor."""
    points, chest = _limbs(body, pose)
    axes = quat_matrix(chest)
    direction = rotate(axes, pose.hand[:, s])
    rest = points[f"{side}_wrist"][:, 1] - _CLEARANCE["hand"] * body.scale
    least = -np.clip(rest / body.hand, 0.0, 1.0)
    new = direction.copy()
    new[:, 1] = np.maximum(new[:, 1], least)
    flat = np.linalg.norm(new[:, [0, 2]], axis=1)
    wanted = np.sqrt(np.maximum(1 - new[:, 1] ** 2, 0.0))
    new[:, [0, 2]] *= (wanted / np.maximum(flat, 1e-6))[:, None]
    hand = pose.hand.copy()
    hand[:, s] = rotate(np.swapaxes(axes, -1, -2), unit(new))
    return replace(pose, hand=hand)


def ankle_by_angles(
    body: Body, pose: Pose, side: int, hip_flex: Array, hip_out: Array, knee_flex: Array
) -> Pose:
    """One leg by its joint angles in degrees, (T,), of the pelvis; its foot in line with the shank."""
    axes = quat_matrix(pose.pelvis_turn)
    turn = quat_mul(quat(roll=OUTWARD[side] * hip_out), quat(pitch=-hip_flex))
    thigh = rotate(axes, rotate(quat_matrix(turn), [0, -1.0, 0]))
    shank = rotate(axes, rotate(quat_matrix(quat_mul(turn, quat(pitch=knee_flex))), [0, -1.0, 0]))
    forward = rotate(axes, rotate(quat_matrix(turn), [0, 0, 1.0]))
    foot = rotate(axes, rotate(quat_matrix(quat_mul(turn, quat(pitch=knee_flex))), [0, 0, 1.0]))
    hip = pose.pelvis + rotate(axes, [body.hip_half * OUTWARD[side], 0, 0])
    ankle, toe, knee = pose.ankle.copy(), pose.toe.copy(), pose.knee.copy()
    ankle[:, side] = hip + 0.9995 * (body.thigh * thigh + body.shank * shank)
    toe[:, side] = unit(foot + 0.35 * shank)
    knee[:, side] = forward
    return replace(pose, ankle=ankle, toe=toe, knee=knee)

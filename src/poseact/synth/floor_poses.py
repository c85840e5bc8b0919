"""Key poses on the floor and the ways down to it and up again.

All are in the axes of an actor who stood at the origin facing z, and returns there.
"""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import reaching
from poseact.synth.pose import Pose, blend, neutral, with_arm, with_arms, with_foot, with_hand, with_trunk
from poseact.synth.rotation import Array, unit

Keys = list[tuple[float, Pose]]
_BOTH = ((0, 1.0), (1, -1.0))


def hands_ahead_m(body: Body) -> float:
    """How far ahead of the standing place the hands are put for a plank."""
    return 0.5 * body.scale


def plank_back_m(body: Body) -> float:
    """How far behind the standing place the ankles are in a plank."""
    return 0.76 * body.scale


def plank(body: Body, shoulder_height: Array) -> Pose:
    """Straight from ankles to neck on hands and toes, (T,) heights of the shoulders."""
    p = neutral(body, len(shoulder_height))
    ankle_y, ankle_z = 0.56 * body.foot, -plank_back_m(body)
    line = body.leg + body.trunk
    up = np.arcsin(np.clip((shoulder_height - ankle_y) / line, -0.2, 0.9))
    along = 0.998 * body.leg
    pelvis = np.stack([0 * up, ankle_y + along * np.sin(up), ankle_z + along * np.cos(up)], -1)
    p = with_trunk(replace(p, pelvis=pelvis), (90 - np.degrees(up), 0, 0), (2, 0, 0), (-24, 0, 0))
    for s, sign in _BOTH:
        p = with_foot(p, s, (sign * 0.9 * body.hip_half, ankle_y, ankle_z), (0.05, -0.8, 0.6), (0.1, -1, 0.4))
        p = reaching(body, p, s, _palm_place(body, sign), (0.75, 0.3, -0.75))
        p = with_hand(p, s, (-0.05, -0.08, 1.0), (0, -1, 0), in_room=True, curl=0.05)
    return p


def _palm_place(body: Body, sign: float) -> Array:
    return np.array([sign * 1.22 * body.shoulder_half, 0.055 * body.scale, hands_ahead_m(body)])


def straight_arm_height(body: Body) -> float:
    """Of the shoulders in the upper position of a push-up."""
    return 0.055 * body.scale + 0.965 * body.arm


def crouch_on_hands(body: Body) -> Pose:
    """Bent down with both hands on the floor."""
    k = body.scale
    p = with_trunk(neutral(body), (66, 0, 0), (32, 0, 0), (-22, 0, 0))
    p = replace(p, pelvis=np.array([[0.0, 0.52 * k, -0.12 * k]]))
    for s, sign in _BOTH:
        p = reaching(body, p, s, _palm_place(body, sign), (0.6, 0.2, -0.6))
        p = with_hand(p, s, (0, -0.1, 1.0), (0, -1, 0), in_room=True, curl=0.1)
    return p


def down_to_plank(body: Body) -> Keys:
    """From standing: hands to the floor, then one foot back after the other."""
    crouch = crouch_on_hands(body)
    end = plank(body, np.array([straight_arm_height(body)]))
    half = _mean(crouch, end, 0.5)
    lift = np.array([0.0, 0.06, 0.0])
    one = replace(half, ankle=np.stack([(crouch.ankle + end.ankle)[:, 0] / 2 + lift, crouch.ankle[:, 1]], 1))
    two = replace(half, ankle=np.stack([end.ankle[:, 0], crouch.ankle[:, 1]], 1))
    three = replace(half, ankle=np.stack([end.ankle[:, 0], (crouch.ankle + end.ankle)[:, 1] / 2 + lift], 1))
    keys = [neutral(body), crouch, one, two, three, end]
    held = [on_palms(body, k) for k in keys[1:]]
    return list(zip((0.0, 0.85, 1.1, 1.3, 1.55, 1.8), [keys[0], *held], strict=True))


def on_palms(body: Body, p: Pose) -> Pose:
    """The pose with both palms on the floor where a plank has them."""
    for s, sign in _BOTH:
        p = reaching(body, p, s, _palm_place(body, sign), (0.7, 0.2, -0.7))
        p = with_hand(p, s, (0, -0.1, 1.0), (0, -1, 0), in_room=True, curl=0.1)
    return p


def _mean(a: Pose, b: Pose, weight: float) -> Pose:
    return blend(a, b, np.array([weight]))


def supine(body: Body, *, bent: tuple[float, float] = (1.0, 1.0)) -> Pose:
    """On the back, head away from z; bent is 1 for a knee up with the foot on the floor, 0 straight."""
    k = body.scale
    p = with_trunk(neutral(body), (-88, 0, 0), (-1, 0, 0), (8, 0, 0))
    hips = np.array([[0.0, 0.105 * k * body.girth, -0.47 * k]])
    p = replace(p, pelvis=hips)
    for s, sign in _BOTH:
        b = bent[s]
        far = -0.47 * k + 0.985 * body.leg
        z, y = b * -0.02 + (1 - b) * far, b * body.ankle_height + (1 - b) * 0.07 * k
        toe = b * np.array([0.1, 0, 1.0]) + (1 - b) * np.array([0.4, 0.9, 0.25])
        x = sign * (1.1 + 0.25 * (1 - b)) * body.hip_half
        p = with_foot(p, s, (x, y, z), toe, (0.1, 1.0, 0.1))
    return with_arms(p, (0.5, -0.9, -0.05), (0.25, -1, 0.02), palm=(-0.5, 0, 0.6), curl=0.35)


def sit_on_floor(body: Body) -> Pose:
    """On the floor, knees up, leaning on the hands behind."""
    k = body.scale
    p = supine(body)
    p = with_trunk(p, (-24, 0, 0), (14, 0, 0), (8, 0, 0))
    for s, sign in _BOTH:
        p = reaching(body, p, s, (sign * 0.27 * k, 0.06, -0.78 * k), (0.5, 0.2, -1.0))
        p = with_hand(p, s, (0.4, -0.1, -0.9), (0, -1, 0), in_room=True, curl=0.1)
    return p


def low_squat(body: Body) -> Pose:
    """A deep crouch on the way between the floor and standing."""
    k = body.scale
    p = with_trunk(neutral(body), (34, 0, 0), (26, 0, 0), (-28, 0, 0))
    p = replace(p, pelvis=np.array([[0.0, body.ankle_height + 0.4 * body.leg, -0.24 * k]]))
    for s in (0, 1):
        p = with_foot(p, s, knee=(0.25, 0.2, 1.0))
    return with_arms(p, (0.3, -0.6, 0.9), (0.1, -0.5, 0.9), in_room=True)


def down_to_supine(body: Body) -> Keys:
    """From standing: crouch, sit down on the floor, lie back."""
    keys = [neutral(body), low_squat(body), sit_on_floor(body), supine(body)]
    return list(zip((0.0, 0.75, 1.35, 2.3), keys, strict=True))


def rising(keys: Keys, pace: float = 1.0) -> Keys:
    """A way down gone the other way round, at a pace."""
    last = keys[-1][0]
    return [((last - t) * pace, p) for t, p in reversed(keys)]


def prone(body: Body) -> Pose:
    """Face down as after a fall forwards from the origin: feet there, head ahead."""
    k = body.scale
    p = with_trunk(neutral(body), (89, 0, 0), (-1, 0, 0), (-2, 62, 0))
    p = replace(p, pelvis=np.array([[0.0, 0.115 * k * body.girth, -0.02 + 0.97 * body.leg]]))
    for s, sign in _BOTH:
        p = with_foot(p, s, (sign * 0.13 * k, 0.075 * k, -0.02), (0.35, -0.35, -0.9), (0.15, -1, 0.2))
    p = with_arm(p, 0, (0.95, 0.2, -0.08), (0.15, 1.0, 0.12), palm=(0, 0, 1), curl=0.2)
    return with_arm(p, 1, (0.8, -0.55, -0.08), (0.75, 0.65, 0.15), palm=(0, 0, 1), curl=0.2)


def on_side(body: Body) -> Pose:
    """On the left side as after a fall to the left from the origin."""
    k = body.scale
    p = with_trunk(neutral(body), (0, 0, -84), (6, -8, -4), (8, 6, -10))
    hips = np.array([[0.9 * body.leg, 0.155 * k * body.girth, -0.05]])
    p = replace(p, pelvis=hips)
    p = with_foot(p, 0, (0.1 * k, 0.07 * k, -0.16 * k), None, None)
    p = with_foot(p, 1, (0.16 * k, 0.11 * k, 0.06 * k), None, None)
    toe = unit([[-0.35, 0.02, 1.0], [-0.35, -0.1, 1.0]])
    p = replace(p, toe=toe[None], knee=np.array([[[0.1, 0.1, 1.0], [0.1, 0.05, 1.0]]]))
    p = with_arm(p, 0, (0.55, 0.75, 0.45), (0.35, 0.9, 0.3), curl=0.3)
    return with_arm(p, 1, (-0.35, -0.6, 0.75), (-0.75, -0.05, 0.7), curl=0.3)

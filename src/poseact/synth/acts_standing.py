"""Acts on the spot: standing, waving, clapping, squatting, bending and picking up."""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import lowered, reaching
from poseact.synth.motion import Motion, Setting, repeated, vary
from poseact.synth.pose import (
    Pose,
    animate,
    blend,
    neutral,
    with_arm,
    with_arms,
    with_foot,
    with_hand,
    with_pelvis,
    with_trunk,
)
from poseact.synth.rotation import Array, ease, wave


def stand(setting: Setting) -> Motion:
    """At ease: weight from leg to leg, a look around, hands at the sides or on the hips."""
    rng, body = setting.rng, setting.body
    style = rng.choice(["hang", "hang", "hang", "hips", "crossed", "clasped", "one_hip"])
    shift, phase = rng.uniform(0.008, 0.03) * body.scale, rng.random()
    look, rate = rng.uniform(4, 18), rng.uniform(0.12, 0.22)

    def pose(t: Array) -> Pose:
        over = wave(t, rate, phase)
        p = with_pelvis(neutral(body, len(t)), x=shift * over)
        turn = look * np.tanh(2 * wave(t, 0.7 * rate, 2 * phase))
        p = with_trunk(p, pelvis=(0, 0, -60 * shift * over), spine=(1, 0.15 * turn, 70 * shift * over))
        p = replace(p, head_turn=with_trunk(p, head=(2 * over, turn, 0)).head_turn)
        return resting_hands(body, p, str(style))

    return Motion(pose, setting.seconds)


def resting_hands(body: Body, pose: Pose, style: str) -> Pose:
    """Arms of somebody who waits: hang, hips, one_hip, crossed or clasped."""
    y, k = body.hip_height, body.scale
    if style in ("hips", "one_hip"):
        for s, sign in ((0, 1.0), (1, -1.0)):
            if style == "one_hip" and s:
                break
            pose = reaching(
                body, pose, s, (sign * (0.155 * k * body.girth), y + 0.07 * k, 0.03), (1, 0.1, -0.45)
            )
            pose = with_hand(pose, s, hand=(-0.6, -0.7, 0.5), palm=(-0.7, 0, -0.5))
    elif style == "crossed":
        chest = y + 0.62 * body.trunk
        for s, sign in ((0, 1.0), (1, -1.0)):
            place = (-sign * 0.05 * k, chest - 0.03 * s * k, (0.2 + 0.045 * s) * k)
            pose = reaching(body, pose, s, place, (0.7, -0.6, 0.15))
            pose = with_hand(pose, s, hand=(-1.0, 0.25, -0.15), palm=(0, 0, -1.0))
    elif style == "clasped":
        for s, sign in ((0, 1.0), (1, -1.0)):
            pose = reaching(body, pose, s, (sign * 0.03, y + 0.02 * k, 0.22 * k), (1, -0.1, -0.5))
            pose = with_hand(pose, s, hand=(-0.5, -0.8, 0.3), palm=(-0.2, 0, -1.0))
    return pose


def _waving(pose: Pose, side: int, high: float, angle: Array, raised: Array) -> Pose:
    """One arm up with the forearm at `angle` degrees outwards from upright."""
    upper = np.array([0.75, -0.55 + 1.25 * high, 0.35 - 0.1 * high])
    a = np.radians(angle)
    fore = np.stack([np.sin(a), np.cos(a), 0.28 + 0 * a], -1)
    hand = np.stack([np.sin(1.35 * a), np.cos(1.35 * a), 0.15 + 0 * a], -1)
    up = with_arm(pose, side, upper, fore, hand=hand, palm=(0, 0, 1.0), curl=0.02)
    return blend(pose, up, raised)


def _wave_motion(setting: Setting, sides: tuple[int, ...]) -> Motion:
    rng, body = setting.rng, setting.body
    hertz, high = np.clip(vary(rng, 2.0, 0.15), 1.3, 2.8), rng.uniform(0.15, 1.0)
    amplitude, centre = rng.uniform(20, 34), rng.uniform(-4, 10)
    mirrored, phase = rng.random() < 0.75, rng.random()
    tilt = rng.uniform(-4, 4)

    def pose(t: Array) -> Pose:
        p = with_trunk(neutral(body, len(t)), spine=(1, 0, tilt), head=(0, 0, tilt))
        raised = ease(t / 0.5)
        for s in sides:
            # Together means that both hands go to the same side of the room.
            sign = 1.0 if mirrored or s == 0 else -1.0
            angle = centre + amplitude * sign * wave(t, float(hertz), phase)
            p = _waving(p, s, high, angle, raised)
        return p

    return Motion(pose, setting.seconds)


def wave_one_hand(setting: Setting) -> Motion:
    """One raised hand, left or right, about twice a second."""
    return _wave_motion(setting, (int(setting.rng.random() < 0.6),))


def wave_two_hands(setting: Setting) -> Motion:
    """Both hands, against one another or together."""
    return _wave_motion(setting, (0, 1))


def clap(setting: Setting) -> Motion:
    """Hands together before the chest two to three times a second."""
    rng, body = setting.rng, setting.body
    k = body.scale
    hertz, gap = np.clip(vary(rng, 2.4, 0.15), 1.6, 3.4), rng.uniform(0.16, 0.3) * k
    high, ahead = rng.uniform(0.45, 0.85), rng.uniform(0.27, 0.36) * k
    up = rng.uniform(0.3, 1.0)

    def pose(t: Array) -> Pose:
        p = with_trunk(neutral(body, len(t)), spine=(2, 0, 0))
        apart = 0.035 * k + gap * (0.5 + 0.5 * wave(t, float(hertz), 0.25)) ** 0.8
        y = body.hip_height + high * body.trunk
        full = p
        for s, sign in ((0, 1.0), (1, -1.0)):
            place = np.stack([sign * apart, y + 0.1 * apart, ahead + 0 * t], -1)
            full = reaching(body, full, s, place, (1.0, -0.75, -0.25))
            full = with_hand(full, s, hand=(-0.12, up, 0.8), palm=(-1.0, 0, 0.1))
        full = replace(full, curl=0 * full.curl)
        return blend(p, full, ease(t / 0.4))

    return Motion(pose, setting.seconds)


def squat(setting: Setting) -> Motion:
    """Knee bends, about two seconds each, thighs near level at the bottom."""
    rng, body = setting.rng, setting.body
    k, depth = body.scale, rng.uniform(0.46, 0.66)
    style = str(rng.choice(["forward", "forward", "clasp", "hips", "hang"]))
    wide = rng.uniform(1.25, 2.2) * body.hip_half
    top = neutral(body)
    for s, sign in ((0, 1.0), (1, -1.0)):
        top = with_foot(top, s, (sign * wide, body.ankle_height, -0.02), (0.4, 0, 1.0), (0.45, 0, 1.0))
    top = lowered(body, top)
    down = with_trunk(top, pelvis=(24, 0, 0), spine=(16, 0, 0), head=(-26, 0, 0))
    height = body.ankle_height + depth * body.leg
    down = replace(down, pelvis=np.array([[0.0, height, -0.17 * k]]))
    top, down = _squat_arms(top, style), _squat_arms(down, style)
    if style == "forward":
        top = with_arms(top, (0.13, -1, 0.1), (0.06, -1, 0.3))

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        return animate([top, down, down, top, top], [0.0, 0.44, 0.52, 0.94, 1.0], u)

    period = float(np.clip(vary(rng, 2.0, 0.14), 1.4, 2.9))
    return Motion(pose, setting.seconds)


def _squat_arms(pose: Pose, style: str) -> Pose:
    if style == "forward":
        return with_arms(pose, (0.12, -0.08, 1.0), (-0.05, 0.02, 1.0), palm=(0, -1, 0), in_room=True)
    if style == "clasp":
        pose = with_arms(pose, (0.3, -1, 0.35), (-0.75, 0.75, 0.8), palm=(-1, 0, 0), curl=0.7)
    elif style == "hips":
        pose = with_arms(pose, (0.75, -0.8, -0.3), (-0.8, -0.6, 0.5), palm=(-0.7, 0, -0.5))
    else:
        pose = with_arms(pose, (0.16, -1, 0.12), (0.05, -1, 0.3), in_room=True)
    return pose


def bend(setting: Setting) -> Motion:
    """A bow from the hips with nearly straight legs, and up again."""
    rng, body = setting.rng, setting.body
    deep = rng.uniform(0.6, 1.15)
    top = neutral(body)
    down = with_trunk(top, pelvis=(46 * deep, 0, 0), spine=(38 * deep, 0, 0), head=(12 * deep, 0, 0))
    down = with_pelvis(down, y=-0.02, z=-0.13 * deep * body.scale)
    down = with_arms(down, (0.08, -1, 0.12), (0.02, -1, 0.16), in_room=True)
    period, hold = float(np.clip(vary(rng, 2.2, 0.15), 1.5, 3.2)), rng.uniform(0.04, 0.16)

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        return animate([top, down, down, top, top], [0.0, 0.46 - hold / 2, 0.46 + hold, 0.93, 1.0], u)

    return Motion(pose, setting.seconds)


def pick_up(setting: Setting) -> Motion:
    """Down to the floor ahead, a grasp, and up with what was taken."""
    rng, body = setting.rng, setting.body
    k, knees, both = body.scale, rng.uniform(0.0, 1.0), rng.random() < 0.4
    side = int(rng.random() < 0.6)
    hands = (0, 1) if both else (side,)
    aside = 0.0 if both else (1 - 2 * side) * rng.uniform(0.02, 0.22) * k
    top = neutral(body)
    down = with_trunk(
        top,
        pelvis=(50 - 14 * knees, 0, 0),
        spine=(40 - 8 * knees, -8 * np.sign(aside) * (not both), 0),
        head=(2 - 16 * knees, 0, 0),
    )
    height = body.ankle_height + (0.88 - 0.42 * knees) * body.leg
    down = replace(down, pelvis=np.array([[0.0, height, (-0.16 - 0.02 * knees) * k]]))
    if knees > 0.5:
        for s in (0, 1):
            down = with_foot(down, s, knee=(0.4, 0, 1.0))
    down = with_arms(down, (0.15, -1, 0.1), (0.02, -1, 0.3), in_room=True)
    carry = top
    for s in hands:
        x = (1 - 2 * s) * 0.1 * k if both else aside
        down = reaching(body, down, s, (x, 0.13 * k, 0.36 * k), (0.8, 0.1, -0.5))
        carry = reaching(body, carry, s, (0.8 * x, body.hip_height + 0.16 * k, 0.3 * k), (0.7, -0.6, -0.4))
    grasp = replace(down, curl=np.where([[h in hands for h in (0, 1)]], 0.75, down.curl))
    carry = replace(carry, curl=grasp.curl)
    period = float(np.clip(vary(rng, 2.4, 0.14), 1.7, 3.4))

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        keys = [top, down, grasp, carry, carry, top]
        return animate(keys, [0.0, 0.38, 0.46, 0.78, 0.84, 1.0], u)

    return Motion(pose, setting.seconds)

"""Acts on the spot: standing, waving, clapping, squatting, bending and picking up."""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import lowered, reaching
from poseact.synth.motion import Motion, Setting, num_repeated, repeated, style_of, vary
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
from poseact.synth.stances import column, heel_up


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
    low = {"low": 0.18} if len(sides) == 1 else {}
    style = style_of(rng, {"whole": 0.3, **low, "forearm": 0.6})
    if style == "whole":
        return _whole_arm_waves(setting, sides)
    hertz, high = np.clip(vary(rng, 2.0, 0.15), 1.3, 2.8), rng.uniform(0.15, 1.0)
    if style == "low":
        # The upper arm hangs: only elbow and hand wave.
        high = rng.uniform(-0.35, -0.1)
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


def _whole_arm_waves(setting: Setting, sides: tuple[int, ...]) -> Motion:
    """Slow waves of straight arms overhead, from side to side or up and down, as to somebody far away."""
    rng, body = setting.rng, setting.body
    flap = len(sides) == 2 and rng.random() < 0.4
    hertz, phase = rng.uniform(0.5, 1.3), rng.random()
    centre, amplitude = (
        (rng.uniform(80, 100), rng.uniform(40, 60)) if flap else (rng.uniform(2, 22), rng.uniform(24, 44))
    )
    mirrored, lag = flap or rng.random() < 0.65, rng.uniform(0.02, 0.08)
    ahead = rng.uniform(0.05, 0.3)

    def pose(t: Array) -> Pose:
        lean = 0.0 if mirrored else -4 * wave(t, hertz, phase)
        p = with_trunk(neutral(body, len(t)), spine=(-1, 0, lean), head=(0, 0, lean))
        full = p
        for s in sides:
            sign = 1.0 if mirrored or s == 0 else -1.0
            a = np.radians(centre + sign * amplitude * wave(t, hertz, phase))
            b = np.radians(centre + sign * 1.2 * amplitude * wave(t, hertz, phase - lag))
            upper, fore = column(np.sin(a), np.cos(a), ahead), column(np.sin(b), np.cos(b), ahead + 0.05)
            full = with_arm(full, s, upper, fore, palm=(0, 0, 1.0), curl=0.05)
        return blend(p, full, ease(t / 0.7))

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
    return Motion(pose, setting.seconds, repetitions=num_repeated(setting.seconds, period))


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

    return Motion(pose, setting.seconds, repetitions=num_repeated(setting.seconds, period))


def pick_up(setting: Setting) -> Motion:
    """Down to the floor ahead, beside or a step away, with bent knees or back, a grasp, and up again."""
    rng, body = setting.rng, setting.body
    style = style_of(rng, {"ahead": 0.5, "beside": 0.18, "step": 0.17, "knee": 0.15})
    both = rng.random() < (0.4 if style == "ahead" else 0.3) and style != "beside"
    side = int(rng.random() < 0.6)
    hands = (0, 1) if both else (side,)
    down = _DOWN[style](body, rng, side, both)
    carry = neutral(body)
    for s in hands:
        x = (1 - 2 * s) * 0.1 * body.scale
        place = (x, body.hip_height + 0.16 * body.scale, 0.3 * body.scale)
        carry = reaching(body, carry, s, place, (0.7, -0.6, -0.4))
    grasp = replace(down, curl=np.where([[h in hands for h in (0, 1)]], 0.75, down.curl))
    carry = replace(carry, curl=grasp.curl)
    period = float(np.clip(vary(rng, 2.4 if style in ("ahead", "beside") else 2.8, 0.16), 1.6, 3.8))
    keys = [neutral(body), down, grasp, carry, carry, neutral(body)]
    foot = np.linalg.norm(down.ankle[0] - keys[0].ankle[0], axis=-1) > 0.1

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        p = animate(keys, [0.0, 0.38, 0.46, 0.78, 0.84, 1.0], u)
        return _with_step(body, p, down, u, foot) if foot.any() else p

    return Motion(pose, setting.seconds, repetitions=num_repeated(setting.seconds, period))


def _with_step(body: Body, p: Pose, down: Pose, u: Array, foot: Array) -> Pose:
    """The foot that goes out lifted on its way there and back, faster than the body."""
    ankle, home = p.ankle.copy(), neutral(body).ankle[0]
    out, back = np.clip(u / 0.24, 0, 1), np.clip((u - 0.54) / 0.24, 0, 1)
    w = ease(out) - ease(back)
    for s in np.flatnonzero(foot):
        ankle[:, s] = home[s] + w[:, None] * (down.ankle[0, s] - home[s])
        ankle[:, s, 1] += 0.06 * body.scale * (np.sin(np.pi * out) + np.sin(np.pi * back))
    return lowered(body, replace(p, ankle=ankle))


def _down_ahead(body: Body, rng: np.random.Generator, side: int, both: bool) -> Pose:
    """Bent or squatting, the hands before the feet."""
    k, knees = body.scale, rng.uniform(0.0, 1.0)
    aside = 0.0 if both else (1 - 2 * side) * rng.uniform(0.02, 0.22) * k
    down = with_trunk(
        neutral(body),
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
    far = rng.uniform(0.3, 0.46) * k
    for s in (0, 1) if both else (side,):
        x = (1 - 2 * s) * 0.1 * k if both else aside
        down = reaching(body, down, s, (x, 0.13 * k, far), (0.8, 0.1, -0.5))
    return down


def _down_beside(body: Body, rng: np.random.Generator, side: int, _both: bool) -> Pose:
    """Turned and bent to one side, one hand down beside the foot."""
    k, sign, knees = body.scale, 1 - 2 * side, rng.uniform(0.1, 0.9)
    turn = sign * rng.uniform(22, 40)
    down = with_trunk(
        neutral(body),
        pelvis=(34 - 8 * knees, 0.4 * turn, -sign * 6),
        spine=(36, 0.6 * turn, -sign * rng.uniform(8, 18)),
        head=(-6, 0.3 * turn, 0),
    )
    height = body.ankle_height + (0.8 - 0.36 * knees) * body.leg
    down = replace(down, pelvis=np.array([[-0.02 * sign, height, -0.14 * k]]))
    down = with_arms(down, (0.2, -1, 0.15), (0.0, -0.8, 0.5), in_room=True)
    place = (sign * rng.uniform(0.28, 0.42) * k, 0.14 * k, rng.uniform(0.08, 0.26) * k)
    return reaching(body, down, side, place, (0.9, 0.1, -0.5))


def _down_a_step(body: Body, rng: np.random.Generator, side: int, both: bool) -> Pose:
    """A step ahead with the foot of the other side, and down beside it."""
    k, stride, knees = body.scale, rng.uniform(0.3, 0.5) * body.scale, rng.uniform(0.3, 1.0)
    down = with_foot(neutral(body), 1 - side, neutral(body).ankle[0, 1 - side] + np.array([0, 0, stride]))
    down = heel_up(body, down, side, 20 + 25 * knees)
    down = with_trunk(down, (46 - 10 * knees, 0, 0), (36, 0, 0), (-14, 0, 0))
    height = body.ankle_height + (0.76 - 0.26 * knees) * body.leg
    down = replace(down, pelvis=np.array([[0.0, height, 0.42 * stride - 0.08 * k]]))
    down = with_arms(down, (0.2, -1, 0.0), (0.02, -0.8, 0.4), in_room=True)
    for s in (0, 1) if both else (side,):
        place = ((1 - 2 * s) * 0.12 * k, 0.14 * k, stride + rng.uniform(0.12, 0.22) * k)
        down = reaching(body, down, s, place, (0.8, 0.1, -0.5))
    return down


def _down_on_a_knee(body: Body, rng: np.random.Generator, side: int, both: bool) -> Pose:
    """A step ahead and down on the other knee, the trunk not much bent."""
    k, stride = body.scale, 0.42 * body.scale
    down = with_foot(neutral(body), 1 - side, neutral(body).ankle[0, 1 - side] + np.array([0, 0, stride]))
    down = heel_up(body, down, side, 68.0)
    down = with_trunk(down, (22, 0, 0), (rng.uniform(24, 36), 0, 0), (-12, 0, 0))
    down = replace(down, pelvis=np.array([[0.0, body.thigh + 0.09 * k, 0.4 * body.shank + 0.02]]))
    down = with_arms(down, (0.2, -1, 0.1), (0.02, -0.6, 0.6), in_room=True)
    for s in (0, 1) if both else (side,):
        place = ((1 - 2 * s) * 0.14 * k, 0.13 * k, stride + rng.uniform(0.02, 0.16) * k)
        down = reaching(body, down, s, place, (0.8, 0.2, -0.5))
    return down


_DOWN = {"ahead": _down_ahead, "beside": _down_beside, "step": _down_a_step, "knee": _down_on_a_knee}

"""Gymnastics on the feet: lunges, arm circles and raises, curls, presses, twists and side bends."""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import ankle_by_angles, lowered
from poseact.synth.motion import Motion, Setting, repeated, style_of, vary
from poseact.synth.pose import (
    OUTWARD,
    Pose,
    blend,
    neutral,
    with_arm,
    with_arms,
    with_foot,
    with_pelvis,
    with_trunk,
)
from poseact.synth.rotation import Array, ease, wave
from poseact.synth.stances import begun, column, heel_up, placed_arms, with_feet

_HEEL_DEG = 62.0


def lunge(setting: Setting) -> Motion:
    """Steps out and back (forward, backward, sideways), pulses in the split, or a walk of lunges."""
    rng, k = setting.rng, setting.body.scale
    styles = {"forward": 0.35, "backward": 0.2, "side": 0.2, "pulse": 0.1, "walking": 0.15}
    if not setting.alone or setting.seconds > 9:
        del styles["walking"]
    style = style_of(rng, styles)
    arms = style_of(rng, {"hips": 0.35, "hang": 0.3, "clasp": 0.2, "ahead": 0.1, "head": 0.05})
    period = float(np.clip(vary(rng, 2.1, 0.16), 1.4, 3.0))
    first, change = int(rng.integers(2)), rng.random() < 0.65
    stride, depth = rng.uniform(0.62, 0.88) * k, rng.uniform(0.6, 1.0)
    lean = rng.uniform(0, 14)
    if style == "walking":
        return _walking_lunge(setting, stride, depth, arms, lean)

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        if style == "pulse":
            p = _pulses(setting.body, u, t, stride, depth, lean)
            p = p.mirrored() if first else p
        else:
            left = _lunge_left(setting.body, u, style, stride, depth, lean)
            right = ((first + index * change) % 2).astype(float)
            p = blend(left, left.mirrored(), right)
            p = replace(p, ankle=np.where(right[:, None, None] > 0.5, left.mirrored().ankle, left.ankle))
        return begun(neutral(setting.body, len(t)), placed_arms(p, arms), t)

    return Motion(pose, setting.seconds)


def _sunk(body: Body, depth: float) -> float:
    """How far the hips sink in a lunge."""
    return depth * (body.hip_height - 0.52 * body.scale)


def _lunge_left(body: Body, u: Array, style: str, stride: float, depth: float, lean: float) -> Pose:
    """One step out with the left foot and back, at share u of it."""
    foot = ease(u / 0.3) - ease((u - 0.64) / 0.3)
    hips = ease((u - 0.05) / 0.4) - ease((u - 0.54) / 0.4)
    lift = 0.07 * np.sin(np.pi * np.clip(u / 0.3, 0, 1)) + 0.07 * np.sin(
        np.pi * np.clip((u - 0.64) / 0.3, 0, 1)
    )
    p = neutral(body, len(u))
    if style == "side":
        way, at = column(0.95 * stride * foot, lift, 0), column(0.62 * stride * hips, 0, -0.12 * hips)
        p = with_foot(p, 0, knee=(0.5, 0, 1.0), toe=(0.35, 0, 1.0))
        p = with_trunk(p, (26 * hips + lean * hips, 0, 0), (14 * hips, 0, 0), (-28 * hips, 0, 0))
    else:
        sign = 1.0 if style == "forward" else -1.0
        way, at = column(0, lift, sign * stride * foot), column(0, 0, sign * 0.5 * stride * hips)
        p = with_trunk(p, (0.5 * lean * hips, 0, 0), (0.5 * lean * hips, 0, 0), (-0.5 * lean * hips, 0, 0))
    p = with_foot(p, 0, p.ankle[:, 0] + way)
    at[:, 1] -= _sunk(body, depth) * hips * (0.85 if style == "side" else 1.0)
    if style != "side":
        rear = 1 if style == "forward" else 0
        p = heel_up(body, p, rear, _HEEL_DEG * (0.3 + 0.7 * depth) * (hips if rear else foot))
    return lowered(body, replace(p, pelvis=p.pelvis + at))


def _pulses(body: Body, u: Array, t: Array, stride: float, depth: float, lean: float) -> Pose:
    """Up and down with the feet apart, the left one ahead."""
    down = 0.5 - 0.5 * np.cos(2 * np.pi * u)
    p = with_feet(
        body, neutral(body, len(t)), 1.2 * body.hip_half, ahead=(0.5 * stride, -0.5 * stride), out=0.1
    )
    p = heel_up(body, p, 1, 30 + 32 * down)
    p = with_trunk(p, (lean, 0, 0), (0, 0, 0), (-0.6 * lean, 0, 0))
    return lowered(body, with_pelvis(p, y=-_sunk(body, depth) * (0.25 + 0.75 * down), z=0 * down))


def _walking_lunge(setting: Setting, stride: float, depth: float, arms: str, lean: float) -> Motion:
    """Lunge after lunge ahead, feet together again at the end."""
    body, rng = setting.body, setting.rng
    count = max(2, round(setting.seconds / float(np.clip(vary(rng, 1.6, 0.12), 1.2, 2.1))))
    first = int(rng.integers(2))

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, setting.seconds / count)
        p = _lunging_on(body, index, u, count, stride, _sunk(body, depth))
        p = with_trunk(p, (lean, 0, 0), (0, 0, 0), (-0.5 * lean, 0, 0))
        p = p.mirrored() if first else p
        return begun(neutral(body, len(t)), placed_arms(p, arms), t)

    return Motion(pose, setting.seconds, end_place=(0.0, (count - 1) * stride, 0.0))


def _lunging_on(body: Body, index: Array, u: Array, count: int, stride: float, sunk: float) -> Pose:
    """Step `index` of a walk of lunges at share u of it; the last one only closes the feet."""
    first, last = index == 0, index == count - 1
    w = ease(u)
    p = neutral(body, len(u))
    ankle = p.ankle.copy()
    heel = np.zeros((len(u), 2))
    for s in (0, 1):
        moving = index % 2 == s
        start = np.where(moving, np.maximum(index - 1, 0), index)
        way = np.where(moving, np.where(first | last, 1.0, 2.0), 0.0)
        ankle[:, s, 2] += stride * (start + way * ease((u - 0.05) / 0.75))
        ankle[:, s, 1] += moving * 0.09 * np.sin(np.pi * np.clip((u - 0.05) / 0.75, 0, 1))
        heel[:, s] = np.where(moving, (1 - ease(u / 0.5)) * ~first, ease((u - 0.45) / 0.5) * ~last)
    begin, end = np.where(first, 0.0, index - 0.5), np.where(last, index, index + 0.5)
    down = np.where(first, ease((u - 0.4) / 0.6), 0.5 + 0.5 * np.cos(2 * np.pi * u))
    down = np.where(last, 1 - ease(u / 0.7), down)
    p = with_pelvis(replace(p, ankle=ankle), y=-sunk * down, z=stride * (begin + w * (end - begin)))
    for s in (0, 1):
        p = heel_up(body, p, s, _HEEL_DEG * heel[:, s])
    return lowered(body, p)


def arm_circles(setting: Setting) -> Motion:
    """Straight arms round and round: small beside the body or large windmills, one, both or by turns."""
    rng, body = setting.rng, setting.body
    large = rng.random() < 0.5
    sides = ((0, 1), (0, 1), (int(rng.integers(2)),))[int(rng.integers(3))]
    hertz = rng.uniform(0.45, 1.2) if large else rng.uniform(0.8, 2.0)
    turn = float(rng.choice([-1.0, 1.0])) * hertz
    radius, high = rng.uniform(0.12, 0.45), rng.uniform(-0.15, 0.2)
    apart = rng.uniform(0.2, 0.45)
    offset = 0.5 if large and len(sides) == 2 and rng.random() < 0.4 else 0.0
    facing = rng.random() < 0.2

    def pose(t: Array) -> Pose:
        p = with_trunk(neutral(body, len(t)), spine=(1, 0, 0))
        full = p
        for s in sides:
            angle = 2 * np.pi * (turn * t + offset * s)
            if large:
                upper = column(apart, -np.cos(angle), np.sin(angle))
            elif facing:
                upper = column(0.15 + radius * np.sin(angle), high + radius * np.cos(angle), 1.0)
            else:
                upper = column(1.0, high + radius * np.cos(angle), radius * np.sin(angle))
            full = with_arm(full, s, upper, upper + np.array([0, 0, 0.06]), palm=(0, -1, 0.1), curl=0.15)
        return begun(p, full, t)

    return Motion(pose, setting.seconds)


def arm_raise(setting: Setting) -> Motion:
    """Arms lifted slowly to the sides or ahead, stretched overhead, or held up still."""
    rng, body = setting.rng, setting.body
    style = style_of(rng, {"lateral": 0.25, "front": 0.25, "stretch": 0.25, "hold": 0.25})
    period = float(np.clip(vary(rng, 2.4, 0.2), 1.5, 3.6))
    top, tempo = rng.uniform(75, 100), rng.uniform(0.3, 0.42)
    turns, one = rng.random() < 0.4, rng.random() < 0.35
    side = int(rng.integers(2))
    if style in ("stretch", "hold"):
        return _arms_held(setting, style, side if one else None)

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        up = ease(u / tempo) - ease((u - 0.5) / (tempo + 0.06))
        p = with_trunk(neutral(body, len(t)), spine=(1 - 4 * up, 0, 0))
        for s in (0, 1):
            active = (index % 2 == s) if turns else np.full(len(t), not one or s == side)
            a = np.radians(10 + (top - 10) * up * active)
            if style == "lateral":
                upper = column(np.sin(a), -np.cos(a), 0.1)
            else:
                upper = column(0.1, -np.cos(a), np.sin(a))
            p = with_arm(p, s, upper, upper + np.array([0.0, 0.02, 0.1]), palm=(0, -1, 0.05), curl=0.8)
        return p

    return Motion(pose, setting.seconds)


# One arm or both held still, upper arm and forearm (out, up, forward).
_HELD = (
    ((0.2, 1.0, 0.05), (0.05, 1.0, 0.1)),
    ((0.3, 1.0, 0.15), (-0.1, 1.0, 0.15)),
    ((1.0, 0.05, 0.1), (1.0, 0.05, 0.15)),
    ((0.1, 0.05, 1.0), (0.05, 0.08, 1.0)),
    ((0.7, 0.75, 0.1), (0.65, 0.8, 0.12)),
    ((0.85, -0.15, 0.35), (0.25, 1.0, 0.25)),
)


def _arms_held(setting: Setting, style: str, side: int | None) -> Motion:
    """Arms up and still, or hands clasped overhead with the trunk swaying slowly."""
    rng, body = setting.rng, setting.body
    upper, fore = _HELD[int(rng.integers(len(_HELD)))]
    sway, slow = rng.uniform(0, 18), rng.uniform(0.12, 0.22)
    raised, phase = rng.uniform(0.6, 1.1), rng.random()

    def pose(t: Array) -> Pose:
        p = neutral(body, len(t))
        w = ease(t / raised)
        if style == "stretch":
            tilt = sway * wave(t, slow, phase) * w
            full = with_trunk(p, (-1, 0, 0.3 * tilt), (-6 * w, 0, 0.7 * tilt), (-8 * w, 0, 0))
            full = with_arms(full, (0.24, 1.0, 0.02), (-0.45, 1.0, 0.0), hand=(-0.4, 1, 0.1), palm=(0, 1, 0))
            for s in (0, 1):
                full = heel_up(body, full, s, 14 * w * (0.5 + 0.5 * wave(t, slow, 0.7)))
            return blend(p, with_pelvis(full, y=0.02 * w), w)
        full = with_trunk(p, spine=(-1, 0, 0))
        for s in (0, 1) if side is None else (side,):
            full = with_arm(full, s, upper, fore, palm=(0, 0, 1), curl=0.1)
        return blend(p, full, w)

    return Motion(pose, setting.seconds)


def biceps_curl(setting: Setting) -> Motion:
    """Weights curled to the shoulders, with both arms, by turns or one alone."""
    rng, body = setting.rng, setting.body
    mode = style_of(rng, {"both": 0.5, "turns": 0.35, "one": 0.15})
    period = float(np.clip(vary(rng, 2.0 if mode != "turns" else 1.5, 0.2), 1.0, 3.2))
    side, top = int(rng.integers(2)), rng.uniform(118, 142)
    hammer, cheat = rng.random() < 0.35, rng.uniform(0, 5)

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        lift = ease(u / 0.42) - ease((u - 0.46) / 0.5)
        p = with_trunk(neutral(body, len(t)), spine=(1 - cheat * lift, 0, 0), head=(3, 0, 0))
        for s in (0, 1):
            active = {"both": 0 * u + 1, "turns": index % 2 == s, "one": 0 * u + (s == side)}[mode]
            bend = np.radians(16 + (top - 16) * lift * active)
            ahead = 0.1 + 0.14 * lift * active
            fore = column(0.06, -np.cos(bend), np.sin(bend))
            palm = (-1, 0, 0) if hammer else column(-0.25, np.sin(bend), np.cos(bend))
            p = with_arm(p, s, column(0.12, -1.0, ahead), fore, palm=palm, curl=1.0)
        return p

    return Motion(pose, setting.seconds)


def overhead_press(setting: Setting) -> Motion:
    """Weights pressed from the shoulders to over the head, with both arms or by turns."""
    rng, body = setting.rng, setting.body
    turns, wide = rng.random() < 0.3, rng.uniform(0.35, 0.9)
    period = float(np.clip(vary(rng, 2.2 if not turns else 1.6, 0.2), 1.2, 3.4))
    dip = rng.uniform(0.06, 0.12) * body.scale if rng.random() < 0.3 else 0.0

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        push = ease(u / 0.4) - ease((u - 0.5) / 0.45)
        sink = dip * np.exp(-(((u - 0.04) / 0.07) ** 2)) + dip * np.exp(-(((u - 0.96) / 0.07) ** 2))
        p = with_trunk(with_pelvis(neutral(body, len(t)), y=-sink), spine=(-3, 0, 0))
        full = p
        for s in (0, 1):
            up = push * (index % 2 == s) if turns else push
            upper = column(wide * (1 - 0.6 * up), -0.8 + 1.75 * up, 0.45 * (1 - 0.8 * up))
            fore = column(0.05 - 0.12 * up, 1.0, 0.12 * (1 - up))
            full = with_arm(full, s, upper, fore, palm=(0, 0.1, 1.0), curl=1.0)
        return begun(p, full, t)

    return Motion(pose, setting.seconds)


def trunk_twist(setting: Setting) -> Motion:
    """The trunk turned from side to side, rolled in a circle, down in a windmill, or elbow to knee."""
    rng = setting.rng
    style = style_of(rng, {"twist": 0.4, "circle": 0.2, "windmill": 0.2, "knee_elbow": 0.2})
    return {"twist": _twist, "circle": _hip_circle, "windmill": _windmill, "knee_elbow": _knee_to_elbow}[
        style
    ](setting)


def _twist(setting: Setting) -> Motion:
    rng, body = setting.rng, setting.body
    arms = style_of(rng, {"tee": 0.3, "hips": 0.25, "clasp": 0.2, "head": 0.1, "loose": 0.15})
    turn, hertz = rng.uniform(30, 55), rng.uniform(0.35, 0.9)
    wide, lean = rng.uniform(1.2, 2.3) * body.hip_half, rng.uniform(0, 25) if rng.random() < 0.3 else 0.0

    def pose(t: Array) -> Pose:
        yaw = turn * np.tanh(1.4 * wave(t, hertz)) / np.tanh(1.4) * ease(t / 0.4)
        p = with_feet(body, neutral(body, len(t)), wide)
        p = with_trunk(
            p, (0.5 * lean, 0.28 * yaw, 0), (1 + 0.5 * lean, 0.72 * yaw, 0), (-0.5 * lean, 0.1 * yaw, 0)
        )
        if arms == "loose":
            # Arms that hang loose are flung round by the turn, a little late.
            late = turn * wave(t, hertz, -0.08) / 50
            for s in (0, 1):
                side = late * OUTWARD[s]
                upper = column(0.35 - 0.3 * side, -0.85, 0.1 + 0.55 * np.abs(side))
                p = with_arm(p, s, upper, upper + column(-0.5 * side, 0.1, 0.2), curl=0.3)
        else:
            p = placed_arms(p, arms)
        return begun(neutral(body, len(t)), lowered(body, p), t)

    return Motion(pose, setting.seconds)


def _hip_circle(setting: Setting) -> Motion:
    """Hands on the hips, the pelvis or the trunk going round."""
    rng, body = setting.rng, setting.body
    hertz, size = rng.uniform(0.35, 0.8), rng.uniform(0.6, 1.2)
    way, low = float(rng.choice([-1.0, 1.0])), rng.random() < 0.5
    wide = rng.uniform(1.3, 2.2) * body.hip_half

    def pose(t: Array) -> Pose:
        side, ahead = wave(t, hertz), way * wave(t, hertz, 0.25)
        w = size * ease(t / 0.6)
        p = with_feet(body, neutral(body, len(t)), wide)
        if low:
            p = with_pelvis(p, x=0.13 * w * side, z=0.11 * w * ahead)
            p = with_trunk(p, (-11 * w * ahead, 0, -10 * w * side), (6 * w * ahead, 0, 6 * w * side))
        else:
            p = with_pelvis(p, x=-0.03 * w * side, z=-0.06 * w * (1 + ahead))
            lean = 14 * w * (1 + 1.1 * ahead)
            p = with_trunk(
                p, (0.5 * lean, 0, 7 * w * side), (0.6 * lean, 0, 15 * w * side), (-0.3 * lean, 0, 0)
            )
        return begun(neutral(body, len(t)), lowered(body, placed_arms(p, "hips")), t)

    return Motion(pose, setting.seconds)


def _windmill(setting: Setting) -> Motion:
    """Bent down over wide feet, one hand to the other foot and the other up, by turns."""
    rng, body = setting.rng, setting.body
    hertz, deep = rng.uniform(0.35, 0.7), rng.uniform(0.85, 1.1)
    wide = rng.uniform(2.6, 3.6) * body.hip_half

    def pose(t: Array) -> Pose:
        yaw = 58 * np.tanh(1.6 * wave(t, hertz)) / np.tanh(1.6)
        p = with_feet(body, neutral(body, len(t)), wide, out=0.4)
        p = with_pelvis(p, y=-0.02, z=-0.1 * body.scale, x=-0.0006 * yaw)
        # The spine turns about its own length, which lies level.
        p = with_trunk(p, (48 * deep, 0.3 * yaw, 0), (30 * deep, 0.9 * yaw, 0), (-6, 0.2 * yaw, 0))
        p = with_arms(p, (1.0, 0.02, 0.1), (1.0, 0.02, 0.12), palm=(0, -1, 0))
        return begun(neutral(body, len(t)), lowered(body, p), t, 0.9)

    return Motion(pose, setting.seconds)


def _knee_to_elbow(setting: Setting) -> Motion:
    """Hands at the head, a knee up to meet the other elbow, by turns."""
    rng, body = setting.rng, setting.body
    period, size = float(np.clip(vary(rng, 1.1, 0.15), 0.8, 1.6)), rng.uniform(0.8, 1.05)
    first = int(rng.integers(2))

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        up = ease(u / 0.44) - ease((u - 0.48) / 0.44)
        p = with_pelvis(neutral(body, len(t)), x=0.075 * body.scale * up, y=-0.015 * up)
        p = with_trunk(
            p, (-6 * up, 6 * up, 0), (26 * size * up, -34 * size * up, 8 * up), (8 * up, 10 * up, 0)
        )
        free = ankle_by_angles(body, p, 1, 108 * size * up, -4 * up, 112 * size * up + 6)
        w = ease(u / 0.14) * (1 - ease((u - 0.8) / 0.16))
        p = replace(
            blend(p, free, w), ankle=p.ankle + w[:, None, None] * (free.ankle - p.ankle) * [[[0], [1]]]
        )
        near, head = with_arm(p, 0, (0.45, -0.15, 0.9), (-0.6, 0.8, -0.1)), placed_arms(p, "head")
        p = blend(head, with_arm(near, 1, (0.9, 0.2, 0.3), (-0.7, 0.65, -0.3)), up)
        left = ((first + index) % 2).astype(float)
        other = p.mirrored()
        return begun(neutral(body, len(t)), blend(p, other, left), t)

    return Motion(pose, setting.seconds)


def side_bend(setting: Setting) -> Motion:
    """The trunk to one side and the other, hands on the hips, one arm over the head or both."""
    rng, body = setting.rng, setting.body
    arms = style_of(rng, {"hips": 0.25, "over": 0.4, "up": 0.2, "hang": 0.15})
    tilt, period = rng.uniform(24, 38), float(np.clip(vary(rng, 2.4, 0.2), 1.7, 3.6))
    wide, first = rng.uniform(1.2, 2.6) * body.hip_half, float(rng.choice([-1.0, 1.0]))
    same = rng.random() < 0.3

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        out = ease(u / 0.42) - ease((u - 0.52) / 0.42)
        side = first * (1.0 if same else 1 - 2 * (index % 2)) * out
        p = with_feet(body, neutral(body, len(t)), wide)
        p = with_pelvis(p, x=0.05 * body.scale * side)
        p = with_trunk(p, (0, 0, 0.2 * tilt * side), (1, 0, 0.8 * tilt * side), (0, 0, 0.15 * tilt * side))
        p = _bent_arms(p, arms, side)
        return begun(neutral(body, len(t)), lowered(body, p), t)

    return Motion(pose, setting.seconds)


def _bent_arms(pose: Pose, arms: str, side: Array) -> Pose:
    """Arms of a side bend; a positive side leans to the right, so the left arm goes over."""
    if arms != "over":
        return placed_arms(pose, arms)
    rest, over = placed_arms(pose, "hips"), pose
    for s in (0, 1):
        over = with_arm(over, s, (0.4, 1.0, 0.08), (-0.5, 0.9, 0.1), palm=(-0.3, -1, 0))
    for s in (0, 1):
        w = np.clip(side * OUTWARD[s] * 1.2, 0, 1)
        # By way of the side of the body, not through it.
        way = with_arm(pose, s, (1.0, 0.1, 0.1), (0.6, 0.5, 0.2))
        half = blend(rest, way, np.clip(2 * w, 0, 1))
        part = blend(half, over, np.clip(2 * w - 1, 0, 1))
        for name in ("upper_arm", "forearm", "hand", "palm"):
            whole = getattr(rest, name).copy()
            whole[:, s] = getattr(part, name)[:, s]
            rest = replace(rest, **{name: whole})
    return rest

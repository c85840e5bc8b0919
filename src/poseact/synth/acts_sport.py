"""Swings with a club, a bat or a racket, pull-ups, dancing and strumming."""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import lowered, reaching
from poseact.synth.motion import Motion, Setting, repeated, style_of, vary
from poseact.synth.pose import (
    Pose,
    neutral,
    with_arm,
    with_foot,
    with_hand,
    with_pelvis,
    with_trunk,
)
from poseact.synth.rotation import Array, ease, wave
from poseact.synth.stances import SIDES_X, begun, column, curve, heel_up, with_feet, with_wrists

Row = tuple[float, ...]
# Share of the swing; hands left, up, ahead of the middle of the standing hips' place on the floor in
# body heights of 1.75 m; pelvis and chest turned left, trunk leaning, weight to the left (0 to 1), all of a
# right-handed player who looks along z at the ball of golf, or to the left for a ball that comes.
_GOLF: tuple[Row, ...] = (
    (0.0, 0.0, 0.80, 0.44, 0, 0, 34, 0.5),
    (0.1, 0.0, 0.80, 0.44, 0, 0, 34, 0.5),
    (0.25, -0.42, 0.98, 0.36, -14, -30, 33, 0.3),
    (0.42, -0.36, 1.50, 0.06, -32, -52, 30, 0.2),
    (0.47, -0.36, 1.50, 0.06, -26, -50, 30, 0.35),
    (0.56, 0.03, 0.82, 0.45, 18, -2, 32, 0.75),
    (0.63, 0.44, 1.08, 0.34, 48, 18, 26, 0.9),
    (0.74, 0.30, 1.56, 0.0, 68, 34, 8, 1.0),
    (0.88, 0.28, 1.50, 0.05, 66, 32, 8, 1.0),
    (1.0, 0.0, 0.80, 0.44, 0, 0, 34, 0.5),
)
_BAT: tuple[Row, ...] = (
    (0.0, -0.20, 1.36, 0.20, -6, -10, 14, 0.45),
    (0.14, -0.28, 1.40, 0.12, -16, -24, 14, 0.2),
    (0.32, -0.30, 1.40, 0.08, -10, -26, 14, 0.45),
    (0.43, 0.10, 1.12, 0.50, 46, 10, 14, 0.75),
    (0.5, 0.46, 1.18, 0.38, 66, 28, 10, 0.85),
    (0.62, 0.34, 1.46, -0.02, 76, 40, 6, 0.9),
    (0.76, 0.32, 1.44, 0.0, 74, 38, 6, 0.9),
    (1.0, -0.20, 1.36, 0.20, -6, -10, 14, 0.45),
)
# The hand of a right-handed player who faces the net along z.
_FOREHAND: tuple[Row, ...] = (
    (0.0, -0.16, 1.02, 0.36, 0, 0, 14, 0.5),
    (0.28, -0.66, 1.10, -0.12, -34, -34, 10, 0.2),
    (0.36, -0.64, 0.95, -0.1, -28, -34, 12, 0.3),
    (0.5, -0.22, 1.08, 0.62, 14, 8, 10, 0.75),
    (0.62, 0.26, 1.44, 0.36, 26, 28, 6, 0.85),
    (0.74, 0.24, 1.42, 0.28, 24, 28, 6, 0.8),
    (1.0, -0.16, 1.02, 0.36, 0, 0, 14, 0.5),
)
_BACKHAND: tuple[Row, ...] = (
    (0.0, -0.16, 1.02, 0.36, 0, 0, 14, 0.5),
    (0.28, 0.42, 1.08, 0.12, 34, 34, 12, 0.6),
    (0.38, 0.40, 0.98, 0.16, 30, 34, 13, 0.7),
    (0.5, -0.10, 1.08, 0.62, -4, 4, 10, 0.8),
    (0.62, -0.62, 1.46, 0.26, -20, -16, 6, 0.75),
    (0.74, -0.60, 1.42, 0.2, -18, -16, 6, 0.7),
    (1.0, -0.16, 1.02, 0.36, 0, 0, 14, 0.5),
)
_SERVE: tuple[Row, ...] = (
    (0.0, -0.05, 1.05, 0.38, -14, -6, 8, 0.5),
    (0.16, -0.25, 0.85, 0.1, -24, -10, 10, 0.4),
    (0.32, -0.52, 1.48, -0.18, -28, -24, -6, 0.5),
    (0.44, -0.32, 1.50, -0.2, -20, -26, -10, 0.65),
    (0.54, -0.14, 2.02, 0.24, 8, 8, 2, 0.8),
    (0.62, 0.02, 1.40, 0.58, 20, 18, 22, 0.9),
    (0.7, 0.22, 0.86, 0.34, 26, 22, 30, 0.95),
    (0.8, 0.22, 0.86, 0.32, 24, 20, 26, 0.9),
    (1.0, -0.05, 1.05, 0.38, -14, -6, 8, 0.5),
)
_SWINGS = {"golf": _GOLF, "bat": _BAT, "forehand": _FOREHAND, "backhand": _BACKHAND, "serve": _SERVE}
_SWING_S = {"golf": 2.6, "bat": 2.0, "forehand": 1.6, "backhand": 1.6, "serve": 2.2}


def golf_swing(setting: Setting) -> Motion:
    """A golf swing, whole or short, left- or right-handed."""
    return _swings(setting, {"golf": 1.0})


def bat_swing(setting: Setting) -> Motion:
    """A swing with a bat, both hands at the shoulder, with a step to the ball."""
    return _swings(setting, {"bat": 1.0})


def racket_swing(setting: Setting) -> Motion:
    """Forehands, backhands (one hand or two) and serves of tennis."""
    return _swings(setting, {"forehand": 0.4, "backhand": 0.35, "serve": 0.25})


def _swings(setting: Setting, styles: dict[str, float]) -> Motion:
    rng, body = setting.rng, setting.body
    style, lefty = style_of(rng, styles), rng.random() < 0.35
    period = float(np.clip(vary(rng, _SWING_S[style], 0.15), 1.2, 3.6))
    table = np.array(_SWINGS[style])
    # Half swings too: everything nearer to the first row.
    table[:, 1:] = table[0, 1:] + rng.uniform(0.72, 1.05) * (table[:, 1:] - table[0, 1:])
    table[:, 1:4] += rng.normal(0, 0.025, (1, 3))
    wide = rng.uniform(1.5, 2.4) * body.hip_half
    two = style in ("golf", "bat") or (style == "backhand" and rng.random() < 0.5)

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        p = _swung(body, curve(table, u), u, wide, style, two)
        return begun(neutral(body, len(t)), p.mirrored() if lefty else p, t)

    return Motion(pose, setting.seconds)


def _swung(body: Body, track: Array, u: Array, wide: float, style: str, two: bool) -> Pose:
    """The whole body at share u of a swing, with its track of hands and trunk."""
    x, y, z, hips, chest, lean, weight = track
    k = body.scale
    p = with_feet(body, neutral(body, len(u)), wide)
    step = 0.16 * k * (ease((u - 0.2) / 0.14) - ease((u - 0.82) / 0.16)) if style != "golf" else 0 * u
    lift = (
        0.05
        * k
        * (np.sin(np.pi * np.clip((u - 0.2) / 0.14, 0, 1)) + np.sin(np.pi * np.clip((u - 0.82) / 0.16, 0, 1)))
    )
    sideways = style in ("golf", "bat")
    way = column(step, lift * (step != 0), 0) if sideways else column(0.02, lift * (step != 0), step)
    p = with_foot(p, 0, p.ankle[:, 0] + way)
    p = heel_up(body, p, 1, 48 * ease((weight - 0.55) / 0.45))
    shift = (weight - 0.5) * (wide if sideways else 0.12 * k)
    hip_x, hip_z = (shift, -0.1 * k * np.sin(np.radians(lean))) if sideways else (0 * u, 0.5 * step + shift)
    p = with_pelvis(p, x=hip_x, y=-0.035 * k, z=hip_z)
    look = {"golf": -0.95 * (hips + chest) * (1 - ease((u - 0.6) / 0.14) * (1 - ease((u - 0.88) / 0.12)))}
    head = look.get(style, (62 if style == "bat" else 0) - 0.9 * (hips + chest))
    p = with_trunk(
        p, (0.6 * lean, hips, 0), (0.4 * lean, chest, 0), (-0.25 * lean, np.clip(head, -75, 75), 0)
    )
    p = lowered(body, p)
    if two:
        grip = [column(x + 0.015, y, z) * k, column(x - 0.015, y - 0.02, z) * k]
        return with_wrists(body, p, grip, (0.55, -1.0, -0.3), curl=1.0)
    p = reaching(body, p, 1, column(x, y, z) * k, (0.6, -0.8, -0.6))
    p = replace(p, curl=0 * p.curl + np.array([0.3, 1.0]))
    return _balance_arm(body, p, u, style)


def _balance_arm(body: Body, p: Pose, u: Array, style: str) -> Pose:
    """The arm without the racket: throws the ball up, or keeps the balance."""
    if style == "serve":
        table = (
            (0.0, 0.02, 1.1, 0.42),
            (0.14, 0.1, 0.9, 0.4),
            (0.34, 0.16, 1.95, 0.34),
            (0.44, 0.2, 1.9, 0.3),
        )
        rest = ((0.56, 0.18, 1.25, 0.25), (0.75, 0.14, 1.1, 0.22), (1.0, 0.02, 1.1, 0.42))
    else:
        out = 0.45 if style == "forehand" else 0.3
        table = (
            (0.0, -0.06, 1.08, 0.42),
            (0.28, 0.5 * out, 1.2, 0.52),
            (0.38, out, 1.2, 0.4),
            (0.5, out, 1.1, 0.2),
        )
        rest = ((0.65, 0.3, 1.12, 0.2), (0.75, 0.3, 1.12, 0.2), (1.0, -0.06, 1.08, 0.42))
    place = curve((*table, *rest), u).T * body.scale
    return reaching(body, p, 0, place, (0.6, -1.0, -0.3))


def pull_up(setting: Setting) -> Motion:
    """Hanging from a bar over the head, up to the chin and down again."""
    rng, body = setting.rng, setting.body
    k = body.scale
    period = float(np.clip(vary(rng, 2.2, 0.2), 1.4, 3.6))
    wide = rng.uniform(1.0, 1.7) * body.shoulder_half
    pulled, tuck = rng.uniform(0.36, 0.46) * k, rng.uniform(0, 1) * (rng.random() < 0.5)
    sway, under = rng.uniform(0, 0.03) * k, rng.random() < 0.35
    hang = body.hip_height + 0.1 * k
    bar = hang + body.trunk + 0.05 * k + 0.985 * body.arm

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        up = ease((u - 0.05) / 0.38) - ease((u - 0.52) / 0.42)
        p = with_pelvis(
            neutral(body, len(t)), y=hang - body.hip_height + pulled * up, z=-0.03 * up + sway * wave(t, 0.5)
        )
        p = with_trunk(p, (-3 * up, 0, 0), (-4 - 5 * up, 0, 0), (-14 * up, 0, 0))
        for s, sign in SIDES_X:
            low = p.pelvis + column(sign * body.hip_half, -0.995 * body.leg, 0.02)
            bent = p.pelvis + column(sign * body.hip_half, -0.66 * body.leg, -0.3 * k)
            # Toes hang only once the feet have left the floor.
            toe = column(
                0.15, -(0.4 + 0.35 * tuck) * ease((t - 0.35) / 0.5), 0.9 - 1.4 * tuck * ease(t / 0.8)
            )
            p = with_foot(p, s, (1 - tuck) * low + tuck * bent, toe)
        # Both feet are off the floor before the arms are set, or they would hold the body down.
        for s, sign in SIDES_X:
            p = reaching(body, p, s, (sign * wide, bar, 0.03), (0.9, -0.8, 0.35 if under else -0.15))
            p = with_hand(p, s, (0, 1, 0.1), (0, 0.1, -1.0 if under else 1.0), in_room=True, curl=0.9)
        return begun(neutral(body, len(t)), p, t, 0.7)

    return Motion(pose, setting.seconds)


def strum_guitar(setting: Setting) -> Motion:
    """One hand along a neck that is not there, the other up and down before the belly."""
    rng, body = setting.rng, setting.body
    k, lefty = body.scale, rng.random() < 0.3
    hertz, size = rng.uniform(1.5, 3.6), rng.uniform(0.05, 0.11) * k
    bob, beat = rng.uniform(0, 0.02) * k, rng.uniform(0.8, 1.6)
    neck = np.array([rng.uniform(0.34, 0.48), rng.uniform(1.08, 1.3), rng.uniform(0.24, 0.34)]) * k
    belly = np.array([rng.uniform(-0.14, 0.0), rng.uniform(0.98, 1.1), rng.uniform(0.2, 0.26)]) * k
    slides = rng.uniform(0, 0.12, 40) * k

    def pose(t: Array) -> Pose:
        p = with_pelvis(
            neutral(body, len(t)), y=-bob * (1 - wave(t, beat)), x=0.6 * bob * wave(t, 0.5 * beat)
        )
        p = with_trunk(
            p, (0, 4, 0), (5 + 60 * bob * wave(t, beat), 5, 0), (12, 12 * np.tanh(3 * wave(t, 0.15)), 0)
        )
        along = np.interp(t, np.arange(40) * 0.9, slides)
        fret = neck - np.outer(along, [0.8, 0.25, 0.2])
        stroke = wave(t, hertz) * (0.75 + 0.25 * wave(t, 0.37))
        pick = belly + column(0.35 * size * stroke, size * stroke, 0)
        full = with_wrists(body, p, [fret, pick], (0.7, -1.0, -0.5), curl=0.6)
        full = with_hand(full, 1, (-1.0, -0.4, 0.25), (0, 0, -1))
        return begun(neutral(body, len(t)), full.mirrored() if lefty else full, t)

    return Motion(pose, setting.seconds)


def dance(setting: Setting) -> Motion:
    """A step and an arm pattern, over and over to a beat."""
    rng, body = setting.rng, setting.body
    k = body.scale
    steps = style_of(rng, {"side": 0.4, "bounce": 0.3, "hips": 0.3})
    arms = style_of(rng, {"swing": 0.25, "roll": 0.2, "pump": 0.2, "air": 0.2, "snake": 0.15})
    beat = rng.uniform(1.5, 2.2)
    wide, bounce = rng.uniform(0.14, 0.26) * k, rng.uniform(0.02, 0.06) * k
    twist, size = rng.uniform(4, 18), rng.uniform(0.7, 1.1)
    apart = rng.uniform(1.2, 2.2) * body.hip_half

    def pose(t: Array) -> Pose:
        if steps == "side":
            p = _side_steps(body, beat * t / 2, wide)
        else:
            p = with_feet(body, neutral(body, len(t)), apart)
        w = ease(t / 0.6)
        hips = wave(t, beat / 2) * w
        sway = {"side": 0.02, "bounce": 0.03, "hips": 0.09}[steps] * k * hips
        p = with_pelvis(p, x=sway, y=-bounce * (1 - np.cos(2 * np.pi * beat * t)) * w - 0.02 * w)
        tilt = (11 if steps == "hips" else 4) * hips
        p = with_trunk(
            p,
            (2 * w, 0.5 * twist * hips, -tilt),
            (4 * w, -twist * hips, tilt),
            (3 * wave(t, beat), 0, 0.4 * tilt),
        )
        p = _dancing_arms(p, arms, beat * t, size)
        return begun(neutral(body, len(t)), lowered(body, p), t)

    return Motion(pose, setting.seconds)


def _side_steps(body: Body, bars: Array, wide: float) -> Pose:
    """Step left, close, step right, close: two steps to a bar, four to the whole pattern."""
    u = (bars / 2) % 1.0
    p = neutral(body, len(u))
    home = 1.12 * body.hip_half
    # Shares of the pattern in which each foot moves out and back in.
    left = ease(u / 0.2) - ease((u - 0.75) / 0.2)
    right = ease((u - 0.25) / 0.2) - ease((u - 0.5) / 0.2)
    up = [np.clip(4 * a * (1 - a), 0, 1) * 0.07 for a in (left, right)]
    p = with_foot(p, 0, column(home + 2 * wide * left - wide, body.ankle_height + up[0], -0.02))
    p = with_foot(p, 1, column(-home + 2 * wide * right - wide, body.ankle_height + up[1], -0.02))
    middle = 2 * wide * (0.5 * left + 0.5 * right) - wide
    return with_pelvis(p, x=middle)


def _dancing_arms(p: Pose, style: str, beats: Array, size: float) -> Pose:
    """Arms of a dance at a time in beats."""
    turn = 2 * np.pi * beats
    for s, sign in SIDES_X:
        half = turn / 2 + (0 if s == 0 else np.pi)
        swing = np.sin(half) * size
        if style == "swing":
            upper, fore = column(0.35 + 0.1 * swing, -0.9, 0.5 * swing), column(-0.3, 0.1 + 0.3 * swing, 0.9)
        elif style == "roll":
            upper = column(0.45, -0.75, 0.5 + 0.15 * np.cos(turn + np.pi * s))
            fore = column(-0.75, 0.25 + 0.4 * np.sin(turn + np.pi * s), 0.55)
        elif style == "pump":
            upper = column(0.6, 0.05 + 0.6 * swing, 0.35)
            fore = column(-0.15, 1.0 + 0.1 * swing, 0.35)
        elif style == "air":
            upper = column(0.5 + 0.2 * sign * np.sin(turn / 2) * size, 0.9, 0.15)
            fore = column(0.15 + 0.5 * sign * np.sin(turn / 2 - 0.4) * size, 1.0, 0.15)
        else:
            upper = column(1.0, 0.1 + 0.4 * np.sin(turn / 2 + np.pi * s), 0.15)
            fore = column(0.9, 0.1 + 0.6 * np.sin(turn / 2 + np.pi * s - 0.8), 0.35)
        p = with_arm(p, s, upper, fore, palm=(0, -0.6, 0.6), curl=0.4)
    return p

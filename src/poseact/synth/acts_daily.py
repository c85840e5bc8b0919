"""What people do while they stand: drink, use a phone, look around, talk with the hands, draw in the air."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import lowered, reaching
from poseact.synth.motion import Motion, Setting, repeated, style_of, vary
from poseact.synth.pose import (
    Pose,
    animate,
    neutral,
    with_arm,
    with_hand,
    with_pelvis,
    with_trunk,
)
from poseact.synth.rotation import Array, ease, wave
from poseact.synth.stances import SIDES_X, begun, column, curve, with_feet


def idle_standing(setting: Setting) -> Callable[[Array], Pose]:
    """Standing as a person does who is busy with the hands: weight shifts, a slow look."""
    rng, body = setting.rng, setting.body
    shift, rate, phase = rng.uniform(0.004, 0.025) * body.scale, rng.uniform(0.1, 0.22), rng.random()
    ahead = rng.uniform(0, 0.12, 2) * body.scale
    stoop = rng.uniform(0, 6)

    def pose(t: Array) -> Pose:
        over = wave(t, rate, phase)
        wide = 1.12 * body.hip_half
        p = with_feet(body, neutral(body, len(t)), wide, ahead=(float(ahead[0]), float(ahead[1])), out=0.2)
        p = with_pelvis(p, x=shift * over, z=float(ahead.mean()))
        p = with_trunk(p, (0, 0, -60 * shift * over), (1 + stoop, 0, 70 * shift * over), (0.5 * stoop, 0, 0))
        return lowered(body, p)

    return pose


def _mouth(body: Body, pose: Pose) -> Array:
    """About where the mouth is, (T, 3), for somebody upright."""
    return np.asarray(pose.pelvis + column(0, body.trunk + 0.115 * body.scale, 0.13 * body.scale))


def drink(setting: Setting) -> Motion:
    """A cup from the belt or the side to the mouth, a sip with the head back, and down again."""
    rng, body = setting.rng, setting.body
    k, side = body.scale, int(rng.random() < 0.65)
    sign, idle = 1 - 2 * side, idle_standing(setting)
    period = float(np.clip(vary(rng, 2.8, 0.2), 1.8, 4.2))
    tilt, sip = rng.uniform(5, 24), rng.uniform(0.12, 0.3)
    low = np.array([sign * rng.uniform(0.08, 0.26), rng.uniform(0.02, 0.25), rng.uniform(0.15, 0.32)]) * k
    eats = rng.random() < 0.25

    def pose(t: Array) -> Pose:
        p = idle(t)
        _, u = repeated(t, setting.seconds, period)
        up = ease((u - 0.05) / 0.3) - ease((u - 0.38 - sip) / 0.3)
        back = 0.0 if eats else tilt * (ease((u - 0.28) / 0.12) - ease((u - 0.36 - sip) / 0.12))
        p = replace(p, head_turn=with_trunk(p, head=(2 - back, 0, 0)).head_turn)
        mouth = _mouth(body, p) + np.array([sign * 0.06, -0.05, 0.07]) * k
        rest = p.pelvis + low
        way = np.array([sign * 0.02, 0, 0.08]) * k * np.sin(np.pi * up)[:, None]
        w = up[:, None]
        full = reaching(body, p, side, (1 - w) * rest + w * mouth + way, column(0.75 + 0.2 * up, -0.8, -0.2))
        full = with_hand(full, side, (-0.6, 0.35, 0.6), (-0.7, 0.1, -0.6), curl=0.6)
        return begun(p, full, t)

    return Motion(pose, setting.seconds)


def use_phone(setting: Setting) -> Motion:
    """Still on the feet with a phone at the ear, before the chest or held up, or with a book."""
    rng, body = setting.rng, setting.body
    k, side, idle = body.scale, int(rng.random() < 0.6), idle_standing(setting)
    style = style_of(rng, {"call": 0.35, "text": 0.3, "read": 0.2, "photo": 0.15})
    high, ahead = rng.uniform(0.16, 0.34) * k, rng.uniform(0.26, 0.36) * k
    apart, nod = rng.uniform(0.03, 0.14) * k, rng.uniform(16, 34)
    sign, one = 1 - 2 * side, rng.random() < 0.4

    def pose(t: Array) -> Pose:
        p = idle(t)
        small = 0.006 * k * column(wave(t, 0.7), wave(t, 0.9, 0.3), wave(t, 0.5, 0.6))
        if style == "call":
            turn = sign * 5 + 9 * np.tanh(2 * wave(t, 0.13))
            p = replace(p, head_turn=with_trunk(p, head=(4, turn, sign * 5)).head_turn)
            ear = _mouth(body, p) + np.array([sign * 0.11, 0.02, -0.06]) * k
            full = reaching(body, p, side, ear + small, (0.55, -1.0, 0.35))
            full = with_hand(full, side, (-0.15, 1.0, -0.1), (-1, 0, 0), curl=0.6)
            return begun(p, full, t)
        rise = body.trunk * 0.92 if style == "photo" else high
        p = replace(p, head_turn=with_trunk(p, head=(nod if style != "photo" else 0, 0, 0)).head_turn)
        full = p
        for s, x in SIDES_X:
            if one and style != "read" and s != side:
                continue
            place = p.pelvis + column(x * apart, rise, ahead + (0.1 * k if style == "photo" else 0.0)) + small
            full = reaching(body, full, s, place, (0.5, -1.0, -0.2))
            full = with_hand(full, s, (-0.25, 0.5, 0.8), (-0.3, 0.6, -0.7), curl=0.5)
        return begun(p, full, t)

    return Motion(pose, setting.seconds)


def look_around(setting: Setting) -> Motion:
    """Feet planted, head and shoulders turned far to one side and the other, perhaps a hand over the eyes."""
    rng, body = setting.rng, setting.body
    idle, side = idle_standing(setting), int(rng.integers(2))
    turn, hertz, phase = rng.uniform(30, 62), rng.uniform(0.12, 0.3), rng.random()
    shade, up = rng.random() < 0.25, rng.uniform(-14, 10)

    def pose(t: Array) -> Pose:
        p = idle(t)
        yaw = turn * np.tanh(2.5 * wave(t, hertz, phase)) * ease(t / 0.5)
        p = with_trunk(p, (0, 0.1 * yaw, 0), (1, 0.3 * yaw, 0), (up * wave(t, 0.7 * hertz), 0.75 * yaw, 0))
        if shade:
            full = with_arm(p, side, (0.75, 0.15, 0.55), (-0.75, 0.75, 0.12), palm=(0, -1, 0), curl=0.05)
            p = begun(p, full, t)
        return lowered(body, p)

    return Motion(pose, setting.seconds)


# Where the hands go in talk, upper arm and forearm (out, up, forward).
_TALK = {
    "open": ((0.25, -0.95, 0.2), (0.45, -0.05, 0.9)),
    "near": ((0.22, -1.0, 0.12), (-0.45, 0.1, 0.9)),
    "wide": ((0.5, -0.8, 0.2), (0.8, 0.15, 0.6)),
    "chop": ((0.2, -0.9, 0.4), (-0.1, -0.1, 1.0)),
    "raised": ((0.25, -0.85, 0.45), (0.05, 0.65, 0.75)),
    "chest": ((0.35, -0.9, 0.25), (-0.8, 0.45, 0.45)),
    "hang": ((0.14, -1.0, 0.02), (0.06, -1.0, 0.25)),
    "point": ((0.2, -0.12, 1.0), (0.02, 0.02, 1.0)),
    "point_out": ((0.95, -0.05, 0.35), (0.95, 0.02, 0.3)),
    "point_up": ((0.35, 0.5, 0.75), (0.1, 0.8, 0.6)),
    "shrug": ((0.35, -0.9, 0.1), (0.85, 0.35, 0.45)),
    "chin": ((0.25, -0.75, 0.6), (-0.35, 0.95, 0.2)),
    "head": ((0.75, 0.3, 0.45), (-0.65, 0.75, -0.15)),
}


def gesture(setting: Setting) -> Motion:
    """Hands in talk or in showing the way: beats, open arms, shrugs, pointing, a hand to the chin."""
    rng = setting.rng
    style, idle = style_of(rng, {"talk": 0.65, "point": 0.35}), idle_standing(setting)
    keys, times, arms = _talk_keys(setting, style)
    beat, amount = rng.uniform(1.2, 2.8), rng.uniform(0.02, 0.12)
    nod, turn = rng.uniform(0, 6), rng.uniform(4, 16)

    def pose(t: Array) -> Pose:
        p = idle(t)
        yaw = turn * np.tanh(2 * wave(t, 0.2))
        p = with_trunk(p, spine=(2, 0.3 * yaw, 0), head=(nod * wave(t, 1.1), yaw, 0))
        shown = animate(keys, times, t)
        stir = amount * column(0.3 * wave(t, 0.7 * beat), wave(t, beat), 0.5 * wave(t, beat, 0.2))
        p = replace(p, upper_arm=shown.upper_arm, forearm=shown.forearm, hand=shown.hand, palm=shown.palm)
        for s in arms:
            fore = p.forearm[:, s] + stir
            p = replace(
                p, forearm=_replaced(p.forearm, s, fore), hand=_replaced(p.hand, s, fore + 0.7 * stir)
            )
        return p

    return Motion(pose, setting.seconds)


def _replaced(whole: Array, s: int, part: Array) -> Array:
    out = whole.copy()
    out[:, s] = part / np.linalg.norm(part, axis=-1, keepdims=True)
    return out


def _talk_keys(setting: Setting, style: str) -> tuple[list[Pose], list[float], tuple[int, ...]]:
    """Arm poses one after the other, when, and which arms take part."""
    rng, body = setting.rng, setting.body
    both = rng.random() < (0.6 if style == "talk" else 0.1)
    arms: tuple[int, ...] = (0, 1) if both else (int(rng.integers(2)),)
    names: tuple[str, ...] = (
        "open",
        "near",
        "wide",
        "chop",
        "raised",
        "chest",
        "shrug",
        "hang",
        "chin",
        "head",
    )
    if style == "point":
        names = ("point", "point_out", "point_up", "point", "point_out", "chop", "hang")
    alike = rng.random() < 0.6
    keys, times, name = [neutral(body)], [0.0], "hang"
    while times[-1] < setting.seconds + 1.0:
        here = keys[-1]
        # Always another one, and hanging arms only for a moment: else it would be standing.
        name = str(rng.choice([n for n in names if n != name]))
        for s in arms:
            upper, fore = _TALK[name if alike else str(rng.choice(names))]
            nudge = rng.normal(0, 0.09, (2, 3))
            palm = (-0.3, 0.6 if name in ("open", "wide", "shrug") else -0.4, 0.1)
            here = with_arm(
                here, s, np.array(upper) + nudge[0], np.array(fore) + nudge[1], palm=palm, curl=0.2
            )
        go, stay = rng.uniform(0.35, 0.75), rng.uniform(0.05, 0.9 if style == "point" else 0.45)
        stay = 0.1 if name == "hang" else stay
        times += [times[-1] + go, times[-1] + go + stay]
        keys += [here, here]
    return keys, times, arms


# Strokes on a board before the chest: (left, up) in shares of the drawing's half width.
_FIGURES: dict[str, tuple[tuple[float, float], ...]] = {
    "cross": ((-1, 1), (1, -1), (1, 1), (-1, -1)),
    "tick": ((-0.8, 0.1), (-0.2, -0.8), (1, 1)),
    "triangle": ((0, 1), (-1, -0.8), (1, -0.8), (0, 1)),
    "square": ((-1, 1), (1, 1), (1, -1), (-1, -1), (-1, 1)),
    "zigzag": ((-1, 0.9), (1, 0.9), (-1, -0.8), (1, -0.8)),
    "swipe": ((-1.3, 0.1), (1.3, 0.1)),
}


def draw_in_air(setting: Setting) -> Motion:
    """A circle, a cross, a tick or another figure drawn before the body with one hand, or a swipe."""
    rng, body = setting.rng, setting.body
    k, side, idle = body.scale, int(rng.random() < 0.65), idle_standing(setting)
    style = style_of(rng, {"circle": 0.35, "figure": 0.45, "swipe": 0.2})
    size, sign = rng.uniform(0.14, 0.34) * k, 1 - 2 * side
    middle = np.array([sign * rng.uniform(-0.05, 0.2), rng.uniform(0.28, 0.55), rng.uniform(0.36, 0.48)]) * k
    period, way = float(np.clip(vary(rng, 1.9, 0.22), 1.0, 3.0)), float(rng.choice([-1.0, 1.0]))
    name = (
        str(rng.choice(["cross", "tick", "triangle", "square", "zigzag"])) if style == "figure" else "swipe"
    )
    points = np.array(_FIGURES[name]) * [way, 1.0]
    marks = np.linspace(0.0, 0.7 if style != "swipe" else 0.45, len(points))
    rows = [(m, *xy) for m, xy in zip(marks, points, strict=True)]
    rows.append((1.0, *points[0]))

    def pose(t: Array) -> Pose:
        p = idle(t)
        _, u = repeated(t, setting.seconds, period)
        if style == "circle":
            at = np.stack([way * np.sin(2 * np.pi * u), np.cos(2 * np.pi * u)])
        else:
            at = curve(rows, u)
        depth = 0.05 * k * (1 - np.hypot(*at))
        place = p.pelvis + middle + column(size * at[0], size * at[1], depth)
        full = reaching(body, p, side, place, (0.7, -1.0, -0.25))
        full = with_hand(full, side, (-0.1, 0.25, 1.0), (0, -1, 0.2), curl=0.5)
        return begun(p, full, t)

    return Motion(pose, setting.seconds)

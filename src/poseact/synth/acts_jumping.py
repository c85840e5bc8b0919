"""Jumps of many kinds, and jumping jacks."""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import lowered
from poseact.synth.motion import Motion, Setting, num_repeated, repeated, style_of, vary
from poseact.synth.pose import (
    OUTWARD,
    Pose,
    animate,
    blend,
    neutral,
    with_arm,
    with_arms,
    with_foot,
    with_pelvis,
    with_trunk,
)
from poseact.synth.rotation import Array, ease, pchip, unit
from poseact.synth.stances import begun, column

GRAVITY = 9.81


def jump(setting: Setting) -> Motion:
    """Leaps and small hops on the spot, far or with the knees up; hops on one leg, aside, over a rope."""
    styles = {"leap": 0.4, "rope": 0.2, "far": 0.12, "tuck": 0.1, "one_leg": 0.1, "aside": 0.08}
    if not setting.alone or setting.seconds > 8:
        del styles["far"]
    style = style_of(setting.rng, styles)
    if style in ("rope", "one_leg", "aside"):
        return _hopping(setting, style)
    return _leaps(setting, style)


def _leaps(setting: Setting, style: str) -> Motion:
    """A dip, a leap with the arms, and a soft landing; or small hops one after the other."""
    rng, body = setting.rng, setting.body
    hop = style == "leap" and rng.random() < 0.25
    high = rng.uniform(0.06, 0.12) if hop else rng.uniform(0.16, 0.38)
    if style == "tuck":
        high = rng.uniform(0.3, 0.48)
    dip = rng.uniform(0.05, 0.09) if hop else rng.uniform(0.2, 0.34)
    dips, push, land = (0.12, 0.1, 0.1) if hop else (rng.uniform(0.32, 0.45), 0.2, 0.18)
    air = 2 * np.sqrt(2 * high / GRAVITY)
    marks = np.cumsum([0.0, dips, push, air, land, 0.16 if hop else 0.38])
    least = marks[-1] + (0.02 if hop else 0.12)
    count = max(1, int(setting.seconds / least))
    far = 0.0
    if style == "far":
        count, far = min(count, 3), rng.uniform(0.5, 1.1) * body.scale
    period = setting.seconds / count
    arms = 0.25 if hop else rng.uniform(0.6, 1.0)

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        s = u * max(period, marks[-1])
        p = leap(body, s, marks, dip * body.scale, high, arms)
        if style == "leap":
            return p
        flown = np.clip((s - marks[2]) / air, 0, 1)
        p = _tucked(body, p, flown, 0.45 if style == "tuck" else 0.16)
        return _forwards(p, far * (index + flown), flown) if far else p

    return Motion(pose, setting.seconds, end_place=(0.0, far * count, 0.0))


def _tucked(body: Body, p: Pose, flown: Array, size: float) -> Pose:
    """Knees drawn up in the air, hands towards them."""
    bump = np.sin(np.pi * flown) ** 2
    ankle = p.ankle.copy()
    ankle[..., 1] += (size * body.leg * bump)[:, None]
    if size < 0.3:
        return replace(p, ankle=ankle)
    p = with_trunk(replace(p, ankle=ankle), *_leaned(p, 24 * bump))
    return blend(p, with_arms(p, (0.2, -0.55, 0.85), (-0.1, -0.6, 0.8)), bump)


def _leaned(p: Pose, degrees: Array) -> tuple[tuple[Array, float, float], ...]:
    """Trunk angles of a crouch, as deep as the pose has them, and some degrees more."""
    crouch = np.degrees(2 * np.arcsin(np.clip(p.pelvis_turn[:, 1], -1, 1)))
    return (
        (crouch + 0.5 * degrees, 0.0, 0.0),
        (0.54 * crouch + 0.7 * degrees, 0.0, 0.0),
        (-0.77 * crouch, 0.0, 0.0),
    )


def _forwards(p: Pose, way: Array, flown: Array) -> Pose:
    """The whole body carried ahead, the feet a little before it in the second half of the flight."""
    ahead = 0.12 * (np.sin(np.pi * np.clip(2 * flown - 1, 0, 1)) - np.sin(np.pi * np.clip(2 * flown, 0, 1)))
    ankle = p.ankle.copy()
    ankle[..., 2] += (way + ahead)[:, None]
    return with_pelvis(replace(p, ankle=ankle), z=way)


def leap(body: Body, s: Array, marks: Array, dip: float, high: float, arms: float) -> Pose:
    """One jump at s seconds into it; marks: start, lowest, take-off, landing, lowest again, upright."""
    _, low, off, touch, absorbed, up = marks
    tip = 0.075 * body.scale
    ground = pchip(
        np.array([0, low, off, touch, absorbed, up]),
        np.array([[0.0], [-dip], [tip], [tip], [-0.8 * dip], [0.0]]),
        s,
    )[:, 0]
    flying = np.clip((s - off) / (touch - off), 0, 1)
    air = 4 * high * flying * (1 - flying)
    tiptoe = np.interp(s, [0.6 * low + 0.4 * off, off, touch, touch + 0.08], [0, 46, 40, 0])
    crouch = np.clip(-ground / 0.34, 0, 1)
    keys = [neutral(body)]
    back = with_arms(keys[0], (0.2, -1, -0.7 * arms), (0.1, -1, -0.35 * arms))
    overhead = with_arms(keys[0], (0.25, -1 + 1.9 * arms, 0.75 * arms), (0.1, -0.8 + 1.7 * arms, 0.8 * arms))
    level = with_arms(keys[0], (0.2 + 0.3 * arms, -1 + arms, 0.7 * arms), (0.2, -0.8 + arms, 0.9 * arms))
    mid = with_arms(keys[0], (0.3, -1, 0.35 * arms), (0.1, -0.8, 0.3 + 0.3 * arms))
    times = [0.0, low, 0.5 * (low + off), off + 0.06, touch, absorbed + 0.05, up]
    p = animate([keys[0], back, mid, overhead, level, mid, keys[0]], times, s)
    p = with_pelvis(p, y=ground + air, z=-0.45 * np.maximum(-ground, 0) * body.scale)
    p = with_trunk(p, pelvis=(26 * crouch, 0, 0), spine=(14 * crouch, 0, 0), head=(-20 * crouch, 0, 0))
    angle = np.radians(tiptoe)
    ankle, toe = p.ankle.copy(), p.toe.copy()
    ankle[..., 1] += (air + 0.5 * body.foot * np.sin(angle))[:, None]
    toe[..., 1] = -np.tan(angle)[:, None]
    return replace(p, ankle=ankle, toe=toe / np.linalg.norm(toe, axis=-1, keepdims=True))


def _hopping(setting: Setting, style: str) -> Motion:
    """Hop after hop on the toes: over a turning rope, on one leg, or from side to side."""
    rng, body = setting.rng, setting.body
    k = body.scale
    hertz = rng.uniform(1.7, 2.6) if style == "rope" else rng.uniform(1.4, 2.1)
    high = min(rng.uniform(0.03, 0.1), 0.8 * GRAVITY / 8 * (0.62 / hertz) ** 2)
    wide = rng.uniform(0.1, 0.26) * k if style == "aside" else 0.0
    leg, double = int(rng.integers(2)), style == "rope" and rng.random() < 0.15
    spin, arms = (0.5 if double else 1.0) * hertz, str(rng.choice(["low", "high", "hips"]))
    back = rng.uniform(0.12, 0.3) * k

    def pose(t: Array) -> Pose:
        turns = hertz * t
        flown, air, ground = _hop_height(turns % 1.0, hertz, high)
        side = _side_of(turns, flown) * wide
        p = neutral(body, len(t))
        ankle = p.ankle.copy()
        pitch = np.radians(18 + 22 * (flown > 0) * np.sin(np.pi * flown))
        ankle[..., 1] += (air + 0.5 * body.foot * np.sin(pitch))[:, None]
        ankle[..., 0] += side[:, None] - 0.35 * body.hip_half * OUTWARD
        toe = p.toe.copy()
        toe[..., 1] = -np.tan(pitch)[:, None]
        p = replace(p, ankle=ankle, toe=unit(toe))
        p = with_pelvis(p, x=0.85 * side, y=air - ground * k + 0.02 * k, z=0.01)
        p = with_trunk(p, (3, 0, -14 * side), (4, 0, 10 * side), (-4, 0, 0))
        if style == "one_leg":
            place = p.pelvis + column((0.6 - 1.2 * leg) * body.hip_half, -0.72 * body.leg, -back)
            p = with_pelvis(
                with_foot(p, leg, place, (0, -0.8, 0.5)), x=(0.7 - 1.4 * (1 - leg)) * body.hip_half
            )
        p = _rope_arms(p, t, spin) if style == "rope" else _hop_arms(p, arms, flown)
        return begun(neutral(body, len(t)), lowered(body, p), t, 0.3)

    return Motion(pose, setting.seconds)


def _hop_height(u: Array, hertz: float, high: float) -> tuple[Array, Array, Array]:
    """Share of the flight, metres in the air, and metres that the knees give on the ground."""
    air_s = 2 * np.sqrt(2 * high / GRAVITY)
    ground = 1 - air_s * hertz
    flown = np.clip((u - ground) / (1 - ground), 0, 1)
    give = 0.045 * np.sin(np.pi * np.clip(u / ground, 0, 1))
    return flown, 4 * high * flown * (1 - flown), give


def _side_of(turns: Array, flown: Array) -> Array:
    """From -1 to 1 and back, changing in the air."""
    sign = 1 - 2 * (np.floor(turns) % 2)
    return np.asarray(sign * (1 - 2 * ease(flown)))


def _rope_arms(p: Pose, t: Array, spin: float) -> Pose:
    """Elbows at the body, wrists out and going round."""
    for s in (0, 1):
        a = 2 * np.pi * spin * t
        fore = column(0.8 + 0.08 * np.cos(a), -0.42 - 0.24 * np.cos(a), 0.42 + 0.24 * np.sin(a))
        p = with_arm(p, s, (0.28, -1.0, -0.08), fore, palm=(-0.2, 0, 1), curl=0.9)
    return p


def _hop_arms(p: Pose, style: str, flown: Array) -> Pose:
    if style == "hips":
        return with_arms(p, (0.75, -0.8, -0.3), (-0.8, -0.6, 0.5), palm=(-0.7, 0, -0.5))
    up = 0.25 * np.sin(np.pi * flown)
    if style == "high":
        return with_arms(p, column(0.8, -0.5 + up, 0.1), column(0.6, 0.2 + up, 0.6))
    return with_arms(p, column(0.3, -0.9 + up, 0.05), column(0.05, -0.1 + up, 0.95))


def jumping_jack(setting: Setting) -> Motion:
    """Legs apart and arms overhead in one hop, back in the next, about once a second.

    Also with the arms only half up, opened level before the chest, or both hops in one high leap.
    """
    style = style_of(setting.rng, {"whole": 0.68, "half": 0.12, "seal": 0.1, "star": 0.1})
    return _stars(setting) if style == "star" else _jacks(setting, style)


def _jacks(setting: Setting, style: str) -> Motion:
    rng, body = setting.rng, setting.body
    k = body.scale
    wide, top = rng.uniform(0.2, 0.34) * k, rng.uniform(140, 172)
    if style == "half":
        wide, top = 0.8 * wide, rng.uniform(75, 105)
    hop, period = rng.uniform(0.035, 0.08) * k, float(np.clip(vary(rng, 1.0, 0.1), 0.75, 1.4))
    bent = rng.uniform(0, 18)

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        opened = ease((u - 0.06) / 0.36) - ease((u - 0.56) / 0.36)
        first, second = np.clip((u - 0.08) / 0.3, 0, 1), np.clip((u - 0.58) / 0.3, 0, 1)
        air = 4 * hop * (first * (1 - first) + second * (1 - second))
        landing = np.exp(-(((u - 0.45) / 0.05) ** 2)) + np.exp(-(((u - 0.95) / 0.05) ** 2))
        p = neutral(body, len(t))
        ankle = p.ankle.copy()
        ankle[..., 0] += wide * opened[:, None] * OUTWARD
        ankle[..., 1] += air[:, None] + 0.012
        drop = body.leg - np.sqrt(body.leg**2 - (wide * opened) ** 2)
        p = with_pelvis(replace(p, ankle=ankle), y=air - 0.9 * drop - 0.03 * k * landing)
        if style == "seal":
            p = begun(p, _seal_arms(p, opened), t, 0.35)
        else:
            p = _raised_arms(p, 9 + (top - 9) * opened, 9 + (top + bent - 9) * opened)
        return lowered(body, p)

    return Motion(pose, setting.seconds, repetitions=num_repeated(setting.seconds, period))


def _raised_arms(p: Pose, upper_deg: Array, fore_deg: Array) -> Pose:
    """Both arms at degrees to the side from hanging."""
    a, b = np.radians(upper_deg), np.radians(fore_deg)
    upper, fore = column(np.sin(a), -np.cos(a), 0.06), column(np.sin(b), -np.cos(b), 0.12)
    return with_arms(p, upper, fore, palm=column(-np.cos(b), -np.sin(b), 0.2), curl=0.05)


def _seal_arms(p: Pose, opened: Array) -> Pose:
    """Level arms that open to the sides and close before the chest."""
    a = np.radians(8 + 82 * opened)
    level = column(np.sin(a), -0.08, np.cos(a))
    return with_arms(p, level, column(np.sin(a - 0.35), 0.0, np.cos(a - 0.35)), palm=(-1, 0, 0.2), curl=0.05)


def _stars(setting: Setting) -> Motion:
    """From a dip into the air with arms and legs spread, and together again before the ground."""
    rng, body = setting.rng, setting.body
    k, high, top = body.scale, rng.uniform(0.2, 0.36), rng.uniform(95, 140)
    wide, air = rng.uniform(0.26, 0.4) * k, 2 * np.sqrt(2 * high / GRAVITY)
    marks = np.cumsum([0.0, rng.uniform(0.25, 0.38), 0.18, air, 0.16, 0.3])
    dip, period = rng.uniform(0.16, 0.3) * k, marks[-1] + 0.05

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        s = u * marks[-1]
        p = leap(body, s, marks, dip, high, 0.3)
        bump = np.sin(np.pi * np.clip((s - marks[2]) / air, 0, 1)) ** 2
        ankle = p.ankle.copy()
        ankle[..., 0] += wide * bump[:, None] * OUTWARD
        ankle[..., 1] += 0.06 * bump[:, None]
        p = replace(p, ankle=ankle)
        near = np.clip((s - marks[1]) / (marks[2] - marks[1]), 0, 1) * (s < marks[3] + 0.15)
        arms = _raised_arms(p, 12 + (top - 12) * bump, 12 + (top - 6) * bump)
        away = ease((s - marks[3]) / 0.15)
        return lowered(body, blend(p, arms, ease(near) * (1 - away)))

    return Motion(pose, setting.seconds, repetitions=num_repeated(setting.seconds, period))

"""Work and play of the hands before the body: hammering, knocking, wiping, brushing, catching, aiming."""

from dataclasses import replace

import numpy as np

from poseact.synth.acts_daily import idle_standing
from poseact.synth.body import Body
from poseact.synth.kinematics import lowered, reaching
from poseact.synth.motion import Motion, Setting, repeated, style_of, vary
from poseact.synth.pose import Pose, neutral, with_arm, with_hand, with_pelvis, with_trunk
from poseact.synth.rotation import Array, ease, wave
from poseact.synth.stances import SIDES_X, begun, column, curve, with_feet

# Share of one stroke; hand to its own side, up from the hips and ahead, in body heights of 1.75 m.
_STROKES: dict[str, tuple[tuple[float, ...], ...]] = {
    "hammer": (
        (0.0, 0.16, 0.6, 0.24),
        (0.14, 0.18, 0.64, 0.2),
        (0.4, 0.1, 0.24, 0.44),
        (0.5, 0.1, 0.24, 0.44),
        (1.0, 0.16, 0.6, 0.24),
    ),
    "saw": ((0.0, 0.16, 0.08, 0.16), (0.5, 0.12, -0.02, 0.5), (1.0, 0.16, 0.08, 0.16)),
    "wipe": ((0.0, -0.12, 0.06, 0.4), (0.5, 0.36, 0.06, 0.44), (1.0, -0.12, 0.06, 0.4)),
    "stir": (
        (0.0, 0.12, 0.16, 0.36),
        (0.25, 0.06, 0.16, 0.42),
        (0.5, 0.0, 0.16, 0.36),
        (0.75, 0.06, 0.16, 0.3),
        (1.0, 0.12, 0.16, 0.36),
    ),
    "brush": (
        (0.0, 0.08, 0.78, 0.1),
        (0.15, 0.08, 0.8, 0.06),
        (0.6, 0.2, 0.58, 0.06),
        (0.75, 0.26, 0.56, 0.14),
        (1.0, 0.08, 0.78, 0.1),
    ),
}
_STROKE_S = {"hammer": 0.85, "saw": 0.9, "wipe": 1.0, "stir": 0.8, "brush": 1.3, "knock": 1.8}
_STOOP = {"saw": 30.0, "wipe": 26.0, "stir": 10.0, "hammer": 8.0}


def hand_work(setting: Setting) -> Motion:
    """One hand that hammers, knocks, saws, wipes, stirs or brushes hair, the other held still."""
    rng, body = setting.rng, setting.body
    k, side = body.scale, int(rng.random() < 0.65)
    style = style_of(
        rng, {"hammer": 0.22, "knock": 0.2, "saw": 0.14, "wipe": 0.14, "stir": 0.1, "brush": 0.2}
    )
    period, sign = float(np.clip(vary(rng, _STROKE_S[style], 0.2), 0.5, 2.6)), 1 - 2 * side
    size, stoop = rng.uniform(0.75, 1.15), _STOOP.get(style, 1.0) * rng.uniform(0.6, 1.2)
    shift = rng.normal(0, 0.03, 3)
    holds, idle = rng.random() < 0.55 and style != "knock", idle_standing(setting)

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        at = _knocks(u) if style == "knock" else _stroke(style, u, size)
        p = _stooped(idle(t), stoop * ease(t / 0.6), style == "brush")
        x, y, z = (at.T + shift).T
        full = reaching(body, p, side, p.pelvis + k * column(sign * x, y, z), (0.8, -0.8, -0.35))
        full = with_hand(full, side, (-0.2, 0.3, 0.9), (-0.8, -0.4, 0), curl=0.85)
        if holds and style != "brush":
            other = p.pelvis + k * column(-sign * 0.1, 0.08, 0.4)
            full = reaching(body, full, 1 - side, other, (0.7, -1.0, -0.4))
        return begun(p, full, t, 0.6)

    return Motion(pose, setting.seconds)


def _stroke(style: str, u: Array, size: float) -> Array:
    """Where the hand is, (3, T): the stroke made smaller or larger about its middle."""
    rows = np.array(_STROKES[style])
    middle = rows[:-1, 1:].mean(axis=0)
    rows[:, 1:] = middle + size * (rows[:, 1:] - middle)
    return curve(rows, u)


def _knocks(u: Array) -> Array:
    """Three knocks on a door, and a wait."""
    taps = sum(np.exp(-(((u - m) / 0.05) ** 2)) for m in (0.15, 0.32, 0.49))
    return np.stack([0.1 + 0 * u, 0.47 + 0.03 * taps, 0.33 + 0.1 * taps])


def _stooped(p: Pose, lean: Array, aside: bool) -> Pose:
    """Bent over the work, or with the head to one side."""
    p = with_trunk(p, (0.6 * lean, 0, 0), (0.5 * lean, 0, 0), (0.2 * lean, 0, 6 * aside))
    return with_pelvis(p, z=-0.004 * lean)


def catch(setting: Setting) -> Motion:
    """Both hands out to something that comes flying, and in to the body with it."""
    rng, body = setting.rng, setting.body
    k, period = body.scale, float(np.clip(vary(rng, 1.8, 0.2), 1.2, 2.8))
    high, aside = rng.uniform(0.15, 0.72), rng.uniform(-0.22, 0.22)
    give, one = rng.uniform(0.0, 0.09) * k, rng.random() < 0.25
    side, wide = int(rng.integers(2)), rng.uniform(1.2, 2.0) * body.hip_half
    # Ready, out to it, in with it, and let go.
    rows = (
        (0.0, 0.17, 0.12, 0.24, 0.0),
        (0.12, 0.17, 0.14, 0.26, 0.0),
        (0.34, 0.1, high, 0.52, 1.0),
        (0.5, 0.07, 0.3 + 0.2 * high, 0.24, 0.3),
        (0.66, 0.07, 0.28, 0.24, 0.0),
        (1.0, 0.17, 0.12, 0.24, 0.0),
    )

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        x, y, z, out = curve(rows, u)
        p = with_feet(body, neutral(body, len(t)), wide)
        p = with_pelvis(p, x=0.12 * aside * out, y=-0.02 * k - give * (1 - out), z=-0.02)
        p = with_trunk(p, (4, 0, 0), (6 + 6 * (1 - out), -8 * aside * out, 0), (-8 * high * out, 0, 0))
        p = lowered(body, p)
        full = p
        for s, sign in SIDES_X:
            if one and s != side:
                continue
            place = p.pelvis + k * column(sign * x + aside * out, y, z)
            full = reaching(body, full, s, place, (0.75, -0.9, -0.3))
            full = with_hand(full, s, (0, 0.6, 0.8), (-0.5, 0.1, 0.8), curl=0.2)
        return begun(neutral(body, len(t)), full, t)

    return Motion(pose, setting.seconds)


def aim(setting: Setting) -> Motion:
    """A bow drawn to the side and let go, or both hands straight ahead as with a pistol or a camera."""
    rng, body = setting.rng, setting.body
    bow, lefty = rng.random() < 0.55, rng.random() < 0.35
    period = float(np.clip(vary(rng, 2.6 if bow else 1.6, 0.2), 1.0, 3.8))
    wide, high = rng.uniform(1.4, 2.4) * body.hip_half, rng.uniform(-0.04, 0.1)
    kick = rng.uniform(0.0, 0.05)

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        p = with_feet(body, neutral(body, len(t)), wide)
        full = _bow(body, p, u, high) if bow else _pistol(body, p, u, high, kick, t)
        return begun(neutral(body, len(t)), full.mirrored() if lefty else full, t, 0.6)

    return Motion(pose, setting.seconds)


def _bow(body: Body, p: Pose, u: Array, high: float) -> Pose:
    """The left arm out to the left, the right hand from it to the chin and, let go, behind the ear."""
    k = body.scale
    up = ease(u / 0.2) - ease((u - 0.86) / 0.14)
    drawn = ease((u - 0.2) / 0.28) - ease((u - 0.8) / 0.16)
    loose = np.exp(-(((u - 0.76) / 0.05) ** 2))
    p = with_trunk(p, (0, -6, 0), (0, -6, -3 * drawn), (0, 72 * up, 0))
    shoulder = body.trunk + (high - 0.02) * k
    far = p.pelvis + column(0.22 * k + 0.52 * k * up, 0.15 * k + (shoulder - 0.15 * k) * up, 0.14 * k)
    full = reaching(body, p, 0, far, (0.2, -1.0, -0.5))
    near = np.stack([0.56 - 0.5 * drawn - 0.12 * loose, 0 * u, 0.16 - 0.04 * drawn], -1) * k
    rest = column(-0.12 * k, 0.1 * k, 0.25 * k)
    high_hand = near + column(0, shoulder + 0.04 * k, 0)
    w = up[:, None]
    full = reaching(body, full, 1, p.pelvis + (1 - w) * rest + w * high_hand, (1.0, -0.1, 0.1))
    return replace(full, curl=0 * full.curl + 0.8)


def _pistol(body: Body, p: Pose, u: Array, high: float, kick: float, t: Array) -> Pose:
    """Both hands together far ahead at the height of the eyes, with a kick now and then."""
    k = body.scale
    back = kick * np.exp(-(((u - 0.5) / 0.06) ** 2))
    p = with_trunk(p, (4, 0, 0), (4 - 40 * back, 0, 0), (2, 0, 0))
    turn = 0.06 * wave(t, 0.2)
    place = p.pelvis + k * column(turn, body.trunk / k + high + 0.06 + back, 0.56 - back)
    for s, sign in SIDES_X:
        p = reaching(body, p, s, place + column(sign * 0.025 * k, 0, 0), (0.8, -0.9, 0))
    return replace(p, curl=0 * p.curl + 0.8)


def cross_arms(setting: Setting) -> Motion:
    """Level arms swung open and crossed before the chest, again and again, or folded once and opened."""
    rng, body = setting.rng, setting.body
    period, folds = float(np.clip(vary(rng, 1.3, 0.25), 0.7, 2.2)), rng.random() < 0.3
    height, close = rng.uniform(-0.35, 0.1), rng.uniform(28, 48)
    wide = rng.uniform(80, 100)

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        opened = 0.5 + 0.5 * np.cos(2 * np.pi * u)
        p = with_trunk(neutral(body, len(t)), spine=(2 - 5 * opened, 0, 0))
        a = np.radians(-0.35 * close + (wide + 0.35 * close) * opened)
        bend = np.radians((close if not folds else 95) * (1 - opened) + 6)
        # The upper one of the crossing arms changes.
        over = 0.1 * (1 - opened) * (1 - 2 * (index % 2))
        full = p
        for s, sign in SIDES_X:
            upper = column(np.sin(a), height + sign * over, np.cos(a))
            fore = column(np.sin(a - bend), height + sign * over, np.cos(a - bend))
            full = with_arm(full, s, upper, fore, palm=(-0.3, -1, 0))
        return begun(p, full, t)

    return Motion(pose, setting.seconds)

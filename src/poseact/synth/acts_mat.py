"""Gymnastics on the floor: planks, mountain climbers, burpees, bridges and leg raises."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from poseact.synth.acts_jumping import leap
from poseact.synth.body import Body
from poseact.synth.floor_poses import (
    Keys,
    crouch_on_hands,
    hands_ahead_m,
    low_squat,
    on_palms,
    plank,
    straight_arm_height,
    supine,
)
from poseact.synth.kinematics import ankle_by_angles, reaching
from poseact.synth.motion import Motion, Setting, repeated, style_of, vary
from poseact.synth.pose import (
    Pose,
    animate,
    blend,
    neutral,
    with_arms,
    with_hand,
    with_pelvis,
    with_trunk,
)
from poseact.synth.rotation import Array, ease, wave
from poseact.synth.stances import SIDES_X, column


def hold_plank(setting: Setting) -> Motion:
    """Still on hands or forearms, up and down between the two, or a hand to the other shoulder."""
    rng, body = setting.rng, setting.body
    style = style_of(rng, {"hands": 0.25, "elbows": 0.3, "up_down": 0.25, "taps": 0.2})
    period = float(np.clip(vary(rng, 3.2 if style == "up_down" else 1.8, 0.15), 1.2, 4.2))
    sag, first = rng.uniform(-0.012, 0.012) * body.scale, int(rng.integers(2))

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        sink = np.zeros((len(t), 2))
        tap = np.zeros((len(t), 2))
        if style == "elbows":
            sink += ease(t / 0.7)[:, None]
        elif style == "up_down":
            late = np.array([0.0, 0.17])
            down = ease((u[:, None] - late) / 0.18) - ease((u[:, None] - 0.48 - late) / 0.18)
            sink += down
        elif style == "taps":
            out = ease(u / 0.38) - ease((u - 0.5) / 0.38)
            tap += out[:, None] * np.stack([index % 2 == 0, index % 2 == 1], -1)
        p = _supported(body, sink, tap)
        shake = 0.002 * wave(t, 0.3)
        p = with_pelvis(p, y=shake + sag)
        return p.mirrored() if first else p

    return Motion(pose, setting.seconds, begin="plank", end="plank")


def _supported(body: Body, sink: Array, tap: Array) -> Pose:
    """A plank with each arm (T, 2) let down to the elbow, or up at the other shoulder, by a share."""
    k = body.scale
    high = straight_arm_height(body)
    low = 0.05 * k + 0.97 * body.upper_arm
    p = plank(body, high - (high - low) * sink.mean(-1))
    lean = 10 * (sink[:, 0] - sink[:, 1])
    roll = 7 * (tap[:, 1] - tap[:, 0])
    p = replace(p, pelvis=p.pelvis + column(0.035 * k * (tap[:, 1] - tap[:, 0]), 0, 0))
    angles = np.degrees(np.arcsin(np.clip((p.pelvis[:, 1] - 0.56 * body.foot) / (0.998 * body.leg), -1, 1)))
    p = with_trunk(p, (90 - angles, 0.5 * lean, 0), (2, roll - 0.3 * lean, 0), (-24, 0, 0))
    for s, sign in SIDES_X:
        w, c = sink[:, s, None], tap[:, s, None]
        palm = np.array([sign * 1.15 * body.shoulder_half, 0.055 * k, hands_ahead_m(body)])
        fore = np.array(
            [sign * 0.7 * body.shoulder_half, 0.04 * k, hands_ahead_m(body) + 0.75 * body.forearm]
        )
        lift = np.array([0.0, 0.09 * k, 0.0]) * (4 * w * (1 - w))
        chest = column(-sign * 0.1 * k, p.pelvis[:, 1] + 0.02 * k, hands_ahead_m(body) - 0.02)
        place = (1 - c) * ((1 - w) * palm + w * fore + lift) + c * chest
        pole = (1 - w) * np.array([0.75, 0.3, -0.75]) + w * np.array([0.35, -1.0, -0.45])
        p = reaching(body, p, s, place, (1 - c) * pole + c * np.array([0.8, -0.6, 0.2]))
        flat = with_hand(p, s, (-0.05, -0.08, 1.0), (0, -1, 0), in_room=True, curl=0.05)
        p = blend(flat, p, c[:, 0])
    return p


def mountain_climber(setting: Setting) -> Motion:
    """On the hands, one knee to the chest and back, then the other, slow or as a run."""
    rng, body = setting.rng, setting.body
    fast = rng.random() < 0.6
    hertz = rng.uniform(1.1, 1.9) if fast else rng.uniform(0.4, 0.8)
    reach, cross = rng.uniform(0.75, 1.05), rng.uniform(-0.04, 0.04) * body.scale
    high, rise = straight_arm_height(body), rng.uniform(0.08, 0.14) * body.scale
    first = 0.5 * rng.integers(2)

    def pose(t: Array) -> Pose:
        p = plank(body, np.full(len(t), high))
        w = ease(t / 0.5)
        p = with_pelvis(p, y=w * (rise + 0.018 * body.scale * wave(t, 2 * hertz)))
        for s, sign in SIDES_X:
            p = _knee_in(body, p, s, sign, w * _drive(hertz * t + first + 0.5 * s, fast) * reach, cross)
        return on_palms(body, p)

    return Motion(pose, setting.seconds, begin="plank", end="plank")


def _drive(turns: Array, fast: bool) -> Array:
    """How far a knee is in, 0 to 1, over its cycles: legs pass in the air or wait for each other."""
    u = turns % 1.0
    if fast:
        return 0.5 - 0.5 * np.cos(2 * np.pi * u)
    return np.asarray(ease(u / 0.24) - ease((u - 0.26) / 0.24))


def _knee_in(body: Body, p: Pose, s: int, sign: float, share: Array, cross: float) -> Pose:
    k = body.scale
    ankle, knee, toe = p.ankle.copy(), p.knee.copy(), p.toe.copy()
    end = column(sign * 0.8 * body.hip_half - sign * cross, 0.17 * k, 0.0 * k + 0 * share)
    w = share[:, None]
    ankle[:, s] = (1 - w) * ankle[:, s] + w * end
    ankle[:, s, 1] += 0.1 * k * np.clip(4 * share * (1 - share), 0, 1)
    knee[:, s] = (1 - w) * knee[:, s] + w * np.array([sign * 0.4, 0.25, 1.0])
    toe[:, s] = (1 - w) * toe[:, s] + w * np.array([0.0, -0.75, 0.65])
    return replace(p, ankle=ankle, knee=knee, toe=toe)


def burpee(setting: Setting) -> Motion:
    """Down on the hands, feet back to a plank, perhaps a push-up, feet in, and up into a jump."""
    rng, body = setting.rng, setting.body
    style = style_of(rng, {"jump": 0.6, "push_up": 0.2, "stand": 0.2})
    period = float(np.clip(vary(rng, {"jump": 2.6, "push_up": 3.4, "stand": 2.6}[style], 0.12), 2.0, 4.2))
    high = rng.uniform(0.1, 0.28)
    keys = _burpee_keys(body, style)
    down = keys[-1][0]
    marks = np.cumsum([0.0, 0.3, 0.3, 2 * np.sqrt(2 * high / 9.81), 0.17, 0.35])
    whole = down + float(marks[-1] - marks[1])

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        del index
        s = u * whole
        floor = animate([p for _, p in keys], [at for at, _ in keys], s)
        if style == "stand":
            rest = ease((s - down) / (whole - down - 0.1))
            return blend(floor, neutral(body, len(t)), rest)
        air = leap(body, np.maximum(s - down + marks[1], marks[1]), marks, 0.28 * body.scale, high, 0.95)
        return blend(floor, air, ease((s - down + 0.1) / 0.2))

    return Motion(pose, setting.seconds)


def _burpee_keys(body: Body, style: str) -> Keys:
    """From standing to the plank and back to a crouch, both feet at a time."""
    crouch = crouch_on_hands(body)
    high, k = straight_arm_height(body), body.scale
    top = plank(body, np.array([high]))
    half = blend(crouch, top, np.array([0.5]))
    ankle = (crouch.ankle + top.ankle) / 2 + np.array([0.0, 0.07 * k, 0.0])
    half = on_palms(body, with_pelvis(replace(half, ankle=ankle), y=0.05 * k))
    bottom = [(0.45, plank(body, np.array([0.22 * k]))), (0.9, top)] if style == "push_up" else []
    stay = bottom[-1][0] if bottom else 0.15
    way: Keys = [(0.0, neutral(body)), (0.55, crouch), (0.72, half), (0.92, top)]
    way += [(0.92 + at, p) for at, p in bottom] or [(0.92 + stay, top)]
    end = way[-1][0]
    return [*way, (end + 0.2, half), (end + 0.4, crouch), (end + 0.7, low_squat(body))]


def bridge(setting: Setting) -> Motion:
    """On the back with the feet planted, the hips pressed up and let down, or held up."""
    rng, body = setting.rng, setting.body
    hold = rng.random() < 0.25
    period = float(np.clip(vary(rng, 2.4, 0.18), 1.6, 3.6))
    angle = rng.uniform(24, 34)
    lying = with_arms(supine(body), (0.4, -1, -0.02), (0.2, -1, 0.0), palm=(0, 0, -1))
    neck = lying.pelvis[0] + body.trunk * np.array([0, np.sin(np.radians(2)), -np.cos(np.radians(2))])

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        up = ease(t / 0.9) if hold else ease(u / 0.38) - ease((u - 0.54) / 0.4)
        a = np.radians(-2 + (angle + 2) * up)
        p = lying.take(np.zeros(len(t), int))
        pelvis = neck + body.trunk * column(0, np.sin(a), np.cos(a))
        pelvis[:, 2] += 0.02 * up
        p = with_trunk(
            replace(p, pelvis=pelvis), (-90 - np.degrees(a), 0, 0), (0, 0, 0), (8 + 0.9 * angle * up, 0, 0)
        )
        return with_arms(p, column(0.4, -1, -0.25 * up), column(0.2, -1, -0.2 * up), palm=(0, 0, -1))

    return Motion(pose, setting.seconds, begin="supine", end="supine")


def leg_raise(setting: Setting) -> Motion:
    """On the back, straight legs up and down together or by turns, or a bicycle in the air."""
    rng, body = setting.rng, setting.body
    style = style_of(rng, {"both": 0.45, "scissors": 0.25, "bicycle": 0.3})
    period = float(np.clip(vary(rng, {"both": 2.6, "scissors": 1.2, "bicycle": 1.3}[style], 0.18), 0.8, 3.8))
    top, low = rng.uniform(60, 88), rng.uniform(5, 14)

    def angles(t: Array, s: int) -> tuple[Array, Array]:
        _, u = repeated(t, setting.seconds, period)
        if style == "both":
            up = ease(u / 0.42) - ease((u - 0.48) / 0.5)
            return low + (top - low) * up, 8 + 8 * up
        phase = wave(t, 1 / period, 0.5 * s)
        if style == "scissors":
            return 32 + 20 * phase, 8 + 0 * t
        return 58 + 34 * phase, 62 + 48 * wave(t, 1 / period, 0.5 * s + 0.08)

    return Motion(_on_back(body, angles), setting.seconds, begin="supine", end="supine")


def _on_back(body: Body, angles: Callable[[Array, int], tuple[Array, Array]]) -> Callable[[Array], Pose]:
    """Lying with both legs in the air at given angles of hip and knee."""
    rest = supine(body)

    def pose(t: Array) -> Pose:
        flat = rest.take(np.zeros(len(t), int))
        p = with_arms(flat, (0.35, -1, -0.02), (0.15, -1, 0.0), palm=(0, 0, -1))
        for s in (0, 1):
            hip, knee = angles(t, s)
            p = ankle_by_angles(body, p, s, hip, 2 + 0 * t, knee)
        w = ease(t / 0.7)
        mixed = blend(flat, p, w)
        return replace(mixed, ankle=flat.ankle + w[:, None, None] * (p.ankle - flat.ankle))

    return pose

"""What people do with things and near the floor: move boxes, push, crouch, work at a desk."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from poseact.synth.acts_chair import seated
from poseact.synth.body import Body
from poseact.synth.floor_poses import low_squat
from poseact.synth.kinematics import lowered, reaching
from poseact.synth.motion import Motion, Setting, repeated, style_of, vary
from poseact.synth.pose import (
    Pose,
    animate,
    blend,
    neutral,
    with_arms,
    with_foot,
    with_hand,
    with_pelvis,
    with_trunk,
)
from poseact.synth.rotation import Array, ease, quat_mul, wave
from poseact.synth.stances import SIDES_X, begun, column, heel_up, with_feet


def move_box(setting: Setting) -> Motion:
    """A box in both hands, set from one side to the other, or up to a shelf and down."""
    rng, body = setting.rng, setting.body
    k, style = body.scale, style_of(rng, {"shelf": 0.5, "aside": 0.5})
    half, period = rng.uniform(0.13, 0.24) * k, float(np.clip(vary(rng, 3.0, 0.18), 2.0, 4.4))
    belly, ahead = rng.uniform(0.14, 0.3) * k, rng.uniform(0.3, 0.4) * k
    high, turn = body.trunk + rng.uniform(0.1, 0.4) * k, rng.uniform(45, 75)
    wide = rng.uniform(1.2, 1.9) * body.hip_half

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        go = ease((u - 0.08) / 0.34) - ease((u - 0.56) / 0.36)
        p = with_feet(body, neutral(body, len(t)), wide)
        p = with_pelvis(p, y=-0.02 * k, x=0.015 * k * wave(t, 0.2))
        yaw = turn * (2 * go - 1) if style == "aside" else 0 * t
        up = go if style == "shelf" else 0 * t
        p = with_trunk(p, (-2, 0.3 * yaw, 0), (4 - 14 * up, 0.7 * yaw, 0), (6 - 14 * up, 0, 0))
        p = lowered(body, p)
        y = belly + (high - belly) * up + 0.05 * k * (style == "aside") * (1 - np.cos(np.radians(yaw)))
        # Near the body on the way up, out to the shelf at the top.
        z = ahead - 0.06 * k * np.sin(np.pi * up) + 0.04 * k * up
        a = np.radians(0.85 * yaw)
        full = p
        for s, sign in SIDES_X:
            x, deep = sign * half, z + 0 * a
            place = p.pelvis + column(x * np.cos(a) + deep * np.sin(a), y, deep * np.cos(a) - x * np.sin(a))
            full = reaching(body, full, s, place, (0.7, -1.0, -0.4))
        full = with_hand(with_hand(full, 0, (-0.2, 0.3, 1), (-1, 0.3, 0)), 1, (-0.2, 0.3, 1), (-1, 0.3, 0))
        return begun(neutral(body, len(t)), full, t, 0.7)

    return Motion(pose, setting.seconds)


def push(setting: Setting) -> Motion:
    """Both hands pushed ahead with a step, or leaning hard against something that hardly moves."""
    rng, body = setting.rng, setting.body
    k, lean = body.scale, rng.uniform(12, 30)
    style = style_of(rng, {"shove": 0.55, "lean": 0.45})
    period = float(np.clip(vary(rng, 1.9 if style == "shove" else 2.6, 0.2), 1.2, 3.6))
    stride, high = rng.uniform(0.22, 0.42) * k, rng.uniform(-0.14, 0.1) * k
    first = int(rng.integers(2))

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        if style == "shove":
            out = ease((u - 0.1) / 0.3) - ease((u - 0.55) / 0.4)
            step = ease((u - 0.05) / 0.25) - ease((u - 0.66) / 0.28)
        else:
            out = ease(t / 0.9) * (0.93 + 0.07 * wave(t, 1 / period))
            step = ease(t / 0.8)
        p = _pushing(body, out, step, stride, lean, high)
        return p.mirrored() if first else p

    return Motion(pose, setting.seconds)


def _pushing(body: Body, out: Array, step: Array, stride: float, lean: float, high: float) -> Pose:
    """Hands out and the left foot ahead, both by a share."""
    k = body.scale
    p = neutral(body, len(out))
    p = with_foot(
        p, 0, p.ankle[:, 0] + column(0, 0.06 * k * np.clip(4 * step * (1 - step), 0, 1), stride * step)
    )
    p = heel_up(body, p, 1, 30 * step * out)
    p = with_pelvis(p, y=-0.07 * k * step, z=0.55 * stride * step)
    p = with_trunk(p, (0.75 * lean * out, 0, 0), (0.25 * lean * out, 0, 0), (-0.6 * lean * out, 0, 0))
    p = lowered(body, p)
    w = out[:, None]
    full = p
    for s, sign in SIDES_X:
        chest = p.pelvis + column(sign * 0.16 * k, 0.36 * k, 0.2 * k)
        far = p.pelvis + column(
            sign * 0.17 * k, 0.86 * body.trunk + high, 0.5 * k + 0.4 * np.sin(np.radians(lean)) * k
        )
        full = reaching(body, full, s, (1 - w) * chest + w * far, (0.8, -0.9, -0.4))
        full = with_hand(full, s, (-0.1, 1.0, 0.25), (0, -0.2, 1.0), curl=0.1)
    return blend(p, full, ease(np.maximum(out * 2.5, 0)))


def crouch(setting: Setting) -> Motion:
    """Down low or on the knees, still or busy with the hands, and up again."""
    rng, body = setting.rng, setting.body
    style = style_of(rng, {"low": 0.35, "half": 0.15, "one_knee": 0.3, "two_knees": 0.2})
    keys = _CROUCHES[style](body)
    down = rng.uniform(0.7, 1.1)
    down = min(down, 0.3 * setting.seconds)
    rise = setting.seconds - down
    busy, side = rng.random() < 0.5, rng.random() < 0.5
    hertz = rng.uniform(0.6, 1.6)
    times = [0.0, 0.5 * down, down, rise, setting.seconds - 0.45 * down, setting.seconds]
    poses = [neutral(body), *keys, keys[-1], keys[0], neutral(body)]

    def pose(t: Array) -> Pose:
        p = animate(poses, times, t)
        there = ease((t - 0.8 * down) / 0.5) * (1 - ease((t - rise + 0.5) / 0.5))
        p = _looking(p, there * 8 * np.tanh(2 * wave(t, 0.21)))
        if busy:
            full = p
            for s, sign in SIDES_X:
                stir = column(
                    0.05 * wave(t, hertz, 0.3 * s),
                    0.04 * wave(t, 1.3 * hertz, 0.5 * s),
                    0.05 * wave(t, hertz),
                )
                low = p.pelvis + np.array([sign * 0.12, 0.0, 0.42]) * body.scale
                low[:, 1] = np.maximum(low[:, 1] - 0.12, 0.16 * body.scale)
                full = reaching(body, full, s, low + stir * body.scale, (0.7, -0.7, -0.5))
            p = blend(p, full, there)
        return p.mirrored() if side else p

    # The ways down and up are no crouch yet; the way up is `stand_up`.
    return Motion(
        pose, setting.seconds, lead_s=0.75 * down, label_s=setting.seconds - 0.75 * down, after="stand_up"
    )


def _looking(pose: Pose, yaw: Array) -> Pose:
    """The head turned left on top of what it does."""
    turned = with_trunk(pose, head=(0, yaw, 0)).head_turn
    return replace(pose, head_turn=quat_mul(pose.head_turn, turned))


def _low_crouch(body: Body) -> list[Pose]:
    k = body.scale
    half = replace(low_squat(body), pelvis=np.array([[0.0, 0.62 * body.hip_height, -0.14 * k]]))
    low = with_trunk(low_squat(body), (22, 0, 0), (26, 0, 0), (-22, 0, 0))
    low = replace(low, pelvis=np.array([[0.0, body.ankle_height + 0.27 * body.leg, -0.17 * k]]))
    for s in (0, 1):
        half, low = heel_up(body, half, s, 14.0), heel_up(body, low, s, 34.0)
    for s, sign in SIDES_X:
        low = reaching(body, low, s, (sign * 0.06 * k, 0.42 * k, 0.3 * k), (0.9, -0.5, -0.2))
    return [half, low]


def _half_crouch(body: Body) -> list[Pose]:
    k = body.scale
    low = with_trunk(neutral(body), (34, 0, 0), (22, 0, 0), (-34, 0, 0))
    low = replace(low, pelvis=np.array([[0.0, 0.7 * body.hip_height, -0.17 * k]]))
    for s, sign in SIDES_X:
        low = reaching(body, low, s, (sign * 0.12 * k, 0.54 * k, 0.2 * k), (0.9, 0.2, -0.5))
    return [blend(neutral(body), low, np.array([0.5])), low]


def _one_knee(body: Body) -> list[Pose]:
    k = body.scale
    base = with_foot(neutral(body), 0, (1.2 * body.hip_half, body.ankle_height, 0.40 * k))
    # The foot is still in the air, or it would be dragged ahead.
    half = with_foot(base, 0, (1.2 * body.hip_half, body.ankle_height + 0.08 * k, 0.26 * k))
    half = heel_up(body, with_pelvis(half, y=-0.2 * k, z=0.14 * k), 1, 30.0)
    half = with_trunk(half, (12, 0, 0), (8, 0, 0), (-10, 0, 0))
    low = heel_up(body, base, 1, 70.0)
    low = replace(low, pelvis=np.array([[0.0, body.thigh + 0.065 * k, 0.02 * k]]))
    low = with_pelvis(low, z=0.4 * body.shank)
    low = with_trunk(low, (4, 0, 0), (8, 0, 0), (4, 0, 0))
    low = reaching(body, low, 0, (0.1 * k, 0.58 * k, 0.42 * k), (0.8, -0.6, -0.4))
    return [half, low]


def _two_knees(body: Body) -> list[Pose]:
    k = body.scale
    base = neutral(body)
    half = with_pelvis(base, y=-0.26 * k, z=0.08 * k)
    half = with_trunk(half, (14, 0, 0), (10, 0, 0), (-14, 0, 0))
    low = replace(base, pelvis=np.array([[0.0, body.thigh + 0.05 * k, 0.9 * body.shank]]))
    low = with_trunk(low, (2, 0, 0), (5, 0, 0), (4, 0, 0))
    for s in (0, 1):
        half, low = heel_up(body, half, s, 46.0), heel_up(body, low, s, 70.0)
    half = with_arms(half, (0.3, -0.9, 0.5), (0.1, -0.6, 0.8))
    for s, sign in SIDES_X:
        low = reaching(
            body, low, s, low.pelvis[0] + np.array([sign * 0.13, -0.12, 0.12]) * k, (0.8, 0.0, -0.6)
        )
    return [half, low]


_CROUCHES: dict[str, Callable[[Body], list[Pose]]] = {
    "low": _low_crouch,
    "half": _half_crouch,
    "one_knee": _one_knee,
    "two_knees": _two_knees,
}


def desk(setting: Setting) -> Motion:
    """On the seat: typing, writing, with a phone or a book, a drink, or talking with small gestures."""
    rng, body = setting.rng, setting.body
    style = style_of(rng, {"type": 0.35, "write": 0.2, "phone": 0.2, "talk": 0.25})
    rest, k = seated(body, setting.seat_m), body.scale
    lean, nod = rng.uniform(-2, 16), rng.uniform(6, 26)
    work = _DeskWork(
        style,
        int(rng.integers(2)),
        rng.uniform(2.5, 4.5),
        rng.uniform(0.18, 0.3) * k,
        rng.uniform(0.3, 0.42) * k,
    )
    phase = rng.random()

    def pose(t: Array) -> Pose:
        still = rest.take(np.zeros(len(t), int))
        w = ease(t / 0.7)
        turn = 10 * np.tanh(2 * wave(t, 0.14, phase))
        down = nod if style != "talk" else 2.0
        p = with_trunk(
            still, (-4 + 0.5 * lean, 0, 0), (5 + 0.5 * lean, 0.1 * turn, 0), (down - 0.5 * lean, turn, 0)
        )
        for s, sign in SIDES_X:
            p = _desk_hand(body, p, t, work, s, sign)
        return blend(still, p, w)

    return Motion(pose, setting.seconds, begin="chair", end="chair")


@dataclass(frozen=True)
class _DeskWork:
    """What seated hands do: the working side, its rate, and where both are before the body."""

    style: str
    side: int
    hertz: float
    high: float
    ahead: float


def _desk_hand(body: Body, p: Pose, t: Array, work: _DeskWork, s: int, sign: float) -> Pose:
    """One hand of somebody who sits and works."""
    k, own, style = body.scale, s == work.side, work.style
    if style == "phone" and not own and work.hertz > 3.3:
        return p
    apart = {"type": 0.11, "write": 0.14, "phone": 0.05, "talk": 0.14}[style] * k
    place = p.pelvis + column(sign * apart, work.high + 0.12 * k * (style == "phone"), work.ahead)
    place = place + k * _desk_stir(t, work, s, sign)
    p = reaching(body, p, s, place, (0.7, -1.0, -0.4))
    return with_hand(p, s, (-0.2, 0.0, 1.0), (-0.1, 0.8 if style == "phone" else -1.0, -0.2), curl=0.3)


def _desk_stir(t: Array, work: _DeskWork, s: int, sign: float) -> Array:
    """The small movement of a working hand."""
    if work.style == "write":
        return 0.03 * (s == work.side) * column(wave(t, 0.25), 0.2 * wave(t, 1.7), 0.4 * wave(t, 2.1))
    if work.style == "talk":
        active = np.clip(0.5 + wave(t, 0.23, 0.4 * s), 0, 1)
        aside = sign * 0.08 * active * (1 + wave(t, 0.9))
        return column(aside, 0.07 * active * wave(t, 1.5, 0.2 * s), 0.03 * wave(t, 0.8))
    tap = np.abs(wave(t, work.hertz, 0.35 * s))
    return 0.012 * column(0.8 * wave(t, 0.4, 0.2 * s), tap, 0.5 * wave(t, 0.5))

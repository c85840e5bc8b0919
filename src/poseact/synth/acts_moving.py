"""Acts that take the whole body along: walking, running, jumping, punching, kicking, throwing."""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.gait import Gait, Path, step_along
from poseact.synth.kinematics import ankle_by_angles, lowered, reaching
from poseact.synth.motion import Motion, Setting, repeated, vary
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
from poseact.synth.rotation import Array, ease, pchip, wave

GRAVITY = 9.81


def walk(setting: Setting) -> Motion:
    """Across the view, towards the camera and back, or in place where there is no room."""
    rng, body = setting.rng, setting.body
    cadence = float(np.clip(vary(rng, 1.8, 0.08), 1.4, 2.2))
    gait = Gait(
        steps_hz=cadence,
        swing=rng.uniform(14, 34),
        elbow=rng.uniform(18, 42),
        bob=rng.uniform(0.008, 0.018),
        lean=rng.uniform(0, 6),
        phase=0.5 * rng.integers(2),
    )
    if setting.roam_m < 0.4 or rng.random() < 0.12:
        gait = replace(gait, marching=True, lift=rng.uniform(0.07, 0.18), knee_up=rng.uniform(0.04, 0.12))
        return _on_path(setting, _still(), gait)
    speed = cadence * rng.uniform(0.52, 0.68) * body.scale
    return _on_path(setting, _wander(setting, speed), gait)


def run(setting: Setting) -> Motion:
    """On the spot, with high knees or high heels."""
    rng = setting.rng
    heels = rng.random() < 0.6
    gait = Gait(
        steps_hz=float(np.clip(vary(rng, 2.8, 0.07), 2.3, 3.3)),
        stance=rng.uniform(0.34, 0.42),
        lift=rng.uniform(0.2, 0.34) if heels else rng.uniform(0.18, 0.38),
        back=rng.uniform(0.14, 0.26) if heels else 0.0,
        knee_up=0.0 if heels else rng.uniform(0.08, 0.2),
        swing=rng.uniform(26, 44),
        elbow=rng.uniform(80, 105),
        bob=rng.uniform(0.018, 0.034),
        lean=rng.uniform(4, 11),
        marching=True,
        phase=0.5 * rng.integers(2),
    )
    return _on_path(setting, _still(), gait)


def _still() -> Path:
    return Path(np.array([0.0, 1.0]), *(np.zeros(2) for _ in range(3)))


def _on_path(setting: Setting, path: Path, gait: Gait) -> Motion:
    def pose(t: Array) -> Pose:
        return step_along(setting.body, path, gait, t)

    place, heading = path.at(np.array([setting.seconds + 1.0]))
    end = (float(place[0, 0]), float(place[0, 2]), float(heading[0]))
    return Motion(pose, setting.seconds, end_place=end)


def _wander(setting: Setting, speed: float) -> Path:
    """To and fro between two places at most `roam_m` from the middle, with turns in an arc."""
    rng, roam = setting.rng, setting.roam_m
    across = rng.random() < 0.65
    reach = roam * rng.uniform(0.8, 1.0) * (1.0 if across else 0.7)
    first = 1.0 if rng.random() < 0.5 else -1.0
    # The line of the walk, as a heading in the actor's own axes.
    line = (np.pi / 2 if across else 0.0) - setting.heading + rng.uniform(-0.25, 0.25)
    goal = first * reach
    x = z = heading = pace = 0.0
    dt, rows = 0.02, []
    for _ in range(int((setting.seconds + 1.5) / dt)):
        rows.append((x, z, heading))
        along = x * np.sin(line) + z * np.cos(line)
        if (goal - along) * np.sign(goal) < 0.15:
            goal = -goal
        # Steer back to the line as well as along it.
        aside = x * np.cos(line) - z * np.sin(line)
        wanted = line + (0.0 if goal > along else np.pi) - np.sign(goal - along) * 0.8 * np.tanh(aside)
        error = (wanted - heading + np.pi) % (2 * np.pi) - np.pi
        if len(rows) * dt < setting.seconds:
            heading += float(np.clip(3.0 * error, -2.9, 2.9)) * dt
            pace += (speed * max(0.22, np.cos(error)) - pace) * dt / 0.25
        else:  # comes to a stop, so that the next act begins from a short last step
            pace -= pace * dt / 0.12
        x, z = x + pace * np.sin(heading) * dt, z + pace * np.cos(heading) * dt
    table = np.array(rows)
    return Path(np.arange(len(rows), dtype=np.float64) * dt, *table.T)


def jump(setting: Setting) -> Motion:
    """A dip, a leap with the arms, and a soft landing; or small hops one after the other."""
    rng, body = setting.rng, setting.body
    hop = rng.random() < 0.25
    high = rng.uniform(0.06, 0.12) if hop else rng.uniform(0.16, 0.38)
    dip = rng.uniform(0.05, 0.09) if hop else rng.uniform(0.2, 0.34)
    dips, push, land = (0.12, 0.1, 0.1) if hop else (rng.uniform(0.32, 0.45), 0.2, 0.18)
    air = 2 * np.sqrt(2 * high / GRAVITY)
    marks = np.cumsum([0.0, dips, push, air, land, 0.16 if hop else 0.38])
    least = marks[-1] + (0.02 if hop else 0.12)
    count = max(1, int(setting.seconds / least))
    period = setting.seconds / count
    arms = 0.25 if hop else rng.uniform(0.6, 1.0)

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        s = u * max(period, marks[-1])
        return leap(body, s, marks, dip * body.scale, high, arms)

    return Motion(pose, setting.seconds)


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


def jumping_jack(setting: Setting) -> Motion:
    """Legs apart and arms overhead in one hop, back in the next, about once a second."""
    rng, body = setting.rng, setting.body
    k = body.scale
    wide, top = rng.uniform(0.2, 0.34) * k, rng.uniform(140, 172)
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
        a = np.radians(9 + (top - 9) * opened)
        b = np.radians(9 + (top + bent - 9) * opened)
        upper = np.stack([np.sin(a), -np.cos(a), 0.06 + 0 * a], -1)
        fore = np.stack([np.sin(b), -np.cos(b), 0.12 + 0 * b], -1)
        palm = np.stack([-np.cos(b), -np.sin(b), 0.2 + 0 * b], -1)
        return lowered(body, with_arms(p, upper, fore, palm=palm, curl=0.05))

    return Motion(pose, setting.seconds)


def punch(setting: Setting) -> Motion:
    """A boxer's straight punches from the guard, left and right by turns or one hand alone."""
    rng, body = setting.rng, setting.body
    k, southpaw = body.scale, rng.random() < 0.3
    each = float(np.clip(vary(rng, 0.5, 0.12), 0.38, 0.72))
    alone = int(rng.integers(2)) if rng.random() < 0.25 else None
    low, twist = rng.uniform(-0.08, 0.06) * k, rng.uniform(16, 30)
    bounce = rng.uniform(0.0, 0.016) * k

    def pose(t: Array) -> Pose:
        count = max(1, round(setting.seconds / each))
        turns = np.clip(t / setting.seconds * count, 0, count - 1e-6)
        index, u = np.floor(turns), turns % 1.0
        out = ease(u / 0.4) - ease((u - 0.46) / 0.5)
        side = index % 2 if alone is None else 0 * index + alone
        thrust = np.stack([out * (side == 0), out * (side == 1)], -1)
        p = _boxer(body, thrust, low, twist, bounce * (1 + wave(t, 1 / each)))
        return p.mirrored() if southpaw else p

    return Motion(pose, setting.seconds)


def _boxer(body: Body, thrust: Array, low: float, twist: float, rise: Array) -> Pose:
    """Left foot ahead; thrust (T, 2) is how far each fist is out."""
    k, n = body.scale, len(thrust)
    p = neutral(body, n)
    p = with_foot(p, 0, (0.12 * k, body.ankle_height, 0.17 * k), (0.05, 0, 1.0), (0.15, 0, 1))
    p = with_foot(p, 1, (-0.14 * k, body.ankle_height, -0.2 * k), (0.65, 0, 1.0), (0.4, 0, 1))
    p = with_pelvis(p, y=-0.075 * k + rise, z=0.05 * k * thrust.sum(-1))
    turned = -18 + twist * (thrust[:, 1] - 0.6 * thrust[:, 0])
    p = with_trunk(
        p,
        pelvis=(5, 0.5 * turned, 0),
        spine=(9, 0.8 * turned, 0),
        head=(-3, -1.1 * turned, 0),
    )
    shoulder = body.hip_height - 0.075 * k + body.trunk
    for s, sign in ((0, 1.0), (1, -1.0)):
        guard = np.array([sign * 0.11 * k, shoulder + 0.05 * k, (0.32 - 0.06 * s) * k])
        hit = np.array([sign * 0.05 * k, shoulder + low, 0.78 * k])
        w = thrust[:, s, None]
        p = reaching(body, p, s, (1 - w) * guard + w * hit, (0.45, -1.0, -0.1))
    palms = p.palm.copy()
    palms[..., 0] = (-1.0 + thrust) * OUTWARD
    palms[..., 1] = -0.2 - thrust
    return replace(p, palm=palms, curl=np.ones((n, 2)))


def kick(setting: Setting) -> Motion:
    """Front kicks, kicks at a ball or side kicks, with one leg or with both by turns."""
    rng, body = setting.rng, setting.body
    style = str(rng.choice(["front", "ball", "side"]))
    first, change = int(rng.random() < 0.6), rng.random() < 0.35
    size = rng.uniform(0.75, 1.1)
    period = float(np.clip(vary(rng, 1.15, 0.12), 0.85, 1.6))

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        side = (first + index * change) % 2
        right = _kick(body, u, style, size)
        return blend(right, right.mirrored(), (side == 0).astype(float))

    return Motion(pose, setting.seconds)


_KICKS = {
    # time: hip forwards, hip out, knee bent, all in degrees
    "front": {0.0: (0, 0, 8), 0.27: (78, 2, 105), 0.44: (84, 2, 8), 0.6: (66, 2, 88), 0.92: (0, 0, 8)},
    "ball": {0.0: (0, 0, 8), 0.26: (-24, 4, 72), 0.44: (46, 0, 10), 0.56: (62, -4, 8), 0.92: (0, 0, 8)},
    "side": {0.0: (0, 0, 8), 0.27: (55, 38, 100), 0.44: (46, 66, 8), 0.6: (48, 36, 90), 0.92: (0, 0, 8)},
}


def _kick(body: Body, u: Array, style: str, size: float) -> Pose:
    """One kick with the right leg at share u of it."""
    k, table = body.scale, _KICKS[style]
    angles = pchip(np.array(list(table)), np.array(list(table.values()), np.float64), u)
    hip, out, knee = angles[:, 0] * size, angles[:, 1] * size, angles[:, 2]
    up = ease((u - 0.02) / 0.2) * (1 - ease((u - 0.66) / 0.28))
    lean = up * np.clip(hip, 0, 90) / 84
    p = with_pelvis(neutral(body, len(u)), x=0.085 * k * up, y=-0.02 * k * up, z=-0.05 * k * lean)
    p = with_trunk(
        p,
        pelvis=(-14 * lean, 10 * up, -4 * up - 0.2 * out * up),
        spine=(10 * lean, -12 * lean, -0.1 * out * up),
        head=(4 * lean, 2 * up, 0),
    )
    free = ankle_by_angles(body, p, 1, hip, out, knee)
    # Off the floor at once, so that the foot never drags.
    w = ease(u / 0.16) * (1 - ease((u - 0.74) / 0.22))
    planted = with_foot(p, 1, p.ankle[:, 1] + np.array([0, 0.05, 0]) * np.sin(np.pi * w)[:, None])
    mixed = blend(planted, free, w)
    ankle = planted.ankle + w[:, None, None] * (free.ankle - planted.ankle)
    ankle[:, 0] = p.ankle[:, 0]
    p = replace(mixed, ankle=ankle)
    swing = lean[:, None]
    left = (1 - swing) * np.array([0.2, -1, 0.05]) + swing * np.array([0.45, -0.5, 0.75])
    right = (1 - swing) * np.array([0.2, -1, 0.05]) + swing * np.array([0.75, -0.8, -0.45])
    p = with_arm(p, 0, left, left + np.array([-0.35, 0.35, 0.35]), curl=0.5)
    return with_arm(p, 1, right, right + np.array([0, 0.05, 0.4]), curl=0.5)


def throw(setting: Setting) -> Motion:
    """Overarm, underarm or with both hands overhead, with a step into it."""
    rng, body = setting.rng, setting.body
    style = str(rng.choice(["over", "over", "under", "both"]))
    lefty, stride = rng.random() < 0.3, rng.uniform(0.18, 0.4) * body.scale
    power = rng.uniform(0.8, 1.1)
    period = float(np.clip(vary(rng, 1.55, 0.12), 1.15, 2.1))
    keys, times = _throw_keys(body, style, stride, power)

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        p = animate(keys, times, u)
        ankle = p.ankle.copy()
        steps = np.clip((u - 0.2) / 0.2, 0, 1), np.clip((u - 0.78) / 0.2, 0, 1)
        ankle[:, 0, 1] += sum(0.07 * body.scale * np.sin(np.pi * s) for s in steps)
        p = lowered(body, replace(p, ankle=ankle))
        return p.mirrored() if lefty else p

    return Motion(pose, setting.seconds)


def _throw_keys(body: Body, style: str, stride: float, power: float) -> tuple[list[Pose], list[float]]:
    """Key poses of a right-handed throw, and when they are reached."""
    k, rest = body.scale, neutral(body)
    ahead = with_foot(rest, 0, rest.ankle[0, 0] + np.array([0, 0, stride]))
    wind = with_pelvis(rest, x=-0.06 * k, z=-0.05 * k, y=-0.02 * k)
    go = with_pelvis(ahead, z=0.6 * stride, y=-0.05 * k)
    yaw = power * (0 if style == "both" else 1)
    wind = with_trunk(wind, (-2, -18 * yaw, 0), (-8 * power, -28 * yaw, -4 * yaw), (6, 32 * yaw, 2))
    cock = with_trunk(go, (-2, -8 * yaw, 0), (-12 * power, -24 * yaw, -4 * yaw), (8, 24 * yaw, 2))
    away = with_trunk(go, (6, 12 * yaw, 0), (8 * power, 16 * yaw, 6 * yaw), (-4, -18 * yaw, 0))
    end = with_trunk(go, (12, 20 * yaw, 0), (24 * power, 22 * yaw, 4), (-14, -26 * yaw, 0))
    arms = _THROW_ARMS[style]
    keys = [rest]
    for base, arm in zip((wind, cock, away, end), arms, strict=True):
        keys.append(_throw_arms(base, *arm, two=style == "both"))
    return [*keys, rest, rest], [0.0, 0.26, 0.4, 0.5, 0.64, 0.97, 1.0]


Direction = tuple[float, float, float]
# Upper arm and forearm of the throwing side, (out, up, forward) of the chest, at wind-up, with the
# foot down, at release and after.
_THROW_ARMS: dict[str, tuple[tuple[Direction, Direction], ...]] = {
    "over": (
        ((0.85, -0.15, -0.5), (0.45, 0.7, -0.35)),
        ((0.9, 0.28, -0.35), (0.05, 0.8, -0.65)),
        ((0.55, 0.55, 0.65), (0.0, 0.75, 0.75)),
        ((-0.25, -0.35, 0.85), (-0.5, -0.75, 0.45)),
    ),
    "under": (
        ((0.25, -0.75, -0.7), (0.15, -0.6, -0.7)),
        ((0.25, -0.85, -0.5), (0.12, -0.85, -0.5)),
        ((0.1, -0.75, 0.65), (0.0, -0.6, 0.8)),
        ((-0.05, 0.3, 0.95), (-0.15, 0.75, 0.65)),
    ),
    "both": (
        ((0.4, 0.6, 0.6), (-0.25, 0.8, -0.35)),
        ((0.4, 0.9, 0.1), (-0.3, 0.35, -0.85)),
        ((0.25, 0.55, 0.8), (-0.1, 0.65, 0.75)),
        ((0.15, -0.3, 0.95), (-0.05, -0.45, 0.9)),
    ),
}


def _throw_arms(pose: Pose, upper: Direction, fore: Direction, *, two: bool) -> Pose:
    if two:
        return with_arms(pose, upper, fore, palm=(-0.6, 0.2, 0.8), curl=0.45)
    pose = with_arm(pose, 1, upper, fore, palm=(-0.2, 0.1, 1.0), curl=0.5)
    reach = 0.5 - 0.6 * upper[2]
    return with_arm(pose, 0, (0.45, -0.75 + 0.5 * reach, 0.35 + 0.4 * reach), (0.05, -0.3 + reach, 0.7))

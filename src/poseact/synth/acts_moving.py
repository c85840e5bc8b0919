"""Acts that take the whole body along: walking, running, kicking, throwing."""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.gait import Gait, Path, step_along
from poseact.synth.kinematics import ankle_by_angles, lowered
from poseact.synth.motion import Motion, Setting, repeated, style_of, vary
from poseact.synth.pose import (
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
from poseact.synth.rotation import Array, ease, pchip, quat, quat_mul
from poseact.synth.stances import column

GRAVITY = 9.81


def walk(setting: Setting) -> Motion:
    """Across the view, to the camera and back, in a circle, or in place; hands free, still or busy."""
    rng, body = setting.rng, setting.body
    pace = style_of(rng, {"usual": 0.65, "slow": 0.12, "fast": 0.13, "small": 0.1})
    busy = {"still": 0.08, "box": 0.08, "bag": 0.06, "pockets": 0.08, "phone": 0.08}
    arms = style_of(rng, {**busy, "swing": 0.62})
    usual = {"slow": 1.5, "fast": 2.1}.get(pace, 1.8)
    cadence = float(np.clip(vary(rng, usual, 0.08), 1.3, 2.3))
    gait = Gait(
        steps_hz=cadence,
        swing=rng.uniform(14, 34) * (1.25 if pace == "fast" else 1.0),
        elbow=rng.uniform(18, 42),
        bob=rng.uniform(0.008, 0.018),
        lean=rng.uniform(0, 6) + rng.uniform(0, 14) * (rng.random() < 0.12),
        phase=0.5 * rng.integers(2),
    )
    if setting.roam_m < 0.4 or rng.random() < 0.12:
        gait = replace(gait, marching=True, lift=rng.uniform(0.07, 0.18), knee_up=rng.uniform(0.04, 0.12))
        return _with_arms(setting, _on_path(setting, _still(), gait), arms)
    strides = {"small": (0.24, 0.42), "slow": (0.42, 0.58)}.get(pace, (0.52, 0.68))
    speed = cadence * rng.uniform(*strides) * body.scale
    round_about = setting.alone and rng.random() < 0.12
    path = _circle(setting, speed) if round_about else _wander(setting, speed)
    return _with_arms(setting, _on_path(setting, path, gait), arms)


# What busy arms do on a walk: upper arm and forearm (out, up, forward), of both or of one.
_BUSY_ARMS = {
    "still": ((0.12, -1.0, 0.02), (0.05, -1.0, 0.2)),
    "box": ((0.22, -1.0, 0.25), (-0.12, 0.02, 1.0)),
    "bag": ((0.1, -1.0, 0.0), (0.03, -1.0, 0.06)),
    "pockets": ((0.3, -0.95, -0.25), (-0.25, -0.85, 0.45)),
    "phone": ((0.18, -0.95, 0.3), (-0.4, 0.45, 0.8)),
}


def _with_arms(setting: Setting, motion: Motion, style: str) -> Motion:
    """The walk with arms that carry something, rest in the pockets or hold a phone."""
    if style == "swing":
        return motion
    rng, side = setting.rng, int(setting.rng.integers(2))
    sides = (side,) if style == "bag" or (style in ("phone", "pockets") and rng.random() < 0.6) else (0, 1)
    upper, fore = (np.array(d) + rng.normal(0, 0.05, 3) for d in _BUSY_ARMS[style])
    nod = rng.uniform(12, 28) if style == "phone" else 0.0

    def pose(t: Array) -> Pose:
        walking = motion.pose(t)
        # A little of the swing stays in arms that hang.
        stir = 0.04 if style in ("still", "bag") else 0.012
        p = walking
        for s in sides:
            shake = stir * column(0, 0, walking.upper_arm[:, s, 2])
            p = with_arm(p, s, upper + shake, fore + 2 * shake, palm=(-1, 0.2, 0), curl=0.6)
        p = replace(p, head_turn=quat_mul(p.head_turn, quat(nod)))
        return blend(walking, p, ease((t + 0.1) / 0.5))

    return replace(motion, pose=pose)


def run(setting: Setting) -> Motion:
    """On the spot, with high knees or high heels, or jogging to and fro or in a circle."""
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
    if setting.roam_m < 1 or rng.random() < 0.6:
        return _on_path(setting, _still(), gait)
    gait = replace(gait, lift=rng.uniform(0.1, 0.2), back=rng.uniform(0.03, 0.1), knee_up=0.0)
    speed = gait.steps_hz * rng.uniform(0.5, 0.8) * setting.body.scale
    if rng.random() < 0.5:
        return _on_path(setting, _circle(setting, speed), gait)
    far = replace(setting, roam_m=1.7 * setting.roam_m)
    return _on_path(setting, _wander(far, speed), gait)


def _circle(setting: Setting, speed: float) -> Path:
    """Round and round from the present place, to the left or to the right, from rest and to rest."""
    rng = setting.rng
    side, radius = float(rng.choice([-1.0, 1.0])), setting.roam_m * rng.uniform(0.55, 0.95)
    t = np.linspace(0, setting.seconds + 1.5, int(50 * setting.seconds) + 75)
    pace = speed * ease(t / 0.6) * (1 - ease((t - setting.seconds + 0.3) / 0.6))
    way = np.concatenate([[0.0], np.cumsum(0.5 * (pace[1:] + pace[:-1]) * np.diff(t))])
    turn = way / radius
    return Path(t, side * radius * (1 - np.cos(turn)), radius * np.sin(turn), side * turn)


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


def kick(setting: Setting) -> Motion:
    """Front, side and round kicks, at a ball, passes and juggling, knee strikes; one leg or both by turns."""
    rng, body = setting.rng, setting.body
    styles = {
        "front": 0.2,
        "ball": 0.2,
        "side": 0.2,
        "round": 0.13,
        "pass": 0.1,
        "knee": 0.09,
        "juggle": 0.08,
    }
    style = style_of(rng, styles)
    first, change = int(rng.random() < 0.6), rng.random() < (0.7 if style == "juggle" else 0.35)
    size = rng.uniform(0.75, 1.1)
    usual = {"juggle": 0.75, "pass": 1.0, "knee": 1.0}.get(style, 1.15)
    period = float(np.clip(vary(rng, usual, 0.12), 0.65, 1.6))

    def pose(t: Array) -> Pose:
        index, u = repeated(t, setting.seconds, period)
        side = (first + index * change) % 2
        right = _kick(body, u, style, size)
        return blend(right, right.mirrored(), (side == 0).astype(float))

    return Motion(pose, setting.seconds)


_KICKS: dict[str, dict[float, tuple[float, ...]]] = {
    # time: hip forwards, hip out, knee bent, pelvis turned to the standing leg, all in degrees
    "front": {
        0.0: (0, 0, 8, 0),
        0.27: (78, 2, 105, 0),
        0.44: (84, 2, 8, 0),
        0.6: (66, 2, 88, 0),
        0.92: (0, 0, 8, 0),
    },
    "ball": {
        0.0: (0, 0, 8, 0),
        0.26: (-24, 4, 72, 0),
        0.44: (46, 0, 10, 0),
        0.56: (62, -4, 8, 0),
        0.92: (0, 0, 8, 0),
    },
    "side": {
        0.0: (0, 0, 8, 0),
        0.27: (55, 38, 100, 0),
        0.44: (46, 66, 8, 0),
        0.6: (48, 36, 90, 0),
        0.92: (0, 0, 8, 0),
    },
    "round": {
        0.0: (0, 0, 8, 0),
        0.26: (46, 44, 112, 14),
        0.44: (44, 72, 14, 66),
        0.54: (40, 64, 30, 74),
        0.66: (42, 36, 88, 36),
        0.94: (0, 0, 8, 0),
    },
    "pass": {
        0.0: (0, 0, 8, 0),
        0.26: (-18, 8, 46, -8),
        0.37: (6, 3, 42, 2),
        0.46: (28, -2, 24, 10),
        0.6: (34, -4, 16, 12),
        0.92: (0, 0, 8, 0),
    },
    "knee": {
        0.0: (0, 0, 8, 0),
        0.2: (-14, 4, 30, -8),
        0.44: (102, 6, 118, 14),
        0.54: (96, 6, 112, 12),
        0.92: (0, 0, 8, 0),
    },
    "juggle": {
        0.0: (0, 0, 8, 0),
        0.24: (24, 4, 48, 0),
        0.46: (50, 4, 26, 0),
        0.58: (44, 4, 30, 0),
        0.92: (0, 0, 8, 0),
    },
}


def _kick(body: Body, u: Array, style: str, size: float) -> Pose:
    """One kick with the right leg at share u of it."""
    k, table = body.scale, _KICKS[style]
    angles = pchip(np.array(list(table)), np.array(list(table.values()), np.float64), u)
    hip, out, knee, turn = angles[:, 0] * size, angles[:, 1] * size, angles[:, 2], angles[:, 3] * size
    up = ease((u - 0.02) / 0.2) * (1 - ease((u - 0.66) / 0.28))
    lean = up * np.clip(hip, 0, 90) / 84
    p = with_pelvis(neutral(body, len(u)), x=0.085 * k * up, y=-0.02 * k * up, z=-0.05 * k * lean)
    p = with_trunk(
        p,
        pelvis=(-14 * lean, 10 * up + turn, -4 * up - 0.2 * out * up - 0.22 * np.maximum(turn, 0)),
        spine=(10 * lean, -12 * lean - 0.25 * turn, -0.1 * out * up),
        head=(4 * lean, 2 * up - 0.65 * turn, 0),
    )
    # The standing foot turns on its ball with the hips.
    about = np.radians(0.8 * turn)
    c, sine = np.cos(about), np.sin(about)
    p = with_foot(p, 0, toe=column(0.2 * c + sine, 0, c - 0.2 * sine), knee=column(0.12 * c + sine, 0, c))
    free = ankle_by_angles(body, p, 1, hip, out, knee)
    # Off the floor at once, so that the foot never drags.
    w = ease(u / 0.16) * (1 - ease((u - 0.74) / 0.22))
    planted = with_foot(p, 1, p.ankle[:, 1] + np.array([0, 0.05, 0]) * np.sin(np.pi * w)[:, None])
    mixed = blend(planted, free, w)
    ankle = planted.ankle + w[:, None, None] * (free.ankle - planted.ankle)
    ankle[:, 0] = p.ankle[:, 0]
    # A foot that swings low is lifted until its toes clear the floor.
    ankle[:, 1, 1] += np.maximum(0.01 - ankle[:, 1, 1] - 0.7 * body.foot * mixed.toe[:, 1, 1], 0.0)
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

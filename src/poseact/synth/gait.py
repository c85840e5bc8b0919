"""Walking and running: footsteps planted along a path, and the body carried over them."""

from dataclasses import dataclass, replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import lowered
from poseact.synth.pose import OUTWARD, Pose, neutral, with_arm, with_trunk
from poseact.synth.rotation import Array, ease, unit


@dataclass(frozen=True)
class Path:
    """Where the body is over time, held at its ends.

    Attributes:
        times: (N,) rising seconds.
        x: (N,) metres to the left.
        z: (N,) metres ahead.
        heading: (N,) radians to the left of z.
    """

    times: Array
    x: Array
    z: Array
    heading: Array

    def at(self, t: Array) -> tuple[Array, Array]:
        """Places on the floor (..., 3) and headings (...)."""
        x, z, heading = (np.interp(t, self.times, a) for a in (self.x, self.z, self.heading))
        return np.stack([x, np.zeros_like(x), z], -1), heading


@dataclass(frozen=True)
class Gait:
    """How somebody walks or runs.

    Attributes:
        steps_hz: Steps a second, both feet counted.
        stance: Share of a foot's cycle on the floor; below 0.5 both feet leave it: running.
        lift: Metres that the swinging foot rises over a step in place.
        back: Metres that the swinging foot goes behind the body at its highest (running).
        knee_up: Metres that the swinging foot goes ahead of the body at its highest.
        swing: Degrees of arm swing to either side.
        elbow: Degrees by which the elbows are bent.
        bob: Metres of the body's rise and fall.
        lean: Degrees of forward lean.
        marching: Whether the feet go on stepping where the path stands still.
        phase: Turns; which foot starts.
    """

    steps_hz: float = 1.8
    stance: float = 0.62
    lift: float = 0.05
    back: float = 0.0
    knee_up: float = 0.0
    swing: float = 24.0
    elbow: float = 22.0
    bob: float = 0.012
    lean: float = 3.0
    marching: bool = False
    phase: float = 0.0


def step_along(body: Body, path: Path, gait: Gait, t: Array) -> Pose:
    """The whole body on its way, at times t (T,)."""
    place, heading = path.at(t)
    forward = np.stack([np.sin(heading), np.zeros_like(t), np.cos(heading)], -1)
    pose = neutral(body, len(t))
    pose = replace(pose, pelvis=pose.pelvis + place)
    stride = gait.steps_hz / 2
    active = _activity(path, gait, t)
    ankle, toe = pose.ankle.copy(), pose.toe.copy()
    for s in range(2):
        ankle[:, s], toe[:, s] = _foot(body, path, gait, t, s)
    knee = np.repeat(forward[:, None], 2, axis=1)
    pose = replace(pose, ankle=ankle, toe=toe, knee=knee)
    turns = stride * t + gait.phase
    return _carried(body, gait, pose, turns, active, heading)


def _carried(body: Body, gait: Gait, pose: Pose, turns: Array, active: Array, heading: Array) -> Pose:
    """Pelvis, trunk and arms over the feet; `turns` counts cycles of the left foot."""
    cycle = 2 * np.pi * turns
    left = np.stack([np.cos(heading), np.zeros_like(heading), -np.sin(heading)], -1)
    # The left foot stands from turn 0 to `stance`; the body is over it in the middle of that.
    over_left = np.cos(cycle - np.pi * gait.stance)
    # A walking body is highest over the standing foot, a running one between the steps.
    walking = gait.stance > 0.5
    high = np.cos(2 * (cycle - np.pi * gait.stance)) * (1.0 if walking else -1.0)
    sway = (0.022 if walking else 0.008) * body.scale * over_left * active
    rise = gait.bob * body.scale * (high - 1.0) * active
    pelvis = pose.pelvis + left * sway[:, None]
    pelvis[:, 1] += rise + (0.006 if walking else -0.03) * body.scale * active
    pose = replace(pose, pelvis=pelvis)
    ahead = np.cos(cycle) * active  # the left foot is furthest ahead as it lands
    yaw = np.degrees(heading)
    pose = with_trunk(
        pose,
        pelvis=(0.4 * gait.lean * active, yaw - 4 * ahead, -2.0 * over_left * active),
        spine=(1 + 0.6 * gait.lean * active, 9 * ahead, 1.5 * over_left * active),
        head=(-0.8 * gait.lean * active, -5 * ahead, 0.5 * over_left * active),
    )
    for s in range(2):
        pose = _arm_swing(pose, gait, s, OUTWARD[s] * ahead, active)
    return lowered(body, pose)


def _arm_swing(pose: Pose, gait: Gait, s: int, ahead: Array, active: Array) -> Pose:
    """The arm against the leg: back while its own foot is ahead."""
    angle = np.radians(-gait.swing * ahead)
    bend = np.radians(22 + (gait.elbow - 22) * active - 0.45 * gait.swing * ahead)
    out = 0.13 + 0.04 * active
    upper = np.stack([np.broadcast_to(out, angle.shape), -np.cos(angle), np.sin(angle)], -1)
    fore_angle = angle + np.maximum(bend, 0.05)
    inward = 0.06 - 0.2 * (gait.elbow > 60) * active
    fore = np.stack([inward + 0 * angle, -np.cos(fore_angle), np.sin(fore_angle)], -1)
    palm = np.stack([-np.ones_like(angle), 0 * angle, 0 * angle - 0.2], -1)
    return with_arm(pose, s, upper, fore, palm=palm, curl=0.6 if gait.elbow > 60 else 0.3)


def _activity(path: Path, gait: Gait, t: Array) -> Array:
    """0 where somebody stands, 1 where they walk, (T,)."""
    if gait.marching:
        return np.ones_like(t)
    half = 0.35
    (a, ha), (b, hb) = path.at(t - half), path.at(t + half)
    way = np.linalg.norm(b - a, axis=-1) + 0.4 * np.abs(hb - ha)
    return ease(way / 0.5)


def _foot(body: Body, path: Path, gait: Gait, t: Array, s: int) -> tuple[Array, Array]:
    """Ankle places and toe directions (T, 3) of one foot."""
    stride = gait.steps_hz / 2
    turns = stride * t + gait.phase + 0.5 * s
    cycle = np.floor(turns)
    u = turns - cycle

    def planted(k: Array) -> tuple[Array, Array]:
        middle = (k + gait.stance / 2 - gait.phase - 0.5 * s) / stride
        place, heading = path.at(middle)
        half = 0.85 * body.hip_half * OUTWARD[s]
        across = np.stack([np.cos(heading), np.zeros_like(heading), -np.sin(heading)], -1)
        return place + half * across + np.array([0, body.ankle_height, 0]), heading

    (here, toe_here), (there, toe_there) = planted(cycle), planted(cycle + 1)
    v = np.clip((u - gait.stance) / (1 - gait.stance), 0, 1)
    w = ease(v)[:, None]
    ankle = (1 - w) * here + w * there
    heading = toe_here + w[:, 0] * (toe_there - toe_here) + 0.12 * OUTWARD[s]
    way = np.linalg.norm(there - here, axis=-1) + 0.3 * np.abs(toe_there - toe_here)
    moving = np.maximum(ease(way / 0.35), 1.0 if gait.marching else 0.0)
    stride_share = ease(way / (0.9 * body.scale))
    pitch = _foot_pitch(u, v, gait) * np.maximum(stride_share, 0.45 * gait.marching) * moving
    forward = np.stack([np.sin(heading), np.zeros_like(t), np.cos(heading)], -1)
    rise, ahead = heel_offset(body, pitch)
    arc = np.sin(np.pi * v) ** 2 if gait.back or gait.knee_up else np.sin(np.pi * v)
    ankle = ankle + forward * (ahead + (gait.knee_up - gait.back) * arc * moving)[:, None]
    ankle[:, 1] += rise + gait.lift * body.scale * arc * moving
    down = np.radians(pitch)[:, None]
    toe = forward * np.cos(down) - np.array([0.0, 1.0, 0.0]) * np.sin(down)
    return ankle, unit(toe)


def _foot_pitch(u: Array, v: Array, gait: Gait) -> Array:
    """Degrees toes-down over a foot's cycle: lands heel first, leaves toes last."""
    off = gait.stance
    back = -1.0 if gait.back else 1.0
    keys_u = [0.0, 0.1 * off / 0.6, 0.6 * off, off, off + 0.45 * (1 - off), off + 0.85 * (1 - off), 1.0]
    keys_p = [-14.0, 0.0, 0.0, 52.0, 20.0 if back > 0 else 70.0, -14.0, -14.0]
    return np.asarray(np.interp(u, keys_u, keys_p) + 0 * v)


def heel_offset(body: Body, pitch_deg: Array) -> tuple[Array, Array]:
    """How far the ankle rises and goes ahead as the foot turns about its ball."""
    angle = np.radians(np.maximum(pitch_deg, 0.0))
    ball, high = 0.55 * body.foot, body.ankle_height
    ahead = -ball * np.cos(angle) + high * np.sin(angle) + ball
    rise = high * np.cos(angle) + ball * np.sin(angle) - high
    return np.asarray(rise), np.asarray(ahead)


def stroll(start: tuple[float, float, float], end: tuple[float, float, float], speed_mps: float) -> Path:
    """A path on the floor from (x, z, heading) to another, turning on the way."""
    (x0, z0, h0), (x1, z1, h1) = start, end
    turn = (h1 - h0 + np.pi) % (2 * np.pi) - np.pi
    way = float(np.hypot(x1 - x0, z1 - z0))
    seconds = max(way / speed_mps, abs(turn) / 2.6, 0.3) + 0.35
    t = np.linspace(0, seconds, max(int(seconds * 50), 2))
    w = ease(t / seconds)
    return Path(t, x0 + w * (x1 - x0), z0 + w * (z1 - z0), h0 + w * turn)

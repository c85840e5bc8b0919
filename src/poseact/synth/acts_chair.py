"""Sitting down, sitting and standing up; the seat is behind the actor's own place."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import reaching
from poseact.synth.motion import Motion, Posture, Setting, style_of, vary
from poseact.synth.pose import (
    Pose,
    animate,
    neutral,
    with_arms,
    with_foot,
    with_hand,
    with_pelvis,
    with_trunk,
)
from poseact.synth.rotation import Array, ease, wave

# Metres behind the standing actor's place, for the medium body: the middle of the seat.
SEAT_BEHIND_M = 0.41


def seated(body: Body, seat_m: float) -> Pose:
    """One instant of sitting upright, feet where they stood."""
    k = body.scale
    p = with_trunk(neutral(body), (-4, 0, 0), (5, 0, 0), (0, 0, 0))
    p = replace(p, pelvis=np.array([[0.0, seat_m + 0.085 * k * body.girth, -SEAT_BEHIND_M * k]]))
    for s, sign in ((0, 1.0), (1, -1.0)):
        p = with_foot(p, s, (sign * 1.3 * body.hip_half, body.ankle_height, 0.0), knee=(0.12, 0.5, 1.0))
    for s, sign in ((0, 1.0), (1, -1.0)):
        y, z = p.pelvis[0, 1] + 0.1 * k, -0.1 * k
        p = reaching(body, p, s, (sign * 0.13 * k, y, z), (0.8, -0.4, -0.7))
        p = with_hand(p, s, (-0.25, -0.35, 0.9), (-0.1, -1, -0.3), in_room=True)
    return p


def _leaning(body: Body, p: Pose, height: float, back: float, lean: float, arms: str) -> Pose:
    """On the way between seat and standing: hips at a height and back, trunk forward."""
    p = with_trunk(p, (0.62 * lean, 0, 0), (0.38 * lean, 0, 0), (-0.5 * lean, 0, 0))
    p = replace(p, pelvis=np.array([[0.0, height, -back * body.scale]]))
    if arms == "ahead":
        return with_arms(p, (0.12, -0.25, 1.0), (-0.05, -0.1, 1.0), in_room=True)
    p = with_arms(p, (0.15, -1, 0.3), (0.02, -0.9, 0.55), in_room=True)
    if arms == "knees":
        for s, sign in ((0, 1.0), (1, -1.0)):
            # About where the knees are between hip and foot.
            knee = 0.5 * (p.pelvis[0] + p.ankle[0, s]) + np.array([sign * 0.05, 0.1, 0.24]) * body.scale
            p = reaching(body, p, s, knee, (1.0, 0.1, -0.5))
    elif arms == "seat":
        for s, sign in ((0, 1.0), (1, -1.0)):
            edge = p.pelvis[0] + np.array([sign * 0.24, -0.06, -0.02]) * body.scale
            p = reaching(body, p, s, edge, (0.5, 0.2, -1.0))
    return p


def _way_down(setting: Setting) -> list[Pose]:
    """Key poses from standing to sitting."""
    body, rng = setting.body, setting.rng
    sitting = seated(body, setting.seat_m)
    feet = replace(neutral(body), ankle=sitting.ankle, knee=sitting.knee)
    low, top = float(sitting.pelvis[0, 1]), body.hip_height
    lean = rng.uniform(32, 52)
    arms = style_of(rng, {"loose": 0.5, "knees": 0.25, "ahead": 0.13, "seat": 0.12})
    half = _leaning(
        body, feet, low + 0.55 * (top - low), 0.2, 0.85 * lean, "loose" if arms == "seat" else arms
    )
    touch = _leaning(body, feet, low + 0.02, SEAT_BEHIND_M - 0.02, lean, arms)
    touch = replace(touch, knee=sitting.knee)
    return [neutral(body), half, touch, sitting]


def _tempo(setting: Setting, usual: float) -> float:
    """How long the way takes: usual, brisk or as of somebody old."""
    rng = setting.rng
    share = {"usual": 1.0, "brisk": 0.68, "slow": 1.6}[
        style_of(rng, {"usual": 0.6, "brisk": 0.2, "slow": 0.2})
    ]
    return float(min(np.clip(vary(rng, usual * share, 0.14), 0.85, 3.0), setting.seconds))


def sit_down(setting: Setting) -> Motion:
    """From standing onto the seat; what is left of the time is sitting."""
    seconds = _tempo(setting, 1.6)
    keys = _way_down(setting)
    times = [0.0, 0.45 * seconds, 0.78 * seconds, seconds]

    def pose(t: Array) -> Pose:
        return _breathing(animate(keys, times, t), t)

    return _with_rest(setting, pose, seconds, "chair", "sit")


def stand_up(setting: Setting) -> Motion:
    """From the seat; what is left of the time is standing."""
    seconds = _tempo(setting, 1.5)
    standing, half, touch, sitting = _way_down(setting)
    times = [0.0, 0.34 * seconds, 0.62 * seconds, seconds]

    def pose(t: Array) -> Pose:
        return animate([sitting, touch, half, standing], times, t)

    motion = _with_rest(setting, pose, seconds, "upright", "stand")
    return replace(motion, begin="chair")


def _with_rest(
    setting: Setting, pose: Callable[[Array], Pose], seconds: float, end: Posture, after: str
) -> Motion:
    label_s = seconds if setting.seconds - seconds > 0.4 else None
    return Motion(pose, setting.seconds, end=end, label_s=label_s, after=after)


def sit(setting: Setting) -> Motion:
    """Still on the seat: hands on the thighs, arms crossed, bent over the knees or leaning back."""
    body, rng = setting.body, setting.rng
    style = style_of(rng, {"thighs": 0.5, "crossed": 0.17, "knees": 0.18, "back": 0.15})
    one = seated(body, setting.seat_m)
    lean = {"knees": rng.uniform(20, 32), "back": -rng.uniform(6, 14)}.get(style, rng.uniform(-3, 3))
    rest = _sitting_arms(body, with_trunk(one, (-4 + lean, 0, 0), (5 + 0.4 * lean, 0, 0)), style)
    look, rate, phase = rng.uniform(5, 25), rng.uniform(0.1, 0.2), rng.random()

    def pose(t: Array) -> Pose:
        turn = look * np.tanh(2 * wave(t, rate, phase))
        p = animate([one, rest], [0.0, 0.8], t)
        share = ease(t / 0.8)
        head = 2 - 0.8 * lean * share
        p = with_trunk(p, (-4 + lean * share, 0, 0), (5 + 0.4 * lean * share, 0.1 * turn, 0), (head, turn, 0))
        return _breathing(p, t)

    return Motion(pose, setting.seconds, begin="chair", end="chair")


def _sitting_arms(body: Body, p: Pose, style: str) -> Pose:
    """Where the arms rest; on the thighs they stay as they are."""
    k = body.scale
    for s, sign in ((0, 1.0), (1, -1.0)):
        if style == "crossed":
            place = p.pelvis[0] + np.array([-sign * 0.06, 0.3 - 0.03 * s, 0.2 + 0.045 * s]) * k
            p = reaching(body, p, s, place, (0.7, -0.6, 0.15))
        elif style == "knees":
            place = p.pelvis[0] + np.array([sign * 0.03, 0.05, 0.52]) * k
            p = reaching(body, p, s, place, (1.0, -0.6, 0.0))
        elif style == "back":
            place = p.pelvis[0] + np.array([sign * 0.2, 0.08, 0.12]) * k
            p = reaching(body, p, s, place, (0.8, -0.4, -0.7))
    return p


def _breathing(pose: Pose, t: Array) -> Pose:
    return with_pelvis(pose, y=0.002 * wave(t, 0.28))

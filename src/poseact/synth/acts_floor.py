"""Acts on the floor: push-ups, sit-ups, falls in several directions, and lying still."""

from dataclasses import replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.floor_poses import (
    on_side,
    plank,
    plank_back_m,
    prone,
    straight_arm_height,
    supine,
)
from poseact.synth.gait import Gait, Path, step_along
from poseact.synth.motion import LYING, Motion, Posture, Setting, num_repeated, repeated, vary
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
from poseact.synth.rotation import Array, ease, wave
from poseact.synth.stances import heel_up


def push_up(setting: Setting) -> Motion:
    """Down and up on hands and toes, one and a half to two seconds each."""
    rng, body = setting.rng, setting.body
    top = straight_arm_height(body)
    low = rng.uniform(0.2, 0.3) * body.scale
    period = float(np.clip(vary(rng, 1.75, 0.12), 1.3, 2.3))

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        down = ease(u / 0.46) - ease((u - 0.5) / 0.46)
        return plank(body, top - (top - low) * down)

    count = num_repeated(setting.seconds, period)
    return Motion(pose, setting.seconds, begin="plank", end="plank", repetitions=count)


def sit_up(setting: Setting) -> Motion:
    """From the back up to sitting and down again, knees bent, two to three seconds each."""
    rng, body = setting.rng, setting.body
    style = str(rng.choice(["chest", "head", "ahead"]))
    lying = _sit_up_arms(supine(body), style, up=False)
    curl = _sit_up_arms(with_trunk(lying, (-62, 0, 0), (34, 0, 0), (16, 0, 0)), style, up=True)
    high = rng.uniform(-24, -10)
    upright = _sit_up_arms(with_trunk(lying, (high, 0, 0), (26, 0, 0), (4, 0, 0)), style, up=True)
    period = float(np.clip(vary(rng, 2.4, 0.12), 1.8, 3.3))
    keys = [lying, curl, upright, upright, curl, lying, lying]

    def pose(t: Array) -> Pose:
        _, u = repeated(t, setting.seconds, period)
        return animate(keys, [0.0, 0.2, 0.42, 0.5, 0.72, 0.95, 1.0], u)

    count = num_repeated(setting.seconds, period)
    return Motion(pose, setting.seconds, begin="supine", end="supine", repetitions=count)


def _sit_up_arms(pose: Pose, style: str, *, up: bool) -> Pose:
    if style == "chest":
        return with_arms(pose, (0.28, -0.9, 0.4), (-0.85, 0.5, 0.32), hand=(-0.7, 0.7, 0.1), palm=(0, 0, -1))
    if style == "head":
        return with_arms(pose, (0.85, 0.55, 0.3), (-0.75, 0.6, -0.25), palm=(-0.3, 0, 0.9), curl=0.3)
    ahead = 0.9 if up else 0.35
    return with_arms(pose, (0.12, -0.6, ahead), (0.02, -0.5, ahead + 0.1), palm=(-0.2, -1, 0))


def fall(setting: Setting) -> Motion:
    """To the floor in 0.6 to 1.0 s: over to any side, slipping, collapsing or tripping on a walk.

    The rest of the time lies still.
    """
    rng, body = setting.rng, setting.body
    way = _fall_way(setting)
    seconds = rng.uniform(0.65, 1.0)
    keys, end, place = _FALLS[way](body, rng)
    stumble = rng.uniform(0.05, 0.25)
    times = [0.0, *(stumble + seconds * share for share, _ in keys)]
    poses = [neutral(body), *(p for _, p in keys)]
    if way == "right" or (way == "collapse" and rng.random() < 0.5):
        poses, place = [p.mirrored() for p in poses], (-place[0], place[1], place[2])
    walked = rng.random() < 0.35 and way == "forward" and setting.alone and setting.seconds > 1.8

    def pose(t: Array) -> Pose:
        return _breathing(animate(poses, times, t), t)

    over = times[-1] + 0.5
    label_s = over if setting.seconds - over > 0.4 else None
    falling = Motion(pose, setting.seconds, end=end, end_place=place, label_s=label_s, after="lie")
    return _after_steps(setting, falling) if walked else falling


def _after_steps(setting: Setting, falling: Motion) -> Motion:
    """The same fall out of a walk of a second; the walk keeps its own name."""
    rng, body = setting.rng, setting.body
    lead = rng.uniform(0.8, 1.2)
    gait = Gait(steps_hz=rng.uniform(1.7, 2.1), swing=rng.uniform(14, 30), phase=0.5 * rng.integers(2))
    speed = gait.steps_hz * rng.uniform(0.4, 0.6) * body.scale
    t = np.linspace(0, lead + 0.3, 60)
    way = speed * (0.5 * t + 0.5 * np.minimum(t, lead)) * ease(t / 0.6)
    path = Path(t, 0 * t, way, 0 * t)
    far = float(np.interp(lead, t, way))

    def pose(at: Array) -> Pose:
        walking = step_along(body, path, gait, at)
        fallen = falling.pose(np.maximum(at - lead, 0.0)).moved(0.0, far, 0.0)
        return blend(walking, fallen, ease((at - lead + 0.12) / 0.3))

    x, z, turn = falling.end_place
    label_s = None if falling.label_s is None else falling.label_s + lead
    if label_s is not None and setting.seconds - label_s < 0.4:
        label_s = None
    return replace(
        falling, pose=pose, end_place=(x, z + far, turn), label_s=label_s, lead_s=lead, lead="walk"
    )


def _fall_way(setting: Setting) -> str:
    """Mostly so that the fallen body lies across the view, where it is seen best."""
    rng, across = setting.rng, abs(np.sin(setting.heading)) > 0.6
    long_ways, side_ways = ["forward", "back"], ["left", "right"]
    if setting.has_seat:
        long_ways = ["forward"]
    if not setting.alone:
        side_ways = long_ways
    if rng.random() < 0.27:
        # Slipping and collapsing end lying along the way the body faced, or curled up where it stood.
        return "forward" if setting.has_seat else str(rng.choice(["slip", "collapse"]))
    likely = long_ways if across else side_ways
    ways = likely if rng.random() < 0.7 else long_ways + side_ways
    return str(rng.choice(ways))


Falling = tuple[list[tuple[float, Pose]], Posture, tuple[float, float, float]]


def _forward(body: Body, rng: np.random.Generator) -> Falling:
    k, h = body.scale, body.hip_height
    base = neutral(body)

    def at(y: float, z: float, lean: float, spine: float, ankle: float, toe_down: float) -> Pose:
        p = with_trunk(base, (lean, 0, 0), (spine, 0, 0), (-0.35 * lean, 0, 0))
        p = replace(p, pelvis=np.array([[0.0, y, z]]))
        for s, sign in ((0, 1.0), (1, -1.0)):
            p = with_foot(p, s, (sign * 0.12 * k, ankle * k, -0.02), (0.1, -toe_down, 1 - 1.6 * toe_down))
        return p

    trip = with_arms(at(0.93 * h, 0.14 * k, 16, 10, 0.1, 0.1), (0.4, -0.8, 0.6), (0.2, -0.2, 0.9))
    half = with_arms(at(0.62 * h, 0.4 * k, 42, 6, 0.15, 0.5), (0.35, -0.1, 1.0), (0.1, 0.2, 1.0))
    near = with_arms(at(0.3 * h, 0.66 * k, 68, -4, 0.15, 0.75), (0.4, 0.2, 0.9), (0.1, 0.45, 0.9))
    flat = prone(body)
    touch = with_trunk(flat, (84, 0, 0), (-8, 0, 0), (-22, 10, 0))
    touch = with_pelvis(touch, y=0.04, z=-0.03)
    touch = with_arms(touch, (0.75, 0.35, 0.3), (0.1, 0.8, 0.6), palm=(0, 0, 1))
    if rng.random() < 0.5:
        flat = replace(flat.mirrored(), ankle=flat.ankle, toe=flat.toe, knee=flat.knee)
    keys = [(0.3, trip), (0.65, half), (0.85, near), (1.0, touch), (1.4, flat)]
    return keys, "prone", (0.0, plank_back_m(body) - 0.02, 0.0)


def _back(body: Body, rng: np.random.Generator) -> Falling:
    k, h = body.scale, body.hip_height
    base = neutral(body)

    def at(y: float, z: float, lean: float, spine: float) -> Pose:
        p = with_trunk(base, (lean, 0, 0), (spine, 0, 0), (-0.3 * lean, 0, 0))
        return replace(p, pelvis=np.array([[0.0, y, z]]))

    slip = with_arms(at(0.94 * h, -0.15 * k, -9, -2), (0.6, -0.5, 0.5), (0.4, 0.0, 0.8))
    half = with_arms(at(0.62 * h, -0.36 * k, -20, 8), (0.75, 0.0, 0.7), (0.5, 0.4, 0.8))
    near = with_arms(at(0.27 * h, -0.46 * k, -36, 14), (0.8, -0.3, -0.2), (0.6, -0.6, -0.5))
    down = supine(body)
    hit = with_arms(
        with_trunk(down, (-58, 0, 0), (10, 0, 0), (14, 0, 0)), (0.85, -0.5, -0.2), (0.7, -0.7, -0.1)
    )
    one, other = rng.uniform(0, 0.3), rng.choice([0.0, 0.2, 0.75])
    flat = supine(body, bent=(float(one), float(other)))
    flat = with_arm(flat, 0, (0.85, -0.5, -0.06), (0.75, -0.4, 0.06), palm=(0, 0, 1), curl=0.3)
    flat = with_arm(flat, 1, (0.8, -0.1, -0.06), (0.6, 0.7, 0.04), palm=(0, 0, 1), curl=0.3)
    keys = [(0.3, slip), (0.65, half), (0.88, near), (1.0, hit), (1.45, flat)]
    return keys, "supine", (0.0, 0.0, 0.0)


def _slip(body: Body, rng: np.random.Generator) -> Falling:
    """The feet shoot away ahead and the body lands on its back."""
    k, h = body.scale, body.hip_height
    base = neutral(body)

    def at(y: float, z: float, lean: float, feet: float, up: float) -> Pose:
        p = with_trunk(base, (lean, 0, 0), (12, 0, 0), (-0.25 * lean, 0, 0))
        p = replace(p, pelvis=np.array([[0.0, y, z]]))
        for s, share in ((0, 1.0), (1, 0.75)):
            place = base.ankle[0, s] + np.array([0, up * share, feet * share]) * k
            # Knees point up as the legs come level, or they would have no side to bend to.
            p = with_foot(p, s, place, (0.15, 0.35 * share, 1.0), (0.12, -0.03 * lean, 1.0))
        return p

    slip = with_arms(at(0.96 * h, -0.02 * k, -8, 0.22, 0.05), (0.7, -0.4, 0.5), (0.5, 0.1, 0.8))
    half = with_arms(at(0.66 * h, -0.06 * k, -34, 0.5, 0.3), (0.95, 0.05, 0.4), (0.7, 0.4, 0.6))
    near = with_arms(at(0.3 * h, -0.1 * k, -58, 0.6, 0.36), (0.9, -0.1, -0.2), (0.7, -0.4, -0.4))
    down = with_pelvis(supine(body, bent=(0.0, 0.0)), z=0.33 * k)
    down = replace(down, ankle=down.ankle + np.array([0, 0, 0.3 * k]))
    hit = with_arms(
        with_trunk(down, (-70, 0, 0), (8, 0, 0), (14, 0, 0)), (0.85, -0.5, -0.2), (0.7, -0.7, -0.1)
    )
    hit = replace(hit, ankle=hit.ankle + np.array([0, 0.22 * k, 0]))
    flat = with_arm(down, 0, (0.85, -0.5, -0.06), (0.75, -0.4, 0.06), palm=(0, 0, 1), curl=0.3)
    flat = with_arm(flat, 1, (0.9, rng.uniform(-0.4, 0.5), -0.06), (0.8, 0.2, 0.04), palm=(0, 0, 1), curl=0.3)
    keys = [(0.22, slip), (0.58, half), (0.82, near), (1.0, hit), (1.4, flat)]
    return keys, "supine", (0.0, 0.33 * k, 0.0)


def _collapse(body: Body, rng: np.random.Generator) -> Falling:
    """The knees give, the body goes straight down and tips over to the left, arms loose."""
    k, h = body.scale, body.hip_height
    base, end = neutral(body), on_side(body)
    shift = np.array([0.45 * k - end.pelvis[0, 0], 0.0, -0.12 * k])
    end = replace(end, pelvis=end.pelvis + shift, ankle=end.ankle + shift + np.array([0.12, 0, 0.3]) * k)
    # Knees stay bent as they folded.
    end = replace(end, knee=end.knee + np.array([0.0, 0.3, 0.6]))
    nod = rng.uniform(10, 28)

    def at(x: float, y: float, z: float, lean: float, roll: float) -> Pose:
        p = with_trunk(base, (0.6 * lean, 0, roll), (0.5 * lean, 0, 0.2 * roll), (nod, 0, -0.2 * roll))
        p = replace(p, pelvis=np.array([[x, y, z]]))
        for s in (0, 1):
            p = heel_up(body, p, s, 50 * (1 - y / h))
        return with_arms(p, (0.2, -1, 0.15), (0.08, -1, 0.3), in_room=True)

    buckle = at(0.02 * k, 0.84 * h, 0.03 * k, 12, -2)
    sunk = at(0.07 * k, 0.5 * h, 0.04 * k, 30, -10)
    low = at(0.22 * k, 0.26 * h, -0.04 * k, 26, -38)
    touch = with_pelvis(with_trunk(end, (4, 0, -72), (10, -4, -8), (12, 4, 8)), y=0.03)
    keys = list(zip((0.3, 0.68, 0.9, 1.1, 1.5), [buckle, sunk, low, touch, end], strict=True))
    return keys, "side", (0.45 * k, 0.0, 0.0)


def _left(body: Body, _rng: np.random.Generator) -> Falling:
    k, h = body.scale, body.hip_height
    base, end = neutral(body), on_side(body)

    def at(x: float, y: float, roll: float, share: float) -> Pose:
        p = with_trunk(base, (8 * share, 0, roll), (8, 0, 6 * (1 - share)), (0, 0, -0.35 * roll))
        p = replace(p, pelvis=np.array([[x, y, -0.05 * share]]))
        ankle = (1 - share) * base.ankle + share * end.ankle
        ankle[..., 1] = np.maximum(ankle[..., 1], base.ankle[..., 1])
        return replace(p, ankle=ankle)

    trip = with_arm(at(0.14 * k, 0.95 * h, -10, 0.1), 0, (0.8, -0.6, 0.3), (0.8, -0.3, 0.5))
    half = with_arm(at(0.38 * k, 0.66 * h, -34, 0.35), 0, (0.9, -0.2, 0.4), (0.8, -0.3, 0.5))
    near = with_arm(at(0.58 * k, 0.33 * h, -62, 0.7), 0, (0.9, 0.25, 0.4), (0.7, 0.1, 0.6))
    over = [with_arm(p, 1, (0.6, -0.5, 0.6), (0.3, 0.0, 0.9)) for p in (trip, half, near)]
    touch = with_pelvis(with_trunk(end, (0, 0, -76), (6, -4, -8), (4, 4, 8)), y=0.03)
    keys = list(zip((0.3, 0.65, 0.86, 1.0, 1.4), [*over, touch, end], strict=True))
    return keys, "side", (0.9 * body.leg, 0.42 * k, 0.0)


_FALLS = {
    "forward": _forward,
    "back": _back,
    "left": _left,
    "right": _left,
    "slip": _slip,
    "collapse": _collapse,
}


def lie(setting: Setting) -> Motion:
    """Still on the floor, as the fall left the body, or stretched out on the back."""
    body, held = setting.body, setting.before
    if setting.posture in LYING and _low(held, body):
        start: Posture = setting.posture

        def as_before(t: Array) -> Pose:
            return _breathing(animate([held], [0.0], t), t)

        return Motion(as_before, setting.seconds, begin=start, end=start)
    flat = supine(body, bent=(0.0, float(setting.rng.choice([0.0, 0.0, 0.8]))))

    def stretched(t: Array) -> Pose:
        return _breathing(animate([supine(body), flat], [0.0, 0.9], t), t)

    return Motion(stretched, setting.seconds, begin="supine", end="supine")


def _low(pose: Pose, body: Body) -> bool:
    return bool(pose.pelvis[0, 1] < 0.25 * body.scale)


def _breathing(pose: Pose, t: Array) -> Pose:
    return with_pelvis(pose, y=0.0025 * wave(t, 0.26))

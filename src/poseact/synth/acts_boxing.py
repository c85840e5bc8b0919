"""Blows with the fists: straight ones from a guard, combinations, hooks, uppercuts, a speed bag."""

from dataclasses import dataclass, replace

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import lowered, reaching
from poseact.synth.motion import Motion, Setting, style_of, vary
from poseact.synth.pose import Pose, neutral, with_foot, with_pelvis, with_trunk
from poseact.synth.rotation import Array, ease, wave
from poseact.synth.stances import SIDES_X, begun, column, curve

_DIP = 0.075


def punch(setting: Setting) -> Motion:
    """Straight punches by turns or with one hand, combinations of all blows, or a speed bag."""
    styles = {"plain": 0.12, "combination": 0.2, "round": 0.12, "shadow": 0.1, "bag": 0.07, "straight": 0.39}
    style = style_of(setting.rng, styles)
    if style == "straight":
        return _straight(setting)
    return _speed_bag(setting) if style == "bag" else _combined(setting, style)


def _straight(setting: Setting) -> Motion:
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


def _in_stance(body: Body, count: int, square: float = 0.0) -> Pose:
    """Feet of a boxer, the left one ahead; or, as `square` goes to 1, side by side."""
    k, bladed = body.scale, 1.0 - square
    p = neutral(body, count)
    left, right = 0.17 * k * bladed, -0.2 * k * bladed
    p = with_foot(p, 0, (0.12 * k, body.ankle_height, left), (0.05 + 0.2 * square, 0, 1.0), (0.15, 0, 1))
    return with_foot(p, 1, (-0.14 * k, body.ankle_height, right), (0.65 - 0.4 * square, 0, 1.0), (0.4, 0, 1))


@dataclass(frozen=True)
class _Manner:
    """How somebody boxes: where the fists wait, feet in line (0) or side by side (1), knees bent by."""

    guard: tuple[float, float, float, float, float]
    square: float
    deep: float


def _manner(rng: np.random.Generator, style: str) -> _Manner:
    """A guard before the face; for plain punches also fists at the hips, or arms that hang."""
    if style != "plain":
        square = float(rng.uniform(0, 0.5) if rng.random() < 0.7 else rng.uniform(0.5, 1.0))
        guard = (0.11, 0.05 + rng.uniform(-0.03, 0.1), 0.32, 0.45, -1.0)
        return _Manner(guard, square, rng.uniform(0.4, 1.2))
    if rng.random() < 0.5:
        return _Manner((0.17, -0.36, 0.08, 0.4, -0.5), rng.uniform(0.5, 1.0), rng.uniform(0.1, 1.6))
    return _Manner((0.22, -0.53, 0.08, 0.5, -0.3), rng.uniform(0.6, 1.0), rng.uniform(0.0, 0.4))


def _boxer(body: Body, thrust: Array, low: float, twist: float, rise: Array) -> Pose:
    """Left foot ahead; thrust (T, 2) is how far each fist is out."""
    k, n = body.scale, len(thrust)
    p = with_pelvis(_in_stance(body, n), y=-_DIP * k + rise, z=0.05 * k * thrust.sum(-1))
    turned = -18 + twist * (thrust[:, 1] - 0.6 * thrust[:, 0])
    p = with_trunk(
        p,
        pelvis=(5, 0.5 * turned, 0),
        spine=(9, 0.8 * turned, 0),
        head=(-3, -1.1 * turned, 0),
    )
    shoulder = body.hip_height - _DIP * k + body.trunk
    for s, sign in SIDES_X:
        guard = np.array([sign * 0.11 * k, shoulder + 0.05 * k, (0.32 - 0.06 * s) * k])
        hit = np.array([sign * 0.05 * k, shoulder + low, 0.78 * k])
        w = thrust[:, s, None]
        p = reaching(body, p, s, (1 - w) * guard + w * hit, (0.45, -1.0, -0.1))
    return _with_fists(p, thrust)


def _with_fists(p: Pose, thrust: Array) -> Pose:
    """Closed hands that turn palm down as they go out."""
    palms = p.palm.copy()
    palms[..., 0] = (-1.0 + thrust) * [1.0, -1.0]
    palms[..., 1] = -0.2 - thrust
    return replace(p, palm=palms, curl=np.ones((len(p), 2)))


@dataclass(frozen=True)
class _Blow:
    """One blow: when it starts, how long until the fist is back, which fist (0 left), what kind."""

    start: float
    seconds: float
    side: int
    kind: str


# Share of the blow; fist to its own side, up from the shoulders and ahead, in body heights of 1.75 m;
# elbow outwards and up.
_PATHS: dict[str, tuple[tuple[float, ...], ...]] = {
    "straight": ((0.4, 0.05, -0.02, 0.78, 0.45, -1.0),),
    "body": ((0.22, 0.12, -0.14, 0.36, 0.5, -1.0), (0.44, 0.04, -0.3, 0.7, 0.4, -1.0)),
    "hook": ((0.24, 0.34, -0.02, 0.3, 1.0, 0.0), (0.48, -0.06, 0.02, 0.5, 1.0, 0.15)),
    "upper": ((0.26, 0.17, -0.32, 0.24, 0.4, -1.0), (0.5, 0.02, 0.12, 0.46, 0.25, -1.0)),
}
_STRENGTH = {"straight": 1.0, "body": 1.1, "hook": 1.7, "upper": 1.3}
# Names as boxers use them: lower case with the leading fist, upper case with the other.
_COMBINATIONS = ("jC", "jjC", "jCh", "jChC", "CH", "hC", "uH", "jCuH", "bH", "jbC", "uU", "hH", "jCJC")
_KINDS = {"j": "straight", "c": "straight", "h": "hook", "u": "upper", "b": "body"}


def _blows(setting: Setting, style: str) -> list[_Blow]:
    """Combinations with breaks between them until the time is over."""
    rng = setting.rng
    pace = float(np.clip(vary(rng, 0.3, 0.15), 0.2, 0.42))
    rest = (0.1, 0.35) if style == "combination" else (0.3, 1.0)
    free, clock = [0.0, 0.0], 0.1
    out: list[_Blow] = []
    own = rng.choice(["hH", "uU", "h", "U", "hU", "bB"]) if style == "round" else None
    if style == "plain":
        own, pace, rest = rng.choice(["j", "C", "jC", "bC", "jjCC"]), 1.5 * pace, (0.2, 1.6)
    while clock < setting.seconds - 0.35:
        names = str(own) if own is not None else str(rng.choice(_COMBINATIONS))
        for name in names:
            side, kind = int(name.isupper()), _KINDS[name.lower()]
            seconds = pace * (1.45 if kind == "straight" else 1.8) * rng.uniform(0.9, 1.1)
            start = max(clock, free[side])
            if start + seconds > setting.seconds + 0.1:
                return out or [_Blow(0.1, 0.5, 0, "straight")]
            out.append(_Blow(start, seconds, side, kind))
            free[side], clock = start + seconds, start + pace * rng.uniform(0.9, 1.15)
        clock = max(clock, max(free) - 0.1) + rng.uniform(*rest) * (0.3 if own is not None else 1.0)
    return out


def _combined(setting: Setting, style: str) -> Motion:
    rng, body = setting.rng, setting.body
    k, southpaw, blows = body.scale, rng.random() < 0.3, _blows(setting, style)
    twist, bob = rng.uniform(15, 26), rng.uniform(0.0, 0.02) * k
    hertz, manner = rng.uniform(1.4, 2.4), _manner(rng, style)
    hands = [_fist_rows(blows, s, manner) for s in (0, 1)]
    bob *= style != "plain"
    turns = _turn_rows(blows)
    steps = _step_rows(setting, style)
    weave = _weave_rows(setting, blows) if style == "shadow" or rng.random() < 0.3 else None

    def pose(t: Array) -> Pose:
        p = _stepping(_in_stance(body, len(t), manner.square), steps, t)
        turned, thrust = curve(turns, t)
        turned = -18 * (1 - manner.square) + twist * turned
        aside, dip = curve(weave, t) if weave else (0 * t, 0 * t)
        rise = bob * wave(t, hertz) - (_DIP * manner.deep + 0.13 * dip) * k - bob
        p = with_pelvis(p, x=0.11 * k * aside, y=rise, z=0.05 * k * thrust)
        p = with_trunk(
            p,
            (5 * manner.deep + 9 * dip, 0.5 * turned, -8 * aside),
            (2 + 8 * manner.deep + 8 * dip, 0.8 * turned, -6 * aside),
            (-4 - 12 * dip, -1.1 * turned, 0),
        )
        p = lowered(body, p)
        out = []
        for s, sign in SIDES_X:
            x, y, z, wide, up = curve(hands[s], t)
            top = p.pelvis + column(0, body.trunk, 0)
            place = top + k * column(sign * x, y, z) + 0.012 * k * column(0, wave(t, hertz, 0.2 * s), 0)
            # Fists near the body have their elbows behind it.
            back = -0.15 - 4.5 * np.clip(0.3 - z, 0.0, 0.25)
            p = reaching(body, p, s, place, column(wide, up, back))
            out.append(np.clip((z - 0.32) / 0.4, 0, 1))
        p = _with_fists(p, np.stack(out, -1))
        return begun(neutral(body, len(t)), p.mirrored() if southpaw else p, t, 0.4)

    return Motion(pose, setting.seconds)


def _fist_rows(blows: list[_Blow], side: int, manner: _Manner) -> list[tuple[float, ...]]:
    """Where one fist is: the guard, and out of it in every blow."""
    x, y, z, wide, up = manner.guard
    guard = (x, y, z - 0.06 * side * (z > 0.2), wide, up)
    rows: list[tuple[float, ...]] = [(-1.0, *guard)]
    for blow in blows:
        if blow.side == side:
            rows.append((blow.start, *guard))
            rows += [(blow.start + row[0] * blow.seconds, *row[1:]) for row in _PATHS[blow.kind]]
            rows.append((blow.start + 0.98 * blow.seconds, *guard))
    return [*rows, (rows[-1][0] + 60.0, *guard)]


def _turn_rows(blows: list[_Blow]) -> list[tuple[float, ...]]:
    """How far the trunk is turned with the blows, left fist -0.6, right fist 1; and how far it goes ahead."""
    marks: list[tuple[float, ...]] = [(-1.0, 0.0, 0.0)]
    for blow in blows:
        hit = blow.start + 0.45 * blow.seconds
        if hit < marks[-1][0] + 0.05:
            continue
        if blow.start > marks[-1][0] + 0.3:
            marks += [(marks[-1][0] + 0.25, 0.0, 0.0), (max(blow.start, marks[-1][0] + 0.27), 0.0, 0.0)]
        marks.append((hit, _STRENGTH[blow.kind] * (1.0 if blow.side else -0.6), 1.0))
    return [*marks, (marks[-1][0] + 0.3, 0.0, 0.0)]


def _weave_rows(setting: Setting, blows: list[_Blow]) -> list[tuple[float, ...]]:
    """Ducks to one side and the other in the breaks between combinations."""
    rng = setting.rng
    rows: list[tuple[float, ...]] = [(-1.0, 0.0, 0.0)]
    ends = [b.start + b.seconds for b in blows]
    for end, following in zip(ends, [*(b.start for b in blows[1:]), setting.seconds], strict=True):
        if following - end < 0.3 or end < rows[-1][0] or rng.random() < 0.35:
            continue
        side, room = float(rng.choice([-1.0, 1.0])), following - end
        rows += [(end, 0.0, 0.0), (end + 0.3 * room, side, 0.7), (end + 0.5 * room, 0.0, 1.0)]
        rows += [(end + 0.72 * room, -0.8 * side, 0.5), (following, 0.0, 0.0)]
    return [*rows, (rows[-1][0] + 60.0, 0.0, 0.0)]


def _step_rows(setting: Setting, style: str) -> list[tuple[float, float, float]]:
    """Places (time, left, ahead) that a boxer steps between."""
    rng, k = setting.rng, setting.body.scale
    if style != "shadow":
        return [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)]
    reach, rows = rng.uniform(0.1, 0.3) * k, [(0.0, 0.0, 0.0)]
    while rows[-1][0] < setting.seconds + 1:
        x, z = rng.uniform(-1, 1, 2) * reach
        rows.append((rows[-1][0] + rng.uniform(0.5, 0.9), float(x), float(z)))
    return rows


def _stepping(p: Pose, rows: list[tuple[float, float, float]], t: Array) -> Pose:
    """A stance on its way between places: one foot in the first half, the other in the second."""
    table = np.array(rows)
    i = np.clip(np.searchsorted(table[:, 0], t, side="right") - 1, 0, len(table) - 2)
    u = (t - table[i, 0]) / (table[i + 1, 0] - table[i, 0])
    ankle, shift = p.ankle.copy(), np.zeros((len(t), 2))
    for s, late in ((0, 0.05), (1, 0.42)):
        v = np.clip((u - late) / 0.5, 0, 1)
        go = table[i, 1:] + ease(v)[:, None] * (table[i + 1, 1:] - table[i, 1:])
        far = np.linalg.norm(table[i + 1, 1:] - table[i, 1:], axis=-1)
        ankle[:, s, 0] += go[:, 0]
        ankle[:, s, 2] += go[:, 1]
        ankle[:, s, 1] += 0.04 * np.minimum(far / 0.1, 1) * np.sin(np.pi * v)
        shift += 0.5 * go
    return with_pelvis(replace(p, ankle=ankle), x=shift[:, 0], z=shift[:, 1])


def _speed_bag(setting: Setting) -> Motion:
    """Both fists before the face in small fast circles, one after the other."""
    rng, body = setting.rng, setting.body
    k, hertz, square = body.scale, rng.uniform(1.6, 2.8), rng.uniform(0, 1)
    size, high = rng.uniform(0.05, 0.1) * k, rng.uniform(0.06, 0.2) * k
    ahead, way = rng.uniform(0.32, 0.42) * k, float(rng.choice([-1.0, 1.0]))
    lag = 0.5 if rng.random() < 0.8 else 0.0

    def pose(t: Array) -> Pose:
        p = with_pelvis(_in_stance(body, len(t), square), y=-0.05 * k)
        p = with_trunk(p, (2, -4, 0), (2, -4 + 4 * wave(t, hertz), 0), (-3, 6, 0))
        p = lowered(body, p)
        for s, sign in SIDES_X:
            forth, up = wave(t, hertz, lag * s), wave(t, hertz, lag * s + 0.25)
            place = p.pelvis + column(
                sign * 0.08 * k, body.trunk + high + size * up, ahead + way * size * forth
            )
            p = reaching(body, p, s, place, (1.0, -0.35, -0.1))
        p = replace(p, curl=np.ones((len(t), 2)))
        return begun(neutral(body, len(t)), p, t)

    return Motion(pose, setting.seconds)

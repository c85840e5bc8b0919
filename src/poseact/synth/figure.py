"""The surface of one actor: trunk, limbs, hands and shoes, in the clothes that they wear."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poseact.synth.body import Body
from poseact.synth.head import add_head
from poseact.synth.kinematics import SIDES
from poseact.synth.mesh import (
    Ints,
    Mesh,
    MeshBuilder,
    face_centres,
    grid_faces,
    polyline_tube,
    ring_angles,
    round_tube,
    tube,
)
from poseact.synth.rig import BONE_INDEX
from poseact.synth.rotation import Array, ease, pchip
from poseact.synth.wardrobe import Outfit

# Half width, depth to the front and to the back of the trunk at shares of its length above the
# hips; metres for the medium body.
_TRUNK = np.array(
    [
        [1.13, 0.044, 0.040, 0.046],
        [1.105, 0.068, 0.052, 0.060],
        [1.075, 0.118, 0.052, 0.068],
        [1.03, 0.160, 0.060, 0.078],
        [0.96, 0.174, 0.080, 0.094],
        [0.86, 0.174, 0.102, 0.106],
        [0.70, 0.163, 0.114, 0.104],
        [0.52, 0.146, 0.106, 0.092],
        [0.34, 0.139, 0.101, 0.088],
        [0.18, 0.154, 0.104, 0.102],
        [0.02, 0.174, 0.104, 0.116],
        [-0.09, 0.172, 0.097, 0.110],
        [-0.16, 0.100, 0.074, 0.080],
        [-0.20, 0.025, 0.025, 0.025],
    ]
)


def actor_mesh(body: Body, outfit: Outfit) -> Mesh:
    """The whole surface, hung on the bones of `rig`."""
    builder = MeshBuilder()
    _add_trunk(builder, body, outfit)
    for s in range(2):
        _add_leg(builder, body, outfit, s)
        _add_shoe(builder, body, outfit, s)
        _add_arm(builder, body, outfit, s)
        _add_hand(builder, body, outfit, s)
    add_head(builder, body, outfit)
    return builder.built()


def _trunk_rows(body: Body) -> Array:
    """Rows for `mesh.tube` in the pelvis's axes at rest."""
    k, b = body.scale, body.bust
    share, half, front, back = _TRUNK.T
    bumps = ((0.78, 0.13), (0.42, 0.16), (0.0, 0.16))
    chest, waist, hips = (np.exp(-(((share - c) / w) ** 2)) for c, w in bumps)
    shoulders = body.shoulder_half / (0.185 * k)
    half = half * np.where(share > 0.6, 0.45 + 0.55 * shoulders, 1.0)
    half = half * (1 - 0.09 * b * waist - 0.05 * b * chest)
    wide = (body.hip_half + 0.076 * k) / (0.174 * k)
    half = half * (1 + (wide - 1) * hips)
    front = front + b * (0.024 * chest - 0.012 * waist)
    back = back + b * 0.012 * hips
    heavy = body.girth ** np.where(share > 1.08, 0.4, 1.0) + 0.5 * (body.girth - 1) * waist
    zero = np.zeros_like(share)
    rows = np.stack(
        [share * body.trunk, half * k * heavy, front * k * heavy, back * k * heavy, zero, zero], -1
    )
    return np.asarray(rows)


def _add_trunk(builder: MeshBuilder, body: Body, outfit: Outfit) -> None:
    rings, sides = 36, 30
    table = _trunk_rows(body)
    vertices = tube(table, rings, sides)
    share = vertices[:, 1] / body.trunk
    angle = np.tile(ring_angles(sides), rings)
    # A loose top falls straight and stands off a little below the ribs.
    hem = -0.13 if outfit.untucked else 0.13
    loose = 1 + (0.035 + 0.03 * outfit.untucked) * (share > hem) * (1 - ease((share - 0.7) / 0.3))
    vertices = vertices * np.stack([loose, np.ones_like(loose), loose], -1)
    faces = grid_faces(rings, sides)
    mid, round_ = share[faces].mean(axis=1), angle[faces[:, 0]] + np.pi / sides
    colour = np.where((mid > hem)[:, None], _shirt_colour(outfit, mid, round_), outfit.trousers)
    belt = (~outfit.untucked) & (mid <= hem) & (mid > hem - 0.07)
    colour = np.where(np.asarray(belt)[:, None], outfit.trousers * 0.45, colour)
    two = outfit.shirt_style in ("block", "stripes", "emblem")
    colour = np.where((mid > 1.088)[:, None], outfit.trim if two else outfit.shirt * 0.85, colour)
    places = {"pelvis": 0.0, "waist": 0.30 * body.trunk, "chest": 0.60 * body.trunk}
    lower = share < 0.38
    first = np.where(lower, BONE_INDEX["pelvis"], BONE_INDEX["waist"])
    second = np.where(lower, BONE_INDEX["waist"], BONE_INDEX["chest"])
    base = np.where(lower, places["pelvis"], places["waist"])
    other = np.where(lower, places["waist"], places["chest"])
    weight = np.where(lower, 1 - ease((share - 0.08) / 0.3), 1 - ease((share - 0.38) / 0.3))
    up = np.array([0.0, 1.0, 0.0])
    builder.add(
        vertices - base[:, None] * up,
        faces,
        colour,
        first,
        second=(second, vertices - other[:, None] * up, weight),
        # A top lies on the trousers, even where a lifted thigh would come through it.
        nearer=np.where(mid > hem, np.where(mid < 0.14, 0.08, 0.035), 0.0) + np.where(mid > 1.06, 0.03, 0.0),
    )


def _shirt_colour(outfit: Outfit, share: Array, angle: Array) -> Array:
    """Of faces at a share of the trunk's height and an angle from the front, (F, 3)."""
    trim = np.zeros(share.shape, bool)
    ahead = np.abs((angle + np.pi) % (2 * np.pi) - np.pi)
    if outfit.shirt_style == "stripes":
        trim = np.floor(share / 0.095) % 2 == 1
    elif outfit.shirt_style == "block":
        trim = share > 0.62
    elif outfit.shirt_style == "zip":
        trim = ahead < 0.12
    elif outfit.shirt_style == "emblem":
        trim = (share > 0.66) & (share < 0.76) & (ahead < 0.75)
    return np.where(trim[:, None], outfit.trim, outfit.shirt)


def _limb(
    builder: MeshBuilder,
    bone: str,
    stations: list[tuple[float, float, float]],
    colour_at: Array,
    *,
    rings: int,
    sides: int,
    nearer: float = 0.0,
) -> None:
    """A limb along -y of (y, radius, how far back its middle lies); colour_at: (rings - 1, 3)."""
    ys, radii, backs = np.array(stations).T
    vertices = round_tube(list(zip(ys, radii, strict=True)), rings, sides)
    shift = pchip(-ys, backs[:, None], -vertices[:, 1])[:, 0]
    vertices[:, 2] -= shift
    builder.add(
        vertices,
        grid_faces(rings, sides),
        np.repeat(colour_at, sides, axis=0),
        BONE_INDEX[bone],
        nearer=nearer,
    )


def _ring_middles(stations: list[tuple[float, float, float]], rings: int) -> Array:
    """Height of the middle of each band of faces of `_limb`, (rings - 1,)."""
    (y0, r0, _), (y1, r1, _) = stations[0], stations[-1]
    at = np.linspace(0, 1, rings)
    at = 0.5 * at + 0.5 * (0.5 - 0.5 * np.cos(np.pi * at))
    y = (y0 + r0) + at * ((y1 - r1) - (y0 + r0))
    return np.asarray((y[1:] + y[:-1]) / 2)


def _covered(
    stations: list[tuple[float, float, float]], until: float, loose: float
) -> list[tuple[float, float, float]]:
    """Stations with cloth down to a height: wider above it, with a small step at the hem."""
    rows = [(y, r + loose, b) for y, r, b in stations if y > until + 0.006]
    below = [(y, r, b) for y, r, b in stations if y < until - 0.006]
    ys, radii, backs = np.array(stations).T
    at = np.array([until])
    if ys[-1] < until < ys[0]:
        r, b = (float(pchip(-ys, v[:, None], -at)[0, 0]) for v in (radii, backs))
        rows += [(until + 0.005, r + 1.5 * loose, b), (until - 0.005, r, b)]
    return rows + below


def _add_leg(builder: MeshBuilder, body: Body, outfit: Outfit, s: int) -> None:
    k, g = body.scale, body.girth
    t, c = body.thigh, body.shank
    thigh = [
        (0.0, 0.080 * k * g, 0.006),
        (-0.25 * t, 0.082 * k * g, 0.0),
        (-0.55 * t, 0.070 * k * g, 0.0),
        (-0.85 * t, 0.056 * k * g, 0.0),
        (-t, 0.052 * k * g, 0.0),
    ]
    shank = [
        (0.0, 0.052 * k * g, 0.0),
        (-0.12 * c, 0.050 * k * g, 0.006),
        (-0.32 * c, 0.055 * k * g, 0.016),
        (-0.62 * c, 0.044 * k * g, 0.012),
        (-0.88 * c, 0.034 * k * g, 0.003),
        (-c, 0.034 * k * g, 0.0),
    ]
    until = -outfit.leg_cover * (t + c)
    loose = (0.004 + 0.012 * outfit.wide) * k
    flare = [(y, r + 0.9 * loose * (-y / c), b) for y, r, b in shank] if until < -1.2 * t else shank
    for name, stations, top in (("thigh", thigh, 0.0), ("shank", flare, t)):
        hem = until + top
        rows = _covered(stations, hem, loose)
        middle = _ring_middles(rows, 18)
        cloth = (middle > hem)[:, None]
        colour = np.where(cloth, outfit.trousers, outfit.skin)
        _limb(builder, f"{SIDES[s]}_{name}", rows, colour, rings=18, sides=18)
        if outfit.stripe:
            _side_stripe(builder, outfit, s, 18, 18, middle > hem)


def _side_stripe(
    builder: MeshBuilder, outfit: Outfit, s: int, rings: int, sides: int, cloth: NDArray[np.bool_]
) -> None:
    """Paint the outermost column of the last limb in the trim colour, where there is cloth."""
    last = builder.parts[-1]
    colour = last.colour.reshape(rings - 1, sides, 3).copy()
    column = round(sides / 4) if s == 0 else round(3 * sides / 4)
    colour[cloth, column - 1 : column + 1] = outfit.trim
    builder.parts[-1] = replace(last, colour=colour.reshape(-1, 3))


def _add_arm(builder: MeshBuilder, body: Body, outfit: Outfit, s: int) -> None:
    k, g = body.scale, body.girth**0.8 * (1 - 0.1 * body.bust)
    u, f = body.upper_arm, body.forearm
    upper = [
        (0.0, 0.046 * k * g, 0.0),
        (-0.16 * u, 0.050 * k * g, 0.0),
        (-0.5 * u, 0.047 * k * g, 0.0),
        (-0.85 * u, 0.040 * k * g, 0.0),
        (-u, 0.038 * k * g, 0.0),
    ]
    fore = [
        (0.0, 0.038 * k * g, 0.0),
        (-0.22 * f, 0.041 * k * g, 0.0),
        (-0.6 * f, 0.034 * k * g, 0.0),
        (-0.95 * f, 0.025 * k * g, 0.0),
        (-f, 0.024 * k * g, 0.0),
    ]
    until, loose = -outfit.sleeve * (u + f), 0.006 * k
    for name, stations, top in (("upper_arm", upper, 0.0), ("forearm", fore, u)):
        hem = until + top
        rows = _covered(stations, hem, loose * (1.6 if outfit.sleeve < 0.5 else 1.0))
        middle = _ring_middles(rows, 14)
        colour = np.where((middle > hem)[:, None], _sleeve_colour(outfit, middle + top * -1.0), outfit.skin)
        edge = (middle > hem) & (middle < hem + 0.02)
        if outfit.shirt_style in ("block", "emblem"):
            colour = np.where(edge[:, None], outfit.trim, colour)
        _limb(
            builder,
            f"{SIDES[s]}_{name}",
            rows,
            colour,
            rings=14,
            sides=14,
            nearer=0.045 if name == "forearm" else 0.0,
        )


def _sleeve_colour(outfit: Outfit, y: Array) -> Array:
    """Of bands at heights y below the shoulder, (R, 3)."""
    striped = outfit.shirt_style == "stripes"
    trim = (np.floor(-y / 0.048) % 2 == 1) if striped else np.zeros(y.shape, bool)
    if outfit.shirt_style == "block":
        trim = np.ones(y.shape, bool)
    return np.where(trim[:, None], outfit.trim, outfit.shirt)


# Shoe sections: z, half width, top and bottom above the ankle; metres for a shoe of 0.27 m.
_SHOE = np.array(
    [
        [-0.078, 0.004, -0.035, -0.060],
        [-0.074, 0.026, 0.000, -0.082],
        [-0.045, 0.039, 0.020, -0.085],
        [0.000, 0.041, 0.024, -0.085],
        [0.040, 0.043, -0.004, -0.085],
        [0.085, 0.048, -0.026, -0.085],
        [0.130, 0.049, -0.040, -0.085],
        [0.165, 0.042, -0.047, -0.084],
        [0.186, 0.026, -0.054, -0.080],
        [0.192, 0.004, -0.064, -0.072],
    ]
)


def _add_shoe(builder: MeshBuilder, body: Body, outfit: Outfit, s: int) -> None:
    size, sides = body.foot / 0.27, 14
    z, half, top, bottom = (_SHOE * [size, size, 1, 1]).T
    top, bottom = top * body.ankle_height / 0.085, bottom * body.ankle_height / 0.085
    angle = ring_angles(sides)
    # Squarer than an ellipse below, so that the sole lies flat.
    c, sn = np.cos(angle), np.sin(angle)
    x = half[:, None] * np.sign(sn) * np.abs(sn) ** 0.75
    middle, tall = (top + bottom)[:, None] / 2, (top - bottom)[:, None] / 2
    y = middle + tall * np.sign(c) * np.abs(c) ** np.where(c > 0, 1.0, 0.6)
    vertices = np.stack([x, y, np.broadcast_to(z[:, None], x.shape)], -1).reshape(-1, 3)
    faces = grid_faces(len(z), sides)
    low = face_centres(vertices, faces)[:, 1] < -0.066 * body.ankle_height / 0.085
    bright = outfit.shoes.mean() > 150
    sole = np.array([90.0, 92, 98]) if bright else np.array([236.0, 234, 228])
    colour = np.where(low[:, None], sole, outfit.shoes)
    builder.add(vertices, faces, colour, BONE_INDEX[f"{SIDES[s]}_foot"], gloss=0.25)


# Hands beside the hips are drawn over the hem of a top, which itself counts as nearer than it is.
_HAND_NEARER = 0.05
_THUMB_OPEN = np.array(
    [[0, 0, 0], [0.022, -0.018, 0.01], [0.034, -0.042, 0.016], [0.04, -0.062, 0.018], [0.04, -0.065, 0.018]]
)
_THUMB_CLOSED = np.array(
    [[0, 0, 0], [0.016, -0.02, 0.02], [0.01, -0.046, 0.036], [-0.01, -0.058, 0.044], [-0.012, -0.06, 0.044]]
)


def _add_hand(builder: MeshBuilder, body: Body, outfit: Outfit, s: int) -> None:
    """Palm, four fingers and a thumb; x is the thumb's side, z out of the palm."""
    h = body.hand / 0.18
    thumb = 1.0 if s == 0 else -1.0
    bone = BONE_INDEX[f"{SIDES[s]}_hand"]
    rows = [
        (0.020, 0.022, 0.018, 0.018, 0.0, 0.0),
        (-0.01, 0.026, 0.017, 0.018, 0.0, 0.0),
        (-0.05, 0.040, 0.017, 0.016, 0.0, 0.0),
        (-0.085, 0.041, 0.014, 0.014, 0.0, 0.0),
        (-0.098, 0.034, 0.008, 0.009, 0.0, 0.0),
    ]
    palm = tube(np.array(rows) * h, 7, 12)
    builder.add(palm, grid_faces(7, 12), outfit.skin, bone, nearer=_HAND_NEARER)
    fist = ((0, 0, 0), (0, -0.02, 0.012), (0, -0.008, 0.044), (0, 0.018, 0.04), (0, 0.02, 0.036))
    for i, (x, long) in enumerate(((-0.030, 0.060), (-0.010, 0.076), (0.010, 0.082), (0.030, 0.074))):
        base = np.array([thumb * x, -0.088, 0.0])
        out = np.array([thumb * x * 0.35, -1.0, 0.06])
        straight = [base + out * long * a for a in (0.0, 0.35, 0.7, 0.97, 1.0)]
        bent = [base + np.array(d) for d in fist]
        _finger(builder, outfit, bone, h, straight, bent, 0.0098 - 0.0007 * (i == 0))
    start, mirror = np.array([thumb * 0.026, -0.025, 0.006]), np.array([thumb, 1.0, 1.0])
    straight = [start + mirror * d for d in _THUMB_OPEN]
    bent = [start + mirror * d for d in _THUMB_CLOSED]
    _finger(builder, outfit, bone, h, straight, bent, 0.0115)


def _finger(
    builder: MeshBuilder,
    outfit: Outfit,
    bone: int,
    size: float,
    straight: list[Array],
    bent: list[Array],
    radius: float,
) -> None:
    radii = np.array([1.0, 1.05, 0.98, 0.8, 0.1]) * radius
    opened = polyline_tube(straight, radii, 6) * size
    fist = polyline_tube(bent, radii, 6) * size
    faces: Ints = grid_faces(5, 6)
    builder.add(opened, faces, outfit.skin * 0.985, bone, closed=fist - opened, nearer=_HAND_NEARER)

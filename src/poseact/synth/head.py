"""The head of an actor: face, ears, neck and hair."""

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import FACE_PLACES
from poseact.synth.mesh import MeshBuilder, face_centres, grid_faces, polyline_tube, ring_angles, tube
from poseact.synth.rig import BONE_INDEX
from poseact.synth.rotation import Array, pchip
from poseact.synth.wardrobe import Outfit

# Height, half width, front and back of the skull, as shares of half its size in each way.
_SKULL = np.array(
    [
        [1.00, 0.03, 0.03, 0.03],
        [0.95, 0.36, 0.33, 0.40],
        [0.80, 0.70, 0.68, 0.76],
        [0.55, 0.93, 0.90, 0.99],
        [0.25, 1.00, 0.975, 1.06],
        [0.00, 0.985, 0.975, 1.04],
        [-0.22, 0.94, 0.955, 0.92],
        [-0.42, 0.87, 0.935, 0.72],
        [-0.62, 0.75, 0.905, 0.50],
        [-0.80, 0.58, 0.87, 0.30],
        [-0.93, 0.36, 0.79, 0.12],
        [-1.00, 0.08, 0.55, -0.10],
    ]
)
_HALF = np.array([0.0435, 0.0655, 0.0555])  # of body height: width, height, depth


class _Skull:
    """The face's surface, in the axes of the head."""

    def __init__(self, body: Body) -> None:
        self.size = body.height * (0.5 + 0.5 * body.head)
        self.half = _HALF * self.size * np.array([1 - 0.04 * body.bust, 1.0, 1.0])

    def rows(self, grow: float = 0.0) -> Array:
        """Stations for `mesh.tube`, all sizes increased by `grow` metres."""
        y, x, front, back = _SKULL.T
        half = self.half + grow
        zero = 0 * y
        return np.stack([y * half[1], x * half[0], front * half[2], back * half[2], zero, zero], -1)

    def surface(self, height: Array, angle: Array, grow: Array) -> Array:
        """Points (N, 3) at shares of the half height and angles from the front, `grow` m outside."""
        y, wide, front, back = _SKULL[::-1].T
        shape = np.broadcast_shapes(height.shape, angle.shape)
        at = pchip(y, np.stack([wide, front, back], -1), np.broadcast_to(height, shape).ravel())
        a, out = np.broadcast_to(angle, shape).ravel(), np.broadcast_to(grow, shape).ravel()
        deep = np.where(np.cos(a) > 0, at[:, 1], at[:, 2])
        place = np.stack(
            [
                at[:, 0] * self.half[0] * np.sin(a),
                np.broadcast_to(height, shape).ravel() * self.half[1],
                deep * self.half[2] * np.cos(a),
            ],
            -1,
        )
        return np.asarray(place + out[:, None] * place / np.linalg.norm(place, axis=1, keepdims=True))

    def front(self, x: Array, y: Array) -> Array:
        """How far ahead (z) the face is at places x, y."""
        height, wide, deep, _ = _SKULL[::-1].T
        at = pchip(height * self.half[1], np.stack([wide * self.half[0], deep * self.half[2]], -1), y)
        return np.asarray(at[:, 1] * np.sqrt(np.maximum(1 - (x / at[:, 0]) ** 2, 0.02)))


def add_head(builder: MeshBuilder, body: Body, outfit: Outfit) -> None:
    """Everything above the collar."""
    skull = _Skull(body)
    k = skull.size
    neck = tube(
        [
            (0.062 * k, 0.028 * k, 0.024 * k, 0.03 * k, 0, 0),
            (0.0, 0.031 * k, 0.028 * k, 0.03 * k, 0, 0),
            (-0.02 * k, 0.034 * k, 0.03 * k, 0.031 * k, 0, 0),
        ],
        6,
        14,
    )
    builder.add(neck, grid_faces(6, 14), outfit.skin * 0.9, BONE_INDEX["neck"])
    _add_skull(builder, skull, outfit)
    _add_nose(builder, skull, outfit)
    for sign in (1.0, -1.0):
        _add_ear(builder, skull, outfit, sign)
        _add_eye(builder, skull, outfit, sign, body.bust)
    _add_mouth(builder, skull, outfit, body.bust)
    add_hair(builder, skull, outfit)


def _add_skull(builder: MeshBuilder, skull: _Skull, outfit: Outfit) -> None:
    rings, sides = 24, 28
    vertices = tube(skull.rows(), rings, sides)
    faces = grid_faces(rings, sides)
    y = face_centres(vertices, faces)[:, 1] / skull.half[1]
    angle = np.tile(ring_angles(sides) + np.pi / sides, rings - 1)
    ahead = np.abs((angle + np.pi) % (2 * np.pi) - np.pi)
    colour = np.broadcast_to(outfit.skin, (len(faces), 3)).copy()
    # Cheeks are a little redder than the rest.
    cheek = np.exp(-(((ahead - 0.75) / 0.3) ** 2) - ((y + 0.35) / 0.16) ** 2)[:, None]
    colour = colour * (1 - 0.06 * cheek * np.array([0.0, 1.0, 0.9]))
    if outfit.beard:
        edge = -0.42 - 0.10 * np.cos(2 * ahead) + 0.35 * np.clip(ahead - 1.0, 0, 1)
        bearded = np.clip((edge - y) / 0.16, 0, 1) * np.clip((2.0 - ahead) / 0.3, 0, 1)
        share = 0.85 * outfit.beard * bearded[:, None]
        colour = (1 - share) * colour + share * outfit.hair
    builder.add(vertices, faces, colour, BONE_INDEX["head"])


def _add_nose(builder: MeshBuilder, skull: _Skull, outfit: Outfit) -> None:
    k = skull.size
    tip = np.array(FACE_PLACES["nose"]) * k
    points, radii = [], []
    for y, out, radius in (
        (0.012, -0.004, 0.003),
        (0.002, 0.001, 0.0048),
        (-0.007, 0.0055, 0.0062),
        (-0.0115, 0.0055, 0.0072),
        (-0.0155, 0.001, 0.006),
        (-0.017, -0.004, 0.002),
    ):
        surface = float(skull.front(np.zeros(1), np.array([y * k]))[0])
        points.append((0.0, y * k, min(surface + out * k, tip[2] - radius * k * 0.8)))
        radii.append(radius * k)
    nose = polyline_tube(points, radii, 8)
    builder.add(nose, grid_faces(6, 8), outfit.skin * [1.0, 0.96, 0.94], BONE_INDEX["head"], gloss=0.1)


def _add_ear(builder: MeshBuilder, skull: _Skull, outfit: Outfit, sign: float) -> None:
    k = skull.size
    place = np.array(FACE_PLACES["left_ear"]) * k * [sign, 1, 1]
    rows = [
        (0.020, 0.001, 0.004, 0.004, 0.002, -0.001),
        (0.016, 0.0045, 0.010, 0.010, 0.002, -0.003),
        (0.004, 0.005, 0.010, 0.012, 0.001, -0.003),
        (-0.010, 0.004, 0.007, 0.007, 0.0, 0.0),
        (-0.018, 0.001, 0.003, 0.003, -0.001, 0.002),
    ]
    ear = tube(np.array(rows) * k * [1, 1, 1, 1, sign, 1], 8, 10) + place
    builder.add(ear, grid_faces(8, 10), outfit.skin * [0.98, 0.9, 0.88], BONE_INDEX["head"])


def _decal(
    builder: MeshBuilder,
    skull: _Skull,
    outline: Array,
    colour: Array,
    above: float,
    *,
    flat: float = 0.35,
    gloss: float = 0.0,
) -> None:
    """A patch on the face with the outline (n, 2), n even, in metres, counter-clockwise seen from ahead.

    Args:
        builder: Takes the patch.
        skull: What it lies on.
        outline: x, y along the rim.
        colour: RGB.
        above: Metres above the skin; patches that lie on others stand higher.
        flat: See `mesh.Mesh`.
        gloss: See `mesh.Mesh`.
    """
    x, y = outline.T
    z = skull.front(x, y) + 0.0006 + above
    vertices = np.stack([x, y, z], -1)
    n = len(outline)
    # A strip of four-cornered faces across the patch, from its one end to the other.
    i = np.arange(n // 2 - 1)
    faces = np.stack([n - 1 - i, n - 2 - i, i + 1, i], -1)
    builder.add(
        vertices,
        faces,
        colour,
        BONE_INDEX["head"],
        nearer=0.012 + 4 * above,
        flat=flat,
        gloss=gloss,
        oriented=True,
    )


def _oval(x: float, y: float, half_x: float, half_y: float, count: int = 14) -> Array:
    a = (np.arange(count) + 0.5) / count * 2 * np.pi
    return np.stack([x + half_x * np.cos(a), y + half_y * np.sin(a)], -1)


def _add_eye(builder: MeshBuilder, skull: _Skull, outfit: Outfit, sign: float, lashes: float) -> None:
    k = skull.size
    x, y = (np.array(FACE_PLACES["left_eye"]) * k)[:2] * [sign, 1]
    white = np.array([246.0, 244, 240])
    _decal(builder, skull, _oval(x, y, 0.0112 * k, 0.0058 * k), outfit.skin * 0.84, 0.0)
    _decal(builder, skull, _oval(x, y - 0.0003 * k, 0.0098 * k, 0.0042 * k), white, 0.0004, flat=0.75)
    _decal(builder, skull, _oval(x, y, 0.0044 * k, 0.0042 * k), outfit.iris, 0.0008, flat=0.6)
    _decal(
        builder, skull, _oval(x, y, 0.0024 * k, 0.0026 * k, 10), np.array([14.0, 12, 12]), 0.0012, flat=0.9
    )
    _decal(
        builder,
        skull,
        _oval(x + 0.0015 * k, y + 0.0018 * k, 0.0011 * k, 0.0011 * k, 8),
        white,
        0.0016,
        flat=1,
    )
    lid = _arc(x, y + 0.0008 * k, 0.0112 * k, 0.0052 * k, (0.0018 + 0.0008 * lashes) * k)
    _decal(builder, skull, lid, np.array([34.0, 26, 24]), 0.001, flat=0.5)
    brow = _arc(x * 1.06, y + 0.0105 * k, 0.0130 * k, 0.0026 * k, (0.0042 - 0.0012 * lashes) * k)
    dark = outfit.hair * 0.8 if outfit.hair.mean() < 150 else outfit.hair * 0.6
    _decal(builder, skull, brow, dark, 0.0004)


def _arc(x: float, y: float, half: float, rise: float, thick: float) -> Array:
    """A bow, thickest in the middle, as an outline for `_decal`."""
    u = np.linspace(-1, 1, 7)
    top = np.stack([x + half * u, y + rise * (1 - u**2) + thick * (1 - 0.7 * np.abs(u))], -1)
    low = np.stack([x + half * u, y + rise * (1 - u**2)], -1)
    return np.concatenate([low, top[::-1]])


def _add_mouth(builder: MeshBuilder, skull: _Skull, outfit: Outfit, full: float) -> None:
    k, y = skull.size, -0.0305 * skull.size
    lip = outfit.skin * np.array([0.88, 0.66 - 0.08 * full, 0.64 - 0.04 * full])
    u = np.linspace(-1, 1, 9)
    half, smile = 0.0155 * k, 0.0028 * k
    line = y + smile * u**2
    bulge = (1 - u**2) ** 0.8
    upper = line + (0.0026 + 0.001 * full) * k * bulge * (1 - 0.25 * np.exp(-((u / 0.2) ** 2)))
    lower = line - (0.0040 + 0.0012 * full) * k * bulge
    rim = np.concatenate([np.stack([half * u, lower], -1), np.stack([half * u, upper], -1)[::-1]])
    _decal(builder, skull, rim, lip, 0.0004, flat=0.3, gloss=0.15)
    seam = np.concatenate(
        [np.stack([half * u, line - 0.0006 * k], -1), np.stack([half * u, line + 0.0005 * k], -1)[::-1]]
    )
    _decal(builder, skull, seam, outfit.skin * [0.45, 0.28, 0.28], 0.0008, flat=0.3)


def add_hair(builder: MeshBuilder, skull: _Skull, outfit: Outfit) -> None:
    """Hair or a cap over the skull."""
    style = outfit.hair_style
    if style == "bald":
        return
    k = skull.size
    thick = {"buzz": 0.0026, "short": 0.009, "parted": 0.011, "cap": 0.006}.get(style, 0.0095) * k
    rings, sides = 13, 36
    angle = ring_angles(sides)
    line = _hairline(style, (angle + np.pi) % (2 * np.pi) - np.pi)
    share = np.linspace(0, 1, rings)[:, None] ** 0.8
    # The rings run from the crown to the hairline, where the hair thins out to the skin.
    height = 1 + share * (line - 1)
    grow = thick * np.minimum(1.0, 4.5 * (1 - share) + 0.12)
    vertices = skull.surface(height, np.broadcast_to(angle, height.shape), grow)
    faces = grid_faces(rings, sides)
    colour = outfit.trim if style == "cap" else outfit.hair
    strand = np.tile(1 + 0.09 * np.sin(19 * angle) * (style != "cap"), rings - 1)[:, None]
    builder.add(vertices, faces, colour * strand, BONE_INDEX["head"], gloss=0.3, nearer=0.006)
    _add_locks(builder, skull, outfit)


def _hairline(style: str, turned: Array) -> Array:
    """Lowest hair (in half heights of the skull) at an angle from the front."""
    ahead = np.abs(turned)
    keys = np.array([0.0, 0.55, 0.95, 1.2, 1.5, 1.75, 2.1, np.pi])
    low = {
        "buzz": (0.62, 0.58, 0.42, 0.16, 0.10, -0.15, -0.5, -0.58),
        "short": (0.60, 0.56, 0.40, 0.10, 0.02, -0.15, -0.5, -0.62),
        "parted": (0.60, 0.54, 0.36, 0.10, 0.02, -0.15, -0.5, -0.62),
        "cap": (0.44, 0.42, 0.34, 0.26, 0.20, 0.14, 0.05, 0.0),
    }.get(style, (0.58, 0.50, 0.34, 0.06, -0.1, -0.35, -0.6, -0.66))
    line = pchip(keys, np.array(low)[:, None], ahead)[:, 0]
    if style == "parted":
        line = line - 0.10 * np.exp(-(((turned + 0.45) / 0.35) ** 2))
        line = line + 0.06 * np.exp(-(((turned - 0.4) / 0.2) ** 2))
    return np.asarray(line)


_TAIL = (
    (0, 0.022, -0.056),
    (0, 0.024, -0.072),
    (0, 0.0, -0.088),
    (0, -0.05, -0.086),
    (0, -0.1, -0.076),
    (0, -0.115, -0.072),
)
_BUN = (
    (0, 0.024, -0.055),
    (0, 0.026, -0.06),
    (0, 0.028, -0.068),
    (0, 0.03, -0.078),
    (0, 0.032, -0.086),
    (0, 0.033, -0.089),
)


def _add_locks(builder: MeshBuilder, skull: _Skull, outfit: Outfit) -> None:
    """What hangs or stands off the head: long hair, a tail, a bun, or the peak of a cap."""
    k, style, bone = skull.size, outfit.hair_style, BONE_INDEX["head"]
    if style in ("bob", "long"):
        low = -0.075 if style == "bob" else -0.15
        rows = [
            (0.030, 0.046, 0.008, 0.040, 0.0, -0.018),
            (0.000, 0.0525, 0.012, 0.044, 0.0, -0.018),
            (-0.04, 0.054, 0.014, 0.040, 0.0, -0.02),
            (low + 0.012, 0.052, 0.010, 0.032, 0.0, -0.024),
            (low, 0.040, 0.006, 0.018, 0.0, -0.026),
            (low - 0.004, 0.006, 0.002, 0.004, 0.0, -0.028),
        ]
        builder.add(tube(np.array(rows) * k, 14, 28), grid_faces(14, 28), outfit.hair * 0.94, bone, gloss=0.3)
    elif style in ("ponytail", "bun"):
        tail = style == "ponytail"
        points = _TAIL if tail else _BUN
        radii = (
            [0.008, 0.013, 0.018, 0.019, 0.011, 0.002] if tail else [0.012, 0.02, 0.024, 0.022, 0.012, 0.002]
        )
        lock = polyline_tube(np.array(points) * k, np.array(radii) * k, 10)
        builder.add(lock, grid_faces(6, 10), outfit.hair * 0.92, bone, gloss=0.3)
    elif style == "cap":
        u = np.linspace(-0.95, 0.95, 11)
        inner = np.stack([np.sin(u) * 0.047, 0.032 - 0.004 * u**2, np.cos(u) * 0.054], -1)
        outer = np.stack(
            [np.sin(u) * 0.053, 0.024 - 0.010 * u**2, np.cos(u) * 0.054 + 0.042 * np.cos(u * 1.4)], -1
        )
        peak = np.concatenate([inner, outer]) * k
        top = grid_faces(2, 11, closed=False)
        builder.add(peak, top, outfit.trim * 0.85, bone, nearer=0.006, oriented=True)
        builder.add(
            peak - [0, 0.002 * k, 0], top[:, ::-1], outfit.trim * 0.55, bone, nearer=0.004, oriented=True
        )

"""Surfaces made of four-cornered faces that hang on bones, and the tubes they are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from poseact.synth.rotation import Array, pchip

Ints = NDArray[np.intp]
Paint = Callable[[Array], Array] | ArrayLike


@dataclass(frozen=True)
class Mesh:
    """N vertices and F faces.

    Attributes:
        vertices: (N, 3) in the axes of the first bone, for an open hand.
        second: (N, 3) the same places in the axes of the second bone.
        closed: (N, 3) what is added to `vertices` for a fist.
        bones: (N, 2) indices of the bones.
        weight: (N,) share of the first bone.
        faces: (F, 4) indices, counter-clockwise seen from outside.
        colour: (F, 3) RGB, 0 to 255.
        gloss: (F,) 0 for cloth, 1 for polish.
        nearer: (F,) metres by which a face counts as nearer to the eye than it is.
        flat: (F,) share of shading that is left out (eyes keep their white).
    """

    vertices: Array
    second: Array
    closed: Array
    bones: Ints
    weight: Array
    faces: Ints
    colour: Array
    gloss: Array
    nearer: Array
    flat: Array


@dataclass
class MeshBuilder:
    """Collects parts into one mesh."""

    parts: list[Mesh] = field(default_factory=list)
    count: int = 0

    def add(
        self,
        vertices: Array,
        faces: Ints,
        colour: ArrayLike,
        bone: int | Ints,
        *,
        second: tuple[int | Ints, Array, Array] | None = None,
        closed: Array | None = None,
        gloss: float = 0.0,
        nearer: ArrayLike = 0.0,
        flat: float = 0.0,
        oriented: bool = False,
    ) -> None:
        """Take vertices (N, 3) of a bone with faces (F, 4) and colours (3,) or (F, 3).

        Faces are all turned over where most of them look inwards.

        Args:
            vertices: In the axes of `bone`.
            faces: Indices of these vertices.
            colour: RGB.
            bone: Index of the bone, or one for each vertex.
            second: A second bone, the vertices in its axes, and the share (N,) of the first.
            closed: Added for a fist.
            gloss: See `Mesh`.
            nearer: See `Mesh`.
            flat: See `Mesh`.
            oriented: Whether the faces are in the right sense already.
        """
        n, f = len(vertices), len(faces)
        other, other_places, weight = second or (bone, vertices, np.ones(n))
        self.parts.append(
            Mesh(
                vertices=vertices,
                second=other_places,
                closed=np.zeros((n, 3)) if closed is None else closed,
                bones=np.stack([np.broadcast_to(bone, n), np.broadcast_to(other, n)], -1),
                weight=weight,
                faces=(faces if oriented else _outward(vertices, faces)) + self.count,
                colour=np.broadcast_to(np.asarray(colour, np.float64), (f, 3)),
                gloss=np.full(f, gloss),
                nearer=np.broadcast_to(np.asarray(nearer, np.float64), f),
                flat=np.full(f, flat),
            )
        )
        self.count += n

    def built(self) -> Mesh:
        """All parts as one mesh."""
        return Mesh(
            **{name: np.concatenate([getattr(p, name) for p in self.parts]) for name in vars(self.parts[0])}
        )


def grid_faces(rings: int, sides: int, *, closed: bool = True) -> Ints:
    """Faces of rings x sides vertices, ring by ring; sides go round unless `closed` is off."""
    last = sides if closed else sides - 1
    r, s = np.meshgrid(np.arange(rings - 1), np.arange(last), indexing="ij")
    a, b = r * sides + s, r * sides + (s + 1) % sides
    return np.stack([a, b, b + sides, a + sides], -1).reshape(-1, 4)


def ring_angles(sides: int) -> Array:
    """Angles (S,) about y from the front (z) towards the left (x)."""
    return np.arange(sides) / sides * 2 * np.pi


def tube(stations: ArrayLike, rings: int, sides: int) -> Array:
    """A tube along y, (rings * sides, 3), from the top down, closed by its small end rings.

    Args:
        stations: (K, 6) rows of y (falling), half width in x, half depth to the front,
            half depth to the back, and the middle's x and z.
        rings: How many rings are drawn through the stations, evenly along y.
        sides: Vertices of a ring.
    """
    table = np.asarray(stations, np.float64)
    at = np.linspace(0, 1, rings)
    along = (table[0, 0] - table[:, 0]) / (table[0, 0] - table[-1, 0])
    # Rings stand closer at the ends, which are round.
    at = 0.5 * at + 0.5 * (0.5 - 0.5 * np.cos(np.pi * at))
    row = pchip(along, table, at)
    angle = ring_angles(sides)
    c, s = np.cos(angle), np.sin(angle)
    depth = np.where(c[None] > 0, row[:, 2:3], row[:, 3:4])
    x = row[:, 4:5] + row[:, 1:2] * s
    z = row[:, 5:6] + depth * c
    y = np.broadcast_to(row[:, 0:1], x.shape)
    return np.stack([x, y, z], -1).reshape(-1, 3)


def round_tube(stations: Sequence[tuple[float, float]], rings: int, sides: int, *, cap: float = 1.0) -> Array:
    """A tube of round sections, (y, radius) from the top down, with round ends."""
    (y0, r0), (y1, r1) = stations[0], stations[-1]
    top = [(y0 + cap * r0 * h, r0 * w) for h, w in ((1.0, 0.05), (0.85, 0.52), (0.5, 0.86))]
    end = [(y1 - cap * r1 * h, r1 * w) for h, w in ((0.5, 0.86), (0.85, 0.52), (1.0, 0.05))]
    rows = [(y, r, r, r, 0.0, 0.0) for y, r in [*top, *stations, *end]]
    return tube(rows, rings, sides)


def polyline_tube(points: ArrayLike, radii: ArrayLike, sides: int) -> Array:
    """A thin tube through points (K, 3), (K * sides, 3)."""
    p, r = np.asarray(points, np.float64), np.asarray(radii, np.float64)
    way = np.gradient(p, axis=0)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    first = np.cross(way, np.array([1.0, 0.02, 0.05]))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    other = np.cross(way, first)
    angle = ring_angles(sides)
    ring = first[:, None] * np.cos(angle)[None, :, None] - other[:, None] * np.sin(angle)[None, :, None]
    return np.asarray((p[:, None] + r[:, None, None] * ring).reshape(-1, 3))


def face_centres(vertices: Array, faces: Ints) -> Array:
    """(F, 3)."""
    return np.asarray(vertices[faces].mean(axis=1))


def _outward(vertices: Array, faces: Ints) -> Ints:
    """The faces, all turned over if most of them look inwards."""
    corner = vertices[faces]
    normal = np.cross(corner[:, 2] - corner[:, 0], corner[:, 3] - corner[:, 1])
    out = corner.mean(axis=1) - vertices.mean(axis=0)
    # On a grid that runs as `tube` does, (2 - 0) x (3 - 1) looks inwards.
    return faces[:, ::-1] if (normal * out).sum() > 0 else faces

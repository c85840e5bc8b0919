"""The seat that an actor sits down on: a chair or a stool made of boxes."""

import numpy as np

from poseact.synth.acts_chair import SEAT_BEHIND_M
from poseact.synth.mesh import grid_faces
from poseact.synth.raster import Faces
from poseact.synth.rotation import Array, turn_y

_WOODS = ((150, 104, 66), (196, 160, 116), (70, 56, 48), (220, 218, 212), (80, 110, 140), (170, 70, 60))


def box_corners(low: Array, high: Array, cell: float = 0.11) -> Array:
    """The outside of a box as faces (F, 4, 3) not larger than `cell` metres."""
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        nu, nv = (max(1, int(np.ceil((high[i] - low[i]) / cell))) for i in (u, v))
        a, b = np.linspace(low[u], high[u], nu + 1), np.linspace(low[v], high[v], nv + 1)
        places = np.zeros((nu + 1, nv + 1, 3))
        places[..., u], places[..., v] = a[:, None], b[None]
        grid = grid_faces(nu + 1, nv + 1, closed=False)
        for side, order in ((low[axis], slice(None)), (high[axis], slice(None, None, -1))):
            places[..., axis] = side
            faces.append(places.reshape(-1, 3)[grid][:, order])
    return np.concatenate(faces)


def seat_faces(place: tuple[float, float, float, float], scale: float, rng: np.random.Generator) -> Faces:
    """A chair or a stool behind somebody's place (x, z, heading, height of the seat)."""
    x, z, heading, high = place
    wood = np.array(_WOODS[rng.integers(len(_WOODS))], np.float64)
    cloth = np.array(_WOODS[rng.integers(len(_WOODS))], np.float64) if rng.random() < 0.6 else wood
    half, leg = 0.21, 0.019
    middle = -SEAT_BEHIND_M * scale - 0.02
    boxes: list[tuple[tuple[float, ...], tuple[float, ...], Array]] = []
    for sx in (-1, 1):
        for sz in (-1, 1):
            cx, cz = sx * (half - 0.03), middle + sz * (half - 0.03)
            boxes.append(((cx - leg, 0.0, cz - leg), (cx + leg, high - 0.05, cz + leg), wood))
    boxes.append(((-half, high - 0.05, middle - half), (half, high, middle + half), cloth))
    if rng.random() < 0.6:
        back = middle - half
        for sx in (-1, 1):
            cx = sx * (half - 0.02)
            boxes.append(((cx - leg, high, back), (cx + leg, high + 0.42, back + 0.035), wood))
        boxes.append(((-half, high + 0.2, back - 0.01), (half, high + 0.44, back + 0.025), cloth))
    parts = [(box_corners(np.array(a), np.array(b)), c) for a, b, c in boxes]
    corners = np.concatenate([p for p, _ in parts])
    colour = np.concatenate([np.broadcast_to(c, (len(p), 3)) for p, c in parts])
    corners = turn_y(corners, np.full(corners.shape[:2], heading)) + np.array([x, 0.0, z])
    zero = np.zeros(len(corners))
    return Faces(corners, colour, zero + 0.1, zero - 0.03, zero)

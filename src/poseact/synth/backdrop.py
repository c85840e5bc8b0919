"""What is behind the actors: rooms, studios and lawns, drawn once for a clip."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.synth.raster import Image
from poseact.synth.rotation import Array, turn_y
from poseact.synth.stage import Camera

_WALLS = (
    (226, 220, 208),
    (206, 214, 222),
    (198, 208, 190),
    (222, 204, 190),
    (188, 184, 196),
    (236, 236, 234),
    (150, 170, 178),
)
_FLOORS = (
    (176, 136, 96),
    (140, 100, 66),
    (196, 168, 132),
    (150, 150, 152),
    (118, 122, 130),
    (160, 90, 80),
    (104, 120, 140),
)
_PICTURES = ((212, 92, 70), (70, 130, 160), (230, 180, 80), (90, 140, 100), (60, 66, 90), (190, 130, 160))


@dataclass(frozen=True)
class Room:
    """A room as a box, turned against the camera.

    Attributes:
        half_width: Metres from the middle to the side walls.
        depth: Metres from the middle to the back wall.
        height: Of the ceiling.
        turn: Radians.
        middle: (3,) on the floor.
    """

    half_width: float
    depth: float
    height: float
    turn: float
    middle: Array


def paint_backdrop(camera: Camera, rng: np.random.Generator, low: Array, high: Array) -> Image:
    """A picture without people.

    Args:
        camera: Sees it.
        rng: Chooses it.
        low: (3,) least x, y, z that the actors reach.
        high: (3,) greatest.
    """
    kind = rng.choice(["room", "room", "room", "studio", "lawn"])
    if kind == "studio":
        image = _studio(camera, rng)
    elif kind == "lawn":
        image = _lawn(camera, rng)
    else:
        image = _room(camera, rng, low, high)
    # A little out of focus, which also smooths the edges.
    soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.7, 1.2)) * camera.size_wh[1] / 480)
    return np.asarray(np.clip(soft, 0, 255), np.uint8)


def _rays(camera: Camera) -> Array:
    """Directions of all pixels in the room, (H, W, 3)."""
    w, h = camera.size_wh
    x = (np.arange(w) + 0.5 - w / 2) / camera.focal_px
    y = (np.arange(h) + 0.5 - h / 2) / camera.focal_px
    xx, yy = np.meshgrid(x, y)
    return np.asarray(np.stack([xx, yy, np.ones_like(xx)], -1) @ camera.axes)


def _pick(rng: np.random.Generator, palette: tuple[tuple[int, int, int], ...]) -> Array:
    return np.array(palette[rng.integers(len(palette))], np.float64) * rng.uniform(0.9, 1.05)


def _grain(u: Array, v: Array, rng: np.random.Generator) -> Array:
    """Smooth irregular shades about 0, at places u, v in metres."""
    out = np.zeros_like(u)
    for size in (0.9, 0.37, 0.13):
        a, b, c = rng.uniform(0, 6.28, 3)
        out += (
            size**0.5 * np.sin(u / size + a + 1.7 * np.sin(v / size * 0.8 + b)) * np.sin(v / size * 1.1 + c)
        )
    return out


def _floor_shade(u: Array, v: Array, rng: np.random.Generator) -> Array:
    """Boards, tiles or carpet: share of the floor's colour at places u, v."""
    kind = rng.choice(["boards", "tiles", "carpet"])
    if kind == "boards":
        wide, long = rng.uniform(0.12, 0.2), rng.uniform(1.1, 1.6)
        row = np.floor(v / wide)
        board = np.floor(u / long + 0.37 * row)
        tone = 0.09 * np.sin(12.9898 * row + 78.233 * board)
        joint = np.minimum((v / wide) % 1, 1 - (v / wide) % 1) * wide < 0.004
        end = ((u / long + 0.37 * row) % 1) * long < 0.006
        return np.asarray(1 + tone + 0.03 * np.sin(60 * v + 3 * np.sin(5 * u)) - 0.18 * (joint | end))
    if kind == "tiles":
        size = rng.uniform(0.3, 0.6)
        gap = np.minimum.reduce([(u / size) % 1, 1 - (u / size) % 1, (v / size) % 1, 1 - (v / size) % 1])
        odd = (np.floor(u / size) + np.floor(v / size)) % 2
        return np.asarray(1 + rng.choice([0.0, 0.1]) * (odd - 0.5) - 0.14 * (gap * size < 0.006))
    return np.asarray(1 + 0.035 * _grain(u, v, rng))


def _room(camera: Camera, rng: np.random.Generator, low: Array, high: Array) -> NDArray[np.float32]:
    turn = float(rng.uniform(-0.3, 0.3))
    corners = turn_y(np.array([[x, 0, z] for x in (low[0], high[0]) for z in (low[2], high[2])]), -turn)
    reach = np.abs(corners).max(axis=0)
    room = Room(
        half_width=float(reach[0] + rng.uniform(0.9, 2.2)),
        depth=float(-corners[:, 2].min() + rng.uniform(0.7, 1.8)),
        height=float(rng.uniform(2.5, 3.0)),
        turn=turn,
        middle=np.zeros(3),
    )
    ray = turn_y(_rays(camera), -turn)
    eye = turn_y(camera.position - room.middle, -turn)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_floor = np.where(ray[..., 1] < 0, -eye[1] / ray[..., 1], np.inf)
        to_top = np.where(ray[..., 1] > 0, (room.height - eye[1]) / ray[..., 1], np.inf)
        to_back = np.where(ray[..., 2] < 0, (-room.depth - eye[2]) / ray[..., 2], np.inf)
        side = np.sign(ray[..., 0]) * room.half_width
        to_side = np.where(ray[..., 0] != 0, (side - eye[0]) / ray[..., 0], np.inf)
    ways = np.stack([to_floor, to_top, to_back, np.where(to_side > 0, to_side, np.inf)])
    which = ways.argmin(axis=0)
    place = eye + ray * np.minimum(ways.min(axis=0), 60.0)[..., None]
    x, y, z = np.moveaxis(place, -1, 0)
    wall, floor = _pick(rng, _WALLS), _pick(rng, _FLOORS)
    image = np.empty((*which.shape, 3), np.float64)
    image[:] = wall * 1.02
    on_floor, on_back, on_side = which == 0, which == 2, which == 3
    shade = _floor_shade(x[on_floor], z[on_floor], rng)
    image[on_floor] = floor * shade[:, None]
    image[which == 1] = np.array([238.0, 238, 236])
    image[on_back] = _wall(x[on_back], y[on_back], wall, rng, room.half_width)
    image[on_side] = _wall(z[on_side], y[on_side], wall, rng, 2.5) * 0.9
    return _corner_shade(image, x, y, z, room, which, rng)


def _corner_shade(
    image: Array, x: Array, y: Array, z: Array, room: Room, which: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Darker where walls meet, brighter towards the lamp."""
    gaps = np.stack([room.half_width - np.abs(x), z + room.depth, room.height - y, y])
    gaps.sort(axis=0)
    shade = 1 - 0.20 * np.exp(-gaps[1] / 0.35)
    lamp = rng.uniform(-1, 1) * room.half_width
    shade *= 0.86 + 0.18 * np.exp(-(((x - lamp) / 2.5) ** 2))
    shade = np.where(which == 0, shade * (0.92 + 0.08 * np.exp(-np.abs(z))), shade)
    return np.asarray(image * shade[..., None], np.float32)


def _wall(u: Array, y: Array, base: Array, rng: np.random.Generator, half: float) -> Array:
    """A wall with skirting board and what hangs on it; u along the wall; (N, 3)."""
    colour = np.broadcast_to(base, (*u.shape, 3)).copy()
    style = rng.choice(["paint", "paint", "stripes", "bricks", "panel"])
    if style == "stripes":
        colour *= (1 - 0.05 * ((np.floor(u / 0.18) % 2) == 1))[..., None]
    elif style == "bricks":
        row = np.floor(y / 0.075)
        along = u / 0.23 + 0.5 * (row % 2)
        joint = ((y / 0.075) % 1 < 0.12) | (along % 1 < 0.04)
        tone = 0.06 * np.sin(12.9 * row + 78.2 * np.floor(along))
        colour *= (1 + tone - 0.10 * joint)[..., None]
    elif style == "panel":
        colour[y < 1.0] *= 0.82
        colour[np.abs(y - 1.0) < 0.02] = 240
    at = -half + rng.uniform(0.3, 0.8)
    while at < half - 0.5:
        at += _hung(colour, u, y, at, rng) + rng.uniform(0.3, 1.2)
    colour[y < 0.09] = np.array([240.0, 238, 232])
    colour[np.abs(y - 0.09) < 0.008] *= 0.8
    return colour


def _hung(colour: Array, u: Array, y: Array, at: float, rng: np.random.Generator) -> float:
    """A window, a door, a picture or a shelf from `at` on; returns its width."""
    kind = rng.choice(["window", "door", "picture", "picture", "shelf", "nothing"])
    size = {"window": (1.2, 0.9, 2.1), "door": (0.85, 0.0, 2.05), "shelf": (0.9, 1.3, 1.36)}
    picture_low = rng.uniform(1.2, 1.5)
    wide, low, high = size.get(
        str(kind), (rng.uniform(0.35, 0.8), picture_low, picture_low + rng.uniform(0.35, 0.6))
    )

    def box(x0: float, x1: float, y0: float, y1: float) -> NDArray[np.bool_]:
        return np.asarray((u > at + x0) & (u < at + x1) & (y > y0) & (y < y1))

    if kind == "window":
        colour[box(0, wide, low, high)] = (246, 246, 244)
        sky = np.clip((y - low) / (high - low), 0, 1)[..., None]
        view = np.array([214.0, 228, 226]) * (1 - sky) + np.array([150.0, 196, 236]) * sky
        for x0, x1 in ((0.06, wide / 2 - 0.03), (wide / 2 + 0.03, wide - 0.06)):
            pane = box(x0, x1, low + 0.06, high - 0.06)
            colour[pane] = view[pane]
        colour[box(-0.06, wide + 0.06, low - 0.05, low)] = (232, 230, 226)
    elif kind == "door":
        tone = _pick(rng, ((236, 232, 224), (150, 104, 70), (120, 132, 142)))
        colour[box(-0.07, wide + 0.07, low, high + 0.07)] = tone * 0.88
        colour[box(0, wide, low, high)] = tone
        for y0, y1 in ((0.25, 0.95), (1.1, 1.85)):
            colour[box(0.13, wide - 0.13, y0, y1)] = tone * 0.94
        colour[box(wide - 0.11, wide - 0.05, 1.0, 1.05)] = (190, 170, 110)
    elif kind == "picture":
        colour[box(0.02, wide + 0.03, low - 0.03, high)] *= 0.85
        colour[box(0, wide, low, high)] = rng.choice([40.0, 235.0, 120.0])
        colour[box(0.03, wide - 0.03, low + 0.03, high - 0.03)] = (240, 238, 232)
        inner = box(0.08, wide - 0.08, low + 0.08, high - 0.08)
        sky, land = _pick(rng, _PICTURES), _pick(rng, _PICTURES)
        line = low + (0.4 + 0.15 * np.sin((u - at) * 9)) * (high - low)
        colour[inner] = np.where((y > line)[..., None], sky, land)[inner]
    elif kind == "shelf":
        colour[box(0, wide, low, high)] = (150, 110, 76)
        x = 0.06
        while x < wide - 0.1:
            thick, tall = rng.uniform(0.025, 0.06), rng.uniform(0.16, 0.27)
            colour[box(x, x + thick - 0.004, high, high + tall)] = _pick(rng, _PICTURES)
            x += thick if rng.random() < 0.85 else 0.16
    return float(wide)


def _studio(camera: Camera, rng: np.random.Generator) -> NDArray[np.float32]:
    """A seamless sheet with a soft spot of light."""
    w, h = camera.size_wh
    base = _pick(rng, (*_WALLS, (96, 108, 124), (120, 140, 150), (170, 150, 140)))
    xx, yy = np.meshgrid(np.linspace(-1, 1, w), np.linspace(-1, 1, h))
    cx, cy = rng.uniform(-0.3, 0.3), rng.uniform(-0.4, 0.1)
    spot = np.exp(-((xx - cx) ** 2 + (yy - cy) ** 2) / 1.1)
    ray = _rays(camera)
    floor = 1 / (1 + np.exp(-(-ray[..., 1] - 0.14) * 40))
    shade = (0.72 + 0.3 * spot) * (1 - 0.10 * floor)
    return np.asarray(base * shade[..., None], np.float32)


def _lawn(camera: Camera, rng: np.random.Generator) -> NDArray[np.float32]:
    """Grass or a sports court under the sky, with a far row of trees."""
    ray = _rays(camera)
    up = ray[..., 1] / np.linalg.norm(ray, axis=-1)
    high = np.clip(up / 0.5, 0, 1)[..., None]
    image = np.array([226.0, 234, 238]) * (1 - high) + np.array([120.0, 176, 228]) * high
    bearing = np.arctan2(ray[..., 0], -ray[..., 2])
    a, b = rng.uniform(0, 6.28, 2)
    hills = 0.05 + 0.02 * np.sin(3 * bearing + a) + 0.012 * np.sin(7 * bearing + b)
    trees = 0.03 + 0.028 * np.abs(np.sin(19 * bearing + a)) + 0.016 * np.abs(np.sin(43 * bearing + b))
    image[(up < hills) & (up > 0)] = (150, 176, 168)
    image[(up < trees) & (up > 0)] = _pick(rng, ((92, 132, 84), (104, 126, 76), (120, 110, 80)))
    with np.errstate(divide="ignore"):
        far = np.where(ray[..., 1] < 0, -camera.position[1] / ray[..., 1], np.inf)
    place = camera.position + ray * np.minimum(far, 80.0)[..., None]
    x, z = place[..., 0], place[..., 2]
    ground = _pick(rng, ((122, 160, 86), (138, 152, 92), (176, 118, 88), (150, 152, 150)))
    haze = np.exp(-np.minimum(far, 80.0) / 40.0)[..., None]
    near = ground * (1 + 0.035 * _grain(x, z, rng) * haze[..., 0])[..., None]
    if rng.random() < 0.5:
        line = np.minimum(np.abs(z + 1.6), np.abs(np.abs(x) - 3.2)) < 0.03
        near = np.where(line[..., None], 232.0, near)
    below = up <= 0
    image[below] = (near * haze + np.array([170.0, 186, 160]) * (1 - haze))[below]
    return np.asarray(image, np.float32)

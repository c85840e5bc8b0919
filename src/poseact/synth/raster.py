"""Drawing of faces in the room: light, order from far to near, smooth edges, soft shadows."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.synth.mesh import Mesh
from poseact.synth.rotation import Array, unit
from poseact.synth.stage import Camera

Image = NDArray[np.uint8]
# Faces are drawn at this many times the size and then averaged: that smooths their edges.
_FINER = 2
_SUBPIXEL_BITS = 4
# Steps of shade up to about so many grey levels are evened out.
_EVEN_LEVELS = 18.0


@dataclass(frozen=True)
class Light:
    """A lamp far away and the light of the room.

    Attributes:
        direction: (3,) from which it comes, of unit length.
        colour: (3,) RGB share of the lamp, about 1.
        ambient: Share of light without direction, 0 to 1.
    """

    direction: Array
    colour: Array
    ambient: float


@dataclass(frozen=True)
class Faces:
    """Four-cornered faces in the room, ready to be drawn.

    Attributes:
        corners: (F, 4, 3) metres.
        colour: (F, 3) RGB, 0 to 255.
        gloss: (F,) 0 for cloth, 1 for polish.
        nearer: (F,) metres by which a face counts as nearer than it is.
        flat: (F,) share of shading that is left out.
    """

    corners: Array
    colour: Array
    gloss: Array
    nearer: Array
    flat: Array


def posed(mesh: Mesh, origins: Array, axes: Array, curl: Array) -> Faces:
    """A mesh on its bones at one instant.

    Args:
        mesh: The surface at rest.
        origins: (B, 3) of the bones.
        axes: (B, 3, 3) of the bones.
        curl: (N,) 0 for an open hand, 1 for a fist, for each vertex.
    """
    first, second = mesh.bones.T
    local = mesh.vertices + curl[:, None] * mesh.closed
    a = origins[first] + np.einsum("nij,nj->ni", axes[first], local)
    mixed = np.flatnonzero(mesh.weight < 1)
    other = origins[second[mixed]] + np.einsum("nij,nj->ni", axes[second[mixed]], mesh.second[mixed])
    w = mesh.weight[mixed, None]
    a[mixed] = w * a[mixed] + (1 - w) * other
    return Faces(a[mesh.faces], mesh.colour, mesh.gloss, mesh.nearer, mesh.flat)


def paint(image: Image, camera: Camera, light: Light, groups: list[Faces]) -> None:
    """Draw the faces of all groups, far ones first, into an RGB image in place."""
    corners = np.concatenate([g.corners for g in groups])
    colour = np.concatenate([g.colour for g in groups])
    gloss, nearer, flat = (
        np.concatenate([getattr(g, name) for g in groups]) for name in ("gloss", "nearer", "flat")
    )
    px, depth = camera.project(corners)
    seen = np.flatnonzero(_facing(px) & (depth.min(axis=1) > 0.1))
    if len(seen) == 0:
        return
    px, corners = px[seen], corners[seen]
    shade = _lit(corners, camera, light, colour[seen], gloss[seen], flat[seen])
    order = np.argsort(nearer[seen] - depth[seen].mean(axis=1))
    _fill(image, px[order], shade[order])


def _facing(px: Array) -> NDArray[np.bool_]:
    """(F,): whether faces (F, 4, 2) turn their outside to the camera."""
    a, b = px[:, 2] - px[:, 0], px[:, 3] - px[:, 1]
    return np.asarray(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] > 0)


def _lit(corners: Array, camera: Camera, light: Light, colour: Array, gloss: Array, flat: Array) -> Array:
    """Colours (F, 3) under the light, as the camera sees them."""
    normal = unit(np.cross(corners[:, 3] - corners[:, 1], corners[:, 2] - corners[:, 0]))
    eye = unit(camera.position - corners.mean(axis=1))
    lamp = normal @ light.direction
    # Half-Lambert: soft into the shadow side, as cloth and skin are.
    direct = (0.5 + 0.5 * lamp) ** 1.6
    sky = 0.5 + 0.5 * normal[:, 1]
    rim = np.clip((normal * eye).sum(-1), 0, 1)
    soft = light.ambient * (0.62 + 0.38 * sky) * (0.86 + 0.14 * rim)
    share = soft[:, None] + (1.12 - light.ambient) * direct[:, None] * light.colour
    share = share * (0.80 + 0.20 * np.sqrt(rim))[:, None]
    share = (1 - flat[:, None]) * share + flat[:, None] * (0.35 + 0.6 * light.ambient)
    half = unit(eye + light.direction)
    shine = np.clip((normal * half).sum(-1), 0, 1) ** 24
    back = np.clip(1 - rim, 0, 1) ** 3 * np.clip(sky - 0.2, 0, 1)
    return np.asarray(np.clip(colour * share + (110 * gloss * shine + 16 * back)[:, None], 0, 255))


def _fill(image: Image, px: Array, shade: Array) -> None:
    """Fill polygons (F, 4, 2) in order, with smooth edges, in place."""
    h, w = image.shape[:2]
    low = np.clip(np.floor(px.min(axis=(0, 1))) - 2, 0, [w, h]).astype(int)
    high = np.clip(np.ceil(px.max(axis=(0, 1))) + 3, 0, [w, h]).astype(int)
    if (high <= low).any():
        return
    (x0, y0), (x1, y1) = low, high
    window = image[y0:y1, x0:x1]
    size = ((x1 - x0) * _FINER, (y1 - y0) * _FINER)
    fine = cv2.resize(window, size, interpolation=cv2.INTER_NEAREST)
    scaled = (px - low) * _FINER - 0.5
    points = np.round(scaled * 2**_SUBPIXEL_BITS).astype(np.int32)
    colours = shade.tolist()
    for polygon, colour in zip(points, colours, strict=True):
        cv2.fillConvexPoly(fine, polygon, colour, cv2.LINE_8, _SUBPIXEL_BITS)
    drawn = np.asarray(cv2.resize(fine, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA), np.uint8)
    _smooth(window, drawn, max(5, round(7 * h / 480) | 1))


def _smooth(window: Image, drawn: Image, size_px: int) -> None:
    """Put a drawing over what it was drawn on, the steps between its faces evened out, in place.

    Neighbouring faces differ little in colour, edges of things much: a bilateral filter
    (Tomasi and Manduchi, 1998) tells them apart.
    """
    even = cv2.bilateralFilter(drawn, size_px, _EVEN_LEVELS, 0.57 * size_px)
    changed = (drawn != window).any(axis=2)
    np.copyto(window, even, where=changed[..., None])


def cast_shadow(image: Image, camera: Camera, light: Light, bones: list[tuple[Array, Array, float]]) -> None:
    """Darken the floor under bodies, in place.

    Args:
        image: RGB.
        camera: Sees it.
        light: Shadows fall away from it.
        bones: (start (3,), end (3,), radius in metres) of every limb.
    """
    coarse = 4
    h, w = image.shape[0] // coarse + 1, image.shape[1] // coarse + 1
    mask = np.zeros((h, w), np.float32)
    ends = np.array([[start, end] for start, end, _ in bones])
    radius = np.array([r for _, _, r in bones])
    slope = light.direction[[0, 2]] / max(float(light.direction[1]), 0.35)
    high = np.maximum(ends[..., 1], 0.0)
    ends[..., [0, 2]] -= 0.5 * slope * high[..., None]
    ends[..., 1] = 0.0
    px, depth = camera.project(ends)
    mean = high.mean(axis=1)
    dark = 0.58 * np.exp(-1.3 * mean)
    thick = 2 * radius * camera.focal_px / depth.mean(axis=1) / coarse * (1 + 0.5 * mean)
    points = np.clip(px / coarse, -2000, 2000).astype(int).tolist()
    # Darker ones later: shadows of limbs run into one another and do not add up to black.
    for i in np.argsort(dark):
        a, b = points[i]
        cv2.line(mask, a, b, float(dark[i]), max(1, int(thick[i])), cv2.LINE_AA)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.2, 0.012 * h))
    full = cv2.resize(mask, (w * coarse, h * coarse), interpolation=cv2.INTER_LINEAR)
    rows = np.flatnonzero(full.max(axis=1) > 0.01)
    if len(rows) == 0:
        return
    top, bottom = rows[0], min(rows[-1] + 1, image.shape[0])
    band = image[top:bottom]
    keep = 1 - full[top:bottom, : image.shape[1], None]
    band[:] = (band * keep).astype(np.uint8)

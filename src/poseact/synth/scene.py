"""Draws the frames of a clip: backdrop, shadows, furniture and actors, noise and caption."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseact.synth.backdrop import paint_backdrop
from poseact.synth.figure import actor_mesh
from poseact.synth.furniture import seat_faces
from poseact.synth.mesh import Mesh
from poseact.synth.raster import Faces, Image, Light, cast_shadow, paint, posed
from poseact.synth.rig import BONE_INDEX, Rig, rig_of
from poseact.synth.rotation import Array, unit
from poseact.synth.wardrobe import Outfit, random_outfit

if TYPE_CHECKING:
    from poseact.synth.clip import Look

CAPTION = "synthetic"
# Limbs that throw a shadow: from, to, radius in metres.
_SHADOWED = (
    *((f"{s}_shoulder", f"{s}_elbow", 0.045) for s in ("left", "right")),
    *((f"{s}_elbow", f"{s}_wrist", 0.04) for s in ("left", "right")),
    *((f"{s}_hip", f"{s}_knee", 0.075) for s in ("left", "right")),
    *((f"{s}_knee", f"{s}_ankle", 0.055) for s in ("left", "right")),
    *((f"{s}_ankle", f"{s}_toe", 0.055) for s in ("left", "right")),
    ("pelvis", "ribs", 0.13),
    ("ribs", "neck", 0.15),
    ("neck", "head", 0.09),
)


class Scene:
    """Everything that stays the same from frame to frame, drawn or built once."""

    def __init__(self, look: "Look") -> None:
        self.look = look
        rng = np.random.default_rng(look.seed)
        places = np.concatenate([p for j in look.joints for p in j.points.values()])
        self.light = _random_light(rng)
        self.backdrop = paint_backdrop(look.camera, rng, places.min(axis=0), places.max(axis=0))
        mean = _behind(self.backdrop)
        self.meshes: list[Mesh] = []
        self.rigs: list[Rig] = []
        outfits: list[Outfit] = []
        for body, joints in zip(look.bodies, look.joints, strict=True):
            if not (outfits and look.alike):
                outfits.append(random_outfit(rng, mean, female=body.bust > 0))
            self.meshes.append(actor_mesh(body, outfits[-1]))
            self.rigs.append(rig_of(joints))
        self.curls = [_curl_vertices(mesh) for mesh in self.meshes]
        self.seats: list[Faces] = [
            seat_faces(seat, body.scale, rng)
            for seat, body in zip(look.seats, look.bodies, strict=True)
            if seat is not None
        ]
        # One sheet of noise, seen at another place in every frame: as good and much faster.
        h, w = self.backdrop.shape[:2]
        self.grain = np.clip(rng.normal(0, look.noise, (h + 64, w + 64, 1)) + 128, 0, 255).astype(np.uint8)

    def draw(self, index: int) -> Image:
        """The picture at one index of time, (H, W, 3) RGB."""
        image = self.backdrop.copy()
        cast_shadow(image, self.look.camera, self.light, self._shadows(index))
        groups = list(self.seats)
        for mesh, rig, hands in zip(self.meshes, self.rigs, self.curls, strict=True):
            curl = np.append(rig.curl[index], 0.0)[hands]
            groups.append(posed(mesh, rig.origins[index], rig.axes[index], curl))
        paint(image, self.look.camera, self.light, groups)
        if self.look.noise > 0:
            image = self._noisy(image, index)
        if self.look.caption:
            _write_caption(image)
        return image

    def _shadows(self, index: int) -> list[tuple[Array, Array, float]]:
        rows = []
        for body, joints in zip(self.look.bodies, self.look.joints, strict=True):
            for a, b, radius in _SHADOWED:
                rows.append((joints.points[a][index], joints.points[b][index], radius * body.scale))
        for seat in self.seats:
            low, high = seat.corners.min(axis=(0, 1)), seat.corners.max(axis=(0, 1))
            mid = (low + high) / 2 * np.array([1, 0.0, 1])
            aside = np.array([0.1, 0.0, 0.0])
            rows.append((mid - aside, mid + aside, 0.15))
        return rows

    def _noisy(self, image: Image, index: int) -> Image:
        rng = np.random.default_rng((self.look.seed, index))
        dy, dx = rng.integers(0, 64, 2)
        h, w = image.shape[:2]
        grain = cv2.merge([self.grain[dy : dy + h, dx : dx + w]] * 3)
        return np.asarray(cv2.addWeighted(image, 1.0, grain, 1.0, -128.0), np.uint8)


def _curl_vertices(mesh: Mesh) -> Array:
    """Which entry of (left curl, right curl, 0) holds for each vertex, (N,)."""
    side = np.full(len(mesh.vertices), 2)
    for s, name in enumerate(("left_hand", "right_hand")):
        side[mesh.bones[:, 0] == BONE_INDEX[name]] = s
    return side


def _behind(image: Image) -> Array:
    """Mean colour of the middle of a picture, (3,)."""
    h, w = image.shape[:2]
    return np.asarray(image[h // 6 : 5 * h // 6, w // 4 : 3 * w // 4].reshape(-1, 3).mean(axis=0), np.float64)


def _random_light(rng: np.random.Generator) -> Light:
    direction = unit([rng.uniform(-0.8, 0.8), rng.uniform(0.7, 1.1), rng.uniform(0.35, 1.0)])
    warm = rng.uniform(-0.04, 0.06)
    colour = np.array([1 + warm, 1.0, 1 - warm])
    return Light(direction, colour * rng.uniform(0.92, 1.05), float(rng.uniform(0.42, 0.58)))


def _write_caption(image: Image) -> None:
    h, w = image.shape[:2]
    size = max(0.32, h / 480 * 0.38)
    (wide, high), _ = cv2.getTextSize(CAPTION, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    at = (w - wide - 8, h - 8)
    # Light or dark, whichever can be read.
    corner = image[max(0, h - high - 12) :, max(0, w - wide - 12) :]
    tone = 40 if corner.mean() > 120 else 215
    cv2.putText(image, CAPTION, at, cv2.FONT_HERSHEY_SIMPLEX, size, (tone, tone, tone), 1, cv2.LINE_AA)

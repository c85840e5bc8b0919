"""Heads of people on black whose layout has only a face: a disc about it, and a neck."""

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.render.colours import BLACK, Colour, Image, mix
from poseact.render.people import bones_of
from poseact.sequence import PoseSequence

# Radius of a head in widths of shoulders, which are seen whole only from the front or the back.
_RADIUS, _FRONTAL = 0.32, 80
_LEAST_JOINTS = 3
_LINE = 0.45
_SHIFT = 4


class Heads:
    """Draws the heads of the people of one clip.

    Args:
        poses: In pixels of the picture that is drawn into.
    """

    def __init__(self, poses: PoseSequence) -> None:
        layout = poses.layout
        face = bones_of(layout).head
        has_head = any(name in layout for name in ("head", "head_top"))
        shoulders = [name for name in ("left_shoulder", "right_shoulder") if name in layout]
        self._face = face if not has_head and len(face) >= _LEAST_JOINTS and len(shoulders) == 2 else face[:0]
        self._shoulders = layout.indices(shoulders)
        self._radii = [self._radius(points) for points in poses.keypoints[..., :2]]

    def _radius(self, points: NDArray[np.float32]) -> float:
        """Of one person's head, from their joints (T, V, 2)."""
        if not len(self._face):
            return 0.0
        a, b = (points[:, joint] for joint in self._shoulders)
        widths = np.linalg.norm(a - b, axis=-1)
        widths = widths[np.isfinite(widths)]
        return _RADIUS * float(np.percentile(widths, _FRONTAL)) if len(widths) else 0.0

    def draw(
        self, area: Image, person: int, points_xy: NDArray[np.float32], colour: Colour, width_px: float
    ) -> None:
        """Draw one person's head in one frame.

        Args:
            area: (H, W, 3) uint8.
            person: Row of the person.
            points_xy: (V, 2) pixels, NaN = missing.
            colour: The person's.
            width_px: Of arms and legs.
        """
        face = points_xy[self._face]
        face = face[np.isfinite(face).all(axis=1)]
        radius = self._radii[person]
        if not len(face) or radius < 1:
            return
        at, line = face.mean(axis=0), max(round(_LINE * width_px), 1)
        shoulders = points_xy[self._shoulders]
        if np.isfinite(shoulders).all():
            upper, lower = _fixed(np.stack([at, shoulders.mean(axis=0)])).tolist()
            cv2.line(area, upper, lower, colour, line, cv2.LINE_AA, _SHIFT)
        size = round(radius * (1 << _SHIFT))
        cv2.circle(area, _fixed(at).tolist(), size, mix(colour, BLACK, 0.65), -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(area, _fixed(at).tolist(), size, colour, line, cv2.LINE_AA, _SHIFT)


def _fixed(points: NDArray[np.float32]) -> NDArray[np.int32]:
    return np.rint(np.clip(points, -30_000, 30_000) * (1 << _SHIFT)).astype(np.int32)

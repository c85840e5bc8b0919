"""Heads of people on black whose layout has only a face: a disc about it, and a neck."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.render.colours import BLACK, Colour, Image, mix
from poseact.render.people import bones_of
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout

# Radius of a head in widths of shoulders, which are seen whole only from the front or the back.
HEAD_SHARE, _FRONTAL = 0.32, 80
_LEAST_JOINTS = 3
_LINE = 0.45
_SHIFT = 4


class Heads:
    """Draws the heads of the people of one clip.

    Args:
        poses: In pixels of the picture that is drawn into.
    """

    def __init__(self, poses: PoseSequence) -> None:
        self._face = face_only(poses.layout)
        shoulders = [name for name in ("left_shoulder", "right_shoulder") if name in poses.layout]
        self._shoulders = poses.layout.indices(shoulders)
        self._radii = [self._radius(points) for points in poses.keypoints[..., :2]]

    def _radius(self, points: NDArray[np.float32]) -> float:
        """Of one person's head, from their joints (T, V, 2)."""
        if not len(self._face) or len(self._shoulders) < 2:
            return 0.0
        a, b = (points[:, joint] for joint in self._shoulders)
        widths = np.linalg.norm(a - b, axis=-1)
        widths = widths[np.isfinite(widths)]
        return HEAD_SHARE * float(np.percentile(widths, _FRONTAL)) if len(widths) else 0.0

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
        draw_head(area, face.mean(axis=0), radius, points_xy[self._shoulders], colour, width_px)


def face_only(layout: SkeletonLayout) -> NDArray[np.intp]:
    """The joints of the face of a layout that has no head; none where it has one, or hardly a face."""
    face = bones_of(layout).head
    has_head = any(name in layout for name in ("head", "head_top"))
    return face[:0] if has_head or len(face) < _LEAST_JOINTS else face


def draw_head(
    area: Image, at: NDArray[Any], radius: float, shoulders: NDArray[Any], colour: Colour, width_px: float
) -> None:
    """A disc with a rim, and a neck down to the middle of the shoulders (2, 2), where both are seen."""
    line = max(round(_LINE * width_px), 1)
    if len(shoulders) and np.isfinite(shoulders).all():
        upper, lower = _fixed(np.stack([at, shoulders.mean(axis=0)])).tolist()
        cv2.line(area, upper, lower, colour, line, cv2.LINE_AA, _SHIFT)
    size = round(radius * (1 << _SHIFT))
    cv2.circle(area, _fixed(at).tolist(), size, mix(colour, BLACK, 0.65), -1, cv2.LINE_AA, _SHIFT)
    cv2.circle(area, _fixed(at).tolist(), size, colour, line, cv2.LINE_AA, _SHIFT)


def _fixed(points: NDArray[Any]) -> NDArray[np.int32]:
    return np.asarray(np.rint(np.clip(points, -30_000, 30_000) * (1 << _SHIFT)), np.int32)

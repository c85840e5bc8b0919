"""Turned square regions of a picture: what the landmark network looks at.

Source of the geometry: MediaPipe's pose graphs (Apache-2.0), calculators
AlignmentPointsRectsCalculator and RectTransformationCalculator, re-made here from their description.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# The square is this much larger than the circle through the second alignment point.
REGION_SCALE = 1.25
# Two regions are of one person when the middles are this near, in sides of the smaller one.
_SAME_MIDDLE = 0.25
# ... unless they are turned or sized so differently that one of the two is wrong.
OTHER_TURN_RAD = 0.6
_OTHER_SIZE = 1.4


@dataclass(frozen=True)
class Region:
    """A square around a person, turned so that the body stands upright in it.

    Attributes:
        center_xy: Its middle in pixels: the middle of the hips.
        size_px: Length of a side.
        rotation_rad: How far the body leans, clockwise on the picture; 0 = upright.
    """

    center_xy: tuple[float, float]
    size_px: float
    rotation_rad: float

    @classmethod
    def from_points(cls, center_xy: NDArray[np.float64], scale_xy: NDArray[np.float64]) -> "Region":
        """The region around a centre (2,), sized and turned by a second point (2,) above the head."""
        dx, dy = (float(d) for d in scale_xy - center_xy)
        return cls(
            center_xy=(float(center_xy[0]), float(center_xy[1])),
            size_px=2 * math.hypot(dx, dy) * REGION_SCALE,
            rotation_rad=math.pi / 2 - math.atan2(-dy, dx),
        )

    @property
    def is_usable(self) -> bool:
        """Whether a crop can be taken: finite, and neither a point nor absurdly large."""
        return all(map(math.isfinite, self.center_xy)) and 1 <= self.size_px <= 1e5

    def crop(self, image: NDArray[np.uint8], side: int, *, border: int) -> NDArray[np.uint8]:
        """The region as an upright (side, side, 3) picture.

        border: What stands beyond the frame: cv2.BORDER_REPLICATE (its edge) or
            cv2.BORDER_CONSTANT (black).
        """
        k = side / self.size_px
        cos, sin = math.cos(self.rotation_rad) * k, math.sin(self.rotation_rad) * k
        cx, cy = self.center_xy
        # No half-pixel offset, as in MediaPipe: with one, landmarks are off by about a pixel.
        matrix = np.array(
            [[cos, sin, side / 2 - cos * cx - sin * cy], [-sin, cos, side / 2 + sin * cx - cos * cy]]
        )
        crop = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(crop, np.uint8)

    def to_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (..., 2) from the crop, 0 to 1, to pixels of the picture."""
        moved = turned(points - 0.5, self.rotation_rad) * self.size_px + np.array(self.center_xy)
        return np.asarray(moved, np.float64)


def turned(points: NDArray[np.float64], angle_rad: float) -> NDArray[np.float64]:
    """Points (..., 2) turned clockwise on the picture around (0, 0)."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]), np.float64)


def turn_between(a: Region, b: Region) -> float:
    """Angle between two bodies, 0 to pi."""
    return abs(math.remainder(a.rotation_rad - b.rotation_rad, 2 * math.pi))


def size_ratio(a: Region, b: Region) -> float:
    """The longer side over the shorter one; both regions are usable."""
    return max(a.size_px, b.size_px) / min(a.size_px, b.size_px)


def are_near(a: Region, b: Region, reach: float = _SAME_MIDDLE) -> bool:
    """Whether the middles are within `reach` sides of the smaller region."""
    return math.dist(a.center_xy, b.center_xy) < reach * min(a.size_px, b.size_px)


def is_alike(a: Region, b: Region) -> bool:
    """Whether two regions are of about one size and one lean."""
    return size_ratio(a, b) < _OTHER_SIZE and turn_between(a, b) < OTHER_TURN_RAD


def is_same_place(a: Region, b: Region) -> bool:
    """Whether two regions are of one person."""
    return are_near(a, b) and is_alike(a, b)

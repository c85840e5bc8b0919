"""The camera: where it stands, what it sees, and how it is placed so that everybody is in view."""

from dataclasses import dataclass

import numpy as np

from poseact.synth.rotation import Array


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    The room's axes: x to the right as the camera sees it, y up, z towards the camera; the
    floor is y = 0.

    Attributes:
        position: (3,) metres in the room.
        axes: (3, 3) rows right, down, away in the room.
        focal_px: Focal length.
        size_wh: Pixels.
    """

    position: Array
    axes: Array
    focal_px: float
    size_wh: tuple[int, int]

    def view(self, points: Array) -> Array:
        """Room points (..., 3) in camera axes: x right, y down, z away, metres."""
        return np.asarray((points - self.position) @ self.axes.T)

    def project(self, points: Array) -> tuple[Array, Array]:
        """Room points (..., 3) to pixels (..., 2) and distance along the view (...)."""
        seen = self.view(points)
        depth = np.maximum(seen[..., 2], 0.05)
        centre = np.array(self.size_wh) / 2
        return seen[..., :2] / depth[..., None] * self.focal_px + centre, depth


def camera_at(
    target: Array, distance_m: float, pitch_rad: float, focal_px: float, size_wh: tuple[int, int]
) -> Camera:
    """Looking at a point from a distance, from above by the pitch."""
    c, s = np.cos(pitch_rad), np.sin(pitch_rad)
    away = np.array([0.0, -s, -c])
    axes = np.stack([np.array([1.0, 0, 0]), np.array([0.0, -c, s]), away])
    return Camera(target - distance_m * away, axes, focal_px, size_wh)


def fitted_camera(
    points: Array,
    size_wh: tuple[int, int],
    *,
    pitch_rad: float,
    focal_px: float,
    fill: float,
    distance_m: float | None = None,
) -> Camera:
    """So near that the points (N, 3) fill the picture up to a share, and in its middle.

    Args:
        points: Everything that must be in view.
        size_wh: Pixels.
        pitch_rad: From how far above the camera looks down.
        focal_px: Focal length.
        fill: Share of width or height that the points may take.
        distance_m: From the middle of the points; by default as near as `fill` allows.
    """
    size = np.array(size_wh, np.float64)
    target = (points.min(axis=0) + points.max(axis=0)) / 2
    far = distance_m if distance_m is not None else 3.0
    for _ in range(12):
        camera = camera_at(target, far, pitch_rad, focal_px, size_wh)
        px, depth = camera.project(points)
        low, high = px.min(axis=0), px.max(axis=0)
        aside = ((low + high) / 2 - size / 2) / focal_px * float(depth.mean())
        target = target + aside[0] * camera.axes[0] + aside[1] * camera.axes[1]
        if distance_m is None:
            far = float(np.clip(far * ((high - low) / (fill * size)).max() ** 0.8, 1.2, 40.0))
    return camera_at(target, far, pitch_rad, focal_px, size_wh)

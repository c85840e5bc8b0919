"""BlazePose's landmark network: 33 joints in pixels and metres from a region around one person.

Source: Bazarevsky et al., 2020; Grishchenko et al., BlazePose GHUM Holistic, 2022; parameters of
MediaPipe's graphs pose_landmark_by_roi and tensors_to_pose_landmarks_and_segmentation (Apache-2.0).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.pose.litert import LiteRtNetwork, sigmoid
from poseact.pose.regions import Region, turned

NUM_JOINTS = 33
# 33 joints, then two that give the next frame's region, then four that nobody uses.
_NUM_POINTS = 39
_POINTS_SIZE, _WORLD_SIZE, _SCORE_SIZE = _NUM_POINTS * 5, _NUM_POINTS * 3, 1
_SIDE = 256
_MAP_SIDE = 64
_HEATMAPS_SIZE = _MAP_SIDE * _MAP_SIDE * _NUM_POINTS
_PATCH_RADIUS = 3
# A heatmap moves its joint only where it is this sure of it.
_MIN_HEAT = 0.5


@dataclass(frozen=True)
class Landmarks:
    """What the network says of one person.

    Attributes:
        score: Probability that there is a person in the region.
        points_px: (39, 2) pixels: 33 joints, middle of the hips, a point above the head, 4 unused.
        visibility: (33,) probability that a joint is in the frame and not hidden.
        presence: (33,) probability that a joint is in the frame.
        world_m: (33, 3) metres around the middle of the hips: x right, y down, z away.
    """

    score: float
    points_px: NDArray[np.float64]
    visibility: NDArray[np.float64]
    presence: NDArray[np.float64]
    world_m: NDArray[np.float64]

    @property
    def joints_px(self) -> NDArray[np.float64]:
        """(33, 2) pixels."""
        return self.points_px[:NUM_JOINTS]

    @property
    def mean_visibility(self) -> float:
        """Mean over the joints."""
        return float(self.visibility.mean())

    def next_region(self) -> Region:
        """Where this person should be looked for in the next frame."""
        return Region.from_points(self.points_px[33], self.points_px[34])

    def moved_to(self, points_px: NDArray[np.float64], world_m: NDArray[np.float64]) -> "Landmarks":
        """The same person with other (smoothed) coordinates."""
        return replace(self, points_px=points_px, world_m=world_m)


class LandmarkNetwork:
    """The landmark network with its decoding.

    Args:
        content: Bytes of pose_landmark_full.tflite (lite and heavy have the same form).

    Raises:
        WeightsError: If the bytes are not such a model.
    """

    def __init__(self, content: bytes) -> None:
        sizes = (_SCORE_SIZE, _POINTS_SIZE, _WORLD_SIZE, _HEATMAPS_SIZE)
        self._network = LiteRtNetwork(content, "pose landmarks", _SIDE, sizes)

    def find(self, image: NDArray[np.uint8], region: Region) -> Landmarks:
        """The person in a region of an RGB image (H, W, 3). Look at `score` before believing it."""
        crop = np.asarray(region.crop(image, _SIDE, border=cv2.BORDER_REPLICATE), np.float32) * np.float32(
            1 / 255
        )
        outputs = self._network.run(crop)
        raw = outputs[_POINTS_SIZE].reshape(_NUM_POINTS, 5).astype(np.float64)
        heatmaps = outputs[_HEATMAPS_SIZE].reshape(_MAP_SIDE, _MAP_SIDE, _NUM_POINTS)
        points = _refined(raw[:, :2] / _SIDE, heatmaps)
        world = outputs[_WORLD_SIZE].reshape(_NUM_POINTS, 3)[:NUM_JOINTS].astype(np.float64)
        world[:, :2] = turned(world[:, :2], region.rotation_rad)
        return Landmarks(
            score=float(outputs[_SCORE_SIZE].reshape(())),
            points_px=region.to_picture(points),
            visibility=sigmoid(raw[:NUM_JOINTS, 3]),
            presence=sigmoid(raw[:NUM_JOINTS, 4]),
            world_m=world,
        )


def _refined(points: NDArray[np.float64], heatmaps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Points (39, 2), 0 to 1, moved to the middle of the heat in a 7 x 7 patch around them.

    heatmaps: (64, 64, 39) logits. A point outside the crop, or without heat, stays.
    """
    cells = (points * _MAP_SIDE).astype(np.intp)
    inside = ((cells >= 0) & (cells < _MAP_SIDE)).all(axis=1)
    reach = np.arange(-_PATCH_RADIUS, _PATCH_RADIUS + 1)
    x, y = cells[:, :1] + reach, cells[:, 1:] + reach  # (39, 7) each
    legal = ((y >= 0) & (y < _MAP_SIDE))[:, :, None] & ((x >= 0) & (x < _MAP_SIDE))[:, None, :]
    rows, columns = y.clip(0, _MAP_SIDE - 1)[:, :, None], x.clip(0, _MAP_SIDE - 1)[:, None, :]
    logits = heatmaps[rows, columns, np.arange(_NUM_POINTS)[:, None, None]]
    heat = np.where(legal, sigmoid(logits), 0.0)  # (39, 7, 7)
    total = heat.sum(axis=(1, 2))
    mean_x = (heat.sum(axis=1) * x).sum(axis=1) / np.maximum(total, 1e-9)
    mean_y = (heat.sum(axis=2) * y).sum(axis=1) / np.maximum(total, 1e-9)
    moves = inside & (heat.max(axis=(1, 2)) >= _MIN_HEAT)
    return np.where(moves[:, None], np.stack([mean_x, mean_y], axis=1) / _MAP_SIDE, points)

"""BlazePose's person detector: boxes, and the two points that say where the body is and how it leans.

Source: Bazarevsky et al., BlazePose: On-device Real-time Body Pose Tracking, 2020, and the
parameters of MediaPipe's graph pose_detection_cpu.pbtxt (Apache-2.0).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.pose.litert import LiteRtNetwork, sigmoid
from poseact.pose.regions import Region

_SIDE = 224
# Cells of 8, 16 and 32 pixels; the coarsest grid comes with three pairs of anchors.
_ANCHORS_PER_CELL = {8: 2, 16: 2, 32: 6}
_NUM_ANCHORS = sum((_SIDE // stride) ** 2 * count for stride, count in _ANCHORS_PER_CELL.items())
# Per anchor: middle x, y, width, height, then four points x, y.
_VALUES = 12


@dataclass(frozen=True)
class Detections:
    """N people found, the surest first.

    Attributes:
        scores: (N,) from 0 to 1.
        points: (N, 4, 2) pixels: middle of the hips, a point above the head on the circle around
            the whole body, then the same two for the upper body (not used).
    """

    scores: NDArray[np.float64]
    points: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)

    def region(self, i: int) -> Region:
        """The square around the whole body of person i."""
        return Region.from_points(self.points[i, 0], self.points[i, 1])


class PersonDetector:
    """The detector network with its decoding.

    Args:
        content: Bytes of pose_detection.tflite.

    Raises:
        WeightsError: If the bytes are not that model.
    """

    def __init__(self, content: bytes) -> None:
        sizes = (_NUM_ANCHORS, _NUM_ANCHORS * _VALUES)
        self._network = LiteRtNetwork(content, "person detector", _SIDE, sizes)

    def detect(self, image: NDArray[np.uint8], window: Region, *, min_score: float = 0.5) -> Detections:
        """People in a window of an RGB image (H, W, 3).

        The detector sees its window at 224 x 224, so small people are found only in small windows,
        and lying ones better in turned windows.
        """
        crop = window.crop(image, _SIDE, border=cv2.BORDER_CONSTANT)
        outputs = self._network.run(np.asarray(crop, np.float32) * np.float32(1 / 127.5) - np.float32(1))
        logits = outputs[_NUM_ANCHORS].reshape(-1)
        keep = logits > -math.log(1 / min_score - 1)
        values = outputs[_NUM_ANCHORS * _VALUES].reshape(-1, _VALUES)[keep].astype(np.float64)
        boxes, points = _decode(values, _ANCHORS[keep])
        scores, points = merged(sigmoid(logits[keep]), boxes, points, max_overlap=0.3)
        return Detections(scores, window.to_picture(points))


def merged(
    scores: NDArray[np.float64], boxes: NDArray[np.float64], points: NDArray[np.float64], max_overlap: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores (G,) and points (G, 4, 2) of groups of overlapping detections, the surest first.

    A group is everything that overlaps its surest member; its points are the members' mean,
    weighted by score. Given are scores (N,), boxes (N, 4) x0, y0, x1, y1 and points (N, 4, 2).
    """
    best, means = [], []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        group = _overlap(boxes[left[0]], boxes[left]) > max_overlap
        group[0] = True
        members = left[group]
        best.append(scores[members[0]])
        means.append(np.average(points[members], axis=0, weights=scores[members]))
        left = left[~group]
    return np.array(best), np.array(means).reshape(-1, 4, 2)


def _anchors() -> NDArray[np.float64]:
    """Middles of the anchors (A, 2), x and y from 0 to 1, grid by grid, row by row."""
    grids = []
    for stride, count in _ANCHORS_PER_CELL.items():
        middles = (np.arange(_SIDE // stride) + 0.5) / (_SIDE // stride)
        y, x = np.meshgrid(middles, middles, indexing="ij")
        grids.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), count, axis=0))
    return np.concatenate(grids)


_ANCHORS = _anchors()


def _decode(
    values: NDArray[np.float64], anchors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Boxes (N, 4) and points (N, 4, 2), 0 to 1 of the input, from raw values (N, 12)."""
    values = values / _SIDE
    middle, half_wh = values[:, :2] + anchors, values[:, 2:4] / 2
    points = values[:, 4:].reshape(-1, 4, 2) + anchors[:, None]
    return np.concatenate([middle - half_wh, middle + half_wh], axis=1), points


def _overlap(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of one box (4,) with others (N, 4) -> (N,)."""
    wh = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.maximum(wh, 0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(shared / (np.prod(box[2:] - box[:2]) + areas - shared + 1e-9), np.float64)

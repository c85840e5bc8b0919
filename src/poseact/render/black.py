"""Poses without a video: fitted to a picture of their own, to be drawn on black."""

from dataclasses import replace

import numpy as np

from poseact.sequence import PoseSequence

_SHORT_SIDE_PX = 480
_NARROWEST, _WIDEST = 9 / 16, 16 / 9
# The share of the picture that the skeletons may fill; tags need room above them.
_FILLED = 0.74
_EMPTY_WH = (640, 480)


def on_black(poses: PoseSequence, *, short_side_px: int = _SHORT_SIDE_PX) -> PoseSequence:
    """The same people in pixels of a picture that is just large enough for all they do.

    Works from any units: of metres, x and y are taken (a view from the front). Give the answer
    to `Overlay` and draw with `Overlay.draw_on_black`.

    Args:
        poses: (M, T, V, 2 or 3) in any units.
        short_side_px: The shorter side of the picture; the longer follows from the poses.

    Returns:
        Poses (M, T, V, 2) in pixels, with `frame_size_wh` set.
    """
    points = poses.keypoints[..., :2].astype(np.float64)
    if poses.units == "normalized" and poses.frame_size_wh is not None:
        points = points * np.array(poses.frame_size_wh)
    known = points[np.isfinite(points).all(axis=-1)]
    if len(known) == 0:
        size_wh, placed = _EMPTY_WH, points
    else:
        # A few wild joints must not shrink everybody.
        low, high = np.percentile(known, (0.2, 99.8), axis=0)
        extent = np.maximum(high - low, 1e-6 * max(float(np.ptp(known)), 1e-6))
        aspect = float(np.clip(extent[0] / extent[1], _NARROWEST, _WIDEST))
        size = np.array([short_side_px * max(aspect, 1), short_side_px / min(aspect, 1)])
        size_wh = (2 * round(size[0] / 2), 2 * round(size[1] / 2))
        scale = float((np.array(size_wh) * _FILLED / extent).min())
        middle = np.array(size_wh) * (0.5, 0.54)
        placed = (points - (low + high) / 2) * scale + middle
    return replace(poses, keypoints=placed.astype(np.float32), units="px", frame_size_wh=size_wh)

"""A clip as a row of skeletons: what its action looks like at a glance, whatever its layout and units."""

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.render.colours import Image, track_colour
from poseact.render.people import bones_of, draw_skeleton
from poseact.render.text import draw_text, fit_text
from poseact.sequence import PoseSequence

_PAPER, _INK, _RULE = (255, 255, 255), (30, 34, 40), (216, 220, 226)
_MARGIN = 0.06
_SUPERSAMPLING = 2


def skeleton_tile(
    clip: Clip, caption: str, *, size_wh: tuple[int, int] = (480, 210), num_poses: int = 5
) -> Image:
    """Poses of a clip side by side, in the order of time, on white, with a line of text above.

    All are drawn at one scale, so that a jump stays a jump; sideways every pose stands in a place
    of its own. Of 3D poses the view from the front is drawn.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    width, height = (n * _SUPERSAMPLING for n in size_wh)
    tile = np.full((height, width, 3), _PAPER, np.uint8)
    font = max(round(0.1 * height), 12)
    sequence = clip.sequence
    frames = _frames_in_view(sequence, num_poses)
    if len(frames):
        area = np.array([_MARGIN * width / num_poses, 1.5 * font, width, height - 0.05 * height])
        _draw_poses(tile, sequence, frames, num_poses, area)
    room = width - 2 * font // 2
    draw_text(tile, fit_text(caption, room, font), (font // 2, round(0.75 * font)), font, _INK)
    return np.asarray(cv2.resize(tile, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _frames_in_view(sequence: PoseSequence, num_poses: int) -> NDArray[np.intp]:
    """Evenly spread frames among those with somebody in view."""
    seen = np.flatnonzero(sequence.present.any(axis=0))
    if len(seen) == 0:
        return seen
    return np.asarray(seen[np.linspace(0, len(seen) - 1, min(num_poses, len(seen))).round().astype(int)])


def _draw_poses(
    tile: Image,
    sequence: PoseSequence,
    frames: NDArray[np.intp],
    num_poses: int,
    area: NDArray[np.float64],
) -> None:
    """Draw the frames' people into `area`: left, top, right, bottom in pixels."""
    points = sequence.keypoints[:, frames, :, :2].astype(np.float64)
    if sequence.units == "normalized" and sequence.frame_size_wh is not None:
        points = points * np.array(sequence.frame_size_wh)
    low, high = _bounds(points)
    middle_x = (low[:, 0] + high[:, 0]) / 2
    slot = (area[2] - area[0]) / num_poses
    extent = max(float((high[:, 0] - low[:, 0]).max()), 1e-6), max(float(np.ptp([low, high])), 1e-6)
    top, bottom = float(low[:, 1].min()), float(high[:, 1].max())
    several = sequence.num_persons > 1
    if several:  # else one could not see who stands with whom
        for place in range(1, num_poses):
            x = round(area[0] + place * slot)
            tile[round(area[1]) :, x : x + 2] = _RULE
    scale = min(
        (0.8 if several else 0.92) * slot / extent[0],
        (area[3] - area[1]) / max(bottom - top, 1e-6 * extent[1]),
    )
    bones = bones_of(sequence.layout)
    thick = max((area[3] - area[1]) / 45, 2.0)
    for row in range(sequence.num_persons):
        for place, frame in enumerate(frames.tolist()):
            at = (points[row, place] - [middle_x[place], bottom]) * scale
            at += [area[0] + (place + 0.5) * slot, area[3]]
            sure = sequence.confidence[row, frame]
            draw_skeleton(tile, at.astype(np.float32), sure, bones, track_colour(row), thick)


def _bounds(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and most x, y over people and joints of each frame, (T, 2); wild joints are left out."""
    flat = points.transpose(1, 0, 2, 3).reshape(points.shape[1], -1, 2)
    middle = np.nanmedian(flat, axis=1, keepdims=True)
    far = np.abs(flat - middle)
    wild = far > 6 * np.nanmedian(far, axis=1, keepdims=True) + 1e-9
    kept = np.where(wild, np.nan, flat)
    return np.nanmin(kept, axis=1), np.nanmax(kept, axis=1)

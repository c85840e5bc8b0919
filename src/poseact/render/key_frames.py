"""The telling moments of a video, annotated and cut to the people."""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poseact.render.colours import Image
from poseact.render.overlay import Overlay, enlargement
from poseact.sequence import PoseSequence
from poseact.timeline import Segment, Timeline

# Cut pictures are not narrower and not wider than this.
_NARROWEST, _WIDEST = 0.75, 16 / 9
_FONT_SHARE = 1 / 19


def key_times(timeline: Timeline, count: int, poses: PoseSequence | None = None) -> list[float]:
    """Moments worth a picture, rising: one of the longest segment of each label first.

    It is the middle of the segment, or with `poses` the moment in its middle half at which the person is
    least as usual: low in a squat, arms up in a wave. Where there are fewer labels than moments
    wanted, further segments follow, then moments spread evenly over the recording. Moments too near one
    another are left out.
    """
    longest_first = sorted(timeline.segments, key=lambda s: s.start_s - s.end_s)
    seen: set[str] = set()
    new: list[float] = []
    again: list[float] = []
    for segment in longest_first:
        time_s = (segment.start_s + segment.end_s) / 2 if poses is None else _telling_time(poses, segment)
        (again if segment.label in seen else new).append(time_s)
        seen.add(segment.label)
    span = timeline.end_s - timeline.start_s
    spread = [timeline.start_s + span * (i + 0.5) / (4 * count) for i in range(4 * count)]
    chosen: list[float] = []
    for time_s in (*new, *again, *spread):
        if all(abs(time_s - other) >= span / (3 * count) for other in chosen) and len(chosen) < count:
            chosen.append(time_s)
    return sorted(chosen)


def _telling_time(poses: PoseSequence, segment: Segment) -> float:
    """When in the middle half of a segment its person's joints are farthest from where they mostly are."""
    middle = (segment.start_s + segment.end_s) / 2
    near = np.abs(poses.timestamps - middle) <= (segment.end_s - segment.start_s) / 4
    if segment.track_id not in poses.track_ids or not near.any():
        return middle
    points = poses.select_tracks([segment.track_id]).keypoints[0, ..., :2].astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of frames and joints without any number
        local = points - np.nanmean(points, axis=1, keepdims=True)
        usual = np.nanmedian(local, axis=0)
        unlike = np.nanmean(np.linalg.norm(local - usual, axis=-1), axis=1)
    unlike = np.where(near & np.isfinite(unlike), unlike, -1.0)
    return float(poses.timestamps[unlike.argmax()]) if unlike.max() >= 0 else middle


def key_frames(poses: PoseSequence, timeline: Timeline, frames: Sequence[tuple[Image, float]]) -> list[Image]:
    """Annotated frames, all cut to the same area: the one that holds everybody in them.

    Args:
        poses: In pixels or normalized; not in metres.
        timeline: The segments.
        frames: Pictures of one size, (H, W, 3) uint8 RGB, each with its time in seconds.

    Returns:
        Pictures of one size, with text large enough for a row of five.
    """
    if not frames:
        return []
    height, width = frames[0][0].shape[:2]
    in_px = poses.keypoints[..., :2]
    if poses.units == "normalized":
        in_px = in_px * np.array((width, height), np.float32)
    poses = replace(poses, keypoints=in_px, units="px", frame_size_wh=(width, height))
    left, top, right, bottom = _area_of_people(poses, [time_s for _, time_s in frames], (width, height))
    size_wh = (right - left, bottom - top)
    moved = replace(
        poses, keypoints=in_px - np.array((left, top), np.float32), frame_size_wh=size_wh, world_m=None
    )
    font_px = max(round(_FONT_SHARE * size_wh[0] * enlargement(size_wh)), 8)
    overlay = Overlay(moved, timeline, panel=False, font_px=font_px)
    return [overlay.draw(image[top:bottom, left:right], time_s) for image, time_s in frames]


def _area_of_people(
    poses: PoseSequence, times_s: Sequence[float], size_wh: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the part of the picture that holds everybody at these times."""
    if poses.num_frames == 0 or poses.num_persons == 0:
        return 0, 0, *size_wh
    index = [int(np.abs(poses.timestamps - time_s).argmin()) for time_s in times_s]
    boxes = poses.boxes()[:, index].reshape(-1, 4).astype(np.float64)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if len(boxes) == 0:
        return 0, 0, *size_wh
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    extent = high - low
    return _with_fair_shape(low - extent * (0.12, 0.35), high + extent * (0.12, 0.08), np.array(size_wh))


def _with_fair_shape(
    low: NDArray[np.float64], high: NDArray[np.float64], size_wh: NDArray[np.int_]
) -> tuple[int, int, int, int]:
    """The area grown to a fair shape, then moved and cut to lie inside the picture."""
    width, height = high - low
    grown = np.array((max(width, height * _NARROWEST), max(height, width / _WIDEST)))
    grown = np.clip(grown, 1, size_wh)
    start = np.clip((low + high - grown) / 2, 0, size_wh - grown)
    left, top = np.floor(start).astype(int).tolist()
    right, bottom = np.ceil(start + grown).clip(1, size_wh).astype(int).tolist()
    return left, top, right, bottom

"""The people of a clip as the camera saw them: over its video, or on black."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.render.black import on_black
from poseact.render.colours import Image, track_colour
from poseact.render.faces import Heads
from poseact.render.overlay import Overlay, enlargement
from poseact.render.people import bones_of, draw_skeleton
from poseact.sequence import PoseSequence
from poseact.timeline import Timeline
from poseact.video import open_source
from poseact.windows import square_pixels

# Poses of which fewer joints than this lie in a video's picture are not of it.
_LEAST_INSIDE = 0.5
# Nor are those that all lie on one spot of it: their unit is no pixel.
_LEAST_EXTENT_PX = 4.0
# `on_black` leaves room for tags over heads; without them people may be so much larger.
_CLOSER, _CENTER_Y = 1.2, 0.54
_TAG_SHARE, _LEAST_TAG_PX = 1 / 32, 10
# On black, height of the tallest picture against its width.
_TALLEST = 4 / 3


class FlatView:
    """Draws the people of one clip, each frame in place and at one scale."""

    def __init__(
        self,
        poses: PoseSequence,
        *,
        short_side_px: int = 480,
        video: Path | None = None,
        timeline: Timeline | None = None,
        cell_wh: tuple[int, int] | None = None,
    ) -> None:
        """Find everybody's place in the picture.

        Args:
            poses: Of any units; a video needs those that have a place in its picture.
            short_side_px: Shorter side of the picture.
            video: What the people are drawn over; None: black, fitted to what they do.
            timeline: Segments to be written beside the people.
            cell_wh: Size of the picture, if it is given.

        Raises:
            InvalidInputError: If the poses have no place in the video's picture.
            SourceError: If the video cannot be read.
        """
        if video is None:
            poses = on_black(poses, short_side_px=short_side_px)
        else:
            poses = over_video(poses, video, short_side_px)
        assert poses.frame_size_wh is not None  # both ways give one
        width, height = poses.frame_size_wh
        if cell_wh is None and video is None:
            height = min(height, 2 * round(short_side_px * _TALLEST / 2))
        self.size_wh = cell_wh or (width, height)
        poses = _in_cell(poses, poses.frame_size_wh, self.size_wh)
        if video is None and timeline is None:
            poses = _closer(poses, self.size_wh)
        self._poses = poses
        self._bones = bones_of(poses.layout)
        extent = poses.boxes()[..., 2:] - poses.boxes()[..., :2]
        sizes = np.hypot(extent[..., 0], extent[..., 1])
        # One width for a person and a clip: skeletons that pulsate look unsteady.
        widest = max(min(self.size_wh) / 90, 2.0)
        self._widths = [
            float(np.clip(np.nanmedian(size) / 80, 1.5, widest)) if np.isfinite(size).any() else 1.5
            for size in sizes
        ]
        self._heads = Heads(poses) if video is None else None  # in a video one sees the real ones
        self._tags = timeline and _tags(poses, timeline, self.size_wh)

    def joints_px(self, frame: int) -> NDArray[np.float32]:
        """(M, V, 2): the joints of a frame in the picture."""
        return self._poses.keypoints[:, frame, :, :2]

    def draw_into(self, area: Image, frame: int, time_s: float, image: Image | None = None) -> None:
        """Draw a frame.

        Args:
            area: (H, W, 3) uint8 of `size_wh`; what is there stays under the people, without an image.
            frame: Index of the frame.
            time_s: Its time, for what is written beside people.
            image: The video's frame, of any size.
        """
        if image is not None:
            area[:] = cv2.resize(image, self.size_wh, interpolation=_interpolation(image, self.size_wh))
        if self._heads is not None:
            self._draw_heads(self._heads, area, frame)
        if self._tags:
            drawn = self._tags.draw(area.copy(), time_s)
            area[:] = (
                drawn
                if drawn.shape == area.shape
                else cv2.resize(drawn, self.size_wh, interpolation=cv2.INTER_AREA)
            )
            return
        poses = self._poses
        for person in np.flatnonzero(poses.present[:, frame]).tolist():
            colour = track_colour(int(poses.track_ids[person]))
            points, sure = poses.keypoints[person, frame], poses.confidence[person, frame]
            draw_skeleton(area, points, sure, self._bones, colour, self._widths[person])

    def _draw_heads(self, heads: Heads, area: Image, frame: int) -> None:
        poses = self._poses
        for person in np.flatnonzero(poses.present[:, frame]).tolist():
            colour, points = track_colour(int(poses.track_ids[person])), poses.keypoints[person, frame, :, :2]
            heads.draw(area, person, points, colour, self._widths[person])


def _tags(poses: PoseSequence, timeline: Timeline, size_wh: tuple[int, int]) -> Overlay:
    """`Overlay` enlarges small pictures; its text must still be read when they are small again."""
    factor = enlargement(size_wh)
    font = max(round(factor * min(size_wh) * _TAG_SHARE), round(factor * _LEAST_TAG_PX))
    return Overlay(poses, timeline, panel=False, font_px=font)


def _interpolation(image: Image, size_wh: tuple[int, int]) -> int:
    return cv2.INTER_AREA if image.shape[1] > size_wh[0] else cv2.INTER_LINEAR


def over_video(poses: PoseSequence, video: Path, short_side_px: int) -> PoseSequence:
    """The poses in pixels of a video's picture, scaled so that its shorter side is as wanted.

    Raises:
        InvalidInputError: If they have no place in it.
        SourceError: If the video cannot be read.
    """
    with open_source(video) as source:
        found_wh = source.info.width, source.info.height
    if poses.units == "m":
        raise InvalidInputError("poses in metres have no place in a video's picture: leave out --video")
    if poses.units == "px" and poses.frame_size_wh not in (None, found_wh):
        raise InvalidInputError(
            f"{video}: expected the video of pictures of {poses.frame_size_wh} that the poses belong to, "
            f"found {found_wh}: is it another one?"
        )
    square = square_pixels(replace(poses, frame_size_wh=found_wh))
    points = square.keypoints[..., :2]
    known = points[np.isfinite(points).all(axis=-1)]
    if len(known):
        inside = ((known >= 0) & (known <= found_wh)).all(axis=-1).mean()
        if inside < _LEAST_INSIDE or float(np.ptp(known)) < _LEAST_EXTENT_PX:
            raise InvalidInputError(f"{video}: the poses do not lie in its picture: leave out --video")
    scale = short_side_px / min(found_wh)
    size_wh = 2 * round(found_wh[0] * scale / 2), 2 * round(found_wh[1] * scale / 2)
    # The middle of pixel 0 lies at 0.
    factor = np.array(size_wh, np.float32) / np.array(found_wh, np.float32)
    placed = (points + 0.5) * factor - 0.5
    return replace(square, keypoints=placed.astype(np.float32), frame_size_wh=size_wh)


def _in_cell(poses: PoseSequence, size_wh: tuple[int, int], cell_wh: tuple[int, int]) -> PoseSequence:
    scale = min(cell_wh[0] / size_wh[0], cell_wh[1] / size_wh[1])
    shift = (np.array(cell_wh) - np.array(size_wh) * scale) / 2
    placed = poses.keypoints * np.float32(scale) + shift.astype(np.float32)
    return replace(poses, keypoints=placed.astype(np.float32), frame_size_wh=cell_wh)


def _closer(poses: PoseSequence, size_wh: tuple[int, int]) -> PoseSequence:
    """The poses of `on_black`, larger, about the middle of the picture."""
    size = np.array(size_wh, np.float32)
    middle = size * np.array((0.5, _CENTER_Y), np.float32)
    placed = (poses.keypoints - middle) * np.float32(_CLOSER) + size / 2
    return replace(poses, keypoints=placed.astype(np.float32))

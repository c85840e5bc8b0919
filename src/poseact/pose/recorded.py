"""Replays saved poses as an estimator: the rest of poseact runs without looking at the picture again."""

import os

import numpy as np

from poseact.errors import InvalidInputError
from poseact.pose.base import PersonPose
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.video import Frame


class RecordedPoses:
    """Gives the people of a PoseSequence, frame by frame, by time stamp.

    Args:
        poses: The sequence, in pixels or normalised to a known or the replayed picture's size, or the
            path of its .npz.
        tolerance_s: A frame whose time stamp is further than this from every recorded one has
            nobody in it.

    Raises:
        SourceError: If the file cannot be read.
        InvalidInputError: If the sequence is in metres, which no picture position follows from.
    """

    def __init__(self, poses: PoseSequence | str | os.PathLike[str], *, tolerance_s: float = 0.02) -> None:
        self._poses = poses if isinstance(poses, PoseSequence) else PoseSequence.load(poses)
        if self._poses.units == "m":
            raise InvalidInputError("recorded poses: expected units px or normalized, found m")
        self._tolerance_s = tolerance_s

    @property
    def layout(self) -> SkeletonLayout:
        """The layout of the recorded sequence."""
        return self._poses.layout

    def reset(self) -> None:
        """Nothing to forget: any frame may be asked for at any time."""

    def estimate(self, frame: Frame) -> list[PersonPose]:
        """The people recorded at the frame's time stamp.

        Raises:
            InvalidInputError: If the poses, in pixels, are of a picture of another size.
        """
        height, width = frame.image.shape[:2]
        recorded_wh = self._poses.frame_size_wh
        if self._poses.units == "px" and recorded_wh not in (None, (width, height)):
            raise InvalidInputError(
                f"recorded poses: expected frames of {recorded_wh}, found {(width, height)}: "
                "are these the poses of another video?"
            )
        t = self._frame_at(frame.timestamp_s)
        if t is None:
            return []
        scale = np.array([width, height] if self._poses.units == "normalized" else [1, 1], np.float32)
        world = self._poses.world_m
        return [
            PersonPose(
                track_id=int(self._poses.track_ids[m]),
                keypoints_px=self._poses.keypoints[m, t, :, :2] * scale,
                confidence=self._poses.confidence[m, t].copy(),
                world_m=None if world is None else world[m, t].copy(),
            )
            for m in np.flatnonzero(self._poses.present[:, t])
        ]

    def _frame_at(self, time_s: float) -> int | None:
        """Index of the recorded frame nearest in time, or None when none is near enough."""
        if self._poses.num_frames == 0:
            return None
        t = int(np.abs(self._poses.timestamps - time_s).argmin())
        return t if abs(self._poses.timestamps[t] - time_s) <= self._tolerance_s else None

"""What every pose estimator offers, and how its answers become a PoseSequence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.video import Frame, VideoInfo


@dataclass(frozen=True)
class PersonPose:
    """One person in one frame.

    Attributes:
        track_id: The same number for the same person from frame to frame; never used again
            for somebody else.
        keypoints_px: (V, 2) float32 pixels, x right, y down; NaN = missing.
        confidence: (V,) float32 in [0, 1].
        world_m: (V, 3) float32 metres around the middle of the hips, or None.
    """

    track_id: int
    keypoints_px: NDArray[np.float32]
    confidence: NDArray[np.float32]
    world_m: NDArray[np.float32] | None = None


@runtime_checkable
class PoseEstimator(Protocol):
    """Finds and follows the people in frames given one after another.

    An estimator keeps state between frames (regions, tracks, smoothing): use one per video,
    or `reset` it in between.
    """

    @property
    def layout(self) -> SkeletonLayout:
        """The joints it gives."""

    def estimate(self, frame: Frame) -> list[PersonPose]:
        """The people in this frame; none when nobody is found (a pose is never made up)."""

    def reset(self) -> None:
        """Forget everybody, as before the first frame. Track ids start from 0 again."""


@runtime_checkable
class RecordingAware(Protocol):
    """What an estimator may have beside `PoseEstimator`, if it cares which recording it is given."""

    def begin(self, info: VideoInfo) -> None:
        """Called before the first frame of a recording, after `reset`."""

    def finish(self) -> Sequence[str]:
        """Called after its last frame: a line for each thing that went not quite right.

        Raises:
            InvalidInputError: If what was given cannot be of this recording.
        """


class PoseCollector:
    """Gathers the answers of an estimator, frame by frame, into one PoseSequence."""

    def __init__(self, layout: SkeletonLayout, frame_size_wh: tuple[int, int]) -> None:
        self._layout = layout
        self._frame_size_wh = frame_size_wh
        self._timestamps: list[float] = []
        self._people: list[list[PersonPose]] = []

    def add(self, timestamp_s: float, people: Sequence[PersonPose]) -> None:
        """Take the people of the next frame."""
        self._timestamps.append(timestamp_s)
        self._people.append(list(people))

    def sequence(self, *, min_frames: int = 1) -> PoseSequence:
        """Everything so far; people seen in fewer than `min_frames` frames are left out."""
        counts: dict[int, int] = {}
        for people in self._people:
            for person in people:
                counts[person.track_id] = counts.get(person.track_id, 0) + 1
        ids = [track for track, count in counts.items() if count >= min_frames]
        row = {track: i for i, track in enumerate(ids)}
        shape = (len(ids), len(self._timestamps), self._layout.num_joints)
        keypoints = np.full((*shape, 2), np.nan, np.float32)
        confidence = np.zeros(shape, np.float32)
        world = np.full((*shape, 3), np.nan, np.float32)
        for t, people in enumerate(self._people):
            for person in people:
                if (i := row.get(person.track_id)) is None:
                    continue
                keypoints[i, t] = person.keypoints_px
                confidence[i, t] = person.confidence
                if person.world_m is not None:
                    world[i, t] = person.world_m
        return PoseSequence(
            keypoints=keypoints,
            confidence=confidence,
            timestamps=np.array(self._timestamps, np.float64),
            layout=self._layout,
            units="px",
            frame_size_wh=self._frame_size_wh,
            track_ids=np.array(ids, np.int64),
            world_m=world if np.isfinite(world).any() else None,
        )

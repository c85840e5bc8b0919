"""Replays saved poses as an estimator: the rest of poseact runs without looking at the picture again."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from poseact.errors import InvalidInputError, SourceError
from poseact.naming import POSES_SUFFIX, name_candidates, recording_of_poses, stem_of
from poseact.pose.base import PersonPose
from poseact.recording import Recording
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.video import Frame, VideoInfo

# Stamps of one and the same video differ by less, whatever its container rounds to.
_SAME_STAMP_S = 0.005
# Shares of the frames of a video that found poses at their time: below the first they are not of it.
_MIN_FOUND, _USUALLY_FOUND = 0.5, 0.95
# The end of a video that was cut off a little is no reason to warn.
_LENGTH_SLACK_S = 1.0


class RecordedPoses:
    """Gives the people of a PoseSequence, frame by frame, by time stamp.

    Args:
        poses: The sequence, in pixels or normalised to a known or the replayed picture's size; or the
            path of its .npz; or a folder, in which the poses of NAME.mp4 are NAME.poses.npz.
        tolerance_s: A frame whose time stamp is further than this from every recorded one has
            nobody in it.
        any_video: Take poses that tell that they were found in another video (size or fingerprint
            differ), say in one that was converted since; that is noted, and not refused.

    Raises:
        SourceError: If the file cannot be read, or the folder holds no poses.
        InvalidInputError: If the sequence is in metres, which no picture position follows from.
    """

    def __init__(
        self,
        poses: PoseSequence | str | os.PathLike[str],
        *,
        tolerance_s: float = 0.02,
        any_video: bool = False,
    ) -> None:
        self._tolerance_s = tolerance_s
        self._any_video = any_video
        self._folder: Path | None = None
        self._recorded_from: Recording | None = None
        if isinstance(poses, PoseSequence):
            self._take(poses)
        elif Path(poses).is_dir():
            self._folder = Path(poses)
            first = next(iter(sorted(self._folder.glob(f"*{POSES_SUFFIX}"))), None)
            if first is None:
                raise SourceError(f"{poses}: expected files NAME{POSES_SUFFIX} in this folder, found none")
            self._load(first)  # for the layout, until a recording is named
        else:
            self._load(Path(poses))

    def _load(self, path: Path) -> None:
        self._take(PoseSequence.load(path))
        self._recorded_from = recording_of_poses(path)

    def _take(self, poses: PoseSequence) -> None:
        if poses.units == "m":
            raise InvalidInputError("recorded poses: expected units px or normalized, found m")
        self._poses = poses
        self.reset()

    @property
    def layout(self) -> SkeletonLayout:
        """The layout of the recorded sequence."""
        return self._poses.layout

    @property
    def is_of_one_recording(self) -> bool:
        """Whether there are poses of a single video, so that no other one can be replayed."""
        return self._folder is None

    def reset(self) -> None:
        """Forget which frames have been asked for; any may be, at any time."""
        self._asked: list[float] = []
        self._misses_s: list[float] = []
        self._foreign: str | None = None

    def begin(self, info: VideoInfo) -> None:
        """Look for the poses of this recording, if there is a folder of them.

        Raises:
            SourceError: If there are none in the folder, or they cannot be read.
            InvalidInputError: If they tell of another recording, and that is not allowed.
        """
        source = Path(info.name)
        recording = Recording.of(source) if source.exists() else None
        if self._folder is not None:
            self._load(_poses_of(source, recording, self._folder))
        told = self._recorded_from
        if recording is None or told is None or recording.has_content_of(told):
            return
        found = f"were found in {told.name} ({told.size_bytes} bytes), which is not this very file"
        if not self._any_video:
            raise InvalidInputError(
                f"{source}: the recorded poses {found}: give those of this video, or add -O any_video=true"
            )
        self._foreign = f"the recorded poses {found}"

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
        self._asked.append(time_s)
        if self._poses.num_frames == 0:
            self._misses_s.append(np.inf)
            return None
        t = int(np.abs(self._poses.timestamps - time_s).argmin())
        miss_s = float(abs(self._poses.timestamps[t] - time_s))
        self._misses_s.append(miss_s)
        return t if miss_s <= self._tolerance_s else None

    def finish(self) -> Sequence[str]:
        """What speaks against these being the poses of the frames that were asked for since `reset`.

        Raises:
            InvalidInputError: If fewer than half of the frames have poses recorded at their time.
        """
        misses = np.array(self._misses_s)
        num_found, num_frames = int((misses <= self._tolerance_s).sum()), len(misses)
        if num_frames == 0:
            return []
        if num_found < _MIN_FOUND * num_frames:
            raise InvalidInputError(
                f"recorded poses: expected a recorded time stamp near every frame, found one for {num_found} "
                f"of {num_frames} frames: are these the poses of another video?"
            )
        warnings = [] if self._foreign is None else [self._foreign]
        if num_found < _USUALLY_FOUND * num_frames:
            warnings.append(f"only {num_found} of {num_frames} frames have a recorded time stamp near them")
        elif (misses <= _SAME_STAMP_S).sum() < _MIN_FOUND * num_frames:
            warnings.append("the recorded poses have other time stamps than the video")
        beyond_s = float(self._poses.timestamps[-1]) - max(self._asked)
        if beyond_s > max(_LENGTH_SLACK_S, 0.1 * self._poses.duration_s):
            warnings.append(f"the recorded poses go on for {beyond_s:.1f} s after the video's end")
        return warnings


def _poses_of(source: Path, recording: Recording | None, folder: Path) -> Path:
    """The file with the poses of a recording: the one that tells of it, else the one of its name.

    Raises:
        SourceError: If there is none.
    """
    plain = folder / f"{stem_of(source)}{POSES_SUFFIX}"
    for number, name in enumerate(name_candidates(stem_of(source), source.suffix)):
        path = folder / f"{name}{POSES_SUFFIX}"
        if recording is not None and path.exists() and recording_of_poses(path) == recording:
            return path
        if number >= 2 and not path.exists():
            break
    if not plain.exists():
        raise SourceError(f"{source}: no recorded poses of it: expected {plain}")
    return plain

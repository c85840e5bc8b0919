"""BlazePose, the default estimator: 33 joints in pixels and metres for several people, on the CPU.

Source: Bazarevsky et al., BlazePose: On-device Real-time Body Pose Tracking, 2020. The two
networks are run by LiteRT; MediaPipe itself is not needed.
"""

import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.layouts import BLAZEPOSE33
from poseact.pose.base import PersonPose
from poseact.pose.blazepose_detector import PersonDetector
from poseact.pose.blazepose_landmarks import LandmarkNetwork
from poseact.pose.gates import Gates
from poseact.pose.multi_person import PeopleFollower
from poseact.pose.tracks import Track
from poseact.pose.weights import find_blazepose_weights
from poseact.skeleton import SkeletonLayout
from poseact.video import Frame


class BlazePose:
    """Finds and follows up to `max_persons` people; see `poseact.pose.base.PoseEstimator`.

    The confidence of a joint is the network's *visibility*: the probability that the joint is
    in the frame and not hidden. A joint that is hidden or outside the frame still has
    coordinates, guessed from the rest of the body; its confidence is near 0.

    Args:
        weights: Folder with the two .tflite files, or a .task bundle; None looks for them, see
            `poseact.pose.weights`.
        max_persons: Most people followed at a time; each costs about 12 CPU ms a frame.
        smooth: Whether to filter the joints over time (one-euro, true time stamps).
        tiles: Whether to search parts of the frame too; without, only near people are found.
        notify: Called with one line if the weights have to be fetched; by default it is logged.

    Raises:
        WeightsError: If the weights cannot be had.
        InvalidInputError: If max_persons is below 1.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] | None = None,
        *,
        max_persons: int = 6,
        smooth: bool = True,
        tiles: bool = True,
        notify: Callable[[str], object] | None = None,
    ) -> None:
        if max_persons < 1:
            raise InvalidInputError(f"max_persons: expected 1 or more, found {max_persons}")
        found = find_blazepose_weights(weights, notify=notify)
        self._detector = PersonDetector(found.detector)
        self._network = LandmarkNetwork(found.landmarks)
        self._max_persons = max_persons
        self._smooth = smooth
        self._tiles = tiles
        self._follower = self._new_follower(Gates(), smooth=smooth)

    def _new_follower(self, gates: Gates, *, smooth: bool) -> PeopleFollower:
        return PeopleFollower(
            self._detector,
            self._network,
            max_persons=self._max_persons,
            smooth=smooth,
            tiles=self._tiles,
            gates=gates,
        )

    @property
    def layout(self) -> SkeletonLayout:
        """blazepose33."""
        return BLAZEPOSE33

    def reset(self) -> None:
        """Forget everybody; track ids start from 0 again."""
        self._follower = self._new_follower(Gates(), smooth=self._smooth)

    def estimate(self, frame: Frame) -> list[PersonPose]:
        """The people in the next frame, those known longest first.

        Raises:
            InvalidInputError: If the image is not (H, W, 3) uint8.
        """
        _check(frame.image)
        return [_pose(track) for track in self._follower.step(frame.image, frame.timestamp_s)]

    def estimate_image(self, image: NDArray[np.uint8]) -> list[PersonPose]:
        """The people in a single picture (H, W, 3) RGB; the video in progress is not touched.

        Raises:
            InvalidInputError: If the image is not (H, W, 3) uint8.
        """
        _check(image)
        # No later frame can confirm anybody here.
        follower = self._new_follower(Gates(confirm_frames=0, confirm_doubtful_frames=0), smooth=False)
        return [_pose(track) for track in follower.step(image, 0.0)]


def _check(image: NDArray[np.uint8]) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise InvalidInputError(
            f"image: expected (height, width, 3) uint8 RGB, found {image.shape} {image.dtype}"
        )


def _pose(track: Track) -> PersonPose:
    landmarks = track.landmarks
    if track.track_id is None:
        raise ValueError("a track that is not believed yet has no pose to give")
    return PersonPose(
        track_id=track.track_id,
        keypoints_px=landmarks.joints_px.astype(np.float32),
        confidence=landmarks.visibility.astype(np.float32),
        world_m=landmarks.world_m.astype(np.float32),
    )

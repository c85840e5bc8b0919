"""RTMPose through rtmlib: a person detector, then 17 COCO joints in every box; an extra.

Source: Jiang et al., RTMPose, 2023; Ge et al., YOLOX, 2021. rtmlib (Apache-2.0) runs the ONNX
files and knows where to fetch them; they are kept in rtmlib's own cache.
"""

import contextlib
import io
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, MissingExtraError, WeightsError
from poseact.layouts import COCO17
from poseact.pose.base import PersonPose
from poseact.skeleton import SkeletonLayout
from poseact.tracking import PoseTracker
from poseact.video import Frame

Mode = Literal["lightweight", "balanced", "performance"]
# Joints below this mean score are not a person but a box without one.
_MIN_MEAN_SCORE = 0.3


class RtmPose:
    """Finds people with YOLOX and their joints with RTMPose; see `PoseEstimator`.

    The confidence of a joint is the peak of the network's SimCC distribution, cut to [0, 1].

    Args:
        detector: ONNX file of a YOLOX person detector, as rtmlib takes; None: rtmlib's own.
        pose: ONNX file of an RTMPose body network with 17 joints; None: rtmlib's own.
        mode: Which of rtmlib's own networks to fetch, by size.
        device: ``"cpu"``, or another device that the installed onnxruntime knows (``"cuda"``).
        max_persons: Only the largest so many boxes are looked at in a frame.

    Raises:
        MissingExtraError: If rtmlib is not installed.
        WeightsError: If an ONNX file is missing, cannot be fetched, or is not of the right form.
        InvalidInputError: If the mode is unknown or max_persons is below 1.
    """

    def __init__(
        self,
        detector: str | os.PathLike[str] | None = None,
        pose: str | os.PathLike[str] | None = None,
        *,
        mode: Mode = "balanced",
        device: str = "cpu",
        max_persons: int = 6,
    ) -> None:
        if max_persons < 1:
            raise InvalidInputError(f"max_persons: expected 1 or more, found {max_persons}")
        rtmlib = _rtmlib()
        own = rtmlib.Body.MODE
        if mode not in own:
            raise InvalidInputError(f"mode: expected one of {', '.join(own)}, found {mode!r}")
        self._detector = _loaded(rtmlib.YOLOX, detector, own[mode]["det"], device)
        self._pose = _loaded(rtmlib.RTMPose, pose, own[mode]["pose"], device)
        height, width = _input_hw(self._detector, own[mode]["det_input_size"][::-1])
        self._detector.model_input_size = (height, width)
        height, width = _input_hw(self._pose, own[mode]["pose_input_size"][::-1])
        self._pose.model_input_size = (width, height)
        self._max_persons = max_persons
        self._tracker = PoseTracker()

    @property
    def layout(self) -> SkeletonLayout:
        """coco17."""
        return COCO17

    def reset(self) -> None:
        """Forget everybody; track ids start from 0 again."""
        self._tracker.reset()

    def estimate(self, frame: Frame) -> list[PersonPose]:
        """The people in the next frame.

        Raises:
            WeightsError: If the pose network does not give 17 joints.
        """
        poses = self._poses(frame.image)
        track_ids = self._tracker.update([joints for joints, _ in poses], frame.timestamp_s)
        people = [
            PersonPose(track_id=track_id, keypoints_px=joints, confidence=scores)
            for track_id, (joints, scores) in zip(track_ids, poses, strict=True)
        ]
        return sorted(people, key=lambda person: person.track_id)

    def _poses(self, image: NDArray[np.uint8]) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Joints (17, 2) and confidence (17,) of everybody in an RGB image (H, W, 3)."""
        # YOLOX was trained on BGR; RTMPose on RGB (its configuration says bgr_to_rgb=True).
        boxes = np.asarray(self._detector(np.ascontiguousarray(image[:, :, ::-1])), np.float64).reshape(-1, 4)
        # Asked without a box, rtmlib would take the whole picture for a person.
        if len(boxes) == 0:
            return []
        areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        boxes = boxes[np.argsort(-areas, kind="stable")[: self._max_persons]]
        joints, scores = self._pose(image, bboxes=boxes)
        if joints.shape[1:] != (COCO17.num_joints, 2):
            raise WeightsError(
                f"RTMPose network: expected 17 joints of 2 coordinates, found {joints.shape[1:]}"
            )
        found = zip(joints.astype(np.float32), scores.astype(np.float32).clip(0, 1), strict=True)
        return [(xy, confidence) for xy, confidence in found if confidence.mean() >= _MIN_MEAN_SCORE]


def _rtmlib() -> Any:
    try:
        import rtmlib
    except ModuleNotFoundError as error:
        if error.name != "rtmlib":
            raise
        raise MissingExtraError("rtmlib", "rtmpose") from None
    return rtmlib


def _loaded(tool: Any, path: str | os.PathLike[str] | None, own_url: str, device: str) -> Any:
    """An rtmlib tool on the user's file, or on rtmlib's own, fetched if need be."""
    if path is not None and not Path(path).is_file():
        raise WeightsError(f"{path}: no such ONNX file")
    source = own_url if path is None else str(path)
    try:
        # rtmlib prints what it loads; standard output belongs to the results.
        with contextlib.redirect_stdout(io.StringIO()):
            return tool(source, backend="onnxruntime", device=device)
    except Exception as error:
        # onnxruntime's and the download's errors have no common base but Exception.
        raise WeightsError(f"{source}: cannot be fetched or loaded by rtmlib ({error})") from error


def _input_hw(tool: Any, usual: tuple[int, int]) -> tuple[int, int]:
    """Height and width that the network itself says it takes; the usual ones if it takes any."""
    height, width = tool.session.get_inputs()[0].shape[2:]
    return (height, width) if isinstance(height, int) and isinstance(width, int) else usual

"""The poses of one PYSKL annotation as a `PoseSequence`: checked once for each shape, quick for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.datasets.pyskl_extras import FileExtras
from poseact.datasets.reading import even_timestamps
from poseact.datasets.restricted_pickle import PickledArray
from poseact.errors import SourceError
from poseact.layouts import BLAZEPOSE33, COCO17, H36M17, KINECT20, NTU25, OPENPOSE18
from poseact.sequence import PoseSequence, Units
from poseact.skeleton import SkeletonLayout

# By number of joints and of coordinates; other numbers stand for several layouts or for none.
_LAYOUT_OF = {
    (17, 2): COCO17,
    (18, 2): OPENPOSE18,
    (33, 2): BLAZEPOSE33,
    (17, 3): H36M17,
    (20, 3): KINECT20,
    (25, 3): NTU25,
    (33, 3): BLAZEPOSE33,
}
_KINECT = (NTU25.name, KINECT20.name)
# Maxima of heatmaps, which scores often are, go a little beyond 0 and 1.
_SCORE_LIMITS = (-1.0, 2.0)
_FLOAT32_BYTES = 4
_KEPT = (np.float16, np.float32, np.float64)
_LARGEST = float(np.finfo(np.float32).max)
_MAX_FRAME_SIDE = 1_000_000
FLIPPED_AXES = slice(0, 2)


def is_kinect(layout: SkeletonLayout, num_coordinates: int, units: Units) -> bool:
    """Whether a file has x to the left and y up: metres of a Kinect, as NTU RGB+D itself has them."""
    return num_coordinates == 3 and units == "m" and layout.name in _KINECT


@dataclass(slots=True)
class RawPoses:
    """Joints and scores as they stand in a file, float32 or not, the very arrays to be changed.

    Attributes:
        keypoints: (M, T, V, C).
        scores: (M, T, V), or None in 3D.
        is_flipped: Whether x and y are those of a Kinect.
        is_finite: Whether all coordinates are known to be finite.
    """

    keypoints: NDArray[Any]
    scores: NDArray[Any] | None
    is_flipped: bool = False
    is_finite: bool = False

    @property
    def is_other(self) -> bool:
        """Whether they are not float32 yet."""
        return self.keypoints.itemsize != _FLOAT32_BYTES

    def check(self) -> None:
        """Look at each number.

        Raises:
            SourceError: If a coordinate is infinite or a score far from 0 to 1.
        """
        low, high = _SCORE_LIMITS
        if np.isinf(self.keypoints).any():
            raise SourceError("keypoint: found an infinite coordinate, or one too large for float32")
        scores = self.scores
        if scores is not None and ((scores < low) | (scores > high)).any():
            found = f"{np.nanmin(scores):g} to {np.nanmax(scores):g}"
            raise SourceError(f"keypoint_score: expected numbers from 0 to 1, found {found}")

    def finished(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Joints in poseact's axes, NaN where they are missing, and confidences."""
        values = _float32(self.keypoints)
        if self.scores is None:
            missing = _at_origin(values)
            confidence = np.asarray(~missing, np.float32)
        else:
            confidence = _float32(self.scores)
            if not (confidence.min(initial=0) >= 0 and confidence.max(initial=1) <= 1):
                confidence = np.nan_to_num(np.clip(confidence, 0, 1))
            missing = np.asarray(confidence == 0)
            if missing.any():
                missing &= _at_origin(values)
        if not self.is_finite and (unseen := np.isnan(values).any(axis=-1)).any():
            confidence = np.where(unseen, np.float32(0), confidence)
        if missing.any():
            values[missing] = np.nan
        if self.is_flipped:
            np.negative(values[..., FLIPPED_AXES], out=values[..., FLIPPED_AXES])
        return values, confidence


def _at_origin(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where all coordinates are 0; axis by axis, which is quicker than `any`."""
    out = np.asarray(values[..., 0] == 0)
    for axis in range(1, values.shape[-1]):
        out &= values[..., axis] == 0
    return out


def _float32(values: NDArray[Any]) -> NDArray[np.float32]:
    if values.dtype != np.float16 or not values.size:
        return values.astype(np.float32, copy=False)
    out = np.empty(values.shape, np.float32)
    zero: Any = 0.0
    # OpenCV uses the processor's instruction for it, numpy four times as long. Exact in both.
    cv2.add(values.reshape(1, -1), zero, dst=out.reshape(1, -1), dtype=cv2.CV_32F)
    return out


class LateSequence(PoseSequence):
    """Poses of a file in float16 or float64, checked, which become float32 when somebody first asks.

    Turning all of a set round at once would take longer than reading it, and a set as large as
    NTU RGB+D in float16 stays half as large in memory for as long as it is not looked at.
    """

    @classmethod
    def _waiting(
        cls, fields: dict[str, Any], keypoints: NDArray[Any], scores: NDArray[Any] | None, is_flipped: bool
    ) -> "LateSequence":
        """A sequence of finite poses as in `RawPoses`; `fields` are all other attributes."""
        fields["_poses"] = (keypoints, scores, is_flipped)
        sequence = object.__new__(cls)
        object.__setattr__(sequence, "__dict__", fields)
        return sequence

    def __getattr__(self, name: str) -> Any:
        poses = self.__dict__.get("_poses") if name in ("keypoints", "confidence") else None
        if poses is not None:
            keypoints, scores, is_flipped = poses
            keypoints, confidence = RawPoses(keypoints, scores, is_flipped, is_finite=True).finished()
            # In one go, so that two threads never mix what each of them has made.
            self.__dict__.update(keypoints=keypoints, confidence=confidence)
            self.__dict__.pop("_poses", None)
        return object.__getattribute__(self, name)


class _Form(NamedTuple):
    """What all annotations of one shape have in common."""

    fields: dict[str, Any]
    is_flipped: bool


class PoseMaker:
    """Makes sequences of annotations, all of one layout."""

    def __init__(
        self, extras: FileExtras, layout: SkeletonLayout | None, rate_hz: float, *, swap_img_shape: bool
    ) -> None:
        self._layout = layout or extras.layout
        self._is_told = self._layout is not None
        self._units = extras.units
        self._rate_hz = extras.rate_hz or rate_hz
        self._swap_img_shape = swap_img_shape
        self._forms: dict[Any, _Form] = {}

    def sequence(self, annotation: Mapping[str, Any]) -> PoseSequence:
        """The people of an annotation; takes its `keypoint` over and changes it.

        Raises:
            SourceError: If something is missing or has another form.
        """
        try:
            keypoint, score = annotation["keypoint"], annotation["keypoint_score"]
            values, confidence = keypoint.values, score.values
            (low, high), (lowest, highest) = keypoint.limits, score.limits
            size = annotation["img_shape"]
            form = self._forms[values.shape, confidence.shape, annotation["total_frames"], size]
        except (KeyError, AttributeError, TypeError):
            return self._any_sequence(annotation)
        # The limits are of many clips at once: where they are fine, so is this one, with no joint missing.
        is_plain = (
            low >= -_LARGEST and high <= _LARGEST and lowest > 0 and highest <= 1 and not form.is_flipped
        )
        if not is_plain or values.itemsize != confidence.itemsize:
            return self._any_sequence(annotation)
        del keypoint.values  # from here on the sequence's own
        fields = form.fields.copy()
        if values.itemsize != _FLOAT32_BYTES:
            return LateSequence._waiting(fields, values, confidence, False)
        fields["keypoints"] = values
        fields["confidence"] = confidence
        return PoseSequence._trusted(fields)

    def _any_sequence(self, annotation: Mapping[str, Any]) -> PoseSequence:
        """As `sequence`, also of an annotation of a new form, with joints missing, or in 3D."""
        keypoint = _pose_array(annotation, "keypoint")
        score = _pose_array(annotation, "keypoint_score") if "keypoint_score" in annotation else None
        poses = RawPoses(keypoint.values, None if score is None else score.values)
        form = self._form(
            poses.keypoints.shape,
            None if poses.scores is None else poses.scores.shape,
            annotation.get("total_frames"),
            _as_tuple(annotation.get("img_shape")),
        )
        poses.is_flipped = form.is_flipped
        poses.is_finite = _within(keypoint.limits, -_LARGEST, _LARGEST)
        are_scores_fine = score is None or _within(score.limits, *_SCORE_LIMITS)
        if not (poses.is_finite and are_scores_fine):
            poses.check()
        del keypoint.values
        fields = form.fields.copy()
        if poses.is_other and poses.is_finite and are_scores_fine:
            return LateSequence._waiting(fields, poses.keypoints, poses.scores, poses.is_flipped)
        fields["keypoints"], fields["confidence"] = poses.finished()
        return PoseSequence._trusted(fields)

    def _form(self, *key: Any) -> _Form:
        try:
            form = self._forms.get(key)
        except TypeError:
            raise SourceError("total_frames or img_shape: expected whole numbers") from None
        if form is None:
            form = self._forms[key] = self._new_form(*key)
        return form

    def _new_form(self, shape: tuple[int, ...], score_shape: Any, total_frames: Any, size: Any) -> _Form:
        if len(shape) != 4 or shape[3] not in (2, 3):
            raise SourceError(f"keypoint: expected (persons, frames, joints, 2 or 3), found {shape}")
        persons, frames, joints, coordinates = shape
        if score_shape is None and coordinates == 2:
            raise SourceError("expected keypoint_score beside 2D keypoints, found none")
        if score_shape is not None and score_shape != shape[:3]:
            raise SourceError(f"keypoint_score: expected shape {shape[:3]}, found {score_shape}")
        if total_frames is not None and total_frames != frames:
            raise SourceError(f"total_frames says {str(total_frames)[:20]}, keypoint has {frames}")
        if frames == 0:
            raise SourceError("has no frames")
        layout = self._layout_of(joints, coordinates)
        units: Units = self._units or ("px" if coordinates == 2 else "m")
        timestamps = even_timestamps(frames, self._rate_hz)
        track_ids = np.arange(persons)
        for shared in (timestamps, track_ids):
            shared.flags.writeable = False  # all clips of this shape have the same ones
        fields = {
            "timestamps": timestamps,
            "layout": layout,
            "units": units,
            "frame_size_wh": self._frame_size(size),
            "track_ids": track_ids,
            "world_m": None,
        }
        return _Form(fields, is_kinect(layout, coordinates, units))

    def _layout_of(self, joints: int, coordinates: int) -> SkeletonLayout:
        if self._layout is None:
            try:
                self._layout = _LAYOUT_OF[joints, coordinates]
            except KeyError:
                raise SourceError(
                    f"{joints} joints in {coordinates}D can be one of several layouts: "
                    "name it with layout=, e.g. layout=openpose25"
                ) from None
        if joints != self._layout.num_joints:
            whence = "as layout= says" if self._is_told else "as in the first clip"
            raise SourceError(
                f"expected {self._layout.num_joints} joints {whence} ({self._layout.name}), found {joints}"
            )
        return self._layout

    def _frame_size(self, size: Any) -> tuple[int, int] | None:
        """Width and height; PYSKL has the height first."""
        if size is None:
            return None
        height, width = frame_height_width(size)
        return (height, width) if self._swap_img_shape else (width, height)


def frame_height_width(size: Any) -> tuple[int, int]:
    """The two numbers of an `img_shape`.

    Raises:
        SourceError: If it is something else.
    """
    try:
        height, width = (int(n) for n in size[:2])
    except (TypeError, ValueError, OverflowError):
        height = width = 0
    if not (0 < height < _MAX_FRAME_SIDE and 0 < width < _MAX_FRAME_SIDE):
        raise SourceError(f"img_shape: expected (height, width), found {str(size)[:40]!r}")
    return height, width


def _as_tuple(value: Any) -> Any:
    if type(value) is tuple:
        return value
    if isinstance(value, PickledArray):
        return tuple(value.values.ravel()[:3].tolist())
    return tuple(value[:3]) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _pose_array(annotation: Mapping[str, Any], key: str) -> PickledArray:
    """An array of an annotation in a type of `_KEPT`, whose limits are known."""
    array = annotation.get(key)
    if type(array) is not PickledArray:
        raise SourceError(f"{key}: expected an array, found {type(array).__name__}")
    if not hasattr(array, "values"):
        raise SourceError(f"{key}: is the same array as an earlier clip's")
    is_kept = hasattr(array, "limits") and array.values.dtype in _KEPT
    # A NaN or what is too large for float32 is dealt with here and now.
    if not is_kept or (array.values.dtype == np.float64 and not _within(array.limits, -_LARGEST, _LARGEST)):
        if array.values.dtype.kind not in "fiu":
            raise SourceError(f"{key}: expected numbers, found {array.values.dtype}")
        with np.errstate(over="ignore"):
            array.values = values = np.array(array.values, np.float32)
        array.limits = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    return array


def _within(limits: tuple[float, float], low: float, high: float) -> bool:
    return limits[0] >= low and limits[1] <= high

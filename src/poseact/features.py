"""What a model sees of a window of poses: position, distances and motion, free of place and size.

The streams are those of DD-Net (Yang et al., "Make Skeleton-based Action Recognition Model
Smaller, Faster and Better", 2019: joint distances, slow and fast motion), with joint positions,
the path of the hips (falls are lost without it) and a mask of the missing joints added. One
function serves training and recognition, so that the two cannot drift apart.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.layouts import BODY13
from poseact.skeleton import SkeletonLayout

Floats = NDArray[np.float32]

# Body lengths; beyond them a number says only that tracking went wrong.
_LARGEST = 10.0
_SMALLEST_SCALE = 1e-6


@dataclass(frozen=True)
class FeatureSettings:
    """How features are made; kept in the model's metadata.

    Attributes:
        min_confidence: Joints below it count as missing.
        fast_step: Frames over which the fast motion is taken.
        version: Of the definition below; a model says which one it was trained with.
    """

    min_confidence: float = 0.1
    fast_step: int = 4
    version: int = 1

    def to_dict(self) -> dict[str, float | int]:
        """As plain numbers, for metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "FeatureSettings":
        """From metadata.

        Raises:
            InvalidInputError: If a setting is unknown or of a version this code does not make.
        """
        known = {field.name for field in fields(cls)}
        if set(values) != known:
            raise InvalidInputError(f"features: expected {sorted(known)}, found {sorted(values)}")
        settings = cls(
            min_confidence=float(values["min_confidence"]),
            fast_step=int(values["fast_step"]),
            version=int(values["version"]),
        )
        if settings.version != cls().version:
            raise InvalidInputError(f"features: expected version {cls().version}, found {settings.version}")
        return settings


def num_features(layout: SkeletonLayout = BODY13) -> int:
    """F: how many numbers `window_features` gives a frame."""
    joints = layout.num_joints
    return 3 * 2 * joints + 4 + joints * (joints - 1) // 2 + joints


def window_features(
    keypoints: Floats,
    confidence: Floats,
    settings: FeatureSettings,
    layout: SkeletonLayout = BODY13,
) -> Floats:
    """Features of windows of one person each.

    Args:
        keypoints: (N, T, V, 2), x right and y down in one unit (pixels, metres); NaN = missing.
        confidence: (N, T, V).
        settings: See there.
        layout: The joints' names.

    Returns:
        (N, F, T) float32, finite. In order: positions about the hips (2 V), the hips' path (2)
        and its motion (2), distances of all pairs of joints, slow motion (2 V), fast motion
        (2 V), mask (V, 1 where the joint was seen). Lengths are in root mean square distances
        of the joints from the hips, which unlike the torso's length cannot vanish.

    Raises:
        InvalidInputError: If the shapes do not fit.
    """
    num_windows, num_frames, num_joints = confidence.shape if confidence.ndim == 3 else (0, 0, 0)
    if num_joints != layout.num_joints or keypoints.shape != (num_windows, num_frames, num_joints, 2):
        raise InvalidInputError(
            f"expected keypoints (N, T, {layout.num_joints}, 2) and confidence (N, T, {layout.num_joints}), "
            f"found {keypoints.shape} and {confidence.shape}"
        )
    sure = (confidence >= settings.min_confidence)[..., None]
    points = np.where(sure & np.isfinite(keypoints).all(axis=-1, keepdims=True), keypoints, np.nan)
    points = points.astype(np.float32)
    center = _body_center(points, layout)
    local = _hold(points) - center[:, :, None]
    scale = _body_scale(local)[:, None, None]
    local = np.nan_to_num(local / scale[..., None]).clip(-_LARGEST, _LARGEST)
    path = ((center - center.mean(axis=1, keepdims=True)) / scale).clip(-_LARGEST, _LARGEST)
    first, second = np.triu_indices(num_joints, k=1)
    seen = np.isfinite(points[..., 0])
    known = np.asarray(seen.any(axis=1, keepdims=True))
    across, down = (_gaps(local[..., axis], first, second) for axis in (0, 1))
    distances = np.sqrt(across**2 + down**2) * (known[:, :, first] & known[:, :, second])
    streams = (
        local.reshape(num_windows, num_frames, -1),
        path,
        _motion(path, 1),
        distances,
        _motion(local, 1).reshape(num_windows, num_frames, -1),
        _motion(local, settings.fast_step).reshape(num_windows, num_frames, -1),
        seen,
    )
    stacked = np.concatenate([stream.astype(np.float32) for stream in streams], axis=-1)
    return np.ascontiguousarray(stacked.transpose(0, 2, 1))


def _gaps(values: Floats, first: NDArray[np.intp], second: NDArray[np.intp]) -> Floats:
    """(N, T, V) -> (N, T, pairs): differences."""
    return np.take(values, first, axis=2) - np.take(values, second, axis=2)


def _motion(values: Floats, step: int) -> Floats:
    """(N, T, ...) minus itself `step` frames before, centred: zero at the ends."""
    out = np.zeros_like(values)
    if values.shape[1] > step:
        half = step // 2
        out[:, half : values.shape[1] - (step - half)] = values[:, step:] - values[:, :-step]
    return out


def _hold(values: Floats) -> Floats:
    """NaN filled along axis 1 with the last value before, or else the next after."""
    frames = np.arange(values.shape[1]).reshape(1, -1, *[1] * (values.ndim - 2))
    missing = np.isnan(values)
    if not missing.any():
        return values
    before = np.maximum.accumulate(np.where(missing, -1, frames), axis=1)
    last = values.shape[1] - 1
    after = np.minimum.accumulate(np.where(missing, last + 1, frames)[:, ::-1], axis=1)[:, ::-1]
    source = np.where(before >= 0, before, np.minimum(after, last))
    return cast(Floats, np.take_along_axis(values, source, axis=1))


def _body_center(points: Floats, layout: SkeletonLayout) -> Floats:
    """(N, T, 2): the middle of the hips; of the shoulders, or of all joints, where hips are rarely seen.

    The choice holds for a whole window: changing it from frame to frame would look like motion.
    """

    def middle(names: tuple[str, ...]) -> Floats:
        return cast(Floats, points[:, :, layout.indices(names)].mean(axis=2))

    counts = np.isfinite(points).sum(axis=2)
    everything = (np.nansum(points, axis=2) / np.maximum(counts, 1)).astype(np.float32)
    everything[counts == 0] = np.nan
    center = middle(("left_hip", "right_hip"))
    for other in (middle(("left_shoulder", "right_shoulder")), everything):
        rare = np.isfinite(center[..., 0]).mean(axis=1) < 0.5
        center = np.where(rare[:, None, None], other, center)
    return np.nan_to_num(_hold(center))


def _body_scale(local: Floats) -> Floats:
    """(N,): root mean square distance of the joints seen from the body's centre; 1 for a single point."""
    squares = (local.astype(np.float64) ** 2).sum(axis=-1)
    seen = np.isfinite(squares)
    total = np.where(seen, squares, 0).sum(axis=(1, 2))
    scale = np.sqrt(total / np.maximum(seen.sum(axis=(1, 2)), 1))
    return np.where(scale > _SMALLEST_SCALE, scale, 1.0).astype(np.float32)

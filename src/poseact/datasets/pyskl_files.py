"""PYSKL's compressed form: skeletons one after the other with their frames' numbers, often in other files.

PYSKL keeps Kinetics like that: `raw_file` names a pickle with ``{frame_dir: {"keypoint": array}}``.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from poseact.datasets.restricted_pickle import PickledArray, load_pose_pickle
from poseact.errors import SourceError

# Numbers in the array of one clip; a file that asks for more asks for the memory, not for the poses.
_MAX_NUMBERS = 1 << 28


def as_pickled(values: Any) -> PickledArray:
    """An array as if it came out of a pickle."""
    array = PickledArray()
    array.values = values
    return array


class KeypointFiles:
    """The pickles that hold the skeletons, one of which is in memory at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._content: Any = None

    def complete(self, annotation: Mapping[str, Any], clip_id: str) -> dict[str, Any]:
        """The annotation with the skeletons of its file.

        Raises:
            SourceError: If the file is not there or does not hold them.
        """
        path = self._find(annotation["raw_file"])
        if path != self._path:
            self._content = None  # the old one leaves memory first
            self._content, self._path = load_pose_pickle(path), path
        found = self._content
        if isinstance(found, dict) and clip_id in found:
            found = found.pop(clip_id)
        if isinstance(found, PickledArray):
            found = {"keypoint": found}
        if isinstance(found, dict) and "kp" in found:
            found = {**found, "keypoint": found["kp"]}
        if not isinstance(found, dict) or "keypoint" not in found:
            raise SourceError(f"{path.name}: expected its skeletons there, found none")
        return {**annotation, **found}

    def _find(self, raw_file: Any) -> Path:
        """The file of that name in the folder, with as much of its own path as exists there."""
        if not isinstance(raw_file, str):
            raise SourceError(f"raw_file: expected a path, found {type(raw_file).__name__}")
        parts = [part for part in PurePosixPath(raw_file.replace("\\", "/")).parts if part.strip("/.")]
        if not any(":" in part or "\0" in part for part in parts):
            for start in range(len(parts)):
                path = self._folder.joinpath(*parts[start:])
                if path.is_file():
                    return path
        raise SourceError(
            f"no file {raw_file[-80:]!r} in {self._folder}: name its folder with keypoints_folder="
        )


def decompressed(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """An annotation with `keypoint` (N, V, 3: x, y, score) and `frame_inds` (N,) in the usual form.

    A frame's skeletons become persons 0, 1 ... in the order of the file: this form has no tracks.
    Frames without a skeleton stay, with nobody in them.

    Raises:
        SourceError: If the parts do not fit one another.
    """
    skeletons, numbers, num_frames = (
        annotation.get(key) for key in ("keypoint", "frame_inds", "total_frames")
    )
    if not isinstance(skeletons, PickledArray) or not isinstance(numbers, PickledArray):
        raise SourceError("keypoint and frame_inds: expected arrays")
    values, frames = skeletons.values, numbers.values
    if values.ndim != 3 or values.shape[2] != 3 or values.dtype.kind not in "fiu":
        raise SourceError(f"keypoint: expected (skeletons, joints, 3) with frame_inds, found {values.shape}")
    if frames.shape != (len(values),) or frames.dtype.kind not in "iu":
        raise SourceError(f"frame_inds: expected {len(values)} whole numbers, found {frames.shape}")
    if not isinstance(num_frames, int | np.integer) or num_frames < 0:
        raise SourceError(f"total_frames: expected a number of frames, found {str(num_frames)[:20]}")
    if len(frames) and (frames.min() < 0 or frames.max() >= num_frames):
        raise SourceError(f"frame_inds: expected numbers below total_frames ({num_frames})")
    order = np.argsort(frames, kind="stable")
    values, frames = values[order], frames[order].astype(np.int64)
    persons = np.arange(len(frames)) - np.searchsorted(frames, frames)
    num_persons = int(persons.max(initial=-1)) + 1
    joints = values.shape[1]
    if num_persons * int(num_frames) * joints * 3 > _MAX_NUMBERS:
        raise SourceError(f"{num_persons} persons in {num_frames} frames are too many")
    dense = np.zeros((num_persons, int(num_frames), joints, 3), np.float32)
    dense[persons, frames] = values
    return {
        **annotation,
        "keypoint": as_pickled(np.ascontiguousarray(dense[..., :2])),
        "keypoint_score": as_pickled(np.ascontiguousarray(dense[..., 2])),
    }

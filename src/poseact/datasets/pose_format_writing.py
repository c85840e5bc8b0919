"""Writing the ``.pose`` files of the package pose-format; see `poseact.datasets.pose_format`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets import interchange
from poseact.errors import InvalidInputError, MissingExtraError
from poseact.files import write_text_whole, write_whole
from poseact.layouts import BLAZEPOSE33, OPENPOSE18, OPENPOSE25
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout

SUFFIX = ".pose"
WORLD = "POSE_WORLD_LANDMARKS"
_MAX_USHORT = 0xFFFF


def beside(path: Path) -> Path:
    """Where that stands of which a ``.pose`` file has no place."""
    return path.with_name(path.name + ".json")


def write_pose_format(clips: Iterable[Clip], path: Path) -> None:
    """Write clips as ``.pose`` files of version 0.2, each with a ``.pose.json`` beside it.

    blazepose33 becomes MediaPipe's POSE_LANDMARKS (and `world_m` its POSE_WORLD_LANDMARKS),
    openpose18 and openpose25 become ``pose_keypoints_2d``; other layouts are a component called by
    the layout's name. Coordinates keep their units, missing joints are zeros with confidence 0,
    the rate is the mean rate. A joint at exactly (0, 0) with confidence 0 cannot be told from a
    missing one.

    Args:
        clips: What to write.
        path: ``<name>.pose`` for one clip; else a folder, made anew: ``<label>/<name>.pose``.

    Raises:
        MissingExtraError: If the package is not installed.
        InvalidInputError: If a clip is more than the format can hold, or `path` is for one clip.
        OutputError: If a file cannot be written.
    """
    try:
        import pose_format  # noqa: F401 - before anything is begun
    except ImportError:
        raise MissingExtraError("pose-format", "interchange") from None
    interchange.write_files(clips, Path(path), SUFFIX, _write_clip)


def _write_clip(clip: Clip, path: Path) -> None:
    from pose_format import Pose, PoseHeader
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeaderDimensions

    sequence = clip.sequence
    if max(sequence.num_persons, 2 * len(sequence.layout.joint_names)) > _MAX_USHORT:
        raise InvalidInputError(
            f"clip {clip.name!r}: a .pose file holds at most {_MAX_USHORT} people and points"
        )
    data, confidence = _body(sequence)
    header = PoseHeader(0.2, PoseHeaderDimensions(*_extent(sequence), 0), _components(sequence))
    body = NumPyPoseBody(interchange.mean_rate_hz(sequence.timestamps), data, confidence)
    write_whole(path, Pose(header, body).write)
    about = {**interchange.document(clip), "timestamps_s": sequence.timestamps.tolist()}
    write_text_whole(beside(path), interchange.to_json_text(about))


def _body(sequence: PoseSequence) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Data (T, M, P, D) and confidence (T, M, P)."""
    confidence = sequence.confidence

    def filled(points: NDArray[np.float32]) -> NDArray[np.float32]:
        missing = np.isnan(points).all(axis=-1) & (confidence == 0)
        return np.where(missing[..., None], np.float32(0), points)

    data = filled(sequence.keypoints)
    if sequence.world_m is not None:
        no_depth = np.zeros((*data.shape[:3], 3 - data.shape[-1]), np.float32)
        flat = np.concatenate([data, no_depth], axis=-1)
        data = np.concatenate([flat, filled(sequence.world_m)], axis=2)
        confidence = np.concatenate([confidence, confidence], axis=2)
    return data.transpose(1, 0, 2, 3), confidence.transpose(1, 0, 2)


def _extent(sequence: PoseSequence) -> tuple[int, int]:
    """Width and height of the picture, or of what is seen where there is none."""
    if sequence.frame_size_wh is not None:
        width, height = sequence.frame_size_wh
    else:
        seen = np.nan_to_num(sequence.keypoints[..., :2]).reshape(-1, 2)
        width, height = np.ceil(seen.max(axis=0, initial=1).clip(1, _MAX_USHORT)).astype(int).tolist()
    return min(width, _MAX_USHORT), min(height, _MAX_USHORT)


def _components(sequence: PoseSequence) -> list[Any]:
    from pose_format.pose_header import PoseHeaderComponent

    layout = sequence.layout
    # The package cuts names that are not ASCII: it writes their length in characters, not bytes.
    points = [name.encode("ascii", "backslashreplace").decode() for name in _foreign_names(layout)]
    limbs = [(int(parent), int(child)) for child, parent in layout.edge_indices]
    names = [_foreign_component(sequence)]
    forms = ["XYZC" if sequence.keypoints.shape[-1] == 3 else "XYC"]
    if sequence.world_m is not None:
        names.append(WORLD if layout == BLAZEPOSE33 else f"{names[0]}_WORLD")
        forms.append("XYZC")
    return [
        PoseHeaderComponent(name, points, limbs, [(255, 0, 0)], form)
        for name, form in zip(names, forms, strict=True)
    ]


def _foreign_component(sequence: PoseSequence) -> str:
    layout = sequence.layout
    if layout == BLAZEPOSE33:
        return WORLD if sequence.units == "m" else "POSE_LANDMARKS"
    if layout in (OPENPOSE18, OPENPOSE25):
        return f"pose_keypoints_{sequence.keypoints.shape[-1]}d"
    return layout.name.encode("ascii", "backslashreplace").decode()


def _foreign_names(layout: SkeletonLayout) -> list[str]:
    """Joint names as MediaPipe (``LEFT_EYE_INNER``) and OpenPose (``LEye``) spell them."""
    if layout == BLAZEPOSE33:
        mouth = {"left_mouth": "MOUTH_LEFT", "right_mouth": "MOUTH_RIGHT"}
        return [mouth.get(name, name.upper()) for name in layout.joint_names]
    if layout in (OPENPOSE18, OPENPOSE25):
        sides = {"left": "L", "right": "R"}
        words = ("MidHip" if name == "pelvis" else name for name in layout.joint_names)
        return [
            "".join(sides.get(part, part[:1].upper() + part[1:]) for part in word.split("_"))
            for word in words
        ]
    return list(layout.joint_names)

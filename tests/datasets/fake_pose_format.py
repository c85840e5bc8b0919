"""Fake ``.pose`` files, made by the package: OpenPose, MediaPipe Holistic, and a header of its own."""

from pathlib import Path
from typing import Any

import numpy as np
from fake_people import walkers

# mediapipe.solutions.holistic.PoseLandmark, in order.
_PAIRED = (
    *("EAR", "MOUTH", "SHOULDER", "ELBOW", "WRIST", "PINKY", "INDEX", "THUMB"),
    *("HIP", "KNEE", "ANKLE", "HEEL", "FOOT_INDEX"),
)
MEDIAPIPE = [
    "NOSE",
    *(f"{side}_EYE{part}" for side in ("LEFT", "RIGHT") for part in ("_INNER", "", "_OUTER")),
    *(
        f"{part}_{side}" if part == "MOUTH" else f"{side}_{part}"
        for part in _PAIRED
        for side in ("LEFT", "RIGHT")
    ),
]


def component(name: str, points: list[str], limbs: Any = (), form: str = "XYC") -> Any:
    from pose_format.pose_header import PoseHeaderComponent

    return PoseHeaderComponent(name, points, list(limbs), [(255, 0, 0)], form)


def holistic() -> list[Any]:
    """The components of ``holistic_components()``, which needs mediapipe to be called."""
    face = [str(i) for i in range(468)]
    hand = ["WRIST", "THUMB_TIP"]
    return [
        component("POSE_LANDMARKS", MEDIAPIPE, [(11, 13), (13, 15)], "XYZC"),
        component("FACE_LANDMARKS", face, form="XYZC"),
        component("LEFT_HAND_LANDMARKS", hand, [(0, 1)], "XYZC"),
        component("RIGHT_HAND_LANDMARKS", hand, [(0, 1)], "XYZC"),
        component("POSE_WORLD_LANDMARKS", MEDIAPIPE, form="XYZC"),
    ]


def write(path: Path, components: list[Any], data: Any, confidence: Any, fps: float = 25.0) -> Path:
    """Data (T, M, P, D), confidence (T, M, P)."""
    from pose_format import Pose, PoseHeader
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeaderDimensions

    path.parent.mkdir(parents=True, exist_ok=True)
    header = PoseHeader(0.2, PoseHeaderDimensions(640, 480, 0), components)
    body = NumPyPoseBody(fps, np.asarray(data, np.float32), np.asarray(confidence, np.float32))
    with path.open("wb") as file:
        Pose(header, body).write(file)
    return path


def points(
    components: list[Any], *, people: int = 1, frames: int = 6, depth: bool = False
) -> tuple[Any, Any]:
    """Walking people for a header; the fourth point and the last frame are missing."""
    count = sum(len(one.points) for one in components)
    data = walkers(people, frames, count).transpose(1, 0, 2, 3)
    if depth:
        z = np.random.default_rng(1).normal(0, 0.3, (*data.shape[:3], 1))
        data = np.concatenate([data, z], axis=-1)
    confidence = np.random.default_rng(2).uniform(0.1, 1, data.shape[:3])
    confidence[:, :, 3] = 0
    confidence[-1] = 0
    return np.where(confidence[..., None] > 0, data, 0), confidence


def make(folder: Path) -> Path:
    """A folder a class: OpenPose of two people, Holistic of one, and a skeleton that nobody knows."""
    from pose_format.utils.openpose import OpenPose_Components

    root = folder / "poses"
    openpose = list(OpenPose_Components)
    write(root / "walk" / "a.pose", openpose, *points(openpose, people=2), fps=29.97)
    write(root / "wave" / "b.pose", holistic(), *points(holistic(), depth=True))
    own = [component("robot", ["wheel", "arm", "head"], [(2, 1), (2, 0)])]
    data, confidence = points([component("", ["a", "b", "c", "d"])])
    write(root / "c.pose", own, data[:, :, :3], confidence[:, :, :3])
    return root

"""Small data sets of a made-up person, whose sides, front and faults are known."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.layouts import KINECT20, PENN13
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout

# Metres: x to the picture's right, y down, z away; the person faces the camera. Right joints mirrored.
_MIDDLE = {"pelvis": (0, 0, 0), "spine": (0, -0.25, 0), "spine_shoulder": (0, -0.5, 0), "head": (0, -0.75, 0)}
_LEFT = {
    "shoulder": (0.2, -0.48, 0),
    "elbow": (0.25, -0.2, 0.06),
    "wrist": (0.25, 0, -0.15),
    "hand": (0.25, 0.05, -0.2),
    "hip": (0.12, 0, 0),
    "knee": (0.12, 0.45, -0.05),
    "ankle": (0.12, 0.88, 0),
    "foot": (0.12, 0.93, -0.15),
}
SIZE_WH = (640, 360)


def joint(name: str) -> tuple[float, float, float]:
    side, _, rest = name.partition("_")
    if side not in ("left", "right"):
        return _MIDDLE[name]
    x, y, z = _LEFT[rest]
    return (x if side == "left" else -x), y, z


def body_m(
    rng: np.random.Generator, layout: SkeletonLayout, *, frames: int = 24, turn_deg: float = 0
) -> NDArray[np.float64]:
    """(1, T, V, 3): swaying and shaking a little; turned to the person's left by `turn_deg`."""
    still = np.array([joint(name) for name in layout.joint_names])
    moving = still + rng.normal(scale=0.01, size=(frames, layout.num_joints, 3)).cumsum(axis=0) * 0.3
    moving += np.sin(np.arange(frames) / 4 + rng.uniform(0, 6))[:, None, None] * rng.normal(
        scale=0.03, size=3
    )
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    return np.asarray((moving @ turn)[None])


def in_metres(rng: np.random.Generator, **options: Any) -> PoseSequence:
    points = body_m(rng, KINECT20, **options) + np.array([0, 0, 3])
    return sequence(points, np.ones(points.shape[:3]), KINECT20, "m", None)


def in_picture(rng: np.random.Generator, *, hidden_confidence: float = 0.4, **options: Any) -> PoseSequence:
    """Orthographic; joints on the far side are hidden."""
    points = body_m(rng, PENN13, **options)
    middle = points[..., 2].mean(axis=2, keepdims=True)
    confidence = np.where(points[..., 2] > middle + 0.05, hidden_confidence, 0.9)
    xy = points[..., :2] * 150 + np.array([450, 170])
    return sequence(xy, confidence, PENN13, "px", SIZE_WH)


def sequence(
    points: NDArray[Any], confidence: NDArray[Any], layout: SkeletonLayout, units: Any, size: Any
) -> PoseSequence:
    return PoseSequence(
        keypoints=points,
        confidence=confidence,
        timestamps=np.arange(points.shape[1]) / 25,
        layout=layout,
        units=units,
        frame_size_wh=size,
    )


def clips(make: Any = in_picture, *, seed: int = 0) -> list[Clip]:
    """24 clips without a fault: 3 classes, 4 subjects, 2 repetitions, an official protocol ``xsub``."""
    rng = np.random.default_rng(seed)
    out = []
    for label in ("bow", "walk", "wave"):
        for subject in "1234":
            for take in "12":
                turn = float(rng.choice([-70, 0, 70]))
                frames = int(rng.integers(22, 30))
                out.append(
                    Clip(
                        sequence=make(rng, frames=frames, turn_deg=turn),
                        label=label,
                        name=f"{label}_s{subject}_{take}",
                        subject=subject,
                        repetition=take,
                        group=f"s{subject}",
                        splits={"xsub": "train" if subject in "12" else "test"},
                    )
                )
    return out


def flipped(poses: PoseSequence) -> PoseSequence:
    """With the names of left and right exchanged."""
    order = poses.layout.flip_order
    return replace(poses, keypoints=poses.keypoints[:, :, order], confidence=poses.confidence[:, :, order])


def with_points(poses: PoseSequence, points: NDArray[Any]) -> PoseSequence:
    missing = np.isnan(points).any(axis=-1)
    return replace(poses, keypoints=points, confidence=np.where(missing, 0, poses.confidence))

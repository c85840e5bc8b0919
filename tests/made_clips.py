"""Small labelled sets of stick people whose classes differ by what moves, for tests of training."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from poseact.clip import Clip
from poseact.layouts import BODY13
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout

CLASSES = ("raise_arms", "squat", "step")
_STANDING = {
    "head": (0, -60),
    "left_shoulder": (15, -40),
    "right_shoulder": (-15, -40),
    "left_elbow": (22, -20),
    "right_elbow": (-22, -20),
    "left_wrist": (24, 0),
    "right_wrist": (-24, 0),
    "left_hip": (10, 0),
    "right_hip": (-10, 0),
    "left_knee": (11, 30),
    "right_knee": (-11, 30),
    "left_ankle": (12, 60),
    "right_ankle": (-12, 60),
}


def made_clips(
    *,
    subjects: int = 6,
    takes: int = 2,
    classes: Sequence[str] = CLASSES,
    frames: int = 24,
    dims: int = 2,
    people: int = 1,
    rate_hz: float = 15.0,
    seed: int = 0,
) -> list[Clip]:
    """Every subject does everything `takes` times; odd subjects are the training part of ``xsub``."""
    rng = np.random.default_rng(seed)
    clips = []
    for subject in range(1, subjects + 1):
        for label in classes:
            for take in range(takes):
                length = int(frames + rng.integers(-frames // 6, frames // 6 + 1))
                sequence = _performance(label, length, dims, people, rate_hz, rng)
                clips.append(
                    Clip(
                        sequence=sequence,
                        label=label,
                        name=f"{label}_s{subject}_t{take}",
                        subject=f"s{subject}",
                        splits={"xsub": "train" if subject % 2 else "test"},
                    )
                )
    return clips


def _performance(
    label: str, frames: int, dims: int, people: int, rate_hz: float, rng: np.random.Generator
) -> PoseSequence:
    points = np.stack([_person(label, frames, dims, rng) + 150.0 * m for m in range(people)])
    return PoseSequence(
        keypoints=points.astype(np.float32),
        confidence=np.ones(points.shape[:-1], np.float32),
        timestamps=np.arange(frames) / rate_hz,
        layout=BODY13,
        units="px" if dims == 2 else "m",
    )


def _person(label: str, frames: int, dims: int, rng: np.random.Generator) -> np.ndarray:
    standing = np.zeros((13, dims))
    standing[:, :2] = np.array([_STANDING[name] for name in BODY13.joint_names])
    points = np.tile(standing, (frames, 1, 1))
    swing = np.sin(np.linspace(0, 2 * np.pi * rng.uniform(0.8, 1.2), frames)) ** 2 * rng.uniform(0.8, 1.2)
    up = lambda names, far: _move(points, BODY13, names, far * swing)  # noqa: E731
    if label == "raise_arms":
        up(("left_wrist", "right_wrist"), -90)
        up(("left_elbow", "right_elbow"), -40)
    elif label == "squat":
        up(("head", "left_shoulder", "right_shoulder", "left_hip", "right_hip"), 35)
    elif label == "step":
        up(("left_ankle", "left_knee"), -25)
    return (points + rng.normal(size=points.shape) * 1.0) * rng.uniform(0.7, 1.3) + rng.uniform(50, 200)


def _move(points: np.ndarray, layout: SkeletonLayout, names: Sequence[str], by: np.ndarray) -> None:
    points[:, layout.indices(names), 1] += by[:, None]


def without_subjects(clips: Sequence[Clip]) -> list[Clip]:
    """As of a set that says nothing of who is seen, and has no protocol."""
    return [replace(clip, subject=None, splits={}) for clip in clips]

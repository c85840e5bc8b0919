"""Faults to put into clips without one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import made_people as people
from poseact.clip import Clip
from poseact.sequence import PoseSequence


def changed(
    clips: list[Clip], numbers: range | list[int], change: Callable[[PoseSequence], PoseSequence]
) -> list[Clip]:
    """The clips, some of them changed."""
    return [replace(c, sequence=change(c.sequence)) if i in numbers else c for i, c in enumerate(clips)]


def at(joints: Any, value: float, frames: Any = slice(None)) -> Callable[[PoseSequence], PoseSequence]:
    """Puts joints to a value."""

    def change(poses: PoseSequence) -> PoseSequence:
        points = poses.keypoints.copy()
        points[:, frames, joints] = value
        return people.with_points(poses, points)

    return change


def exchanged(poses: PoseSequence) -> PoseSequence:
    """With width and height exchanged."""
    assert poses.frame_size_wh is not None
    return replace(poses, frame_size_wh=poses.frame_size_wh[::-1])


def slid_in(frames: int, joints: list[int], start_px: float) -> Callable[[PoseSequence], PoseSequence]:
    """Joints that slide in from far away, and are where they should be after so many frames."""

    def change(poses: PoseSequence) -> PoseSequence:
        points = poses.keypoints.copy()
        way = start_px * np.linspace(1, 0, frames, endpoint=False)
        points[:, :frames, joints, 0] += way[:, None]
        return people.with_points(poses, points)

    return change

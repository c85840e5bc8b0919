"""People who walk across a picture, for the fake data of formats that other pose tools write."""

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.layouts import OPENPOSE25
from poseact.sequence import PoseSequence, Units
from poseact.skeleton import SkeletonLayout


def walkers(
    people: int, frames: int, joints: int, *, seed: int = 0, noise: float = 1.0
) -> NDArray[np.float32]:
    """(M, T, V, 2) pixels: people of 100 x 200 px, 300 px apart, who move 3 px a frame."""
    rng = np.random.default_rng(seed)
    shape = rng.uniform(0, (100, 200), (people, 1, joints, 2))
    start = np.stack([50.0 + 300 * np.arange(people), np.full(people, 80.0)], axis=-1)[:, None, None]
    walk = np.stack([3.0 * np.arange(frames), np.zeros(frames)], axis=-1)[None, :, None]
    return (shape + start + walk + rng.normal(0, noise, (people, frames, joints, 2))).astype(np.float32)


def awkward_clip(
    name: str,
    *,
    layout: SkeletonLayout = OPENPOSE25,
    units: Units = "px",
    dimensions: int = 2,
    label: str | None = "walk",
    seed: int = 0,
) -> Clip:
    """A clip with what writers stumble over.

    Missing joints, a frame of nobody, somebody who is never seen, ids out of order, uneven
    time stamps, long decimals, names that are not ASCII.
    """
    rng = np.random.default_rng(seed)
    people, frames, joints = 3, 6, layout.num_joints
    keypoints = rng.normal(300, 100, (people, frames, joints, dimensions)).astype(np.float32)
    keypoints[0, :, 3] = np.nan
    keypoints[1, 2:] = np.nan
    keypoints[2] = np.nan
    keypoints[:, 4] = np.nan
    keypoints[0, 0, 0] = 1 / 3
    confidence = rng.uniform(0.01, 1, keypoints.shape[:3]).astype(np.float32)
    confidence[np.isnan(keypoints).any(axis=-1)] = 0
    return Clip(
        sequence=PoseSequence(
            keypoints=keypoints if units != "normalized" else keypoints / 1000,
            confidence=confidence,
            timestamps=np.cumsum(rng.uniform(0.01, 0.1, frames)),
            layout=layout,
            units=units,
            frame_size_wh=(1280, 720),
            track_ids=np.array([7, 3, 11]),
        ),
        label=label,
        name=name,
        subject="Jörg, der 2.",
        camera='"links"',
        repetition="1",
        group="Küche\nEG",
        splits={"xsub": "train", "5-fold": "3"},
    )


def assert_same(first: Clip, second: Clip) -> None:
    """Every field, float by float."""
    assert first.info == second.info
    a, b = first.sequence, second.sequence
    assert (a.units, a.frame_size_wh, a.layout.joint_names) == (
        b.units,
        b.frame_size_wh,
        b.layout.joint_names,
    )
    np.testing.assert_array_equal(a.track_ids, b.track_ids)
    np.testing.assert_array_equal(a.timestamps, b.timestamps)
    np.testing.assert_array_equal(a.keypoints, b.keypoints)
    np.testing.assert_array_equal(a.confidence, b.confidence)

"""Fake data of the format `videos`: a CSV of spans and the poses of one video beside it."""

from pathlib import Path

import numpy as np

from poseact.layouts import COCO17
from poseact.sequence import PoseSequence


def make(folder: Path) -> Path:
    """A CSV with two spans."""
    keypoints = np.random.default_rng(0).uniform(0, 100, (1, 30, 17, 2)).astype(np.float32)
    PoseSequence(
        keypoints=keypoints,
        confidence=np.ones((1, 30, 17), np.float32),
        timestamps=np.arange(30) / 10,
        layout=COCO17,
    ).save(folder / "a.poses.npz")
    path = folder / "spans.csv"
    path.write_text("path,label,start_s,end_s\na.mp4,walk,0,1\na.mp4,sit,1,3\n")
    return path

"""Fake data of poseact's own format: three clips, one with an odd name."""

import csv
from pathlib import Path

import numpy as np

from poseact.layouts import COCO17, KINECT20
from poseact.sequence import PoseSequence


def make(folder: Path) -> Path:
    """Written by hand, not by the writer: the table and the files that it names."""
    target = folder / "set"
    (target / "poses").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = [
        ["name", "file", "label", "subject", "camera", "repetition", "group", "split:xsub", "split:3-fold"]
    ]
    for number, (name, layout, size) in enumerate(
        (("walk/1, früh", COCO17, (640, 480)), ("CON", COCO17, (640, 480)), ("sit\n2", KINECT20, None))
    ):
        dimensions = 3 if layout is KINECT20 else 2
        keypoints = rng.uniform(0, 100, (1 + number % 2, 12, layout.num_joints, dimensions)).astype(
            np.float32
        )
        keypoints[0, 3, 5] = np.nan
        confidence = rng.uniform(0, 1, keypoints.shape[:3]).astype(np.float32)
        confidence[0, 3, 5] = 0
        PoseSequence(
            keypoints=keypoints,
            confidence=confidence,
            timestamps=np.cumsum(rng.uniform(0.02, 0.05, 12)),
            layout=layout,
            units="px" if size else "m",
            frame_size_wh=size,
            track_ids=np.arange(1 + number % 2) + 7,
        ).save(target / "poses" / f"{number}.npz")
        cells = [("walk", "s1", "", "1", "g1"), ("sit", "s2", "left", "", ""), ("", "", "", "", "")][number]
        rows.append([name, f"poses/{number}.npz", *cells, ("train", "test", "")[number], str(number + 1)])
    with (target / "clips.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return target

"""Fake data of the format `pyskl`: 2D with scores and splits, as HRNet skeletons of NTU RGB+D are shared."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np


def annotation_2d(
    name: str, label: int = 0, *, persons: int = 1, frames: int = 6, seed: int = 0
) -> dict[str, Any]:
    """COCO joints in a picture of 1920 x 1080, float16 as PYSKL has them."""
    rng = np.random.default_rng(seed)
    keypoint = rng.uniform((1, 1), (1900, 1000), (persons, frames, 17, 2)).astype(np.float16)
    return {
        "frame_dir": name,
        "label": label,
        "img_shape": (1080, 1920),
        "original_shape": (1080, 1920),
        "total_frames": frames,
        "keypoint": keypoint,
        "keypoint_score": rng.uniform(0.3, 1, (persons, frames, 17)).astype(np.float16),
    }


def annotation_3d(
    name: str, label: int = 0, *, persons: int = 1, frames: int = 6, seed: int = 0
) -> dict[str, Any]:
    """Kinect joints in metres, x to the left and y up, without scores."""
    keypoint = np.random.default_rng(seed).normal(1, 0.3, (persons, frames, 25, 3)).astype(np.float16)
    return {"frame_dir": name, "label": label, "keypoint": keypoint, "total_frames": frames}


def content() -> dict[str, Any]:
    """Four clips, one of them with a second person who is not in view all the time."""
    names = ["S001C001P001R001A001", "S001C002P001R001A002", "S001C003P003R002A050", "S002C001P003R001A060"]
    annotations = [
        annotation_2d(name, int(name[-3:]) - 1, persons=1 + i % 2, frames=5 + i, seed=i)
        for i, name in enumerate(names)
    ]
    annotations[1]["keypoint"][1, 2:] = 0
    annotations[1]["keypoint_score"][1, 2:] = 0
    split = {
        "xsub_train": names[:2],
        "xsub_val": names[2:],
        "xview_train": names[1:3],
        "xview_val": [names[0], names[3]],
    }
    return {"split": split, "annotations": annotations}


def make(folder: Path) -> Path:
    """A pickle of four clips."""
    path = folder / "ntu60_hrnet.pkl"
    path.write_bytes(pickle.dumps(content(), protocol=4))
    return path

"""Fake output of OpenPose 1.7 (``--write_json``): two classes, three clips, BODY_25 and COCO."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from fake_people import walkers
from numpy.typing import NDArray


def person(xy: NDArray[np.float32], confidence: float = 0.9, person_id: Any = (-1,)) -> dict[str, Any]:
    """A person as OpenPose writes one, joint 4 missing; xy (V, 2)."""
    rows = np.column_stack([xy, np.full(len(xy), confidence, np.float32)])
    rows[4] = 0
    flat = [float(f"{value:.6g}") for value in rows.ravel()]
    return {
        "person_id": list(person_id),
        "pose_keypoints_2d": flat,
        "face_keypoints_2d": [],
        "hand_left_keypoints_2d": [],
        "hand_right_keypoints_2d": [],
        "pose_keypoints_3d": [],
        "face_keypoints_3d": [],
        "hand_left_keypoints_3d": [],
        "hand_right_keypoints_3d": [],
    }


def write_frame(folder: Path, stem: str, number: int, people: list[dict[str, Any]]) -> Path:
    """One file; OpenPose writes no spaces and numbers the frames of a video with twelve digits."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}_{number:012d}_keypoints.json"
    path.write_text(json.dumps({"version": 1.3, "people": people}, separators=(",", ":")))
    return path


def make(folder: Path) -> Path:
    """``<class>/<clip>/``, with two people who change places in the lists, and a frame of nobody."""
    root = folder / "openpose"
    for label, clip, joints in (("walk", "a", 25), ("walk", "b", 25), ("wave", "c", 18)):
        xy = walkers(2, 8, joints)
        for t in range(8):
            people = [person(xy[m, t]) for m in range(2)]
            write_frame(root / label / clip, clip, t, [] if t == 5 else people[:: 1 if t % 2 else -1])
    return root

"""Fake results of AlphaPose: a folder of files in its three forms."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from fake_people import walkers

# Of COCO's 17 joints and the neck (17), in OpenPose's order, as pPose_nms.py has them.
OPENPOSE_ORDER = (0, 17, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)


def people(frames: int = 6, joints: int = 17, *, idx: bool = True) -> list[dict[str, Any]]:
    """The default form: two people in every frame but the third."""
    xy = walkers(2, frames, joints)
    out = []
    for t in range(frames):
        for m in range(2):
            if t == 3:
                continue
            rows = np.column_stack([xy[m, t], np.full(joints, 0.8)])
            one = {
                "image_id": f"{t}.jpg",
                "category_id": 1,
                "keypoints": [float(value) for value in rows.ravel()],
                "score": 3.1,
                "box": [float(n) for n in (*xy[m, t].min(axis=0), 100, 200)],
            }
            out.append({**one, "idx": m + 1} if idx else {**one, "idx": [0.0]})
    return out


def by_picture(form: str) -> dict[str, Any]:
    """The forms ``cmu`` and ``open``."""
    pictures: dict[str, Any] = {}
    for one in people():
        rows = np.array(one["keypoints"]).reshape(-1, 3)
        rows = np.concatenate([rows, rows[5:7].mean(axis=0, keepdims=True)])[list(OPENPOSE_ORDER)]
        outer, inner = ("bodies", "joints") if form == "cmu" else ("people", "pose_keypoints_2d")
        picture = pictures.setdefault(one["image_id"], {"version": "AlphaPose v0.3", outer: []})
        picture[outer].append({inner: rows.ravel().tolist()})
    return pictures


def make(folder: Path) -> Path:
    """``<class>/<clip>/alphapose-results.json``, and a class with two files of its own."""
    root = folder / "alphapose"
    for path, content in {
        "walk/a/alphapose-results.json": people(),
        "walk/b/alphapose-results.json": people(joints=26),
        "wave/c.json": by_picture("cmu"),
        "wave/d.json": by_picture("open"),
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(json.dumps(content))
    return root

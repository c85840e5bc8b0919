"""Fake COCO keypoint annotations: two videos' frames, as COCO-VID and CVAT have them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from fake_people import walkers

from poseact.layouts import COCO17

# As in person_keypoints_val2017.json.
SKELETON = [
    [16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9],
    [8, 10], [9, 11], [2, 3], [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7],
]  # fmt: skip


def category(names: tuple[str, ...] = COCO17.joint_names) -> dict[str, Any]:
    return {
        "id": 1,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(names),
        "skeleton": SKELETON,
    }


def dataset(*, videos: bool = True, tracks: bool = True) -> dict[str, Any]:
    """Two clips of two people in five frames; joint 3 not labelled, joint 4 hidden."""
    images, annotations = [], []
    for video in (1, 2):
        xy = walkers(2, 5, 17, seed=video).round(1).astype(float)
        for t in range(5):
            image = {
                "id": 100 * video + t,
                "file_name": f"clip{video}/frame_{t:04d}.jpg",
                "width": 640,
                "height": 480,
                "license": 1,
            }
            images.append({**image, "video_id": video, "frame_id": t} if videos else image)
            for m in range(2):
                flags = np.full(17, 2)
                flags[3], flags[4] = 0, 1
                points = np.where(flags[:, None] > 0, xy[m, t], 0)
                one = {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": 1,
                    "iscrowd": 0,
                    "num_keypoints": 16,
                    "area": 20000.0,
                    "bbox": [*xy[m, t].min(axis=0).tolist(), 100.0, 200.0],
                    "keypoints": [
                        n
                        for (x, y), v in zip(points.tolist(), flags.tolist(), strict=True)
                        for n in (x, y, v)
                    ],
                }
                annotations.append({**one, "track_id": m + 5} if tracks else one)
    content = {
        "info": {"description": "fake"},
        "licenses": [{"id": 1, "name": "none", "url": ""}],
        "images": images,
        "annotations": annotations,
        "categories": [category()],
    }
    return {**content, "videos": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]} if videos else content


def make(folder: Path) -> Path:
    """One file with two videos."""
    path = folder / "person_keypoints.json"
    path.write_text(json.dumps(dataset()))
    return path

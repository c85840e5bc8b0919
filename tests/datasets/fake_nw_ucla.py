"""Fake data of the format `nw-ucla`: JSON files as in the folder ``all_sqe`` that the field shares."""

import json
from pathlib import Path
from typing import Any

import numpy as np

NAMES = {"a01_s01_e00_v01": 1, "a08_s02_e01_v03": 7, "a12_s10_e03_v02": 10}


def content(name: str, *, frames: int = 5) -> dict[str, Any]:
    """What the file of a clip holds; numbers have six digits, as in the public files."""
    rng = np.random.default_rng(len(name) + NAMES.get(name, 0))
    xyz = rng.normal(0, 0.4, (frames, 20, 3)) + np.array([0, 0.2, 3])
    return {
        "file_name": name,
        "skeletons": [[[float(f"{x:.6g}") for x in joint] for joint in frame] for frame in xyz],
        "label": NAMES.get(name, 1),
    }


def make(folder: Path) -> Path:
    """A folder with `all_sqe` in it."""
    inner = folder / "all_sqe"
    inner.mkdir(parents=True)
    for name in NAMES:
        (inner / f"{name}.json").write_text(json.dumps(content(name)))
    return folder

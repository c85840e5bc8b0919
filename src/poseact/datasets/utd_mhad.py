"""UTD-MHAD: 861 clips of 27 actions by 8 subjects, Kinect v1 skeletons of 20 joints.

Chen, Jafari, Kehtarnavaz, "UTD-MHAD", ICIP 2015. Files ``Skeleton/aA_sS_tT_skeleton.mat``.
Needs scipy (extra ``train``).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, read_each, stop
from poseact.datasets.reading import even_timestamps, find_files, load_mat, mat_array
from poseact.errors import SourceError
from poseact.layouts import KINECT20
from poseact.sequence import PoseSequence

RATE_HZ = 30.0
CLASS_NAMES = (
    "swipe_left",
    "swipe_right",
    "wave",
    "clap",
    "throw",
    "cross_arms",
    "basketball_shot",
    "draw_x",
    "draw_circle_clockwise",
    "draw_circle_counter_clockwise",
    "draw_triangle",
    "bowling",
    "boxing",
    "baseball_swing",
    "tennis_swing",
    "arm_curl",
    "tennis_serve",
    "push",
    "knock",
    "catch",
    "pick_up_and_throw",
    "jog",
    "walk",
    "sit_to_stand",
    "stand_to_sit",
    "lunge",
    "squat",
)
# Skeleton_joint_order.txt has head, shoulder centre, spine, hip centre first; the rest is KINECT20's order.
_FILE_ORDER = np.array([3, 2, 1, 0, *range(4, 20)])
_NAME = re.compile(r"a(\d+)_s(\d+)_t(\d+)_skeleton")


def read_utd_mhad(folder: Path, *, on_broken: OnBroken = stop) -> Iterator[Clip]:
    """Yield the clips of a UTD-MHAD folder; `Clip.splits` has ``xsub``: odd subjects train, even test.

    Coordinates become metres with x to the right of the picture, y down, z away from the camera
    (the files have x to the left and y up).

    Raises:
        SourceError: If a file cannot be read or has another form.
        MissingExtraError: If scipy is not installed.
    """
    files = find_files(Path(folder), "Skeleton/*_skeleton.mat", "UTD-MHAD skeletons")
    yield from read_each(files, _read_clip, on_broken)


def _read_clip(path: Path) -> Clip:
    match = _NAME.fullmatch(path.stem)
    if match is None or not 1 <= int(match[1]) <= len(CLASS_NAMES):
        raise SourceError(f"{path}: expected a name like a1_s1_t1_skeleton.mat")
    action, subject, take = (int(text) for text in match.groups())
    joints = mat_array(path, load_mat(path), "d_skel")
    if joints.ndim != 3 or joints.shape[:2] != (20, 3):
        raise SourceError(f"{path}: expected d_skel of (20, 3, T), found {joints.shape}")
    xyz_m = joints.transpose(2, 0, 1)[:, _FILE_ORDER] * np.array([-1.0, -1.0, 1.0])
    sequence = PoseSequence(
        keypoints=xyz_m[None].astype(np.float32),
        confidence=np.ones((1, len(xyz_m), 20), np.float32),
        timestamps=even_timestamps(len(xyz_m), RATE_HZ),
        layout=KINECT20,
        units="m",
    )
    return Clip(
        sequence=sequence,
        label=CLASS_NAMES[action - 1],
        name=path.stem.removesuffix("_skeleton"),
        subject=str(subject),
        repetition=str(take),
        splits={"xsub": "train" if subject % 2 else "test"},
    )


FORMAT = DataFormat(
    name="utd-mhad",
    title="UTD-MHAD: 27 actions, 8 subjects, Kinect v1 (Chen et al., ICIP 2015)",
    read=read_utd_mhad,
    detect=lambda path: holds(path, "Skeleton/a*_s*_t*_skeleton.mat"),
    protocols={
        "xsub": "subjects 1, 3, 5, 7 train, 2, 4, 6, 8 test",
    },
)

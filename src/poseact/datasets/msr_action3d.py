"""MSR-Action3D: 567 clips of 20 actions by 10 subjects, depth-camera skeletons of 20 joints.

Li, Zhang, Liu, "Action recognition based on a bag of 3D points", CVPR-W 2010. Files
``MSRAction3DSkeletonReal3D/aAA_sSS_eEE_skeleton3D.txt``: 20 rows of x y z confidence a frame.
"""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, read_each, stop
from poseact.datasets.reading import even_timestamps, find_files, load_numbers
from poseact.errors import SourceError
from poseact.layouts import KINECT20
from poseact.sequence import PoseSequence

log = logging.getLogger(__name__)

RATE_HZ = 15.0
CLASS_NAMES = (
    "high_arm_wave",
    "horizontal_arm_wave",
    "hammer",
    "hand_catch",
    "forward_punch",
    "high_throw",
    "draw_x",
    "draw_tick",
    "draw_circle",
    "hand_clap",
    "two_hand_wave",
    "side_boxing",
    "bend",
    "forward_kick",
    "side_kick",
    "jogging",
    "tennis_swing",
    "tennis_serve",
    "golf_swing",
    "pick_up_and_throw",
)
# The set's own order. Sides: one-handed actions, done with the right hand as a rule, move the odd
# list (8, 10, 12 counted from 0), and the x axis points left, as in UTD-MHAD.
FILE_JOINTS = (
    "left_shoulder",
    "right_shoulder",
    "spine_shoulder",
    "spine",
    "left_hip",
    "right_hip",
    "pelvis",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hand",
    "right_hand",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_foot",
    "right_foot",
    "head",
)
_ORDER = np.array([FILE_JOINTS.index(name) for name in KINECT20.joint_names])
_NAME = re.compile(r"a(\d+)_s(\d+)_e(\d+)_skeleton3D")
# Action sets of the paper, by action number.
_ACTION_SETS = {
    "AS1": {2, 3, 5, 6, 10, 13, 18, 20},
    "AS2": {1, 4, 7, 8, 9, 11, 14, 12},
    "AS3": {6, 14, 15, 16, 17, 18, 19, 20},
}


def read_msr_action3d(folder: Path, *, on_broken: OnBroken = stop) -> Iterator[Clip]:
    """Yield the clips of an MSR-Action3D folder.

    A frame of zeros holds nobody and becomes missing joints; a clip of nothing else (a13_s09_e02)
    is reported in the log and yielded with nobody in it, so that the count stays 567.
    `Clip.splits` has ``xsub`` (odd subjects train, even test) and, for the action sets that the
    clip belongs to, ``AS1``, ``AS2``, ``AS3``.

    Raises:
        SourceError: If a file cannot be read or has another form.
    """
    files = find_files(
        Path(folder), "MSRAction3DSkeletonReal3D/*_skeleton3D.txt", "MSR-Action3D skeletons in metres"
    )
    yield from read_each(files, _read_clip, on_broken)


def _read_clip(path: Path) -> Clip:
    match = _NAME.fullmatch(path.stem)
    if match is None or not 1 <= int(match[1]) <= len(CLASS_NAMES):
        raise SourceError(f"{path}: expected a name like a01_s01_e01_skeleton3D.txt")
    action, subject, take = (int(text) for text in match.groups())
    rows = load_numbers(path, 4)
    if len(rows) % 20:
        raise SourceError(f"{path}: expected 20 rows a frame, found {len(rows)} rows")
    frames = rows.reshape(-1, 20, 4)[:, _ORDER]
    xyz_m = frames[..., :3] * np.array([-1.0, -1.0, 1.0])
    nobody = (frames[..., :3] == 0).all(axis=(1, 2))
    xyz_m[nobody] = np.nan
    confidence = np.where(nobody[:, None], 0.0, np.nan_to_num(frames[..., 3]).clip(0, 1))
    if nobody.all():
        log.warning("%s: all joints are zero in every frame: nobody is in this clip", path.name)
    part = "train" if subject % 2 else "test"
    protocols = ["xsub", *(name for name, actions in _ACTION_SETS.items() if action in actions)]
    return Clip(
        sequence=PoseSequence(
            keypoints=xyz_m[None].astype(np.float32),
            confidence=confidence[None].astype(np.float32),
            timestamps=even_timestamps(len(frames), RATE_HZ),
            layout=KINECT20,
            units="m",
        ),
        label=CLASS_NAMES[action - 1],
        name=path.stem.removesuffix("_skeleton3D"),
        subject=str(subject),
        repetition=str(take),
        splits=dict.fromkeys(protocols, part),
    )


FORMAT = DataFormat(
    name="msr-action3d",
    title="MSR-Action3D: 20 actions, 10 subjects, depth camera (Li et al., CVPR-W 2010)",
    read=read_msr_action3d,
    detect=lambda path: holds(path, "MSRAction3DSkeletonReal3D/*_skeleton3D.txt"),
    protocols={
        "xsub": "odd subjects train, even test; all 20 actions",
        "AS1": "as xsub, on the 8 actions of set 1",
        "AS2": "as xsub, on the 8 actions of set 2",
        "AS3": "as xsub, on the 8 actions of set 3",
    },
)

"""SBU Kinect Interaction: 282 clips of 8 interactions of two people, 15 joints each.

Yun et al., "Two-person interaction detection using body-pose features", CVPR-W 2012. Files
``<set>/<class>/<take>/skeleton_pos.txt``: a frame number and 2 x 15 x 3 numbers a line.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, read_each, stop
from poseact.datasets.reading import even_timestamps, find_files, load_numbers
from poseact.errors import SourceError
from poseact.layouts import SBU15
from poseact.sequence import PoseSequence

RATE_HZ = 15.0
CLASS_NAMES = (
    "approaching",
    "departing",
    "kicking",
    "pushing",
    "shaking_hands",
    "hugging",
    "exchanging_object",
    "punching",
)
FOLDS = (
    ("s01s02", "s03s04", "s05s02", "s06s04"),
    ("s02s03", "s02s07", "s03s05", "s05s03"),
    ("s01s03", "s01s07", "s07s01", "s07s03"),
    ("s02s01", "s02s06", "s03s02", "s03s06"),
    ("s04s02", "s04s03", "s04s06", "s06s02", "s06s03"),
)
_FOLD_OF_SET = {name: str(i + 1) for i, names in enumerate(FOLDS) for name in names}
_SET = re.compile(r"(s\d\d)(s\d\d)")


def read_sbu_interaction(folder: Path, *, on_broken: OnBroken = stop) -> Iterator[Clip]:
    """Yield the clips of an SBU folder; `Clip.splits` has ``5-fold`` with the fold's number.

    Coordinates become metres with x right, y down, z away, as the set's readme undoes its
    normalisation (X = 1280 - 2560 x, Y = 960 - 1920 y, Z = z * 10000 / 7.8125, in millimetres,
    X to the left). Person 0 stands left in the picture. The pair is the group.

    Raises:
        SourceError: If a file cannot be read or has another form.
    """
    files = find_files(Path(folder), "s*/*/*/skeleton_pos.txt", "SBU skeletons")
    yield from read_each(files, _read_clip, on_broken)


def _read_clip(path: Path) -> Clip:
    set_name, class_number, take = path.parts[-4:-1]
    pair = _SET.fullmatch(set_name)
    known = class_number.isascii() and class_number.isdigit() and 1 <= int(class_number) <= len(CLASS_NAMES)
    if pair is None or not known:
        raise SourceError(f"{path}: expected a path like s01s02/01/001/skeleton_pos.txt")
    rows = load_numbers(path, 1 + 2 * 15 * 3, delimiter=",")
    normalised = rows[:, 1:].reshape(-1, 2, 15, 3).transpose(1, 0, 2, 3)
    xyz_m = normalised * np.array([2.56, 1.92, 1.28]) - np.array([1.28, 0.96, 0.0])
    return Clip(
        sequence=PoseSequence(
            keypoints=xyz_m.astype(np.float32),
            confidence=np.ones(xyz_m.shape[:3], np.float32),
            timestamps=even_timestamps(len(rows), RATE_HZ),
            layout=SBU15,
            units="m",
        ),
        label=CLASS_NAMES[int(class_number) - 1],
        name=f"{set_name}_{class_number}_{take}",
        subject="+".join(pair.groups()),
        repetition=take,
        group=set_name,
        splits={"5-fold": _FOLD_OF_SET[set_name]} if set_name in _FOLD_OF_SET else {},
    )


FORMAT = DataFormat(
    name="sbu-interaction",
    title="SBU Kinect Interaction: 8 actions of two people (Yun et al., CVPR-W 2012)",
    read=read_sbu_interaction,
    detect=lambda path: holds(path, "s??s??/0?/*/skeleton_pos.txt"),
    protocols={
        "5-fold": "the five folds of the paper, by pair of people",
    },
)

"""Penn Action: 2326 clips of 15 sports and exercises, 13 joints annotated by hand.

Zhang, Zhu, Derpanis, "From Actemes to Action", ICCV 2013. Files ``labels/0001.mat`` ...
Needs scipy (extra ``train``).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, read_each, stop
from poseact.datasets.reading import even_timestamps, find_files, load_mat, mat_array
from poseact.errors import SourceError
from poseact.layouts import PENN13
from poseact.sequence import PoseSequence

# The set keeps no frame rate; its clips are web videos, mostly of 30 frames a second.
RATE_HZ = 30.0
# Joints marked invisible carry a guessed position, or lie in the picture's corner (scaled from
# (1, 1)) when they were not marked at all: nearly a tenth of all joints.
GUESSED_CONFIDENCE = 0.25
_CORNER_PX = 2.0


def read_penn_action(folder: Path, *, on_broken: OnBroken = stop) -> Iterator[Clip]:
    """Yield the clips of a Penn Action folder.

    The annotators' left is the left of the picture as seen on frontal clips, that is the
    person's right: the sides are exchanged here so that ``left_x`` is the person's own left.
    Joints that were not marked (in the corner and invisible) are missing.
    `Clip.splits` has the official flag as ``{"official": "train" | "test"}``, `Clip.camera` the
    view (front, back, left, right).

    Raises:
        SourceError: If a file cannot be read or does not have the expected variables.
        MissingExtraError: If scipy is not installed.
    """
    files = find_files(Path(folder), "labels/*.mat", "Penn Action annotations")
    yield from read_each(files, _read_clip, on_broken)


def _read_clip(path: Path) -> Clip:
    variables = load_mat(path)
    x, y, visible = (mat_array(path, variables, name) for name in ("x", "y", "visibility"))
    if not (x.shape == y.shape == visible.shape and x.ndim == 2 and x.shape[1] == PENN13.num_joints):
        raise SourceError(f"{path}: expected x, y, visibility of (T, 13), found {x.shape}, {y.shape}")
    size = mat_array(path, variables, "dimensions").ravel()
    action, view = (mat_array(path, variables, name).ravel() for name in ("action", "pose"))
    if len(size) < 2 or not len(action) or not len(view):
        raise SourceError(f"{path}: expected dimensions, action and pose, found an empty one")
    seen_by_viewer = np.stack([x, y], axis=-1).astype(np.float32)
    unmarked = (visible <= 0) & (x <= _CORNER_PX) & (y <= _CORNER_PX)
    seen_by_viewer[unmarked] = np.nan
    confidence = np.where(visible > 0, 1.0, np.where(unmarked, 0.0, GUESSED_CONFIDENCE))
    order = PENN13.flip_order
    sequence = PoseSequence(
        keypoints=seen_by_viewer[:, order][None],
        confidence=confidence[:, order][None].astype(np.float32),
        timestamps=even_timestamps(len(x), RATE_HZ),
        layout=PENN13,
        units="px",
        frame_size_wh=(int(size[1]), int(size[0])),
    )
    in_training = float(mat_array(path, variables, "train").ravel()[0]) > 0
    return Clip(
        sequence=sequence,
        label=str(action[0]),
        name=path.stem,
        camera=str(view[0]),
        splits={"official": "train" if in_training else "test"},
    )


FORMAT = DataFormat(
    name="penn-action",
    title="Penn Action: sports and exercises, 13 joints by hand (Zhang et al., ICCV 2013)",
    read=read_penn_action,
    detect=lambda path: holds(path, "labels/0*.mat"),
    protocols={
        "official": "the flag of the set: 1258 clips train, 1068 test",
    },
)

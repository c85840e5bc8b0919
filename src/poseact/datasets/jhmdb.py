"""J-HMDB: short web and film clips with 15 hand-annotated puppet joints, as pickled by DD-Net.

Jhuang et al., "Towards understanding action recognition", ICCV 2013; Yang et al., DD-Net, 2019.
Files ``GT_{train,test}_{1,2,3}.pkl`` (14 classes) and ``full21_GT_test_{1,2,3}.pkl`` (21 classes,
test parts only), each a pickle of ``{"pose": [T x 15 x 2 ...], "label": [str ...]}``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, stop
from poseact.datasets.reading import even_timestamps
from poseact.datasets.restricted_pickle import load_data_pickle
from poseact.errors import SourceError
from poseact.layouts import JHMDB15
from poseact.sequence import PoseSequence

RATE_HZ = 30.0
_PARTS = tuple((split, part) for split in (1, 2, 3) for part in ("train", "test"))


def read_jhmdb(folder: Path, *, on_broken: OnBroken = stop, all_classes: bool = False) -> Iterator[Clip]:
    """Yield the clips of a folder of DD-Net's J-HMDB pickles.

    The files give no clip names: a clip is known again in another split by its numbers. The
    coordinates (the annotation's ``pos_world``) have y down and are scaled by body size, in
    no unit; they are given as ``px`` without a frame size.

    Args:
        folder: Where the pickles are.
        on_broken: See `poseact.datasets.Reader`.
        all_classes: Also yield the clips of the 7 further classes that are in the 21-class test
            files; those found in no test file are not to be had from these files.

    Raises:
        SourceError: If a file is missing or has another form, or would run code.
    """
    folder = Path(folder)
    splits: dict[bytes, dict[str, str]] = {}
    clips: dict[bytes, tuple[NDArray[np.float32], str]] = {}
    files = [(folder / f"GT_{part}_{split}.pkl", split, part) for split, part in _PARTS]
    if all_classes:
        files += [(folder / f"full21_GT_test_{split}.pkl", split, "test") for split in (1, 2, 3)]
    for path, split, part in files:
        try:
            loaded = _load(path)
        except SourceError as error:
            on_broken(error)
            continue
        for pose, label in loaded:
            key = label.encode() + pose.tobytes()
            clips.setdefault(key, (pose, label))
            splits.setdefault(key, {})[f"split{split}"] = part
    counts: dict[str, int] = {}
    for key, (pose, label) in clips.items():
        counts[label] = counts.get(label, 0) + 1
        yield _clip(pose, label, f"{label}_{counts[label]:03d}", splits[key])


def _load(path: Path) -> list[tuple[NDArray[np.float32], str]]:
    content: Any = load_data_pickle(path)
    if not isinstance(content, dict) or not {"pose", "label"} <= content.keys():
        raise SourceError(f"{path}: expected a dict with 'pose' and 'label'")
    poses, labels = content["pose"], content["label"]
    if not isinstance(poses, list) or not isinstance(labels, list) or len(poses) != len(labels):
        raise SourceError(f"{path}: expected two lists of one length in 'pose' and 'label'")
    for pose, label in zip(poses, labels, strict=True):
        is_pose = isinstance(pose, np.ndarray) and pose.ndim == 3 and pose.shape[1:] == (15, 2)
        if not is_pose or pose.dtype.kind != "f" or not isinstance(label, str) or not label:
            raise SourceError(f"{path}: expected poses of (T, 15, 2) numbers, each with a label")
    return [(pose.astype(np.float32), label) for pose, label in zip(poses, labels, strict=True)]


def _clip(pose: NDArray[np.float32], label: str, name: str, splits: dict[str, str]) -> Clip:
    seen = np.asarray(np.isfinite(pose).all(axis=-1))
    return Clip(
        sequence=PoseSequence(
            keypoints=pose[None],
            confidence=seen[None].astype(np.float32),
            timestamps=even_timestamps(len(pose), RATE_HZ),
            layout=JHMDB15,
            units="px",
        ),
        label=label,
        name=name,
        splits=splits,
    )


FORMAT = DataFormat(
    name="jhmdb",
    title="J-HMDB as pickled by DD-Net: 15 puppet joints (Jhuang et al., ICCV 2013)",
    read=read_jhmdb,
    detect=lambda path: holds(path, "GT_train_1.pkl", "GT_test_1.pkl"),
    protocols={
        "split1": "official split 1 of 3",
        "split2": "official split 2 of 3",
        "split3": "official split 3 of 3",
    },
)

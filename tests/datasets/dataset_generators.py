"""Fake data in the exact format of each set: a stick figure that moves, and random numbers beside it."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

JHMDB_LABELS = ("clap", "wave")


def penn_action(folder: Path, *, clips: int = 3, frames: int = 6) -> None:
    from scipy.io import savemat

    (folder / "labels").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(1, clips + 1):
        x, y = rng.uniform(50, 400, (2, frames, 13))
        visible = np.ones((frames, 13))
        visible[:, 12] = 0
        x[:, 12] = y[:, 12] = 0.8  # never marked
        visible[:, 11] = 0  # guessed
        savemat(
            folder / "labels" / f"{number:04d}.mat",
            {
                "action": "squat",
                "pose": "front",
                "x": x,
                "y": y,
                "visibility": visible,
                "train": 1 if number % 2 else -1,
                "bbox": np.zeros((frames, 4)),
                "dimensions": np.array([[270, 480, frames]], np.uint16),
                "nframes": frames,
            },
        )


def utd_mhad(folder: Path, *, frames: int = 5) -> None:
    from scipy.io import savemat

    (folder / "Skeleton").mkdir(parents=True)
    for action, subject in ((1, 1), (27, 2)):
        joints = np.random.default_rng(action).normal(size=(20, 3, frames))
        savemat(folder / "Skeleton" / f"a{action}_s{subject}_t1_skeleton.mat", {"d_skel": joints})


def msr_action3d(folder: Path, *, frames: int = 4) -> None:
    inner = folder / "MSRAction3DSkeletonReal3D"
    inner.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for action, subject in ((5, 1), (20, 2)):
        rows = np.concatenate([rng.normal(size=(frames * 20, 3)), np.ones((frames * 20, 1))], axis=1)
        np.savetxt(inner / f"a{action:02d}_s{subject:02d}_e01_skeleton3D.txt", rows, fmt="%.6f")
    np.savetxt(inner / "a13_s09_e02_skeleton3D.txt", np.zeros((frames * 20, 4)), fmt="%.6f")


def jhmdb_content(*, seed: int = 0, clips: int = 4, frames: int = 5) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "pose": [rng.normal(size=(frames, 15, 2)) for _ in range(clips)],
        "label": [JHMDB_LABELS[i % 2] for i in range(clips)],
    }


def jhmdb(folder: Path) -> None:
    folder.mkdir(parents=True)
    content = jhmdb_content()
    for split in (1, 2, 3):
        for part, pick in (("train", [i for i in range(4) if i != split]), ("test", [split])):
            chosen = {key: [values[i] for i in pick] for key, values in content.items()}
            (folder / f"GT_{part}_{split}.pkl").write_bytes(pickle.dumps(chosen, protocol=3))
        extra = {key: [values[split]] for key, values in content.items()}
        extra["pose"].append(np.full((5, 15, 2), float(split)))
        extra["label"].append("shoot_bow")
        (folder / f"full21_GT_test_{split}.pkl").write_bytes(pickle.dumps(extra, protocol=3))


def sbu_interaction(folder: Path, *, frames: int = 4) -> None:
    rng = np.random.default_rng(0)
    for pair, number in (("s01s02", "01"), ("s04s06", "08")):
        inner = folder / pair / number / "001"
        inner.mkdir(parents=True)
        rows = np.concatenate([np.arange(1, frames + 1)[:, None], rng.random((frames, 90))], axis=1)
        np.savetxt(inner / "skeleton_pos.txt", rows, fmt="%.6f", delimiter=",")


def har_video(folder: Path, *, frames: int = 5) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for label, number in (("Walking", 1), ("Sitting", 130)):
        keypoints = rng.uniform(0, 500, (frames, 2, 17, 3)).astype(np.float32)
        keypoints[..., 2] = rng.random((frames, 2, 17))
        np.savez(
            folder / f"{label}__{label}_{number}.npz",
            keypoints=keypoints,
            num_persons=np.array([1, 2, 1, 0, 1], np.int8),
            frame_wh=np.array([1080, 1920], np.int32),
            label=np.array(label),
        )

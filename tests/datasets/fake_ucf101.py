"""Fake UCF101: the folders, names and official lists as they are unpacked, and the cache of the poses."""

from pathlib import Path

import tiny_videos

from poseact.pose_cache import PoseCache, default_cache_folder

# The letter case of the files of HandstandPushups differs from that of their folder.
FILES = (
    "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi",
    "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi",
    "ApplyEyeMakeup/v_ApplyEyeMakeup_g22_c01.avi",
    "HandstandPushups/v_HandStandPushups_g01_c02.avi",
    "YoYo/v_YoYo_g25_c05.avi",
)
_TEST_GROUPS = {1: range(1, 8), 2: range(8, 15), 3: range(15, 22)}
_CLASSES = {"ApplyEyeMakeup": 1, "HandstandPushups": 37, "YoYo": 101}


def make(folder: Path) -> Path:
    """Five videos of three classes in ``UCF-101``, the lists beside it."""
    root = folder / "ucf"
    for number, name in enumerate(FILES):
        tiny_videos.write_video(root / "UCF-101" / name, seed=number)
    write_lists(root / "ucfTrainTestlist")
    cache = PoseCache(default_cache_folder(root))
    for number, name in enumerate(FILES):
        tiny_videos.keep_poses(cache, root / "UCF-101" / name, seed=number)
    return root


def write_lists(folder: Path) -> None:
    """The list files: with class numbers for training, without for testing."""
    folder.mkdir()
    (folder / "classInd.txt").write_text("".join(f"{n} {name}\n" for name, n in _CLASSES.items()))
    for split, groups in _TEST_GROUPS.items():
        lines: dict[str, list[str]] = {"train": [], "test": []}
        for name in FILES:
            is_test = int(name.split("_g")[1][:2]) in groups
            number = "" if is_test else f" {_CLASSES[name.split('/')[0]]}"
            lines["test" if is_test else "train"].append(f"{name}{number}\r\n")
        for part, text in lines.items():
            (folder / f"{part}list{split:02d}.txt").write_text("".join(text), newline="")

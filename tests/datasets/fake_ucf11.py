"""Fake UCF11: the folders and names of ``UCF11_updated_mpg``, and the cache of the poses."""

from pathlib import Path

import tiny_videos

from poseact.pose_cache import PoseCache, default_cache_folder

FILES = (
    "basketball/v_shooting_01/v_shooting_01_01.mpg",
    "basketball/v_shooting_01/v_shooting_01_02.mpg",
    "basketball/v_shooting_25/v_shooting_25_01.mpg",
    "walking/v_walk_dog_01/v_walk_dog_01_01.mpg",
)


def make(folder: Path) -> Path:
    """Four videos of two classes, with the annotation files that lie beside them."""
    root = folder / "UCF11_updated_mpg"
    for number, name in enumerate(FILES):
        tiny_videos.write_video(root / name, seed=number)
    annotation = root / "basketball" / "Annotation"
    annotation.mkdir()
    (annotation / "v_shooting_01_01.xgtf").write_text("<viper/>")
    cache = PoseCache(default_cache_folder(root))
    for number, name in enumerate(FILES):
        tiny_videos.keep_poses(cache, root / name, seed=number)
    return root

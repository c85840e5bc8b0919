"""Fake data of the format `video-folder`: class folders of tiny videos, and the cache of their poses."""

from pathlib import Path

import tiny_videos

from poseact.pose_cache import PoseCache, default_cache_folder

FILES = ("sitzen/S01C01A02R01.mp4", "sitzen/S01C02A02R01.mp4", "wave/anna/1.mp4", "wave/übung.avi")


def make(folder: Path) -> Path:
    """Two classes of two videos."""
    root = folder / "mine"
    for number, name in enumerate(FILES):
        tiny_videos.write_video(root / name, seed=number)
    (root / "notes.txt").write_text("mine")
    (root / "wave" / ".DS_Store").write_bytes(b"")
    cache = PoseCache(default_cache_folder(root))
    for number, name in enumerate(FILES):
        tiny_videos.keep_poses(cache, root / name, seed=number)
    return root

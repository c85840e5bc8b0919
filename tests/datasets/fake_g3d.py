"""Fake G3D, cut into clips: class folders with folders of pictures and videos; the cache of the poses."""

from pathlib import Path

import tiny_videos

from poseact.datasets.g3d import RATE_HZ
from poseact.pose_cache import PoseCache, default_cache_folder

VIDEO = "Left Kick/test_7.mp4"
PICTURES = ("Flap Arms/1", "Clap/1", "Clap/2")


def make(folder: Path) -> Path:
    """Four clips of three classes."""
    root = folder / "basic_action"
    places = [tiny_videos.write_video(root / VIDEO, seed=9)]
    places += [tiny_videos.write_pictures(root / name, seed=n) for n, name in enumerate(PICTURES)]
    cache = PoseCache(default_cache_folder(root), fps=RATE_HZ)
    for number, place in enumerate(places):
        tiny_videos.keep_poses(cache, place, seed=number)
    return root

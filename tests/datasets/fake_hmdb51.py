"""Fake HMDB51: the folders, names and official lists as they are unpacked, and the cache of the poses."""

from pathlib import Path

import tiny_videos

from poseact.pose_cache import PoseCache, default_cache_folder

# With the flags in the three splits: 1 train, 2 test, 0 unused.
FILES = {
    "brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_0.avi": (1, 2, 0),
    "brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_1.avi": (1, 2, 0),
    "punch/AdvancedBoxingTechniquesandExercises_punch_u_nm_np1_ba_med_23.avi": (2, 1, 1),
    "punch/(Rad)Schlag_die_Bank!_punch_f_cm_np2_le_med_0.avi": (0, 0, 2),
    "somersault/Dive_and_roll_compilation(Parkour)somersault_f_cm_np1_fr_bad_0.avi": (1, 1, 1),
}


def make(folder: Path) -> Path:
    """Five videos of three classes in ``videos``, the lists beside it."""
    root = folder / "hmdb"
    for number, name in enumerate(FILES):
        tiny_videos.write_video(root / "videos" / name, seed=number)
    lists = root / "testTrainMulti_7030_splits"
    lists.mkdir()
    for split in range(3):
        for label in ("brush_hair", "punch", "somersault"):
            lines = [
                f"{name.split('/')[1]} {flags[split]} \n"
                for name, flags in FILES.items()
                if name.startswith(label)
            ]
            (lists / f"{label}_test_split{split + 1}.txt").write_text("".join(lines))
    cache = PoseCache(default_cache_folder(root))
    for number, name in enumerate(FILES):
        tiny_videos.keep_poses(cache, root / "videos" / name, seed=number)
    return root

"""Fake data of the format `csv`, as a data frame writes it, not as our own writer does."""

from pathlib import Path

from fake_people import walkers

from poseact.layouts import COCO17


def make(folder: Path) -> Path:
    """Two clips of two people, four frames each."""
    path = folder / "poses.csv"
    joints = [f"{joint}_{end}" for joint in COCO17.joint_names for end in ("x_px", "y_px", "confidence")]
    rows = [",".join(["clip", "label", "subject", "frame", "time_s", "track_id", *joints])]
    for clip, label in (("a", "walk"), ("b", "wave")):
        xy = walkers(2, 4, 17)
        for t in range(4):
            for m in range(2):
                cells = [f"{x:.2f},{y:.2f},0.9" for x, y in xy[m, t].tolist()]
                cells[5] = ",,0"
                rows.append(",".join([clip, label, "anna", str(t), str(t / 25), str(m), *cells]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path

"""How many people BlazePose finds in clips, how steadily, and at what cost: one line per clip.

    python benchmarks/pose_people.py CLIP_OR_FOLDER... [--labels labels.csv]

Printed per clip: people really there (column `people` of the labels, where given), frames, share of
frames with somebody, tracks, mean people a frame, and CPU milliseconds a frame (time.process_time,
pose only, without decoding). CPU time counts everything this process does, so run nothing beside it.
"""

import argparse
import csv
import time
from pathlib import Path

from poseact.errors import PoseactError
from poseact.pose.blazepose import BlazePose
from poseact.video import open_source

SUFFIXES = {".mp4", ".avi", ".mkv", ".mov", ".webm"}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--labels", type=Path)
    options = parser.parse_args()
    people = read_people(options.labels)
    estimator = BlazePose()
    print(f"{'clip':60} {'people':>6} {'frames':>6} {'found':>6} {'tracks':>6} {'mean':>5} {'CPU ms':>6}")
    for clip in (clip for given in options.clips for clip in clips_in(given)):
        try:
            line = measure(estimator, clip)
        except PoseactError as error:
            line = str(error)
        print(f"{clip.name[:60]:60} {people.get(clip.name, '?'):>6} {line}", flush=True)


def read_people(labels: Path | None) -> dict[str, str]:
    """How many people each file shows, as the labels say."""
    if labels is None:
        return {}
    with labels.open(newline="", encoding="utf-8") as file:
        return {row["file"]: row["people"] for row in csv.DictReader(file)}


def clips_in(given: Path) -> list[Path]:
    """The file itself, or the videos of a folder."""
    return sorted(p for p in given.iterdir() if p.suffix in SUFFIXES) if given.is_dir() else [given]


def measure(estimator: BlazePose, clip: Path) -> str:
    """The figures of one clip."""
    estimator.reset()
    counts, track_ids, cpu_s = [], set(), 0.0
    with open_source(clip) as video:
        for frame in video:
            start_s = time.process_time()
            people = estimator.estimate(frame)
            cpu_s += time.process_time() - start_s
            counts.append(len(people))
            track_ids |= {person.track_id for person in people}
    frames = max(len(counts), 1)
    found = sum(count > 0 for count in counts) / frames
    mean = sum(counts) / frames
    return f"{len(counts):6} {found:6.1%} {len(track_ids):6} {mean:5.2f} {1e3 * cpu_s / frames:6.1f}"


if __name__ == "__main__":
    main()

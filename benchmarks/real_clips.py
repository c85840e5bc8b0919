"""What `predict` makes of the real clips in ../shared/data: people found, tracks, actions.

    python benchmarks/real_clips.py [--out runs/real-clips] [--only TEXT]

Prints a Markdown table, a row per clip: frames with at least one person, tracks, mean number of
people, actions seen with their seconds, and what the labels say. The shipped model has seen most
of these clips in training, so that this shows that the whole way works, and how people are found;
honest figures for the actions are those of the model card, from models that have not seen them.
Goes on where it was interrupted.
"""

import argparse
import csv
import subprocess
import sys
from pathlib import Path

import numpy as np

from poseact.console import labels_by_time
from poseact.results import read_json
from poseact.sequence import PoseSequence

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
# UP-Fall's own list (Martinez-Villasenor et al., Sensors 2019).
UP_FALL = (
    *("fall forward, hands", "fall forward, knees", "fall backward", "fall sideward", "fall beside a chair"),
    *("walk", "stand", "sit", "pick up", "jump", "lie"),
)


def main() -> None:
    """Run `predict` where needed, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/real-clips"))
    parser.add_argument("--only", default="", help="clips whose name contains this")
    arguments = parser.parse_args()
    videos = [
        path
        for folder in ("videos", "up-fall-videos")
        for path in sorted((DATA / folder).iterdir())
        if path.suffix in (".mp4", ".avi") and arguments.only in path.name
    ]
    if not videos:
        sys.exit(f"{DATA}: expected the folders videos and up-fall-videos with clips, found none that fit")
    command = [sys.executable, "-m", "poseact.cli", "predict", *map(str, videos)]
    subprocess.run([*command, "--out", str(arguments.out), "--no-video", "--resume"], check=False)
    print("| clip | frames | with a person | tracks | people, mean | seen by poseact | labelled |")
    print("|---|---|---|---|---|---|---|")
    labels = _labels()
    for video in videos:
        print(_row(video, arguments.out, labels))


def _labels() -> dict[str, str]:
    with (DATA / "videos" / "labels.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: f"{row['people']} x {row['actions_seen']}" for row in csv.DictReader(file)}


def _row(video: Path, out: Path, labels: dict[str, str]) -> str:
    result = out / f"{video.stem}.json"
    label = labels.get(video.name) or UP_FALL[int(video.stem.split("_")[0].removeprefix("Activity")) - 1]
    if not result.exists():
        return f"| {video.name} | | | | | failed | {label} |"
    present = PoseSequence.load(out / f"{video.stem}.poses.npz").present
    found = 100 * present.any(axis=0).mean() if present.size else 0.0
    people = present.sum(axis=0).mean() if present.size else 0.0
    seen = labels_by_time(read_json(result))
    return (
        f"| {video.name} | {present.shape[1]} | {found:.1f} % | {len(present)} | {np.round(people, 2)} "
        f"| {seen} | {label} |"
    )


if __name__ == "__main__":
    main()

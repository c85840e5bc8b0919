"""Extract the poses of the training videos once, with the default estimator, into a cache folder.

    python training/everyday/extract.py VIDEOS... --out CACHE

Each video becomes ``CACHE/<folder>__<stem>.npz``; those that are there are not made again.
"""

import argparse
import time
from pathlib import Path

from poseact.errors import PoseactError
from poseact.pose import PoseCollector, create_estimator
from poseact.sequence import PoseSequence
from poseact.video import open_source

MIN_FRAMES = 5


def cache_path(cache: Path, video: Path) -> Path:
    """Where the poses of a video are kept."""
    return cache / f"{video.parent.name}__{video.stem}.npz"


def extract(video: Path, max_seconds: float = float("inf")) -> PoseSequence:
    """The people of a video, or of its first seconds."""
    estimator = create_estimator("blazepose")
    source = open_source(video)
    try:
        collector = PoseCollector(estimator.layout, (source.info.width, source.info.height))
        for frame in source:
            if frame.timestamp_s > max_seconds:
                break
            collector.add(frame.timestamp_s, estimator.estimate(frame))
    finally:
        source.close()
    return collector.sequence(min_frames=MIN_FRAMES)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--max-seconds", type=float, default=float("inf"), help="of each video")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for video in options.videos:
        target = cache_path(options.out, video)
        if target.exists():
            continue
        started = time.perf_counter()
        try:
            sequence = extract(video, max_seconds=options.max_seconds)
        except PoseactError as error:
            print(f"{video.name}: {error}")
            continue
        sequence.save(target)
        print(
            f"{video.name}: {sequence.num_frames} frames, {sequence.num_persons} tracks, "
            f"{time.perf_counter() - started:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()

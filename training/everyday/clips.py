"""Items from real videos: the spans of spans.csv on the poses that the estimator found."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corpus import STORE_RATE_HZ, Item, target_of
from extract import cache_path
from vocabulary import class_of

from poseact.layouts import BODY13
from poseact.sequence import PoseSequence

SPANS = Path(__file__).with_name("spans.csv")
# Fewer frames than this of a span seen: not to be learnt from, and "not found" in a test.
MIN_SEEN_S = 0.25


@dataclass(frozen=True)
class VideoSpan:
    """One line of spans.csv: who (which track; None = everybody) does what, from when to when.

    `use` is "train", "test" or "all"; several labels joined by "|" are all right;
    what stands behind a slash is the kind of *other* motion.
    """

    path: str
    label: str
    start_s: float
    end_s: float
    track: int | None
    use: str

    @property
    def name(self) -> str:
        """E.g. ``videos/a__b.mp4 0-4.9 punch``; different for every line."""
        who = "" if self.track is None else f" #{self.track}"
        label = "|".join(map(class_of, self.label.split("|")))
        return f"{self.path} {self.start_s:g}-{self.end_s:g} {label}{who}"

    @property
    def group(self) -> str:
        """The uploader; for UP-Fall, with one person, the trial."""
        stem = Path(self.path).stem
        return stem.split("__")[0] if self.path.startswith("videos/") else "trial" + stem.split("Trial")[1][0]

    @property
    def source(self) -> str:
        """``videos`` or ``up-fall``."""
        return "videos" if self.path.startswith("videos/") else "up-fall"


def load_spans() -> list[VideoSpan]:
    """All lines of spans.csv."""
    with SPANS.open(newline="") as file:
        return [
            VideoSpan(
                row["path"],
                row["label"],
                float(row["start_s"]),
                float(row["end_s"]),
                int(row["track"]) if row["track"] else None,
                row["use"],
            )
            for row in csv.DictReader(file)
        ]


def span_items(span: VideoSpan, cache: Path) -> list[Item]:
    """An item for each track that is in view within the span; none where nobody was found."""
    sequence = PoseSequence.load(cache_path(cache, Path(span.path)))
    wanted = sequence.track_ids.tolist() if span.track is None else [span.track]
    items = []
    for track in wanted:
        if track not in sequence.track_ids:
            continue
        one = sequence.select_tracks([track]).to_layout(BODY13)
        seen = np.flatnonzero(one.present[0])
        times = one.timestamps[seen]
        inside = times[(times >= span.start_s) & (times <= span.end_s)]
        if len(inside) < 2 or inside[-1] - inside[0] < MIN_SEEN_S:
            continue
        part = one.slice_frames(seen[0], seen[-1] + 1).resample(STORE_RATE_HZ)
        low, high = ((t - times[0]) * STORE_RATE_HZ for t in (inside[0], inside[-1]))
        items.append(
            Item(
                part.keypoints[0],
                part.confidence[0],
                target_of(span.label),
                low,
                min(high, len(part.timestamps) - 1.0),
                span.source,
                span.group,
                False,
                span.name,
            )
        )
    return items

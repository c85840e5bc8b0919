"""What a timeline shows for each person: segments, and when the person was in view."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from poseact.render.colours import Colour, track_colour
from poseact.sequence import PoseSequence
from poseact.timeline import Segment, Timeline

# Holes in view shorter than this are not worth a gap in a bar.
_SHORT_HOLE_S = 0.25


@dataclass(frozen=True)
class Lane:
    """One person's row of a timeline.

    Attributes:
        track_id: Whose row.
        segments: What the person did.
        presence_s: (start, end) of each stretch in view, in seconds.
    """

    track_id: int
    segments: tuple[Segment, ...]
    presence_s: tuple[tuple[float, float], ...]

    @property
    def colour(self) -> Colour:
        """The person's colour."""
        return track_colour(self.track_id)

    @property
    def seen_s(self) -> float:
        """Seconds in view."""
        return sum(end - start for start, end in self.presence_s)


def lanes_of(poses: PoseSequence, timeline: Timeline) -> list[Lane]:
    """A lane for everybody in the poses or the timeline, by track id."""
    by_track: dict[int, list[Segment]] = {}
    for segment in timeline.segments:
        by_track.setdefault(segment.track_id, []).append(segment)
    presence = presence_spans(poses)
    ids = sorted({*timeline.track_ids, *presence, *by_track})
    return [Lane(i, tuple(by_track.get(i, ())), presence.get(i, ())) for i in ids]


def busiest(lanes: list[Lane], at_most: int) -> list[Lane]:
    """Those with most labelled time, then most time in view, in the order they came."""
    if len(lanes) <= at_most:
        return lanes

    def weight(lane: Lane) -> tuple[float, float]:
        return sum(s.end_s - s.start_s for s in lane.segments), lane.seen_s

    kept = {lane.track_id for lane in sorted(lanes, key=weight, reverse=True)[:at_most]}
    return [lane for lane in lanes if lane.track_id in kept]


def presence_spans(poses: PoseSequence) -> dict[int, tuple[tuple[float, float], ...]]:
    """For each track id the stretches in view; a frame lasts until the next frame."""
    times = poses.timestamps
    if len(times) == 0:
        return {int(i): () for i in poses.track_ids}
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    ends = np.append(times[1:], times[-1] + usual)
    out = {}
    for track_id, seen in zip(poses.track_ids.tolist(), poses.present, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]])))
        spans = [(float(times[a]), float(ends[b - 1])) for a, b in edges.reshape(-1, 2)]
        out[track_id] = _joined(spans)
    return out


def _joined(spans: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    out: list[tuple[float, float]] = []
    for start, end in spans:
        if out and start - out[-1][1] < _SHORT_HOLE_S:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return tuple(out)


def lanes_between(lanes: list[Lane], start_s: float, end_s: float) -> list[Lane]:
    """What the lanes hold between two times, without the people of whom nothing lies there."""
    out = []
    for lane in lanes:
        segments = tuple(s for s in lane.segments if s.start_s < end_s and s.end_s > start_s)
        presence = tuple(
            (max(a, start_s), min(b, end_s)) for a, b in lane.presence_s if a < end_s and b > start_s
        )
        if segments or presence:
            out.append(Lane(lane.track_id, segments, presence))
    return out


def label_totals(segments: Iterable[Segment]) -> dict[str, float]:
    """Seconds of each label, those with most first."""
    totals: dict[str, float] = {}
    for segment in segments:
        totals[segment.label] = totals.get(segment.label, 0.0) + segment.end_s - segment.start_s
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))

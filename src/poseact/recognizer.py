"""Recognizer: tracked poses in, a timeline of who did what when out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from poseact.action_model import ActionModel
from poseact.errors import ModelError
from poseact.segmenter import Segmenter, SegmenterSettings
from poseact.sequence import PoseSequence
from poseact.timeline import ClassScores, Segment, Timeline
from poseact.windows import TrackWindows, cut_windows

_ROUNDING_S = 1e-5


@dataclass(frozen=True)
class Recognition:
    """A timeline and the scores it was made from, by track id."""

    timeline: Timeline
    scores: Mapping[int, ClassScores]


class Recognizer:
    """Runs an action model along every track of a PoseSequence and makes segments of its scores."""

    def __init__(
        self,
        model: ActionModel,
        *,
        stride_s: float | None = None,
        settings: SegmenterSettings | None = None,
    ) -> None:
        """Wrap a model.

        Args:
            model: See `ActionModel.load`.
            stride_s: Seconds from one opinion to the next; by default what the model was tuned for.
            settings: How opinions become segments.

        Raises:
            ModelError: If the model takes several people together.
        """
        if model.info.num_persons != 1:
            raise ModelError(
                f"{model.info.name}: takes {model.info.num_persons} people together; for videos, expected a "
                "model of one person (evaluate, features and render take this one)"
            )
        self.model = model
        self._stride_s = stride_s or model.info.stride_s
        self._settings = settings or SegmenterSettings()

    def recognize(self, sequence: PoseSequence) -> Recognition:
        """Who did what when; nothing is said of a person out of view for longer than half a second.

        Args:
            sequence: Tracked people, any layout, rate and size.
        """
        info = self.model.info
        tracks = cut_windows(
            sequence,
            rate_hz=info.rate_hz,
            num_frames=info.window_frames,
            stride_s=self._stride_s,
            layout=info.layout,
            num_coordinates=info.num_coordinates,
        )
        scores = {windows.track_id: self._score(windows) for windows in tracks}
        stamps = sequence.timestamps
        seen = dict(zip(sequence.track_ids.tolist(), sequence.present, strict=True))
        segments = [
            part
            for windows in tracks
            for segment in self._segments(windows, scores[windows.track_id])
            if (part := _in_view(segment, stamps, seen[windows.track_id])) is not None
        ]
        start_s, end_s = (float(stamps[0]), float(stamps[-1])) if len(stamps) else (0.0, 0.0)
        timeline = Timeline(
            segments=tuple(sorted(segments, key=lambda s: (s.start_s, s.track_id))),
            track_ids=tuple(sequence.track_ids.tolist()),
            start_s=start_s,
            end_s=end_s,
        )
        return Recognition(timeline, scores)

    def _score(self, windows: TrackWindows) -> ClassScores:
        return ClassScores(windows.centers_s, self.model.probabilities(windows.keypoints, windows.confidence))

    def _segments(self, windows: TrackWindows, scores: ClassScores) -> list[Segment]:
        """The segments of one person; none begins before, or goes on after, a stay in view."""
        out: list[Segment] = []
        for start_s, end_s in windows.stays_s.tolist():
            segmenter = Segmenter(
                windows.track_id,
                self.model.info.class_names,
                self.model.info.thresholds,
                self._stride_s,
                self._settings,
            )
            said: list[Segment] = []
            for i in _within(scores.times_s, start_s, end_s):
                said += segmenter.push(float(scores.times_s[i]), scores.probabilities[i])
            said += segmenter.finish()
            out += [c for s in said if (c := _clipped(s, start_s, end_s)) is not None]
        return out


def _within(times_s: NDArray[np.float64], start_s: float, end_s: float) -> NDArray[np.intp]:
    """Indices of the times from start to end, and of those beside them only by rounding."""
    return np.flatnonzero((times_s >= start_s - _ROUNDING_S) & (times_s <= end_s + _ROUNDING_S))


def _clipped(segment: Segment, start_s: float, end_s: float) -> Segment | None:
    """The part of a segment that lies between two times: its steps answer for half a stride around them."""
    start, end = max(segment.start_s, start_s), min(segment.end_s, end_s)
    return replace(segment, start_s=start, end_s=end) if end > start else None


def _in_view(segment: Segment, stamps: NDArray[np.float64], seen: NDArray[np.bool_]) -> Segment | None:
    """A segment without such a beginning or end as lies in a gap: what it bridges is between two sights."""
    inside = np.flatnonzero(seen & (stamps >= segment.start_s) & (stamps <= segment.end_s))
    if len(inside) == 0:
        return None
    first, last = int(inside[0]), int(inside[-1])
    start = segment.start_s if first and seen[first - 1] else float(stamps[first])
    end = segment.end_s if last + 1 < len(seen) and seen[last + 1] else float(stamps[last])
    return replace(segment, start_s=start, end_s=end) if end > start else None

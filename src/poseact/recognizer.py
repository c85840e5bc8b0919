"""Recognizer: tracked poses in, a timeline of who did what when out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.action_model import ActionModel
from poseact.segmenter import Segmenter, SegmenterSettings
from poseact.sequence import PoseSequence
from poseact.timeline import ClassScores, Segment, Timeline
from poseact.windows import TrackWindows, cut_windows


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
        """
        self.model = model
        self._stride_s = stride_s or model.info.stride_s
        self._settings = settings or SegmenterSettings()

    def recognize(self, sequence: PoseSequence) -> Recognition:
        """Who did what when.

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
        )
        scores = {windows.track_id: self._score(windows) for windows in tracks}
        segments = [s for track_id, one in scores.items() for s in self._segments(track_id, one)]
        stamps = sequence.timestamps
        start_s, end_s = (float(stamps[0]), float(stamps[-1])) if len(stamps) else (0.0, 0.0)
        segments = [c for s in segments if (c := _clipped(s, start_s, end_s)) is not None]
        timeline = Timeline(
            segments=tuple(sorted(segments, key=lambda s: (s.start_s, s.track_id))),
            track_ids=tuple(sequence.track_ids.tolist()),
            start_s=start_s,
            end_s=end_s,
        )
        return Recognition(timeline, scores)

    def _score(self, windows: TrackWindows) -> ClassScores:
        return ClassScores(windows.centers_s, self.model.probabilities(windows.keypoints, windows.confidence))

    def _segments(self, track_id: int, scores: ClassScores) -> list[Segment]:
        out: list[Segment] = []
        for stay in _unbroken(scores.times_s, 1.5 * self._stride_s):
            segmenter = Segmenter(
                track_id,
                self.model.info.class_names,
                self.model.info.thresholds,
                self._stride_s,
                self._settings,
            )
            for i in stay:
                out += segmenter.push(float(scores.times_s[i]), scores.probabilities[i])
            out += segmenter.finish()
        return out


def _unbroken(times_s: NDArray[np.float64], max_step_s: float) -> list[NDArray[np.intp]]:
    """Indices of the times, cut where a step is longer than max_step_s."""
    return np.split(np.arange(len(times_s)), np.flatnonzero(np.diff(times_s) > max_step_s) + 1)


def _clipped(segment: Segment, start_s: float, end_s: float) -> Segment | None:
    """The part of a segment that lies within the recording."""
    start, end = max(segment.start_s, start_s), min(segment.end_s, end_s)
    if end <= start:
        return None
    return Segment(segment.track_id, segment.label, start, end, segment.score)

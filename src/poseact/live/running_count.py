"""Repetitions of the open segment of one person, counted while it grows."""

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poseact.repetitions import COUNTED, MARGIN_S, RepetitionCounter
from poseact.skeleton import SkeletonLayout
from poseact.timeline import Segment

Floats = NDArray[np.float32]

# A segment is told of at most so long after it began: where short runs were dropped before it, some seconds.
_KEPT_S = 10.0


class RunningCount:
    """Keeps the last seconds of a person, since a segment is known only some time after its start.

    Args:
        layout: Of the poses.
    """

    def __init__(self, layout: SkeletonLayout) -> None:
        self._layout = layout
        self._recent: deque[tuple[float, Floats, Floats]] = deque()
        self._counter: RepetitionCounter | None = None

    def see(self, time_s: float, keypoints: Floats, confidence: Floats) -> None:
        """Take the next frame: keypoints (V, 2) or more coordinates, NaN = missing, and confidence (V,)."""
        self._recent.append((time_s, keypoints[:, :2], confidence))
        while time_s - self._recent[0][0] > _KEPT_S:
            self._recent.popleft()
        if self._counter is not None:
            self._counter.add(*self._recent[-1])

    def counted(self, segment: Segment, *, begins: bool) -> Segment:
        """The segment with its repetitions so far, if its action is one that is counted.

        Args:
            segment: The open segment, or the one that has just ended.
            begins: Whether nothing has been counted for it yet.
        """
        if begins:
            self._counter = self._new_counter(segment)
        if self._counter is None:
            return segment
        return replace(segment, repetitions=self._counter.count(segment.end_s))

    def _new_counter(self, segment: Segment) -> RepetitionCounter | None:
        if segment.label not in COUNTED:
            return None
        counter = RepetitionCounter(segment.label, self._layout, segment.start_s)
        for frame in self._recent:
            if frame[0] >= segment.start_s - MARGIN_S:
                counter.add(*frame)
        return counter

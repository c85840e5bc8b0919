"""From class probabilities over time to segments, one step at a time, so that live and offline agree."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.timeline import Segment


@dataclass(frozen=True)
class SegmenterSettings:
    """How willing the segmenter is to speak and to change its mind.

    Attributes:
        smooth_s: Width of the running mean over the probabilities, seconds.
        hold: A class that is going on counts this many times its probability against a
            newcomer (hysteresis); 1 = no preference.
        min_duration_s: A label has to last this long to become a segment.
    """

    smooth_s: float = 0.5
    hold: float = 1.5
    min_duration_s: float = 0.2

    def __post_init__(self) -> None:
        if self.smooth_s < 0 or self.min_duration_s < 0 or self.hold < 1:
            raise InvalidInputError(
                "segmenter settings: expected smooth_s >= 0, min_duration_s >= 0 and hold >= 1, "
                f"found {self.smooth_s}, {self.min_duration_s} and {self.hold}"
            )


@dataclass
class _Run:
    """Steps in a row with the same class; `label` None means that nothing is said."""

    label: int | None
    start_s: float
    end_s: float
    score_sum: float = 0.0
    steps: int = 0

    def extended(self, end_s: float, score: float) -> "_Run":
        return _Run(self.label, self.start_s, end_s, self.score_sum + score, self.steps + 1)


class Segmenter:
    """Segments of one person in one unbroken stretch of time.

    Each step answers for the time around it, half a stride to either side. A class is named
    where its smoothed probability passes its threshold; of several, the one that passes by
    the largest factor. Runs that are too short are dropped: between two runs of one class
    the class goes on, between two different ones the boundary is in their middle.
    """

    def __init__(
        self,
        track_id: int,
        class_names: tuple[str, ...],
        thresholds: NDArray[np.float64],
        stride_s: float,
        settings: SegmenterSettings | None = None,
    ) -> None:
        """Start with nothing said.

        Args:
            track_id: Whose segments these are.
            class_names: K names.
            thresholds: (K,) probability that each class needs to be named.
            stride_s: Seconds from one step to the next.
            settings: See `SegmenterSettings`.
        """
        self._track_id = track_id
        self._class_names = class_names
        self._thresholds = thresholds
        self._half_stride_s = stride_s / 2
        self._settings = settings or SegmenterSettings()
        width = max(1, round(self._settings.smooth_s / stride_s))
        self._reach = width // 2
        self._steps: list[tuple[float, NDArray[np.floating]]] = []
        self._next = 0
        self._open: _Run | None = None
        self._pending: _Run | None = None

    def push(self, time_s: float, probabilities: NDArray[np.floating]) -> list[Segment]:
        """Take the next step, (K,) probabilities; give the segments that are now complete."""
        self._steps.append((time_s, probabilities))
        done = []
        while self._next + self._reach < len(self._steps):
            done += self._advance()
        return done

    @property
    def current(self) -> Segment | None:
        """What is going on, as far as it is known: its start is final, its end and score are not."""
        run = self._open
        if run is None or run.label is None or not self._is_long_enough(run):
            return None
        return self._segment(run)[0]

    def finish(self) -> list[Segment]:
        """No more steps: give the segments that were still open."""
        done = []
        while self._next < len(self._steps):
            done += self._advance()
        for run in (self._open, self._pending):
            if run is not None and self._is_long_enough(run):
                done += self._segment(run)
        self._open = self._pending = None
        return done

    def _advance(self) -> list[Segment]:
        low = max(0, self._next - self._reach)
        smoothed = np.mean([p for _, p in self._steps[low : self._next + self._reach + 1]], axis=0)
        time_s = self._steps[self._next][0]
        self._next += 1
        if self._next > self._reach:  # nobody asks for the oldest step again
            del self._steps[0]
            self._next -= 1
        return self._take(self._choose(smoothed), time_s, smoothed)

    def _choose(self, smoothed: NDArray[np.floating]) -> int | None:
        factor = smoothed / self._thresholds
        if self._open is not None and self._open.label is not None:
            factor[self._open.label] *= self._settings.hold
        best = int(factor.argmax())
        return best if factor[best] >= 1 else None

    def _take(self, label: int | None, time_s: float, smoothed: NDArray[np.floating]) -> list[Segment]:
        score = 0.0 if label is None else float(smoothed[label])
        start_s, end_s = time_s - self._half_stride_s, time_s + self._half_stride_s
        if self._open is not None and label == self._open.label:
            self._open, self._pending = self._open.extended(end_s, score), None
            return []
        if self._pending is None or self._pending.label != label:
            self._pending = _Run(label, start_s, start_s)
        self._pending = self._pending.extended(end_s, score)
        if not self._is_long_enough(self._pending):
            return []
        return self._change_to(self._pending)

    def _change_to(self, run: _Run) -> list[Segment]:
        before, self._open, self._pending = self._open, run, None
        if before is None or before.label is None:
            return []
        if run.label is not None and run.start_s > before.end_s:  # a dropped run lies between
            middle = (before.end_s + run.start_s) / 2
            before.end_s = run.start_s = middle
        return self._segment(before)

    def _is_long_enough(self, run: _Run) -> bool:
        return run.end_s - run.start_s >= self._settings.min_duration_s - 1e-6

    def _segment(self, run: _Run) -> list[Segment]:
        if run.label is None:
            return []
        score = min(1.0, run.score_sum / run.steps)
        return [Segment(self._track_id, self._class_names[run.label], run.start_s, run.end_s, score)]

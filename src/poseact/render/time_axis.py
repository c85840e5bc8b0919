"""A stretch of time laid along a row of pixels: places, ticks and how times are written."""

import math
from dataclasses import dataclass

_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
# A recording of one frame has no length; something has to be divided by.
_SHORTEST_S = 0.1
# So that 0.3 counts as three steps of 0.1.
_SLACK_S = 1e-7


@dataclass(frozen=True)
class TimeAxis:
    """Seconds to pixels.

    Attributes:
        start_s: Time at the left end.
        end_s: Time at the right end.
        left_px: x of the left end.
        right_px: x of the right end.
    """

    start_s: float
    end_s: float
    left_px: int
    right_px: int

    @property
    def span_s(self) -> float:
        """Length in seconds, never 0."""
        return max(self.end_s - self.start_s, _SHORTEST_S)

    def x(self, time_s: float) -> int:
        """Pixel of a time; times beyond the ends stay at the ends."""
        share = (time_s - self.start_s) / self.span_s
        return self.left_px + round(min(max(share, 0.0), 1.0) * (self.right_px - self.left_px))

    def ticks(self, least_distance_px: int) -> tuple[list[float], float]:
        """Round times at least that far apart, and the step between them in seconds."""
        width = max(self.right_px - self.left_px, 1)
        least_s = self.span_s * least_distance_px / width
        step = next((s for s in _STEPS_S if s >= least_s), math.ceil(least_s / 86400) * 86400)
        first = math.ceil((self.start_s - _SLACK_S) / step)
        last = math.floor((self.start_s + self.span_s + _SLACK_S) / step)
        return [n * step for n in range(first, last + 1)], step


def format_time(time_s: float, step_s: float = 1.0) -> str:
    """A time as 0:05, 12:30 or 1:02:03, with tenths where the steps are shorter than a second."""
    tenths = round(abs(time_s) * 10) if step_s < 1 else round(abs(time_s)) * 10
    sign = "-" if time_s < 0 and tenths else ""
    minutes, rest = divmod(tenths, 600)
    seconds = f"{rest / 10:04.1f}" if step_s < 1 else f"{rest // 10:02d}"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02d}:{seconds}" if hours else f"{sign}{minutes}:{seconds}"

"""How long things take: percentiles of many measurements in little memory, and what a run came to."""

import math
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Bins are 2 % wide, from 10 microseconds to some 300 hours: as fine as anybody asks, and 8 kB.
_LEAST_S, _RATIO, _NUM_BINS = 1e-5, 1.02, 1024


class LatencyHistogram:
    """Counts durations by size; percentiles are right to 2 %."""

    def __init__(self) -> None:
        """Nothing measured yet."""
        self._counts: NDArray[np.int64] = np.zeros(_NUM_BINS, np.int64)
        self.largest_s = 0.0
        """The longest so far, seconds."""

    @property
    def num(self) -> int:
        """How many were measured."""
        return int(self._counts.sum())

    def add(self, seconds: float) -> None:
        """Count one; what is below the least bin, or negative, counts there."""
        place = math.log(max(seconds, _LEAST_S) / _LEAST_S) / math.log(_RATIO)
        self._counts[min(int(place), _NUM_BINS - 1)] += 1
        self.largest_s = max(self.largest_s, seconds)

    def copy(self) -> "LatencyHistogram":
        """As it is now."""
        out = LatencyHistogram()
        out._counts, out.largest_s = self._counts.copy(), self.largest_s
        return out

    def since(self, before: "LatencyHistogram") -> "LatencyHistogram":
        """What was measured after a copy was taken; the longest is that of all."""
        out = self.copy()
        out._counts -= before._counts
        return out

    def quantile(self, share: float) -> float:
        """Seconds that this share (0 to 1) of the measurements did not exceed; NaN where there is none."""
        if not self.num:
            return math.nan
        rank = max(1, math.ceil(share * self.num))
        place = int(np.searchsorted(self._counts.cumsum(), rank))
        return min(_LEAST_S * _RATIO ** (place + 1), self.largest_s)


STAGES = ("wait", "pose", "recognise", "tell", "total")
"""Waiting for the estimator; poses; windows, model and timeline; events; arrival of a frame to its labels."""


@dataclass
class LiveStats:
    """What a live run has come to so far; the engine writes it, everybody may read it.

    Attributes:
        frames_read: That the source gave.
        frames_done: That went through the estimator and the model.
        frames_dropped: That newer ones replaced, because the estimator was slower than the source.
        events: That were told.
        started_s: When the run began, on the engine's clock.
        stages: Durations by the names of `STAGES`.
    """

    frames_read: int = 0
    frames_done: int = 0
    frames_dropped: int = 0
    events: int = 0
    started_s: float = 0.0
    stages: dict[str, LatencyHistogram] = field(
        default_factory=lambda: {stage: LatencyHistogram() for stage in STAGES}
    )

    def lines(self) -> list[str]:
        """A run in words, for people: frames, what was dropped, percentiles, memory."""
        share = 100 * self.frames_dropped / self.frames_read if self.frames_read else 0.0
        out = [
            f"{self.frames_read} frames came, {self.frames_done} worked on, {self.frames_dropped} dropped "
            f"({share:.0f} %), {self.events} events"
        ]
        if self.frames_done:
            out.append("milliseconds      p50     p95     p99     max")
            for name, stage in self.stages.items():
                values = [stage.quantile(share) for share in (0.5, 0.95, 0.99)] + [stage.largest_s]
                out.append(f"{name:<12}" + "".join(f"{1000 * value:8.1f}" for value in values))
        memory = memory_bytes()
        return out if memory is None else [*out, f"memory {memory / 2**20:.0f} MB"]


def memory_bytes() -> int | None:
    """What this process holds now, or has held at most where only that can be had; None if neither."""
    try:  # Linux: the second number is the resident set, in pages
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        pass
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else 1024 * largest

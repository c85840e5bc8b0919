"""Who did what when: segments with a start and an end, and the timeline that holds them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError


@dataclass(frozen=True)
class Segment:
    """One person doing one thing for some time.

    Attributes:
        track_id: Whose segment it is.
        label: The class name.
        start_s: Seconds on the video's own clock.
        end_s: Seconds, later than `start_s`.
        score: Mean probability of the label over the segment, 0 to 1.
        repetitions: How many times the action was done, of actions that are done again and again
            (squats, push-ups ...); None of all others, and where nobody has counted.
    """

    track_id: int
    label: str
    start_s: float
    end_s: float
    score: float
    repetitions: int | None = None

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s:
            raise InvalidInputError(f"segment: expected end_s > start_s, found {self.start_s}..{self.end_s}")
        if not 0 <= self.score <= 1:
            raise InvalidInputError(f"segment: expected a score from 0 to 1, found {self.score}")
        if self.repetitions is not None and self.repetitions < 0:
            raise InvalidInputError(f"segment: expected repetitions of 0 or more, found {self.repetitions}")


@dataclass(frozen=True)
class Timeline:
    """All segments of one recording, sorted by start.

    Attributes:
        segments: Segments of one track never overlap one another.
        track_ids: Everybody who was in view, also those without a segment.
        start_s: First time stamp of the recording.
        end_s: Last time stamp of the recording.
    """

    segments: tuple[Segment, ...]
    track_ids: tuple[int, ...]
    start_s: float
    end_s: float

    def of_track(self, track_id: int) -> tuple[Segment, ...]:
        """The segments of one person."""
        return tuple(s for s in self.segments if s.track_id == track_id)

    def at(self, track_id: int, time_s: float) -> Segment | None:
        """What a person does at a time; None when nothing is said."""
        for segment in self.of_track(track_id):
            if segment.start_s <= time_s < segment.end_s:
                return segment
        return None


@dataclass(frozen=True, eq=False)
class ClassScores:
    """The class probabilities of one person over time.

    Attributes:
        times_s: (N,) float64 seconds, rising.
        probabilities: (N, K) float32 in [0, 1]; a row of NaN where there is no answer.

    Raises:
        InvalidInputError: If the shapes do not fit.
    """

    times_s: NDArray[np.float64]
    probabilities: NDArray[np.float32]

    def __post_init__(self) -> None:
        times, values = np.asarray(self.times_s, np.float64), np.asarray(self.probabilities, np.float32)
        if values.ndim != 2 or times.shape != values.shape[:1]:
            raise InvalidInputError(
                f"class scores: expected times (N,) and probabilities (N, K), "
                f"found {times.shape} and {values.shape}"
            )
        object.__setattr__(self, "times_s", times)
        object.__setattr__(self, "probabilities", values)

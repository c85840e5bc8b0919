"""Who did what when: segments with a start and an end, and the timeline that holds them."""

from dataclasses import dataclass

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
    """

    track_id: int
    label: str
    start_s: float
    end_s: float
    score: float

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s:
            raise InvalidInputError(f"segment: expected end_s > start_s, found {self.start_s}..{self.end_s}")
        if not 0 <= self.score <= 1:
            raise InvalidInputError(f"segment: expected a score from 0 to 1, found {self.score}")


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

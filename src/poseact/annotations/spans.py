"""A label with a start and an end, true or found, and all that is written of one recording."""

from collections.abc import Sequence
from dataclasses import dataclass

from poseact.errors import InvalidInputError


@dataclass(frozen=True)
class Span:
    """Somebody does something from one moment to another.

    Attributes:
        label: What.
        start_s: Seconds on the recording's own clock.
        end_s: Seconds, later than `start_s`.
        person: Who, as the file calls them; None where it does not say.
        score: How sure whoever said it is, 0 to 1; 1 in a truth.
        told_s: Stamp of the frame with which it was told; None of what was not told frame by frame.

    Raises:
        InvalidInputError: If the end is not after the start, or the score lies outside 0 to 1.
    """

    label: str
    start_s: float
    end_s: float
    person: str | None = None
    score: float = 1.0
    told_s: float | None = None

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s:
            raise InvalidInputError(
                f"expected an end after the start, found {self.start_s:g} to {self.end_s:g} s"
            )
        if not 0 <= self.score <= 1:
            raise InvalidInputError(f"expected a score from 0 to 1, found {self.score:g}")

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return self.end_s - self.start_s

    def overlap_s(self, other: "Span") -> float:
        """Seconds that both last at the same time, whatever their labels."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


@dataclass(frozen=True)
class Annotation:
    """What is written of one recording.

    Attributes:
        spans: Sorted by start; empty where it is written that nothing is done.
        duration_s: Length of the recording, where it is written.
        labels: All labels that whoever wrote it could have given, where that is written.
    """

    spans: tuple[Span, ...]
    duration_s: float | None = None
    labels: tuple[str, ...] | None = None

    @classmethod
    def of(cls, spans: Sequence[Span], duration_s: float | None = None) -> "Annotation":
        """With the spans in order."""
        return cls(tuple(sorted(spans, key=lambda span: (span.start_s, span.end_s, span.label))), duration_s)
